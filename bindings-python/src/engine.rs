//! The service: its keys and its policy, and a flow for each thing it does.

use std::{collections::BTreeMap, sync::Arc};

use keyfob::{
    CodePolicy, ParameterError,
    service::{
        AccountId, DomainChange, DomainSettings, Edit, Flow as CoreFlow, FlowPorts, NewEnrolment,
        NewUser, Phone, SendRequest, Service, ServiceError, Traffic, UserId,
    },
};
use pyo3::prelude::*;

use crate::{
    argument::{AlgorithmArgument, Number, SecretArgument, Small, alphabet, entropy, typed, whole},
    error::{invalid, refused, unpicklable},
    flow::{Finish, Flow},
    messages::{context, ending, template},
    policy,
    request::{self, DestinationArgument, EditArgument, ParametersArgument, SimSwapArgument, To},
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
        root: &[u8],
        sealing: BTreeMap<Number, Vec<u8>>,
        policy: &Bound<'_, PyAny>,
        account: &str,
        replay_floor: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let replay_floor = whole("replay_floor", replay_floor)?;
        let (keys, policy) = (request::key_ring(root, sealing)?, policy::policy(policy)?);
        let service = Arc::new(Service::new(keys, policy, replay_floor));
        Ok(Self { service, account: request::account(account)? })
    }

    /// The same service for another tenant.
    fn for_account(&self, account: &str) -> PyResult<Self> {
        Ok(Self { service: self.service.clone(), account: request::account(account)? })
    }

    #[pyo3(signature = (name, sim_swap, fallback_after))]
    fn create_domain(
        &self,
        name: Option<String>,
        sim_swap: Option<SimSwapArgument>,
        fallback_after: Option<Number>,
    ) -> PyResult<Flow> {
        let account = self.account;
        let fallback_after = fallback_after.map(|seconds| seconds.0);
        let settings = DomainSettings { sim_swap: request::sim_swap(sim_swap)?, fallback_after };
        Ok(self.flow(results::domain_id, async move |service, ports| {
            service.create_domain_with(&ports, account, name.as_deref(), settings).await
        }))
    }

    fn change_domain(
        &self,
        domain: &str,
        name: EditArgument<String>,
        sim_swap: EditArgument<SimSwapArgument>,
        fallback_after: EditArgument<Number>,
    ) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let change = DomainChange {
            name: name.0,
            sim_swap: request::sim_swap_edit(sim_swap)?,
            fallback_after: match fallback_after.0 {
                Edit::Keep => Edit::Keep,
                Edit::Clear => Edit::Clear,
                Edit::Set(seconds) => Edit::Set(seconds.0),
            },
        };
        Ok(self.flow(results::domain, async move |service, ports| {
            service.change_domain(&ports, account, domain, &change).await
        }))
    }

    fn view_domain(&self, domain: &str) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        Ok(self.flow(results::domain, async move |service, ports| {
            service.view_domain(&ports, account, domain).await
        }))
    }

    #[allow(clippy::too_many_arguments)] // as `NewUser` has them
    fn create_user(
        &self,
        domain: &str,
        user_id: &str,
        set_secret: Option<SecretArgument>,
        accept_short_secret: bool,
        algorithm: AlgorithmArgument,
        digits: Small,
        period: Small,
        account_name: Option<String>,
        return_secret: bool,
    ) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let parameters = request::parameters(algorithm, digits, period)?;
        let user = NewUser {
            secret: set_secret.map(|secret| secret.0),
            accept_short_secret,
            parameters,
            account_name,
            return_secret,
            ..NewUser::new(UserId::parse(user_id).map_err(refused)?)
        };
        Ok(self.flow(results::created, async move |service, ports| {
            Ok((service.create_user(&ports, account, domain, &user).await?, parameters))
        }))
    }

    #[allow(clippy::too_many_arguments)] // as `NewEnrolment` has them
    fn open_enrolment(
        &self,
        domain: &str,
        user_id: &str,
        set_secret: Option<SecretArgument>,
        accept_short_secret: bool,
        parameters: Option<ParametersArgument>,
        account_name: Option<String>,
        revoke: bool,
    ) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let new = NewEnrolment {
            secret: set_secret.map(|secret| secret.0),
            accept_short_secret,
            parameters: parameters.map(ParametersArgument::read).transpose()?,
            account_name,
            revoke,
            ..NewEnrolment::new(UserId::parse(user_id).map_err(refused)?)
        };
        Ok(self.flow(results::opened_enrolment, async move |service, ports| {
            service.open_enrolment(&ports, account, domain, &new).await
        }))
    }

    fn view_enrolment(&self, ticket: &str) -> PyResult<Flow> {
        let ticket = request::ticket(ticket)?;
        Ok(self.flow(results::enrolment, async move |service, ports| {
            service.view_enrolment(&ports, &ticket).await
        }))
    }

    fn confirm_enrolment(&self, ticket: &str, code: &Bound<'_, PyAny>) -> PyResult<Flow> {
        let (ticket, code) = (request::ticket(ticket)?, typed(code).to_owned());
        Ok(self.flow(results::judged, async move |service, ports| {
            service.confirm_enrolment(&ports, &ticket, &code).await
        }))
    }

    fn verify_totp(&self, domain: &str, user_id: &str, code: &Bound<'_, PyAny>) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let (user, code) = (UserId::parse(user_id).map_err(refused)?, typed(code).to_owned());
        Ok(self.flow(results::judged, async move |service, ports| {
            service.verify_totp(&ports, account, domain, &user, &code).await
        }))
    }

    fn view_user(&self, domain: &str, user_id: &str) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let user = UserId::parse(user_id).map_err(refused)?;
        Ok(self.flow(results::user, async move |service, ports| {
            service.view_user(&ports, account, domain, &user).await
        }))
    }

    fn delete_user(&self, domain: &str, user_id: &str) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let user = UserId::parse(user_id).map_err(refused)?;
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.delete_user(&ports, account, domain, &user).await
        }))
    }

    fn erase_user(&self, domain: &str, user_id: &str) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let user = UserId::parse(user_id).map_err(refused)?;
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.erase_user(&ports, account, domain, &user).await
        }))
    }

    fn erase_recipient(&self, domain: &str, to: &str) -> PyResult<Flow> {
        let (account, domain) = (self.account, request::domain_id(domain)?);
        let recipient = request::recipient("to", to)?;
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.erase_recipient(&ports, account, domain, &recipient).await
        }))
    }

    #[allow(clippy::too_many_arguments)] // as `SendRequest` has them
    fn send(
        &self,
        domain: &str,
        to: To,
        channel: Vec<String>,
        message: Option<&str>,
        language: Option<&str>,
        length: Small,
        charset: &str,
        expiry: Option<Number>,
        fallback_after: Option<Number>,
        context: Option<BTreeMap<String, String>>,
        origin: Option<&str>,
        app_hash: Option<&str>,
        sim_swap: Option<SimSwapArgument>,
        client_address: Option<&str>,
        api_key: Option<String>,
        destination: Option<DestinationArgument>,
    ) -> PyResult<Flow> {
        let account = self.account;
        let client = client_address.map(str::parse).transpose();
        let client = client.map_err(invalid::<ParameterError>("client_address"))?;
        let channels =
            channel.iter().map(|name| request::channel(name)).collect::<PyResult<Vec<_>>>()?;
        let (recipient, other_recipient) = request::recipients(to, &channels)?;
        let request = SendRequest {
            domain: request::domain_id(domain)?,
            channels,
            recipient,
            other_recipient,
            fallback_after: fallback_after.map(|seconds| seconds.0),
            template: message.map(|text| template("message", text)).transpose()?,
            language: request::language(language)?,
            policy: CodePolicy::new(length.0, alphabet("charset", charset)?)
                .map_err(invalid("length"))?,
            lifetime: expiry.map(|seconds| seconds.0),
            context: self::context(context)?,
            ending: ending(origin, app_hash)?,
            sim_swap: request::sim_swap(sim_swap)?,
            traffic: Traffic { client, api_key, destination: request::destination(destination)? },
        };
        Ok(self.flow(results::sent, async move |service, ports| {
            service.send(&ports, account, &request).await
        }))
    }

    fn resend(&self, otp_id: &str, channel: Option<&str>) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        let channel = channel.map(request::channel).transpose()?;
        Ok(self.flow(results::sent, async move |service, ports| {
            service.resend(&ports, account, otp_id, channel).await
        }))
    }

    fn verify(
        &self,
        otp_id: &str,
        code: &Bound<'_, PyAny>,
        context: Option<BTreeMap<String, String>>,
    ) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        let (code, context) = (typed(code).to_owned(), self::context(context)?);
        Ok(self.flow(results::judged, async move |service, ports| {
            service.verify(&ports, account, otp_id, &code, context.as_ref()).await
        }))
    }

    fn cancel(&self, otp_id: &str) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        Ok(self.flow(results::nothing, async move |service, ports| {
            service.cancel(&ports, account, otp_id).await
        }))
    }

    fn view_challenge(&self, otp_id: &str) -> PyResult<Flow> {
        let (account, otp_id) = (self.account, request::otp_id(otp_id)?);
        Ok(self.flow(results::challenge, async move |service, ports| {
            service.view_challenge(&ports, account, otp_id).await
        }))
    }

    fn delivery_report(
        &self,
        otp_id: &str,
        message: &[u8],
        channel: &str,
        state: &str,
    ) -> PyResult<Flow> {
        let (account, otp_id, message) =
            (self.account, request::otp_id(otp_id)?, request::message_id(message)?);
        let (channel, state) = (request::channel(channel)?, request::delivery_state(state)?);
        Ok(self.flow(results::truth, async move |service, ports| {
            service.delivery_report(&ports, account, otp_id, message, channel, state).await
        }))
    }

    fn wanted(&self, otp_id: &str, message: &[u8]) -> PyResult<Flow> {
        let (account, otp_id, message) =
            (self.account, request::otp_id(otp_id)?, request::message_id(message)?);
        Ok(self.flow(results::wanted, async move |service, ports| {
            service.wanted(&ports, account, otp_id, message).await
        }))
    }

    fn fall_back(&self, otp_id: &str, message: &[u8], channel: &str) -> PyResult<Flow> {
        let (account, otp_id, message) =
            (self.account, request::otp_id(otp_id)?, request::message_id(message)?);
        let channel = request::channel(channel)?;
        Ok(self.flow(results::way, async move |service, ports| {
            service.fall_back(&ports, account, otp_id, message, channel).await
        }))
    }

    fn check_sim_swap(&self, to: &str, max_age_hours: Option<Number>) -> PyResult<Flow> {
        let hours = max_age_hours.map(|hours| hours.narrow(u16::MAX));
        let (account, phone) = (self.account, Phone::parse(to).map_err(invalid("to"))?);
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
