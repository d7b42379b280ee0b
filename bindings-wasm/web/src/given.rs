//! Plain objects of JavaScript that were given: options and requests. Their keys and types were
//! looked at before they came here, by `request.js` of the layer that both packages share.

use alloc::{string::String, vec::Vec};

use js_sys::{Array, Object};
use keyfob::service::Edit;
use wasm_bindgen::{JsCast, JsValue};

use crate::bridge::field;

/// An object that was given: options.
#[derive(Default)]
pub struct Given(JsValue);

impl Given {
    pub fn new(value: JsValue) -> Self {
        Self(value)
    }

    /// The value of a field; `None` where it is absent or `null`.
    #[inline(never)]
    pub fn value(&self, name: &str) -> Option<JsValue> {
        let value = field(&self.0, name);
        if value.is_undefined() || value.is_null() { None } else { Some(value) }
    }

    pub fn object(&self, name: &str) -> Option<Self> {
        self.value(name).map(Self)
    }

    #[inline(never)]
    pub fn text(&self, name: &str) -> Option<String> {
        field(&self.0, name).as_string()
    }

    pub fn needed_text(&self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let texts = Array::from(&self.value(name)?);
        Some(texts.iter().filter_map(|text| text.as_string()).collect())
    }

    /// The names and numbers of a record.
    pub fn numbers(&self, name: &str) -> Vec<(String, f64)> {
        let Some(record) = self.value(name) else { return Vec::new() };
        let pairs = Object::entries(record.unchecked_ref()).into_iter().map(|pair| {
            let pair = Array::from(&pair);
            let number = pair.get(1).as_f64().unwrap_or(f64::NAN);
            (pair.get(0).as_string().unwrap_or_default(), number)
        });
        pairs.collect()
    }

    pub fn is_true(&self, name: &str) -> bool {
        field(&self.0, name).is_truthy()
    }

    /// A number; one that is none stays so, for the core to refuse.
    #[inline(never)]
    pub fn number(&self, name: &str) -> Option<f64> {
        field(&self.0, name).as_f64()
    }

    /// A whole number from 0, as the layer in JavaScript found it to be.
    #[inline(never)]
    pub fn whole(&self, name: &str) -> Option<u64> {
        self.number(name).map(|number| number as u64)
    }

    /// What is to become of what `read` reads: `null` takes it away, and what is absent stays.
    pub fn edit<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<Option<T>, JsValue>,
    ) -> Result<Edit<T>, JsValue> {
        Ok(match read(self, name)? {
            Some(given) => Edit::Set(given),
            None if field(&self.0, name).is_null() => Edit::Clear,
            None => Edit::Keep,
        })
    }

    /// A limit: `null` is none, and one that is absent stays as it is.
    #[inline(never)]
    pub fn limit(&self, name: &str, limit: &mut Option<u64>) {
        if let Some(given) = self.whole(name) {
            *limit = Some(given);
        } else if field(&self.0, name).is_null() {
            *limit = None;
        }
    }

    /// Settings that can be switched off: `null` does that, absent ones stay as they are.
    pub fn switch<T: Default>(
        &self,
        name: &str,
        settings: &mut Option<T>,
        read: impl FnOnce(&Self, &mut T) -> Result<(), JsValue>,
    ) -> Result<(), JsValue> {
        if let Some(given) = self.object(name) {
            return read(&given, settings.get_or_insert_default());
        }
        if field(&self.0, name).is_null() {
            *settings = None;
        }
        Ok(())
    }
}
