//! The WebAssembly components: built from nothing, held against their worlds, and run.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process,
    project::Project,
    python::Python,
    report::{Step, Tally, check},
    test::count,
    wasm_toolchain,
};

pub(crate) const STEP: Step = Step {
    name: "component",
    title: "the WebAssembly components: their worlds, the vectors, an application in Python",
    tools: &["cc", "wasm", "python3", "node", "npm"],
    run,
};

/// The components, by their worlds, and what cargo is asked for.
const WORLDS: [(&str, &str); 3] = [
    ("generator", ""),
    ("authenticator", "--features authenticator"),
    ("service", "--features service"),
];

/// As small as it gets, as the web package: see the workspace's manifest.
const PROFILE: &str = "wasm";

/// Builds the components into `dist/component`, then runs the vectors and the example through
/// them.
fn run(project: &Project) -> Result<Tally, String> {
    let components = build(project)?;
    let python = Python::provide(project)?;
    let component = |world: &str| components.join(format!("keyfob-{world}.wasm"));
    let mut tally = Tally::default();
    let mut run = |name: &str, script: &str, argument: &Path| {
        let mut command = project.command(python.program());
        command.arg(script).arg(argument);
        tally.add_check(run_script(project, name, command));
    };
    run("worlds", "tests/component/worlds.py", &components);
    for (world, _) in WORLDS {
        run(&format!("vectors-{world}"), "tests/component/vectors.py", &component(world));
        run(&format!("arguments-{world}"), "tests/component/arguments.py", &component(world));
    }
    run("example", "examples/python-component/main.py", &component("service"));
    Ok(tally)
}

/// The component with the whole service, built.
pub(crate) fn service(project: &Project) -> Result<PathBuf, String> {
    Ok(build(project)?.join("keyfob-service.wasm"))
}

/// Components that misbehave, made of the one with the whole service.
pub(crate) fn hostile(project: &Project) -> Result<PathBuf, String> {
    let tools = install(project)?;
    let folder = tools.join("hostile");
    let mut make = project.command("node");
    make.arg(tools.join("hostile.mjs"))
        .arg(wasm_toolchain::built(project, PROFILE).join("keyfob_component.wasm"))
        .arg(&folder);
    check(project, "component-hostile", make)?;
    Ok(folder)
}

/// Builds the components into `dist/component` and returns that folder.
fn build(project: &Project) -> Result<PathBuf, String> {
    let tools = install(project)?;
    let folder = project.path("dist/component");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (world, features) in WORLDS {
        let words = format!("build -p keyfob-component {features}");
        println!("   cargo {words}");
        check(project, "component", wasm_toolchain::command(project, PROFILE, &words)?)?;
        let mut make = project.command("node");
        make.arg(tools.join("component.mjs"))
            .arg(wasm_toolchain::built(project, PROFILE).join("keyfob_component.wasm"))
            .arg(folder.join(format!("keyfob-{world}.wasm")));
        check(project, "component", make)?;
    }
    Ok(folder)
}

/// A script says at its end how many passed and failed; one that says nothing has failed.
fn run_script(project: &Project, name: &str, command: Command) -> Result<Tally, String> {
    let log = project.target(&format!("xtask/component-{name}.log"));
    let finished = process::run(command, &log, |_| true)?;
    let last = finished.output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let (passed, failed) = (count(last, "passed"), count(last, "failed"));
    if !finished.success || passed == 0 {
        return Err(finished.explain());
    }
    Ok(Tally { passed, failed, ..Tally::default() })
}

/// What makes a component of a core module, with what it needs from npm in the versions of the
/// lock file.
fn install(project: &Project) -> Result<PathBuf, String> {
    const FILES: [&str; 4] = ["package.json", "component.mjs", "hostile.mjs", "package-lock.json"];
    let sources = project.path("bindings-wasm/component/build");
    let folder = project.target("component");
    let is_same = |file| fs::read(sources.join(file)).ok() == fs::read(folder.join(file)).ok();
    if FILES.into_iter().all(is_same) && folder.join("node_modules").exists() {
        return Ok(folder);
    }
    println!("   installing bindings-wasm/component/build/package.json from npm");
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in FILES {
        fs::copy(sources.join(file), folder.join(file)).map_err(failed)?;
    }
    let mut npm = project.command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    check(project, "component-npm", npm)?;
    Ok(folder)
}
