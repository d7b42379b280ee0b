use alloc::{borrow::Cow, string::ToString};
use core::{fmt, str::FromStr};

use crate::{ParameterError, service::Phone};

/// How a range of numbers begins: `+` and digits, such as `+44` or `+447700`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(Cow<'static, str>);

impl Prefix {
    /// `+`: how every number begins.
    pub const EVERY_NUMBER: Self = Self(Cow::Borrowed("+"));

    /// `+44`: the United Kingdom, with Guernsey, Jersey and the Isle of Man.
    pub const UNITED_KINGDOM: Self = Self(Cow::Borrowed("+44"));

    /// As it is written, with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the number begins so.
    pub fn begins(&self, phone: &Phone) -> bool {
        phone.as_str().starts_with(self.as_str())
    }
}

impl FromStr for Prefix {
    type Err = ParameterError;

    /// Reads `+` and up to 15 digits, of which the first is not zero.
    fn from_str(text: &str) -> Result<Self, ParameterError> {
        let digits = text.strip_prefix('+').ok_or(ParameterError::Prefix)?;
        let is_prefix = digits.len() <= 15
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if !is_prefix {
            return Err(ParameterError::Prefix);
        }
        Ok(Self(text.to_string().into()))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_how_a_number_in_the_international_form_begins() {
        for text in ["+", "+1", "+44", "+441624", "+447797712345678"] {
            assert_eq!(text.parse::<Prefix>().map(|prefix| prefix.to_string()), Ok(text.into()));
        }
        for text in ["", "44", "0044", "+0", "+044", "+44 7", "+44a", "++44", "+4477977123456789"] {
            assert_eq!(text.parse::<Prefix>(), Err(ParameterError::Prefix), "{text}");
        }
        assert_eq!("+".parse(), Ok(Prefix::EVERY_NUMBER));
        assert_eq!("+44".parse(), Ok(Prefix::UNITED_KINGDOM));
    }

    #[test]
    fn a_number_is_in_the_ranges_that_it_begins_with() {
        let jersey = Phone::parse("+447797712345").unwrap();
        let begins = |text: &str| text.parse::<Prefix>().unwrap().begins(&jersey);
        assert!(begins("+") && begins("+44") && begins("+4477977"));
        assert!(!begins("+1") && !begins("+4477978"));
    }
}
