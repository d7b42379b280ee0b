//! What flows are asked, read as core takes it.

use alloc::{string::String, vec::Vec};

use keyfob::{
    CodePolicy, Error as CoreError, ParameterError, Secret,
    service::{
        ClientAddress, Destination, DomainChange, DomainId, Edit, Language, NewEnrolment, NewUser,
        Phone, Recipient, SendRequest, SimSwapAction, SimSwapChange, Template, Traffic, UserId,
    },
};

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
        ..SendRequest::new(DomainId::parse(&request.domain)?, channels, recipient)
    })
}

pub(super) fn domain_change(change: wit::DomainChange) -> DomainChange {
    DomainChange {
        name: text_edit(change.name),
        sim_swap: match change.sim_swap {
            wit::SimSwapEdit::Keep => Edit::Keep,
            wit::SimSwapEdit::Clear => Edit::Clear,
            wit::SimSwapEdit::Change(change) => Edit::Set(sim_swap_change(&change)),
        },
        fallback_after: number_edit(change.fallback_after, |seconds| seconds),
    }
}

fn sim_swap_change(change: &wit::SimSwapChange) -> SimSwapChange {
    // More hours than fit are too many in any case.
    let hours = |hours| u16::try_from(hours).unwrap_or(u16::MAX);
    SimSwapChange {
        max_age_hours: number_edit(change.max_age_hours, hours),
        on_swapped: action_edit(change.on_swapped),
        on_unknown: action_edit(change.on_unknown),
    }
}

fn text_edit(edit: wit::TextEdit) -> Edit<String> {
    match edit {
        wit::TextEdit::Keep => Edit::Keep,
        wit::TextEdit::Clear => Edit::Clear,
        wit::TextEdit::Set(text) => Edit::Set(text),
    }
}

fn number_edit<T>(edit: wit::NumberEdit, read: impl FnOnce(u64) -> T) -> Edit<T> {
    match edit {
        wit::NumberEdit::Keep => Edit::Keep,
        wit::NumberEdit::Clear => Edit::Clear,
        wit::NumberEdit::Set(number) => Edit::Set(read(number)),
    }
}

fn action_edit(edit: wit::ActionEdit) -> Edit<SimSwapAction> {
    match edit {
        wit::ActionEdit::Keep => Edit::Keep,
        wit::ActionEdit::Clear => Edit::Clear,
        wit::ActionEdit::Set(action) => Edit::Set(action.into()),
    }
}

/// The recipient of a request, of either kind.
pub(super) fn recipient(text: &str) -> Result<Recipient, Fault> {
    of("recipient", Recipient::parse_any(text))
}

/// A number to ask about.
pub(super) fn phone(text: &str) -> Result<Phone, Fault> {
    of("phone", Phone::parse(text))
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
