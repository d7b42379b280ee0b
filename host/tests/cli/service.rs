//! Commands beside a running service, and what they mean to it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{Folder, SECRET, oathtool};

#[test]
fn a_code_used_before_a_restore_is_refused_after_it() {
    let data = Folder::new("restored-service");
    let service = Service::start(&data);
    let key = data.keyfob(&["key", "create"], "").stdout.trim().to_owned();
    let domain = data.keyfob(&["domain", "create"], "").stdout.trim().to_owned();
    let added =
        data.keyfob(&["user", "add", "--domain", &domain, "alice", "--secret", "-"], SECRET);
    assert_eq!(added.status, 0, "{}", added.stderr);
    let backup = data.path("backup.db");
    assert_eq!(data.keyfob(&["backup", &backup], "").status, 0);

    let code = oathtool(&["--totp"]);
    let body = serde_json::json!({ "domain": domain, "user_id": "alice", "code": code.trim() });
    let verified = |service: &Service| service.post(&key, "totp/", &body).1["verified"].clone();
    assert_eq!(verified(&service), true);
    assert_eq!(verified(&service), false);

    assert_eq!(data.keyfob(&["restore", &backup], "").status, 2, "the service runs");
    drop(service);
    let restored = data.keyfob(&["restore", &backup], "");
    assert_eq!(restored.status, 0, "{}", restored.stderr);
    assert_eq!(verified(&Service::start(&data)), false, "the backup knew nothing of its use");
}

#[test]
fn a_key_that_is_revoked_while_the_service_runs_opens_nothing_more() {
    let data = Folder::new("revoking");
    let service = Service::start(&data);
    let key = data.keyfob(&["key", "create"], "").stdout.trim().to_owned();
    let status = || service.post(&key, "domain/", &Value::Object(serde_json::Map::new())).0;
    assert_eq!(status(), 200);
    let id = key.split('_').nth(1).unwrap();
    assert_eq!(data.keyfob(&["key", "revoke", id], "").status, 0);
    thread::sleep(Duration::from_secs(1)); // what the command promised
    assert_eq!(status(), 401);
}

#[test]
fn an_engine_that_cannot_run_is_named_and_nothing_is_served() {
    let data = Folder::new("engineless");
    let serve = |engine| data.keyfob(&["serve", "--listen", "127.0.0.1:0", "--engine", engine], "");
    let unknown = serve("fast");
    assert_eq!(unknown.status, 2, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("native, or component=FILE"), "{}", unknown.stderr);
    let missing = serve("component=/nowhere/keyfob-service.wasm");
    assert_ne!(missing.status, 0);
    assert!(missing.stdout.is_empty(), "it says of no address that it is ready");
    let expected = if cfg!(feature = "component") { "/nowhere/" } else { "--features component" };
    assert!(missing.stderr.contains(expected), "{}", missing.stderr);
}

#[cfg(unix)]
#[test]
fn clients_that_read_no_answer_keep_nobody_else_out() {
    let data = Folder::new("stalled");
    let service = Service::start_with_open_files(&data, 256);
    let key = data.keyfob(&["key", "create"], "").stdout.trim().to_owned();
    let asked = b"GET /docs HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(200);
    let stalled: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(&service.address).unwrap();
            stream.write_all(&asked).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    // A domain is a durable write: the database has its files, too.
    let status = service.post(&key, "domain/", &Value::Object(serde_json::Map::new())).0;
    assert_eq!(status, 200);
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    drop(stalled);
}

#[test]
fn headers_beyond_eight_kib_are_refused() {
    let data = Folder::new("headers");
    let service = Service::start(&data);
    let status = |length: usize| service.get("/livez", &format!("x: {}\r\n", "a".repeat(length)));
    assert_eq!(status(7 * 1024), 200);
    assert_eq!(status(9 * 1024), 431);
}

/// `keyfob serve` on a free port; killed when dropped.
pub(crate) struct Service {
    process: Child,
    address: String,
    _output: BufReader<ChildStdout>, // kept open: there is more to come
}

impl Service {
    fn start(data: &Folder) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_keyfob")), data)
    }

    fn start_with_open_files(data: &Folder, limit: usize) -> Self {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -n {limit} && exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_keyfob")]);
        Self::run(shell, data)
    }

    pub(crate) fn run(mut command: Command, data: &Folder) -> Self {
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data", data.name()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let address = output
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .find_map(|line| Some(line.split_once("http://")?.1.trim().to_owned()))
            .expect("the service tells its address");
        Self { process, address, _output: output }
    }

    /// The status and the JSON of the answer.
    fn post(&self, key: &str, path: &str, body: &Value) -> (u16, Value) {
        let (mut stream, body) = (TcpStream::connect(&self.address).unwrap(), body.to_string());
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(
            stream,
            "POST /identity/otp/{path} HTTP/1.1\r\nhost: {}\r\nx-api-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status_of(&answer), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// The status of the answer to a request with these header lines.
    fn get(&self, path: &str, headers: &str) -> u16 {
        status_of(&self.answer(path, headers))
    }

    /// The whole answer.
    pub(crate) fn text(&self, path: &str) -> String {
        self.answer(path, "")
    }

    fn answer(&self, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\n", self.address).unwrap();
        write!(stream, "connection: close\r\n{headers}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

fn status_of(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

impl Drop for Service {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
