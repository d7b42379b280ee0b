//! Services that a component runs, over entropy that repeats itself.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use keyfob::{
    EntropyUnavailable,
    service::{AccountId, ServicePolicy},
};
use keyfob_host::{
    api_key::{self, KeyRecord},
    engine::{Component, ComponentError, Engine},
    entropy::Randomness,
    storage::sqlite::ApiKeyRow,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::support::{START, World};

pub(super) const ACCOUNT: AccountId = AccountId([7; 16]);

pub(super) const MASTER_KEY: &str = "\
root 0101010101010101010101010101010101010101010101010101010101010101
seal 1 0202020202020202020202020202020202020202020202020202020202020202
";

/// Room for what is asked here, and for what is refused.
pub(super) fn policy() -> ServicePolicy {
    let mut policy = ServicePolicy::default();
    policy.traffic.per_client_and_day = Some(10);
    policy
}

pub(super) async fn component_world(file: &Path) -> World {
    let mut world = run_by(file, Arc::new(Seeded::new(9)), policy()).await;
    let_in(&mut world, &api_key::create(ACCOUNT).unwrap());
    world
}

/// Gives it a key of [`ACCOUNT`], by which it is asked from then on.
pub(super) fn let_in(world: &mut World, (text, record): &(Zeroizing<String>, KeyRecord)) {
    let row = ApiKeyRow {
        id: record.id.clone(),
        account: ACCOUNT.0,
        hash: record.hash,
        label: String::new(),
        created_at: START,
        expires_at: None,
        revoked_at: None,
    };
    assert!(world.app.store.api_key_insert(&row).unwrap());
    world.key = text.to_string();
}

pub(super) async fn run_by(file: &Path, entropy: Arc<Seeded>, policy: ServicePolicy) -> World {
    let of_component = policy.clone();
    World::with_engine(MASTER_KEY, entropy, policy, async |service, key_file| {
        let component = Component::load(file, key_file, &service, &of_component).await;
        Engine::component(service, component.unwrap())
    })
    .await
}

pub(super) async fn refusal(file: &Path) -> ComponentError {
    let mut refused = None;
    let native = World::with_engine(
        MASTER_KEY,
        Arc::new(Seeded::new(9)),
        policy(),
        async |service, key_file| {
            refused = Component::load(file, key_file, &service, &policy()).await.err();
            Engine::native(service)
        },
    );
    native.await;
    refused.unwrap()
}

/// What is built before this runs.
pub(super) fn component() -> PathBuf {
    built("KEYFOB_COMPONENT", "../dist/component/keyfob-service.wasm")
}

pub(super) fn hostile(name: &str) -> PathBuf {
    built("KEYFOB_HOSTILE", "../target/component/hostile").join(format!("{name}.wasm"))
}

fn built(variable: &str, otherwise: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var_os(variable).map_or_else(|| here.join(otherwise), PathBuf::from);
    assert!(path.exists(), "{}: `cargo xtask engine` builds it", path.display());
    path
}

/// The same bytes for the same seed, in the order in which they are asked for.
#[derive(Debug)]
pub(super) struct Seeded(u64, Mutex<u64>);

impl Seeded {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed, Mutex::new(0))
    }
}

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let mut drawn = self.1.lock().unwrap();
        for chunk in bytes.chunks_mut(32) {
            *drawn += 1;
            let block = Sha256::digest([self.0.to_le_bytes(), drawn.to_le_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}
