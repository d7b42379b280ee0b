//! A service and its flows, as JavaScript drives them: requests and results are JSON,
//! effects are objects, for they carry bytes and numbers of 64 bits.

mod answer;
mod flow;
mod flows;
mod policy;
mod request;

use std::{cell::RefCell, sync::Arc};

use keyfob::{
    Secret,
    service::{AccountId, Service},
};
use napi::bindgen_prelude::{External, Uint8Array};
use napi_derive::napi;

use crate::{
    number::whole,
    thrown::{Result, of_service},
};
use flow::{Random, Running};
use flows::{Given, Start};
use policy::Settings;

#[napi(object)]
pub struct NumberedKey {
    pub id: u32,
    pub key: Uint8Array,
}

/// `policy` is JSON.
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

#[napi]
pub fn account_check(account: String) -> Result<()> {
    account_id(&account).map(drop)
}

/// Begins the flow that `given` names (JSON), with a secret beside it. `random` makes as many
/// random bytes as it is told; the operating system's are taken without.
#[napi]
pub fn flow_new(
    service: &External<Arc<Service>>,
    account: String,
    given: String,
    secret: Option<&External<Secret>>,
    random: Option<Random>,
) -> Result<External<Running>> {
    let start = Start { service: Arc::clone(service), account: account_id(&account)?, random };
    let given: Given = request::read("options", &given)?;
    let flow = given.flow(start, secret.map(|secret| Secret::clone(secret)))?;
    Ok(External::new(RefCell::new(flow)))
}

fn account_id(text: &str) -> Result<AccountId> {
    AccountId::parse(text).map_err(|error| of_service(&error))
}
