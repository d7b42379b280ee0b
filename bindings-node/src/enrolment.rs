use keyfob::{
    ParameterError, Secret,
    enrolment::{Enrolment, ErrorCorrection, Kind, Migration, Mode, Parsed, Qr, SvgOptions},
};
use napi::bindgen_prelude::{BigInt, Either, External, Uint8Array};
use napi_derive::napi;

use crate::{
    entropy,
    number::{count, small},
    thrown::{At, Result, invalid},
    totp,
};

/// A name and what it stands for.
#[napi(object)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What an enrolment is built of.
#[napi(object)]
pub struct EnrolmentParts {
    /// `totp`, `hotp` or `steam`.
    pub kind: Option<String>,
    /// The name of the account.
    pub account: String,
    /// The service.
    pub issuer: Option<String>,
    /// The hash.
    pub algorithm: Option<String>,
    /// The length of a code.
    pub digits: Option<f64>,
    /// The length of a step.
    pub period: Option<f64>,
    /// The counter of the next code.
    pub counter: Either<f64, BigInt>,
    /// Further parameters.
    pub parameters: Vec<Pair>,
}

/// Builds an enrolment.
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
        _ => return Err(invalid("type", "`totp`, `hotp` or `steam`")),
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

/// What is known of an enrolment.
#[napi(object, object_from_js = false)]
pub struct EnrolmentFields {
    /// `totp`, `hotp` or `steam`.
    pub kind: String,
    /// The service.
    pub issuer: Option<String>,
    /// The name of the account.
    pub account: String,
    /// The hash.
    pub algorithm: String,
    /// The length of a code.
    pub digits: u8,
    /// The length of a step.
    pub period: Option<u32>,
    /// The counter of the next code.
    pub counter: Option<BigInt>,
    /// Further parameters.
    pub parameters: Vec<Pair>,
}

/// The fields of an enrolment.
#[napi]
pub fn enrolment_fields(enrolment: &External<Enrolment>) -> EnrolmentFields {
    let (period, counter) = match enrolment.kind() {
        Kind::Totp { period } => (Some(period), None),
        Kind::Hotp { counter } => (None, Some(counter.into())),
        _ => (None, None),
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

/// Its secret.
#[napi]
pub fn enrolment_secret(enrolment: &External<Enrolment>) -> External<Secret> {
    External::new(enrolment.secret().clone())
}

/// Its URI.
#[napi]
pub fn enrolment_uri(enrolment: &External<Enrolment>) -> String {
    enrolment.to_uri().to_string()
}

/// Whether there is a generator of its codes.
#[napi]
pub fn enrolment_check_generator(enrolment: &External<Enrolment>) -> Result<()> {
    let argument = |error: &ParameterError| match error {
        ParameterError::Period => "period",
        _ => "digits",
    };
    enrolment.generator().map(drop).map_err(|error| {
        let argument = argument(&error);
        error.at(argument)
    })
}

/// Something that was noticed.
#[napi(object, object_from_js = false)]
pub struct Notice {
    /// The app it is about, if it is about one.
    pub app: Option<String>,
    /// The stable code.
    pub code: String,
    /// What it means.
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

/// What was read.
#[napi(object, object_from_js = false)]
pub struct ParsedUri {
    /// The enrolment.
    pub enrolment: External<Enrolment>,
    /// What was guessed or is weak.
    pub warnings: Vec<Notice>,
}

/// Reads a URI.
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

/// An account that could not be read.
#[napi(object, object_from_js = false)]
pub struct SkippedAccount {
    /// Its place.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// An export that was read.
#[napi(object, object_from_js = false)]
pub struct MigrationRead {
    /// The accounts.
    pub entries: Vec<External<Enrolment>>,
    /// Those that could not be read.
    pub skipped: Vec<SkippedAccount>,
    /// How many URIs the export has.
    pub batch_size: u32,
    /// Which of them this is.
    pub batch_index: u32,
    /// What they have in common.
    pub batch_id: i32,
}

/// Reads one URI of an export.
#[napi]
pub fn migration_parse(uri: String) -> Result<MigrationRead> {
    let read = Migration::parse(&uri).map_err(|error| error.at("uri"))?;
    let skipped = read.skipped.iter().map(|skipped| SkippedAccount {
        index: skipped.index as u32,
        name: skipped.name.clone(),
        reason: skipped.reason.code().to_owned(),
    });
    Ok(MigrationRead {
        skipped: skipped.collect(),
        entries: read.entries.into_iter().map(External::new).collect(),
        batch_size: read.batch_size,
        batch_index: read.batch_index,
        batch_id: read.batch_id,
    })
}

/// An id for the URIs of one export.
#[napi]
pub fn random_batch_id() -> Result<i32> {
    let mut bytes = [0; 4];
    entropy(&mut bytes).map_err(|error| error.at("batchId"))?;
    Ok(i32::from_be_bytes(bytes))
}

/// Writes an export.
#[napi]
pub fn migration_export(
    enrolments: Vec<&External<Enrolment>>,
    batch_id: i32,
) -> Result<Vec<String>> {
    let enrolments: Vec<Enrolment> = enrolments.iter().map(|e| Enrolment::clone(e)).collect();
    let uris = Migration::export(&enrolments, batch_id);
    let uris = uris.map_err(|error| error.at("enrolments"))?;
    Ok(uris.iter().map(|uri| uri.to_string()).collect())
}

/// A QR code as SVG.
#[napi]
pub fn qr_svg(
    text: String,
    level: Option<String>,
    title: Option<String>,
    pixels: Option<f64>,
) -> Result<String> {
    let mut options = SvgOptions::default();
    if let Some(title) = &title {
        options.title = title;
    }
    options.pixels = pixels.map(positive_pixels).transpose()?;
    Ok(qr(&text, level.as_deref())?.to_svg(options).to_string())
}

/// A QR code as PNG.
#[napi]
pub fn qr_png(text: String, level: Option<String>, scale: Option<f64>) -> Result<Uint8Array> {
    let scale = scale.map_or(Some(Qr::DEFAULT_SCALE), small).unwrap_or_default(); // no scale is 0
    let png = qr(&text, level.as_deref())?.to_png(scale).map_err(|error| error.at("scale"))?;
    Ok(png.as_slice().into())
}

/// A QR code for a terminal.
#[napi]
pub fn qr_text(text: String, level: Option<String>) -> Result<String> {
    Ok(qr(&text, level.as_deref())?.to_terminal().to_string())
}

fn qr(text: &str, level: Option<&str>) -> Result<Qr> {
    let level = level.map_or(Ok(ErrorCorrection::default()), str::parse);
    let level = level.map_err(|error: ParameterError| error.at("errorCorrection"))?;
    Qr::encode(text, level).map_err(|error| error.at("text"))
}

fn positive_pixels(pixels: f64) -> Result<u32> {
    #[allow(clippy::cast_sign_loss)] // the range says it
    if pixels.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&pixels) {
        return Ok(pixels as u32);
    }
    Err(invalid("pixels", "a whole number from 1 on"))
}
