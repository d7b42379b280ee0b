use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use zeroize::Zeroizing;

use super::{
    MessageError, Template, TransactionContext,
    message::{check_code, join},
};

/// A code as it is read out: `1, 2, 3, 4`. Each character stands alone, so that no
/// voice reads a number; letters are in upper case, so that `a` is no article.
pub fn spell(code: &str) -> Zeroizing<String> {
    let mut spelled = Zeroizing::new(String::with_capacity(code.len() * 3));
    for (index, character) in code.chars().enumerate() {
        if index > 0 {
            spelled.push_str(", ");
        }
        spelled.push(character.to_ascii_uppercase());
    }
    spelled
}

/// Writes what a phone call says: `template` with the code spelled out, at least
/// twice. A template that has `{{code}}` only once is said twice as a whole, which
/// needs no words of ours in the account's language; what is said counts towards
/// the length of the message as often as it is said.
///
/// # Errors
/// As [`compose`](super::compose), which says what the arguments mean.
///
/// ```
/// use keyfob::service::{Template, speak, to_ssml};
/// let template = Template::parse("Your code is {{code}}.")?;
/// let text = speak(&template, "4071", 5, None)?;
/// assert_eq!(*text, "Your code is 4, 0, 7, 1.\nYour code is 4, 0, 7, 1.");
/// assert!(to_ssml(&text).starts_with("<speak>Your code is <say-as"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn speak(
    template: &Template,
    code: &str,
    minutes: u64,
    context: Option<&TransactionContext>,
) -> Result<Zeroizing<String>, MessageError> {
    check_code(code)?;
    let minutes = minutes.to_string();
    let spelled = spell(code);
    let mut parts = template.fill(&spelled, &minutes, context)?;
    if template.codes() < 2 {
        let again = parts.clone();
        parts.push("\n");
        parts.extend(again);
    }
    join(&parts)
}

/// Marks up what [`speak`] wrote for a speech engine (W3C SSML 1.1): spelled
/// characters one by one with pauses between, a pause at each new line, and all
/// else escaped. The voice and its language are the provider's to choose.
pub fn to_ssml(spoken: &str) -> Zeroizing<String> {
    let mut parts = Vec::from(["<speak>"]);
    let mut rest = spoken;
    let mut in_word = false;
    while let Some(character) = rest.chars().next() {
        let spelled = if in_word { 0 } else { spelled_run(rest) };
        let (taken, after) = rest.split_at(spelled.max(character.len_utf8()));
        match spelled {
            0 => parts.push(escaped(taken)),
            _ => mark_up(taken, &mut parts),
        }
        in_word = character.is_alphanumeric() && spelled == 0;
        rest = after;
    }
    parts.push("</speak>");
    Zeroizing::new(parts.concat()) // one allocation: no stray copy of the code
}

/// The length of the `1, 2, 3` that `text` begins with, two characters at least;
/// zero if it begins otherwise.
fn spelled_run(text: &str) -> usize {
    let stands_alone = |rest: &str| {
        let mut characters = rest.chars();
        characters.next().is_some_and(|c| c.is_ascii_alphanumeric())
            && !characters.next().is_some_and(char::is_alphanumeric)
    };
    if !stands_alone(text) {
        return 0;
    }
    let mut length = 1;
    while text[length..].strip_prefix(", ").is_some_and(stands_alone) {
        length += 3;
    }
    if length == 1 { 0 } else { length }
}

fn mark_up<'a>(spelled: &'a str, parts: &mut Vec<&'a str>) {
    for (index, character) in spelled.split(", ").enumerate() {
        if index > 0 {
            parts.push("<break time=\"400ms\"/>");
        }
        parts.extend(["<say-as interpret-as=\"characters\">", character, "</say-as>"]);
    }
}

fn escaped(character: &str) -> &str {
    match character {
        "&" => "&amp;",
        "<" => "&lt;",
        ">" => "&gt;",
        "\"" => "&quot;",
        "'" => "&apos;",
        "\n" => "<break time=\"1s\"/>",
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Channel, Language};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn markup_loses_no_word_and_lets_no_tag_through(text in "([a-c]|[0-9]|, |[<>&\"'/é!])*") {
            let ssml = to_ssml(&text);
            let mut bare = String::new();
            let mut tag = false;
            for character in ssml.replace("<break time=\"400ms\"/>", ", ").chars() {
                match character {
                    '<' => tag = true,
                    '>' => tag = false,
                    _ if !tag => bare.push(character),
                    _ => {}
                }
            }
            for (entity, character) in
                [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
            {
                bare = bare.replace(entity, character);
            }
            prop_assert_eq!(bare, text);
        }

        #[test]
        fn a_spoken_code_is_said_twice_and_never_as_a_number(code in "[A-Z0-9]{4,12}") {
            for text in ["Code {{code}}", "{{code}} or {{code}}"] {
                let spoken = speak(&Template::parse(text).unwrap(), &code, 5, None).unwrap();
                prop_assert_eq!(spoken.matches(spell(&code).as_str()).count(), 2);
                prop_assert!(!spoken.contains(&code));
                prop_assert_eq!(to_ssml(&spoken).matches("<say-as").count(), 2 * code.len());
            }
        }

        #[test]
        fn nothing_panics(text in ".*") {
            let _ = (spell(&text), to_ssml(&text));
        }
    }

    #[test]
    fn a_payee_cannot_speak_markup() {
        let context = TransactionContext::new([("payee", "<audio src=\"x\"/> & Co")]);
        let template = Template::parse("{{payee}}: {{code}}. {{code}}").unwrap();
        let spoken = speak(&template, "1234", 5, Some(&context.unwrap())).unwrap();
        assert!(
            to_ssml(&spoken)
                .starts_with("<speak>&lt;audio src=&quot;x&quot;/&gt; &amp; Co: <say-as")
        );
    }

    #[test]
    fn letters_are_spoken_in_upper_case() {
        assert_eq!(*spell("a1b"), "A, 1, B");
    }

    #[test]
    fn the_default_call_repeats_the_code_in_words() {
        let template = Template::default_for(Language::English, Channel::Voice, None);
        let spoken = speak(&template, "12", 5, None).unwrap();
        let expected = "Your verification code is: 1, 2. Once more, the code is: 1, 2. Never share it with anyone.";
        assert_eq!(*spoken, expected);
    }
}
