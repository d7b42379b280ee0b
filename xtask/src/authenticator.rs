//! `cargo xtask authenticator`: the authenticator of `examples/authenticator-compose` in a window.
//! `cargo xtask samples`: its tests, and those of the one in `SwiftUI`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::SystemTime,
};

use crate::{
    files, maven, mobile, process,
    project::Project,
    report::{Step, Tally, check},
    suite::{judged, says},
    swift, tools,
};

pub(crate) const STEP: Step = Step {
    name: "samples",
    title: "the authenticators in Compose and SwiftUI: logic, pictures, clicks",
    tools: &["cc", "java", "maven", "zbarimg", "skia", "mmdebstrap"],
    run,
};

const COMPOSE: &str = "examples/authenticator-compose";
const SWIFTUI: &str = "examples/authenticator-swiftui";
const APP: &str = "dist/authenticator";
const MAIN: &str = "io.github.keyfob.authenticator.MainKt";

fn run(project: &Project) -> Result<Tally, String> {
    let mut tally = compose(project)?;
    tally.add(swiftui(project)?);
    Ok(tally)
}

/// Builds the authenticator and opens it.
pub(crate) fn open(project: &Project) -> ExitCode {
    match show(project) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the window was closed in an orderly way.
fn show(project: &Project) -> Result<bool, String> {
    if env::var_os("DISPLAY").is_none() {
        return Err("There is no display to open a window on: set DISPLAY, or try it with \
                    `xvfb-run cargo xtask authenticator`."
            .to_owned());
    }
    tools::provide_named(&["cc", "java", "maven", "skia", "window"], project)?;
    let library = library(project)?;
    println!("   mvn package: the authenticator");
    let mut build = maven(project, &library, "package");
    build.args(["-pl", "logic,desktop", "-Dmaven.test.skip=true"]);
    check(project, "authenticator", build)?;
    publish(project, &library)?;
    println!("   java -cp '{APP}/*' {MAIN}: opens the window, from now on too");
    println!("   your accounts are kept in keyfob-authenticator/ of your configuration folder");
    let mut window = project.command("java");
    window.arg("-cp").arg(project.path(APP).join("*")).arg(MAIN);
    let status = window.status().map_err(|error| format!("cannot run java: {error}"))?;
    Ok(status.success())
}

/// What the jar is made of.
const SOURCES: &[&str] = &[
    "bindings-mobile/src",
    "bindings-mobile/kotlin",
    "bindings-mobile/Cargo.toml",
    "core/src",
    "core/Cargo.toml",
    "Cargo.toml",
    "Cargo.lock",
];

/// The jar that `cargo xtask kotlin` made, if it is of these sources; otherwise one that is made
/// now, and not tested.
fn library(project: &Project) -> Result<PathBuf, String> {
    let name = format!("keyfob-{}.jar", mobile::version(project)?);
    let made = project.path("dist/kotlin").join(&name);
    let latest = SOURCES.iter().filter_map(|it| changed(&project.path(it))).max();
    if changed(&made).is_some_and(|made| latest.is_none_or(|latest| latest < made)) {
        println!("   dist/kotlin/{name} is of these sources");
        return Ok(made);
    }
    let folder = project.target("authenticator/library");
    let engine = mobile::engine(project)?;
    let place = folder.join("native/linux-x86-64/libkeyfob_mobile.so");
    mobile::strip(project, &engine, &place)?;
    println!("   mvn package: the library");
    let mut build = maven::command(project, "bindings-mobile/kotlin", "package");
    build.arg("-Dmaven.test.skip=true").arg(format!("-Dkeyfob.build={}", folder.display()));
    check(project, "authenticator-library", build)?;
    Ok(folder.join(name))
}

/// When a file, or the latest in a folder, was changed.
fn changed(path: &Path) -> Option<SystemTime> {
    if !path.is_dir() {
        return fs::metadata(path).ok()?.modified().ok();
    }
    let entries = fs::read_dir(path).ok()?.filter_map(Result::ok);
    entries.filter_map(|entry| changed(&entry.path())).max()
}

fn maven(project: &Project, library: &Path, goal: &str) -> Command {
    let mut maven = maven::command(project, COMPOSE, goal);
    maven.arg(format!("-Dkeyfob.jar={}", library.display()));
    maven.arg(format!("-Dkeyfob.build={}", project.target("authenticator").display()));
    maven
}

/// What runs, all in one folder.
fn publish(project: &Project, library: &Path) -> Result<(), String> {
    let folder = project.path(APP);
    files::emptied(&folder)?;
    files::copy(&project.target("authenticator/desktop/app"), &folder)?;
    files::copy(library, &folder.join("keyfob.jar"))?;
    files::copy(&project.target("authenticator/desktop/desktop.jar"), &folder.join("desktop.jar"))
}

/// What is shown of what the tests of the screens print.
const SHOWN: &[&str] =
    &["pictures compared: ", "clickable things measured: ", "lowest contrast ", "is not as it was"];

/// Builds everything that is Kotlin and runs its tests.
fn compose(project: &Project) -> Result<Tally, String> {
    let library = library(project)?;
    println!("   mvn verify: the authenticator in Compose");
    let log = project.target("xtask/samples-maven.log");
    let finished =
        process::run(maven(project, &library, "verify"), &log, |line| says(line, SHOWN))?;
    let tally = maven::tests(&finished.output, COMPOSE);
    let has_run = tally.passed > 0;
    let mut tally = judged(&finished, tally, has_run);
    if finished.success {
        println!("   the Android activity compiles against AndroidX; it was not run");
        tally.add(Tally::one());
    }
    Ok(tally)
}

/// Tests what is plain Swift. The views are for Apple's platforms.
fn swiftui(project: &Project) -> Result<Tally, String> {
    const WITHIN: &str = "samples";
    println!("   the logic of the authenticator in SwiftUI");
    let engine = mobile::engine(project)?;
    let root = swift::root(project)?;
    let within = root.join(WITHIN);
    for part in ["bindings-mobile/swift", SWIFTUI] {
        files::mirror(&project.path(part), &within.join(part), swift::BUILT)?;
    }
    mobile::strip(project, &engine, &within.join("lib/libkeyfob_mobile.so"))?;
    swift::tests(project, &root, WITHIN, SWIFTUI)
}
