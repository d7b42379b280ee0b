use std::collections::HashMap;

use keyfob::service::{
    self, Channel, Ending, MessageError, Recipient, RecipientError, Template, TransactionContext,
    compose, speak,
};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::{
    number::whole,
    thrown::{At, Result, Thrown},
};

#[napi(object, object_from_js = false)]
pub struct RecipientRead {
    /// As limits are keyed by.
    pub canonical: String,
    /// As people who must not learn it may see it.
    pub masked: String,
}

#[napi]
pub fn recipient_parse(channel: String, to: String) -> Result<RecipientRead> {
    let recipient = Recipient::parse(self::channel(&channel)?, &to);
    let recipient = recipient.map_err(|error| error.at("to"))?;
    Ok(RecipientRead { canonical: recipient.canonical(), masked: recipient.masked() })
}

#[napi]
pub fn template_check(template: String) -> Result<()> {
    self::template(&template).map(drop)
}

#[napi(object)]
pub struct MessageParts {
    pub template: String,
    pub code: String,
    /// Until it expires.
    pub minutes: f64,
    pub context: Option<HashMap<String, String>>,
    /// The site in the last line.
    pub origin_bound: Option<String>,
    /// The app in the last line.
    pub android_app_hash: Option<String>,
}

#[napi]
pub fn message_compose(parts: MessageParts) -> Result<String> {
    let (template, context) = (template(&parts.template)?, context(parts.context)?);
    let ending = ending(parts.origin_bound.as_deref(), parts.android_app_hash.as_deref())?;
    let minutes = whole(parts.minutes, "minutes")?;
    let text = compose(&template, &parts.code, minutes, context.as_ref(), &ending);
    Ok(text.map_err(unwritten)?.to_string())
}

#[napi]
pub fn message_speak(parts: MessageParts) -> Result<String> {
    let (template, context) = (template(&parts.template)?, context(parts.context)?);
    let minutes = whole(parts.minutes, "minutes")?;
    let text = speak(&template, &parts.code, minutes, context.as_ref());
    Ok(text.map_err(unwritten)?.to_string())
}

/// What a message cannot be made of is the template, unless it is the code.
fn unwritten(error: MessageError) -> napi::Error<Thrown> {
    let argument = if matches!(error, MessageError::Code) { "code" } else { "template" };
    error.at(argument)
}

#[napi]
pub fn message_to_ssml(spoken: String) -> String {
    service::to_ssml(&spoken).to_string()
}

#[napi(object, object_from_js = false)]
pub struct SegmentsCounted {
    pub encoding: String,
    /// Septets or UTF-16 units.
    pub units: u32,
    pub count: u32,
}

#[napi]
pub fn message_segments(text: String) -> SegmentsCounted {
    let counted = service::segments(&text);
    SegmentsCounted {
        encoding: counted.encoding.name().to_owned(),
        units: counted.units as u32,
        count: counted.count as u32,
    }
}

#[napi]
pub fn context_bytes(context: HashMap<String, String>) -> Result<Uint8Array> {
    let context = TransactionContext::new(context).map_err(|error| error.at("context"))?;
    Ok(context.canonical_bytes().into())
}

pub(crate) fn channel(name: &str) -> Result<Channel> {
    name.parse().map_err(|error: RecipientError| error.at("channel"))
}

pub(crate) fn template(text: &str) -> Result<Template> {
    Template::parse(text).map_err(|error| error.at("template"))
}

pub(crate) fn ending(origin_bound: Option<&str>, app_hash: Option<&str>) -> Result<Ending> {
    let ending = match (origin_bound, app_hash) {
        (Some(host), _) => Ending::origin_bound(host),
        (None, Some(hash)) => Ending::android_app_hash(hash),
        (None, None) => Ok(Ending::None),
    };
    ending.map_err(|error| error.at("ending"))
}

pub(crate) fn context(
    fields: Option<HashMap<String, String>>,
) -> Result<Option<TransactionContext>> {
    let context = fields.map(TransactionContext::new).transpose();
    context.map_err(|error| error.at("context"))
}
