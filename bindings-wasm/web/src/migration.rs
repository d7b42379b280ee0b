use alloc::{string::String, vec::Vec};

use js_sys::Array;
use keyfob::enrolment;
use wasm_bindgen::prelude::*;

use crate::{enrolment::Enrolment, object::Made, refusal::Blame};

#[wasm_bindgen(js_name = RawMigration)]
pub struct Migration(enrolment::Migration);

#[wasm_bindgen(js_class = RawMigration)]
impl Migration {
    pub fn parse(uri: &str) -> Result<Migration, JsValue> {
        enrolment::Migration::parse(uri).map(Self).blame("uri")
    }

    /// All but the accounts, as an object.
    pub fn describe(&self) -> JsValue {
        let skipped = self.0.skipped.iter().map(|one| {
            let entry = Made::new().with("index", one.index as f64).with("name", one.name.as_str());
            JsValue::from(entry.with("reason", one.reason.code()))
        });
        Made::new()
            .with("skipped", skipped.collect::<Array>())
            .with("batchSize", self.0.batch_size)
            .with("batchIndex", self.0.batch_index)
            .with("batchId", self.0.batch_id)
            .into()
    }

    pub fn entries(&self) -> Vec<Enrolment> {
        let entries = self.0.entries.iter().cloned();
        entries.map(Enrolment::from).collect()
    }
}

/// Accounts to be exported, added one by one.
#[wasm_bindgen(js_name = RawExport)]
#[derive(Default)]
pub struct Export(Vec<enrolment::Enrolment>);

#[wasm_bindgen(js_class = RawExport)]
impl Export {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Export {
        Self::default()
    }

    pub fn add(&mut self, enrolment: &Enrolment) {
        self.0.push(enrolment.value.clone());
    }

    pub fn write(&self, batch_id: i32) -> Result<Vec<String>, JsValue> {
        let uris = enrolment::Migration::export(&self.0, batch_id).blame("enrolments")?;
        Ok(uris.iter().map(|uri| (**uri).clone()).collect())
    }
}
