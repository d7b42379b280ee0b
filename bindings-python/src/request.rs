//! What requests say, as the engine wants it.

use std::collections::BTreeMap;

use keyfob::{
    ParameterError, TotpParameters,
    service::{
        AccountId, Channel, DeliveryState, Destination, DomainId, Edit, KeyRing, Language,
        MasterKey, MessageId, OtpId, Recipient, RecipientError, SimSwapAction, SimSwapChange,
        SimSwapPolicy, Ticket,
    },
};
use pyo3::{prelude::*, types::PyEllipsis};

use crate::{
    argument::{self, AlgorithmArgument, Number, Small},
    error::{invalid, refused, unusable},
};

/// A `SimSwapPolicy` of Python.
#[derive(FromPyObject)]
pub(crate) struct SimSwapArgument {
    max_age_hours: Number,
    on_swapped: String,
    on_unknown: String,
}

/// A `TotpParameters` of Python.
#[derive(FromPyObject)]
pub(crate) struct ParametersArgument {
    algorithm: AlgorithmArgument,
    digits: Small,
    period: Small,
}

impl ParametersArgument {
    pub(crate) fn read(self) -> PyResult<TotpParameters> {
        parameters(self.algorithm, self.digits, self.period)
    }
}

/// One recipient, or a person's number and address.
#[derive(FromPyObject)]
pub(crate) enum To {
    One(String),
    Both(BTreeMap<String, String>),
}

/// A `Destination` of Python.
#[derive(FromPyObject)]
pub(crate) struct DestinationArgument {
    region: Option<String>,
    premium: bool,
}

/// What to do with one value: `...` leaves it, and `None` takes it away.
pub(crate) struct EditArgument<T>(pub(crate) Edit<T>);

impl<'a, 'py, T: FromPyObject<'a, 'py, Error = PyErr>> FromPyObject<'a, 'py> for EditArgument<T> {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if value.is(PyEllipsis::get(value.py())) {
            return Ok(Self(Edit::Keep));
        }
        Ok(Self(value.extract::<Option<T>>()?.map_or(Edit::Clear, Edit::Set)))
    }
}

/// The recipient whose limits hold, and the other one.
pub(crate) fn recipients(to: To, channels: &[Channel]) -> PyResult<(Recipient, Option<Recipient>)> {
    let both = match to {
        To::One(text) => return Ok((recipient("to", &text)?, None)),
        To::Both(both) => both,
    };
    let (2, Some(phone), Some(email)) = (both.len(), both.get("phone"), both.get("email")) else {
        let text = "give a recipient, or one person's `phone` and `email`";
        return Err(unusable("to", "invalid-argument", text));
    };
    let phone = Recipient::parse(Channel::Sms, phone).map_err(invalid("to.phone"))?;
    let email = Recipient::parse(Channel::Email, email).map_err(invalid("to.email"))?;
    let first = channels.first().copied().unwrap_or(Channel::Sms);
    let (recipient, other) = phone.ordered_with(email, first);
    Ok((recipient, Some(other)))
}

pub(crate) fn recipient(argument: &str, text: &str) -> PyResult<Recipient> {
    Recipient::parse_any(text).map_err(invalid(argument))
}

pub(crate) fn destination(given: Option<DestinationArgument>) -> PyResult<Option<Destination>> {
    let Some(DestinationArgument { region, premium }) = given else { return Ok(None) };
    let region = region.map(|region| region.parse()).transpose();
    let region = region.map_err(invalid::<ParameterError>("destination.region"))?;
    Ok(Some(Destination { region, premium }))
}

pub(crate) fn account(text: &str) -> PyResult<AccountId> {
    AccountId::parse(text).map_err(refused)
}

pub(crate) fn key_ring(root: &[u8], sealing: BTreeMap<Number, Vec<u8>>) -> PyResult<KeyRing> {
    let mut sealing = sealing.into_iter();
    let Some((id, first)) = sealing.next() else {
        return Err(invalid("sealing")(ParameterError::Key));
    };
    let ring = KeyRing::new(&key("root", root)?, number(id)?, &key("sealing", &first)?);
    sealing.try_fold(ring, |ring, (id, bytes)| {
        Ok(ring.with_key(number(id)?, &key("sealing", &bytes)?))
    })
}

fn number(Number(id): Number) -> PyResult<u32> {
    let text = "number the sealing keys from 0 to 4294967295";
    u32::try_from(id).map_err(|_| unusable("sealing", "invalid-key", text))
}

fn key(argument: &'static str, bytes: &[u8]) -> PyResult<MasterKey> {
    MasterKey::from_bytes(bytes).map_err(invalid(argument))
}

pub(crate) fn domain_id(text: &str) -> PyResult<DomainId> {
    DomainId::parse(text).map_err(refused)
}

pub(crate) fn otp_id(text: &str) -> PyResult<OtpId> {
    OtpId::parse(text).map_err(refused)
}

pub(crate) fn message_id(bytes: &[u8]) -> PyResult<MessageId> {
    MessageId::from_bytes(bytes).map_err(invalid("message"))
}

pub(crate) fn ticket(text: &str) -> PyResult<Ticket> {
    Ticket::parse(text).map_err(refused)
}

pub(crate) fn channel(name: &str) -> PyResult<Channel> {
    name.parse().map_err(invalid::<RecipientError>("channel"))
}

pub(crate) fn language(tag: Option<&str>) -> PyResult<Language> {
    let language = tag.map(Language::lookup).transpose();
    Ok(language.map_err(invalid::<ParameterError>("language"))?.unwrap_or_default())
}

pub(crate) fn delivery_state(name: &str) -> PyResult<DeliveryState> {
    name.parse().map_err(invalid::<ParameterError>("state"))
}

/// What to change of a domain's policy: all of it.
pub(crate) fn sim_swap_edit(edit: EditArgument<SimSwapArgument>) -> PyResult<Edit<SimSwapChange>> {
    Ok(match edit.0 {
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
        Edit::Set(policy) => sim_swap(Some(policy))?.map_or(Edit::Clear, |policy| {
            Edit::Set(SimSwapChange {
                max_age_hours: Edit::Set(policy.max_age_hours),
                on_swapped: Edit::Set(policy.on_swapped),
                on_unknown: Edit::Set(policy.on_unknown),
            })
        }),
    })
}

pub(crate) fn sim_swap(policy: Option<SimSwapArgument>) -> PyResult<Option<SimSwapPolicy>> {
    let action =
        |name: &str| name.parse::<SimSwapAction>().map_err(invalid::<ParameterError>("sim_swap"));
    policy
        .map(|SimSwapArgument { max_age_hours, on_swapped, on_unknown }| {
            let (on_swapped, on_unknown) = (action(&on_swapped)?, action(&on_unknown)?);
            let max_age_hours = max_age_hours.narrow(u16::MAX);
            Ok(SimSwapPolicy { max_age_hours, on_swapped, on_unknown })
        })
        .transpose()
}

pub(crate) fn parameters(
    algorithm: AlgorithmArgument,
    digits: Small,
    period: Small,
) -> PyResult<TotpParameters> {
    Ok(TotpParameters {
        algorithm: algorithm.0,
        digits: argument::digits(digits)?,
        period: argument::period(period)?,
    })
}
