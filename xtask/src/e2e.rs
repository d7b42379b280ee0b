//! The suites under `tests/e2e`: programs that drive the release binary from outside.
//!
//! A suite is a folder with an executable file `run`. It gets the binary in
//! `KEYFOB_BIN`, a Python that has `tests/e2e/requirements.txt` in `KEYFOB_PYTHON` (and
//! first in `PATH`), and the modules of `tests/e2e/package.json` in `NODE_PATH`. Its last
//! line is `N passed, N failed`. Two suites run at a time, but one with a file `alone`, which
//! says why, has the machine to itself.

use std::{
    env, fs,
    panic::resume_unwind,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use crate::{
    process,
    project::Project,
    python::Python,
    report::{Tally, check},
    test::count,
};

/// What suites share; no suite itself.
const SUPPORT: &str = "support";

pub(crate) fn run(project: &Project) -> Result<Tally, String> {
    let suites = suites(project)?;
    let python = Python::provide(project)?;
    let modules = node_modules(project)?;
    println!("   cargo build --release -p keyfob-host");
    check(project, "release", project.cargo("build --release -p keyfob-host"))?;
    let run = |name: &String| -> Result<Tally, String> {
        let began = Instant::now();
        let suite = run_suite(project, name, environment(project, name, &python, &modules)?)?;
        let took = began.elapsed().as_secs_f64();
        println!("   {name}: {} passed, {} failed ({took:.1} s)", suite.passed, suite.failed);
        Ok(suite)
    };
    let (alone, together): (Vec<_>, Vec<_>) = suites
        .into_iter()
        .partition(|name| project.path(&format!("tests/e2e/{name}/alone")).exists());
    let mut tally = Tally::default();
    for suite in two_at_a_time(&together, run).into_iter().chain(alone.iter().map(run)) {
        tally.add(suite?);
    }
    Ok(tally)
}

/// Runs one suite, with what `set` changes of its environment.
pub(crate) fn run_one(
    project: &Project,
    name: &str,
    set: impl FnOnce(&mut Command),
) -> Result<Tally, String> {
    let python = Python::provide(project)?;
    let modules = node_modules(project)?;
    let began = Instant::now();
    let mut command = environment(project, name, &python, &modules)?;
    set(&mut command);
    let suite = run_suite(project, name, command)?;
    let took = began.elapsed().as_secs_f64();
    println!("   {name}: {} passed, {} failed ({took:.1} s)", suite.passed, suite.failed);
    Ok(suite)
}

/// Most suites wait more than they work.
fn two_at_a_time<T: Send>(names: &[String], run: impl Fn(&String) -> T + Sync) -> Vec<T> {
    let (next, run) = (&Mutex::new(names.iter()), &run);
    let worker = move || {
        let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::iter::from_fn(take).map(run).collect::<Vec<T>>()
    };
    thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

fn suites(project: &Project) -> Result<Vec<String>, String> {
    let folder = project.path("tests/e2e");
    let entries = folder.read_dir().map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("run").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != SUPPORT)
        .collect();
    names.sort();
    if names.is_empty() { Err("there is no suite under tests/e2e".to_owned()) } else { Ok(names) }
}

/// A suite that says nothing of its tests, or nothing of a failure, has failed.
fn run_suite(project: &Project, name: &str, command: Command) -> Result<Tally, String> {
    let log = project.target(&format!("xtask/e2e-{name}.log"));
    let finished = process::run(command, &log, |_| false)?;
    let last = finished.output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut tally =
        Tally { passed: count(last, "passed"), failed: count(last, "failed"), ..Tally::default() };
    if !finished.success || tally.passed == 0 {
        println!("{}", finished.explain());
        tally.failed = tally.failed.max(1);
    }
    let skipped = count(last, "skipped");
    if skipped > 0 {
        tally.not_run.push(format!("{skipped} skipped tests of tests/e2e/{name}"));
    }
    Ok(tally)
}

fn environment(
    project: &Project,
    name: &str,
    python: &Python,
    modules: &Path,
) -> Result<Command, String> {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let folders = [python.programs()].into_iter().chain(env::split_paths(&inherited));
    let path = env::join_paths(folders).map_err(|error| error.to_string())?;
    let mut command = project.command(project.path(&format!("tests/e2e/{name}/run")));
    command
        .env("PATH", path)
        .env("KEYFOB_BIN", project.target("release/keyfob"))
        .env("KEYFOB_PYTHON", python.program())
        .env("NODE_PATH", modules);
    Ok(command)
}

/// Installs what is asked for from npm, unless it is there already.
fn node_modules(project: &Project) -> Result<PathBuf, String> {
    const FILES: [&str; 2] = ["package.json", "package-lock.json"];
    let folder = project.target("e2e");
    let modules = folder.join("node_modules");
    let lock = project.path("tests/e2e/package-lock.json");
    let up_to_date = fs::read(&lock).ok() == fs::read(folder.join(FILES[1])).ok();
    if !lock.exists() || (up_to_date && modules.exists()) {
        return Ok(modules);
    }
    println!("   installing tests/e2e/package.json from npm");
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in FILES {
        fs::copy(project.path(&format!("tests/e2e/{file}")), folder.join(file)).map_err(failed)?;
    }
    let mut npm = project.command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    process::run(npm, &project.target("xtask/npm.log"), |_| false)?.ok()?;
    Ok(modules)
}
