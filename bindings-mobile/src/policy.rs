use crate::{
    error::{KeyfobError, invalid, no_entropy},
    number::{byte, size},
    plain::Typed,
    secret::{SecretText, entropy},
};
use std::sync::Arc;

/// What codes that are sent are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Alphabet {
    /// 0 to 9.
    Digits,
    /// A to Z.
    Letters,
    /// Letters and digits.
    Alphanumeric,
    /// Letters and digits that nobody takes for others.
    Unambiguous,
}

#[uniffi::export]
impl Alphabet {
    /// The stable name, the same in every language.
    pub fn code(&self) -> String {
        keyfob::Alphabet::from(*self).name().to_owned()
    }
}

/// How long a code that is sent is, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Object)]
pub struct CodePolicy(pub(crate) keyfob::CodePolicy);

#[uniffi::export]
impl CodePolicy {
    /// `length` characters (4 to 12) of an alphabet: six digits, if nothing is said.
    #[uniffi::constructor(default(length = None, alphabet = None))]
    pub fn new(length: Option<i32>, alphabet: Option<Alphabet>) -> Result<Self, KeyfobError> {
        let usual = keyfob::CodePolicy::default();
        let length = length.map_or(usual.length(), byte);
        let alphabet = alphabet.map_or(usual.alphabet(), Into::into);
        keyfob::CodePolicy::new(length, alphabet).map(Self).map_err(invalid("length"))
    }

    /// How many characters.
    pub fn length(&self) -> i32 {
        i32::from(self.0.length())
    }

    /// What of.
    pub fn alphabet(&self) -> Alphabet {
        match self.0.alphabet() {
            keyfob::Alphabet::Digits => Alphabet::Digits,
            keyfob::Alphabet::Letters => Alphabet::Letters,
            keyfob::Alphabet::Alphanumeric => Alphabet::Alphanumeric,
            keyfob::Alphabet::Unambiguous => Alphabet::Unambiguous,
        }
    }

    /// How hard a code is to guess, in thousandths of a bit.
    pub fn entropy_millibits(&self) -> i32 {
        size(self.0.entropy_millibits() as usize)
    }

    /// Whether codes are easier to guess than six digits.
    pub fn is_guessable(&self) -> bool {
        self.0.is_guessable()
    }

    /// A new random code.
    pub fn generate(&self) -> Result<Arc<SecretText>, KeyfobError> {
        let code = self.0.generate(&mut entropy).map_err(no_entropy)?;
        Ok(SecretText::new(code.expose()))
    }

    /// What a user typed as the code it means, or nothing if it cannot be one.
    pub fn normalise(&self, typed: Typed) -> Option<String> {
        self.0.normalise(&typed).map(|code| code.expose().to_owned())
    }
}

impl From<Alphabet> for keyfob::Alphabet {
    fn from(alphabet: Alphabet) -> Self {
        match alphabet {
            Alphabet::Digits => Self::Digits,
            Alphabet::Letters => Self::Letters,
            Alphabet::Alphanumeric => Self::Alphanumeric,
            Alphabet::Unambiguous => Self::Unambiguous,
        }
    }
}
