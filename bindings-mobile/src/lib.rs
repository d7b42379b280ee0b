//! One-time passwords on the device: enrol a user, draw the QR code, check the first code; or
//! build an authenticator that scans, imports, generates and counts down.
//!
//! The library translates types and errors and decides nothing; every rule is in the crate
//! `keyfob`. Kotlin, Swift, Python and Ruby sources are generated from it.
//!
//! What core has is called here as it is there, but where that cannot be. All names stand beside
//! those of an app, without a module before them: so what core has in `enrolment` under a word of
//! everybody's, such as `Kind`, says here whose it is. And where a case of an enum would have the name
//! of a class, as those of [`CodeGenerator`] would, it says whose it is too.

uniffi::setup_scaffolding!();

mod algorithm;
mod enrolment;
mod error;
mod hotp;
mod messages;
mod migration;
mod number;
mod plain;
mod policy;
mod qr;
mod recovery;
mod redacted;
mod secret;
mod service;
mod steam;
mod time;
mod totp;

pub use algorithm::{Algorithm, TotpParameters};
pub use enrolment::{
    CodeGenerator, Enrolment, EnrolmentKind, Incompatibility, Parameter, ParsedEnrolment,
    ReadingMode, UriWarning,
};
pub use error::KeyfobError;
pub use hotp::{Hotp, HotpOutcome};
pub use messages::{Ending, RecipientNames, Segments};
pub use migration::{Migration, SkippedEntry};
pub use plain::{PlainCode, Typed};
pub use policy::{Alphabet, CodePolicy};
pub use qr::{ErrorCorrection, QrCode};
pub use recovery::{NewRecoveryCodes, RecoveryEntry, RecoveryOutcome, RecoverySet};
pub use secret::{Secret, SecretText};
pub use service::*;
pub use steam::Steam;
pub use time::{Moment, Seconds};
pub use totp::{Totp, TotpOutcome, TotpState, Window};
