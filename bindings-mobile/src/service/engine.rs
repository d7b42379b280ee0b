//! The service: its keys, its policy, and the functions of the application.

use std::sync::Arc;

use keyfob::service::{AccountId, Flow, FlowPorts, Service, ServiceError};

use super::{
    drive::{Blocking, Waiting, drive, drive_at_once},
    keys::Keys,
    policy::ServicePolicy,
    ports::{
        AsyncDelivery, AsyncSimSwapOperator, AsyncStorage, Delivery, SimSwapOperator, Storage,
        TimeSource,
    },
};
use crate::{error::KeyfobError, redacted::redacted, secret::entropy, time::Moment};

type Result<T> = std::result::Result<T, KeyfobError>;

/// The service over functions that answer at once. One object serves any number of threads.
///
/// Kotlin and Swift have a class `Service` over it, which is the one to use: it takes the
/// clock of the language and bears whatever your functions do.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Engine {
    pub(super) service: Arc<Service>,
    pub(super) account: AccountId,
    world: Arc<Blocking>,
}

/// The service over functions that wait without blocking.
///
/// Kotlin and Swift have a class `AsyncService` over it, which is the one to use: it takes the
/// clock of the language and bears whatever your functions do.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct AsyncEngine {
    pub(super) service: Arc<Service>,
    pub(super) account: AccountId,
    world: Arc<Waiting>,
}

macro_rules! opened {
    ($engine:ident, $world:ident, $storage:ident, $delivery:ident, $operator:ident) => {
        #[uniffi::export]
        impl $engine {
            /// A service with these keys over this storage.
            ///
            /// Without `delivery` nothing is sent, and without `operator` no SIM is checked.
            /// `account` is a UUID that sets the records of several tenants apart. A store that
            /// was restored from a backup names that moment as `replay_floor`: what could have
            /// been accepted up to then counts as used.
            #[uniffi::constructor(default(
                                delivery = None, operator = None, policy = None, account = None,
                                replay_floor = None, clock = None
                            ))]
            #[allow(clippy::too_many_arguments)] // named in every language
            pub fn new(
                keys: Arc<Keys>,
                storage: Arc<dyn $storage>,
                delivery: Option<Arc<dyn $delivery>>,
                operator: Option<Arc<dyn $operator>>,
                policy: Option<ServicePolicy>,
                account: Option<String>,
                replay_floor: Option<Moment>,
                clock: Option<Arc<dyn TimeSource>>,
            ) -> Result<Self> {
                let policy = policy.unwrap_or_default().policy()?;
                let replay_floor = replay_floor.map_or(0, |it| it.0);
                let service = Arc::new(Service::new(keys.ring()?, policy, replay_floor));
                let world = Arc::new($world { storage, delivery, operator, clock });
                Ok(Self { service, account: account_id(account)?, world })
            }

            /// The same service for another account, whose records are apart.
            #[uniffi::constructor]
            pub fn for_account(engine: Arc<Self>, account: String) -> Result<Self> {
                let (service, world) = (Arc::clone(&engine.service), Arc::clone(&engine.world));
                Ok(Self { service, account: account_id(Some(account))?, world })
            }
        }

        redacted!($engine);
    };
}

opened!(Engine, Blocking, Storage, Delivery, SimSwapOperator);
opened!(AsyncEngine, Waiting, AsyncStorage, AsyncDelivery, AsyncSimSwapOperator);

impl Engine {
    /// Runs `body` as a flow, and says what becomes of its result.
    pub(super) fn run<C, T, F>(
        &self,
        finish: fn(C) -> Result<T>,
        body: impl FnOnce(Arc<Service>, FlowPorts) -> F,
    ) -> Result<T>
    where
        F: Future<Output = std::result::Result<C, ServiceError>> + Send + 'static,
    {
        let flow = Flow::new(Arc::clone(&self.service), entropy, body);
        finish(drive_at_once(&self.world, flow)?)
    }
}

impl AsyncEngine {
    /// As that of [`Engine`].
    pub(super) async fn run<C, T, F>(
        &self,
        finish: fn(C) -> Result<T>,
        body: impl FnOnce(Arc<Service>, FlowPorts) -> F,
    ) -> Result<T>
    where
        F: Future<Output = std::result::Result<C, ServiceError>> + Send + 'static,
    {
        let flow = Flow::new(Arc::clone(&self.service), entropy, body);
        finish(drive(&*self.world, flow).await?)
    }
}

fn account_id(account: Option<String>) -> Result<AccountId> {
    Ok(account.map_or(Ok(AccountId([0; 16])), |text| AccountId::parse(&text))?)
}
