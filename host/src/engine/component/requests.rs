//! What flows are asked, as a component takes it.

use keyfob::{
    Algorithm, Alphabet, TotpParameters,
    service::{
        Channel, DeliveryState, DomainChange, DomainSettings, Edit, Ending, NewEnrolment, NewUser,
        SendRequest, SimSwapAction, SimSwapPolicy, TransactionContext,
    },
};

use super::bindings::{
    exports::keyfob::otp::{
        codes, flows as wit,
        messages::{self, Field},
        totp, types,
    },
    keyfob::otp::delivery,
};

pub(super) fn domain_settings(settings: &DomainSettings) -> wit::DomainSettings {
    let sim_swap = settings.sim_swap.map(sim_swap_policy);
    wit::DomainSettings { sim_swap, fallback_after: settings.fallback_after }
}

pub(super) fn domain_change(change: &DomainChange) -> wit::DomainChange {
    wit::DomainChange {
        name: match &change.name {
            Edit::Keep => wit::TextEdit::Keep,
            Edit::Clear => wit::TextEdit::Clear,
            Edit::Set(name) => wit::TextEdit::Set(name.clone()),
        },
        sim_swap: match &change.sim_swap {
            Edit::Keep => wit::SimSwapEdit::Keep,
            Edit::Clear => wit::SimSwapEdit::Clear,
            Edit::Set(change) => wit::SimSwapEdit::Change(wit::SimSwapChange {
                max_age_hours: number_edit(change.max_age_hours),
                on_swapped: action_edit(change.on_swapped),
                on_unknown: action_edit(change.on_unknown),
            }),
        },
        fallback_after: number_edit(change.fallback_after),
    }
}

pub(super) fn new_user(user: &NewUser) -> wit::NewUser {
    wit::NewUser {
        user_id: user.user_id.as_str().to_owned(),
        secret: user.secret.as_ref().map(|secret| secret.expose_bytes().to_vec()),
        accept_short_secret: user.accept_short_secret,
        parameters: Some(parameters(user.parameters)),
        account_name: user.account_name.clone(),
        return_secret: user.return_secret,
    }
}

pub(super) fn new_enrolment(new: &NewEnrolment) -> wit::NewEnrolment {
    wit::NewEnrolment {
        user_id: new.user_id.as_str().to_owned(),
        secret: new.secret.as_ref().map(|secret| secret.expose_bytes().to_vec()),
        accept_short_secret: new.accept_short_secret,
        parameters: new.parameters.map(parameters),
        account_name: new.account_name.clone(),
        revoke: new.revoke,
    }
}

pub(super) fn send_request(request: &SendRequest) -> wit::SendRequest {
    let destination = request.traffic.destination.as_ref().map(|known| wit::Destination {
        region: known.region.as_ref().map(ToString::to_string),
        premium: known.premium,
    });
    wit::SendRequest {
        domain: request.domain.to_string(),
        channels: request.channels.iter().copied().map(channel).collect(),
        recipient: request.recipient.as_str().to_owned(),
        other_recipient: request.other_recipient.as_ref().map(|other| other.as_str().to_owned()),
        fallback_after: request.fallback_after,
        template: request.template.as_ref().map(|template| template.as_str().to_owned()),
        language: Some(request.language.tag().to_owned()),
        policy: Some(codes::Policy {
            length: request.policy.length(),
            alphabet: match request.policy.alphabet() {
                Alphabet::Digits => codes::Alphabet::Digits,
                Alphabet::Letters => codes::Alphabet::Letters,
                Alphabet::Alphanumeric => codes::Alphabet::Alphanumeric,
                Alphabet::Unambiguous => codes::Alphabet::Unambiguous,
            },
        }),
        lifetime: request.lifetime,
        context: request.context.as_ref().map(context),
        ending: match &request.ending {
            Ending::None => messages::Ending::None,
            Ending::OriginBound { host } => messages::Ending::OriginBound(host.as_str().to_owned()),
            Ending::AndroidAppHash { hash } => {
                messages::Ending::AndroidAppHash(hash.as_str().to_owned())
            }
        },
        sim_swap: request.sim_swap.map(sim_swap_policy),
        client: request.traffic.client.map(|client| client.representative().to_string()),
        api_key: request.traffic.api_key.clone(),
        destination,
    }
}

pub(super) fn context(context: &TransactionContext) -> Vec<Field> {
    let field = |(name, value): (&str, &str)| Field { name: name.into(), value: value.into() };
    context.fields().map(field).collect()
}

pub(super) fn channel(channel: Channel) -> delivery::Channel {
    match channel {
        Channel::Sms => delivery::Channel::Sms,
        Channel::Voice => delivery::Channel::Voice,
        Channel::Email => delivery::Channel::Email,
    }
}

/// `None` for one that these interfaces do not know.
pub(super) fn delivery_state(state: DeliveryState) -> Option<wit::DeliveryState> {
    Some(match state {
        DeliveryState::Queued => wit::DeliveryState::Queued,
        DeliveryState::Sent => wit::DeliveryState::Sent,
        DeliveryState::Delivered => wit::DeliveryState::Delivered,
        DeliveryState::Failed => wit::DeliveryState::Failed,
        DeliveryState::Expired => wit::DeliveryState::Expired,
        _ => return None,
    })
}

fn sim_swap_policy(policy: SimSwapPolicy) -> wit::SimSwapPolicy {
    wit::SimSwapPolicy {
        max_age_hours: policy.max_age_hours,
        on_swapped: action(policy.on_swapped),
        on_unknown: action(policy.on_unknown),
    }
}

fn action(action: SimSwapAction) -> wit::SimSwapAction {
    match action {
        SimSwapAction::Refuse => wit::SimSwapAction::Refuse,
        SimSwapAction::Flag => wit::SimSwapAction::Flag,
        SimSwapAction::NextChannel => wit::SimSwapAction::NextChannel,
    }
}

fn number_edit<T: Into<u64>>(edit: Edit<T>) -> wit::NumberEdit {
    match edit {
        Edit::Keep => wit::NumberEdit::Keep,
        Edit::Clear => wit::NumberEdit::Clear,
        Edit::Set(number) => wit::NumberEdit::Set(number.into()),
    }
}

fn action_edit(edit: Edit<SimSwapAction>) -> wit::ActionEdit {
    match edit {
        Edit::Keep => wit::ActionEdit::Keep,
        Edit::Clear => wit::ActionEdit::Clear,
        Edit::Set(it) => wit::ActionEdit::Set(action(it)),
    }
}

fn parameters(parameters: TotpParameters) -> totp::Parameters {
    totp::Parameters {
        algorithm: match parameters.algorithm {
            Algorithm::Sha1 => types::Algorithm::Sha1,
            Algorithm::Sha256 => types::Algorithm::Sha256,
            Algorithm::Sha512 => types::Algorithm::Sha512,
        },
        digits: parameters.digits.into(),
        period: parameters.period.into(),
    }
}
