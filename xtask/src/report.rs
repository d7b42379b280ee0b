//! Steps with names and times, and the count at the end.

use std::{
    env,
    io::{self, Write},
    process::{Command, ExitCode},
    time::Instant,
};

use crate::{at_a_time::at_a_time, process, project::Project, suite::count};

const NOT_ASKED_FOR: &str = "steps that were not asked for";

/// Something to be run under a name.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) title: &'static str,
    /// The programs it needs beside Rust: names in [`crate::tools`].
    pub(crate) tools: &'static [&'static str],
    /// What it does.
    pub(crate) run: fn(&Project) -> Result<Tally, String>,
}

/// What came of a step.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests and checks that passed.
    pub(crate) passed: u32,
    /// Those that failed.
    pub(crate) failed: u32,
    /// What was not run, in words. Nothing is left out without a word.
    pub(crate) not_run: Vec<String>,
}

impl Tally {
    /// One check, and it passed.
    pub(crate) fn one() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    /// Adds what came of one of several checks; the others are made all the same.
    pub(crate) fn add_check(&mut self, result: Result<Self, String>) {
        match result {
            Ok(tally) => self.add(tally),
            Err(error) => {
                println!("{error}");
                self.failed += 1;
            }
        }
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.not_run.extend(other.not_run);
    }
}

/// A check that a program makes by its exit status.
pub(crate) fn check(project: &Project, name: &str, command: Command) -> Result<Tally, String> {
    process::run(command, &project.target(&format!("xtask/{name}.log")), |_| false)?.ok()?;
    Ok(Tally::one())
}

/// A step that was a program of its own.
struct Paired {
    output: String,
    line: String,
    tally: Tally,
}

impl Paired {
    fn run(step: &Step, project: &Project) -> Result<Self, String> {
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let mut command = project.command(program);
        command.args(["test", step.name]);
        let log = project.target(&format!("xtask/step-{}.log", step.name));
        let finished = process::run(command, &log, |_| false)?;
        Self::read(step, &finished.output).ok_or_else(|| finished.explain())
    }

    /// The last block of what it printed is its report: the step again, what was not run, and the
    /// sum. A program that was ended has none.
    fn read(step: &Step, printed: &str) -> Option<Self> {
        let (output, report) = printed.rsplit_once("\n\n")?;
        let line = report.lines().next()?.to_owned();
        let mut words = line.split_whitespace();
        let is_ok = words.next()? == "ok";
        if words.next()? != step.name {
            return None;
        }
        let failed = count(&line, "failed");
        let tally = Tally {
            passed: count(&line, "passed"),
            failed: if is_ok { failed } else { failed.max(1) },
            not_run: report
                .lines()
                .filter_map(|line| line.strip_prefix("not run: "))
                .filter(|words| !words.ends_with(NOT_ASKED_FOR))
                .map(str::to_owned)
                .collect(),
        };
        Some(Self { output: format!("{output}\n"), line, tally })
    }

    fn not_run(step: &Step, error: &str) -> Self {
        let tally = Tally { failed: 1, ..Tally::default() };
        let output = format!("\n== {}: {}\n{error}\n", step.name, step.title);
        Self { output, line: format!("FAILED {}", step.name), tally }
    }
}

/// The steps that were run.
#[derive(Default)]
pub(crate) struct Report {
    total: Tally,
    lines: Vec<String>,
}

impl Report {
    /// Runs a step and notes what came of it.
    pub(crate) fn run(&mut self, step: &Step, project: &Project) {
        println!("\n== {}: {}", step.name, step.title);
        let _ = io::stdout().flush(); // the output of what it runs comes next
        let began = Instant::now();
        let tally = (step.run)(project).unwrap_or_else(|error| {
            println!("{error}");
            Tally { failed: 1, ..Tally::default() }
        });
        let seconds = began.elapsed().as_secs_f64();
        let verdict = if tally.failed == 0 { "ok" } else { "FAILED" };
        let line = format!(
            "{verdict:6} {:12} {seconds:7.1} s  {} passed, {} failed",
            step.name, tally.passed, tally.failed
        );
        println!("{line}");
        self.lines.push(line);
        self.total.add(tally);
    }

    /// Runs steps two at a time, each as a program of its own, and prints of each what it printed
    /// when it ends.
    pub(crate) fn run_paired(&mut self, steps: &[Step], project: &Project) {
        let ended = at_a_time(2, steps, |step| {
            let paired =
                Paired::run(step, project).unwrap_or_else(|error| Paired::not_run(step, &error));
            print!("{}", paired.output);
            paired
        });
        for paired in ended {
            self.lines.push(paired.line);
            self.total.add(paired.tally);
        }
    }

    /// Prints all steps again, what was not run, and the sum as the last line.
    pub(crate) fn finish(self, steps_left_out: usize) -> ExitCode {
        println!("\n{}", self.lines.join("\n"));
        for words in &self.total.not_run {
            println!("not run: {words}");
        }
        if steps_left_out > 0 {
            println!("not run: {steps_left_out} {NOT_ASKED_FOR}");
        }
        println!("{} passed, {} failed", self.total.passed, self.total.failed);
        if self.total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Step = Step { name: "web", title: "", tools: &[], run: |_| Ok(Tally::one()) };

    #[test]
    fn what_a_paired_step_says_of_itself_is_counted() {
        let printed = "\n== web: \n   built\nFAILED web  1.0 s  5 passed, 2 failed\n\n\
            FAILED web  1.0 s  5 passed, 2 failed\nnot run: advisories\n\
            not run: 8 steps that were not asked for\n5 passed, 2 failed\n";
        let paired = Paired::read(&STEP, printed).expect("a report");
        assert_eq!((paired.tally.passed, paired.tally.failed), (5, 2));
        assert_eq!(paired.tally.not_run, ["advisories"]);
        assert!(paired.output.contains("   built"));
    }

    #[test]
    fn a_paired_step_that_was_ended_has_no_report() {
        for printed in ["", "\n== web: \n   built\n", "\n== web: \n\nthread panicked\n"] {
            assert!(Paired::read(&STEP, printed).is_none(), "{printed}");
        }
    }
}
