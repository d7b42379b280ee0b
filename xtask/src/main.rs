//! `cargo xtask …`: what people and continuous integration run alike.
#![allow(clippy::print_stdout, clippy::print_stderr)] // what it prints is its product

mod aar;
mod android;
mod at_a_time;
mod authenticator;
mod bench;
mod bindings_node;
mod bindings_python;
mod ci;
mod compiler;
mod component;
mod documented;
mod e2e;
mod elf;
mod engine;
mod files;
mod kotlin;
mod maven;
mod mobile;
mod no_std;
mod npm;
mod paths;
mod process;
mod project;
mod python;
mod readme;
mod report;
mod scripting;
mod shipped;
mod suite;
mod swift;
mod test;
mod tools;
mod wasm_toolchain;
mod web;

use std::{env, process::ExitCode};

use project::Project;
use report::{Report, Step};

const USAGE: &str = "\
cargo xtask test [STEP …]   every test of the project, or only the steps named
cargo xtask ci [STEP …]     format, lint, dependencies and documentation, then every test
cargo xtask bench           the speed of verification and of the service, as one table;
                            takes about 5 minutes and wants an idle machine
cargo xtask python          the wheel in dist/python, tested as installed
cargo xtask wasm [STEP …]   builds what is WebAssembly into dist/ and tests it: component, the
                            components in dist/component, and web
cargo xtask engine          the service with the component as its engine: held against the vectors,
                            compared with the native one, attacked, and driven by the REST suites;
                            compiles wasmtime, which takes minutes the first time
cargo xtask web             builds the npm package @keyfob/web into dist/npm and tests it;
                            KEYFOB_FUZZ_SECONDS=60 for a minute of each fuzz target
cargo xtask node            the npm package @keyfob/node in dist/npm, tested as installed
cargo xtask kotlin          the jar in dist/kotlin, tested, and the library for Android, tested on the
                            JVM; with --generate the sources that UniFFI generates are written anew
                            instead
cargo xtask swift           the Swift package in dist/swift, tested in a Debian 13 of its own under
                            target/; with --generate as above
cargo xtask android         the engine for Android, measured and searched; with ANDROID_NDK_HOME set
                            it is the one that ships, and the next `kotlin` puts the AAR with it into
                            dist/kotlin
cargo xtask mobile          the vectors through the Python and the Ruby that UniFFI generates
cargo xtask authenticator   opens the authenticator of examples/authenticator-compose in a window; the
                            first time it is built, which takes minutes
cargo xtask samples         builds and tests the authenticators of examples/: in Compose, for the
                            desktop and Android, and in SwiftUI
cargo xtask steps           the names of the steps
cargo xtask help            this text

On Debian as root, what is missing is installed; elsewhere it is named and nothing runs.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.iter().any(|argument| matches!(argument.as_str(), "-h" | "--help" | "help")) {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let (task, selected) = match arguments.split_first() {
        Some((task, selected)) => (task.as_str(), selected),
        None => ("", &[][..]),
    };
    // Those below that run no steps; to the others arguments name steps.
    if let ("authenticator" | "bench" | "steps", [unknown, ..]) = (task, selected) {
        eprintln!("`cargo xtask {task}` takes no arguments, but was given `{unknown}`");
        return ExitCode::from(2);
    }
    let steps: Vec<Step> = match task {
        "test" => test::all(),
        "ci" => [ci::STEPS, &test::all()].concat(),
        "python" => vec![bindings_python::STEP],
        "wasm" => vec![component::STEP, web::STEP],
        "engine" => vec![engine::STEP],
        "web" => vec![web::STEP],
        "node" => vec![bindings_node::STEP],
        "kotlin" if selected == ["--generate"] => return run(&[kotlin::GENERATE], &[]),
        "kotlin" => vec![kotlin::STEP],
        "swift" if selected == ["--generate"] => return run(&[swift::GENERATE], &[]),
        "swift" => vec![swift::STEP],
        "android" => vec![android::STEP],
        "mobile" => vec![scripting::STEP],
        "authenticator" => return authenticator::open(&Project::default()),
        "samples" => vec![authenticator::STEP],
        "bench" => return bench::run(&Project::default()),
        "steps" => {
            println!("ci:   {}\ntest: {}", names(ci::STEPS), names(&test::all()));
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    run(&steps, selected)
}

fn run(steps: &[Step], selected: &[String]) -> ExitCode {
    if let Some(unknown) = selected.iter().find(|name| !steps.iter().any(|s| s.name == **name)) {
        eprintln!("there is no step `{unknown}`; there are: {}", names(steps));
        return ExitCode::from(2);
    }
    let wanted: Vec<Step> = steps
        .iter()
        .filter(|step| selected.is_empty() || selected.iter().any(|name| name == step.name))
        .copied()
        .collect();
    let project = Project::default();
    if let Err(missing) = tools::provide(&wanted, &project) {
        eprintln!("{missing}");
        return ExitCode::FAILURE;
    }
    let mut report = Report::default();
    // One step alone is run right here, as each of a pair is by the program that it is.
    let (alone, paired): (Vec<Step>, Vec<Step>) = if wanted.len() > 1 {
        wanted.iter().partition(|step| !test::PAIRED.iter().any(|paired| paired.name == step.name))
    } else {
        (wanted.clone(), Vec::new())
    };
    for step in &alone {
        report.run(step, &project);
    }
    report.run_paired(&paired, &project);
    report.finish(steps.len() - wanted.len())
}

fn names(steps: &[Step]) -> String {
    steps.iter().map(|step| step.name).collect::<Vec<_>>().join(" ")
}
