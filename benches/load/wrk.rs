//! Running wrk, and reading what the script beside this file reports.

use std::{path::Path, process::Command};

use crate::{Result, service::Service};

pub(crate) const THREADS: usize = 2;
const CONNECTIONS: usize = 64;

#[derive(Clone, Copy)]
pub(crate) enum Mode {
    /// Every answer is read, and the run ends with the codes.
    Read,
    /// Answers are only counted by their status, for the least work beside the service.
    Skip,
}

/// What wrk saw. Times in milliseconds where the name does not say otherwise.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) maximum: f64,
    /// Answers of another status than 2xx and 3xx, and failures of connections.
    pub(crate) errors: u64,
    pub(crate) sent: u64,
    pub(crate) verified: u64,
    pub(crate) refused: u64,
    /// Requests made when no code was left.
    pub(crate) wrapped: u64,
}

/// Sends the codes that were written into the folder of the service's store.
pub(crate) fn wrk(service: &Service<'_>, seconds: u32, mode: Mode) -> Result<Seen> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("load/totp.lua");
    let store = service.store;
    let mut command = Command::new("wrk");
    command.args([format!("-t{THREADS}"), format!("-c{CONNECTIONS}"), format!("-d{seconds}s")]);
    command.arg("-s").arg(script).arg(format!("http://{}", service.address)).arg("--");
    command.arg(store.folder()).args([&store.domain, &store.key]);
    command.arg(match mode {
        Mode::Read => "read",
        Mode::Skip => "skip",
    });
    run(command)
}

/// Sends messages, each to another number.
pub(crate) fn sends(service: &Service<'_>, seconds: u32) -> Result<Seen> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("load/sends.lua");
    let mut command = Command::new("wrk");
    command.args([format!("-t{THREADS}"), format!("-c{CONNECTIONS}"), format!("-d{seconds}s")]);
    command.arg("-s").arg(script).arg(format!("http://{}", service.address)).arg("--");
    command.args([&service.store.domain, &service.store.key]);
    run(command)
}

fn run(mut command: Command) -> Result<Seen> {
    let output = command.output().map_err(|error| format!("wrk: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("result "));
    let line = line.ok_or_else(|| {
        format!("wrk reported no result:\n{text}{}", String::from_utf8_lossy(&output.stderr))
    })?;
    let field = |name: &str| -> Result<u64> {
        let values = line.split(' ').filter_map(|pair| pair.split_once('='));
        let value =
            values.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.parse());
        value.and_then(std::result::Result::ok).ok_or(format!("no {name} in {line}"))
    };
    let milliseconds = |name| field(name).map(|microseconds| microseconds as f64 / 1e3);
    Ok(Seen {
        requests: field("requests")?,
        seconds: milliseconds("microseconds")? / 1e3,
        p50: milliseconds("p50")?,
        p99: milliseconds("p99")?,
        maximum: milliseconds("maximum")?,
        errors: field("status_errors")? + field("socket_errors")?,
        sent: field("sent")?,
        verified: field("verified")?,
        refused: field("refused")?,
        wrapped: field("wrapped")?,
    })
}
