//! Counter-based codes.

use keyfob::{Algorithm, Digits, HotpOutcome, LookAhead};
use pyo3::prelude::*;

use crate::{
    argument::{self, Maybe, Value, text, typed, whole},
    enrolment::uri_of,
    error::{invalid, unpicklable},
};

/// Counter-based one-time passwords (RFC 4226).
///
/// ::
///
///     hotp = HOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
///     result = hotp.verify(typed, token.counter)
///     if result:
///         token.counter = result.next_counter  # store it before you let the user in
#[pyclass(frozen, module = "keyfob", name = "HOTP")]
pub(crate) struct Hotp {
    codes: keyfob::Hotp,
    secret: keyfob::Secret,
    algorithm: Algorithm,
    digits: Digits,
}

#[pymethods]
impl Hotp {
    #[new]
    #[pyo3(
        signature = (secret, *, algorithm=Maybe::default(), digits=Maybe::default()),
        text_signature = "(secret, *, algorithm='SHA1', digits=6)"
    )]
    fn new(
        secret: Value<'_, '_>,
        algorithm: Maybe<'_, '_>,
        digits: Maybe<'_, '_>,
    ) -> PyResult<Self> {
        let algorithm = algorithm.read("algorithm", argument::algorithm)?;
        let digits = digits.read("digits", argument::digits)?;
        Ok(Self::from_core(argument::secret("secret", secret)?, algorithm, digits))
    }

    /// The code of a counter.
    fn at(&self, counter: Value<'_, '_>) -> PyResult<String> {
        Ok(self.codes.generate(whole("counter", counter)?).as_str().to_owned())
    }

    /// Judges what a user typed: the code of `counter`, the next one expected, or of one of
    /// the `look_ahead` (at most 100) after it.
    #[pyo3(
        signature = (code, counter, *, look_ahead=Maybe::default()),
        text_signature = "($self, code, counter, *, look_ahead=10)"
    )]
    fn verify(
        &self,
        code: Value<'_, '_>,
        counter: Value<'_, '_>,
        look_ahead: Maybe<'_, '_>,
    ) -> PyResult<HotpVerification> {
        let range = look_ahead.read("look_ahead", argument::look_ahead)?;
        let counter = whole("counter", counter)?;
        Ok(HotpVerification(self.codes.verify(typed(code), counter, range)))
    }

    /// Finds a token that ran far ahead, by the codes of two counters in a row.
    #[pyo3(
        signature = (first, second, counter, *, look_ahead=Maybe::default()),
        text_signature = "($self, first, second, counter, *, look_ahead=100)"
    )]
    fn resynchronise(
        &self,
        first: Value<'_, '_>,
        second: Value<'_, '_>,
        counter: Value<'_, '_>,
        look_ahead: Maybe<'_, '_>,
    ) -> PyResult<HotpVerification> {
        let range = look_ahead.read_or(LookAhead::MAXIMUM, "look_ahead", argument::look_ahead)?;
        let counter = whole("counter", counter)?;
        let outcome = self.codes.resynchronise(typed(first), typed(second), counter, range);
        Ok(HotpVerification(outcome))
    }

    /// The `otpauth://` URI for an authenticator app. It holds the secret.
    #[pyo3(signature = (account, counter, *, issuer=None))]
    fn provisioning_uri(
        &self,
        account: Value<'_, '_>,
        counter: Value<'_, '_>,
        issuer: Option<Value<'_, '_>>,
    ) -> PyResult<String> {
        let (account, counter) = (text("account", account)?, whole("counter", counter)?);
        let enrolment = keyfob::enrolment::Enrolment::hotp(account, self.secret.clone(), counter);
        uri_of(enrolment.map_err(invalid("account"))?, issuer, |it| {
            it.with_algorithm(self.algorithm).with_digits(self.digits)
        })
    }

    /// The hash: `SHA1`, `SHA256` or `SHA512`.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.algorithm.name()
    }

    /// How many digits a code has.
    #[getter]
    fn digits(&self) -> u8 {
        self.digits.value()
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("HOTP")
    }

    fn __repr__(&self) -> String {
        format!("HOTP(redacted, algorithm='{}', digits={})", self.algorithm(), self.digits())
    }
}

impl Hotp {
    pub(crate) fn from_core(secret: keyfob::Secret, algorithm: Algorithm, digits: Digits) -> Self {
        Self { codes: keyfob::Hotp::new(&secret, algorithm, digits), secret, algorithm, digits }
    }
}

/// What became of a counter-based code. True if it was accepted.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct HotpVerification(HotpOutcome);

#[pymethods]
impl HotpVerification {
    fn __bool__(&self) -> bool {
        self.0.is_accepted()
    }

    /// `accepted`, `mismatch` or `malformed`.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.code()
    }

    /// The counter to expect next, if accepted. Store it before you let the user in.
    #[getter]
    fn next_counter(&self) -> Option<u64> {
        match self.0 {
            HotpOutcome::Accepted { next_counter } => Some(next_counter),
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        let next = self.next_counter().map_or(String::new(), |it| format!(", next_counter={it}"));
        format!("HotpVerification(outcome='{}'{next})", self.outcome())
    }
}
