use std::{borrow::Cow, fmt};

use reqwest::Url;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A setting that is a password. It is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Hidden(Zeroizing<String>);

/// A URL that may hold a password or a token: only its host is shown.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct HiddenUrl(Hidden);

impl Hidden {
    /// The setting.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl HiddenUrl {
    /// The URL.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    fn shown(&self) -> String {
        let url = Url::parse(self.expose()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https" | "smtp" | "smtps"));
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host_str()?))) else {
            return HIDDEN.to_owned();
        };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{host}{port}", url.scheme())
    }
}

const HIDDEN: &str = "(hidden)";

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<&str> for HiddenUrl {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Debug for HiddenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl Serialize for HiddenUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

impl JsonSchema for Hidden {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Hidden".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_the_host_is_shown_and_of_a_password_nothing() {
        for (text, shown) in [
            ("canary", "(hidden)"),
            ("smtps://user:canary@relay.example:466", "smtps://relay.example:466"),
            ("smtps://user:c@nary@relay.example", "smtps://relay.example"),
            ("https://user:canary?x@relay.example", "(hidden)"),
            ("https://gateway.example/services/canary?token=canary", "https://gateway.example"),
            ("canary://canary", "(hidden)"),
        ] {
            assert_eq!(HiddenUrl::from(text).shown(), shown);
            assert_eq!(format!("{:?}", HiddenUrl::from(text)), shown);
            assert_eq!(format!("{:?}", Hidden::from(text)), "(hidden)");
        }
    }
}
