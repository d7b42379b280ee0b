//! The interface `flows`: core's flows over what the world imports.

mod error;
mod policy;
mod ports;
mod records;
mod requests;

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use keyfob::service::{
    AccountId, Begun, Claim, DomainId, IdempotencyKey, Key, MessageId, OtpId, Ports, ServiceError,
    ServicePolicy, Ticket, UserId, Version,
};

use self::ports::Outside;
use crate::{
    Component,
    bindings::keyfob::otp::delivery::Channel,
    exports::flows::{
        Begun as WitBegun, ChallengeView, Created, DeliveryState, DomainChange, DomainSettings,
        DomainView, EnrolmentView, Error, Guest, GuestService, Keys, NewEnrolment, NewUser,
        OpenEnrolment, Outcome, Policy, SendRequest, Sent, Service as Handle, SimSwapCheck,
        UserView, Wanted, Way,
    },
    exports::messages::Field,
    messages,
    types::Fault,
};

impl Guest for Component {
    type Service = Service;

    fn default_policy() -> Policy {
        ServicePolicy::default().into()
    }
}

/// Keys and policy; all else is in the store.
pub(crate) struct Service(keyfob::service::Service);

impl GuestService for Service {
    fn create(keys: Keys, policy: Policy, replay_floor: u64) -> Result<Handle, Fault> {
        let (keys, policy) = (policy::key_ring(keys)?, policy.try_into()?);
        Ok(Handle::new(Self(keyfob::service::Service::new(keys, policy, replay_floor))))
    }

    fn fingerprint(&self) -> Vec<u8> {
        self.0.keys().fingerprint().to_vec()
    }

    fn create_domain(
        &self,
        account: String,
        name: Option<String>,
        settings: DomainSettings,
    ) -> Result<String, Error> {
        let account = AccountId::parse(&account)?;
        let (name, settings) = (name.as_deref(), settings.into());
        let id = run(self.0.create_domain_with(&Outside, account, name, settings))?;
        Ok(id.to_string())
    }

    fn view_domain(&self, account: String, domain: String) -> Result<DomainView, Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        run(self.0.view_domain(&Outside, account, domain)).map(Into::into)
    }

    fn change_domain(
        &self,
        account: String,
        domain: String,
        change: DomainChange,
    ) -> Result<DomainView, Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        let change = requests::domain_change(change);
        run(self.0.change_domain(&Outside, account, domain, &change)).map(Into::into)
    }

    fn create_user(
        &self,
        account: String,
        domain: String,
        user: NewUser,
    ) -> Result<Created, Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        let user = requests::new_user(user)?;
        run(self.0.create_user(&Outside, account, domain, &user)).map(Into::into)
    }

    fn open_enrolment(
        &self,
        account: String,
        domain: String,
        enrolment: NewEnrolment,
    ) -> Result<OpenEnrolment, Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        let new = requests::new_enrolment(enrolment)?;
        run(self.0.open_enrolment(&Outside, account, domain, &new)).map(Into::into)
    }

    fn view_enrolment(&self, ticket: String) -> Result<EnrolmentView, Error> {
        run(self.0.view_enrolment(&Outside, &Ticket::parse(&ticket)?)).map(Into::into)
    }

    fn confirm_enrolment(&self, ticket: String, code: String) -> Result<Outcome, Error> {
        let ticket = Ticket::parse(&ticket)?;
        run(self.0.confirm_enrolment(&Outside, &ticket, &code)).map(Into::into)
    }

    fn verify_totp(
        &self,
        account: String,
        domain: String,
        user_id: String,
        code: String,
    ) -> Result<Outcome, Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        let user_id = UserId::parse(&user_id)?;
        run(self.0.verify_totp(&Outside, account, domain, &user_id, &code)).map(Into::into)
    }

    fn view_user(
        &self,
        account: String,
        domain: String,
        user_id: String,
    ) -> Result<UserView, Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        let user_id = UserId::parse(&user_id)?;
        run(self.0.view_user(&Outside, account, domain, &user_id)).map(Into::into)
    }

    fn delete_user(&self, account: String, domain: String, user_id: String) -> Result<(), Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        run(self.0.delete_user(&Outside, account, domain, &UserId::parse(&user_id)?))
    }

    fn erase_user(&self, account: String, domain: String, user_id: String) -> Result<(), Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        run(self.0.erase_user(&Outside, account, domain, &UserId::parse(&user_id)?))
    }

    fn send(&self, account: String, request: SendRequest) -> Result<Sent, Error> {
        let (account, request) = (AccountId::parse(&account)?, requests::send_request(request)?);
        run(self.0.send(&Outside, account, &request)).map(Into::into)
    }

    fn resend(
        &self,
        account: String,
        otp_id: String,
        channel: Option<Channel>,
    ) -> Result<Sent, Error> {
        let (account, otp_id) = (AccountId::parse(&account)?, OtpId::parse(&otp_id)?);
        run(self.0.resend(&Outside, account, otp_id, channel.map(Into::into))).map(Into::into)
    }

    fn verify(
        &self,
        account: String,
        otp_id: String,
        code: String,
        context: Option<Vec<Field>>,
    ) -> Result<Outcome, Error> {
        let (account, otp_id) = (AccountId::parse(&account)?, OtpId::parse(&otp_id)?);
        let context = context.map(messages::context).transpose();
        let context = context.map_err(|fault| fault.of("context"))?;
        run(self.0.verify(&Outside, account, otp_id, &code, context.as_ref())).map(Into::into)
    }

    fn cancel(&self, account: String, otp_id: String) -> Result<(), Error> {
        run(self.0.cancel(&Outside, AccountId::parse(&account)?, OtpId::parse(&otp_id)?))
    }

    fn view_challenge(&self, account: String, otp_id: String) -> Result<ChallengeView, Error> {
        let (account, otp_id) = (AccountId::parse(&account)?, OtpId::parse(&otp_id)?);
        run(self.0.view_challenge(&Outside, account, otp_id)).map(Into::into)
    }

    fn delivery_report(
        &self,
        account: String,
        otp_id: String,
        message: Vec<u8>,
        channel: Channel,
        state: DeliveryState,
    ) -> Result<bool, Error> {
        let (account, otp_id) = (AccountId::parse(&account)?, OtpId::parse(&otp_id)?);
        let (message, channel, state) = (message_id(&message)?, channel.into(), state.into());
        run(self.0.delivery_report(&Outside, account, otp_id, message, channel, state))
    }

    fn wanted(&self, account: String, otp_id: String, message: Vec<u8>) -> Result<Wanted, Error> {
        let (account, otp_id) = (AccountId::parse(&account)?, OtpId::parse(&otp_id)?);
        let message = message_id(&message)?;
        run(self.0.wanted(&Outside, account, otp_id, message)).map(Into::into)
    }

    fn fall_back(
        &self,
        account: String,
        otp_id: String,
        message: Vec<u8>,
        channel: Channel,
    ) -> Result<Way, Error> {
        let (account, otp_id) = (AccountId::parse(&account)?, OtpId::parse(&otp_id)?);
        let message = message_id(&message)?;
        run(self.0.fall_back(&Outside, account, otp_id, message, channel.into())).map(Into::into)
    }

    fn check_sim_swap(
        &self,
        account: String,
        phone: String,
        max_age_hours: Option<u16>,
    ) -> Result<SimSwapCheck, Error> {
        let (account, phone) = (AccountId::parse(&account)?, requests::phone(&phone)?);
        run(self.0.check_sim_swap(&Outside, account, &phone, max_age_hours)).map(Into::into)
    }

    fn erase_recipient(
        &self,
        account: String,
        domain: String,
        recipient: String,
    ) -> Result<(), Error> {
        let (account, domain) = (AccountId::parse(&account)?, DomainId::parse(&domain)?);
        let recipient = requests::recipient(&recipient)?;
        run(self.0.erase_recipient(&Outside, account, domain, &recipient))
    }

    fn begin_idempotent(
        &self,
        account: String,
        route: String,
        key: String,
        body: Vec<u8>,
    ) -> Result<WitBegun, Error> {
        let account = AccountId::parse(&account)?;
        let key = IdempotencyKey::parse(&key).map_err(|error| Fault::from(error).of("key"))?;
        let begun = run(self.0.begin_idempotent(&Outside, account, &route, &key, &body))?;
        Ok(match begun {
            Begun::Run(claim) => WitBegun::Run(claim.to_bytes().to_vec()),
            Begun::Replay(answer) => WitBegun::Replay(answer.to_vec()),
        })
    }

    fn finish_idempotent(&self, claim: Vec<u8>, answer: Vec<u8>) -> Result<(), Error> {
        run(self.0.finish_idempotent(&Outside, Claim::from_bytes(&claim)?, &answer))
    }

    fn release_idempotent(&self, claim: Vec<u8>) -> Result<(), Error> {
        run(self.0.release_idempotent(&Outside, Claim::from_bytes(&claim)?))
    }

    fn reseal(&self, key: Vec<u8>, version: u64, bytes: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        let detail = "a storage key has 33 bytes";
        let length = || Fault::new("invalid-key", detail).of("key");
        let key: [u8; Key::LENGTH] = key.try_into().map_err(|_| length())?;
        let mut entropy = |bytes: &mut [u8]| Outside.fill_random(bytes);
        Ok(self.0.keys().reseal_record(&key, Version(version), &bytes, &mut entropy)?)
    }
}

fn message_id(bytes: &[u8]) -> Result<MessageId, Fault> {
    MessageId::from_bytes(bytes).map_err(|error| Fault::from(error).of("message"))
}

/// Runs a flow to its end. Imports answer at once, so it never waits.
fn run<T>(flow: impl Future<Output = Result<T, ServiceError>>) -> Result<T, Error> {
    match pin!(flow).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Ok(result?),
        Poll::Pending => Err(Error::FlowMisuse),
    }
}
