//! A letter as an email: the text as it is, and the same as HTML with the code set apart.

use askama::Template;
use keyfob::service::Language;
use lettre::{
    Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

use super::Letter;

/// Writes the email. What cannot be delivered is sent back to `bounce_to`.
///
/// `None` if the recipient is no mailbox, or the message cannot be written as an email.
pub(super) fn email(letter: &Letter, from: &Mailbox, bounce_to: &Mailbox) -> Option<Message> {
    let to: Mailbox = letter.recipient.as_str().parse().ok()?;
    let envelope = Envelope::new(Some(bounce_to.email.clone()), vec![to.email.clone()]).ok()?;
    let html = html(&letter.subject, letter.language, letter.expose_text(), letter.expose_code());
    let text = SinglePart::plain(letter.expose_text().to_owned());
    Message::builder()
        .envelope(envelope)
        .from(from.clone())
        .to(to)
        .message_id(Some(message_id(letter, from)))
        .subject(letter.subject.as_str())
        .raw_header(header("Auto-Submitted", "auto-generated")) // RFC 3834: no machine shall answer
        .raw_header(header("Content-Language", letter.language.tag()))
        .multipart(MultiPart::alternative().singlepart(text).singlepart(SinglePart::html(html)))
        .ok()
}

/// The same each time the letter is handed over, by which relays and mailboxes know it.
fn message_id(letter: &Letter, from: &Mailbox) -> String {
    format!("<{}@{}>", letter.id(), from.email.domain())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn html(subject: &str, language: Language, text: &str, code: &str) -> String {
    let direction = if language == Language::Arabic { "rtl" } else { "ltr" };
    let paragraphs = text.split("\n\n").map(|paragraph| Paragraph::of(paragraph, code)).collect();
    EmailPage { subject, language: language.tag(), direction, paragraphs }.to_string()
}

#[derive(Template)]
#[template(path = "email.html")]
struct EmailPage<'a> {
    subject: &'a str,
    language: &'static str,
    direction: &'static str,
    paragraphs: Vec<Paragraph<'a>>,
}

/// Lines that belong together, each of pieces of text.
struct Paragraph<'a>(Vec<Vec<Piece<'a>>>);

enum Piece<'a> {
    Text(&'a str),
    Code(&'a str),
}

impl<'a> Paragraph<'a> {
    fn of(text: &'a str, code: &str) -> Self {
        Self(text.trim_end().lines().map(|line| pieces(line, code)).collect())
    }

    /// The code, if there is nothing else in it.
    fn as_code(&self) -> Option<&'a str> {
        let [line] = &self.0[..] else { return None };
        let [Piece::Code(code)] = &line[..] else { return None };
        Some(code)
    }
}

/// Where the code stands alone: it may well be part of a longer number.
fn pieces<'a>(line: &'a str, code: &str) -> Vec<Piece<'a>> {
    let (mut pieces, mut rest) = (Vec::new(), 0);
    let is_word = |c: char| c.is_ascii_alphanumeric();
    for (at, _) in line.match_indices(code).filter(|_| !code.is_empty()) {
        let end = at + code.len();
        if line[..at].ends_with(is_word) || line[end..].starts_with(is_word) {
            continue;
        }
        if rest < at {
            pieces.push(Piece::Text(&line[rest..at]));
        }
        pieces.push(Piece::Code(&line[at..end]));
        rest = end;
    }
    if rest < line.len() {
        pieces.push(Piece::Text(&line[rest..]));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use keyfob::service::{Channel, Ending, Template as Text, TransactionContext, compose};

    use super::*;

    fn shown(text: &str, code: &str) -> String {
        html("Your code", Language::English, text, code)
    }

    #[test]
    fn the_code_is_set_apart_and_a_longer_number_with_the_same_digits_is_not() {
        let page = shown("Pay 9123456, A123456 or 123456.\n\n123456\n\nBye\n", "123456");
        assert_eq!(page.matches("<strong").count(), 2, "{page}");
        assert_eq!(page.matches("class=\"code\"").count(), 1, "{page}");
        assert!(page.contains("Pay 9123456, A123456 or <strong"), "{page}");
        assert!(!shown("123456", "").contains("<strong"), "a letter of before the upgrade");
    }

    #[test]
    fn what_somebody_wrote_is_text_and_never_markup() {
        let page = shown("<b>1</b> & <a href='https://evil.example'>x</a>\"\n123456", "123456");
        assert!(!page.contains("<b>") && !page.contains("<a ") && page.contains("&#60;b&#62;1"));
        for remote in ["http:", "src=", "url(", "<script", "<img", "<link", "@import"] {
            assert!(!shown("text", "123456").contains(remote), "{remote}");
        }
    }

    #[test]
    fn every_language_shows_its_code_once_and_reads_in_its_direction() {
        let context = TransactionContext::new([("amount", "EUR 12"), ("payee", "Ann")]).unwrap();
        for language in Language::ALL {
            let text = Text::default_for(language, Channel::Email, Some(&context));
            let text = compose(&text, "123456", 5, Some(&context), &Ending::None).unwrap();
            let page = html(language.subject(), language, &text, "123456");
            assert_eq!(page.matches("class=\"code\"").count(), 1, "{page}");
            let tag = format!("lang=\"{}\"", language.tag());
            assert!(page.contains(&tag), "{page}");
            assert_eq!(page.contains("dir=\"rtl\""), language == Language::Arabic, "{page}");
        }
    }
}
