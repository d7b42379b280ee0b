use alloc::{boxed::Box, sync::Arc};
use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use spin::Mutex;

use super::{
    Counter, Key, Message, Phone, PortError, Ports, Receipt, Record, Service, ServiceError,
    SimSwap, Storage, Stored, Swap, Version,
};
use crate::{Entropy, EntropyUnavailable, UnixTime};

/// A flow of the service as a value that can be resumed: for hosts that cannot
/// implement [`Ports`], in any language, with any database and any kind of async.
///
/// Starting and resuming a flow gives a [`Step`]: an [`Effect`] to carry out, or
/// the result. The host carries the effect out and resumes with its [`Answer`].
/// A flow that is dropped half-way has revealed nothing.
///
/// ```
/// use keyfob::service::{AccountId, Answer, Effect, Flow, KeyRing, MasterKey, Service, ServicePolicy, Step, Swap};
/// use std::sync::Arc;
///
/// let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
/// let service = Arc::new(Service::new(keys, ServicePolicy::default(), 0));
/// let entropy = |bytes: &mut [u8]| Ok(bytes.fill(7)); // a real host asks the system
/// let account = AccountId([3; 16]);
/// let mut flow = Flow::new(service, entropy, async move |service, ports| {
///     service.create_domain(&ports, account, Some("Example Bank")).await
/// });
///
/// let now = 1_800_000_000;
/// let mut step = flow.start(now);
/// let domain = loop {
///     step = match step {
///         Step::Done(result) => break result?,
///         Step::Effect(Effect::Load { .. }) => flow.resume(now, Answer::Loaded(None)),
///         Step::Effect(Effect::Swap { .. }) => flow.resume(now, Answer::Swapped(Swap::Swapped)),
///         Step::Effect(other) => unreachable!("create_domain asks for nothing like {other:?}"),
///     }
/// };
/// assert_eq!(domain.to_string().len(), 36);
/// # Ok::<(), keyfob::service::ServiceError>(())
/// ```
pub struct Flow<T> {
    future: Option<Running<T>>,
    exchange: Arc<Mutex<Exchange>>,
}

type Running<T> = Pin<Box<dyn Future<Output = Result<T, ServiceError>> + Send>>;

impl<T> Flow<T> {
    /// A flow that runs `body` once started.
    pub fn new<E, B, F>(service: Arc<Service>, entropy: E, body: B) -> Self
    where
        E: Entropy + Send + 'static,
        B: FnOnce(Arc<Service>, FlowPorts) -> F,
        F: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        let exchange = Arc::new(Mutex::new(Exchange::default()));
        let entropy = Arc::new(Mutex::new(entropy));
        let ports = FlowPorts { exchange: exchange.clone(), entropy };
        Self { future: Some(Box::pin(body(service, ports))), exchange }
    }

    /// Runs the flow up to its first effect, or to its end.
    pub fn start(&mut self, now: UnixTime) -> Step<T> {
        self.exchange.lock().now = now;
        self.run()
    }

    /// Gives the answer to the last effect and runs the flow on.
    ///
    /// An answer to another question ends the flow with [`ServiceError::Misuse`], as
    /// does resuming a flow that is done. Nothing is accepted then.
    pub fn resume(&mut self, now: UnixTime, answer: Answer) -> Step<T> {
        let mut exchange = self.exchange.lock();
        exchange.now = now;
        exchange.answer = Some(answer);
        drop(exchange);
        self.run()
    }

    fn run(&mut self) -> Step<T> {
        let Some(future) = &mut self.future else { return Step::Done(Err(ServiceError::Misuse)) };
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let mut exchange = self.exchange.lock();
        let step = match (polled, exchange.effect.take()) {
            (_, _) if exchange.misused => Step::Done(Err(ServiceError::Misuse)),
            (Poll::Ready(result), _) => Step::Done(result),
            (Poll::Pending, Some(effect)) => return Step::Effect(effect),
            (Poll::Pending, None) => Step::Done(Err(ServiceError::Misuse)),
        };
        drop(exchange);
        self.future = None;
        step
    }
}

impl<T> fmt::Debug for Flow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").field("done", &self.future.is_none()).finish_non_exhaustive()
    }
}

/// Where a flow stands.
#[derive(Debug)]
#[must_use]
pub enum Step<T> {
    /// Carry this out and resume with the answer.
    Effect(Effect),
    /// The flow is over.
    Done(Result<T, ServiceError>),
}

/// What a flow asks of the outside world. Each is the method of the same name of
/// [`Storage`] or [`Ports`], whose contract the host keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// [`Storage::load`].
    Load {
        /// The record asked for.
        key: Key,
        /// The time at which expiry is judged.
        now: UnixTime,
    },
    /// [`Storage::swap`].
    Swap {
        /// The record to replace.
        key: Key,
        /// The version it must have; `None` if it must be absent.
        expected: Option<Version>,
        /// What to write; `None` to remove.
        record: Option<Record>,
        /// The time at which expiry is judged.
        now: UnixTime,
    },
    /// [`Storage::add`].
    Add {
        /// The counter.
        counter: Counter,
        /// What to add.
        amount: i64,
        /// The time at which expiry is judged.
        now: UnixTime,
    },
    /// [`Ports::deliver`].
    Deliver(Message),
    /// [`Ports::sim_swap`].
    SimSwap {
        /// The number asked about.
        phone: Phone,
        /// How far back to look.
        max_age_hours: u16,
    },
}

/// The answer to an [`Effect`] of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To [`Effect::Load`].
    Loaded(Option<Stored>),
    /// To [`Effect::Swap`].
    Swapped(Swap),
    /// To [`Effect::Add`]: the sum.
    Added(u64),
    /// To [`Effect::Deliver`].
    Delivered(Receipt),
    /// To [`Effect::SimSwap`].
    SimSwapped(SimSwap),
    /// To any: it could not be carried out, or it is not known whether it was. Of a store only
    /// that it is [`Unavailable`](PortError::Unavailable), whatever it says.
    Failed(PortError),
}

/// The [`Ports`] that a flow runs over. Made by [`Flow::new`].
pub struct FlowPorts {
    exchange: Arc<Mutex<Exchange>>,
    entropy: Arc<Mutex<dyn Entropy + Send>>,
}

impl fmt::Debug for FlowPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowPorts").finish_non_exhaustive()
    }
}

/// What the flow and its driver hand each other.
#[derive(Default)]
struct Exchange {
    now: UnixTime,
    effect: Option<Effect>,
    answer: Option<Answer>,
    misused: bool,
}

impl FlowPorts {
    fn ask<T>(&self, effect: Effect, read: fn(Answer) -> Option<T>) -> Asked<'_, T> {
        let of_store =
            matches!(effect, Effect::Load { .. } | Effect::Swap { .. } | Effect::Add { .. });
        Asked { exchange: &self.exchange, effect: Some(effect), of_store, read }
    }
}

/// An effect that is asked for once it is first polled, and the answer to it. Every flow holds
/// several, so what they do stands once and not in each of them.
struct Asked<'a, T> {
    exchange: &'a Mutex<Exchange>,
    effect: Option<Effect>,
    of_store: bool,
    read: fn(Answer) -> Option<T>,
}

impl<T> Future for Asked<'_, T> {
    type Output = Result<T, PortError>;

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let mut exchange = self.exchange.lock();
        if let Some(effect) = self.effect.take() {
            exchange.effect = Some(effect);
            exchange.answer = None; // an answer given before the question is none
            return Poll::Pending;
        }
        let answer = match exchange.answer.take() {
            None => return Poll::Pending,
            // Whatever it says, it is a store that did not answer: never a channel that is not
            // configured, after which the next one is taken.
            Some(Answer::Failed(_)) if self.of_store => {
                return Poll::Ready(Err(PortError::Unavailable));
            }
            Some(Answer::Failed(error)) => return Poll::Ready(Err(error)),
            Some(answer) => (self.read)(answer),
        };
        Poll::Ready(answer.ok_or_else(|| {
            exchange.misused = true;
            PortError::Unavailable
        }))
    }
}

impl Storage for FlowPorts {
    fn load(
        &self,
        key: &Key,
        now: UnixTime,
    ) -> impl Future<Output = Result<Option<Stored>, PortError>> {
        self.ask(Effect::Load { key: *key, now }, |answer| match answer {
            Answer::Loaded(stored) => Some(stored),
            _ => None,
        })
    }

    fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> impl Future<Output = Result<Swap, PortError>> {
        let effect = Effect::Swap { key: *key, expected, record, now };
        self.ask(effect, |answer| match answer {
            Answer::Swapped(swap) => Some(swap),
            _ => None,
        })
    }

    fn add(
        &self,
        counter: &Counter,
        amount: i64,
        now: UnixTime,
    ) -> impl Future<Output = Result<u64, PortError>> {
        let effect = Effect::Add { counter: counter.clone(), amount, now };
        self.ask(effect, |answer| match answer {
            Answer::Added(sum) => Some(sum),
            _ => None,
        })
    }
}

impl Ports for FlowPorts {
    type Storage = Self;

    fn storage(&self) -> &Self {
        self
    }

    fn now(&self) -> UnixTime {
        self.exchange.lock().now
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        self.entropy.lock().fill(bytes)
    }

    fn deliver(&self, message: Message) -> impl Future<Output = Result<Receipt, PortError>> {
        self.ask(Effect::Deliver(message), |answer| match answer {
            Answer::Delivered(receipt) => Some(receipt),
            _ => None,
        })
    }

    fn sim_swap(
        &self,
        phone: &Phone,
        max_age_hours: u16,
    ) -> impl Future<Output = Result<SimSwap, PortError>> {
        let effect = Effect::SimSwap { phone: phone.clone(), max_age_hours };
        self.ask(effect, |answer| match answer {
            Answer::SimSwapped(swap) => Some(swap),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{AccountId, DomainId, KeyRing, MasterKey, ServicePolicy};

    #[test]
    fn a_store_that_fails_is_no_channel_to_pass_over() {
        for error in [PortError::NotConfigured, PortError::ProviderUnavailable] {
            let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
            let service = Arc::new(Service::new(keys, ServicePolicy::default(), 0));
            let entropy = |bytes: &mut [u8]| -> Result<(), EntropyUnavailable> {
                bytes.fill(7);
                Ok(())
            };
            let mut flow = Flow::new(service, entropy, async move |service, ports| {
                let domain = DomainId::from_random([3; 16]);
                service.view_domain(&ports, AccountId([4; 16]), domain).await
            });
            assert!(matches!(flow.start(1), Step::Effect(Effect::Load { .. })));
            let step = flow.resume(1, Answer::Failed(error));
            let Step::Done(Err(refused)) = step else { panic!("{step:?}") };
            assert_eq!(refused, ServiceError::Port(PortError::Unavailable));
        }
    }
}
