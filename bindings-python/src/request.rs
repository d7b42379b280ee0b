//! What requests say, as the engine wants it.

use std::{collections::BTreeMap, str::FromStr};

use keyfob::{
    ParameterError, TotpParameters,
    service::{
        AttemptPolicy, Channel, DeliveryState, DomainId, KeyRing, Language, MasterKey, MessageId,
        OtpId, RecipientError, SendWindow, SimSwapAction, SimSwapPolicy, Ticket,
    },
};
use pyo3::prelude::*;

use crate::{
    argument::{self, AlgorithmArgument, Number, Small, whole},
    error::{invalid, refused, unusable},
};

/// Hours, what to do if the SIM changed, and what if that is not known.
pub(crate) type SimSwapArgument<'a> = (Number, &'a str, &'a str);

pub(crate) fn attempts(given: (Number, Number, Number, Number)) -> PyResult<AttemptPolicy> {
    let (per_block, first, longest, disable) = given;
    let (per_block, disable) = (per_block.narrow(u16::MAX), disable.narrow(u16::MAX));
    AttemptPolicy::new(per_block, first.0, longest.0, disable).map_err(invalid("attempts"))
}

pub(crate) fn send_window(
    (seconds, messages): &(Bound<'_, PyAny>, Bound<'_, PyAny>),
) -> PyResult<SendWindow> {
    let messages = usize::try_from(whole("sends", messages)?).unwrap_or(usize::MAX);
    Ok(SendWindow { seconds: whole("sends", seconds)?, messages })
}

/// Places, or how numbers begin.
pub(crate) fn parsed<T>(argument: &'static str, texts: &[String]) -> PyResult<Vec<T>>
where
    T: FromStr<Err = ParameterError>,
{
    texts.iter().map(|text| text.parse().map_err(invalid(argument))).collect()
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

pub(crate) fn sim_swap(policy: Option<SimSwapArgument<'_>>) -> PyResult<Option<SimSwapPolicy>> {
    let action =
        |name: &str| name.parse::<SimSwapAction>().map_err(invalid::<ParameterError>("sim_swap"));
    policy
        .map(|(max_age_hours, on_swapped, on_unknown)| {
            let (on_swapped, on_unknown) = (action(on_swapped)?, action(on_unknown)?);
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
