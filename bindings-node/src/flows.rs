//! The flows by their names.

use std::{collections::HashMap, sync::Arc};

use keyfob::{
    Secret,
    service::{AccountId, Channel, Flow, FlowPorts, Phone, Recipient, Service, ServiceError},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    messages,
    number::hours,
    request,
    service::{Random, source},
    thrown::{At, Result, invalid},
    view,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserOf {
    domain: String,
    user_id: String,
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ticket {
    ticket: String,
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Domain {
    domain: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Challenge {
    otp_id: String,
    #[serde(default)]
    code: String,
    channel: Option<String>,
    context: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OneMessage {
    otp_id: String,
    message_id: String,
    channel: Option<String>,
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erased {
    domain: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Number {
    phone: String,
    max_age_hours: Option<f64>,
}

/// What a flow is given: its name, its arguments as JSON, and a secret that was never text.
pub(crate) struct Given<'a> {
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a str,
    pub(crate) secret: Option<Secret>,
}

pub(crate) fn begin(
    service: Arc<Service>,
    random: Option<Random>,
    account: AccountId,
    given: Given<'_>,
) -> Result<Flow<Value>> {
    let start = Start { service, random };
    let arguments = Arguments(given.arguments);
    match given.name {
        "createDomain" => create_domain(start, account, arguments),
        "viewDomain" => view_domain(start, account, arguments),
        "createUser" => create_user(start, account, arguments, given.secret),
        "openEnrolment" => open_enrolment(start, account, arguments, given.secret),
        "viewEnrolment" => view_enrolment(start, arguments),
        "confirmEnrolment" => confirm_enrolment(start, arguments),
        "verifyTotp" => verify_totp(start, account, arguments),
        "viewUser" => view_user(start, account, arguments),
        "deleteUser" => delete_user(start, account, arguments),
        "eraseUser" => erase_user(start, account, arguments),
        "send" => send(start, account, arguments),
        "resend" => resend(start, account, arguments),
        "verify" => verify(start, account, arguments),
        "cancel" => cancel(start, account, arguments),
        "viewChallenge" => view_challenge(start, account, arguments),
        "deliveryReport" => delivery_report(start, account, arguments),
        "wanted" => wanted(start, account, arguments),
        "fallBack" => fall_back(start, account, arguments),
        "eraseRecipient" => erase_recipient(start, account, arguments),
        "checkSimSwap" => check_sim_swap(start, account, arguments),
        _ => Err(invalid("flow", "the name of a flow")),
    }
}

struct Start {
    service: Arc<Service>,
    random: Option<Random>,
}

impl Start {
    fn flow<B, F>(self, body: B) -> Flow<Value>
    where
        B: FnOnce(Arc<Service>, FlowPorts) -> F,
        F: Future<Output = Result<Value, ServiceError>> + Send + 'static,
    {
        Flow::new(self.service, source(self.random), body)
    }
}

struct Arguments<'a>(&'a str);

impl Arguments<'_> {
    fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        request::read("options", self.0)
    }
}

type Begun = Result<Flow<Value>>;

fn create_domain(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let mut new: request::NewDomain = arguments.read()?;
    let settings = new.settings()?;
    Ok(start.flow(async move |service, ports| {
        let name = new.name.as_deref();
        let domain = service.create_domain_with(&ports, account, name, settings).await?;
        Ok(domain.to_string().into())
    }))
}

fn view_domain(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let Domain { domain } = arguments.read()?;
    let domain = request::domain(&domain)?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::domain(&service.view_domain(&ports, account, domain).await?))
    }))
}

fn create_user(
    start: Start,
    account: AccountId,
    arguments: Arguments<'_>,
    secret: Option<Secret>,
) -> Begun {
    let (domain, user) = arguments.read::<request::Enrol>()?.user(secret)?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::created(&service.create_user(&ports, account, domain, &user).await?))
    }))
}

fn open_enrolment(
    start: Start,
    account: AccountId,
    arguments: Arguments<'_>,
    secret: Option<Secret>,
) -> Begun {
    let (domain, new) = arguments.read::<request::Enrol>()?.enrolment(secret)?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::open_enrolment(&service.open_enrolment(&ports, account, domain, &new).await?))
    }))
}

fn view_enrolment(start: Start, arguments: Arguments<'_>) -> Begun {
    let Ticket { ticket, .. } = arguments.read()?;
    let ticket = request::ticket(&ticket)?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::enrolment(&service.view_enrolment(&ports, &ticket).await?))
    }))
}

fn confirm_enrolment(start: Start, arguments: Arguments<'_>) -> Begun {
    let Ticket { ticket, code } = arguments.read()?;
    let ticket = request::ticket(&ticket)?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::verdict(&service.confirm_enrolment(&ports, &ticket, &code).await?))
    }))
}

fn verify_totp(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let UserOf { domain, user_id, code } = arguments.read()?;
    let (domain, user) = (request::domain(&domain)?, request::user_id(&user_id)?);
    Ok(start.flow(async move |service, ports| {
        Ok(view::verdict(&service.verify_totp(&ports, account, domain, &user, &code).await?))
    }))
}

fn view_user(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let UserOf { domain, user_id, .. } = arguments.read()?;
    let (domain, user) = (request::domain(&domain)?, request::user_id(&user_id)?);
    Ok(start.flow(async move |service, ports| {
        Ok(view::user(&service.view_user(&ports, account, domain, &user).await?))
    }))
}

fn delete_user(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let UserOf { domain, user_id, .. } = arguments.read()?;
    let (domain, user) = (request::domain(&domain)?, request::user_id(&user_id)?);
    Ok(start.flow(async move |service, ports| {
        service.delete_user(&ports, account, domain, &user).await?;
        Ok(Value::Null)
    }))
}

fn erase_user(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let UserOf { domain, user_id, .. } = arguments.read()?;
    let (domain, user) = (request::domain(&domain)?, request::user_id(&user_id)?);
    Ok(start.flow(async move |service, ports| {
        service.erase_user(&ports, account, domain, &user).await?;
        Ok(Value::Null)
    }))
}

fn send(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let request = arguments.read::<request::Send>()?.request()?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::sent(&service.send(&ports, account, &request).await?))
    }))
}

fn resend(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let Challenge { otp_id, channel, .. } = arguments.read()?;
    let (otp_id, channel) = (request::otp_id(&otp_id)?, self::channel(channel.as_deref())?);
    Ok(start.flow(async move |service, ports| {
        Ok(view::sent(&service.resend(&ports, account, otp_id, channel).await?))
    }))
}

fn verify(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let Challenge { otp_id, code, context, .. } = arguments.read()?;
    let (otp_id, context) = (request::otp_id(&otp_id)?, request::context(context)?);
    Ok(start.flow(async move |service, ports| {
        let judged = service.verify(&ports, account, otp_id, &code, context.as_ref()).await;
        Ok(view::verdict(&judged?))
    }))
}

fn cancel(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let Challenge { otp_id, .. } = arguments.read()?;
    let otp_id = request::otp_id(&otp_id)?;
    Ok(start.flow(async move |service, ports| {
        service.cancel(&ports, account, otp_id).await?;
        Ok(Value::Null)
    }))
}

fn view_challenge(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let Challenge { otp_id, .. } = arguments.read()?;
    let otp_id = request::otp_id(&otp_id)?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::challenge(&service.view_challenge(&ports, account, otp_id).await?))
    }))
}

fn delivery_report(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let given: OneMessage = arguments.read()?;
    let (otp_id, id) = (request::otp_id(&given.otp_id)?, request::message_id(&given.message_id)?);
    let channel = required_channel(given.channel.as_deref())?;
    let state = request::delivery_state(&given.state)?;
    Ok(start.flow(async move |service, ports| {
        let news = service.delivery_report(&ports, account, otp_id, id, channel, state).await?;
        Ok(news.into())
    }))
}

fn wanted(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let given: OneMessage = arguments.read()?;
    let (otp_id, id) = (request::otp_id(&given.otp_id)?, request::message_id(&given.message_id)?);
    Ok(start.flow(async move |service, ports| {
        Ok(service.wanted(&ports, account, otp_id, id).await?.code().into())
    }))
}

fn fall_back(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let given: OneMessage = arguments.read()?;
    let (otp_id, id) = (request::otp_id(&given.otp_id)?, request::message_id(&given.message_id)?);
    let channel = required_channel(given.channel.as_deref())?;
    Ok(start.flow(async move |service, ports| {
        Ok(view::way(&service.fall_back(&ports, account, otp_id, id, channel).await?))
    }))
}

fn erase_recipient(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let Erased { domain, to } = arguments.read()?;
    let domain = request::domain(&domain)?;
    let recipient = Recipient::parse_any(&to).map_err(|error| error.at("to"))?;
    Ok(start.flow(async move |service, ports| {
        service.erase_recipient(&ports, account, domain, &recipient).await?;
        Ok(Value::Null)
    }))
}

fn check_sim_swap(start: Start, account: AccountId, arguments: Arguments<'_>) -> Begun {
    let Number { phone, max_age_hours } = arguments.read()?;
    let phone = Phone::parse(&phone).map_err(|error| error.at("phone"))?;
    let hours = max_age_hours.map(hours);
    Ok(start.flow(async move |service, ports| {
        let check = service.check_sim_swap(&ports, account, &phone, hours).await?;
        Ok(view::sim_swap_check(&check))
    }))
}

fn channel(name: Option<&str>) -> Result<Option<Channel>> {
    name.map(messages::channel).transpose()
}

fn required_channel(name: Option<&str>) -> Result<Channel> {
    messages::channel(name.unwrap_or_default())
}
