//! Programs that test something and say so: their last line is `N passed, N failed`.

use std::process::Command;

use crate::{
    process::{self, Finished},
    project::Project,
    report::Tally,
};

/// Runs one. Lines that `shown` picks are shown as they come. One that says nothing of its tests,
/// or nothing of a failure, has failed.
pub(crate) fn run(
    project: &Project,
    name: &str,
    command: Command,
    shown: impl Fn(&str) -> bool,
) -> Result<Tally, String> {
    let log = project.target(&format!("xtask/{name}.log"));
    let finished = process::run(command, &log, shown)?;
    let tally = tally(name, &finished.output);
    let has_run = tally.passed > 0;
    Ok(judged(&finished, tally, has_run))
}

/// What a program says of its tests. One that ended otherwise, or did not run all that it should,
/// has failed, whatever it says.
pub(crate) fn judged(finished: &Finished, mut tally: Tally, has_run: bool) -> Tally {
    if !finished.success || !has_run {
        println!("{}", finished.explain());
        tally.failed = tally.failed.max(1);
    }
    tally
}

/// What the tests of a language say of vectors that they left out, and why.
pub(crate) fn left_out(language: &str, output: &str) -> Vec<String> {
    let told = output.lines().filter(|line| line.contains(".json ") && line.contains(" skipped: "));
    told.map(|line| format!("{language}: {}", line.trim())).collect()
}

/// Whether a line has one of these words in it.
pub(crate) fn says(line: &str, words: &[&str]) -> bool {
    words.iter().any(|word| line.contains(word))
}

fn tally(name: &str, output: &str) -> Tally {
    let last = output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let failed = ["failed", "error", "errors"].iter().map(|word| count(last, word)).sum();
    let skipped = count(last, "skipped");
    let not_run = (skipped > 0).then(|| format!("{skipped} skipped tests of {name}"));
    Tally { passed: count(last, "passed"), failed, not_run: not_run.into_iter().collect() }
}

/// The number before a word.
pub(crate) fn count(text: &str, word: &str) -> u32 {
    let mut words = text.split([' ', ';', ',', '.']).filter(|part| !part.is_empty());
    let mut previous = "";
    words
        .find_map(|part| {
            let number = (part == word).then(|| previous.parse().ok()).flatten();
            previous = part;
            number
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_the_number_before_its_word() {
        assert_eq!(count("7 passed, 12 failed", "failed"), 12);
        assert_eq!(count("7 passed, 12 failed", "passed"), 7);
        assert_eq!(count("nothing of the kind", "passed"), 0);
        assert_eq!(count("failed", "failed"), 0);
    }

    #[test]
    fn vectors_that_a_language_leaves_out_are_told() {
        let output = "totp.json 225/225\n  uri.json 8/9, 1 skipped: no such type\n";
        assert_eq!(left_out("Swift", output), ["Swift: uri.json 8/9, 1 skipped: no such type"]);
    }

    #[test]
    fn what_was_skipped_and_what_broke_is_told_from_what_passed() {
        let tally = tally("python", "....\n5 passed, 1 failed, 2 errors, 3 skipped in 0.1s\n\n");
        assert_eq!((tally.passed, tally.failed), (5, 3));
        assert_eq!(tally.not_run, ["3 skipped tests of python"]);
    }
}
