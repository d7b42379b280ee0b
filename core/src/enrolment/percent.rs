//! Percent-encoding (RFC 3986 §2.1), strictly and exactly once.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::str;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode};
use zeroize::Zeroizing;

use super::UriError;

/// Everything but RFC 3986's unreserved characters and `@`, which account names
/// have in common and every app reads. Space is `%20` and plus is `%2B`: some
/// apps take a bare `+` for a space.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

pub(super) fn encode(text: &str) -> PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, ESCAPED)
}

/// Decodes once; `%ZZ`, bytes that are no UTF-8 and control characters are refused.
pub(super) fn decode(raw: &str) -> Result<Zeroizing<String>, UriError> {
    if !escapes_are_whole(raw) {
        return Err(UriError::Escape);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(raw.len())); // never regrown: no stray copy
    bytes.extend(percent_encoding::percent_decode_str(raw));
    let text = str::from_utf8(&bytes).map_err(|_| UriError::Utf8)?;
    refuse_control_characters(text)?;
    Ok(Zeroizing::new(text.to_owned()))
}

pub(super) fn refuse_control_characters(text: &str) -> Result<(), UriError> {
    if text.contains(char::is_control) {
        return Err(UriError::ControlCharacter);
    }
    Ok(())
}

fn escapes_are_whole(raw: &str) -> bool {
    let is_hexadecimal = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_hexdigit());
    raw.split('%').skip(1).all(|after| {
        let mut bytes = after.bytes();
        is_hexadecimal(bytes.next()) && is_hexadecimal(bytes.next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_without_control_characters_survives(text in "\\PC*") {
            prop_assume!(!text.contains(char::is_control));
            prop_assert_eq!(&*decode(&encode(&text).to_string()).unwrap(), &text);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = decode(&text);
        }
    }

    #[test]
    fn broken_escapes_are_refused_not_kept() {
        for text in ["%", "%2", "%ZZ", "a%2gb", "%%20", "%é0"] {
            assert_eq!(decode(text), Err(UriError::Escape), "{text}");
        }
        assert_eq!(decode("%C3%28"), Err(UriError::Utf8));
        assert_eq!(decode("a%00"), Err(UriError::ControlCharacter));
    }

    #[test]
    fn decoding_happens_once_and_plus_stays_plus() {
        assert_eq!(&**decode("%2520+%2B").unwrap(), "%20++");
    }
}
