//! Plain objects of JavaScript that were given: options and requests.

use alloc::string::String;

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

use crate::{number::whole, refusal};

/// An object that was given: options.
pub struct Given(JsValue);

impl Given {
    pub fn new(value: JsValue) -> Self {
        Self(value)
    }

    /// The value of a field; `None` where it is absent or `null`.
    #[inline(never)]
    pub fn value(&self, name: &str) -> Result<Option<JsValue>, JsValue> {
        let value = Reflect::get(&self.0, &name.into())?;
        Ok(if value.is_undefined() || value.is_null() { None } else { Some(value) })
    }

    #[inline(never)]
    pub fn text(&self, name: &str) -> Result<Option<String>, JsValue> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        text(&value, name).map(Some)
    }

    pub fn needed_text(&self, name: &str) -> Result<String, JsValue> {
        self.text(name)?.ok_or_else(|| refusal::not_a("a text is needed", name))
    }

    /// A number; one that is none stays so, for the core to refuse.
    #[inline(never)]
    pub fn number(&self, name: &str) -> Result<Option<f64>, JsValue> {
        Ok(self.value(name)?.map(|value| value.as_f64().unwrap_or(f64::NAN)))
    }

    /// A whole number that is not negative.
    #[inline(never)]
    pub fn whole(&self, name: &str) -> Result<Option<u64>, JsValue> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        whole(number, name).map(Some)
    }

    /// A limit: `null` is none, and one that is absent stays as it is.
    #[inline(never)]
    pub fn limit(&self, name: &str, limit: &mut Option<u64>) -> Result<(), JsValue> {
        if Reflect::get(&self.0, &name.into())?.is_null() {
            *limit = None;
        } else if let Some(given) = self.whole(name)? {
            *limit = Some(given);
        }
        Ok(())
    }

    /// Settings that can be switched off: `null` does that, absent ones stay as they are.
    pub fn switch<T: Default>(
        &self,
        name: &str,
        settings: &mut Option<T>,
        read: impl FnOnce(&Self, &mut T) -> Result<(), JsValue>,
    ) -> Result<(), JsValue> {
        let value = Reflect::get(&self.0, &name.into())?;
        if value.is_null() {
            *settings = None;
        } else if !value.is_undefined() {
            read(&Self(value), settings.get_or_insert_default())?;
        }
        Ok(())
    }

    pub fn is_true(&self, name: &str) -> Result<bool, JsValue> {
        Ok(self.value(name)?.is_some_and(|value| value == JsValue::TRUE))
    }

    pub fn object(&self, name: &str) -> Result<Option<Self>, JsValue> {
        Ok(self.value(name)?.map(Self))
    }
}

/// A text, not longer than any that the core takes by far.
#[inline(never)]
pub fn text(value: &JsValue, name: &str) -> Result<String, JsValue> {
    const LONGEST: u32 = 1 << 20;
    match value.dyn_ref::<js_sys::JsString>() {
        Some(text) if text.length() <= LONGEST => Ok(text.into()),
        Some(_) => Err(refusal::not_a("the text is longer than a million characters", name)),
        None => Err(refusal::not_a("a text is needed", name)),
    }
}
