use std::sync::Arc;

use keyfob::{
    ParameterError, Zeroizing,
    enrolment::{self, Enrolment as Core, Generator, Kind, Mode},
};

use crate::{
    Algorithm, Hotp, Secret, Steam, Totp,
    error::{KeyfobError, invalid},
    number,
    redacted::redacted,
    time::Seconds,
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// How the codes of an account move on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum EnrolmentKind {
    /// By time.
    Totp {
        /// How long a code lasts.
        period: Seconds,
    },
    /// By use.
    Hotp {
        /// The counter of the next code.
        counter: u64,
    },
    /// Steam's.
    Steam,
}

#[uniffi::export]
impl EnrolmentKind {
    /// The stable name, the same in every language and in URIs: `totp`, `hotp` or `steam`.
    pub fn code(&self) -> String {
        match self {
            Self::Totp { .. } => Kind::Totp { period: 1 },
            Self::Hotp { counter } => Kind::Hotp { counter: *counter },
            Self::Steam => Kind::Steam,
        }
        .name()
        .to_owned()
    }
}

/// How to read what others wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ReadingMode {
    /// Refuse whatever needs a guess. For what you write yourself.
    Strict,
    /// Read what apps read, and warn of each guess. For importing.
    Lenient,
}

#[uniffi::export]
impl ReadingMode {
    /// The stable name, the same in every language.
    pub fn code(&self) -> String {
        Mode::from(*self).name().to_owned()
    }
}

impl From<ReadingMode> for Mode {
    fn from(mode: ReadingMode) -> Self {
        match mode {
            ReadingMode::Strict => Self::Strict,
            ReadingMode::Lenient => Self::Lenient,
        }
    }
}

/// Something in a URI that was read all the same and deserves a look.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct UriWarning {
    /// The stable kebab-case word.
    pub code: String,
    /// What was found, and what was made of it.
    pub text: String,
}

/// An app that would refuse or misread an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Incompatibility {
    /// The app's name.
    pub app: String,
    /// The stable kebab-case word for what it does.
    pub code: String,
    /// What it does.
    pub text: String,
}

/// A parameter of a URI that has no meaning here, such as `image`. Its value may be a secret of
/// somebody's, and prints as redacted.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Parameter(enrolment::Parameter);

#[uniffi::export]
impl Parameter {
    /// A parameter to be written.
    #[uniffi::constructor]
    pub fn new(name: String, value: String) -> Self {
        Self(enrolment::Parameter { name, value })
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.0.name.clone()
    }

    /// Its value. Keep it out of logs.
    pub fn expose_value(&self) -> String {
        self.0.value.clone()
    }
}

redacted!(Parameter, |this| format_args!("Parameter({}, redacted)", this.0.name));

/// What was read, and what deserves a look.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ParsedEnrolment {
    /// The account.
    pub enrolment: Arc<Enrolment>,
    /// What was guessed or is weak.
    pub warnings: Vec<UriWarning>,
}

/// What makes and verifies the codes of an account.
// In core it is `Generator`, with `Totp`, `Hotp` and `Steam`. In Kotlin a case is a class within this
// one, where its name would hide the class of what it holds.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum CodeGenerator {
    /// By time.
    OfTotp {
        /// Makes the codes.
        totp: Arc<Totp>,
    },
    /// By use.
    OfHotp {
        /// Makes the codes.
        hotp: Arc<Hotp>,
        /// The counter of the next code.
        counter: u64,
    },
    /// Steam's.
    OfSteam {
        /// Makes the codes.
        steam: Arc<Steam>,
    },
}

/// One account as an `otpauth://` URI describes it: what an authenticator app needs to know.
/// It holds the secret and prints as redacted.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Enrolment(pub(crate) Core);

#[uniffi::export]
impl Enrolment {
    /// An account whose codes move on by time. What is left out is what every app understands.
    #[uniffi::constructor(default(
        issuer = None, algorithm = None, digits = None, period = None, parameters = []
    ))]
    pub fn totp(
        secret: Arc<Secret>,
        account: String,
        issuer: Option<String>,
        algorithm: Option<Algorithm>,
        digits: Option<i32>,
        period: Option<Seconds>,
        parameters: Vec<Arc<Parameter>>,
    ) -> Result<Self> {
        let made = Core::totp(&account, secret.0.clone()).map_err(invalid("account"))?;
        let made = made.with_period(number::period("period", period)?);
        Self::finished(made, issuer, algorithm, digits, &parameters)
    }

    /// An account whose codes move on by use.
    #[uniffi::constructor(default(
        counter = 0, issuer = None, algorithm = None, digits = None, parameters = []
    ))]
    pub fn hotp(
        secret: Arc<Secret>,
        account: String,
        counter: u64,
        issuer: Option<String>,
        algorithm: Option<Algorithm>,
        digits: Option<i32>,
        parameters: Vec<Arc<Parameter>>,
    ) -> Result<Self> {
        let made = Core::hotp(&account, secret.0.clone(), counter).map_err(invalid("account"))?;
        Self::finished(made, issuer, algorithm, digits, &parameters)
    }

    /// A Steam account.
    #[uniffi::constructor]
    pub fn steam(secret: Arc<Secret>, account: String) -> Result<Self> {
        Core::steam(&account, secret.0.clone()).map(Self).map_err(invalid("account"))
    }

    /// What makes and verifies the codes. Fails for digits or a period that keyfob does not
    /// make, which lenient reading lets pass.
    pub fn generator(&self) -> Result<CodeGenerator> {
        let counter = match self.0.kind() {
            Kind::Hotp { counter } => counter,
            Kind::Totp { .. } | Kind::Steam => 0, // and nobody is told
        };
        match self.0.generator().map_err(unusual)? {
            Generator::Totp(totp) => Ok(CodeGenerator::OfTotp { totp: Arc::new(Totp(totp)) }),
            Generator::Hotp(hotp) => {
                Ok(CodeGenerator::OfHotp { hotp: Arc::new(Hotp(hotp)), counter })
            }
            Generator::Steam(steam) => Ok(CodeGenerator::OfSteam { steam: Arc::new(Steam(steam)) }),
        }
    }

    /// The same account with the counter of the next code: what an app stores once it has shown
    /// one. Everything else stays as it is, to the letter. Fails unless the codes move on by use.
    pub fn with_counter(&self, counter: u64) -> Result<Self> {
        self.0.clone().with_counter(counter).map(Self).map_err(invalid("counter"))
    }

    /// The URI, with every default spelt out. It holds the secret: keep it out of logs.
    pub fn to_uri(&self) -> String {
        self.0.to_uri().to_string()
    }

    /// The apps that would refuse or misread this enrolment, as far as is known.
    pub fn compatibility(&self) -> Vec<Incompatibility> {
        let found = self.0.compatibility();
        let shown = found.iter().map(|it| Incompatibility {
            app: it.app.to_owned(),
            code: it.code().to_owned(),
            text: it.to_string(),
        });
        shown.collect()
    }

    /// How the codes move on.
    pub fn kind(&self) -> EnrolmentKind {
        match self.0.kind() {
            Kind::Totp { period } => EnrolmentKind::Totp { period: u64::from(period).into() },
            Kind::Hotp { counter } => EnrolmentKind::Hotp { counter },
            Kind::Steam => EnrolmentKind::Steam,
        }
    }

    /// The service that the account is with.
    pub fn issuer(&self) -> Option<String> {
        self.0.issuer().map(str::to_owned)
    }

    /// The name of the account; may be empty.
    pub fn account(&self) -> String {
        self.0.account().to_owned()
    }

    /// The shared secret.
    pub fn secret(&self) -> Arc<Secret> {
        Arc::new(Secret(self.0.secret().clone()))
    }

    /// The hash.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm().into()
    }

    /// Characters in a code.
    pub fn digits(&self) -> i32 {
        i32::from(self.0.digits())
    }

    /// Parameters without a meaning here, in their order.
    pub fn parameters(&self) -> Vec<Arc<Parameter>> {
        self.0.parameters().iter().cloned().map(|it| Arc::new(Parameter(it))).collect()
    }

    /// Whether both describe the same account with the same secret.
    pub fn is_same_as(&self, other: Arc<Self>) -> bool {
        self.0 == other.0
    }
}

/// Reads an `otpauth://` URI, or `steam://SECRET` in lenient mode. Strict, if nothing is said.
#[uniffi::export(default(mode = None))]
pub fn parse_enrolment(uri: String, mode: Option<ReadingMode>) -> Result<ParsedEnrolment> {
    let uri = Zeroizing::new(uri);
    let mode = mode.map_or_else(Mode::default, Into::into);
    let parsed = Core::parse(&uri, mode).map_err(invalid("uri"))?;
    let warning =
        |it: &enrolment::Warning| UriWarning { code: it.code().to_owned(), text: it.to_string() };
    let warnings = parsed.warnings.iter().map(warning).collect();
    Ok(ParsedEnrolment { enrolment: Arc::new(Enrolment(parsed.enrolment)), warnings })
}

redacted!(Enrolment);

impl Enrolment {
    fn finished(
        made: Core,
        issuer: Option<String>,
        algorithm: Option<Algorithm>,
        digits: Option<i32>,
        parameters: &[Arc<Parameter>],
    ) -> Result<Self> {
        let made = match issuer {
            Some(issuer) => made.with_issuer(&issuer).map_err(invalid("issuer"))?,
            None => made,
        };
        let made = algorithm.into_iter().fold(made, |it, hash| it.with_algorithm(hash.into()));
        let made = made.with_digits(number::digits("digits", digits)?);
        let add = |it: Core, parameter: &Arc<Parameter>| {
            let parameter = &parameter.0;
            it.with_parameter(&parameter.name, &parameter.value).map_err(invalid("parameters"))
        };
        parameters.iter().try_fold(made, add).map(Self)
    }
}

/// What only lenient reading lets pass.
fn unusual(error: ParameterError) -> KeyfobError {
    invalid(if error == ParameterError::Period { "period" } else { "digits" })(error)
}
