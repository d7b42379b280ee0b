//! The flows, started one by one and driven by `../../js/service.js`.

mod answer;
mod flow;
mod policy;
mod request;

use alloc::{string::String, sync::Arc, vec::Vec};

use keyfob::service::{
    AccountId, Channel, DeliveryState, DomainId, FlowPorts, KeyRing, MasterKey, MessageId, OtpId,
    Phone, Recipient, ServiceError, Ticket, UserId,
};
use wasm_bindgen::prelude::*;

use crate::{given::Given, message::optional_context, refusal::Blame};
use answer::Thrown;
use flow::Flow;

/// The keys, as they are gathered.
#[wasm_bindgen(js_name = RawKeys)]
pub struct Keys(MasterKey, Vec<(u32, MasterKey)>);

#[wasm_bindgen(js_class = RawKeys)]
impl Keys {
    #[wasm_bindgen(constructor)]
    pub fn new(root: &[u8]) -> Result<Keys, JsValue> {
        Ok(Self(MasterKey::from_bytes(root).blame("keys.root")?, Vec::new()))
    }

    /// Adds a sealing key; the last one seals.
    pub fn add(&mut self, id: u32, key: &[u8]) -> Result<(), JsValue> {
        let key = MasterKey::from_bytes(key).blame("keys.sealing.key")?;
        self.1.push((id, key));
        Ok(())
    }
}

#[wasm_bindgen(js_name = RawService)]
pub struct Service(Arc<keyfob::service::Service>);

/// Each method starts nothing yet: it checks what it was given and makes the flow.
#[wasm_bindgen(js_class = RawService)]
impl Service {
    #[wasm_bindgen(constructor)]
    pub fn new(keys: &mut Keys, policy: JsValue, replay_floor: f64) -> Result<Service, JsValue> {
        let ring = KeyRing::from_keys(&keys.0, keys.1.drain(..)).blame("keys.sealing")?;
        let policy = policy::read(&Given::new(policy))?;
        Ok(Self(Arc::new(keyfob::service::Service::new(ring, policy, replay_floor as u64))))
    }

    #[wasm_bindgen(js_name = createDomain)]
    pub fn create_domain(&self, account: &str, options: JsValue) -> Result<Flow, JsValue> {
        let (account, options) = (self::account(account)?, Given::new(options));
        let name = options.text("name");
        let settings = request::settings(&options)?;
        Ok(self.flow(async move |service, ports| {
            let domain =
                service.create_domain_with(&ports, account, name.as_deref(), settings).await?;
            Ok(answer::text(&domain).into())
        }))
    }

    #[wasm_bindgen(js_name = changeDomain)]
    pub fn change_domain(
        &self,
        account: &str,
        domain: &str,
        change: JsValue,
    ) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let change = request::change(&Given::new(change))?;
        Ok(self.flow(async move |service, ports| {
            Ok(answer::domain(&service.change_domain(&ports, account, domain, &change).await?))
        }))
    }

    #[wasm_bindgen(js_name = viewDomain)]
    pub fn view_domain(&self, account: &str, domain: &str) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        Ok(self.flow(async move |service, ports| {
            Ok(answer::domain(&service.view_domain(&ports, account, domain).await?))
        }))
    }

    #[wasm_bindgen(js_name = createUser)]
    pub fn create_user(
        &self,
        account: &str,
        domain: &str,
        user_id: &str,
        secret: Option<crate::secret::Secret>,
        options: JsValue,
    ) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let user = request::user(user_id, secret, &Given::new(options))?;
        Ok(self.flow(async move |service, ports| {
            Ok(answer::created(service.create_user(&ports, account, domain, &user).await?))
        }))
    }

    #[wasm_bindgen(js_name = openEnrolment)]
    pub fn open_enrolment(
        &self,
        account: &str,
        domain: &str,
        user_id: &str,
        secret: Option<crate::secret::Secret>,
        options: JsValue,
    ) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let new = request::enrolment(user_id, secret, &Given::new(options))?;
        Ok(self.flow(async move |service, ports| {
            Ok(answer::opened(&service.open_enrolment(&ports, account, domain, &new).await?))
        }))
    }

    #[wasm_bindgen(js_name = viewEnrolment)]
    pub fn view_enrolment(&self, ticket: &str) -> Result<Flow, JsValue> {
        let ticket = Ticket::parse(ticket).thrown()?;
        Ok(self.flow(async move |service, ports| {
            Ok(answer::enrolment(service.view_enrolment(&ports, &ticket).await?))
        }))
    }

    #[wasm_bindgen(js_name = confirmEnrolment)]
    pub fn confirm_enrolment(&self, ticket: &str, code: &str) -> Result<Flow, JsValue> {
        let (ticket, code) = (Ticket::parse(ticket).thrown()?, String::from(code));
        Ok(self.flow(async move |service, ports| {
            service.confirm_enrolment(&ports, &ticket, &code).await.map(answer::verdict)
        }))
    }

    #[wasm_bindgen(js_name = verifyTotp)]
    pub fn verify_totp(
        &self,
        account: &str,
        domain: &str,
        user_id: &str,
        code: &str,
    ) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let (user_id, code) = (self::user_id(user_id)?, String::from(code));
        Ok(self.flow(async move |service, ports| {
            let judged = service.verify_totp(&ports, account, domain, &user_id, &code).await;
            judged.map(answer::verdict)
        }))
    }

    #[wasm_bindgen(js_name = viewUser)]
    pub fn view_user(&self, account: &str, domain: &str, user_id: &str) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let user_id = self::user_id(user_id)?;
        Ok(self.flow(async move |service, ports| {
            Ok(answer::user(&service.view_user(&ports, account, domain, &user_id).await?))
        }))
    }

    #[wasm_bindgen(js_name = deleteUser)]
    pub fn delete_user(&self, account: &str, domain: &str, user_id: &str) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let user_id = self::user_id(user_id)?;
        Ok(self.flow(async move |service, ports| {
            service.delete_user(&ports, account, domain, &user_id).await.map(nothing)
        }))
    }

    #[wasm_bindgen(js_name = eraseUser)]
    pub fn erase_user(&self, account: &str, domain: &str, user_id: &str) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let user_id = self::user_id(user_id)?;
        Ok(self.flow(async move |service, ports| {
            service.erase_user(&ports, account, domain, &user_id).await.map(nothing)
        }))
    }

    pub fn send(&self, account: &str, request: JsValue) -> Result<Flow, JsValue> {
        let account = self::account(account)?;
        let request = request::send(&Given::new(request))?;
        Ok(self.flow(async move |service, ports| {
            Ok(answer::sent(&service.send(&ports, account, &request).await?))
        }))
    }

    pub fn resend(&self, account: &str, otp_id: &str, options: JsValue) -> Result<Flow, JsValue> {
        let (account, otp_id) = (self::account(account)?, self::otp_id(otp_id)?);
        let channel = Given::new(options).text("channel");
        let channel = channel.as_deref().map(self::channel).transpose()?;
        Ok(self.flow(async move |service, ports| {
            Ok(answer::sent(&service.resend(&ports, account, otp_id, channel).await?))
        }))
    }

    pub fn verify(
        &self,
        account: &str,
        otp_id: &str,
        code: &str,
        options: JsValue,
    ) -> Result<Flow, JsValue> {
        let (account, otp_id) = (self::account(account)?, self::otp_id(otp_id)?);
        let code = String::from(code);
        let context = optional_context(&Given::new(options))?;
        Ok(self.flow(async move |service, ports| {
            let judged = service.verify(&ports, account, otp_id, &code, context.as_ref()).await;
            judged.map(answer::verdict)
        }))
    }

    pub fn cancel(&self, account: &str, otp_id: &str) -> Result<Flow, JsValue> {
        let (account, otp_id) = (self::account(account)?, self::otp_id(otp_id)?);
        Ok(self.flow(async move |service, ports| {
            service.cancel(&ports, account, otp_id).await.map(nothing)
        }))
    }

    #[wasm_bindgen(js_name = viewChallenge)]
    pub fn view_challenge(&self, account: &str, otp_id: &str) -> Result<Flow, JsValue> {
        let (account, otp_id) = (self::account(account)?, self::otp_id(otp_id)?);
        Ok(self.flow(async move |service, ports| {
            Ok(answer::challenge(&service.view_challenge(&ports, account, otp_id).await?))
        }))
    }

    #[wasm_bindgen(js_name = deliveryReport)]
    pub fn delivery_report(
        &self,
        account: &str,
        otp_id: &str,
        message_id: &str,
        channel: &str,
        state: &str,
    ) -> Result<Flow, JsValue> {
        let (account, otp_id) = (self::account(account)?, self::otp_id(otp_id)?);
        let message: MessageId = message_id.parse().blame("messageId")?;
        let channel = self::channel(channel)?;
        let state: DeliveryState = state.parse().blame("state")?;
        Ok(self.flow(async move |service, ports| {
            let noted =
                service.delivery_report(&ports, account, otp_id, message, channel, state).await;
            noted.map(JsValue::from)
        }))
    }

    pub fn wanted(&self, account: &str, otp_id: &str, message_id: &str) -> Result<Flow, JsValue> {
        let (account, otp_id) = (self::account(account)?, self::otp_id(otp_id)?);
        let message: MessageId = message_id.parse().blame("messageId")?;
        Ok(self.flow(async move |service, ports| {
            let wanted = service.wanted(&ports, account, otp_id, message).await?;
            Ok(wanted.code().into())
        }))
    }

    #[wasm_bindgen(js_name = fallBack)]
    pub fn fall_back(
        &self,
        account: &str,
        otp_id: &str,
        message_id: &str,
        channel: &str,
    ) -> Result<Flow, JsValue> {
        let (account, otp_id) = (self::account(account)?, self::otp_id(otp_id)?);
        let message: MessageId = message_id.parse().blame("messageId")?;
        let channel = self::channel(channel)?;
        Ok(self.flow(async move |service, ports| {
            let way = service.fall_back(&ports, account, otp_id, message, channel).await?;
            Ok(answer::way(&way))
        }))
    }

    #[wasm_bindgen(js_name = eraseRecipient)]
    pub fn erase_recipient(&self, account: &str, domain: &str, to: &str) -> Result<Flow, JsValue> {
        let (account, domain) = (self::account(account)?, self::domain(domain)?);
        let recipient = Recipient::parse_any(to).blame("to")?;
        Ok(self.flow(async move |service, ports| {
            service.erase_recipient(&ports, account, domain, &recipient).await.map(nothing)
        }))
    }

    #[wasm_bindgen(js_name = checkSimSwap)]
    pub fn check_sim_swap(
        &self,
        account: &str,
        phone: &str,
        max_age_hours: Option<f64>,
    ) -> Result<Flow, JsValue> {
        let (account, phone) = (self::account(account)?, Phone::parse(phone).blame("phone")?);
        let hours = max_age_hours.map(request::hours);
        Ok(self.flow(async move |service, ports| {
            let check = service.check_sim_swap(&ports, account, &phone, hours).await?;
            Ok(answer::sim_swap_check(&check))
        }))
    }
}

impl Service {
    fn flow<F>(&self, body: impl FnOnce(Arc<keyfob::service::Service>, FlowPorts) -> F) -> Flow
    where
        F: Future<Output = Result<JsValue, ServiceError>> + Send + 'static,
    {
        Flow::new(keyfob::service::Flow::new(self.0.clone(), crate::number::entropy, body))
    }
}

/// What a flow without an answer ends in.
fn nothing((): ()) -> JsValue {
    JsValue::UNDEFINED
}

#[wasm_bindgen(js_name = checkAccount)]
pub fn check_account(text: &str) -> Result<(), JsValue> {
    account(text).map(drop)
}

#[inline(never)] // one for all methods
fn account(text: &str) -> Result<AccountId, JsValue> {
    AccountId::parse(text).thrown()
}

#[inline(never)] // one for all methods
pub fn domain(text: &str) -> Result<DomainId, JsValue> {
    DomainId::parse(text).thrown()
}

#[inline(never)] // one for all methods
fn otp_id(text: &str) -> Result<OtpId, JsValue> {
    OtpId::parse(text).thrown()
}

#[inline(never)] // one for all methods
pub fn user_id(text: &str) -> Result<UserId, JsValue> {
    UserId::parse(text).thrown()
}

#[inline(never)] // one for all methods
pub fn channel(name: &str) -> Result<Channel, JsValue> {
    name.parse().blame("channel")
}
