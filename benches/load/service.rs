//! A data folder with users, and the service that runs on it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Result, http, users};

/// A data folder whose users were imported from the command line.
pub(crate) struct Store {
    binary: PathBuf,
    folder: PathBuf,
    pub(crate) domain: String,
    pub(crate) key: String,
    engine: String,
}

impl Store {
    /// Makes a data folder with users. Returns how long importing them took, too.
    pub(crate) fn create(binary: &Path, folder: &Path, users: u32) -> Result<(Self, Duration)> {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let mut store = Self {
            binary: binary.to_owned(),
            folder: folder.to_owned(),
            domain: String::new(),
            key: String::new(),
            engine: "native".to_owned(),
        };
        (store.key, store.domain) = store.first_start()?;
        let file = folder.join("users.jsonl");
        users::write(&file, users)?;
        let began = Instant::now();
        store.keyfob(&["user", "import", "--domain", &store.domain, &file.to_string_lossy()])?;
        Ok((store, began.elapsed()))
    }

    /// Makes the database, a key and a domain of its account.
    fn first_start(&self) -> Result<(String, String)> {
        let service = Service::start(self)?;
        let key = self.keyfob(&["key", "create"])?.trim().to_owned();
        let path = "/identity/otp/domain/";
        let (_, body) = http::get(service.address, path, &key).map_err(failed(&self.folder))?;
        let domain = body.split('"').nth(3).ok_or(format!("no domain in {body}"))?;
        Ok((key, domain.to_owned()))
    }

    /// The same, whose service runs this engine.
    pub(crate) fn with_engine(self, engine: &str) -> Self {
        Self { engine: engine.to_owned(), ..self }
    }

    /// The folder for files beside the data.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A copy of it that may be used up.
    pub(crate) fn copy(&self, to: &Path) -> Result<Self> {
        let data = to.join(DATA);
        fs::create_dir_all(&data).map_err(failed(to))?;
        for file in fs::read_dir(self.data()).map_err(failed(&self.folder))? {
            let file = file.map_err(failed(&self.folder))?;
            fs::copy(file.path(), data.join(file.file_name())).map_err(failed(to))?;
        }
        Ok(Self {
            binary: self.binary.clone(),
            folder: to.to_owned(),
            domain: self.domain.clone(),
            key: self.key.clone(),
            engine: self.engine.clone(),
        })
    }

    /// Reads all of it, so that what follows does not wait for the disk: some machines
    /// take the memory of files away within seconds.
    pub(crate) fn read_into_memory(&self) -> Result<()> {
        for file in fs::read_dir(self.data()).map_err(failed(&self.folder))? {
            let path = file.map_err(failed(&self.folder))?.path();
            let mut file = File::open(&path).map_err(failed(&path))?;
            io::copy(&mut file, &mut io::sink()).map_err(failed(&path))?;
        }
        Ok(())
    }

    /// Removes it from the disk.
    pub(crate) fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.folder).map_err(failed(&self.folder))
    }

    fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    /// Runs a command on the data folder, and returns its standard output.
    fn keyfob(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.binary);
        command.args(words).arg("--data").arg(self.data());
        let output = command.output().map_err(failed(&self.binary))?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(format!("keyfob {}: {error}", words.join(" ")));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

const DATA: &str = "data";

/// A running service. Ended when dropped.
pub(crate) struct Service<'a> {
    child: Child,
    pub(crate) store: &'a Store,
    pub(crate) address: SocketAddr,
    /// From the start of the process until it said that it is ready.
    pub(crate) ready_after: Duration,
}

impl<'a> Service<'a> {
    /// Starts the service and waits until it is ready.
    pub(crate) fn start(store: &'a Store) -> Result<Self> {
        Self::start_with(store, &[])
    }

    /// Starts the service with these variables besides.
    pub(crate) fn start_with(store: &'a Store, variables: &[(&str, &str)]) -> Result<Self> {
        const PATIENCE: Duration = Duration::from_secs(20);
        let address = free_address().map_err(failed(&store.folder))?;
        let log = File::create(store.folder.join("service.log")).map_err(failed(&store.folder))?;
        let mut command = Command::new(&store.binary);
        command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(store.data());
        command.env("KEYFOB_ENGINE", &store.engine).envs(variables.iter().copied());
        command.stdout(log.try_clone().map_err(failed(&store.folder))?).stderr(log);
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).spawn().map_err(failed(&store.binary))?;
        let mut service = Self { child, store, address, ready_after: Duration::ZERO };
        while !http::get(address, "/readyz", "").is_ok_and(|(status, _)| status == 200) {
            let ended = service.child.try_wait().map_err(failed(&store.binary))?;
            if ended.is_some() || began.elapsed() > PATIENCE {
                return Err(format!(
                    "the service does not start; see {}/service.log",
                    store.folder.display()
                ));
            }
            thread::sleep(Duration::from_millis(2));
        }
        service.ready_after = began.elapsed();
        Ok(service)
    }

    /// The CPU time that all its threads have had.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let tasks = PathBuf::from(format!("/proc/{}/task", self.child.id()));
        let mut total = Duration::ZERO;
        for task in fs::read_dir(&tasks).map_err(failed(&tasks))?.filter_map(io::Result::ok) {
            let path = task.path().join("schedstat");
            let text = fs::read_to_string(&path).map_err(failed(&path))?;
            let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
            total += Duration::from_nanos(nanoseconds.ok_or("schedstat has another form")?);
        }
        Ok(total)
    }

    /// The most memory that was resident at a time, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let text = fs::read_to_string(&path).map_err(failed(&path))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
        Ok(kibibytes.ok_or("status has no VmHWM")? / 1024.0)
    }

    /// What the service has counted.
    pub(crate) fn outcomes(&self) -> Result<Outcomes> {
        let (_, text) =
            http::get(self.address, "/metrics", "").map_err(failed(&self.store.folder))?;
        let mut outcomes = Outcomes::default();
        for line in text.lines().filter(|line| line.starts_with("keyfob_verifications_total{")) {
            let name = line.split_once("outcome=\"").and_then(|(_, rest)| rest.split('"').next());
            let count = line.rsplit(' ').next().and_then(|count| count.parse::<u64>().ok());
            let (Some(name), Some(count)) = (name, count) else {
                return Err(format!("no count in {line}"));
            };
            *outcomes.0.entry(name.to_owned()).or_default() += count;
        }
        Ok(outcomes)
    }
}

/// How many codes were put forward, by their outcome.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(BTreeMap<String, u64>);

impl Outcomes {
    /// How many were accepted since `before`.
    ///
    /// # Errors
    /// If any was not: then something else than intended was measured.
    pub(crate) fn since(&self, before: &Self) -> Result<u64> {
        let mut accepted = 0;
        for (name, count) in &self.0 {
            let count = count - before.0.get(name).unwrap_or(&0);
            match name.as_str() {
                "accepted" => accepted = count,
                _ if count > 0 => return Err(format!("{count} codes had the outcome {name}")),
                _ => {}
            }
        }
        Ok(accepted)
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        // Asked, not killed: the log is folded in, and a copy of the folder is whole.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A port that nobody had a moment ago.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn failed<E: std::fmt::Display>(path: &Path) -> impl Fn(E) -> String {
    let path = path.display().to_string();
    move |error| format!("{path}: {error}")
}
