//! What requests say, as the engine wants it.

use keyfob::{
    TotpParameters,
    service::{
        AccountId, Channel, Destination, DomainId, Edit, KeyRing, Language, MasterKey, OtpId,
        Recipient, SimSwapChange, SimSwapPolicy, Ticket, UserId,
    },
};
use pyo3::{
    prelude::*,
    types::{PyBytes, PyEllipsis, PyInt, PyMapping, PyString},
};

use crate::{
    argument::{
        Value, algorithm, digits, each, number, optional, period, small, text, texts, truth, word,
    },
    error::{invalid, misuse, refused, unusable, wrong_type},
    given::{Given, items, pair},
};

/// A recipient, or one person's number and address: the one whose limits hold, and the other.
pub(crate) fn recipients(
    to: Value<'_, '_>,
    channels: &[Channel],
) -> PyResult<(Recipient, Option<Recipient>)> {
    let wanted = "a phone number, an email address, or {'phone': …, 'email': …} of one person";
    if to.is_instance_of::<PyString>() {
        return Ok((recipient("to", to)?, None));
    }
    if to.cast::<PyMapping>().is_err() {
        return Err(wrong_type("to", wanted, to));
    }
    let both = texts("to", to)?;
    let (2, Some(phone), Some(email)) = (both.len(), both.get("phone"), both.get("email")) else {
        return Err(misuse("to", wanted));
    };
    let phone = Recipient::parse(Channel::Sms, phone).map_err(invalid("to.phone"))?;
    let email = Recipient::parse(Channel::Email, email).map_err(invalid("to.email"))?;
    let first = channels.first().copied().unwrap_or(Channel::Sms);
    let (recipient, other) = phone.ordered_with(email, first);
    Ok((recipient, Some(other)))
}

pub(crate) fn recipient(argument: &str, value: Value<'_, '_>) -> PyResult<Recipient> {
    Recipient::parse_any(text(argument, value)?).map_err(invalid(argument))
}

/// One channel, or several in the order of preference.
pub(crate) fn channels(channel: Value<'_, '_>) -> PyResult<Vec<Channel>> {
    if channel.is_instance_of::<PyString>() {
        return Ok(vec![word("channel", channel)?]);
    }
    each("channel", channel, "a channel, or a list of them", word)
}

/// A `Destination` of Python.
pub(crate) fn destination(argument: &str, value: Value<'_, '_>) -> PyResult<Destination> {
    let given = Given::of(argument, value, "Destination")?;
    Ok(Destination {
        region: given.optional("region", word)?,
        premium: given.read("premium", truth)?,
    })
}

pub(crate) fn account(argument: &str, value: Value<'_, '_>) -> PyResult<AccountId> {
    text(argument, value)?.parse().map_err(invalid(argument))
}

pub(crate) fn domain_id(value: Value<'_, '_>) -> PyResult<DomainId> {
    DomainId::parse(text("domain", value)?).map_err(refused)
}

pub(crate) fn otp_id(value: Value<'_, '_>) -> PyResult<OtpId> {
    OtpId::parse(text("otp_id", value)?).map_err(refused)
}

pub(crate) fn user_id(value: Value<'_, '_>) -> PyResult<UserId> {
    UserId::parse(text("user_id", value)?).map_err(refused)
}

pub(crate) fn ticket(value: Value<'_, '_>) -> PyResult<Ticket> {
    Ticket::parse(text("ticket", value)?).map_err(refused)
}

pub(crate) fn language(value: Option<Value<'_, '_>>) -> PyResult<Language> {
    let language = optional("language", value, |argument, value| {
        Language::lookup(text(argument, value)?).map_err(invalid(argument))
    });
    Ok(language?.unwrap_or_default())
}

/// From the oldest sealing key to the newest, which seals.
pub(crate) fn key_ring(root: Value<'_, '_>, sealing: Value<'_, '_>) -> PyResult<KeyRing> {
    let root = key("keys.root", root)?;
    let wanted = "a dict of keys by number, such as {1: key}";
    let keys = items("keys.sealing", sealing, wanted, |name, value| {
        let (number, bytes) = pair(name, value, wanted)?;
        Ok((key_number(name, &number)?, key(name, &bytes)?))
    })?;
    KeyRing::from_keys(&root, keys).map_err(invalid("keys.sealing"))
}

fn key_number(argument: &str, value: Value<'_, '_>) -> PyResult<u32> {
    if !value.is_instance_of::<PyInt>() {
        return Err(wrong_type(argument, "a dict whose keys are whole numbers", value));
    }
    let text = "number the sealing keys from 0 to 4294967295";
    u32::try_from(number(argument, value)?).map_err(|_| unusable(argument, text))
}

fn key(argument: &str, value: Value<'_, '_>) -> PyResult<MasterKey> {
    let Ok(bytes) = value.cast::<PyBytes>() else {
        return Err(wrong_type(argument, "32 bytes", value));
    };
    MasterKey::from_bytes(bytes.as_bytes()).map_err(invalid(argument))
}

/// What to do with one value: `...` leaves it, and `None` takes it away.
pub(crate) fn edit<'py, T>(
    argument: &str,
    value: Value<'_, 'py>,
    read: impl FnOnce(&str, Value<'_, 'py>) -> PyResult<T>,
) -> PyResult<Edit<T>> {
    if value.is(PyEllipsis::get(value.py())) {
        return Ok(Edit::Keep);
    }
    if value.is_none() {
        return Ok(Edit::Clear);
    }
    read(argument, value).map(Edit::Set)
}

/// What to change of a domain's policy: all of it.
pub(crate) fn sim_swap_change(argument: &str, value: Value<'_, '_>) -> PyResult<SimSwapChange> {
    let policy = sim_swap(argument, value)?;
    Ok(SimSwapChange {
        max_age_hours: Edit::Set(policy.max_age_hours),
        on_swapped: Edit::Set(policy.on_swapped),
        on_unknown: Edit::Set(policy.on_unknown),
    })
}

/// A `SimSwapPolicy` of Python.
pub(crate) fn sim_swap(argument: &str, value: Value<'_, '_>) -> PyResult<SimSwapPolicy> {
    let given = Given::of(argument, value, "SimSwapPolicy")?;
    Ok(SimSwapPolicy {
        max_age_hours: given.read("max_age_hours", small)?,
        on_swapped: given.read("on_swapped", word)?,
        on_unknown: given.read("on_unknown", word)?,
    })
}

/// A `TotpParameters` of Python.
pub(crate) fn parameters(argument: &str, value: Value<'_, '_>) -> PyResult<TotpParameters> {
    let given = Given::of(argument, value, "TotpParameters")?;
    Ok(TotpParameters {
        algorithm: given.read("algorithm", algorithm)?,
        digits: given.read("digits", digits)?,
        period: given.read("period", period)?,
    })
}
