//! `cargo xtask test`: every test there is.

use std::process::Command;

use crate::{
    android, authenticator, bindings_node, bindings_python, component, e2e, engine, files, kotlin,
    no_std, process,
    project::Project,
    python::Python,
    report::{Step, Tally, check},
    suite::count,
    swift, web,
};

/// Every package with every feature, but for what brings wasmtime: compiling that takes minutes,
/// and the step `engine` has its tests.
pub(crate) const EVERYTHING: &str =
    "--workspace --features keyfob/contract-tests,keyfob/open-views,keyfob-component/service";

pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "tests",
        title: "unit, property, vector and contract tests of every package, and its documentation's",
        tools: &["cc", "zbarimg"],
        run: |project| {
            cargo_test(
                project,
                "tests",
                project.cargo(&format!("test {EVERYTHING} --no-fail-fast")),
            )
        },
    },
    Step {
        name: "e2e",
        title: "the release binary, from outside",
        tools: &["cc", "python3", "oathtool", "zbarimg", "chromium", "node", "npm", "curl"],
        run: e2e::run,
    },
    engine::STEP,
];

/// Those that run two at a time, each as a program of its own: they are bound by one core most of
/// the time, build into different folders, and measure nothing. The longest come first.
pub(crate) const PAIRED: &[Step] = &[
    kotlin::STEP,
    android::STEP,
    swift::STEP,
    web::STEP,
    component::STEP,
    Step {
        name: "no-std",
        title: "the core builds where there is no std",
        tools: &["no-std"],
        run: no_std::prove,
    },
    authenticator::STEP, // over what `kotlin` and `swift` made
    bindings_python::STEP,
    bindings_node::STEP,
    Step {
        name: "features",
        title: "the core without its features, and with each alone",
        tools: &[],
        run: features,
    },
    Step {
        name: "vectors",
        title: "the vector files fit their schema and their manifest",
        tools: &["python3"],
        run: |project| check(project, "vectors", python(project, "tests/vectors/validate.py")?),
    },
    Step {
        name: "oracle",
        title: "the vectors are what independent implementations compute",
        tools: &["python3", "oathtool"],
        run: oracle,
    },
];

pub(crate) fn all() -> Vec<Step> {
    [STEPS, PAIRED].concat()
}

/// Runs cargo's tests and adds up what the test programs say of themselves.
pub(crate) fn cargo_test(project: &Project, name: &str, tests: Command) -> Result<Tally, String> {
    let log = project.target(&format!("xtask/{name}.log"));
    let shown = |line: &str| {
        let line = line.trim();
        ["Running ", "Doc-tests ", "test result: "].iter().any(|start| line.starts_with(start))
            || (line.starts_with("test ") && line.ends_with(" FAILED"))
            || is_count_of_vectors(line)
    };
    let finished = process::run(tests, &log, shown)?;
    let mut tally = sum(&finished.output);
    if !finished.success {
        println!("{}", finished.explain());
        tally.failed = tally.failed.max(1);
    } else if tally.passed == 0 {
        return Err("no test was run".to_owned());
    }
    Ok(tally)
}

/// Whether a line is like `totp.json 225/225`, as a test says it whose output is not captured.
fn is_count_of_vectors(line: &str) -> bool {
    line.split_once(".json ").is_some_and(|(file, count)| {
        !file.contains(' ') && count.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Adds up lines like `test result: ok. 12 passed; 0 failed; 1 ignored; …`. Programs
/// that are tests without cargo's harness count by their exit status alone.
fn sum(output: &str) -> Tally {
    let mut tally = Tally::default();
    let mut program = "";
    for line in output.lines().map(str::trim_start) {
        if let Some(name) = line.strip_prefix("Running ") {
            program = name;
        }
        let Some(result) = line.strip_prefix("test result: ") else { continue };
        tally.passed += count(result, "passed");
        tally.failed += count(result, "failed");
        let ignored = count(result, "ignored");
        if ignored > 0 {
            tally.not_run.push(format!("{ignored} ignored tests of {program}"));
        }
    }
    tally
}

/// As builds and not as tests: the tests of the core turn all of its features on, since
/// they run over the memory store of `contract-tests`.
#[allow(clippy::unnecessary_wraps)] // the shape of every step
fn features(project: &Project) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for features in ["", "--features enrolment", "--features service", "--features contract-tests"]
    {
        let words = format!("clippy -p keyfob --lib --no-default-features {features}");
        let mut command = project.cargo(&words);
        command.args(["--", "-D", "warnings"]);
        println!("   cargo {words}");
        tally.add_check(check(project, "features", command));
    }
    Ok(tally)
}

fn oracle(project: &Project) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let folder = project.path("tests/oracle");
    let scripts = files::listed(&folder)?;
    let scripts = scripts.iter().filter(|it| it.extension().is_some_and(|kind| kind == "py"));
    for name in scripts.filter_map(|script| Some(script.file_name()?.to_string_lossy())) {
        let path = format!("tests/oracle/{name}");
        println!("   {path} --check");
        let mut command = python(project, &path)?;
        command.arg("--check");
        tally.add_check(check(project, &format!("oracle-{name}"), command));
    }
    Ok(tally)
}

fn python(project: &Project, path: &str) -> Result<Command, String> {
    let mut command = Python::provide(project)?.command(project, "python")?;
    command.arg(path);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_vectors_are_told_from_what_is_said_of_one() {
        assert!(is_count_of_vectors(
            "messages.json 184/186, 2 that the types leave no way to write"
        ));
        assert!(!is_count_of_vectors("totp.json: \"a-case\": 1 but found 2"));
        assert!(!is_count_of_vectors("reads tests/vectors/totp.json 3 times"));
    }

    #[test]
    fn results_of_all_test_programs_are_added_up_and_ignored_tests_are_named() {
        let output = "\
     Running unittests src/lib.rs (target/debug/deps/keyfob-1)
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.10s
     Running tests/vectors.rs (target/debug/deps/vectors-1)
test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s
";
        let tally = sum(output);
        assert_eq!((tally.passed, tally.failed), (15, 2));
        assert_eq!(
            tally.not_run,
            ["1 ignored tests of tests/vectors.rs (target/debug/deps/vectors-1)"]
        );
    }
}
