use alloc::string::{String, ToString};
use core::{error, fmt};

use zeroize::Zeroizing;

use super::{Ending, Template, TemplateError, TransactionContext, segments};

/// The longest message, in characters: what the usual SMS providers take as one.
pub const MAXIMUM_MESSAGE_CHARACTERS: usize = 1600;

/// Writes the message of one code: `template` with its placeholders replaced, and
/// the line of `ending` below it. Values are put in as they are; braces in a payee
/// are never taken for a placeholder. `minutes` is how long the code is valid.
///
/// The text carries the code: it is wiped when dropped, and belongs in no log.
///
/// # Errors
/// [`MessageError::Template`] when the template and the context do not go together,
/// [`MessageError::Code`], [`MessageError::TooLong`],
/// [`MessageError::TooLongForApp`].
///
/// ```
/// use keyfob::service::{Ending, Template, compose};
/// let template = Template::parse("{{code}} signs you in for {{minutes}} min.")?;
/// let text = compose(&template, "747723", 5, None, &Ending::origin_bound("example.com")?)?;
/// assert_eq!(*text, "747723 signs you in for 5 min.\n@example.com #747723");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compose(
    template: &Template,
    code: &str,
    minutes: u64,
    context: Option<&TransactionContext>,
    ending: &Ending,
) -> Result<Zeroizing<String>, MessageError> {
    check_code(code)?;
    let minutes = minutes.to_string();
    let mut parts = template.fill(code, &minutes, context)?;
    match ending {
        Ending::None => {}
        Ending::OriginBound { host } => parts.extend(["\n@", host.as_str(), " #", code]),
        Ending::AndroidAppHash { hash } => parts.extend(["\n", hash.as_str()]),
    }
    let text = join(&parts)?;
    if matches!(ending, Ending::AndroidAppHash { .. }) {
        check_fits_app(&text)?;
    }
    Ok(text)
}

/// Why a message could not be written. Carries neither the code nor the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageError {
    /// The template and the context do not go together.
    Template(TemplateError),
    /// The code is not ASCII letters and digits.
    Code,
    /// More than 1,600 characters.
    TooLong {
        /// How many there are.
        characters: usize,
    },
    /// More than the 140 bytes that Android's SMS Retriever takes.
    TooLongForApp {
        /// How many there are: in UTF-8 or as sent, whichever are more.
        bytes: usize,
    },
}

impl MessageError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Code => "message-code",
            Self::TooLong { .. } => "message-too-long",
            Self::TooLongForApp { .. } => "message-too-long-for-app",
        } else {
            Self::Template(error) => error: TemplateError,
        }
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(error) => error.fmt(f),
            Self::Code => f.write_str("give a code of ASCII letters and digits only"),
            Self::TooLong { characters } => {
                write!(f, "the message has {characters} characters; shorten it to 1600 or fewer")
            }
            Self::TooLongForApp { bytes } => write!(
                f,
                "the message has {bytes} bytes; with an Android app hash it may have 140, so shorten it"
            ),
        }
    }
}

impl error::Error for MessageError {}

impl From<TemplateError> for MessageError {
    fn from(error: TemplateError) -> Self {
        Self::Template(error)
    }
}

pub(super) fn check_code(code: &str) -> Result<(), MessageError> {
    let fits = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits { Ok(()) } else { Err(MessageError::Code) }
}

/// Joins the parts in one allocation, so that no stray copy of the code is left.
pub(super) fn join(parts: &[&str]) -> Result<Zeroizing<String>, MessageError> {
    let characters = parts.iter().map(|part| part.chars().count()).sum();
    if characters > MAXIMUM_MESSAGE_CHARACTERS {
        return Err(MessageError::TooLong { characters });
    }
    Ok(Zeroizing::new(parts.concat()))
}

/// Google's limit of 140 bytes is the payload of one message; which encoding it
/// means is not said, so both are held to it.
fn check_fits_app(text: &str) -> Result<(), MessageError> {
    let bytes = text.len().max(segments(text).bytes());
    if bytes > 140 {
        return Err(MessageError::TooLongForApp { bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use super::super::ContextError;

    const HASH: &str = "FA+9qCX9VSu";

    fn template(text: &str) -> Template {
        Template::parse(text).unwrap()
    }

    proptest! {
        #[test]
        fn a_message_holds_the_code_and_the_payee_exactly_as_given(
            before in "[^{}\\pC\\p{Zl}\\p{Zp}]{0,40}",
            code in "[A-Z0-9]{4,12}",
            payee in "[a-z{} ]{0,8}\\{\\{ ?(code|payee|minutes|amount|x) ?\\}\\}[^\\pC\\p{Zl}\\p{Zp}]{0,40}",
        ) {
            let template = template(&[&before, " {{code}} {{payee}}"].concat());
            let context = TransactionContext::new([("payee", payee.as_str())]);
            prop_assume!(!matches!(context, Err(ContextError::Link { .. }))); // now and then chance writes one
            let context = context.unwrap();
            let text = compose(&template, &code, 5, Some(&context), &Ending::None).unwrap();
            prop_assert_eq!(text.as_str(), [&before, " ", &code, " ", &payee].concat());
        }

        #[test]
        fn nothing_panics(text in ".{0,60}", code in ".{0,14}", payee in ".{0,20}", minutes: u64) {
            let context = TransactionContext::new([("payee", payee)]).ok();
            if let Ok(template) = Template::parse(&[&text, " {{code}} {{payee}}"].concat()) {
                let _ = compose(&template, &code, minutes, context.as_ref(), &Ending::None);
            }
        }
    }

    #[test]
    fn braces_in_a_payee_are_never_a_placeholder() {
        let context = TransactionContext::new([("amount", "{{payee}}"), ("payee", "{{code}}")]);
        let text = compose(
            &template("{{code}} pays {{amount}} to {{payee}}"),
            "123456",
            5,
            Some(&context.unwrap()),
            &Ending::None,
        );
        assert_eq!(*text.unwrap(), "123456 pays {{payee}} to {{code}}");
    }

    #[test]
    fn the_last_line_is_what_browsers_and_apps_look_for() {
        let last_line = |ending: &Ending| {
            let text = compose(&template("Code: {{code}}\n"), "747723", 5, None, ending).unwrap();
            String::from(text.lines().last().unwrap())
        };
        let bound = Ending::origin_bound("example.com").unwrap();
        assert_eq!(last_line(&bound), "@example.com #747723");
        assert_eq!(last_line(&Ending::android_app_hash(HASH).unwrap()), HASH);
    }

    #[test]
    fn a_message_that_the_sms_retriever_would_ignore_is_refused() {
        let ending = Ending::android_app_hash(HASH).unwrap();
        let compose_padded = |padding: &str, times: usize| {
            let template = template(&["{{code}} ", &padding.repeat(times)].concat());
            compose(&template, "123456", 5, None, &ending).map(|text| text.len())
        };
        let around = "123456 \n".len() + HASH.len();
        assert_eq!(compose_padded("a", 140 - around), Ok(140));
        assert_eq!(
            compose_padded("a", 141 - around),
            Err(MessageError::TooLongForApp { bytes: 141 })
        );
        assert_eq!(
            compose_padded("я", 71 - around),
            Err(MessageError::TooLongForApp { bytes: 142 }) // 123 in UTF-8, 142 as sent
        );
    }

    #[test]
    fn a_repeated_payee_cannot_swell_a_message_without_bound() {
        let context = TransactionContext::new([("payee", "a".repeat(140))]).unwrap();
        let template = template(&["{{code}}", &" {{payee}}".repeat(90)].concat());
        let refused = compose(&template, "123456", 5, Some(&context), &Ending::None);
        assert_eq!(refused, Err(MessageError::TooLong { characters: 6 + 90 * 141 }));
    }

    #[test]
    fn a_code_that_could_carry_text_of_its_own_is_refused() {
        for code in ["", "12 34", "1234\n@evil.example #1", "１２３４"] {
            let refused = compose(&template("{{code}}"), code, 5, None, &Ending::None);
            assert_eq!(refused, Err(MessageError::Code));
        }
    }
}
