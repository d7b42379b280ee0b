//! The flows by their names.

use std::{collections::HashMap, sync::Arc};

use keyfob::{
    Secret,
    service::{
        AccountId, Flow, FlowPorts, MessageId, OtpId, Phone, Recipient, Service, ServiceError,
    },
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    answer::{self, Found},
    flow::{Random, source},
    request,
};
use crate::{
    message::{channel, context},
    number::hours,
    thrown::{At, Result},
};

/// A flow and what it is given, as JSON has it. A secret is never text: it comes beside.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum Given {
    CreateDomain { options: request::NewDomain },
    ChangeDomain { domain: String, change: request::Change },
    ViewDomain { domain: String },
    CreateUser { domain: String, user_id: String, options: request::User },
    OpenEnrolment { domain: String, user_id: String, options: request::Device },
    ViewEnrolment { ticket: String },
    ConfirmEnrolment { ticket: String, code: String },
    VerifyTotp { domain: String, user_id: String, code: String },
    ViewUser { domain: String, user_id: String },
    DeleteUser { domain: String, user_id: String },
    EraseUser { domain: String, user_id: String },
    Send { request: Box<request::Send> },
    Resend { otp_id: String, options: Resending },
    Verify { otp_id: String, code: String, options: Judging },
    Cancel { otp_id: String },
    ViewChallenge { otp_id: String },
    DeliveryReport { otp_id: String, message_id: String, channel: String, state: String },
    Wanted { otp_id: String, message_id: String },
    FallBack { otp_id: String, message_id: String, channel: String },
    EraseRecipient { domain: String, to: String },
    CheckSimSwap { phone: String, max_age_hours: Option<f64> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resending {
    channel: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Judging {
    context: Option<HashMap<String, String>>,
}

impl Given {
    /// The flow, which starts nothing yet.
    pub(super) fn flow(self, start: Start, secret: Option<Secret>) -> Begun {
        match self {
            Self::CreateDomain { options } => create_domain(start, options),
            Self::ChangeDomain { domain, change } => change_domain(start, &domain, change),
            Self::ViewDomain { domain } => view_domain(start, &domain),
            Self::CreateUser { domain, user_id, options } => {
                create_user(start, &domain, &user_id, options, secret)
            }
            Self::OpenEnrolment { domain, user_id, options } => {
                open_enrolment(start, &domain, &user_id, options, secret)
            }
            Self::ViewEnrolment { ticket } => view_enrolment(start, &ticket),
            Self::ConfirmEnrolment { ticket, code } => confirm_enrolment(start, &ticket, code),
            Self::VerifyTotp { domain, user_id, code } => {
                verify_totp(start, &domain, &user_id, code)
            }
            Self::ViewUser { domain, user_id } => view_user(start, &domain, &user_id),
            Self::DeleteUser { domain, user_id } => delete_user(start, &domain, &user_id),
            Self::EraseUser { domain, user_id } => erase_user(start, &domain, &user_id),
            Self::Send { request } => send(start, *request),
            Self::Resend { otp_id, options } => resend(start, &otp_id, &options),
            Self::Verify { otp_id, code, options } => verify(start, &otp_id, code, options),
            Self::Cancel { otp_id } => cancel(start, &otp_id),
            Self::ViewChallenge { otp_id } => view_challenge(start, &otp_id),
            Self::DeliveryReport { otp_id, message_id, channel, state } => {
                delivery_report(start, [&otp_id, &message_id], &channel, &state)
            }
            Self::Wanted { otp_id, message_id } => wanted(start, [&otp_id, &message_id]),
            Self::FallBack { otp_id, message_id, channel } => {
                fall_back(start, [&otp_id, &message_id], &channel)
            }
            Self::EraseRecipient { domain, to } => erase_recipient(start, &domain, &to),
            Self::CheckSimSwap { phone, max_age_hours } => {
                check_sim_swap(start, &phone, max_age_hours)
            }
        }
    }
}

/// What every flow starts with.
pub(super) struct Start {
    pub(super) service: Arc<Service>,
    pub(super) account: AccountId,
    pub(super) random: Option<Random>,
}

impl Start {
    fn flow<B, F>(self, body: B) -> Flow<Found>
    where
        B: FnOnce(Arc<Service>, FlowPorts, AccountId) -> F,
        F: Future<Output = Result<Found, ServiceError>> + Send + 'static,
    {
        let Self { service, account, random } = self;
        Flow::new(service, source(random), |service, ports| body(service, ports, account))
    }
}

type Begun = Result<Flow<Found>>;

fn create_domain(start: Start, mut new: request::NewDomain) -> Begun {
    let settings = new.settings()?;
    Ok(start.flow(async move |service, ports, account| {
        let name = new.name.as_deref();
        let domain = service.create_domain_with(&ports, account, name, settings).await?;
        Ok(Value::from(domain.to_string()).into())
    }))
}

fn change_domain(start: Start, domain: &str, change: request::Change) -> Begun {
    let (domain, change) = (request::domain(domain)?, change.change()?);
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::domain(&service.change_domain(&ports, account, domain, &change).await?))
    }))
}

fn view_domain(start: Start, domain: &str) -> Begun {
    let domain = request::domain(domain)?;
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::domain(&service.view_domain(&ports, account, domain).await?))
    }))
}

fn create_user(
    start: Start,
    domain: &str,
    user_id: &str,
    options: request::User,
    secret: Option<Secret>,
) -> Begun {
    let (domain, user) = (request::domain(domain)?, options.user(user_id, secret)?);
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::created(service.create_user(&ports, account, domain, &user).await?))
    }))
}

fn open_enrolment(
    start: Start,
    domain: &str,
    user_id: &str,
    options: request::Device,
    secret: Option<Secret>,
) -> Begun {
    let (domain, new) = (request::domain(domain)?, options.enrolment(user_id, secret)?);
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::open_enrolment(&service.open_enrolment(&ports, account, domain, &new).await?))
    }))
}

fn view_enrolment(start: Start, ticket: &str) -> Begun {
    let ticket = request::ticket(ticket)?;
    Ok(start.flow(async move |service, ports, _| {
        Ok(answer::enrolment(service.view_enrolment(&ports, &ticket).await?))
    }))
}

fn confirm_enrolment(start: Start, ticket: &str, code: String) -> Begun {
    let ticket = request::ticket(ticket)?;
    Ok(start.flow(async move |service, ports, _| {
        Ok(answer::verdict(&service.confirm_enrolment(&ports, &ticket, &code).await?))
    }))
}

fn verify_totp(start: Start, domain: &str, user_id: &str, code: String) -> Begun {
    let (domain, user) = (request::domain(domain)?, request::user_id(user_id)?);
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::verdict(&service.verify_totp(&ports, account, domain, &user, &code).await?))
    }))
}

fn view_user(start: Start, domain: &str, user_id: &str) -> Begun {
    let (domain, user) = (request::domain(domain)?, request::user_id(user_id)?);
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::user(&service.view_user(&ports, account, domain, &user).await?))
    }))
}

fn delete_user(start: Start, domain: &str, user_id: &str) -> Begun {
    let (domain, user) = (request::domain(domain)?, request::user_id(user_id)?);
    Ok(start.flow(async move |service, ports, account| {
        service.delete_user(&ports, account, domain, &user).await.map(Found::from)
    }))
}

fn erase_user(start: Start, domain: &str, user_id: &str) -> Begun {
    let (domain, user) = (request::domain(domain)?, request::user_id(user_id)?);
    Ok(start.flow(async move |service, ports, account| {
        service.erase_user(&ports, account, domain, &user).await.map(Found::from)
    }))
}

fn send(start: Start, request: request::Send) -> Begun {
    let request = request.request()?;
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::sent(&service.send(&ports, account, &request).await?))
    }))
}

fn resend(start: Start, otp_id: &str, options: &Resending) -> Begun {
    let otp_id = request::otp_id(otp_id)?;
    let channel = options.channel.as_deref().map(channel).transpose()?;
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::sent(&service.resend(&ports, account, otp_id, channel).await?))
    }))
}

fn verify(start: Start, otp_id: &str, code: String, options: Judging) -> Begun {
    let (otp_id, context) = (request::otp_id(otp_id)?, context(options.context)?);
    Ok(start.flow(async move |service, ports, account| {
        let judged = service.verify(&ports, account, otp_id, &code, context.as_ref()).await;
        Ok(answer::verdict(&judged?))
    }))
}

fn cancel(start: Start, otp_id: &str) -> Begun {
    let otp_id = request::otp_id(otp_id)?;
    Ok(start.flow(async move |service, ports, account| {
        service.cancel(&ports, account, otp_id).await.map(Found::from)
    }))
}

fn view_challenge(start: Start, otp_id: &str) -> Begun {
    let otp_id = request::otp_id(otp_id)?;
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::challenge(&service.view_challenge(&ports, account, otp_id).await?))
    }))
}

fn delivery_report(start: Start, of: [&str; 2], channel: &str, state: &str) -> Begun {
    let (otp_id, id) = message(of)?;
    let (channel, state) = (self::channel(channel)?, request::delivery_state(state)?);
    Ok(start.flow(async move |service, ports, account| {
        let news = service.delivery_report(&ports, account, otp_id, id, channel, state).await?;
        Ok(Value::from(news).into())
    }))
}

fn wanted(start: Start, of: [&str; 2]) -> Begun {
    let (otp_id, id) = message(of)?;
    Ok(start.flow(async move |service, ports, account| {
        let wanted = service.wanted(&ports, account, otp_id, id).await?;
        Ok(Value::from(wanted.code()).into())
    }))
}

fn fall_back(start: Start, of: [&str; 2], channel: &str) -> Begun {
    let (otp_id, id) = message(of)?;
    let channel = self::channel(channel)?;
    Ok(start.flow(async move |service, ports, account| {
        Ok(answer::way(&service.fall_back(&ports, account, otp_id, id, channel).await?))
    }))
}

fn erase_recipient(start: Start, domain: &str, to: &str) -> Begun {
    let domain = request::domain(domain)?;
    let recipient = Recipient::parse_any(to).map_err(|error| error.at("to"))?;
    Ok(start.flow(async move |service, ports, account| {
        service.erase_recipient(&ports, account, domain, &recipient).await.map(Found::from)
    }))
}

fn check_sim_swap(start: Start, phone: &str, max_age_hours: Option<f64>) -> Begun {
    let phone = Phone::parse(phone).map_err(|error| error.at("phone"))?;
    let hours = max_age_hours.map(hours);
    Ok(start.flow(async move |service, ports, account| {
        let check = service.check_sim_swap(&ports, account, &phone, hours).await?;
        Ok(answer::sim_swap_check(&check))
    }))
}

/// A message of a code, by the ids of both.
fn message([otp_id, message_id]: [&str; 2]) -> Result<(OtpId, MessageId)> {
    Ok((request::otp_id(otp_id)?, request::message_id(message_id)?))
}
