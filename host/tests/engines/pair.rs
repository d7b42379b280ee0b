//! Two services that are asked the same, and compared.

use std::{path::Path, sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use keyfob_host::{api_key, delivery::dispatch, engine::Engine, http};
use rusqlite::types::Value;

use super::{
    components::{ACCOUNT, MASTER_KEY, Seeded, component, let_in, policy, run_by},
    support::{Reply, World},
    tables::{count, size, table},
};

/// Two services of one kind of everything but their engines.
pub(super) struct Pair {
    pub(super) native: World,
    component: World,
    asked: usize,
    pub(super) random: Draws,
}

impl Pair {
    pub(super) async fn new(seed: u64) -> Self {
        let entropy = || Arc::new(Seeded::new(seed));
        let policy = policy();
        let native = async |service, _: &Path| Engine::native(service);
        let native = World::with_engine(MASTER_KEY, entropy(), policy.clone(), native).await;
        let component = run_by(&component(), entropy(), policy).await;
        let key = api_key::create(ACCOUNT).unwrap();
        let mut pair = Self { native, component, asked: 0, random: Draws(seed) };
        for world in [&mut pair.native, &mut pair.component] {
            let_in(world, &key);
        }
        pair
    }

    /// Asks both, and returns what both answered.
    pub(super) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
        key: Option<&str>,
    ) -> Reply {
        let request = |world: &World| {
            let request = Request::builder().method(method).header("x-api-key", &world.key);
            let request = match path.strip_prefix('/') {
                Some(page) => request
                    .uri(format!("/{page}"))
                    .header("content-type", "application/x-www-form-urlencoded"),
                None => request
                    .uri(format!("{}/{path}", http::BASE))
                    .header("content-type", "application/json"),
            };
            let request = key.iter().fold(request, |it, key| it.header("idempotency-key", *key));
            request.body(Body::from(body.to_owned())).unwrap()
        };
        let native = self.native.request(request(&self.native)).await;
        let component = self.component.request(request(&self.component)).await;
        self.asked += 1;
        let about = format!("{method} {path} {body}");
        assert_eq!(native.status, component.status, "{about}: {} {}", native.text, component.text);
        assert_eq!(native.text, component.text, "{about}");
        assert_eq!(native.headers, component.headers, "{about}");
        assert!(native.status != 500 && native.code() != "engine-failed", "{about}");
        native
    }

    pub(super) async fn post(&mut self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("POST", path, &body.to_string(), None).await
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "", None).await
    }

    pub(super) fn later(&self, seconds: u64) {
        self.native.clock.advance(seconds);
        self.component.clock.advance(seconds);
    }

    /// Lets every message that waits out, and returns the code in the last one.
    pub(super) async fn received_code(&self) -> String {
        for world in [&self.native, &self.component] {
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let dispatcher = dispatch(world.app.clone(), async { drop(stopped.await) });
            let dispatcher = tokio::spawn(dispatcher);
            let now = world.app.clock.now();
            let ready = format!("SELECT count(*) FROM outbox WHERE ready_at <= {now}");
            while count(world, &ready) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            drop(stop);
            dispatcher.await.unwrap();
        }
        let texts = [&self.native, &self.component].map(|world| {
            world.inbox.messages().first().map(|message| message.text.clone()).unwrap_or_default()
        });
        assert_eq!(texts[0], texts[1]);
        let words = texts[0].split(|c: char| !c.is_ascii_alphanumeric());
        let mut words = words.filter(|word| word.chars().filter(char::is_ascii_digit).count() > 3);
        words.next().unwrap_or("000000").to_owned()
    }

    /// Compares every table, to the byte.
    #[allow(clippy::print_stdout)] // how much was compared is worth knowing
    pub(super) async fn ends_alike(self, name: &str) {
        let mut bytes = 0;
        for world in [&self.native, &self.component] {
            world.app.finished().await;
            world.app.store_counts().await.unwrap();
            world.app.store.close().unwrap();
        }
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let tables = table(&self.native, tables);
        assert!(tables.len() > 5);
        for name in tables.iter().flatten() {
            let Value::Text(name) = name else { panic!("a table has a name") };
            let rows = [&self.native, &self.component].map(|world| {
                // What the host draws from the system: the check of the keys, sealed when the
                // folder was made, and the name of what was counted last.
                let random = "WHERE name NOT IN ('key_check', 'hourly_batch')";
                let but = if name == "meta" { random } else { "" };
                let mut rows = table(world, &format!("SELECT * FROM \"{name}\" {but}"));
                rows.sort_by_key(|row| format!("{row:?}"));
                rows
            });
            assert_eq!(rows[0], rows[1], "{name}");
            bytes += rows[0].iter().flatten().map(size).sum::<usize>();
        }
        println!(
            "{name}: {} requests, {} tables, {bytes} bytes, all alike",
            self.asked,
            tables.len()
        );
    }
}

/// What the requests are drawn with (SplitMix64).
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
