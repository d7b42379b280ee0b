//! Carries out what a flow asks for, by the functions that the application gives.
//!
//! Written once for both kinds of application: where its functions do not wait, neither does
//! anything here.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::SystemTime,
};

use keyfob::{
    UnixTime,
    service::{
        Answer, Effect, Flow, PortError as CorePortError, Record, ServiceError, Step, Stored, Swap,
        Version,
    },
};

use super::{
    ports::{
        AsyncDelivery, AsyncSimSwapOperator, AsyncStorage, Delivery, Message, PortError,
        SimSwapOperator, Storage, StoredRecord, TimeSource, WrittenRecord,
    },
    words::{Receipt, SimSwap},
};
use crate::{
    error::KeyfobError,
    time::{moment, unix},
};

type Ported<T> = Result<T, PortError>;

/// The functions of an application.
pub(super) trait World: Send + Sync {
    fn clock(&self) -> Option<&Arc<dyn TimeSource>>;
    fn load(
        &self,
        key: Vec<u8>,
        now: SystemTime,
    ) -> impl Future<Output = Ported<Option<StoredRecord>>> + Send;
    fn swap(
        &self,
        key: Vec<u8>,
        expected: Option<i64>,
        record: Option<WrittenRecord>,
        now: SystemTime,
    ) -> impl Future<Output = Ported<bool>> + Send;
    fn add(
        &self,
        key: Vec<u8>,
        amount: i64,
        expires_at: SystemTime,
        now: SystemTime,
    ) -> impl Future<Output = Ported<i64>> + Send;
    fn deliver(&self, message: Arc<Message>) -> impl Future<Output = Ported<Receipt>> + Send;
    fn sim_swap(
        &self,
        phone: String,
        max_age_hours: i32,
    ) -> impl Future<Output = Ported<SimSwap>> + Send;
}

macro_rules! world {
    ($name:ident, $storage:ident, $delivery:ident, $operator:ident, [$($wait:tt)*]) => {
        pub(super) struct $name {
            pub(super) storage: Arc<dyn $storage>,
            pub(super) delivery: Option<Arc<dyn $delivery>>,
            pub(super) operator: Option<Arc<dyn $operator>>,
            pub(super) clock: Option<Arc<dyn TimeSource>>,
        }

        impl World for $name {
            fn clock(&self) -> Option<&Arc<dyn TimeSource>> {
                self.clock.as_ref()
            }

            async fn load(&self, key: Vec<u8>, now: SystemTime) -> Ported<Option<StoredRecord>> {
                self.storage.load(key, now)$($wait)*
            }

            async fn swap(
                &self,
                key: Vec<u8>,
                expected: Option<i64>,
                record: Option<WrittenRecord>,
                now: SystemTime,
            ) -> Ported<bool> {
                self.storage.swap(key, expected, record, now)$($wait)*
            }

            async fn add(
                &self,
                key: Vec<u8>,
                amount: i64,
                expires_at: SystemTime,
                now: SystemTime,
            ) -> Ported<i64> {
                self.storage.add(key, amount, expires_at, now)$($wait)*
            }

            async fn deliver(&self, message: Arc<Message>) -> Ported<Receipt> {
                let Some(delivery) = &self.delivery else { return Err(PortError::NotConfigured) };
                delivery.deliver(message)$($wait)*
            }

            async fn sim_swap(&self, phone: String, max_age_hours: i32) -> Ported<SimSwap> {
                let Some(operator) = &self.operator else { return Err(PortError::NotConfigured) };
                operator.sim_swap(phone, max_age_hours)$($wait)*
            }
        }
    };
}

world!(Blocking, Storage, Delivery, SimSwapOperator, []);
world!(Waiting, AsyncStorage, AsyncDelivery, AsyncSimSwapOperator, [.await]);

/// Runs a flow to its end.
pub(super) async fn drive<T>(world: &impl World, mut flow: Flow<T>) -> Result<T, KeyfobError> {
    let mut reasons = Reasons::default();
    let mut step = flow.start(now(world)?);
    loop {
        match step {
            Step::Done(result) => return result.map_err(|refusal| reasons.explain(refusal)),
            Step::Effect(effect) => {
                let is_stored = is_stored(&effect);
                let answer = carry_out(world, effect).await.unwrap_or_else(|error| {
                    let said = error.to_string();
                    let failed = error.into();
                    reasons.note(if is_stored { CorePortError::Unavailable } else { failed }, said);
                    Answer::Failed(failed)
                });
                step = flow.resume(now(world)?, answer);
            }
        }
    }
}

/// What the functions of the application said when they failed, by what the flow makes of it. Not
/// each failure ends a flow, and one that ends it may have another cause.
#[derive(Default)]
struct Reasons(Vec<(&'static str, String)>);

impl Reasons {
    fn note(&mut self, failed: CorePortError, said: String) {
        self.0.push((failed.code(), said));
    }

    fn explain(&self, refusal: ServiceError) -> KeyfobError {
        let of_same = self.0.iter().rev().find(|(code, _)| *code == refusal.code());
        explained(refusal.into(), of_same.map(|(_, said)| said.clone()))
    }
}

/// Whether a store carries it out, of which a flow makes but one failure.
fn is_stored(effect: &Effect) -> bool {
    matches!(effect, Effect::Load { .. } | Effect::Swap { .. } | Effect::Add { .. })
}

/// As [`drive`], where nothing waits.
pub(super) fn drive_at_once<T>(world: &Blocking, flow: Flow<T>) -> Result<T, KeyfobError> {
    let mut running = pin!(drive(world, flow));
    match running.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("none of its functions waits"),
    }
}

async fn carry_out(world: &impl World, effect: Effect) -> Ported<Answer> {
    Ok(match effect {
        Effect::Load { key, now } => {
            let found = world.load(key.as_bytes().to_vec(), moment(now)).await?;
            Answer::Loaded(found.map(stored))
        }
        Effect::Swap { key, expected, record, now } => {
            let expected = expected.map(|version| version.0.cast_signed());
            let record = record.map(written);
            let key = key.as_bytes().to_vec();
            let swapped = world.swap(key, expected, record, moment(now)).await?;
            Answer::Swapped(if swapped { Swap::Swapped } else { Swap::Conflict })
        }
        Effect::Add { counter, amount, now } => {
            let (key, expires_at) = (counter.key.as_bytes().to_vec(), moment(counter.expires_at));
            let sum = world.add(key, amount, expires_at, moment(now)).await?;
            Answer::Added(u64::try_from(sum).map_err(|_| negative_sum())?)
        }
        Effect::Deliver(message) => {
            Answer::Delivered(world.deliver(Message::new(message)).await?.into())
        }
        Effect::SimSwap { phone, max_age_hours } => {
            let phone = phone.as_str().to_owned();
            Answer::SimSwapped(world.sim_swap(phone, max_age_hours.into()).await?.into())
        }
    })
}

fn now(world: &impl World) -> Result<UnixTime, KeyfobError> {
    let time = world.clock().map_or_else(|| Ok(SystemTime::now()), |clock| clock.now());
    time.map(unix).map_err(|error| {
        let failed = ServiceError::from(CorePortError::Unavailable);
        explained(failed.into(), Some(format!("the clock failed: {error}")))
    })
}

/// What it means of a provider; of a store the flow makes of either that it is unavailable.
impl From<PortError> for CorePortError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotConfigured => Self::NotConfigured,
            PortError::Unavailable { .. } => Self::ProviderUnavailable,
        }
    }
}

/// With what the function of the application said.
fn explained(error: KeyfobError, said: Option<String>) -> KeyfobError {
    match error {
        KeyfobError::Failed { code, text, .. } => KeyfobError::Failed { code, text, reason: said },
        error => error,
    }
}

fn negative_sum() -> PortError {
    PortError::Unavailable { reason: "`add` answered with a negative sum".to_owned() }
}

fn stored(record: StoredRecord) -> Stored {
    let StoredRecord { version, data } = record;
    Stored { version: Version(version.cast_unsigned()), bytes: data }
}

fn written(record: Record) -> WrittenRecord {
    let Record { version, bytes, expires_at } = record;
    let expires_at = expires_at.map(moment);
    WrittenRecord { version: version.0.cast_signed(), data: bytes, expires_at }
}
