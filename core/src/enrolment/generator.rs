//! What makes the codes of an enrolment.

use core::str::FromStr;

use super::{
    DEFAULT_DIGITS, DEFAULT_PERIOD, Enrolment, Kind, STEAM_CHARACTERS, UriError, Warning,
    query::{Key, Query},
    uri::{Warnings, is_steam},
};
use crate::{Algorithm, Digits, Hotp, ParameterError, Period, Steam, Totp};

/// Makes and verifies the codes of an [`Enrolment`]. Whoever hands them on has to know each
/// kind: a new one is for the compiler to point out.
#[derive(Debug, Clone)]
pub enum Generator {
    /// By time.
    Totp(Totp),
    /// By use, from the counter on that [`Kind::Hotp`] names.
    Hotp(Hotp),
    /// Steam's.
    Steam(Steam),
}

impl Enrolment {
    /// What makes and verifies the codes of this account.
    ///
    /// ```
    /// use keyfob::enrolment::{Enrolment, Generator, Mode};
    /// let uri = "otpauth://totp/alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8";
    /// let enrolment = Enrolment::parse(uri, Mode::Strict)?.enrolment;
    /// let Generator::Totp(totp) = enrolment.generator()? else { unreachable!() };
    /// assert_eq!(totp.generate(59).as_str(), "94287082"); // RFC 6238, appendix B
    /// # Ok::<(), keyfob::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ParameterError::Digits`] and [`ParameterError::Period`] for values that only
    /// lenient reading lets pass.
    pub fn generator(&self) -> Result<Generator, ParameterError> {
        let (secret, algorithm) = (self.secret(), self.algorithm());
        Ok(match self.kind() {
            Kind::Steam => Generator::Steam(Steam::new(secret)),
            Kind::Hotp { .. } => {
                Generator::Hotp(Hotp::new(secret, algorithm, Digits::new(self.digits())?))
            }
            Kind::Totp { period } => {
                let seconds = u8::try_from(period).map_err(|_| ParameterError::Period)?;
                let (digits, period) = (Digits::new(self.digits())?, Period::new(seconds)?);
                Generator::Totp(Totp::new(secret, algorithm, digits, period))
            }
        })
    }
}

/// The part of a URI that says what makes its codes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeParameters {
    pub(super) kind: Kind,
    pub(super) algorithm: Algorithm,
    pub(super) digits: u8,
}

impl CodeParameters {
    pub(super) const STEAM: Self =
        Self { kind: Kind::Steam, algorithm: Algorithm::Sha1, digits: STEAM_CHARACTERS };

    /// Reads the type `kind_name` and its parameters.
    pub(super) fn read(
        kind_name: &str,
        issuer: Option<&str>,
        query: &Query,
        warnings: &mut Warnings,
    ) -> Result<Self, UriError> {
        let generator = match kind_name.to_ascii_lowercase().as_str() {
            "steam" => Self::steam(query, warnings)?,
            "totp" if query.value(Key::Encoder).is_some() => Self::steam(query, warnings)?,
            "totp" => Self::totp(issuer, query, warnings)?,
            "hotp" => Self::hotp(query, warnings)?,
            _ => return Err(UriError::Type),
        };
        let unused = match generator.kind {
            Kind::Hotp { .. } => Key::Period,
            _ => Key::Counter,
        };
        warnings.add_if(query.value(unused).is_some(), Warning::ParameterUnused(unused.name()))?;
        Ok(generator)
    }

    fn totp(
        issuer: Option<&str>,
        query: &Query,
        warnings: &mut Warnings,
    ) -> Result<Self, UriError> {
        let period = period(query)?.unwrap_or(DEFAULT_PERIOD);
        let algorithm = algorithm(query)?.unwrap_or_default();
        let digits = digits(query)?;
        let like_steam =
            Self { kind: Kind::Steam, algorithm, digits: digits.unwrap_or(STEAM_CHARACTERS) };
        let by_steam = issuer.is_some_and(is_steam);
        if by_steam && period == DEFAULT_PERIOD && like_steam == Self::STEAM {
            warnings.add_if(true, Warning::SteamAssumed)?;
            return Ok(Self::STEAM);
        }
        let digits = digits.unwrap_or(DEFAULT_DIGITS);
        let totp = Self { kind: Kind::Totp { period }, algorithm, digits };
        totp.warn_of_unusual(warnings)?;
        Ok(totp)
    }

    fn hotp(query: &Query, warnings: &mut Warnings) -> Result<Self, UriError> {
        let counter = query.value(Key::Counter);
        warnings.add_if(counter.is_none(), Warning::CounterMissing)?;
        let counter = number(counter).map_err(|NoNumber| UriError::Counter)?.unwrap_or(0);
        let hotp = Self {
            kind: Kind::Hotp { counter },
            algorithm: algorithm(query)?.unwrap_or_default(),
            digits: digits(query)?.unwrap_or(DEFAULT_DIGITS),
        };
        hotp.warn_of_unusual(warnings)?;
        Ok(hotp)
    }

    fn steam(query: &Query, warnings: &mut Warnings) -> Result<Self, UriError> {
        let as_ever = algorithm(query)?.is_none_or(|algorithm| algorithm == Algorithm::Sha1)
            && digits(query)?.is_none_or(|digits| digits == STEAM_CHARACTERS)
            && period(query)?.is_none_or(|period| period == DEFAULT_PERIOD);
        warnings.add_if(!as_ever, Warning::SteamParameters)?;
        Ok(Self::STEAM)
    }

    fn warn_of_unusual(self, warnings: &mut Warnings) -> Result<(), UriError> {
        let digits = self.digits;
        warnings.add_if(Digits::new(digits).is_err(), Warning::UnusualDigits { digits })?;
        let Kind::Totp { period: seconds } = self.kind else { return Ok(()) };
        let usual = u8::try_from(seconds).is_ok_and(|seconds| Period::new(seconds).is_ok());
        warnings.add_if(!usual, Warning::UnusualPeriod { seconds })
    }
}

fn algorithm(query: &Query) -> Result<Option<Algorithm>, UriError> {
    let algorithm = query.value(Key::Algorithm).map(str::parse).transpose();
    algorithm.map_err(|_| UriError::Algorithm)
}

fn digits(query: &Query) -> Result<Option<u8>, UriError> {
    match number(query.value(Key::Digits)) {
        Ok(None) => Ok(None),
        Ok(Some(digits @ 1..=10)) => Ok(Some(digits)),
        _ => Err(UriError::Digits),
    }
}

fn period(query: &Query) -> Result<Option<u32>, UriError> {
    match number(query.value(Key::Period)) {
        Ok(None) => Ok(None),
        Ok(Some(seconds @ 1..)) => Ok(Some(seconds)),
        _ => Err(UriError::Period),
    }
}

struct NoNumber;

/// ASCII digits and nothing else; `parse` alone would take a leading `+`.
fn number<N: FromStr>(text: Option<&str>) -> Result<Option<N>, NoNumber> {
    let Some(text) = text else { return Ok(None) };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoNumber);
    }
    text.parse().map(Some).map_err(|_| NoNumber)
}
