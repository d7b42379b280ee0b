//! A flow under way: what it asks for, what it is answered, and where its random bytes are from.

use std::cell::{Cell, RefCell};

use keyfob::{
    EntropyUnavailable, ParameterError, Secret,
    service::{
        Answer, Counter, Effect, Flow, PortError, Receipt, Record, SimSwap, Step, Stored, Swap,
        Version,
    },
};
use napi::{
    Env,
    bindgen_prelude::{BigInt, External, FunctionRef, Uint8Array},
};
use napi_derive::napi;

use super::answer::{self, Found};
use crate::{
    entropy,
    number::whole,
    thrown::{At, Result, invalid, of_service},
};

pub(super) type Running = RefCell<Flow<Found>>;

/// What to do next. Which fields are there is the effect's to say.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct StepParts {
    /// `load`, `swap`, `add`, `deliver` or `sim-swap`; none when the flow is done.
    pub effect: Option<&'static str>,
    /// The message to deliver, or what was found.
    pub json: Option<String>,
    /// Of what was found.
    pub secret: Option<External<Secret>>,
    /// Of what was found.
    pub uri: Option<String>,
    pub key: Option<String>,
    pub expected: Option<BigInt>,
    /// The version to write; without, the record goes.
    pub version: Option<BigInt>,
    pub bytes: Option<Uint8Array>,
    pub expires_at: Option<f64>,
    pub amount: Option<f64>,
    pub phone: Option<String>,
    pub max_age_hours: Option<u32>,
    /// The time at which expiry is judged.
    pub now: Option<f64>,
}

#[napi]
pub fn flow_start(env: Env, flow: &External<Running>, now: f64) -> Result<StepParts> {
    let now = whole(now, "clock")?;
    step(within(env, || flow.borrow_mut().start(now)))
}

#[napi]
pub fn flow_loaded(
    env: Env,
    flow: &External<Running>,
    now: f64,
    version: Option<BigInt>,
    bytes: Option<Uint8Array>,
) -> Result<StepParts> {
    let Some((version, bytes)) = version.zip(bytes) else {
        return resume(env, flow, now, Answer::Loaded(None));
    };
    let (false, version, true) = version.get_u64() else {
        return Err(invalid("the version that `load` returns", "from 0 to 2^64 - 1"));
    };
    let stored = Stored { version: Version(version), bytes: bytes.to_vec() };
    resume(env, flow, now, Answer::Loaded(Some(stored)))
}

#[napi]
pub fn flow_swapped(
    env: Env,
    flow: &External<Running>,
    now: f64,
    swapped: bool,
) -> Result<StepParts> {
    let swap = if swapped { Swap::Swapped } else { Swap::Conflict };
    resume(env, flow, now, Answer::Swapped(swap))
}

#[napi]
pub fn flow_added(env: Env, flow: &External<Running>, now: f64, sum: f64) -> Result<StepParts> {
    let sum = whole(sum, "the sum that `add` returns")?;
    resume(env, flow, now, Answer::Added(sum))
}

#[napi]
pub fn flow_delivered(
    env: Env,
    flow: &External<Running>,
    now: f64,
    is_queued: bool,
) -> Result<StepParts> {
    let receipt = if is_queued { Receipt::Queued } else { Receipt::Sent };
    resume(env, flow, now, Answer::Delivered(receipt))
}

#[napi]
pub fn flow_sim_swapped(
    env: Env,
    flow: &External<Running>,
    now: f64,
    answer: String,
) -> Result<StepParts> {
    let answer: SimSwap = answer.parse().map_err(|error: ParameterError| error.at("simSwap"))?;
    resume(env, flow, now, Answer::SimSwapped(answer))
}

/// What was asked could not be carried out; `code` is that of a [`PortError`].
#[napi]
pub fn flow_failed(
    env: Env,
    flow: &External<Running>,
    now: f64,
    code: String,
) -> Result<StepParts> {
    let errors = [PortError::NotConfigured, PortError::ProviderUnavailable];
    let error = errors.into_iter().find(|error| error.code() == code);
    resume(env, flow, now, Answer::Failed(error.unwrap_or(PortError::Unavailable)))
}

fn resume(env: Env, flow: &External<Running>, now: f64, answer: Answer) -> Result<StepParts> {
    let now = whole(now, "clock")?;
    step(within(env, || flow.borrow_mut().resume(now, answer)))
}

fn step(step: Step<Found>) -> Result<StepParts> {
    match step {
        Step::Done(result) => {
            let Found { json, enrolment } = result.map_err(|error| of_service(&error))?;
            let (secret, uri) = enrolment.unzip();
            let secret = secret.map(External::new);
            Ok(StepParts { json: Some(json.to_string()), secret, uri, ..StepParts::default() })
        }
        Step::Effect(effect) => Ok(parts(effect)),
    }
}

#[allow(clippy::cast_precision_loss)] // seconds and small sums
fn parts(effect: Effect) -> StepParts {
    match effect {
        Effect::Load { key, now } => {
            StepParts { key: Some(key.to_string()), now: Some(now as f64), ..of("load") }
        }
        Effect::Swap { key, expected, record, now } => {
            let written = StepParts {
                key: Some(key.to_string()),
                expected: expected.map(|version| version.0.into()),
                now: Some(now as f64),
                ..of("swap")
            };
            let Some(Record { version, bytes, expires_at }) = record else { return written };
            StepParts {
                version: Some(version.0.into()),
                bytes: Some(bytes.into()),
                expires_at: expires_at.map(|at| at as f64),
                ..written
            }
        }
        Effect::Add { counter: Counter { key, expires_at }, amount, now } => StepParts {
            key: Some(key.to_string()),
            expires_at: Some(expires_at as f64),
            amount: Some(amount as f64),
            now: Some(now as f64),
            ..of("add")
        },
        Effect::Deliver(message) => {
            StepParts { json: Some(answer::message(&message).to_string()), ..of("deliver") }
        }
        Effect::SimSwap { phone, max_age_hours } => StepParts {
            phone: Some(phone.as_str().to_owned()),
            max_age_hours: Some(max_age_hours.into()),
            ..of("sim-swap")
        },
    }
}

fn of(effect: &'static str) -> StepParts {
    StepParts { effect: Some(effect), ..StepParts::default() }
}

/// A function of the application that makes random bytes, as many as it is told.
pub(super) type Random = FunctionRef<u32, Uint8Array>;

thread_local! {
    /// Of the call in which a flow runs, and may need random bytes.
    static ENVIRONMENT: Cell<Option<Env>> = const { Cell::new(None) };
}

fn within<T>(env: Env, work: impl FnOnce() -> T) -> T {
    let outer = ENVIRONMENT.replace(Some(env));
    let done = work();
    ENVIRONMENT.set(outer);
    done
}

/// Where a flow has its random bytes from.
pub(super) fn source(
    random: Option<Random>,
) -> impl FnMut(&mut [u8]) -> Result<(), EntropyUnavailable> + Send + 'static {
    move |bytes| match &random {
        Some(random) => ask(random, bytes).ok_or(EntropyUnavailable),
        None => entropy(bytes),
    }
}

/// What it throws means that it has none.
fn ask(random: &Random, bytes: &mut [u8]) -> Option<()> {
    let env = ENVIRONMENT.get()?;
    let made = random.borrow_back(&env).ok()?.call(u32::try_from(bytes.len()).ok()?).ok()?;
    (made.len() == bytes.len()).then(|| bytes.copy_from_slice(&made))
}
