//! `cargo xtask bench`: the benchmarks, and one table of what is asked of them.

use std::process::{Command, ExitCode};

use crate::{bindings_node, bindings_python, process, project::Project, shipped, tools, web};

/// What a benchmark prints for the table begins with this.
const MARK: &str = "= ";

pub(crate) fn run(project: &Project) -> ExitCode {
    match measure(project) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything asked for was reached.
fn measure(project: &Project) -> Result<bool, String> {
    tools::provide_named(&["cc", "wrk", "wasm", "node", "npm", "python3"], project)?;
    println!("== one verification");
    let mut lines =
        lines(project, "verify", project.cargo("bench -p keyfob-benches --bench verify"))?;
    println!("\n== one verification from Python");
    lines.extend(self::lines(project, "python", bindings_python::bench(project)?)?);
    println!("\n== one verification from Node");
    lines.extend(self::lines(project, "node", bindings_node::bench(project)?)?);
    println!("\n== the service under load");
    let build = shipped::release(project, "build -p keyfob-host -p keyfob-benches");
    process::run(build, &project.target("xtask/release.log"), |_| false)?.ok()?;
    let mut load = project.command(project.target("release/load"));
    load.arg(project.target("release/keyfob")).arg(project.target("load"));
    lines.extend(self::lines(project, "load", load)?);

    println!("\n== the web package in Node");
    lines.extend(self::lines(project, "web", web::bench(project)?)?);

    println!("\n{:52} {:>16}  {:>16}", "", "measured", "asked");
    let mut reached = true;
    for line in &lines {
        let [what, measured, asked, verdict] =
            *line.split('|').map(str::trim_end).collect::<Vec<_>>()
        else {
            return Err(format!("a line for the table cannot be read: {line}"));
        };
        reached &= verdict == "ok";
        println!("{what:52} {measured:>16}  {asked:>16}  {verdict}");
    }
    Ok(reached)
}

/// Runs a benchmark in sight, and returns its lines for the table.
fn lines(project: &Project, name: &str, command: Command) -> Result<Vec<String>, String> {
    let log = project.target(&format!("xtask/bench-{name}.log"));
    let shown = |line: &str| !line.starts_with(MARK) && !line.trim_start().starts_with("Compiling");
    let output = process::run(command, &log, shown)?.ok()?;
    Ok(output.lines().filter_map(|line| line.strip_prefix(MARK)).map(str::to_owned).collect())
}
