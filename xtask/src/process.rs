//! Running programs: their output goes to a log, and what matters of it to the terminal.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// Longer than any step takes: what hangs is ended and counts as failed.
const LONGEST: Duration = Duration::from_mins(20);

/// How a program ended.
pub(crate) struct Finished {
    /// Whether it said that all is well.
    pub(crate) success: bool,
    /// What it printed, on both streams.
    pub(crate) output: String,
    log: PathBuf,
}

impl Finished {
    /// The last lines, for people who have to mend it.
    pub(crate) fn explain(&self) -> String {
        const LINES: usize = 150;
        let lines: Vec<&str> = self.output.lines().collect();
        let tail = &lines[lines.len().saturating_sub(LINES)..];
        format!("{}\n(all of it: {})", tail.join("\n"), self.log.display())
    }

    /// The output, or the explanation as an error.
    pub(crate) fn ok(self) -> Result<String, String> {
        if self.success { Ok(self.output) } else { Err(self.explain()) }
    }
}

/// Runs a program to its end. Lines that `show` picks are shown as they come.
pub(crate) fn run(
    command: Command,
    log: &Path,
    show: impl Fn(&str) -> bool,
) -> Result<Finished, String> {
    run_within(LONGEST, command, log, show)
}

/// As [`run`], and ended after `limit`.
pub(crate) fn run_within(
    limit: Duration,
    command: Command,
    log: &Path,
    show: impl Fn(&str) -> bool,
) -> Result<Finished, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| format!("cannot run {program}: {error}");
    let (mut child, lines) = start(command).map_err(failed)?;
    let mut output = String::new();
    let mut file = create(log).map_err(failed)?;
    let end = Instant::now() + limit;
    let timely = loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if show(&line) {
                    println!("   {}", line.trim_end());
                }
                output.push_str(&line);
                file.write_all(line.as_bytes()).map_err(failed)?;
            }
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) => {
                output.push_str("ended: it took longer than it may\n");
                child.kill().map_err(failed)?;
                break false;
            }
        }
    };
    let status = child.wait().map_err(failed)?;
    Ok(Finished { success: timely && status.success(), output, log: log.to_owned() })
}

/// Both streams as one, so that errors stand where they happened.
fn start(mut command: Command) -> io::Result<(Child, mpsc::Receiver<String>)> {
    let (reader, writer) = io::pipe()?;
    let child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    drop(command); // it holds the writing end
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    Ok((child, receiver))
}

fn create(log: &Path) -> io::Result<File> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create(log)
}
