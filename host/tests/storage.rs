//! What the SQLite store promises beyond the contract: durability, refusal within a
//! second, and bringing a backup back.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

use keyfob_host::storage::{OpenOptions, Sqlite};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> Sqlite {
    Sqlite::open(folder.path(), OpenOptions::default()).unwrap()
}

#[tokio::test]
async fn keeps_the_storage_contract() {
    let mut folders = Vec::new();
    let open = || {
        folders.push(folder());
        let store = open(folders.last().unwrap());
        async { store }
    };
    keyfob::service::contract::storage(open).await;
}
