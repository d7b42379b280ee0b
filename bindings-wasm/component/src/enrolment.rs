use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use keyfob::{
    Digits, ParameterError, Period, Secret,
    enrolment::{self, Enrolment, Kind, Mode, Parsed},
};

use crate::{
    Component,
    exports::enrolment::{
        Details, Effect, Enrolment as Handle, Guest, GuestEnrolment, Incompatibility,
        Kind as WitKind, Mode as WitMode, Parameter, Parsed as WitParsed,
    },
    types::Fault,
};

impl Guest for Component {
    type Enrolment = Enrolment;

    fn parse(uri: String, mode: WitMode) -> Result<WitParsed, Fault> {
        let mode = match mode {
            WitMode::Strict => Mode::Strict,
            WitMode::Lenient => Mode::Lenient,
        };
        let Parsed { enrolment, warnings } = Enrolment::parse(&uri, mode)?;
        let warnings = warnings.into_iter().map(Fault::from).collect();
        Ok(WitParsed { enrolment: Handle::new(enrolment), warnings })
    }
}

impl GuestEnrolment for Enrolment {
    fn create(details: Details) -> Result<Handle, Fault> {
        let secret = Secret::from_bytes(details.secret)?;
        let account = &details.account;
        let enrolment = match details.kind {
            WitKind::Totp(seconds) => {
                let period = u8::try_from(seconds).map_err(|_| ParameterError::Period)?;
                Self::totp(account, secret)?.with_period(Period::new(period)?)
            }
            WitKind::Hotp(counter) => Self::hotp(account, secret, counter)?,
            WitKind::Steam => Self::steam(account, secret)?,
        };
        let enrolment = match details.kind {
            WitKind::Steam => enrolment, // its length is none that others may have
            _ => enrolment.with_digits(Digits::new(details.digits)?),
        };
        let mut enrolment = enrolment.with_algorithm(details.algorithm.into());
        if let Some(issuer) = &details.issuer {
            enrolment = enrolment.with_issuer(issuer)?;
        }
        for Parameter { name, value } in &details.parameters {
            enrolment = enrolment.with_parameter(name, value)?;
        }
        Ok(Handle::new(enrolment))
    }

    fn details(&self) -> Details {
        let parameters = self.parameters().iter();
        Details {
            kind: kind(self.kind()),
            issuer: self.issuer().map(String::from),
            account: self.account().into(),
            secret: self.secret().expose_bytes().to_vec(),
            algorithm: self.algorithm().into(),
            digits: self.digits(),
            parameters: parameters
                .map(|it| Parameter { name: it.name.clone(), value: it.value.clone() })
                .collect(),
        }
    }

    fn to_uri(&self) -> String {
        self.to_uri().as_str().into()
    }

    fn compatibility(&self) -> Vec<Incompatibility> {
        let found = self.compatibility().into_iter();
        found
            .map(|it| Incompatibility {
                app: it.app.into(),
                effect: effect(it.effect),
                text: it.to_string(),
            })
            .collect()
    }
}

fn kind(kind: Kind) -> WitKind {
    match kind {
        Kind::Totp { period } => WitKind::Totp(period),
        Kind::Hotp { counter } => WitKind::Hotp(counter),
        Kind::Steam => WitKind::Steam,
    }
}

fn effect(effect: enrolment::Effect) -> Effect {
    match effect {
        enrolment::Effect::AlgorithmIgnored => Effect::AlgorithmIgnored,
        enrolment::Effect::PeriodIgnored => Effect::PeriodIgnored,
        enrolment::Effect::SecretRefused => Effect::SecretRefused,
        enrolment::Effect::PeriodRefused => Effect::PeriodRefused,
        enrolment::Effect::DigitsRefused => Effect::DigitsRefused,
        enrolment::Effect::CounterRefused => Effect::CounterRefused,
        enrolment::Effect::ColonRefused => Effect::ColonRefused,
        enrolment::Effect::NamesJoined => Effect::NamesJoined,
        enrolment::Effect::NameChanged => Effect::NameChanged,
        _ => Effect::Unlisted,
    }
}
