use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{
    DEFAULT_DIGITS, DEFAULT_PERIOD, STEAM_CHARACTERS, UriError, label, percent, query,
    uri::is_steam,
};
use crate::{Algorithm, Digits, Period, Secret};

/// One account in an authenticator app: what an enrolment URI says.
///
/// Values read from others may ask for digits and periods that keyfob makes no
/// codes for; reading warns of them. Values built here never do.
///
/// ```
/// use keyfob::{Secret, enrolment::Enrolment};
/// let secret = Secret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
/// let enrolment = Enrolment::totp("alice@example.com", secret)?.with_issuer("Acme & Co")?;
/// assert_eq!(
///     *enrolment.to_uri(),
///     "otpauth://totp/Acme%20%26%20Co:alice@example.com\
///      ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20Co\
///      &algorithm=SHA1&digits=6&period=30"
/// );
/// # Ok::<(), keyfob::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    pub(super) kind: Kind,
    pub(super) issuer: Option<String>,
    pub(super) account: String,
    pub(super) secret: Secret,
    pub(super) algorithm: Algorithm,
    pub(super) digits: u8,
    pub(super) parameters: Vec<Parameter>,
}

/// How the codes move on. As of a [`Generator`](super::Generator), a new one is for the compiler to
/// point out: whoever shows or makes codes has to know each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By time (RFC 6238).
    Totp {
        /// Seconds a code lasts, at least 1. keyfob makes codes for 1 to 120.
        period: u32,
    },
    /// By use (RFC 4226).
    Hotp {
        /// The counter of the next code.
        counter: u64,
    },
    /// Steam's codes: five letters and digits, 30 seconds, SHA-1.
    Steam,
}

impl Kind {
    /// The type as keyfob writes it: `totp`, `hotp` or `steam`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp { .. } => "totp",
            Self::Hotp { .. } => "hotp",
            Self::Steam => "steam",
        }
    }
}

/// A parameter that has no meaning here, such as `image`, `color` or `lock`, and is
/// kept for those to whom it has one. Its value is not printed by `Debug`, for it
/// may be a `pin`.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name, in the case it was written in.
    pub name: String,
    /// The value, decoded; empty for a bare name.
    pub value: String,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter({:?}, redacted)", self.name)
    }
}

impl Enrolment {
    /// The longest URI read or written, in bytes. A QR code holds at most 2953. Names
    /// are refused if no algorithm, digits and counter would fit beside them.
    pub const MAXIMUM_URI_BYTES: usize = 8192;

    /// An account with time-based codes: SHA-1, 6 digits, 30 seconds, which every
    /// app knows.
    ///
    /// # Errors
    /// [`UriError::AccountEmpty`], [`UriError::ControlCharacter`], [`UriError::TooLong`].
    pub fn totp(account: &str, secret: Secret) -> Result<Self, UriError> {
        Self::new(Kind::Totp { period: DEFAULT_PERIOD }, account, secret)
    }

    /// An account with counter-based codes: SHA-1, 6 digits. `counter` is that of
    /// the next code.
    ///
    /// # Errors
    /// As for [`totp`](Self::totp).
    pub fn hotp(account: &str, secret: Secret, counter: u64) -> Result<Self, UriError> {
        Self::new(Kind::Hotp { counter }, account, secret)
    }

    /// A Steam account.
    ///
    /// # Errors
    /// As for [`totp`](Self::totp).
    pub fn steam(account: &str, secret: Secret) -> Result<Self, UriError> {
        Self::new(Kind::Steam, account, secret)
    }

    /// Names the service that the account is with.
    ///
    /// # Errors
    /// [`UriError::IssuerBlank`], [`UriError::ControlCharacter`], [`UriError::TooLong`].
    pub fn with_issuer(mut self, issuer: &str) -> Result<Self, UriError> {
        if label::is_blank(issuer) {
            return Err(UriError::IssuerBlank);
        }
        percent::refuse_control_characters(issuer)?;
        self.issuer = Some(issuer.into());
        self.settled()
    }

    /// Chooses the hash function. Steam's is fixed and stays.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        if self.kind != Kind::Steam {
            self.algorithm = algorithm;
        }
        self.recognised()
    }

    /// Chooses the length of the codes. Steam's is fixed and stays.
    #[must_use]
    pub fn with_digits(mut self, digits: Digits) -> Self {
        if self.kind != Kind::Steam {
            self.digits = digits.value();
        }
        self.recognised()
    }

    /// Chooses how long a code lasts; of a meaning to time-based codes alone.
    #[must_use]
    pub fn with_period(mut self, period: Period) -> Self {
        if let Kind::Totp { .. } = self.kind {
            self.kind = Kind::Totp { period: u8::from(period).into() };
        }
        self.recognised()
    }

    /// The same account with `counter` as that of the next code: what an app stores once it has
    /// shown one. Names and parameters stay as they are, to the letter.
    ///
    /// ```
    /// use keyfob::enrolment::{Enrolment, Kind, Mode};
    /// let uri = "otpauth://hotp/Acme:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=7";
    /// let account = Enrolment::parse(uri, Mode::Lenient)?.enrolment;
    /// assert_eq!(account.with_counter(8)?.kind(), Kind::Hotp { counter: 8 });
    /// # Ok::<(), keyfob::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`UriError::NoCounter`] unless the codes move on by use.
    pub fn with_counter(mut self, counter: u64) -> Result<Self, UriError> {
        let Kind::Hotp { .. } = self.kind else { return Err(UriError::NoCounter) };
        self.kind = Kind::Hotp { counter };
        Ok(self)
    }

    /// Adds a parameter of no meaning here, such as `image`.
    ///
    /// # Errors
    /// [`UriError::ParameterReserved`] for names with a meaning, in any case;
    /// [`UriError::ControlCharacter`], [`UriError::TooLong`].
    pub fn with_parameter(mut self, name: &str, value: &str) -> Result<Self, UriError> {
        percent::refuse_control_characters(name)?;
        percent::refuse_control_characters(value)?;
        if query::is_reserved(name, value) {
            return Err(UriError::ParameterReserved);
        }
        self.parameters.push(Parameter { name: name.into(), value: value.into() });
        self.settled()
    }

    /// How the codes move on.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The service that the account is with.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The name of the account with its service. Empty only when a lenient read
    /// found none.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The shared secret.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The hash function; SHA-1 for Steam.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How many characters a code has: 1 to 10 as read, 6 to 8 as built, 5 for Steam.
    pub fn digits(&self) -> u8 {
        self.digits
    }

    /// The parameters without a meaning here, in their order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn new(kind: Kind, account: &str, secret: Secret) -> Result<Self, UriError> {
        percent::refuse_control_characters(account)?;
        let account = label::without_leading_spaces(account.into());
        if account.is_empty() {
            return Err(UriError::AccountEmpty);
        }
        Self {
            kind,
            issuer: None,
            account,
            secret,
            algorithm: Algorithm::Sha1,
            digits: if kind == Kind::Steam { STEAM_CHARACTERS } else { DEFAULT_DIGITS },
            parameters: Vec::new(),
        }
        .settled()
    }

    /// Keeps what every value promises: that its URI is read back to the same value.
    pub(super) fn settled(self) -> Result<Self, UriError> {
        let mut generator = String::new();
        self.append_generator(&mut generator);
        let names = self.to_uri().len() - generator.len();
        if names > Self::MAXIMUM_URI_BYTES - LONGEST_GENERATOR {
            return Err(UriError::TooLong); // or would be, with another generator
        }
        Ok(self.recognised())
    }

    fn recognised(mut self) -> Self {
        if self.is_steam_in_disguise() {
            self.kind = Kind::Steam;
        }
        self
    }

    /// Five digits, by the issuer Steam: no one but Steam makes such codes.
    fn is_steam_in_disguise(&self) -> bool {
        self.kind == Kind::Totp { period: DEFAULT_PERIOD }
            && self.digits == STEAM_CHARACTERS
            && self.algorithm == Algorithm::Sha1
            && self.issuer().is_some_and(is_steam)
    }
}

const LONGEST_GENERATOR: usize = "&algorithm=SHA512&digits=10&counter=18446744073709551615".len();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::Mode;
    use alloc::format;

    const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn survives(enrolment: &Enrolment) -> bool {
        let again = Enrolment::parse(&enrolment.to_uri(), Mode::Lenient);
        again.is_ok_and(|again| again.enrolment == *enrolment)
    }

    #[test]
    fn a_five_digit_account_that_becomes_steams_is_a_steam_account() {
        let uri = format!("otpauth://totp/Acme:alice?secret={KEY}&digits=5&period=60");
        let read = Enrolment::parse(&uri, Mode::Lenient).unwrap().enrolment;
        let renamed = read.with_issuer("Steam").unwrap();
        assert_eq!(renamed.kind(), Kind::Totp { period: 60 });
        assert!(survives(&renamed));
        let steam = renamed.with_period(Period::THIRTY);
        assert_eq!(steam.kind(), Kind::Steam);
        assert!(survives(&steam));
    }

    #[test]
    fn what_steam_fixes_cannot_be_chosen() {
        let secret = Secret::from_base32(KEY).unwrap();
        let steam = Enrolment::steam("alice", secret).unwrap();
        let chosen = steam
            .clone()
            .with_algorithm(Algorithm::Sha512)
            .with_digits(Digits::EIGHT)
            .with_period(Period::new(60).unwrap());
        assert_eq!(chosen, steam);
    }

    #[test]
    fn a_counter_that_moves_on_changes_nothing_else() {
        // Names and parameters as others write them, and digits that keyfob makes no codes of.
        for names in ["Big%20Corp:%20alice%3A1?issuer=Other", "a%3A%20%20b?issuer=%20Acme%20", "b?"]
        {
            let uri = |counter: u64| {
                format!(
                    "otpauth://hotp/{names}&secret={KEY}&digits=10&algorithm=SHA512&image=a%20b&counter={counter}"
                )
            };
            let read = |counter| Enrolment::parse(&uri(counter), Mode::Lenient).unwrap().enrolment;
            for counter in [0, 8, u64::MAX] {
                let moved = read(7).with_counter(counter).unwrap();
                assert_eq!(moved, read(counter));
                assert!(survives(&moved));
            }
        }
    }

    #[test]
    fn what_moves_on_by_time_has_no_counter() {
        let secret = || Secret::from_base32(KEY).unwrap();
        for account in [Enrolment::totp("alice", secret()), Enrolment::steam("alice", secret())] {
            assert_eq!(account.unwrap().with_counter(1), Err(UriError::NoCounter));
        }
    }

    #[test]
    fn the_longest_account_can_be_read_with_every_generator() {
        let alice = |length| {
            let secret = Secret::from_base32(KEY).unwrap();
            Enrolment::hotp(&"a".repeat(length), secret, u64::MAX)
        };
        let length = Enrolment::MAXIMUM_URI_BYTES - LONGEST_GENERATOR;
        let length = length - "otpauth://hotp/?secret=".len() - KEY.len();
        assert_eq!(alice(length + 1), Err(UriError::TooLong));
        let longest = alice(length).unwrap().with_algorithm(Algorithm::Sha512);
        assert!(survives(&longest));
    }
}
