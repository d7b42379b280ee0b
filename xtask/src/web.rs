//! The npm package `@keyfob/web`: built from nothing, and run in every runtime it is for.

use std::process::Command;

use crate::{
    npm::{self, Modules},
    process,
    project::Project,
    report::{Step, Tally, check},
    shipped, suite, wasm_toolchain,
};

pub(crate) const STEP: Step = Step {
    name: "web",
    title: "npm @keyfob/web, in every runtime it is for",
    tools: &["cc", "wasm", "chromium", "node", "npm"],
    run,
};

/// The two modules: everything, and codes and URIs alone.
const MODULES: [(&str, &str); 2] = [("full", ""), ("generator", "--no-default-features")];

/// A module stands beside the scripts, or within one of them.
const WAYS: usize = 2;

/// Builds the package, packs it into `dist/npm`, and runs its tests.
fn run(project: &Project) -> Result<Tally, String> {
    let (modules, mut tally) = build(project)?;
    tally.add(shipped::names_no_folder(project, &[project.target("web/package")])?);
    let mut tests = project.command("node");
    tests
        .arg("tests/js/run.mjs")
        .arg(modules.path())
        .arg(project.path("dist/npm"))
        .arg(project.target("web/work"));
    let shown = |line: &str| line.starts_with("= ") || line.contains("FAILED");
    tally.add(suite::run(project, "web-tests", tests, shown)?);
    Ok(tally)
}

/// What compares one verification with the libraries people use. Builds the package.
pub(crate) fn bench(project: &Project) -> Result<Command, String> {
    let (modules, _) = build(project)?;
    let mut bench = project.command("node");
    bench
        .arg("benches/js/verify.mjs")
        .arg(modules.path())
        .arg(project.target("web/package/dist/entry/node.mjs"));
    Ok(bench)
}

/// Builds the package into `dist/npm`. A module beyond its size fails.
fn build(project: &Project) -> Result<(Modules, Tally), String> {
    let modules = Modules::provide(project, "tests/js", "web/npm", &[])?;
    check(project, "web-bindgen", project.cargo("build -p keyfob-bindgen"))?;
    let mut folders = Vec::new();
    for (name, features) in MODULES {
        println!("   building the module: {name}");
        let words = format!("build -p keyfob-web {features}");
        check(project, "web-module", wasm_toolchain::command(project, "wasm", &words)?)?;
        let folder = project.target(&format!("web/{name}"));
        let mut bindgen = project.command(project.target("debug/keyfob-bindgen"));
        let module = wasm_toolchain::built(project, "wasm").join("keyfob_web.wasm");
        bindgen.arg(module).arg(&folder).arg("keyfob");
        check(project, "web-bindgen", bindgen)?;
        folders.push(folder);
    }
    let package = project.target("web/package");
    let mut assemble = project.command("node");
    assemble.arg("bindings-wasm/web/build.mjs").args(&folders).arg(&package);
    assemble.env("NODE_PATH", modules.path());
    let shown = |line: &str| line.starts_with("size of ");
    let log = project.target("xtask/web-package.log");
    let told = process::run(assemble, &log, shown)?.ok()?;
    let sizes = told.lines().filter(|line| shown(line)).count();
    npm::pack(project, "keyfob-web", &[package])?;
    let packed = WAYS * MODULES.len();
    if sizes != packed {
        return Err(format!("{sizes} sizes were measured, of {packed}"));
    }
    let mut tally = Tally::default();
    for _ in MODULES {
        tally.add(Tally::one());
    }
    Ok((modules, tally))
}
