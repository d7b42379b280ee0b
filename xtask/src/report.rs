//! Steps with names and times, and the count at the end.

use std::{
    io::{self, Write},
    process::{Command, ExitCode},
    time::Instant,
};

use crate::{process, project::Project};

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

    /// Prints all steps again, what was not run, and the sum as the last line.
    pub(crate) fn finish(self, steps_left_out: usize) -> ExitCode {
        println!("\n{}", self.lines.join("\n"));
        for words in &self.total.not_run {
            println!("not run: {words}");
        }
        if steps_left_out > 0 {
            println!("not run: {steps_left_out} steps that were not asked for");
        }
        println!("{} passed, {} failed", self.total.passed, self.total.failed);
        if self.total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
