//! The npm package `@keyfob/web`: built from nothing, and run in every runtime it is for.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    process,
    project::Project,
    report::{Step, Tally, check},
    test::count,
    wasm_toolchain,
};

pub(crate) const STEP: Step = Step {
    name: "web",
    title: "npm @keyfob/web, in every runtime it is for",
    tools: &["cc", "wasm", "chromium", "node", "npm"],
    run,
};

/// The two modules: everything, and codes and URIs alone.
const MODULES: [(&str, &str); 2] = [("full", ""), ("generator", "--no-default-features")];

/// Builds the package, packs it into `dist/npm`, and runs its tests.
fn run(project: &Project) -> Result<Tally, String> {
    let mut tally = build(project)?;
    let mut tests = project.command("node");
    tests
        .arg("tests/js/run.mjs")
        .arg(modules(project))
        .arg(project.path("dist/npm"))
        .arg(project.target("web/work"));
    let shown = |line: &str| line.starts_with("= ") || line.contains("FAILED");
    let finished = process::run(tests, &project.target("xtask/web-tests.log"), shown)?;
    let last = finished.output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let (passed, mut failed) = (count(last, "passed"), count(last, "failed"));
    if !finished.success || passed == 0 {
        println!("{}", finished.explain());
        failed = failed.max(1);
    }
    tally.add(Tally { passed, failed, ..Tally::default() });
    Ok(tally)
}

/// What compares one verification with the libraries people use. Builds the package.
pub(crate) fn bench(project: &Project) -> Result<Command, String> {
    build(project)?;
    let mut bench = project.command("node");
    bench
        .arg("benches/js/verify.mjs")
        .arg(modules(project))
        .arg(project.target("web/package/dist/entry/node.mjs"));
    Ok(bench)
}

/// Builds the package into `dist/npm`. A module beyond its size fails.
pub(crate) fn build(project: &Project) -> Result<Tally, String> {
    install(project)?;
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
    assemble.env("NODE_PATH", modules(project));
    let shown = |line: &str| line.starts_with("size of ");
    process::run(assemble, &project.target("xtask/web-package.log"), shown)?.ok()?;
    pack(project, &package)?;
    Ok(Tally { passed: 2, ..Tally::default() }) // the two sizes
}

fn pack(project: &Project, package: &PathBuf) -> Result<(), String> {
    let out = project.path("dist/npm");
    let failed = |error| format!("{}: {error}", out.display());
    fs::create_dir_all(&out).map_err(failed)?;
    let mut npm = npm(project);
    npm.args(["pack", "--pack-destination"]).arg(&out).current_dir(package);
    check(project, "web-pack", npm).map(drop)
}

/// What the build and the tests need from npm, in the versions of the lock file.
fn install(project: &Project) -> Result<(), String> {
    const FILES: [&str; 2] = ["package.json", "package-lock.json"];
    let folder = project.target("web/npm");
    let lock = project.path("tests/js/package-lock.json");
    let up_to_date = fs::read(&lock).ok() == fs::read(folder.join(FILES[1])).ok();
    if up_to_date && modules(project).exists() {
        return Ok(());
    }
    println!("   installing tests/js/package.json from npm");
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    for file in FILES {
        fs::copy(project.path(&format!("tests/js/{file}")), folder.join(file)).map_err(failed)?;
    }
    let mut npm = npm(project);
    npm.args(["ci", "--ignore-scripts"]).current_dir(&folder);
    check(project, "web-npm", npm).map(drop)
}

fn modules(project: &Project) -> PathBuf {
    project.target("web/npm/node_modules")
}

fn npm(project: &Project) -> Command {
    let mut npm = project.command("npm");
    npm.env("npm_config_audit", "false").env("npm_config_fund", "false");
    npm
}
