use std::{borrow::Cow, fmt};

use reqwest::Url;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A setting that is a password. It is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Hidden(Zeroizing<String>);

/// A URL that may hold a password or a token. What is before its host and behind its path is
/// not shown, nor is any part of the path that looks like a token.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
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

    /// What may be seen of it.
    pub(crate) fn shown(&self) -> String {
        let url = Url::parse(self.expose()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https" | "smtp" | "smtps"));
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host_str()?))) else {
            return HIDDEN.to_owned();
        };
        let user = if url.authority().contains('@') { "(hidden)@" } else { "" };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let path = url.path().trim_end_matches('/').split('/');
        let path: Vec<_> = path.map(|part| if is_token(part) { HIDDEN } else { part }).collect();
        let more = if url.query().or(url.fragment()).is_some() { "?(hidden)" } else { "" };
        format!("{}://{user}{host}{port}{}{more}", url.scheme(), path.join("/"))
    }
}

/// Whether a part of a path is more likely to be a secret than a name: some gateways know us
/// by their URL alone.
fn is_token(part: &str) -> bool {
    let (digits, letters) = (
        part.matches(|c: char| c.is_ascii_digit()).count(),
        part.matches(char::is_alphabetic).count(),
    );
    part.len() > 32 || part.len() >= 8 && digits >= 2 && letters >= 2 || part.contains('%')
}

/// What stands for a secret.
pub(crate) const HIDDEN: &str = "(hidden)";

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

/// Text that is read and never shown.
macro_rules! write_only {
    ($($hidden:ident),+) => {$(
        impl JsonSchema for $hidden {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($hidden).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "writeOnly": true})
            }
        }
    )+};
}

write_only!(Hidden, HiddenUrl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_the_place_is_shown_and_of_a_password_nothing() {
        for (text, shown) in [
            ("canary", "(hidden)"),
            ("smtps://user:canary@relay.example:466", "smtps://(hidden)@relay.example:466"),
            ("smtps://user:c@nary@relay.example", "smtps://(hidden)@relay.example"),
            ("https://user:canary?x@relay.example", "(hidden)"),
            ("https://gateway.example/messages/v2", "https://gateway.example/messages/v2"),
            ("https://gateway.example/", "https://gateway.example"),
            ("https://gateway.example/sms?token=canary", "https://gateway.example/sms?(hidden)"),
            ("https://gateway.example/sms#canary", "https://gateway.example/sms?(hidden)"),
            (
                "https://hooks.example/services/canaryT024BE7LD/send",
                "https://hooks.example/services/(hidden)/send",
            ),
            ("https://a.example/canary%20canary", "https://a.example/(hidden)"),
            ("canary://canary", "(hidden)"),
        ] {
            assert_eq!(HiddenUrl::from(text).shown(), shown);
            assert_eq!(format!("{:?}", HiddenUrl::from(text)), shown);
            assert_eq!(format!("{:?}", Hidden::from(text)), "(hidden)");
        }
    }
}
