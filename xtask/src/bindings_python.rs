//! `cargo xtask python`: the wheel, and everything about it, as a user would install it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    files,
    project::Project,
    python::Python,
    report::{Step, Tally, check},
    shipped, suite,
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
    let mut command = package.program("python")?;
    command.arg(project.path("bindings-python/benches/verify.py"));
    Ok(command)
}

/// A wheel of this source, installed into a fresh environment.
struct Package<'a> {
    project: &'a Project,
    python: Python,
}

impl<'a> Package<'a> {
    fn build(project: &'a Project) -> Result<Self, String> {
        let requirements = project.path("bindings-python/requirements.txt");
        let python = Python::make(project, project.target("python"), &[requirements])?;
        let package = Self { project, python };
        let wheel = package.wheel()?;
        package.python.install(project, ["--no-deps".as_ref(), wheel.as_path()])?;
        Ok(package)
    }

    /// Into `dist/python`, with the sources beside it and nothing else.
    fn wheel(&self) -> Result<PathBuf, String> {
        let folder = self.project.path("dist/python");
        files::emptied(&folder)?;
        println!("   maturin build --release");
        let mut build = self.program("maturin")?;
        build.args(["build", "--release", "--locked", "--out", "dist/python", "--manifest-path"]);
        build.arg(format!("{HOME}/Cargo.toml"));
        if cfg!(target_os = "linux") {
            // Zig's linker knows the symbols of old C libraries: the wheel runs on all of them.
            build.args(["--zig", "--compatibility", "manylinux2014"]);
        }
        shipped::rename(self.project, &mut build, "");
        check(self.project, "wheel", build)?;
        println!("   maturin sdist");
        let mut source = self.program("maturin")?;
        source.args(["sdist", "--out", "dist/python", "--manifest-path"]);
        source.arg(format!("{HOME}/Cargo.toml"));
        check(self.project, "sdist", source)?;
        let wheel = files::listed(&folder)?
            .into_iter()
            .find(|file| file.extension() == Some("whl".as_ref()));
        let wheel = wheel.ok_or("maturin built no wheel")?;
        self.neutral(&wheel)?;
        println!("   {}", wheel.strip_prefix(self.project.path("")).unwrap_or(&wheel).display());
        Ok(wheel)
    }

    /// What is in the wheel says nothing of the machine, its bill of materials included.
    fn neutral(&self, wheel: &Path) -> Result<(), String> {
        let mut rewrite = self.program("python")?;
        rewrite.arg(format!("{HOME}/sbom.py")).arg(wheel).arg(self.project.path(""));
        check(self.project, "wheel-sbom", rewrite)?;
        let folder = self.project.target("python-wheel");
        files::emptied(&folder)?;
        let mut unpack = self.program("python")?;
        unpack.args(["-m", "zipfile", "-e"]).arg(wheel).arg(&folder);
        check(self.project, "wheel-unpacked", unpack)?;
        shipped::names_no_folder(self.project, &[folder]).map(drop)
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
            let checked = self.program(program).and_then(|mut command| {
                command.args(arguments);
                check(self.project, &format!("python-{name}"), command)
            });
            tally.add_check(checked);
        }
        tally
    }

    fn tests(&self) -> Result<Tally, String> {
        let mut command = self.program("python")?;
        command.args(["-m", "pytest", "-q", HOME]);
        let shown = |line: &str| line.contains(".json ") || line.contains("published suite");
        suite::run(self.project, "python-tests", command, shown)
    }

    fn documentation(&self) -> Result<Tally, String> {
        println!("   sphinx-build, warnings refused");
        let mut command = self.program("python")?;
        command.args(["-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]);
        command.arg(format!("{HOME}/docs")).arg(self.project.target("python-docs"));
        check(self.project, "python-docs", command)
    }

    fn program(&self, name: &str) -> Result<Command, String> {
        let mut command = self.python.command(self.project, name)?;
        command.env("CARGO_TARGET_DIR", self.project.target(""));
        Ok(command)
    }
}
