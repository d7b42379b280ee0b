//! Plain objects for JavaScript.

use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::bridge::put;

/// An object that is being made.
pub struct Made(Object);

impl Made {
    pub fn new() -> Self {
        Self(Object::new())
    }

    pub fn with(self, name: &str, value: impl Into<JsValue>) -> Self {
        self.set(name, value.into());
        self
    }

    /// Seconds, and `null` where there are none.
    pub fn with_time(self, name: &str, time: Option<u64>) -> Self {
        self.with(name, seconds(time))
    }

    #[inline(never)] // it stands in every answer
    fn set(&self, name: &str, value: JsValue) {
        put(&self.0, name, value);
    }
}

impl From<Made> for JsValue {
    fn from(made: Made) -> Self {
        made.0.into()
    }
}

/// A time as a number; `null` where there is none.
pub fn seconds(time: Option<u64>) -> JsValue {
    time.map_or(JsValue::NULL, |time| JsValue::from_f64(time as f64))
}
