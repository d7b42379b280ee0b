//! What flows are asked, read as core takes it.

use alloc::vec::Vec;

use keyfob::{
    CodePolicy, Error as CoreError, ParameterError, Secret,
    service::{
        ClientAddress, Destination, Language, NewEnrolment, NewUser, Recipient, SendRequest,
        Template, Traffic, UserId,
    },
};

use super::ids;
use crate::{
    exports::flows::{self as wit, Error},
    messages,
    types::Fault,
};

pub(super) fn new_user(user: wit::NewUser) -> Result<NewUser, Error> {
    let parameters = user.parameters.map(TryInto::try_into).transpose();
    Ok(NewUser {
        secret: secret(user.secret)?,
        accept_short_secret: user.accept_short_secret,
        parameters: of("parameters", parameters)?.unwrap_or_default(),
        account_name: user.account_name,
        return_secret: user.return_secret,
        ..NewUser::new(UserId::parse(&user.user_id)?)
    })
}

pub(super) fn new_enrolment(new: wit::NewEnrolment) -> Result<NewEnrolment, Error> {
    let parameters = new.parameters.map(TryInto::try_into).transpose();
    Ok(NewEnrolment {
        secret: secret(new.secret)?,
        accept_short_secret: new.accept_short_secret,
        parameters: of("parameters", parameters)?,
        account_name: new.account_name,
        revoke: new.revoke,
        ..NewEnrolment::new(UserId::parse(&new.user_id)?)
    })
}

pub(super) fn send_request(request: wit::SendRequest) -> Result<SendRequest, Error> {
    let channels: Vec<_> = request.channels.into_iter().map(Into::into).collect();
    let template = request.template.as_deref().map(Template::parse).transpose();
    let language = request.language.as_deref().map(Language::lookup).transpose();
    let policy = request.policy.map(CodePolicy::try_from).transpose();
    let context = request.context.map(messages::context).transpose();
    let other = request.other_recipient.as_deref().map(Recipient::parse_any).transpose();
    let client = request.client.as_deref().map(str::parse::<ClientAddress>).transpose();
    let destination = request.destination.map(destination).transpose();
    let recipient = of("recipient", Recipient::parse_any(&request.recipient))?;
    Ok(SendRequest {
        other_recipient: of("other-recipient", other)?,
        fallback_after: request.fallback_after,
        template: of("template", template)?,
        language: of("language", language)?.unwrap_or_default(),
        policy: of("policy", policy)?.unwrap_or_default(),
        lifetime: request.lifetime,
        context: context.map_err(|fault| fault.of("context"))?,
        ending: of("ending", request.ending.try_into())?,
        sim_swap: request.sim_swap.map(Into::into),
        traffic: Traffic {
            client: of("client", client)?,
            api_key: request.api_key,
            destination: of("destination", destination)?,
        },
        ..SendRequest::new(ids::domain(&request.domain)?, channels, recipient)
    })
}

/// The recipient of a request, of either kind.
pub(super) fn recipient(text: &str) -> Result<Recipient, Fault> {
    of("recipient", Recipient::parse_any(text))
}

fn secret(bytes: Option<Vec<u8>>) -> Result<Option<Secret>, Fault> {
    of("secret", bytes.map(Secret::from_bytes).transpose())
}

fn destination(known: wit::Destination) -> Result<Destination, ParameterError> {
    let region = known.region.as_deref().map(str::parse).transpose()?;
    Ok(Destination { region, premium: known.premium })
}

fn of<T, E: Into<CoreError>>(field: &str, read: Result<T, E>) -> Result<T, Fault> {
    read.map_err(|error| Fault::from(error.into()).of(field))
}
