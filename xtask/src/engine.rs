//! The host with the component as its engine: held against the vectors, compared with the native
//! engine, run with components that misbehave, and driven by the REST suites.

use std::path::PathBuf;

use crate::{
    component::Components,
    e2e, files,
    project::Project,
    report::{Step, Tally},
    test::{EVERYTHING, cargo_test},
};

/// The suites of `tests/e2e` that run on both engines, and what is set for them.
const SUITES: [(&str, &[(&str, &str)]); 3] = [
    ("seeds", &[]),
    ("races", &[]),
    // A fifth of the requests that the native engine gets: what there is to find is in the host.
    ("api", &[("KEYFOB_API_ROUNDS", "1"), ("KEYFOB_API_REQUESTS", "4000")]),
];

/// In the profile of tests and over the same packages, whose artefacts are there already.
pub(crate) const FEATURE: &str = "keyfob-host/component-tests";

pub(crate) const STEP: Step = Step {
    name: "engine",
    title: "the service with the component as its engine",
    tools: &["cc", "wasm", "python3", "oathtool", "node", "npm", "curl"],
    run,
};

fn run(project: &Project) -> Result<Tally, String> {
    let components = Components::build(project)?;
    let (component, hostile) = (components.service(), components.hostile()?);
    let mut tally = Tally::default();
    let words = format!("test {EVERYTHING},{FEATURE} --test engines -- --nocapture");
    println!("   cargo {words}");
    let mut tests = project.cargo(&words);
    tests.env("KEYFOB_COMPONENT", &component).env("KEYFOB_HOSTILE", &hostile);
    tally.add_check(cargo_test(project, "engine-tests", tests));
    let binary = keep_binary(project)?;
    let engine = format!("component={}", component.display());
    for (suite, variables) in SUITES {
        let run = e2e::run_one(project, suite, |command| {
            command.env("KEYFOB_BIN", &binary).env("KEYFOB_ENGINE", &engine);
            command.envs(variables.iter().copied());
        });
        tally.add_check(run);
    }
    Ok(tally)
}

/// The binary that was built for the tests, where the next build does not put its own.
fn keep_binary(project: &Project) -> Result<PathBuf, String> {
    let (built, kept) = (project.target("debug/keyfob"), project.target("debug/keyfob-component"));
    files::copy(&built, &kept)?;
    Ok(kept)
}
