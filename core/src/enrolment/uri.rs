use alloc::{string::String, string::ToString, vec::Vec};

use zeroize::Zeroizing;

use super::{
    Enrolment, Kind, UriError, Warning,
    generator::CodeParameters,
    label::{self, Label},
    percent,
    query::{Key, Query},
};
use crate::{ParameterError, Secret};

/// How to read what others wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Refuse whatever needs a guess. For checking what one writes oneself.
    #[default]
    Strict,
    /// Read what apps read, and warn of each guess. For importing.
    Lenient,
}

impl Mode {
    /// Either mode.
    pub const ALL: [Self; 2] = [Self::Strict, Self::Lenient];

    /// The stable name of this mode, the same in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Lenient => "lenient",
        }
    }
}

stable_words!(Mode, name, ParameterError::Mode);

/// What was read, and what deserves a look.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Parsed {
    /// The account.
    pub enrolment: Enrolment,
    /// What was guessed or is weak. Strict reading leaves only weakness here.
    pub warnings: Vec<Warning>,
}

impl Enrolment {
    /// Reads an `otpauth://` URI as Google's key URI format describes it, or
    /// `steam://SECRET`, which has no account name and so needs [`Mode::Lenient`].
    ///
    /// Scheme, type and parameter names may be in any case. Everything is decoded
    /// once; a `+` is a plus. No parameter with a meaning may stand there twice;
    /// those without one are kept. Where label and `issuer` parameter disagree, the
    /// parameter wins. White space around the URI is not part of it.
    ///
    /// ```
    /// use keyfob::enrolment::{Enrolment, Kind, Mode};
    /// let uri = "OTPAUTH://HOTP/Acme%3Abob?SECRET=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&counter=7";
    /// let read = Enrolment::parse(uri, Mode::Strict)?;
    /// assert_eq!(read.enrolment.account(), "bob");
    /// assert_eq!(read.enrolment.kind(), Kind::Hotp { counter: 7 });
    ///
    /// let guess = "otpauth://hotp/Acme:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    /// assert_eq!(Enrolment::parse(guess, Mode::Strict).unwrap_err().code(), "counter-missing");
    /// assert_eq!(Enrolment::parse(guess, Mode::Lenient)?.warnings[0].code(), "counter-missing");
    /// # Ok::<(), keyfob::enrolment::UriError>(())
    /// ```
    ///
    /// # Errors
    /// [`UriError`], which names what is wrong and never quotes the URI. In strict
    /// mode [`UriError::NotStrict`] carries the warning that lenient mode would give.
    pub fn parse(text: &str, mode: Mode) -> Result<Parsed, UriError> {
        let text = text.trim_ascii();
        if text.len() > Self::MAXIMUM_URI_BYTES {
            return Err(UriError::TooLong);
        }
        percent::refuse_control_characters(text)?;
        let mut warnings = Warnings { mode, list: Vec::new() };
        warnings.add_if(!text.bytes().all(may_stand_bare), Warning::Unescaped)?;
        let (scheme, rest) = text.split_once("://").ok_or(UriError::Scheme)?;
        let enrolment = match scheme.to_ascii_lowercase().as_str() {
            "otpauth" => parse_otpauth(rest, &mut warnings)?,
            "steam" => parse_steam(rest)?,
            "otpauth-migration" => return Err(UriError::Migration),
            _ => return Err(UriError::Scheme),
        };
        warnings.add_if(enrolment.account.is_empty(), Warning::AccountMissing)?;
        let bits = enrolment.secret.bits();
        warnings.add_if(enrolment.secret.is_short(), Warning::ShortSecret { bits })?;
        Ok(Parsed { enrolment: enrolment.settled()?, warnings: warnings.list })
    }

    /// Writes the URI, with every default spelt out. It holds the secret and is
    /// wiped when dropped; keep copies out of logs.
    ///
    /// Reading it gives the same value again, whatever the names contain.
    pub fn to_uri(&self) -> Zeroizing<String> {
        let mut uri = Zeroizing::new(String::with_capacity(self.longest_uri())); // never regrown
        uri.push_str("otpauth://");
        uri.push_str(self.kind.name());
        uri.push('/');
        label::write(&mut uri, self.issuer(), &self.account);
        uri.push_str("?secret=");
        uri.push_str(&self.secret.expose_base32());
        if let Some(issuer) = self.issuer() {
            append(&mut uri, Key::Issuer.name(), issuer);
        } else if self.account.contains(':') {
            append(&mut uri, Key::Issuer.name(), ""); // the colon separates nothing
        }
        self.append_generator(&mut uri);
        for parameter in &self.parameters {
            append(&mut uri, &parameter.name, &parameter.value);
        }
        uri
    }

    pub(super) fn append_generator(&self, uri: &mut String) {
        if self.kind == Kind::Steam {
            return; // all of it is fixed
        }
        append(uri, Key::Algorithm.name(), self.algorithm.name());
        append(uri, Key::Digits.name(), &self.digits.to_string());
        match self.kind {
            Kind::Totp { period } => append(uri, Key::Period.name(), &period.to_string()),
            Kind::Hotp { counter } => append(uri, Key::Counter.name(), &counter.to_string()),
            Kind::Steam => {}
        }
    }

    /// An upper bound: every byte escaped, the issuer written twice.
    fn longest_uri(&self) -> usize {
        let parameters = self.parameters.iter().map(|p| p.name.len() + p.value.len() + 2);
        let names = self.issuer().map_or(0, str::len) * 2 + self.account.len();
        let fixed = 128; // scheme, type, names and numbers of the known parameters
        3 * (names + parameters.sum::<usize>()) + self.secret.expose_base32().len() + fixed
    }
}

/// Whether an issuer or encoder means Steam.
pub(super) fn is_steam(name: &str) -> bool {
    name.eq_ignore_ascii_case("steam")
}

/// The warnings so far; in strict mode the first that tells of a guess is an error.
pub(super) struct Warnings {
    mode: Mode,
    list: Vec<Warning>,
}

impl Warnings {
    pub(super) fn add_if(&mut self, condition: bool, warning: Warning) -> Result<(), UriError> {
        if !condition {
            return Ok(());
        }
        if self.mode == Mode::Strict && warning.is_refused_by_strict_reading() {
            return Err(UriError::NotStrict(warning));
        }
        self.list.push(warning);
        Ok(())
    }
}

fn parse_otpauth(rest: &str, warnings: &mut Warnings) -> Result<Enrolment, UriError> {
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(r, f)| (r, Some(f)));
    let (path, raw_query) = rest.split_once('?').unwrap_or((rest, ""));
    if fragment.is_some() && raw_query.is_empty() {
        return Err(UriError::Fragment);
    }
    warnings.add_if(fragment.is_some(), Warning::FragmentDropped)?;
    let (kind_name, raw_label) = path.split_once('/').unwrap_or((path, ""));
    let query = Query::parse(raw_query)?;
    warnings.add_if(query.plus, Warning::PlusSign)?;
    let secret = Secret::from_base32(query.value(Key::Secret).ok_or(UriError::SecretMissing)?)?;
    let Label { issuer, account, mismatch } = label::split(raw_label, query.value(Key::Issuer))?;
    warnings.add_if(mismatch, Warning::IssuerMismatch)?;
    let CodeParameters { kind, algorithm, digits } =
        CodeParameters::read(kind_name, issuer.as_deref(), &query, warnings)?;
    Ok(Enrolment { kind, issuer, account, secret, algorithm, digits, parameters: query.others })
}

fn parse_steam(rest: &str) -> Result<Enrolment, UriError> {
    let text = percent::decode(rest.strip_suffix('/').unwrap_or(rest))?;
    let secret = Secret::from_base32(&text)?;
    let CodeParameters { kind, algorithm, digits } = CodeParameters::STEAM;
    Ok(Enrolment {
        kind,
        issuer: Some("Steam".into()),
        account: String::new(),
        secret,
        algorithm,
        digits,
        parameters: Vec::new(),
    })
}

fn append(uri: &mut String, name: &str, value: &str) {
    uri.push('&');
    uri.extend(percent::encode(name));
    uri.push('=');
    uri.extend(percent::encode(value));
}

/// Whether RFC 3986 lets this byte stand in a URI as it is (`%` included).
fn may_stand_bare(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}
