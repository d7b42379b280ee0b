//! To whom a code goes: one recipient, or a person's number and address.

use keyfob::service::{Channel, Destination, Recipient};
use serde::{Deserialize, Deserializer, de::Error};
use utoipa::ToSchema;

use super::{Problem, body::object, fields};
use crate::phone_numbers;

/// A phone number in E.164 form for SMS and voice, an address for email; or both, for
/// channels of both kinds.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected a recipient, or an object with `phone` and `email`")]
#[schema(example = "+447700900123")]
pub(super) enum To {
    /// One.
    One(String),
    /// One person by two ways.
    Both(#[serde(deserialize_with = "both")] PhoneAndEmail),
}

/// One person by two ways. Limits and wrong codes are those of the recipient that the first
/// channel reaches; messages to the other one have limits of their own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "+447700900123", "email": "ann@example.com"}))]
pub(super) struct PhoneAndEmail {
    /// In E.164 form.
    #[schema(example = "+447700900123")]
    phone: String,
    /// An address.
    #[schema(example = "ann@example.com")]
    email: String,
}

impl To {
    /// Whom a message on `first` reaches, and the other one.
    pub(super) fn recipients(&self, first: Channel) -> Result<Recipients, Problem> {
        let parse = |field, channel, text: &str| {
            let located = Recipient::parse(channel, text).and_then(phone_numbers::locate);
            located.map_err(|error| fields::invalid_field(field, error))
        };
        Ok(match self {
            Self::One(text) => {
                let (recipient, destination) = parse("to", first, text)?;
                Recipients { recipient, other: None, destination }
            }
            Self::Both(PhoneAndEmail { phone, email }) => {
                let (phone, destination) = parse("to.phone", Channel::Sms, phone)?;
                let (email, _) = parse("to.email", Channel::Email, email)?;
                let (recipient, other) = phone.ordered_with(email, first);
                Recipients { recipient, other: Some(other), destination }
            }
        })
    }
}

/// Whom a request reaches.
pub(super) struct Recipients {
    /// Whose limits and wrong codes hold.
    pub recipient: Recipient,
    /// The same person by other channels.
    pub other: Option<Recipient>,
    /// What is known of the number, if there is one.
    pub destination: Option<Destination>,
}

/// An array of the fields in order is no object.
fn both<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PhoneAndEmail, D::Error> {
    object(deserializer)?.ok_or_else(|| D::Error::custom("an object is expected"))
}
