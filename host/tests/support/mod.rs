//! A whole service in this process, on a folder of its own, with a clock that tests
//! move.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test uses its part of this

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, Request, StatusCode},
};
use keyfob::{
    Algorithm, Digits, Period, Secret, Totp, UnixTime,
    service::{AccountId, Service, ServicePolicy},
};
use keyfob_host::{
    api_key,
    app::{App, Parts},
    clock::ManualClock,
    config::WebhookLimits,
    data_folder::{DataFolder, MASTER_KEY},
    delivery::{Delivery, Inbox, Receipts, Routes},
    engine::Engine,
    entropy::{Randomness, SystemEntropy},
    http,
    key_cache::KeyCache,
    metrics::Metrics,
    page::Console,
    storage::{Sqlite, sqlite::ApiKeyRow},
    webhooks::Webhooks,
};
use serde_json::{Value, json};
use tower::ServiceExt;

pub const START: UnixTime = 1_800_000_000;

const HERE: &str = "http://service.test";

/// A service and a client of it.
pub struct World {
    pub app: App,
    pub clock: Arc<ManualClock>,
    pub inbox: Arc<Inbox>,
    pub key: String,
    router: Router,
    folder: Folder,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn field(&self, name: &str) -> Value {
        self.json()[name].clone()
    }

    pub fn code(&self) -> String {
        self.field("code").as_str().unwrap_or_default().to_owned()
    }
}

impl World {
    pub fn new() -> Self {
        Self::with_policy(ServicePolicy::default())
    }

    pub fn with_policy(policy: ServicePolicy) -> Self {
        Self::on(Folder::new(), Arc::new(ManualClock::new(START)), policy, HERE, Console::default())
    }

    /// Reached by browsers at `public_url`.
    pub fn at(public_url: &str) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self::on(Folder::new(), clock, ServicePolicy::default(), public_url, Console::default())
    }

    pub fn with_console(console: Console) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self::on(Folder::new(), clock, ServicePolicy::default(), HERE, console)
    }

    fn on(
        folder: Folder,
        clock: Arc<ManualClock>,
        policy: ServicePolicy,
        public_url: &str,
        console: Console,
    ) -> Self {
        let inbox = Arc::new(Inbox::default());
        let delivery = Delivery::new(Routes::default(), Receipts::channel().0, Some(inbox.clone()));
        Self::of(folder, clock, policy, public_url, console, inbox, delivery)
    }

    fn of(
        folder: Folder,
        clock: Arc<ManualClock>,
        policy: ServicePolicy,
        public_url: &str,
        console: Console,
        inbox: Arc<Inbox>,
        delivery: Delivery,
    ) -> Self {
        let data = DataFolder::create_or_open(&folder.0, policy).unwrap();
        let engine = Engine::native(data.service);
        let entropy = Arc::new(SystemEntropy);
        let app = Self::app(data.store, engine, &clock, entropy, public_url, console, delivery);
        let key = new_key(&app, AccountId([7; 16]));
        let router = http::router(app.clone());
        Self { app, clock, inbox, key, router, folder }
    }

    /// On keys that another world may have too, with what `engine` makes of them. It has no API
    /// key yet.
    pub async fn with_engine(
        master_key: &str,
        entropy: Arc<dyn Randomness>,
        policy: ServicePolicy,
        engine: impl AsyncFnOnce(Service, &Path) -> Engine,
    ) -> Self {
        let folder = Folder::new();
        private_folder(&folder.0, master_key);
        let data = DataFolder::create_or_open(&folder.0, policy).unwrap();
        let engine = engine(data.service, &folder.0.join(MASTER_KEY)).await;
        let (clock, inbox) = (Arc::new(ManualClock::new(START)), Arc::new(Inbox::default()));
        let delivery = Delivery::new(Routes::default(), Receipts::channel().0, Some(inbox.clone()));
        let console = Console::default();
        let app = Self::app(data.store, engine, &clock, entropy, HERE, console, delivery);
        let router = http::router(app.clone());
        Self { app, clock, inbox, key: String::new(), router, folder }
    }

    fn app(
        store: Sqlite,
        engine: Engine,
        clock: &Arc<ManualClock>,
        entropy: Arc<dyn Randomness>,
        public_url: &str,
        console: Console,
        delivery: Delivery,
    ) -> App {
        App::new(Parts {
            engine,
            store,
            clock: clock.clone(),
            entropy,
            delivery,
            webhooks: Webhooks::new(&WebhookLimits { networks: vec!["127.0.0.0/8".to_owned()] })
                .unwrap(),
            operator: None,
            metrics: Metrics::default(),
            public_url: public_url.to_owned(),
            keys: KeyCache::default(),
            audit: keyfob_host::config::AuditConfig::default(),
            console,
            stopping: false.into(),
        })
    }

    /// Whose messages take these routes, once somebody dispatches them, and not the inbox.
    pub fn with_routes(routes: Routes) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let delivery = Delivery::new(routes, Receipts::channel().0, None);
        let (policy, inbox) = (ServicePolicy::default(), Arc::default());
        Self::of(Folder::new(), clock, policy, HERE, Console::default(), inbox, delivery)
    }

    /// The same data and clock in a new service, as after a restart.
    pub fn restarted(self) -> Self {
        self.app.store.close().unwrap();
        Self::on(self.folder, self.clock, ServicePolicy::default(), HERE, Console::default())
    }

    /// Where its data are.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    pub fn another_key(&self) -> String {
        new_key(&self.app, AccountId([7; 16]))
    }

    pub fn key_of_another_account(&self) -> String {
        new_key(&self.app, AccountId([8; 16]))
    }

    /// As from this machine, unless the request names another host.
    pub async fn request(&self, mut request: Request<Body>) -> Reply {
        let local = HeaderValue::from_static("localhost:8080");
        request.headers_mut().entry("host").or_insert(local);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Reply { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub async fn raw(&self, method: &str, path: &str, body: impl Into<Body>) -> Reply {
        self.raw_as(&self.key, method, path, body).await
    }

    pub async fn raw_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", http::BASE))
            .header("x-api-key", key)
            .header("content-type", "application/json")
            .body(body.into());
        self.request(request.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.raw("POST", path, body.to_string()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.raw("GET", path, "").await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.raw("PATCH", path, body.to_string()).await
    }

    pub async fn domain(&self) -> String {
        self.post("domain/", json!({})).await.field("domain").as_str().unwrap().to_owned()
    }

    /// An enrolled user.
    pub async fn user(&self, domain: &str, user_id: &str) -> Device {
        let body = json!({"domain": domain, "user_id": user_id, "return_secret": true});
        let reply = self.post("user/", body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        Device::new(reply.field("secret").as_str().unwrap())
    }

    pub async fn totp(&self, domain: &str, user_id: &str, code: &str) -> Reply {
        self.post("totp/", json!({"domain": domain, "user_id": user_id, "code": code})).await
    }
}

/// What makes a user's codes.
pub struct Device(Totp);

impl Device {
    pub fn new(secret: &str) -> Self {
        let secret = Secret::from_base32(secret).unwrap();
        Self(Totp::new(&secret, Algorithm::Sha1, Digits::SIX, Period::THIRTY))
    }

    pub fn code(&self, now: UnixTime) -> String {
        self.0.generate(now).as_str().to_owned()
    }

    /// A code that is wrong at `now` and around it.
    pub fn wrong_code(&self, now: UnixTime) -> String {
        let right: Vec<String> = (0..5).map(|i| self.code(now + 30 * i - 60)).collect();
        (0..1_000_000).map(|i| format!("{i:06}")).find(|code| !right.contains(code)).unwrap()
    }
}

/// A folder that is gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("keyfob-test-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A folder that only its owner may enter, with this key file.
fn private_folder(folder: &Path, master_key: &str) {
    let file = folder.join(MASTER_KEY);
    std::fs::create_dir(folder).unwrap();
    std::fs::write(&file, master_key).unwrap();
    #[cfg(unix)]
    for (path, mode) in [(folder, 0o700), (file.as_path(), 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn new_key(app: &App, account: AccountId) -> String {
    let (text, record) = api_key::create(account).unwrap();
    let row = ApiKeyRow {
        id: record.id,
        account: account.0,
        hash: record.hash,
        label: String::new(),
        created_at: START,
        expires_at: None,
        revoked_at: None,
    };
    assert!(app.store.api_key_insert(&row).unwrap());
    text.to_string()
}
