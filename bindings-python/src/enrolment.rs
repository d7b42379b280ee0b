//! What an authenticator app needs to know of one account.

use keyfob::{
    Digits, ParameterError, Period, TotpParameters, Zeroizing,
    enrolment::{Enrolment as Core, Generator, Kind, Mode, Warning},
};
use pyo3::{IntoPyObjectExt, prelude::*};

use crate::{
    argument::{self, Maybe, Value, optional, text, texts, truth, whole},
    counted::Hotp,
    error::{invalid, unpicklable},
    secret::Secret,
    steam::Steam,
    timed::Totp,
};

/// One account as an `otpauth://` URI describes it.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Enrolment {
    core: Core,
    warnings: Vec<Warning>,
}

#[pymethods]
impl Enrolment {
    /// What makes and verifies the codes: a `TOTP`, an `HOTP` or a `Steam`.
    fn generator(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let secret = self.core.secret().clone();
        let algorithm = self.core.algorithm();
        match self.core.generator().map_err(unusual)? {
            Generator::Totp(codes) => {
                let period = self.period().and_then(|period| u8::try_from(period).ok());
                let period = Period::new(period.unwrap_or(u8::MAX)).map_err(invalid("period"))?;
                let parameters =
                    TotpParameters { algorithm, digits: self.engine_digits()?, period };
                Totp::from_core(secret, parameters, |_| codes).into_py_any(py)
            }
            Generator::Hotp(_) => {
                Hotp::from_core(secret, algorithm, self.engine_digits()?).into_py_any(py)
            }
            Generator::Steam(steam) => Steam::from_core(steam).into_py_any(py),
        }
    }

    /// The URI, with every default spelt out. It holds the secret.
    fn to_uri(&self) -> String {
        self.core.to_uri().to_string()
    }

    /// The apps that would refuse or misread this enrolment: name, code and what it does.
    fn compatibility(&self) -> Vec<(&'static str, &'static str, String)> {
        let found = self.core.compatibility();
        found.iter().map(|it| (it.app, it.code(), it.to_string())).collect()
    }

    /// `totp`, `hotp` or `steam`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.core.kind().name()
    }

    /// The service that the account is with.
    #[getter]
    fn issuer(&self) -> Option<&str> {
        self.core.issuer()
    }

    /// The name of the account.
    #[getter]
    fn account(&self) -> &str {
        self.core.account()
    }

    /// The shared secret.
    #[getter]
    fn secret(&self) -> Secret {
        Secret(self.core.secret().clone())
    }

    /// `SHA1`, `SHA256` or `SHA512`.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.core.algorithm().name()
    }

    /// Characters in a code.
    #[getter]
    fn digits(&self) -> u8 {
        self.core.digits()
    }

    /// How many seconds a code lasts, of a time-based account.
    #[getter]
    fn period(&self) -> Option<u32> {
        match self.core.kind() {
            Kind::Totp { period } => Some(period),
            Kind::Hotp { .. } | Kind::Steam => None,
        }
    }

    /// The counter of the next code, of a counter-based account.
    #[getter]
    fn counter(&self) -> Option<u64> {
        match self.core.kind() {
            Kind::Hotp { counter } => Some(counter),
            Kind::Totp { .. } | Kind::Steam => None,
        }
    }

    /// Parameters without a meaning here, such as `image`, in their order.
    #[getter]
    fn parameters(&self) -> Vec<(&str, &str)> {
        let parameters = self.core.parameters().iter();
        parameters.map(|it| (it.name.as_str(), it.value.as_str())).collect()
    }

    /// What was guessed when it was read, or is weak.
    #[getter]
    fn warnings(&self) -> Vec<UriWarning> {
        self.warnings.iter().copied().map(UriWarning).collect()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.core == other.get().core)
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Enrolment")
    }

    fn __repr__(&self) -> String {
        format!("Enrolment(redacted, kind='{}')", self.kind())
    }
}

impl Enrolment {
    pub(crate) fn from_core(core: Core) -> Self {
        Self { core, warnings: Vec::new() }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    fn engine_digits(&self) -> PyResult<Digits> {
        Digits::new(self.core.digits()).map_err(invalid("digits"))
    }
}

/// Something in a URI that was read all the same and deserves a look.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct UriWarning(Warning);

#[pymethods]
impl UriWarning {
    /// The stable name of the warning.
    #[getter]
    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("UriWarning('{}')", self.0.code())
    }
}

/// Reads an `otpauth://` URI. Strict reading refuses whatever needs a guess; the other reads
/// what apps read, and warns of each guess.
#[pyfunction]
#[pyo3(signature = (uri, *, strict=Maybe::default()), text_signature = "(uri, *, strict=True)")]
pub(crate) fn parse_uri(uri: Value<'_, '_>, strict: Maybe<'_, '_>) -> PyResult<Enrolment> {
    let strict = strict.read_or(true, "strict", truth)?;
    let mode = if strict { Mode::Strict } else { Mode::Lenient };
    let parsed = Core::parse(text("uri", uri)?, mode).map_err(invalid("uri"))?;
    Ok(Enrolment { core: parsed.enrolment, warnings: parsed.warnings })
}

/// Writes an `otpauth://` URI: time-based, or counter-based if a counter is given. It holds
/// the secret.
#[pyfunction]
#[pyo3(
    signature = (secret, account, *, issuer=None, algorithm=Maybe::default(),
        digits=Maybe::default(), period=Maybe::default(), counter=None, parameters=None),
    text_signature = "(secret, account, *, issuer=None, algorithm='SHA1', digits=6, period=30, counter=None, parameters=None)"
)]
#[allow(clippy::too_many_arguments)] // what a URI may say
pub(crate) fn provisioning_uri(
    secret: Value<'_, '_>,
    account: Value<'_, '_>,
    issuer: Option<Value<'_, '_>>,
    algorithm: Maybe<'_, '_>,
    digits: Maybe<'_, '_>,
    period: Maybe<'_, '_>,
    counter: Option<Value<'_, '_>>,
    parameters: Option<Value<'_, '_>>,
) -> PyResult<String> {
    let (secret, account) = (argument::secret("secret", secret)?, text("account", account)?);
    let algorithm = algorithm.read("algorithm", argument::algorithm)?;
    let digits = digits.read("digits", argument::digits)?;
    let period = period.read("period", argument::period)?;
    let enrolment = match optional("counter", counter, whole)? {
        Some(counter) => Core::hotp(account, secret, counter),
        None => Core::totp(account, secret),
    };
    let parameters = optional("parameters", parameters, texts)?;
    let enrolment = parameters
        .into_iter()
        .flatten()
        .try_fold(enrolment.map_err(invalid("account"))?, |it, (name, value)| {
            it.with_parameter(&name, &value).map_err(invalid("parameters"))
        });
    uri_of(enrolment?, issuer, |it| {
        it.with_algorithm(algorithm).with_digits(digits).with_period(period)
    })
}

/// What only lenient reading lets pass.
fn unusual(error: ParameterError) -> PyErr {
    invalid(if error == ParameterError::Period { "period" } else { "digits" })(error)
}

/// The URI of an account with what makes its codes.
pub(crate) fn uri_of(
    enrolment: Core,
    issuer: Option<Value<'_, '_>>,
    adjust: impl FnOnce(Core) -> Core,
) -> PyResult<String> {
    let enrolment = adjust(enrolment);
    let named = match optional("issuer", issuer, text)? {
        Some(issuer) => enrolment.with_issuer(issuer).map_err(invalid("issuer"))?,
        None => enrolment,
    };
    let uri: Zeroizing<String> = named.to_uri();
    Ok(uri.to_string())
}
