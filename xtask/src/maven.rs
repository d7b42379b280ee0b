//! Maven, and what it says of the tests that it ran.

use std::{env, process::Command};

use crate::{project::Project, report::Tally};

/// Maven with a goal for a project in this folder. It is the compiler's process too, and lives too
/// short for what it would optimise itself to pay.
pub(crate) fn command(project: &Project, folder: &str, goal: &str) -> Command {
    let mut command = project.command("mvn");
    command.args(["-B", "-ntp", "-f", folder, goal]);
    if env::var_os("MAVEN_OPTS").is_none() {
        command.env("MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    }
    command
}

/// Adds up the tests of all modules of a project.
pub(crate) fn tests(output: &str, project: &str) -> Tally {
    let mut tally = Tally::default();
    for line in sums(output) {
        let [run, failures, errors, skipped] =
            ["run:", "Failures:", "Errors:", "Skipped:"].map(|word| after(line, word));
        tally.failed += failures + errors;
        tally.passed += run.saturating_sub(failures + errors + skipped);
        if skipped > 0 {
            tally.not_run.push(format!("{skipped} skipped tests of {project}"));
        }
    }
    tally
}

/// How many tests each module ran.
pub(crate) fn ran(output: &str) -> Vec<u32> {
    sums(output).map(|line| after(line, "run:")).collect()
}

/// The lines that close a module; those of its classes end in their names.
fn sums(output: &str) -> impl Iterator<Item = &str> {
    output.lines().filter(|line| line.contains("Tests run: ") && !line.contains(" -- in "))
}

/// The number after a word.
fn after(text: &str, word: &str) -> u32 {
    let mut words = text.split([' ', ',']).filter(|part| !part.is_empty());
    words.find(|part| *part == word);
    words.next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tests_of_all_modules_are_added_up() {
        let output = "[INFO] Tests run: 8, Failures: 0, Errors: 0, Skipped: 0 -- in a.ReadingTest\n\
                      [INFO] Tests run: 27, Failures: 0, Errors: 0, Skipped: 0\n\
                      [ERROR] Tests run: 30, Failures: 2, Errors: 1, Skipped: 3\n";
        let tally = super::tests(output, "it");
        assert_eq!((tally.passed, tally.failed), (27 + 24, 3));
        assert_eq!(tally.not_run, ["3 skipped tests of it"]);
        assert_eq!(super::ran(output), [27, 30]);
    }
}
