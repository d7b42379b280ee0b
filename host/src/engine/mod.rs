//! Who runs the flows: keyfob's core as it is compiled in, or the same core as a WebAssembly
//! component. Whoever asks does not know which.

#[cfg(feature = "component")]
mod component;
mod error;

#[cfg(feature = "component")]
pub use component::{Component, ComponentError};
pub use error::FlowError;

use keyfob::{
    UnixTime,
    service::{
        AccountId, Begun, ChallengeView, Channel, Claim, Created, DeliveryState, DomainChange,
        DomainId, DomainSettings, DomainView, EnrolmentView, IdempotencyKey, KeyRing, MessageId,
        NewEnrolment, NewUser, OpenEnrolment, OtpId, Outcome, Phone, Ports, Recipient, SendRequest,
        Sent, Service, SimSwapCheck, Ticket, TransactionContext, UserId, UserView, Wanted, Way,
    },
};

/// The flows of the service, and its keys.
#[derive(Debug)]
pub struct Engine {
    service: Service,
    #[cfg(feature = "component")]
    component: Option<Component>,
}

impl Engine {
    /// Flows run as they are compiled in.
    pub fn native(service: Service) -> Self {
        Self {
            service,
            #[cfg(feature = "component")]
            component: None,
        }
    }

    /// Flows run in the component. The keys are those of `service`, which also seals what is
    /// this host's own: messages that wait, webhooks.
    #[cfg(feature = "component")]
    pub fn component(service: Service, component: Component) -> Self {
        Self { service, component: Some(component) }
    }

    /// The keys, for what this host seals by itself.
    pub fn keys(&self) -> &KeyRing {
        self.service.keys()
    }

    /// As [`Service::replay_floor`].
    pub fn replay_floor(&self) -> UnixTime {
        self.service.replay_floor()
    }
}

/// Flows under the names and with the arguments that they have in core.
macro_rules! flows {
    ($($flow:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)+) => {
        impl Engine {$(
            #[doc = concat!("As [`Service::", stringify!($flow), "`].")]
            ///
            /// # Errors
            /// [`FlowError`].
            pub async fn $flow<P: Ports>(
                &self,
                ports: &P,
                $($argument: $kind),*
            ) -> Result<$answer, FlowError> {
                #[cfg(feature = "component")]
                if let Some(component) = &self.component {
                    // On the heap: it is large, and natively nobody should carry it.
                    return Box::pin(component.$flow(ports, $($argument),*)).await;
                }
                Ok(self.service.$flow(ports, $($argument),*).await?)
            }
        )+}
    };
}

flows! {
    create_domain_with(account: AccountId, name: Option<&str>, settings: DomainSettings) -> DomainId;
    view_domain(account: AccountId, domain: DomainId) -> DomainView;
    change_domain(account: AccountId, domain: DomainId, change: &DomainChange) -> DomainView;
    create_user(account: AccountId, domain: DomainId, user: &NewUser) -> Created;
    open_enrolment(account: AccountId, domain: DomainId, new: &NewEnrolment) -> OpenEnrolment;
    view_enrolment(ticket: &Ticket) -> EnrolmentView;
    confirm_enrolment(ticket: &Ticket, code: &str) -> Outcome;
    verify_totp(account: AccountId, domain: DomainId, user: &UserId, code: &str) -> Outcome;
    view_user(account: AccountId, domain: DomainId, user: &UserId) -> UserView;
    delete_user(account: AccountId, domain: DomainId, user: &UserId) -> ();
    erase_user(account: AccountId, domain: DomainId, user: &UserId) -> ();
    send(account: AccountId, request: &SendRequest) -> Sent;
    resend(account: AccountId, otp_id: OtpId, channel: Option<Channel>) -> Sent;
    verify(account: AccountId, otp_id: OtpId, code: &str, context: Option<&TransactionContext>) -> Outcome;
    cancel(account: AccountId, otp_id: OtpId) -> ();
    view_challenge(account: AccountId, otp_id: OtpId) -> ChallengeView;
    delivery_report(account: AccountId, otp_id: OtpId, message: MessageId, channel: Channel, state: DeliveryState) -> bool;
    wanted(account: AccountId, otp_id: OtpId, message: MessageId) -> Wanted;
    fall_back(account: AccountId, otp_id: OtpId, message: MessageId, channel: Channel) -> Way;
    check_sim_swap(account: AccountId, phone: &Phone, max_age_hours: Option<u16>) -> SimSwapCheck;
    erase_recipient(account: AccountId, domain: DomainId, recipient: &Recipient) -> ();
    begin_idempotent(account: AccountId, route: &str, key: &IdempotencyKey, body: &[u8]) -> Begun;
    finish_idempotent(claim: Claim, answer: &[u8]) -> ();
    release_idempotent(claim: Claim) -> ();
}
