//! Errors of the core as `KeyfobError`s.

use alloc::string::ToString;

use keyfob::Error;
use wasm_bindgen::JsValue;

use crate::bridge;

/// Adds the argument's name to an error.
pub trait Blame<T> {
    fn blame(self, argument: &str) -> Result<T, JsValue>;
}

impl<T, E: Into<Error>> Blame<T> for Result<T, E> {
    fn blame(self, argument: &str) -> Result<T, JsValue> {
        self.map_err(|error| of(&error.into(), argument))
    }
}

/// An argument that is not even of the type asked for: the core has no word for it.
pub fn not_a(what: &str, argument: &str) -> JsValue {
    Details::default().refuse("invalid-argument", what, argument)
}

pub fn of(error: &Error, argument: &str) -> JsValue {
    let place = |place: Option<usize>| place.map_or(f64::NAN, |place| place as f64);
    let (position, index) = (place(error.position()), place(error.index()));
    let details = Details { position, index, ..Details::default() };
    details.refuse(error.code(), &error.to_string(), argument)
}

/// What an error says besides its code. A number that is none is left out.
pub struct Details<'a> {
    pub position: f64,
    pub index: f64,
    pub until: f64,
    pub retry_at: f64,
    pub limit: &'a str,
}

impl Default for Details<'_> {
    fn default() -> Self {
        let none = f64::NAN;
        Self { position: none, index: none, until: none, retry_at: none, limit: "" }
    }
}

impl Details<'_> {
    pub fn refuse(&self, code: &str, message: &str, argument: &str) -> JsValue {
        let Self { position, index, until, retry_at, limit } = *self;
        bridge::refusal(code, message, argument, position, index, until, retry_at, limit)
    }
}
