//! The suites under `tests/e2e`: programs that drive the release binary from outside.
//!
//! A suite is a folder with a file `test_*.py`; `tests/e2e/suite.py` runs it with a Python that
//! has `tests/e2e/requirements.txt` (and is first in `PATH`), the binary in `KEYFOB_BIN`, and the
//! modules of `tests/e2e/package.json` in `NODE_PATH`. Its last line is `N passed, N failed`. Three suites run at a time, but one with a file `alone`,
//! which says why, has the machine to itself.

use std::{path::Path, process::Command, time::Instant};

use crate::{
    at_a_time::at_a_time,
    files,
    npm::Modules,
    project::Project,
    python::Python,
    report::{Tally, check},
    shipped, suite,
};

/// One works and two wait: providers that hang do so for seconds on a real clock.
const LANES: usize = 3;

pub(crate) fn run(project: &Project) -> Result<Tally, String> {
    let suites = suites(project)?;
    println!("   cargo build --release -p keyfob-host");
    check(project, "release", shipped::release(project, "build -p keyfob-host"))?;
    let needs = Needs::provide(project)?;
    let run = |name: &String| run_suite(project, name, &needs, |_| {});
    let (alone, together): (Vec<_>, Vec<_>) = suites
        .into_iter()
        .partition(|name| project.path(&format!("tests/e2e/{name}/alone")).exists());
    let mut tally = Tally::default();
    for suite in at_a_time(LANES, &together, run).into_iter().chain(alone.iter().map(run)) {
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
    run_suite(project, name, &Needs::provide(project)?, set)
}

fn suites(project: &Project) -> Result<Vec<String>, String> {
    let folder = project.path("tests/e2e");
    let mut names = Vec::new();
    for entry in files::listed(&folder)?.iter().filter(|entry| entry.is_dir()) {
        if files::listed(entry)?.iter().any(|file| named(file).starts_with("test_")) {
            names.push(named(entry));
        }
    }
    if names.is_empty() { Err("there is no suite under tests/e2e".to_owned()) } else { Ok(names) }
}

fn named(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn run_suite(
    project: &Project,
    name: &str,
    needs: &Needs,
    set: impl FnOnce(&mut Command),
) -> Result<Tally, String> {
    let began = Instant::now();
    let mut command = needs.python.command(project, "python")?;
    command.arg(project.path("tests/e2e/suite.py")).arg(name);
    command.env("NODE_PATH", needs.modules.path());
    command.env("KEYFOB_BIN", project.target("release/keyfob"));
    set(&mut command);
    let tally = suite::run(project, &format!("e2e-{name}"), command, |_| false)?;
    let took = began.elapsed().as_secs_f64();
    println!("   {name}: {} passed, {} failed ({took:.1} s)", tally.passed, tally.failed);
    Ok(tally)
}

/// What suites import.
struct Needs {
    python: Python,
    modules: Modules,
}

impl Needs {
    fn provide(project: &Project) -> Result<Self, String> {
        let modules = Modules::provide(project, "tests/e2e", "e2e", &[])?;
        Ok(Self { python: Python::provide(project)?, modules })
    }
}
