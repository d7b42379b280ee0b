use std::ops::Deref;

use crate::redacted::redacted;

/// A code that is generated, as it is shown: at most eight ASCII characters, which cross as one
/// number, the first in the lowest byte. Keep it out of logs.
#[derive(Clone, Copy)]
pub struct PlainCode(u64);

uniffi::custom_type!(PlainCode, i64, {
    lower: |code| code.0.cast_signed(),
    try_lift: |symbols| Ok(PlainCode(symbols.cast_unsigned())),
});

redacted!(PlainCode);

impl From<keyfob::Code> for PlainCode {
    fn from(code: keyfob::Code) -> Self {
        let symbols = code.as_str().bytes().rev();
        Self(symbols.fold(0, |word, symbol| (word << 8) | u64::from(symbol)))
    }
}

/// What a person typed. Whatever it is, it is no misuse: text that a language cannot write in UTF-8,
/// half a character, is a wrong code there and no exception.
#[derive(Clone)]
pub struct Typed(String);

uniffi::custom_newtype!(Typed, String);

redacted!(Typed);

impl Deref for Typed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
