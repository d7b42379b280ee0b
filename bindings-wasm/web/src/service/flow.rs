//! What a flow asks for, as objects, and the answers to it.

use alloc::vec::Vec;

use js_sys::{Array, BigInt};
use keyfob::service::{
    Answer, Effect, Message, PortError, Receipt, SimSwap, Step, Stored, Swap, Version,
};
use wasm_bindgen::prelude::*;

use super::answer;
use crate::{
    object::{Made, seconds},
    refusal::Blame,
};

/// A flow of which one effect after the other is carried out.
#[wasm_bindgen(js_name = RawFlow)]
pub struct Flow(keyfob::service::Flow<JsValue>);

impl Flow {
    pub fn new(flow: keyfob::service::Flow<JsValue>) -> Self {
        Self(flow)
    }
}

#[wasm_bindgen(js_class = RawFlow)]
impl Flow {
    pub fn start(&mut self, now: f64) -> Result<JsValue, JsValue> {
        asked(self.0.start(now as u64))
    }

    pub fn loaded(
        &mut self,
        now: f64,
        version: Option<u64>,
        bytes: Option<Vec<u8>>,
    ) -> Result<JsValue, JsValue> {
        let stored = version.map(Version).zip(bytes);
        let stored = stored.map(|(version, bytes)| Stored { version, bytes });
        self.resume(now, Answer::Loaded(stored))
    }

    pub fn swapped(&mut self, now: f64, swapped: bool) -> Result<JsValue, JsValue> {
        let swap = if swapped { Swap::Swapped } else { Swap::Conflict };
        self.resume(now, Answer::Swapped(swap))
    }

    pub fn added(&mut self, now: f64, sum: f64) -> Result<JsValue, JsValue> {
        self.resume(now, Answer::Added(sum as u64))
    }

    pub fn delivered(&mut self, now: f64, queued: bool) -> Result<JsValue, JsValue> {
        let receipt = if queued { Receipt::Queued } else { Receipt::Sent };
        self.resume(now, Answer::Delivered(receipt))
    }

    #[wasm_bindgen(js_name = simSwapped)]
    pub fn sim_swapped(&mut self, now: f64, answer: &str) -> Result<JsValue, JsValue> {
        let answer: SimSwap = answer.parse().blame("simSwap")?;
        self.resume(now, Answer::SimSwapped(answer))
    }

    /// What was asked could not be carried out; `code` is that of a `PortError`.
    pub fn failed(&mut self, now: f64, code: &str) -> Result<JsValue, JsValue> {
        let errors = [PortError::NotConfigured, PortError::ProviderUnavailable];
        let error = errors.into_iter().find(|error| error.code() == code);
        self.resume(now, Answer::Failed(error.unwrap_or(PortError::Unavailable)))
    }

    fn resume(&mut self, now: f64, answer: Answer) -> Result<JsValue, JsValue> {
        asked(self.0.resume(now as u64, answer))
    }
}

/// The effect as an object whose `effect` says which, or what was found under `found`.
fn asked(step: Step<JsValue>) -> Result<JsValue, JsValue> {
    let effect = match step {
        Step::Done(Ok(found)) => return Ok(Made::new().with("found", found).into()),
        Step::Done(Err(error)) => return Err(answer::refusal(&error)),
        Step::Effect(effect) => effect,
    };
    let made = Made::new();
    Ok(match effect {
        Effect::Load { key, now } => {
            made.with("effect", "load").with("key", answer::text(&key)).with("now", now as f64)
        }
        Effect::Swap { key, expected, record, now } => {
            let expected = expected.map_or(JsValue::NULL, |version| BigInt::from(version.0).into());
            let record = record.map_or(JsValue::NULL, |record| {
                let bytes = js_sys::Uint8Array::from(record.bytes.as_slice());
                Made::new()
                    .with("version", BigInt::from(record.version.0))
                    .with("bytes", bytes)
                    .with_time("expiresAt", record.expires_at)
                    .into()
            });
            made.with("effect", "swap")
                .with("key", answer::text(&key))
                .with("expected", expected)
                .with("record", record)
                .with("now", now as f64)
        }
        Effect::Add { counter, amount, now } => made
            .with("effect", "add")
            .with("key", answer::text(&counter.key))
            .with("amount", amount as f64)
            .with("expiresAt", counter.expires_at as f64)
            .with("now", now as f64),
        Effect::Deliver(message) => {
            made.with("effect", "deliver").with("message", self::message(&message))
        }
        Effect::SimSwap { phone, max_age_hours } => made
            .with("effect", "sim-swap")
            .with("phone", phone.as_str())
            .with("maxAgeHours", max_age_hours),
    }
    .into())
}

fn message(message: &Message) -> JsValue {
    let fallbacks: Array = message
        .fallbacks
        .iter()
        .map(|fallback| {
            JsValue::from(
                Made::new()
                    .with("channel", fallback.channel.name())
                    .with("to", fallback.recipient.as_str())
                    .with("text", fallback.text.as_str()),
            )
        })
        .collect();
    Made::new()
        .with("otpId", answer::text(&message.otp_id))
        .with("messageId", answer::text(&message.id))
        .with("account", answer::text(&message.account))
        .with("channel", message.channel.name())
        .with("to", message.recipient.as_str())
        .with("language", message.language.tag())
        .with("subject", message.subject.as_str())
        .with("text", message.text.as_str())
        .with("code", message.code.as_str())
        .with("expiresAt", message.expires_at as f64)
        .with("fallbacks", fallbacks)
        .with("fallbackAfter", seconds(message.fallback_after))
        .into()
}
