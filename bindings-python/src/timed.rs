//! Time-based codes.

use keyfob::{TotpOutcome, TotpParameters};
use pyo3::prelude::*;

use crate::{
    argument::{self, Maybe, Value, integer, optional, text, time, typed, whole},
    enrolment::uri_of,
    error::{invalid, unpicklable, unusable, wrong_type},
};

/// Time-based one-time passwords (RFC 6238).
///
/// ::
///
///     totp = TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
///     result = totp.verify(typed, state=TotpState(last_step=user.last_step))
///     if result:
///         user.last_step = result.step  # store it before you let the user in
///
/// `window` is how many steps to each side of the present are accepted, at most 10, or
/// `(before, after)`. `drift_limit` lets it follow a clock that is ahead or behind, by up to
/// so many steps, at most 127. `epoch` is the Unix time at which step 0 begins.
#[pyclass(frozen, module = "keyfob", name = "TOTP")]
pub(crate) struct Totp {
    codes: keyfob::Totp,
    secret: keyfob::Secret,
    parameters: TotpParameters,
}

#[pymethods]
impl Totp {
    #[new]
    #[pyo3(
        signature = (secret, *, algorithm=Maybe::default(), digits=Maybe::default(),
            period=Maybe::default(), window=Maybe::default(), epoch=Maybe::default(), drift_limit=Maybe::default()),
        text_signature = "(secret, *, algorithm='SHA1', digits=6, period=30, window=1, epoch=0, drift_limit=0)"
    )]
    fn new(
        secret: Value<'_, '_>,
        algorithm: Maybe<'_, '_>,
        digits: Maybe<'_, '_>,
        period: Maybe<'_, '_>,
        window: Maybe<'_, '_>,
        epoch: Maybe<'_, '_>,
        drift_limit: Maybe<'_, '_>,
    ) -> PyResult<Self> {
        let secret = argument::secret("secret", secret)?;
        let parameters = TotpParameters {
            algorithm: algorithm.read("algorithm", argument::algorithm)?,
            digits: digits.read("digits", argument::digits)?,
            period: period.read("period", argument::period)?,
        };
        let window = window.read("window", argument::window)?;
        let epoch = epoch.read("epoch", whole)?;
        let drift_limit = drift_limit.read("drift_limit", argument::drift_limit)?;
        Ok(Self::from_core(secret, parameters, |codes| {
            codes.with_window(window).with_epoch(epoch).with_drift_limit(drift_limit)
        }))
    }

    /// The code that is current now.
    fn now(&self) -> PyResult<String> {
        self.at(None)
    }

    /// The code that is current at a time: Unix seconds or an aware `datetime`; now if none.
    #[pyo3(signature = (at=None))]
    fn at(&self, at: Option<Value<'_, '_>>) -> PyResult<String> {
        Ok(self.codes.generate(time("at", at)?).as_str().to_owned())
    }

    /// Judges what a user typed, at a time or now.
    ///
    /// The result is true if the code is right and was not used before. Keep its `state`
    /// and pass it in next time, or codes can be used again while they last.
    #[pyo3(signature = (code, at=None, *, state=None))]
    fn verify(
        &self,
        code: Value<'_, '_>,
        at: Option<Value<'_, '_>>,
        state: Option<Value<'_, '_>>,
    ) -> PyResult<Verification> {
        let (at, state) = (time("at", at)?, state_of(state)?);
        Ok(Verification(self.codes.verify(typed(code), at, &state)))
    }

    /// The step that a time lies in; `None` before the epoch.
    #[pyo3(signature = (at=None))]
    fn step(&self, at: Option<Value<'_, '_>>) -> PyResult<Option<u64>> {
        Ok(self.codes.step(time("at", at)?))
    }

    /// Seconds until the next code.
    #[pyo3(signature = (at=None))]
    fn remaining(&self, at: Option<Value<'_, '_>>) -> PyResult<u64> {
        Ok(self.codes.remaining(time("at", at)?))
    }

    /// The `otpauth://` URI for an authenticator app. It holds the secret.
    #[pyo3(signature = (account, *, issuer=None))]
    fn provisioning_uri(
        &self,
        account: Value<'_, '_>,
        issuer: Option<Value<'_, '_>>,
    ) -> PyResult<String> {
        let account = text("account", account)?;
        let enrolment = keyfob::enrolment::Enrolment::totp(account, self.secret.clone());
        uri_of(enrolment.map_err(invalid("account"))?, issuer, |it| {
            it.with_algorithm(self.parameters.algorithm)
                .with_digits(self.parameters.digits)
                .with_period(self.parameters.period)
        })
    }

    /// The hash: `SHA1`, `SHA256` or `SHA512`.
    #[getter]
    fn algorithm(&self) -> &'static str {
        self.parameters.algorithm.name()
    }

    /// How many digits a code has.
    #[getter]
    fn digits(&self) -> u8 {
        self.parameters.digits.value()
    }

    /// How many seconds a step lasts.
    #[getter]
    fn period(&self) -> u64 {
        self.parameters.period.seconds()
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("TOTP")
    }

    fn __repr__(&self) -> String {
        let (algorithm, digits, period) = (self.algorithm(), self.digits(), self.period());
        format!("TOTP(redacted, algorithm='{algorithm}', digits={digits}, period={period})")
    }
}

impl Totp {
    pub(crate) fn from_core(
        secret: keyfob::Secret,
        parameters: TotpParameters,
        adjust: impl FnOnce(keyfob::Totp) -> keyfob::Totp,
    ) -> Self {
        let codes = adjust(keyfob::Totp::with_parameters(&secret, parameters));
        Self { codes, secret, parameters }
    }
}

/// What a verifier keeps of one credential: the last step accepted, and the drift.
///
/// It holds no secret. Store it by compare-and-swap *before* you let the user in.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct TotpState(pub(crate) keyfob::TotpState);

#[pymethods]
impl TotpState {
    #[new]
    #[pyo3(signature = (last_step=None, drift=Maybe::default()), text_signature = "(last_step=None, drift=0)")]
    fn new(last_step: Option<Value<'_, '_>>, drift: Maybe<'_, '_>) -> PyResult<Self> {
        let last_step = optional("last_step", last_step, whole)?;
        let drift = drift.read("drift", |argument, value| {
            integer(argument, value)?;
            let text = "use -128 to 127 steps";
            value.extract().map_err(|_| unusable(argument, text))
        })?;
        Ok(Self(keyfob::TotpState { last_step, drift }))
    }

    /// The last step accepted; it and all before it are used up.
    #[getter]
    fn last_step(&self) -> Option<u64> {
        self.0.last_step
    }

    /// How many steps the user's clock was ahead (negative: behind).
    #[getter]
    fn drift(&self) -> i8 {
        self.0.drift
    }

    fn __eq__(&self, other: Value<'_, '_>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.0 == other.get().0)
    }

    fn __hash__(&self) -> u64 {
        self.0.last_step.unwrap_or(u64::MAX) ^ u64::from(self.0.drift.cast_unsigned()) << 56
    }

    fn __getnewargs__(&self) -> (Option<u64>, i8) {
        (self.0.last_step, self.0.drift)
    }

    fn __repr__(&self) -> String {
        let last_step = self.0.last_step.map_or("None".into(), |step| step.to_string());
        format!("TotpState(last_step={last_step}, drift={})", self.0.drift)
    }
}

/// The state that was kept, or that of a credential never used.
#[inline]
pub(crate) fn state_of(state: Option<Value<'_, '_>>) -> PyResult<keyfob::TotpState> {
    let Some(state) = state else { return Ok(keyfob::TotpState::default()) };
    match state.cast::<TotpState>() {
        Ok(state) => Ok(state.get().0),
        Err(_) => Err(wrong_type("state", "a TotpState", state)),
    }
}

/// What became of a code. True if it was accepted.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Verification(pub(crate) TotpOutcome);

#[pymethods]
impl Verification {
    fn __bool__(&self) -> bool {
        self.0.is_accepted()
    }

    /// `accepted`, `replayed`, `mismatch` or `malformed`.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.code()
    }

    /// The step that the code belongs to, if accepted or replayed.
    #[getter]
    fn step(&self) -> Option<u64> {
        match self.0 {
            TotpOutcome::Accepted { step, .. } | TotpOutcome::Replayed { step } => Some(step),
            _ => None,
        }
    }

    /// How many steps an accepted code was ahead of the time (negative: behind).
    #[getter]
    fn drift(&self) -> Option<i64> {
        match self.0 {
            TotpOutcome::Accepted { drift, .. } => Some(drift),
            _ => None,
        }
    }

    /// What to keep in place of the state that was passed in, if accepted.
    #[getter]
    fn state(&self) -> Option<TotpState> {
        match self.0 {
            TotpOutcome::Accepted { state, .. } => Some(TotpState(state)),
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        let step = self.step().map_or(String::new(), |step| format!(", step={step}"));
        let drift = self.drift().map_or(String::new(), |drift| format!(", drift={drift}"));
        format!("Verification(outcome='{}'{step}{drift})", self.outcome())
    }
}
