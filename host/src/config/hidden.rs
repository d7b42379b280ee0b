use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A setting that is, or may hold, a password. It is shown without it: of a URL all but
/// the user and the password, of anything else nothing.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Hidden(Zeroizing<String>);

impl Hidden {
    /// The setting.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn shown(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return HIDDEN.to_owned() };
        let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest); // a token may stand there
        match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://…@{host}"),
            None => format!("{scheme}://{rest}"),
        }
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

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Serialize for Hidden {
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
    use super::Hidden;

    #[test]
    fn a_password_is_shown_in_no_way() {
        for (text, shown) in [
            ("canary", "(hidden)"),
            ("smtps://user:canary@relay.example:465", "smtps://…@relay.example:465"),
            ("smtps://user:c@nary@relay.example", "smtps://…@relay.example"),
            ("https://gateway.example/send?token=canary", "https://gateway.example/send"),
        ] {
            assert_eq!(Hidden::from(text).shown(), shown);
            assert_eq!(format!("{:?}", Hidden::from(text)), shown);
        }
    }
}
