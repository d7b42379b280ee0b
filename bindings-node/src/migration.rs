use keyfob::enrolment::{Enrolment, Migration};
use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::{
    entropy,
    thrown::{At, Result},
};

#[napi(object, object_from_js = false)]
pub struct SkippedAccount {
    pub index: u32,
    pub name: String,
    pub reason: String,
}

#[napi(object, object_from_js = false)]
pub struct MigrationRead {
    pub entries: Vec<External<Enrolment>>,
    pub skipped: Vec<SkippedAccount>,
    pub batch_size: u32,
    pub batch_index: u32,
    pub batch_id: i32,
}

#[napi]
pub fn migration_parse(uri: String) -> Result<MigrationRead> {
    let read = Migration::parse(&uri).map_err(|error| error.at("uri"))?;
    let skipped = read.skipped.iter().map(|skipped| SkippedAccount {
        index: skipped.index as u32,
        name: skipped.name.clone(),
        reason: skipped.reason.code().to_owned(),
    });
    Ok(MigrationRead {
        skipped: skipped.collect(),
        entries: read.entries.into_iter().map(External::new).collect(),
        batch_size: read.batch_size,
        batch_index: read.batch_index,
        batch_id: read.batch_id,
    })
}

#[napi]
pub fn random_batch_id() -> Result<i32> {
    let mut bytes = [0; 4];
    entropy(&mut bytes).map_err(|error| error.at("batchId"))?;
    Ok(i32::from_be_bytes(bytes))
}

#[napi]
pub fn migration_export(
    enrolments: Vec<&External<Enrolment>>,
    batch_id: i32,
) -> Result<Vec<String>> {
    let enrolments: Vec<Enrolment> = enrolments.iter().map(|e| Enrolment::clone(e)).collect();
    let uris = Migration::export(&enrolments, batch_id);
    let uris = uris.map_err(|error| error.at("enrolments"))?;
    Ok(uris.iter().map(|uri| uri.to_string()).collect())
}
