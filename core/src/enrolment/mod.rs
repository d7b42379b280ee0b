//! What an authenticator app needs to know: enrolment URIs, exports of several
//! accounts, and QR codes of both.
//!
//! ```
//! use keyfob::enrolment::{Enrolment, ErrorCorrection, Mode, Qr};
//!
//! let read = Enrolment::parse("otpauth://totp/Acme:alice?secret=JBSWY3DPEHPK3PXP", Mode::Lenient)?;
//! assert_eq!(read.enrolment.issuer(), Some("Acme"));
//! assert_eq!(read.warnings[0].code(), "short-secret");
//!
//! let qr = Qr::encode(&read.enrolment.to_uri(), ErrorCorrection::Medium)?;
//! print!("{}", &*qr.to_terminal());
//! # Ok::<(), keyfob::Error>(())
//! ```

mod account;
mod compatibility;
mod error;
mod generator;
mod label;
mod migration;
mod migration_error;
mod percent;
mod png;
mod protobuf;
mod qr;
mod query;
mod svg;
mod uri;
mod warning;

pub use account::{Enrolment, Kind, Parameter};
pub use compatibility::{Effect, Incompatibility};
pub use error::UriError;
pub use generator::Generator;
pub use migration::{Migration, Skipped};
pub use migration_error::{MigrationError, SkipReason, Unrepresentable};
pub use qr::{ErrorCorrection, Qr, QrError};
pub use svg::{Pixels, SvgOptions};
pub use uri::{Mode, Parsed};
pub use warning::Warning;

/// What a URI means that does not say.
const DEFAULT_DIGITS: u8 = 6;
const DEFAULT_PERIOD: u32 = 30;
const STEAM_CHARACTERS: u8 = 5;
