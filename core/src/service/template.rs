use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::{error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Channel, Language, TransactionContext, context::distorts_text, texts::texts};

/// The text of a message, with places for what is known only when it is sent:
/// `{{code}}` (which it must have), `{{minutes}}` (until the code expires),
/// `{{amount}}` and `{{payee}}` (of the transaction that the code approves).
/// Spaces within the braces do not matter.
///
/// `Debug` is redacted: the text belongs to the account.
///
/// ```
/// use keyfob::service::{Template, TemplateError};
/// assert!(Template::parse("Your code is {{ code }}. Never share it.").is_ok());
/// assert_eq!(Template::parse("Hello"), Err(TemplateError::CodeMissing));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    source: String,
    pieces: Vec<Piece>,
}

impl Template {
    /// The longest template, in characters.
    pub const MAXIMUM_CHARACTERS: usize = 1000;

    /// Reads a template. The only control character it may hold is the newline.
    /// A code may stand in it more than once, but not against an ASCII letter, a
    /// digit or another placeholder: phones that fill codes in would take the
    /// neighbours for part of it, and people might too.
    ///
    /// # Errors
    /// [`TemplateError`], with the position where there is one.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let characters = text.chars().count();
        if characters > Self::MAXIMUM_CHARACTERS {
            return Err(TemplateError::TooLong { characters });
        }
        if let Some(position) = text.chars().position(|c| c != '\n' && distorts_text(c)) {
            return Err(TemplateError::Character { position });
        }
        let pieces = split(text)?;
        if !pieces.contains(&Piece::Code) {
            return Err(TemplateError::CodeMissing);
        }
        Ok(Self { source: text.to_string(), pieces })
    }

    /// A short text in `language` for `channel`, which shows the amount and payee of
    /// `context` where it has them, asks never to share the code, and has no link.
    #[allow(clippy::missing_panics_doc)] // it never does, as said below
    pub fn default_for(
        language: Language,
        channel: Channel,
        context: Option<&TransactionContext>,
    ) -> Self {
        let texts = texts(language);
        let amount = context.and_then(TransactionContext::amount).is_some();
        let payee = context.and_then(TransactionContext::payee).is_some();
        let purpose = match (amount, payee) {
            (true, true) => texts.payment,
            (true, false) => texts.amount,
            (false, true) => texts.payee,
            (false, false) => texts.code,
        };
        let rest = match channel {
            Channel::Sms => texts.sms,
            Channel::Voice => texts.voice,
            Channel::Email => texts.email,
        };
        // Cannot fail: every one of these texts is parsed by a test.
        Self::parse(&[purpose, rest].concat()).expect("a default template is a template")
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether this template can be sent with `context`: it must show an amount and
    /// a payee that the context has, since a payer must see what they approve
    /// (Commission Delegated Regulation (EU) 2018/389, Article 5(1)(a)), and cannot
    /// show those that it has not.
    ///
    /// # Errors
    /// [`TemplateError::AmountNotShown`], [`TemplateError::PayeeNotShown`],
    /// [`TemplateError::AmountUnknown`], [`TemplateError::PayeeUnknown`].
    pub fn check_context(&self, context: Option<&TransactionContext>) -> Result<(), TemplateError> {
        let amount = context.and_then(TransactionContext::amount).is_some();
        let payee = context.and_then(TransactionContext::payee).is_some();
        match (amount, self.pieces.contains(&Piece::Amount)) {
            (true, false) => return Err(TemplateError::AmountNotShown),
            (false, true) => return Err(TemplateError::AmountUnknown),
            _ => {}
        }
        match (payee, self.pieces.contains(&Piece::Payee)) {
            (true, false) => Err(TemplateError::PayeeNotShown),
            (false, true) => Err(TemplateError::PayeeUnknown),
            _ => Ok(()),
        }
    }

    /// How often the code stands in it.
    pub(super) fn codes(&self) -> usize {
        self.pieces.iter().filter(|piece| **piece == Piece::Code).count()
    }

    /// The text's parts in order, each placeholder replaced once: values are never
    /// looked into for further placeholders.
    pub(super) fn fill<'a>(
        &'a self,
        code: &'a str,
        minutes: &'a str,
        context: Option<&'a TransactionContext>,
    ) -> Result<Vec<&'a str>, TemplateError> {
        self.check_context(context)?;
        let amount = context.and_then(TransactionContext::amount).unwrap_or_default();
        let payee = context.and_then(TransactionContext::payee).unwrap_or_default();
        let part = |piece: &'a Piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Code => code,
            Piece::Minutes => minutes,
            Piece::Amount => amount,
            Piece::Payee => payee,
        };
        Ok(self.pieces.iter().map(part).collect())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template(redacted, {} characters)", self.source.chars().count())
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}

/// Why a template was refused, or cannot be sent. Positions count characters from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateError {
    /// There is no `{{code}}` in it.
    CodeMissing,
    /// A placeholder that nothing is known for.
    UnknownPlaceholder {
        /// Its name, or the first 32 characters of it.
        name: String,
        /// Where its braces begin.
        position: usize,
    },
    /// Two braces open and never close.
    Unclosed {
        /// Where they stand.
        position: usize,
    },
    /// A code stands against an ASCII letter, a digit or another placeholder.
    CodeNotApart {
        /// Where its braces begin.
        position: usize,
    },
    /// A control character other than newline, or one that turns the direction of text.
    Character {
        /// Where it stands.
        position: usize,
    },
    /// More than 1,000 characters.
    TooLong {
        /// How many there are.
        characters: usize,
    },
    /// The context has an amount that the template does not show.
    AmountNotShown,
    /// The context has a payee whom the template does not show.
    PayeeNotShown,
    /// The template shows an amount that the context does not have.
    AmountUnknown,
    /// The template shows a payee whom the context does not have.
    PayeeUnknown,
}

impl TemplateError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::CodeMissing => "template-code-missing",
            Self::UnknownPlaceholder { .. } => "template-unknown-placeholder",
            Self::Unclosed { .. } => "template-unclosed",
            Self::CodeNotApart { .. } => "template-code-not-apart",
            Self::Character { .. } => "template-character",
            Self::TooLong { .. } => "template-too-long",
            Self::AmountNotShown => "amount-not-shown",
            Self::PayeeNotShown => "payee-not-shown",
            Self::AmountUnknown => "amount-unknown",
            Self::PayeeUnknown => "payee-unknown",
        }
    }

    /// Where in the template the fault lies, in characters from 0, if at one place.
    pub const fn position(&self) -> Option<usize> {
        match self {
            Self::UnknownPlaceholder { position, .. }
            | Self::Unclosed { position }
            | Self::CodeNotApart { position }
            | Self::Character { position } => Some(*position),
            _ => None,
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeMissing => f.write_str("put {{code}} where the message is to show the code"),
            Self::UnknownPlaceholder { name, position } => write!(
                f,
                "{name:?} at character {} is no placeholder; use {{{{code}}}}, {{{{minutes}}}}, {{{{amount}}}} or {{{{payee}}}}",
                position + 1
            ),
            Self::Unclosed { position } => {
                write!(f, "close the braces that open at character {} with }}}}", position + 1)
            }
            Self::CodeNotApart { position } => write!(
                f,
                "set {{{{code}}}} at character {} apart from the letters, digits and placeholders beside it",
                position + 1
            ),
            Self::Character { position } => write!(
                f,
                "remove character {} of the message: only newlines may control text",
                position + 1
            ),
            Self::TooLong { characters } => {
                write!(f, "the message has {characters} characters; shorten it to 1000 or fewer")
            }
            Self::AmountNotShown => f.write_str(
                "put {{amount}} into the message: the payer must see what the code approves",
            ),
            Self::PayeeNotShown => f.write_str(
                "put {{payee}} into the message: the payer must see whom the code approves",
            ),
            Self::AmountUnknown => f.write_str(
                "the message shows {{amount}}: give the amount in the context, or take it out",
            ),
            Self::PayeeUnknown => f.write_str(
                "the message shows {{payee}}: give the payee in the context, or take it out",
            ),
        }
    }
}

impl error::Error for TemplateError {}

#[derive(Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Code,
    Minutes,
    Amount,
    Payee,
}

fn split(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once("{{") {
        let position = text[..text.len() - opened.len() - 2].chars().count();
        let (name, after) = opened.split_once("}}").ok_or(TemplateError::Unclosed { position })?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_string()));
        }
        let piece = placeholder(name.trim_matches(' '), position)?;
        if touches(&piece, pieces.last(), after) {
            return Err(TemplateError::CodeNotApart { position });
        }
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_string()));
    }
    Ok(pieces)
}

fn placeholder(name: &str, position: usize) -> Result<Piece, TemplateError> {
    match name {
        "code" => Ok(Piece::Code),
        "minutes" => Ok(Piece::Minutes),
        "amount" => Ok(Piece::Amount),
        "payee" => Ok(Piece::Payee),
        _ => {
            let name = name.chars().take(32).collect();
            Err(TemplateError::UnknownPlaceholder { name, position })
        }
    }
}

fn touches(piece: &Piece, before: Option<&Piece>, after: &str) -> bool {
    if *piece != Piece::Code {
        return false;
    }
    let touched_before = match before {
        None => false,
        Some(Piece::Text(text)) => text.ends_with(|c: char| c.is_ascii_alphanumeric()),
        Some(_) => true,
    };
    touched_before
        || after.starts_with("{{")
        || after.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_template_panics_and_every_accepted_one_survives_a_record(text in "(\\{\\{|\\}\\}|[{} ]|code|payee|é|\\n|a|.){0,24}") {
            if let Ok(template) = Template::parse(&text) {
                let bytes = postcard::to_allocvec(&template).unwrap();
                prop_assert_eq!(&postcard::from_bytes::<Template>(&bytes).unwrap(), &template);
                prop_assert_eq!(template.as_str(), text);
            }
        }
    }

    fn contexts() -> [Option<TransactionContext>; 5] {
        let context = |fields: &[(&str, &str)]| {
            Some(TransactionContext::new(fields.iter().copied()).unwrap())
        };
        [
            None,
            context(&[("order", "7")]),
            context(&[("amount", "5")]),
            context(&[("payee", "Al")]),
            context(&[("amount", "5"), ("payee", "Al")]),
        ]
    }

    #[test]
    fn a_payer_always_sees_what_they_approve() {
        let [none, other, amount, payee, both] = contexts();
        let check = |text: &str, context: &Option<TransactionContext>| {
            Template::parse(text).unwrap().check_context(context.as_ref()).map_err(|e| e.code())
        };
        assert_eq!(check("{{code}}", &none), Ok(()));
        assert_eq!(check("{{code}}", &other), Ok(()));
        assert_eq!(check("{{code}}", &amount), Err("amount-not-shown"));
        assert_eq!(check("{{code}}", &payee), Err("payee-not-shown"));
        assert_eq!(check("{{code}} {{amount}}", &both), Err("payee-not-shown"));
        assert_eq!(check("{{code}} {{amount}}", &none), Err("amount-unknown"));
        assert_eq!(check("{{code}} {{payee}}", &other), Err("payee-unknown"));
        assert_eq!(check("{{code}} {{amount}} {{payee}}", &both), Ok(()));
    }

    #[test]
    fn debug_shows_no_text() {
        let template = Template::parse("Dear Jo: {{code}}").unwrap();
        assert_eq!(format!("{template:?}"), "Template(redacted, 17 characters)");
    }
}
