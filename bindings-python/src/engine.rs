//! The service: its keys and its policy, and a flow for each thing it does.

use std::sync::Arc;

use keyfob::{
    CodePolicy,
    service::{
        AccountId, DomainChange, DomainSettings, Flow as CoreFlow, FlowPorts, NewEnrolment,
        NewUser, Phone, SendRequest, Service, ServiceError, Traffic,
    },
};
use pyo3::prelude::*;

use crate::{
    argument::{
        self, Value, entropy, number, optional, owned, small, text, truth, typed, whole, word,
    },
    error::{invalid, unpicklable},
    flow::{Finish, Flow},
    messages::{context, ending, template},
    policy,
    request::{self, domain_id, edit},
    results,
};

/// What `Service` and `AsyncService` have in common: it makes the flows that they drive.
#[pyclass(frozen, module = "keyfob._native")]
pub(crate) struct Engine {
    service: Arc<Service>,
    account: AccountId,
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (root, sealing, *, policy, account, replay_floor))]
    fn new(
        root: Value<'_, '_>,
        sealing: Value<'_, '_>,
        policy: Value<'_, '_>,
        account: Value<'_, '_>,
        replay_floor: Value<'_, '_>,
    ) -> PyResult<Self> {
        let replay_floor = whole("replay_floor", replay_floor)?;
        let (keys, policy) = (request::key_ring(root, sealing)?, policy::policy(policy)?);
        let service = Arc::new(Service::new(keys, policy, replay_floor));
        Ok(Self { service, account: request::account("account", account)? })
    }

    /// The same service for another tenant.
    fn for_account(&self, account: Value<'_, '_>) -> PyResult<Self> {
        let account = request::account("account", account)?;
        Ok(Self { service: self.service.clone(), account })
    }

    #[pyo3(signature = (name, sim_swap, fallback_after))]
    fn create_domain(
        &self,
        name: Option<Value<'_, '_>>,
        sim_swap: Option<Value<'_, '_>>,
        fallback_after: Option<Value<'_, '_>>,
    ) -> PyResult<Flow> {
        let (account, name) = (self.account, optional("name", name, owned)?);
        let settings = DomainSettings {
            sim_swap: optional("sim_swap", sim_swap, request::sim_swap)?,
            fallback_after: optional("fallback_after", fallback_after, number)?,
        };
        Ok(self.flow(results::domain_id, async move |service, ports| {
            service.create_domain_with(&ports, account, name.as_deref(), settings).await
        }))
    }

    fn change_domain(
        &self,
        domain: Value<'_, '_>,
        name: Value<'_, '_>,
        sim_swap: Value<'_, '_>,
        fallback_after: Value<'_, '_>,
    ) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let change = DomainChange {
            name: edit("name", name, owned)?,
            sim_swap: edit("sim_swap", sim_swap, request::sim_swap_change)?,
            fallback_after: edit("fallback_after", fallback_after, number)?,
        };
        Ok(self.flow(results::domain, async move |service, ports| {
            service.change_domain(&ports, account, domain, &change).await
        }))
    }

    fn view_domain(&self, domain: Value<'_, '_>) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        Ok(self.flow(results::domain, async move |service, ports| {
            service.view_domain(&ports, account, domain).await
        }))
    }

    #[allow(clippy::too_many_arguments)] // as `NewUser` has them
    fn create_user(
        &self,
        domain: Value<'_, '_>,
        user_id: Value<'_, '_>,
        secret: Option<Value<'_, '_>>,
        accept_short_secret: Value<'_, '_>,
        parameters: Option<Value<'_, '_>>,
        account_name: Option<Value<'_, '_>>,
        return_secret: Value<'_, '_>,
    ) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let parameters = optional("parameters", parameters, request::parameters)?;
        let parameters = parameters.unwrap_or_default();
        let user = NewUser {
            secret: optional("secret", secret, argument::secret)?,
            accept_short_secret: truth("accept_short_secret", accept_short_secret)?,
            parameters,
            account_name: optional("account_name", account_name, owned)?,
            return_secret: truth("return_secret", return_secret)?,
            ..NewUser::new(request::user_id(user_id)?)
        };
        Ok(self.flow(results::created, async move |service, ports| {
            Ok((service.create_user(&ports, account, domain, &user).await?, parameters))
        }))
    }

    #[allow(clippy::too_many_arguments)] // as `NewEnrolment` has them
    fn open_enrolment(
        &self,
        domain: Value<'_, '_>,
        user_id: Value<'_, '_>,
        secret: Option<Value<'_, '_>>,
        accept_short_secret: Value<'_, '_>,
        parameters: Option<Value<'_, '_>>,
        account_name: Option<Value<'_, '_>>,
        revoke: Value<'_, '_>,
    ) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let new = NewEnrolment {
            secret: optional("secret", secret, argument::secret)?,
            accept_short_secret: truth("accept_short_secret", accept_short_secret)?,
            parameters: optional("parameters", parameters, request::parameters)?,
            account_name: optional("account_name", account_name, owned)?,
            revoke: truth("revoke", revoke)?,
            ..NewEnrolment::new(request::user_id(user_id)?)
        };
        Ok(self.flow(results::opened_enrolment, async move |service, ports| {
            service.open_enrolment(&ports, account, domain, &new).await
        }))
    }

    fn view_enrolment(&self, ticket: Value<'_, '_>) -> PyResult<Flow> {
        let ticket = request::ticket(ticket)?;
        Ok(self.flow(results::enrolment, async move |service, ports| {
            service.view_enrolment(&ports, &ticket).await
        }))
    }

    fn confirm_enrolment(&self, ticket: Value<'_, '_>, code: Value<'_, '_>) -> PyResult<Flow> {
        let (ticket, code) = (request::ticket(ticket)?, typed(code).to_owned());
        Ok(self.flow(results::judged, async move |service, ports| {
            service.confirm_enrolment(&ports, &ticket, &code).await
        }))
    }

    fn verify_totp(
        &self,
        domain: Value<'_, '_>,
        user_id: Value<'_, '_>,
        code: Value<'_, '_>,
    ) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let (user, code) = (request::user_id(user_id)?, typed(code).to_owned());
        Ok(self.flow(results::judged, async move |service, ports| {
            service.verify_totp(&ports, account, domain, &user, &code).await
        }))
    }

    fn view_user(&self, domain: Value<'_, '_>, user_id: Value<'_, '_>) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let user = request::user_id(user_id)?;
        Ok(self.flow(results::user, async move |service, ports| {
            service.view_user(&ports, account, domain, &user).await
        }))
    }

    fn delete_user(&self, domain: Value<'_, '_>, user_id: Value<'_, '_>) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let user = request::user_id(user_id)?;
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.delete_user(&ports, account, domain, &user).await
        }))
    }

    fn erase_user(&self, domain: Value<'_, '_>, user_id: Value<'_, '_>) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let user = request::user_id(user_id)?;
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.erase_user(&ports, account, domain, &user).await
        }))
    }

    fn erase_recipient(&self, domain: Value<'_, '_>, to: Value<'_, '_>) -> PyResult<Flow> {
        let (account, domain) = (self.account, domain_id(domain)?);
        let recipient = request::recipient("to", to)?;
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.erase_recipient(&ports, account, domain, &recipient).await
        }))
    }

    #[allow(clippy::too_many_arguments)] // as `SendRequest` has them
    fn send(
        &self,
        domain: Value<'_, '_>,
        to: Value<'_, '_>,
        channel: Value<'_, '_>,
        message: Option<Value<'_, '_>>,
        language: Option<Value<'_, '_>>,
        length: Value<'_, '_>,
        alphabet: Value<'_, '_>,
        expiry: Option<Value<'_, '_>>,
        fallback_after: Option<Value<'_, '_>>,
        context: Option<Value<'_, '_>>,
        origin: Option<Value<'_, '_>>,
        app_hash: Option<Value<'_, '_>>,
        sim_swap: Option<Value<'_, '_>>,
        client: Option<Value<'_, '_>>,
        api_key: Option<Value<'_, '_>>,
        destination: Option<Value<'_, '_>>,
    ) -> PyResult<Flow> {
        let account = self.account;
        let channels = request::channels(channel)?;
        let (recipient, other_recipient) = request::recipients(to, &channels)?;
        let (length, alphabet) = (small("length", length)?, word("alphabet", alphabet)?);
        let request = SendRequest {
            domain: domain_id(domain)?,
            channels,
            recipient,
            other_recipient,
            fallback_after: optional("fallback_after", fallback_after, number)?,
            template: optional("message", message, template)?,
            language: request::language(language)?,
            policy: CodePolicy::new(length, alphabet).map_err(invalid("length"))?,
            lifetime: optional("expiry", expiry, number)?,
            context: optional("context", context, self::context)?,
            ending: ending(origin, app_hash)?,
            sim_swap: optional("sim_swap", sim_swap, request::sim_swap)?,
            traffic: Traffic {
                client: optional("client", client, word)?,
                api_key: optional("api_key", api_key, owned)?,
                destination: optional("destination", destination, request::destination)?,
            },
        };
        Ok(self.flow(results::sent, async move |service, ports| {
            service.send(&ports, account, &request).await
        }))
    }

    fn resend(&self, otp_id: Value<'_, '_>, channel: Option<Value<'_, '_>>) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        let channel = optional("channel", channel, word)?;
        Ok(self.flow(results::sent, async move |service, ports| {
            service.resend(&ports, account, otp_id, channel).await
        }))
    }

    fn verify(
        &self,
        otp_id: Value<'_, '_>,
        code: Value<'_, '_>,
        context: Option<Value<'_, '_>>,
    ) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        let code = typed(code).to_owned();
        let context = optional("context", context, self::context)?;
        Ok(self.flow(results::judged, async move |service, ports| {
            service.verify(&ports, account, otp_id, &code, context.as_ref()).await
        }))
    }

    fn cancel(&self, otp_id: Value<'_, '_>) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.cancel(&ports, account, otp_id).await
        }))
    }

    fn view_challenge(&self, otp_id: Value<'_, '_>) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        Ok(self.flow(results::challenge, async move |service, ports| {
            service.view_challenge(&ports, account, otp_id).await
        }))
    }

    fn delivery_report(
        &self,
        otp_id: Value<'_, '_>,
        message_id: Value<'_, '_>,
        channel: Value<'_, '_>,
        state: Value<'_, '_>,
    ) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        let message = word("message_id", message_id)?;
        let (channel, state) = (word("channel", channel)?, word("state", state)?);
        Ok(self.flow(results::truth, async move |service, ports| {
            service.delivery_report(&ports, account, otp_id, message, channel, state).await
        }))
    }

    fn wanted(&self, otp_id: Value<'_, '_>, message_id: Value<'_, '_>) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        let message = word("message_id", message_id)?;
        Ok(self.flow(results::wanted, async move |service, ports| {
            service.wanted(&ports, account, otp_id, message).await
        }))
    }

    fn fall_back(
        &self,
        otp_id: Value<'_, '_>,
        message_id: Value<'_, '_>,
        channel: Value<'_, '_>,
    ) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        let (message, channel) = (word("message_id", message_id)?, word("channel", channel)?);
        Ok(self.flow(results::way, async move |service, ports| {
            service.fall_back(&ports, account, otp_id, message, channel).await
        }))
    }

    fn check_sim_swap(
        &self,
        phone: Value<'_, '_>,
        max_age_hours: Option<Value<'_, '_>>,
    ) -> PyResult<Flow> {
        let hours = optional("max_age_hours", max_age_hours, small)?;
        let phone = Phone::parse(text("phone", phone)?).map_err(invalid("phone"))?;
        let account = self.account;
        Ok(self.flow(results::sim_swap, async move |service, ports| {
            service.check_sim_swap(&ports, account, &phone, hours).await
        }))
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Engine")
    }

    #[allow(clippy::unused_self)]
    fn __repr__(&self) -> &'static str {
        "Engine(redacted)"
    }
}

impl Engine {
    /// A flow that runs `body`, and what becomes of its result in Python.
    fn flow<T: Send + 'static, F>(
        &self,
        finish: fn(Python<'_>, T) -> PyResult<Py<PyAny>>,
        body: impl FnOnce(Arc<Service>, FlowPorts) -> F,
    ) -> Flow
    where
        F: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        Flow::new(CoreFlow::new(self.service.clone(), entropy, |service, ports| {
            let result = body(service, ports);
            async move {
                let value = result.await?;
                Ok(Box::new(move |py: Python<'_>| finish(py, value)) as Finish)
            }
        }))
    }
}
