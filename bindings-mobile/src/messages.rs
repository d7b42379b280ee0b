//! Recipients and the texts they get.

use std::collections::HashMap;

use keyfob::service::{self, Recipient, Template, TransactionContext};

use crate::{
    error::{KeyfobError, invalid},
    number::size,
    service::Channel,
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// The last line of a message, by which phones fill the code in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Ending {
    /// `@example.com #123456`: for pages of this host alone.
    OriginBound {
        /// The host, such as `example.com`.
        host: String,
    },
    /// The hash of an Android app, for the SMS Retriever.
    AndroidAppHash {
        /// Eleven characters.
        hash: String,
    },
}

/// The names of a recipient.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecipientNames {
    /// The one form that all spellings have in common, which limits are kept by.
    pub canonical: String,
    /// What may be shown and logged.
    pub masked: String,
}

/// How many text messages a text travels in, and is paid for as.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Segments {
    /// `gsm-7` or `ucs-2`.
    pub encoding: String,
    /// Septets or UTF-16 units.
    pub units: i32,
    /// Messages.
    pub count: i32,
}

/// Reads the recipient of a channel: a phone number with `+`, or an e-mail address.
#[uniffi::export]
pub fn parse_recipient(channel: Channel, text: String) -> Result<RecipientNames> {
    let read = Recipient::parse(channel.into(), &text).map_err(invalid("text"))?;
    Ok(RecipientNames { canonical: read.canonical(), masked: read.masked() })
}

/// Fails if a text is no template: without `{{code}}`, say.
#[uniffi::export]
pub fn check_template(template: String) -> Result<()> {
    self::template("template", &template).map(drop)
}

/// Fills a template: `{{code}}`, `{{minutes}}`, `{{amount}}`, `{{payee}}`.
#[uniffi::export(default(context = None, ending = None))]
pub fn compose_message(
    template: String,
    code: String,
    minutes: u32,
    context: Option<HashMap<String, String>>,
    ending: Option<Ending>,
) -> Result<String> {
    let template = self::template("template", &template)?;
    let (context, ending) = (self::context("context", context)?, self::ending("ending", ending)?);
    let text = service::compose(&template, &code, minutes.into(), context.as_ref(), &ending);
    Ok(text.map_err(invalid("template"))?.to_string())
}

/// Fills a template for a voice, which spells the code, twice.
#[uniffi::export(default(context = None))]
pub fn speak_message(
    template: String,
    code: String,
    minutes: u32,
    context: Option<HashMap<String, String>>,
) -> Result<String> {
    let (template, context) =
        (self::template("template", &template)?, self::context("context", context)?);
    let text = service::speak(&template, &code, minutes.into(), context.as_ref());
    Ok(text.map_err(invalid("template"))?.to_string())
}

/// Marks up what `speakMessage` wrote for a speech engine (W3C SSML 1.1).
#[uniffi::export]
pub fn to_ssml(spoken: String) -> String {
    service::to_ssml(&spoken).to_string()
}

/// How many text messages a text travels in.
#[uniffi::export]
pub fn count_segments(text: String) -> Segments {
    let service::Segments { encoding, units, count } = service::segments(&text);
    Segments { encoding: encoding.name().to_owned(), units: size(units), count: size(count) }
}

/// The bytes that a transaction is bound by (PSD2: amount and payee).
#[uniffi::export]
pub fn context_bytes(context: HashMap<String, String>) -> Result<Vec<u8>> {
    let context = TransactionContext::new(context).map_err(invalid("context"))?;
    Ok(context.canonical_bytes())
}

pub(crate) fn template(argument: &str, text: &str) -> Result<Template> {
    Template::parse(text).map_err(invalid(argument))
}

pub(crate) fn context(
    argument: &str,
    fields: Option<HashMap<String, String>>,
) -> Result<Option<TransactionContext>> {
    fields.map(TransactionContext::new).transpose().map_err(invalid(argument))
}

pub(crate) fn ending(argument: &str, given: Option<Ending>) -> Result<service::Ending> {
    match given {
        None => Ok(service::Ending::None),
        Some(Ending::OriginBound { host }) => {
            service::Ending::origin_bound(&host).map_err(invalid(&format!("{argument}.host")))
        }
        Some(Ending::AndroidAppHash { hash }) => {
            let named = format!("{argument}.hash");
            service::Ending::android_app_hash(&hash).map_err(invalid(&named))
        }
    }
}
