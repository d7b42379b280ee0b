//! A service and its flows, as JavaScript drives them: requests and results are JSON,
//! effects are objects, for they carry bytes and numbers of 64 bits.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use keyfob::{
    EntropyUnavailable, Secret,
    service::{
        AccountId, Answer, Counter, Effect, Flow, Message, PortError, Receipt, Record, Service,
        SimSwap, Step, Stored, Swap, Version,
    },
};
use napi::{
    Env,
    bindgen_prelude::{BigInt, External, FunctionRef, Uint8Array},
};
use napi_derive::napi;
use serde_json::Value;

use crate::{
    entropy, flows,
    number::whole,
    request,
    settings::Settings,
    thrown::{Result, invalid, of_service},
    view,
};

/// A sealing key and its number.
#[napi(object)]
pub struct NumberedKey {
    /// Its number.
    pub id: f64,
    /// 32 bytes.
    pub key: Uint8Array,
}

/// Makes a service of its keys and its policy (JSON).
#[napi]
pub fn service_new(
    root: &[u8],
    sealing: Vec<NumberedKey>,
    policy: String,
    replay_floor: f64,
) -> Result<External<Arc<Service>>> {
    let keys = request::keys(root, &sealing)?;
    let settings: Settings = request::read("policy", &policy)?;
    let floor = whole(replay_floor, "replayFloor")?;
    Ok(External::new(Arc::new(Service::new(keys, settings.policy()?, floor))))
}

/// Whether `account` is a tenant's id.
#[napi]
pub fn account_check(account: String) -> Result<()> {
    account_id(&account).map(drop)
}

/// A flow under way.
type Running = RefCell<Flow<Value>>;

/// Begins the flow `name` with its arguments (JSON) and, beside them, a secret that was given.
/// `random` makes as many random bytes as it is told; the operating system's are taken without.
#[napi]
pub fn flow_new(
    service: &External<Arc<Service>>,
    account: String,
    name: String,
    arguments: String,
    secret: Option<&External<Secret>>,
    random: Option<Random>,
) -> Result<External<Running>> {
    let account = account_id(&account)?;
    let secret = secret.map(|secret| Secret::clone(secret));
    let given = flows::Given { name: &name, arguments: &arguments, secret };
    let flow = flows::begin(Arc::clone(service), random, account, given)?;
    Ok(External::new(RefCell::new(flow)))
}

/// An answer to an effect. Which fields are there says which.
#[napi(object)]
pub struct AnswerParts {
    /// `loaded`, `swapped`, `added`, `delivered`, `sim-swapped` or `failed`.
    pub kind: String,
    /// Of the record that was found.
    pub version: Option<BigInt>,
    /// Of the record that was found.
    pub bytes: Option<Uint8Array>,
    /// Whether it was swapped.
    pub swapped: Option<bool>,
    /// The sum.
    pub sum: Option<f64>,
    /// The receipt, the answer about a SIM, or the code of the failure.
    pub word: Option<String>,
}

/// What to do next.
#[napi(object, object_from_js = false)]
pub struct StepParts {
    /// `done`, `load`, `swap`, `add`, `deliver` or `sim-swap`.
    pub kind: String,
    /// `done`: the result. `deliver`: the message. Both JSON.
    pub json: Option<String>,
    /// Of the record or the counter.
    pub key: Option<String>,
    /// The version expected.
    pub expected: Option<BigInt>,
    /// The version to write; without, the record goes.
    pub version: Option<BigInt>,
    /// The sealed body to write.
    pub bytes: Option<Uint8Array>,
    /// When it counts as absent.
    pub expires_at: Option<f64>,
    /// What to add.
    pub amount: Option<f64>,
    /// The number asked about.
    pub phone: Option<String>,
    /// How far back.
    pub max_age_hours: Option<u32>,
    /// The time at which expiry is judged.
    pub now: Option<f64>,
}

/// Runs a flow to its first effect.
#[napi]
pub fn flow_start(env: Env, flow: &External<Running>, now: f64) -> Result<StepParts> {
    let now = whole(now, "clock")?;
    step(within(env, || flow.borrow_mut().start(now)))
}

/// Runs a flow on.
#[napi]
pub fn flow_resume(
    env: Env,
    flow: &External<Running>,
    now: f64,
    answer: AnswerParts,
) -> Result<StepParts> {
    let (now, answer) = (whole(now, "clock")?, self::answer(answer)?);
    step(within(env, || flow.borrow_mut().resume(now, answer)))
}

fn account_id(text: &str) -> Result<AccountId> {
    AccountId::parse(text).map_err(|error| of_service(&error))
}

fn answer(parts: AnswerParts) -> Result<Answer> {
    Ok(match parts.kind.as_str() {
        "loaded" => Answer::Loaded(stored(parts.version, parts.bytes)?),
        "swapped" if parts.swapped == Some(true) => Answer::Swapped(Swap::Swapped),
        "swapped" => Answer::Swapped(Swap::Conflict),
        "added" => Answer::Added(whole(parts.sum.unwrap_or(-1.0), "the sum that `add` returns")?),
        "delivered" if parts.word.as_deref() == Some("queued") => {
            Answer::Delivered(Receipt::Queued)
        }
        "delivered" => Answer::Delivered(Receipt::Sent),
        "sim-swapped" => Answer::SimSwapped(match parts.word.as_deref() {
            Some("swapped") => SimSwap::Swapped,
            Some("not-swapped") => SimSwap::NotSwapped,
            _ => SimSwap::Unknown,
        }),
        _ => Answer::Failed(match parts.word.as_deref() {
            Some("provider-unavailable") => PortError::ProviderUnavailable,
            Some("channel-not-configured") => PortError::NotConfigured,
            _ => PortError::Unavailable,
        }),
    })
}

fn stored(version: Option<BigInt>, bytes: Option<Uint8Array>) -> Result<Option<Stored>> {
    let (Some(version), Some(bytes)) = (version, bytes) else { return Ok(None) };
    let (false, version, true) = version.get_u64() else {
        return Err(invalid("the version that `load` returns", "from 0 to 2^64 - 1"));
    };
    Ok(Some(Stored { version: Version(version), bytes: bytes.to_vec() }))
}

fn step(step: Step<Value>) -> Result<StepParts> {
    match step {
        Step::Done(result) => {
            let result = result.map_err(|error| of_service(&error))?;
            Ok(StepParts { json: Some(result.to_string()), ..of("done") })
        }
        Step::Effect(effect) => Ok(parts(effect)),
    }
}

fn parts(effect: Effect) -> StepParts {
    #[allow(clippy::cast_precision_loss)] // seconds and small sums
    match effect {
        Effect::Load { key, now } => {
            StepParts { key: Some(key.to_string()), now: Some(now as f64), ..of("load") }
        }
        Effect::Swap { key, expected, record, now } => {
            let record = record.map(|Record { version, bytes, expires_at }| {
                (version.0.into(), bytes.into(), expires_at.map(|at| at as f64))
            });
            let (version, bytes, expires_at) = match record {
                Some((version, bytes, expires_at)) => (Some(version), Some(bytes), expires_at),
                None => (None, None, None),
            };
            StepParts {
                key: Some(key.to_string()),
                expected: expected.map(|version| version.0.into()),
                version,
                bytes,
                expires_at,
                now: Some(now as f64),
                ..of("swap")
            }
        }
        Effect::Add { counter: Counter { key, expires_at }, amount, now } => StepParts {
            key: Some(key.to_string()),
            expires_at: Some(expires_at as f64),
            amount: Some(amount as f64),
            now: Some(now as f64),
            ..of("add")
        },
        Effect::Deliver(message) => deliver(&message),
        Effect::SimSwap { phone, max_age_hours } => StepParts {
            phone: Some(phone.as_str().to_owned()),
            max_age_hours: Some(max_age_hours.into()),
            ..of("sim-swap")
        },
    }
}

fn deliver(message: &Message) -> StepParts {
    StepParts { json: Some(view::message(message).to_string()), ..of("deliver") }
}

fn of(kind: &str) -> StepParts {
    StepParts {
        kind: kind.to_owned(),
        json: None,
        key: None,
        expected: None,
        version: None,
        bytes: None,
        expires_at: None,
        amount: None,
        phone: None,
        max_age_hours: None,
        now: None,
    }
}

/// A function of the application that makes random bytes, as many as it is told.
pub type Random = FunctionRef<u32, Uint8Array>;

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
pub(crate) fn source(
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
