//! The rules of a one-time-password service, once, for every host and language.
//!
//! A [`Service`] holds keys and policy and no state of its own. Its flows are
//! `async fn`s over [`Ports`]: a store, a clock, entropy and ways to reach people.
//! A host with async Rust calls them directly; every other language drives them as
//! [`Flow`], a value that asks for one effect at a time.
//!
//! Two rules hold in every flow:
//!
//! - **No outcome is revealed before its attempt is durably recorded.** A crash,
//!   an error or a lost connection never gives a guess back.
//! - **Acceptance and consumption are one compare-and-swap** on the record of the
//!   credential. Of any number of submissions at once, one is accepted.
//!
//! Both follow from one function, through which every judgement goes: it loads, lets
//! the rule decide, swaps, and only then hands out the rule's answer.
//!
//! # Example
//!
//! A host brings its [`Ports`]; here the store is the one in memory that the feature
//! `contract-tests` has, the clock stands still and nobody can be reached.
//!
#![cfg_attr(feature = "contract-tests", doc = "```")]
#![cfg_attr(not(feature = "contract-tests"), doc = "```ignore")]
//! use keyfob::{EntropyUnavailable, Totp, TotpParameters, UnixTime, service::*};
//!
//! #[derive(Default)]
//! struct Host(contract::Memory);
//!
//! impl Ports for Host {
//!     type Storage = contract::Memory;
//!
//!     fn storage(&self) -> &contract::Memory {
//!         &self.0
//!     }
//!
//!     fn now(&self) -> UnixTime {
//!         1_800_000_000
//!     }
//!
//!     fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
//!         getrandom::fill(bytes).map_err(|_| EntropyUnavailable)
//!     }
//!
//!     async fn deliver(&self, _: Message) -> Result<Receipt, PortError> {
//!         Err(PortError::NotConfigured)
//!     }
//!
//!     async fn sim_swap(&self, _: &Phone, _: u16) -> Result<SimSwap, PortError> {
//!         Err(PortError::NotConfigured)
//!     }
//! }
//!
//! # let run = async {
//! let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
//! let service = Service::new(keys, ServicePolicy::default(), 0);
//! let (host, account) = (Host::default(), AccountId([3; 16]));
//!
//! let domain = service.create_domain(&host, account, Some("Example Bank")).await?;
//! let ann = UserId::parse("ann")?;
//! let new = NewUser { return_secret: true, ..NewUser::new(ann.clone()) };
//! let Created::Enrolled { secret, uri } =
//!     service.create_user(&host, account, domain, &new).await?
//! else {
//!     panic!("the secret was to be returned");
//! };
//! assert!(uri.starts_with("otpauth://totp/Example%20Bank:ann?secret="));
//!
//! // What the app of the user shows is accepted once.
//! let code = Totp::with_parameters(&secret, TotpParameters::default()).generate(host.now());
//! let code = code.as_str();
//! let first = service.verify_totp(&host, account, domain, &ann, code).await?;
//! let second = service.verify_totp(&host, account, domain, &ann, code).await?;
//! assert_eq!((first, second), (Outcome::Accepted, Outcome::Replayed));
//! # Ok::<(), ServiceError>(())
//! # };
//! # let run = core::pin::pin!(run);
//! # let mut context = core::task::Context::from_waker(core::task::Waker::noop());
//! # match run.poll(&mut context) {
//! #     core::task::Poll::Ready(result) => result,
//! #     core::task::Poll::Pending => unreachable!("nothing here waits"),
//! # }
//! # ?;
//! # Ok::<(), ServiceError>(())
//! ```

mod accepted;
mod challenge;
mod context;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod domain;
mod ending;
mod enrol;
mod erase;
mod error;
mod fallback;
mod flow;
mod held;
mod idempotency;
mod import;
mod key;
mod language;
mod lifetime;
mod limits;
#[cfg(feature = "contract-tests")]
mod memory;
mod message;
mod outcome;
mod passage;
mod ports;
mod recipient;
mod records;
mod resend;
mod reserve;
mod retention;
mod seal;
mod sealing_keys;
mod segments;
mod send;
mod sim_swap;
mod sim_swap_memory;
mod speech;
mod template;
mod texts;
mod traffic;
mod transact;
mod user;
mod verify_totp;
mod wanted;

use alloc::string::String;

pub use challenge::{ChallengeStatus, ChallengeView};
pub use context::{ContextError, TransactionContext};
pub use domain::{DomainChange, DomainSettings, DomainView, Edit, SimSwapChange};
pub use ending::{AppHash, Ending, EndingError, Host};
pub use enrol::{EnrolmentView, Ticket};
pub use error::ServiceError;
pub use fallback::Way;
pub use flow::{Answer, Effect, Flow, FlowPorts, Step};
pub use idempotency::{Begun, Claim, IdempotencyKey};
pub use key::{AccountId, DomainId, Key, KeyKind, MessageId, OtpId};
pub use language::Language;
pub use lifetime::{CodeLifetime, EnrolmentLifetime};
pub use limits::{
    AttemptPolicy, LimitKind, SendPolicy, SendScope, SendWindow, plausible_replay_floor,
};
pub use message::{MAXIMUM_MESSAGE_CHARACTERS, MessageError, compose};
pub use outcome::Outcome;
pub use passage::{DeliveryState, Passage};
pub use ports::{
    Counter, Fallback, Message, PortError, Ports, Receipt, Record, SimSwap, Storage, Stored, Swap,
    Version,
};
pub use recipient::{Channel, Email, Phone, Recipient, RecipientError};
pub use retention::RetentionPolicy;
pub use seal::{KeyRing, MacKey, MasterKey};
pub use sealing_keys::KeySource;
pub use segments::{SegmentEncoding, Segments, segments};
pub use send::{SendRequest, Sent};
pub use sim_swap::{SimSwapAction, SimSwapCheck, SimSwapCoverage, SimSwapPolicy, SimSwapSource};
pub use speech::{speak, spell, to_ssml};
pub use template::{Template, TemplateError};
pub use traffic::{
    BreakerPolicy, ClientAddress, Destination, Percent, Place, Prefix, Prices, Region, Traffic,
    TrafficPolicy, UnverifiedPolicy,
};
pub use user::{Created, NewEnrolment, NewUser, OpenEnrolment, UserId, UserStatus, UserView};
pub use wanted::Wanted;

use crate::{UnixTime, Window};

/// The service: its keys and its policy. Every flow is a method of it.
#[derive(Debug)]
pub struct Service {
    keys: KeyRing,
    policy: ServicePolicy,
    replay_floor: UnixTime,
}

impl Service {
    /// A service with these keys and this policy over a store that was last restored
    /// from a backup at `replay_floor`, or 0 if it never was. What could have been
    /// accepted up to then counts as used: the store has forgotten whether it was.
    pub fn new(keys: KeyRing, policy: ServicePolicy, replay_floor: UnixTime) -> Self {
        Self { keys, policy, replay_floor }
    }

    /// The second up to which all that could have been accepted counts as used, what is sent
    /// in it too: a host that was just restored waits until it is over. 0 if there is none.
    pub fn replay_floor(&self) -> UnixTime {
        self.replay_floor
    }

    /// The keys, for what a host must seal by itself: messages that wait.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }
}

/// What can be chosen about a service.
#[derive(Debug, Clone)]
pub struct ServicePolicy {
    /// Wrong codes: how many, and what follows.
    pub attempts: AttemptPolicy,
    /// How often messages are sent.
    pub sends: SendPolicy,
    /// Where messages may go, and how many of their codes may stay unverified.
    pub traffic: TrafficPolicy,
    /// Which steps around now a device's code may come from. One to each side
    /// unless there is a reason (RFC 6238 §5.2).
    pub window: Window,
    /// The life of a sent code where a request gives none.
    pub default_lifetime: CodeLifetime,
    /// How long an enrolment stays open.
    pub enrolment_lifetime: EnrolmentLifetime,
    /// Which numbers an operator is asked about before something is sent to them.
    pub sim_swap: SimSwapCoverage,
    /// How long messages and their challenges are remembered.
    pub retention: RetentionPolicy,
    /// The issuer that apps show for domains without a name.
    pub issuer: String,
}

impl Default for ServicePolicy {
    fn default() -> Self {
        Self {
            attempts: AttemptPolicy::default(),
            sends: SendPolicy::default(),
            traffic: TrafficPolicy::default(),
            window: Window::default(),
            default_lifetime: CodeLifetime::default(),
            enrolment_lifetime: EnrolmentLifetime::default(),
            sim_swap: SimSwapCoverage::default(),
            retention: RetentionPolicy::default(),
            issuer: String::from("keyfob"),
        }
    }
}
