//! Errors, as JavaScript is to throw them: the stable code, and a JSON object with what
//! is wanted and where it applies, which `lib/thrown.js` makes a `KeyfobError` of.

use keyfob::{Error, service::ServiceError};
use serde_json::{Map, Value, json};

/// A result that throws.
pub(crate) type Result<T, E = napi::Error<Thrown>> = std::result::Result<T, E>;

/// The stable code of an error.
#[derive(Debug)]
pub(crate) struct Thrown(String);

impl AsRef<str> for Thrown {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Something that `argument` is at fault for.
pub(crate) trait At {
    fn at(self, argument: &str) -> napi::Error<Thrown>;
}

impl<E: Into<Error>> At for E {
    fn at(self, argument: &str) -> napi::Error<Thrown> {
        let error = self.into();
        let mut details = details(&error);
        details.entry("argument").or_insert_with(|| argument.into());
        thrown(error.code(), &error.to_string(), details)
    }
}

/// A value of the wrong type, or one outside what can be represented.
pub(crate) fn invalid(argument: &str, wanted: &str) -> napi::Error<Thrown> {
    let details = Map::from_iter([("argument".into(), argument.into())]);
    thrown("invalid-argument", wanted, details)
}

/// An error of the service, which knows its field.
pub(crate) fn of_service(error: &ServiceError) -> napi::Error<Thrown> {
    let (message, details) = described(error);
    thrown(error.code(), &message, details)
}

/// An error of the service as a value: its code, its message and its details.
pub(crate) fn refusal(error: &ServiceError) -> Value {
    let (message, mut details) = described(error);
    details.insert("code".into(), error.code().into());
    details.insert("message".into(), message.into());
    Value::Object(details)
}

fn described(error: &ServiceError) -> (String, Map<String, Value>) {
    let details = match error {
        ServiceError::Invalid { field, error } => {
            let mut details = details(error);
            details.insert("argument".into(), (*field).into());
            return (error.to_string(), details);
        }
        ServiceError::RecipientBlocked { until: Some(until) } => object(json!({ "until": until })),
        ServiceError::SendLimit { scope, retry_at } => {
            object(json!({ "limit": scope.name(), "retryAt": retry_at }))
        }
        _ => Map::new(),
    };
    (error.to_string(), details)
}

fn thrown(code: &str, message: &str, mut details: Map<String, Value>) -> napi::Error<Thrown> {
    details.insert("message".into(), message.into());
    napi::Error::new(Thrown(code.to_owned()), Value::Object(details).to_string())
}

fn details(error: &Error) -> Map<String, Value> {
    let places = [("position", error.position()), ("index", error.index())];
    let known = places.into_iter().filter_map(|(name, place)| Some((name, place?)));
    known.map(|(name, place)| (name.to_owned(), place.into())).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
