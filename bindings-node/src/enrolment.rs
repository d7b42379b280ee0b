use keyfob::{
    ParameterError, Secret, Steam, Totp,
    enrolment::{Enrolment, Generator, Kind, Mode, Parsed},
};
use napi::bindgen_prelude::{BigInt, Either, Either3, External};
use napi_derive::napi;

use crate::{
    hotp::Verifier,
    number::count,
    thrown::{At, Result, invalid},
    totp,
};

#[napi(object)]
pub struct Pair {
    pub name: String,
    pub value: String,
}

/// What an enrolment is built of.
#[napi(object)]
pub struct EnrolmentParts {
    pub kind: Option<String>,
    pub account: String,
    pub issuer: Option<String>,
    pub algorithm: Option<String>,
    pub digits: Option<f64>,
    pub period: Option<f64>,
    pub counter: Either<f64, BigInt>,
    pub parameters: Vec<Pair>,
}

#[napi]
pub fn enrolment_new(
    secret: &External<Secret>,
    parts: EnrolmentParts,
) -> Result<External<Enrolment>> {
    let secret = Secret::clone(secret);
    let built = match parts.kind.as_deref().unwrap_or("totp") {
        "totp" => Enrolment::totp(&parts.account, secret),
        "hotp" => Enrolment::hotp(&parts.account, secret, count(parts.counter, "counter")?),
        "steam" => Enrolment::steam(&parts.account, secret),
        _ => return Err(invalid("type", "totp, hotp or steam")),
    };
    let mut enrolment = built.map_err(|error| error.at("account"))?;
    if let Some(issuer) = &parts.issuer {
        enrolment = enrolment.with_issuer(issuer).map_err(|error| error.at("issuer"))?;
    }
    if let Some(algorithm) = &parts.algorithm {
        enrolment = enrolment.with_algorithm(totp::algorithm(algorithm)?);
    }
    if let Some(digits) = parts.digits {
        enrolment = enrolment.with_digits(totp::digits(digits)?);
    }
    if let Some(period) = parts.period {
        enrolment = enrolment.with_period(totp::period(period)?);
    }
    for Pair { name, value } in &parts.parameters {
        let with = enrolment.with_parameter(name, value);
        enrolment = with.map_err(|error| error.at("parameters"))?;
    }
    Ok(External::new(enrolment))
}

#[napi(object, object_from_js = false)]
pub struct EnrolmentFields {
    pub kind: String,
    pub issuer: Option<String>,
    pub account: String,
    pub algorithm: String,
    pub digits: u8,
    pub period: Option<u32>,
    pub counter: Option<BigInt>,
    pub parameters: Vec<Pair>,
}

#[napi]
pub fn enrolment_fields(enrolment: &External<Enrolment>) -> EnrolmentFields {
    let (period, counter) = match enrolment.kind() {
        Kind::Totp { period } => (Some(period), None),
        Kind::Hotp { counter } => (None, Some(counter.into())),
        Kind::Steam => (None, None),
    };
    let parameters = enrolment.parameters().iter();
    EnrolmentFields {
        kind: enrolment.kind().name().to_owned(),
        issuer: enrolment.issuer().map(str::to_owned),
        account: enrolment.account().to_owned(),
        algorithm: enrolment.algorithm().name().to_owned(),
        digits: enrolment.digits(),
        period,
        counter,
        parameters: parameters
            .map(|p| Pair { name: p.name.clone(), value: p.value.clone() })
            .collect(),
    }
}

#[napi]
pub fn enrolment_secret(enrolment: &External<Enrolment>) -> External<Secret> {
    External::new(enrolment.secret().clone())
}

#[napi]
pub fn enrolment_uri(enrolment: &External<Enrolment>) -> String {
    enrolment.to_uri().to_string()
}

/// What makes and verifies its codes, each as its own constructor makes it.
#[napi]
pub fn enrolment_generator(
    enrolment: &External<Enrolment>,
) -> Result<Either3<External<Totp>, External<Verifier>, External<Steam>>> {
    match enrolment.generator() {
        Ok(Generator::Totp(totp)) => Ok(Either3::A(External::new(totp))),
        Ok(Generator::Hotp(hotp)) => Ok(Either3::B(External::new(Verifier::of(hotp)))),
        Ok(Generator::Steam(steam)) => Ok(Either3::C(External::new(steam))),
        Err(error @ ParameterError::Period) => Err(error.at("period")),
        Err(error) => Err(error.at("digits")),
    }
}

#[napi(object, object_from_js = false)]
pub struct Notice {
    pub app: Option<String>,
    pub code: String,
    pub message: String,
}

/// The apps that would refuse or misread it.
#[napi]
pub fn enrolment_compatibility(enrolment: &External<Enrolment>) -> Vec<Notice> {
    let found = enrolment.compatibility();
    let notice = |found: &keyfob::enrolment::Incompatibility| Notice {
        app: Some(found.app.to_owned()),
        code: found.code().to_owned(),
        message: found.to_string(),
    };
    found.iter().map(notice).collect()
}

#[napi(object, object_from_js = false)]
pub struct ParsedUri {
    pub enrolment: External<Enrolment>,
    /// What was guessed or is weak.
    pub warnings: Vec<Notice>,
}

#[napi]
pub fn enrolment_parse(uri: String, mode: Option<String>) -> Result<ParsedUri> {
    let mode = mode.map_or(Ok(Mode::default()), |mode| mode.parse());
    let mode = mode.map_err(|error: ParameterError| error.at("mode"))?;
    let Parsed { enrolment, warnings } =
        Enrolment::parse(&uri, mode).map_err(|error| error.at("uri"))?;
    let warnings = warnings.iter().map(|warning| Notice {
        app: None,
        code: warning.code().to_owned(),
        message: warning.to_string(),
    });
    Ok(ParsedUri { enrolment: External::new(enrolment), warnings: warnings.collect() })
}
