//! `cargo xtask python`: the wheel, and everything about it, as a user would install it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process,
    project::Project,
    report::{Step, Tally},
    suite,
};

pub(crate) const STEP: Step = Step {
    name: "python",
    title: "the Python package: wheel, types, tests, examples, documentation",
    tools: &["cc", "openssl", "python3"],
    run,
};

const HOME: &str = "bindings-python";

fn run(project: &Project) -> Result<Tally, String> {
    let package = Package::build(project)?;
    let mut tally = package.types();
    tally.add(package.tests()?);
    tally.add(package.documentation()?);
    Ok(tally)
}

/// The benchmark, over the same wheel: its lines for the table.
pub(crate) fn bench(project: &Project) -> Result<Command, String> {
    let package = Package::build(project)?;
    let mut command = package.program("python");
    command.arg(project.path("bindings-python/benches/verify.py"));
    Ok(command)
}

/// A wheel of this source, installed into a fresh environment.
struct Package<'a> {
    project: &'a Project,
    environment: PathBuf,
}

impl<'a> Package<'a> {
    fn build(project: &'a Project) -> Result<Self, String> {
        let package = Self { project, environment: project.target("python") };
        let mut make = project.command("python3");
        make.args(["-m", "venv", "--clear"]).arg(&package.environment);
        package.quietly("venv", make)?;
        package.pip(&["-r".into(), project.path("bindings-python/requirements.txt")])?;
        let wheel = package.wheel()?;
        package.pip(&["--no-deps".into(), wheel])?;
        Ok(package)
    }

    /// Into `dist/python`, with the sources beside it and nothing else.
    fn wheel(&self) -> Result<PathBuf, String> {
        let folder = self.project.path("dist/python");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        println!("   maturin build --release");
        let mut build = self.program("maturin");
        build.args(["build", "--release", "--locked", "--out", "dist/python", "--manifest-path"]);
        build.arg(format!("{HOME}/Cargo.toml"));
        if cfg!(target_os = "linux") {
            // Zig's linker knows the symbols of old C libraries: the wheel runs on all of them.
            build.args(["--zig", "--compatibility", "manylinux2014"]);
        }
        self.quietly("wheel", build)?;
        println!("   maturin sdist");
        let mut source = self.program("maturin");
        source.args(["sdist", "--out", "dist/python", "--manifest-path"]);
        source.arg(format!("{HOME}/Cargo.toml"));
        self.quietly("sdist", source)?;
        let wheel =
            files(&folder)?.into_iter().find(|file| file.extension() == Some("whl".as_ref()));
        let wheel = wheel.ok_or("maturin built no wheel")?;
        println!("   {}", wheel.strip_prefix(self.project.path("")).unwrap_or(&wheel).display());
        Ok(wheel)
    }

    /// What the types promise, of the package and of how its tests use it.
    fn types(&self) -> Tally {
        let mut tally = Tally::default();
        let allowed = "bindings-python/tests/stubtest-allow.txt";
        for (name, program, arguments) in [
            ("mypy", "mypy", &["--strict", "--package", "keyfob"][..]),
            ("mypy-tests", "mypy", &["--strict", "bindings-python/tests"][..]),
            ("stubtest", "stubtest", &["keyfob", "--allowlist", allowed][..]),
        ] {
            println!("   {program} {}", arguments.join(" "));
            let mut command = self.program(program);
            command.args(arguments);
            tally
                .add_check(self.quietly(&format!("python-{name}"), command).map(|()| Tally::one()));
        }
        tally
    }

    fn tests(&self) -> Result<Tally, String> {
        let mut command = self.program("python");
        command.args(["-m", "pytest", "-q", HOME]);
        let shown = |line: &str| line.contains(".json ") || line.contains("published suite");
        suite::run(self.project, "python-tests", command, shown)
    }

    fn documentation(&self) -> Result<Tally, String> {
        println!("   sphinx-build, warnings refused");
        let mut command = self.program("python");
        command.args(["-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]);
        command.arg(format!("{HOME}/docs")).arg(self.project.target("python-docs"));
        self.quietly("python-docs", command)?;
        Ok(Tally::one())
    }

    fn pip(&self, arguments: &[PathBuf]) -> Result<(), String> {
        let mut command = self.program("python");
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        command.args(arguments);
        self.quietly("python-pip", command)
    }

    /// A program of the environment, which comes first in `PATH`.
    fn program(&self, name: &str) -> Command {
        let programs = self.environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = [programs.clone()].into_iter().chain(env::split_paths(&inherited));
        let mut command = self.project.command(programs.join(name));
        if let Ok(path) = env::join_paths(folders) {
            command.env("PATH", path);
        }
        command.env("CARGO_TARGET_DIR", self.project.target(""));
        command
    }

    fn quietly(&self, name: &str, command: Command) -> Result<(), String> {
        let log = self.project.target(&format!("xtask/{name}.log"));
        process::run(command, &log, |_| false)?.ok().map(drop)
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = folder.read_dir().map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.filter_map(Result::ok).map(|entry| entry.path()).collect())
}
