//! `keyfob serve`: puts the service together, tells the newcomer how to use it, and
//! ends it without dropping anything.

use std::{fmt, io, io::Write as _, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use keyfob::{
    Entropy as _, UnixTime,
    service::{AccountId, Channel, PortError, Service, ServicePolicy},
};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::{
    api_key,
    app::{App, Parts},
    clock::{Clock, SystemClock},
    config::{Config, Problem},
    counts::keep_counts,
    data_folder::{DataFolder, DataFolderError},
    delivery::{ClientError, Delivery, Inbox, Receipts, Routes, dispatch, receive},
    engine::Engine,
    entropy::SystemEntropy,
    http,
    key_cache::KeyCache,
    metrics::Metrics,
    open_files,
    page::Console,
    purge::{log_head, purge},
    rotation::keep_sealed,
    sim_swap::Operator,
    storage::{Sqlite, sqlite::ApiKeyRow},
    webhooks::{Webhooks, tell},
};

#[cfg(feature = "component")]
use crate::{
    data_folder::MASTER_KEY,
    engine::{Component, ComponentError},
};

/// How a service is to run.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// Messages go to the terminal and to `/dev/inbox`, and nowhere else.
    pub dev: bool,
    /// Where people's browsers reach the service; the address itself if not given.
    pub public_url: Option<String>,
    /// Who carries messages.
    pub config: Config,
    /// The rules' settings.
    pub policy: ServicePolicy,
    /// Who runs the rules.
    pub engine: EngineChoice,
}

/// Who runs the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineChoice {
    /// This program.
    Native,
    /// The WebAssembly component in this file.
    Component(PathBuf),
}

/// Runs the service until it is told to stop (SIGINT, SIGTERM).
pub async fn serve(mut options: ServeOptions) -> Result<(), ServeError> {
    if options.dev && !options.listen.ip().is_loopback() {
        return Err(ServeError::DevExposed);
    }
    without_core_dumps();
    let operator = operator(&mut options);
    let data = DataFolder::create_or_open(&options.data, options.policy.clone())?;
    outlive(data.service.replay_floor(), &SystemClock::default()).await;
    let server = http::bind(options.listen, open_files::connections()).await;
    let server = server.map_err(|error| ServeError::Listen(options.listen, error))?;
    let first_key = first_key(&data.store)?;
    let address = format!("http://{}", server.address());
    let (reports, receipts) = Receipts::channel();
    let app = App::new(Parts {
        engine: engine(&options, data.service).await?,
        store: data.store.clone(),
        clock: Arc::new(SystemClock::default()),
        entropy: Arc::new(SystemEntropy),
        delivery: delivery(&options, &reports),
        webhooks: Webhooks::new(&options.config.webhooks).map_err(ServeError::Client)?,
        operator,
        metrics: Metrics::default(),
        public_url: public_url(&options, &address),
        keys: KeyCache::default(),
        audit: options.config.audit.clone(),
        console: Console::new(options.config.console.accounts()),
        stopping: false.into(),
    });
    log_head(&app);
    let (stopping, stop) = watch::channel(());
    let receiver = tokio::spawn(receive(app.clone(), receipts, stopped(stop.clone())));
    let dispatcher = tokio::spawn(dispatch(app.clone(), stopped(stop.clone())));
    let teller = tokio::spawn(tell(app.clone(), stopped(stop.clone())));
    let counter = tokio::spawn(keep_counts(app.clone(), stopped(stop.clone())));
    let purger = tokio::spawn(purge(app.clone(), stopped(stop.clone())));
    let resealer = tokio::spawn(keep_sealed(app.clone(), stopped(stop)));
    welcome(&options, &app.delivery, &address, first_key.as_deref().map(String::as_str));
    server.run(http::router(app.clone()), stop_signal(&app)).await;
    app.finished().await;
    drop(stopping);
    let _ = tokio::join!(dispatcher, receiver, teller, counter, purger, resealer); // none panics; if one did, the store still closes
    if let Err(error) = app.store_counts().await {
        tracing::warn!(%error, "the last counts are lost");
    }
    app.delivery.routes.stop().await;
    log_head(&app);
    data.store.close()?;
    Ok(())
}

/// Why the service could not run.
#[derive(Debug)]
pub enum ServeError {
    /// The data folder cannot be used.
    Data(DataFolderError),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// The developer's inbox would be open to others.
    DevExposed,
    /// There is no TLS.
    Client(ClientError),
    /// This program was built without what runs components.
    NoComponents,
    /// The component cannot be run.
    #[cfg(feature = "component")]
    Component(PathBuf, ComponentError),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(error) => error.fmt(f),
            Self::Listen(address, error) => write!(
                f,
                "cannot listen on {address}: {error}; does keyfob run there already? Stop it, or choose another address with --listen"
            ),
            Self::DevExposed => f.write_str(
                "with --dev everyone who reaches the service can read every code; listen on 127.0.0.1, or leave --dev out",
            ),
            Self::Client(error) => error.fmt(f),
            Self::NoComponents => f.write_str(
                "this keyfob was built without components; build it with `cargo build --release -p keyfob-host --features component`, or leave --engine out",
            ),
            #[cfg(feature = "component")]
            Self::Component(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for ServeError {}

impl<E: Into<DataFolderError>> From<E> for ServeError {
    fn from(error: E) -> Self {
        Self::Data(error.into())
    }
}

/// A core dump would hold the master keys.
fn without_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::warn!(%error, "core dumps cannot be switched off; they would hold the master keys");
        }
    }
}

/// Whoever is asked about SIMs, and the rules that this brings. One that cannot be asked is
/// a problem, and then nothing goes out for which it was to be.
fn operator(options: &mut ServeOptions) -> Option<Arc<Operator>> {
    let settings = options.config.sim_swap.as_ref()?;
    options.policy.sim_swap = settings.coverage();
    match Operator::new(settings) {
        Ok(operator) => Some(Arc::new(operator)),
        Err(error) => {
            options.config.problems.push(Problem::new("sim_swap", error.to_string()));
            None
        }
    }
}

/// The rules, run by whoever is to run them.
#[cfg(feature = "component")]
async fn engine(options: &ServeOptions, service: Service) -> Result<Engine, ServeError> {
    let EngineChoice::Component(file) = &options.engine else { return Ok(Engine::native(service)) };
    let key_file = options.data.join(MASTER_KEY);
    let component = Component::load(file, &key_file, &service, &options.policy).await;
    let component = component.map_err(|error| ServeError::Component(file.clone(), error))?;
    tracing::info!(file = %file.display(), "a component runs the rules");
    Ok(Engine::component(service, component))
}

/// The rules, run by whoever is to run them.
#[cfg(not(feature = "component"))]
#[allow(clippy::unused_async)] // as with components
async fn engine(options: &ServeOptions, service: Service) -> Result<Engine, ServeError> {
    match options.engine {
        EngineChoice::Native => Ok(Engine::native(service)),
        EngineChoice::Component(_) => Err(ServeError::NoComponents),
    }
}

fn delivery(options: &ServeOptions, reports: &Receipts) -> Delivery {
    let routes = Routes::new(&options.config, reports);
    for problem in routes.problems() {
        tracing::error!(%problem, "a part of the configuration cannot be used; the service runs without it");
    }
    if !options.dev {
        routes.start();
    }
    Delivery::new(routes, reports.clone(), options.dev.then(|| Arc::new(Inbox::default())))
}

fn public_url(options: &ServeOptions, address: &str) -> String {
    let url = options.public_url.as_deref().unwrap_or(address);
    url.trim_end_matches('/').to_owned()
}

/// A service that has no key yet gets an account and a key for it.
fn first_key(store: &Sqlite) -> Result<Option<Zeroizing<String>>, PortError> {
    if !store.api_key_list()?.is_empty() {
        return Ok(None);
    }
    let mut random = [0; 16];
    SystemEntropy.fill(&mut random)?;
    let (text, record) = api_key::create(AccountId::from_random(random))?;
    store.api_key_insert(&ApiKeyRow {
        id: record.id,
        account: record.account.0,
        hash: record.hash,
        label: "made at the first start".to_owned(),
        created_at: SystemClock::default().now(),
        expires_at: None,
        revoked_at: None,
    })?;
    Ok(Some(text))
}

/// What the newcomer needs: the address, the key, and a line to paste.
fn welcome(options: &ServeOptions, delivery: &Delivery, address: &str, first_key: Option<&str>) {
    let data = options.data.display();
    let mut lines = vec![
        format!("keyfob {} is ready.\n", env!("CARGO_PKG_VERSION")),
        format!("  address        {address}"),
        format!("  description    {address}/docs"),
        format!(
            "  data folder    {data} (its master.key opens every secret: keep a copy elsewhere)"
        ),
    ];
    lines.push(if options.dev {
        format!("  messages       {address}/dev/inbox (developer's mode: nothing is really sent)")
    } else {
        let reached = Channel::ALL.into_iter().filter(|channel| delivery.reaches(*channel));
        let reached: Vec<_> = reached.map(Channel::name).collect();
        let channels = if reached.is_empty() { "none (try --dev)" } else { &reached.join(", ") };
        format!("  channels       {channels}")
    });
    lines.push(match first_key {
        Some(key) => format!("  API key        {key}   (shown only now)"),
        None => format!(
            "  API key        the one you have; `keyfob key create --data {data}` makes another"
        ),
    });
    lines.push("\nTry it: create a domain for your users.\n".to_owned());
    if first_key.is_none() {
        lines.push(format!("  export KEYFOB_API_KEY=$(keyfob key create --data '{data}')"));
    }
    let key = first_key.unwrap_or("$KEYFOB_API_KEY");
    lines.push(format!(
        "  curl {address}{}/domain/ --header \"x-api-key: {key}\" \\\n    --header 'content-type: application/json' --data '{{\"name\": \"Example Bank\"}}'\n",
        http::BASE
    ));
    // Nobody may be reading; the service runs all the same.
    let _ = writeln!(io::stdout(), "{}", Zeroizing::new(lines.join("\n")).as_str());
}

/// What is made in the second of a restore counts as made before it: a code sent in it would
/// be void.
async fn outlive(floor: UnixTime, clock: &dyn Clock) {
    while clock.now() == floor {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn stopped(mut stop: watch::Receiver<()>) {
    let _ = stop.changed().await; // the sender's end is the signal
}

/// Waits to be told to stop, and says so to those who ask whether it is ready.
async fn stop_signal(app: &App) {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        _ = interrupted => {}
        () = terminated => {}
    }
    app.stop();
    tracing::info!("stopping: finishing what is in flight");
}
