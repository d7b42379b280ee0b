//! `cargo xtask ci`: what must hold of the sources before their tests are worth running.

use std::time::Duration;

use crate::{
    engine, paths, process,
    project::Project,
    report::{Step, Tally, check},
    test::EVERYTHING,
};

pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "format",
        title: "cargo fmt --check",
        tools: &[],
        run: |project| check(project, "format", project.cargo("fmt --all --check")),
    },
    Step {
        name: "lint",
        title: "clippy, warnings refused",
        tools: &["cc"],
        run: |project| {
            let feature = engine::FEATURE;
            let words = format!("clippy {EVERYTHING},{feature} --all-targets -- -D warnings");
            check(project, "lint", project.cargo(&words))
        },
    },
    Step {
        name: "deny",
        title: "licences, sources and advisories of all dependencies",
        tools: &["cargo-deny"],
        run: deny,
    },
    Step {
        name: "docs",
        title: "the documentation builds, warnings refused, and names paths that are there",
        tools: &["cc"],
        run: |project| {
            let mut command = project.cargo(&format!("doc {EVERYTHING} --no-deps"));
            command.env("RUSTDOCFLAGS", "-D warnings");
            let mut tally = check(project, "docs", command)?;
            tally.add_check(paths::check(project));
            Ok(tally)
        },
    },
];

/// How long to wait for the advisory database.
const PATIENCE: Duration = Duration::from_secs(90);

fn deny(project: &Project) -> Result<Tally, String> {
    let mut tally = check(project, "deny", project.cargo("deny check bans licenses sources"))?;
    let log = project.target("xtask/advisories.log");
    let command = project.cargo("deny check advisories");
    let finished = process::run_within(PATIENCE, command, &log, |_| false)?;
    if finished.success {
        tally.add(Tally::one());
    } else if is_unreachable(&finished.output) {
        println!("   the advisory database could not be fetched, so advisories were not checked");
        tally.not_run.push("advisories: their database could not be fetched".to_owned());
    } else {
        return Err(finished.explain());
    }
    Ok(tally)
}

/// Whether the network is at fault, and no advisory.
fn is_unreachable(output: &str) -> bool {
    [
        "failed to fetch advisory database",
        "failed to load advisory database",
        "ended: it took longer",
    ]
    .iter()
    .any(|words| output.contains(words))
}
