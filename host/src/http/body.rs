//! Reading request bodies strictly: one JSON object, at most 16 KiB, every field
//! known, none twice, each of its type. What is wrong is named by field.

use std::{collections::BTreeMap, fmt, marker::PhantomData, ops::Not, time::Duration};

use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};

use keyfob::service::Edit;

use super::Problem;

/// The largest body that is read, in bytes.
pub const MAXIMUM_BODY: usize = 16 * 1024;

/// How long a client may take to send its body.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A JSON body of type `T`.
#[derive(Debug)]
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request).await.map(|(value, _)| Self(value))
    }
}

/// A JSON body, and its bytes as they came.
pub(super) async fn json<T: DeserializeOwned>(request: Request) -> Result<(T, Bytes), Problem> {
    if !is_json(&request) {
        let detail = "send JSON, with the header `content-type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail));
    }
    let bytes = read(request).await?;
    Ok((parse(&bytes)?, bytes))
}

/// A change of type `T` (RFC 7396): as `application/merge-patch+json` or as plain JSON.
#[derive(Debug)]
pub(super) struct MergePatch<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for MergePatch<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(&request) && !has_type(&request, "application/merge-patch+json") {
            let detail = "send JSON, with the header `content-type: application/merge-patch+json`";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail));
        }
        parse(&read(request).await?).map(Self)
    }
}

/// A JSON body that may be missing altogether, which reads as the default.
#[derive(Debug)]
pub(super) struct OptionalBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let json = is_json(&request);
        let bytes = read(request).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !json {
            let detail = "send no body, or JSON with the header `content-type: application/json`";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", detail));
        }
        parse(&bytes).map(Self)
    }
}

/// `true`, `false`, or the same as a string, which existing clients send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flag(pub bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FlagVisitor;
        impl Visitor<'_> for FlagVisitor {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Flag, E> {
                match text {
                    "true" => Ok(Flag(true)),
                    "false" => Ok(Flag(false)),
                    _ => Err(E::custom("expected true or false")),
                }
            }
        }
        deserializer.deserialize_any(FlagVisitor)
    }
}

/// An object of strings in which no name stands twice.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(pub BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if fields.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// An object within a body; an array of its fields in order is none.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct ObjectVisitor<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

/// A member of a merge patch: null takes the value away. Without one it stays.
pub(super) fn edit<'de, D, T>(deserializer: D) -> Result<Edit<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(into_edit)
}

/// As [`edit`], for an object.
pub(super) fn edit_object<'de, D, T>(deserializer: D) -> Result<Edit<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Object<T>(T);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let object = object(deserializer)?;
            object.map(Self).ok_or_else(|| D::Error::custom("expected an object"))
        }
    }
    let object = Option::<Object<T>>::deserialize(deserializer)?;
    Ok(into_edit(object.map(|Object(value)| value)))
}

/// As [`edit`], for a whole number.
pub(super) fn edit_number<'de, D, T>(deserializer: D) -> Result<Edit<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Not<Output = T> + TryFrom<u64>,
{
    number(deserializer).map(into_edit)
}

fn into_edit<T>(value: Option<T>) -> Edit<T> {
    value.map_or(Edit::Clear, Edit::Set)
}

/// A whole number. One that `T` has no room for becomes the nearest that it has, so that
/// the field's own range refuses it in its own words.
pub(super) fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Not<Output = T> + TryFrom<u64>,
{
    struct NumberVisitor;
    impl<'de> Visitor<'de> for NumberVisitor {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }

        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Option<u64>, E> {
            Ok(Some(number))
        }

        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Option<u64>, E> {
            Ok(Some(number.try_into().unwrap_or(0)))
        }

        fn visit_none<E: serde::de::Error>(self) -> Result<Option<u64>, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, number: D) -> Result<Option<u64>, D::Error> {
            number.deserialize_any(self)
        }
    }
    let number = deserializer.deserialize_option(NumberVisitor)?;
    let greatest = || !T::default();
    Ok(number.map(|number| T::try_from(number).unwrap_or_else(|_| greatest())))
}

fn is_json(request: &Request) -> bool {
    has_type(request, "application/json")
}

fn has_type(request: &Request, expected: &str) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let essence = content_type
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split_once(';').map_or(value, |(essence, _)| essence).trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case(expected))
}

pub(super) async fn read(request: Request) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("the body is larger than {MAXIMUM_BODY} bytes; send less");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
    };
    let reading = to_bytes(request.into_body(), MAXIMUM_BODY);
    match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => {
            let detail = "the body did not arrive within ten seconds; send it again";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail))
        }
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take the fields of a struct in an array too.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        let detail = match bytes.trim_ascii() {
            [] => "the body is empty; send a JSON object",
            _ => "the body is not one JSON object in UTF-8; see line 1 column 1",
        };
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid-request", detail));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        invalid(error.inner(), Some(path))
    })?;
    json.end().map_err(|error| invalid(&error, None))?;
    Ok(value)
}

/// Says what is wrong without repeating any value: bodies hold secrets and codes.
fn invalid(error: &serde_json::Error, path: Option<String>) -> Problem {
    let text = error.to_string();
    let (detail, named) = describe(&text);
    let problem = Problem::new(StatusCode::BAD_REQUEST, "invalid-request", detail);
    let path = path.filter(|path| path != ".").filter(|path| !path.contains('?'));
    match (path, named) {
        // The message names the field alone, the path what it lies in.
        (Some(path), Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            problem.field(format!("{path}.{name}"))
        }
        (Some(path), _) => problem.field(path),
        (None, Some(name)) => problem.field(name),
        (None, None) => problem,
    }
}

/// serde's message in our words: the rule that was broken and, where the message
/// has it, the name of the field. Names of fields come from us or from the caller's
/// own body; values never pass.
fn describe(text: &str) -> (String, Option<String>) {
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    if text.starts_with("unknown field") {
        let known: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
        let detail = format!("there is no such field; the fields are {}", known.join(", "));
        return (detail, quoted(text));
    }
    if text.starts_with("missing field") {
        return ("this field is required".to_owned(), quoted(text));
    }
    if text.starts_with("duplicate field") {
        return ("this field stands twice; send it once".to_owned(), quoted(text));
    }
    if text.starts_with("unknown variant") {
        let known: Vec<&str> = text.split('`').skip(3).step_by(2).collect();
        return (format!("use one of {}", known.join(", ")), None);
    }
    if let Some((_, expected)) = text.split_once(", expected ") {
        let expected = expected.split(" at line").next().unwrap_or(expected);
        return (format!("expected {expected}"), None);
    }
    if text.starts_with("expected") || text.starts_with("a name") {
        let rule = text.split(" at line").next().unwrap_or(text);
        return (rule.to_owned(), None);
    }
    let place = text.rsplit_once(" at line").map_or("", |(_, place)| place);
    (format!("the body is not one JSON object in UTF-8; see line{place}"), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code)]
        code: String,
        #[serde(default)]
        return_secret: Flag,
        #[serde(default)]
        #[allow(dead_code)]
        context: Fields,
        #[serde(default, deserialize_with = "number")]
        length: Option<u8>,
    }

    fn problem(body: &str) -> (String, Option<String>) {
        let problem = parse::<Sample>(body.as_bytes()).unwrap_err();
        (problem.detail, problem.field)
    }

    #[test]
    fn what_is_wrong_is_named_by_field_and_no_value_is_repeated() {
        let field = |body| problem(body).1.unwrap_or_default();
        assert_eq!(field(r#"{"code": 123456}"#), "code");
        assert_eq!(field(r#"{"code": null}"#), "code");
        assert_eq!(field(r#"{"code": ["123456"]}"#), "code");
        assert_eq!(field("{}"), "code");
        assert_eq!(field(r#"{"code": "1", "code": "2"}"#), "code");
        assert_eq!(field(r#"{"code": "1", "admin": true}"#), "admin");
        assert_eq!(field(r#"{"code": "1", "return_secret": "yes"}"#), "return_secret");
        assert_eq!(field(r#"{"code": "1", "context": {"a":"1","a":"2"}}"#), "context");
        assert!(!problem(r#"{"code": 7041234}"#).0.contains("7041234"));
        assert!(problem(r#"["1"]"#).0.contains("one JSON object"), "fields in an array are none");
        assert!(problem(r#"{"code": "1""#).0.contains("line 1 column 12"));
        assert!(problem(r#"{"code": "1"} {}"#).0.contains("one JSON object"));
    }

    #[test]
    fn a_number_without_room_is_left_to_the_range_of_its_field() {
        for (text, length) in [("6", Some(6)), ("null", None), ("500", Some(255)), ("-1", Some(0))]
        {
            let body = format!(r#"{{"code": "1", "length": {text}}}"#);
            assert_eq!(parse::<Sample>(body.as_bytes()).unwrap().length, length, "{text}");
        }
        for text in ["30.5", "\"6\"", "true", "[6]", "1e300", "99999999999999999999999"] {
            let said = problem(&format!(r#"{{"code": "1", "length": {text}}}"#));
            assert_eq!(said, ("expected a whole number".into(), Some("length".into())), "{text}");
        }
    }

    #[test]
    fn an_empty_body_is_called_empty() {
        assert_eq!(problem(" ").0, "the body is empty; send a JSON object");
    }

    #[test]
    fn a_flag_may_be_a_string_as_existing_clients_send_it() {
        for (text, flag) in [("true", true), ("\"true\"", true), ("\"false\"", false)] {
            let body = format!(r#"{{"code": "1", "return_secret": {text}}}"#);
            assert_eq!(parse::<Sample>(body.as_bytes()).unwrap().return_secret, Flag(flag));
        }
    }
}
