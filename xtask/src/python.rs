//! Virtual environments, so that nothing of the machine's own Python is changed or counted on.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{files, project::Project, report::check};

/// The packages that the tests need.
const REQUIREMENTS: [&str; 3] = [
    "tests/oracle/requirements.txt",
    "tests/e2e/requirements.txt",
    "tests/component/requirements.txt",
];

/// A virtual environment.
pub(crate) struct Python(PathBuf);

impl Python {
    /// The environment of the tests, made if it is not there with what is asked for.
    pub(crate) fn provide(project: &Project) -> Result<Self, String> {
        let folder = project.target("e2e/python");
        let requirements = REQUIREMENTS.map(|file| project.path(file));
        let wanted =
            requirements.iter().map(|file| files::read(file)).collect::<Result<String, _>>()?;
        let installed = folder.join("installed.txt");
        let lock = project.target("e2e-python.lock"); // two steps may want it at once
        let lock = File::create(&lock).map_err(files::at(&lock))?;
        lock.lock().map_err(|error| format!("cannot wait for another step: {error}"))?;
        if files::read(&installed).is_ok_and(|text| text == wanted) {
            return Ok(Self(folder));
        }
        println!("   installing {} from PyPI", REQUIREMENTS.join(" and "));
        let python = Self::make(project, folder, &requirements)?;
        files::write(&installed, &wanted)?;
        Ok(python)
    }

    /// A fresh environment in `folder`, with what these files name.
    pub(crate) fn make(
        project: &Project,
        folder: PathBuf,
        requirements: &[PathBuf],
    ) -> Result<Self, String> {
        let mut make = project.command("python3");
        make.args(["-m", "venv", "--clear"]).arg(&folder);
        check(project, "venv", make)?;
        let python = Self(folder);
        let files = requirements.iter().flat_map(|file| ["-r".as_ref(), file.as_path()]);
        python.install(project, files)?;
        Ok(python)
    }

    /// Installs with pip.
    pub(crate) fn install<'a>(
        &self,
        project: &Project,
        arguments: impl IntoIterator<Item = &'a Path>,
    ) -> Result<(), String> {
        let mut pip = self.command(project, "python")?;
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(arguments);
        check(project, "pip", pip).map(drop)
    }

    /// A program of the environment, at the root of the repository.
    pub(crate) fn command(&self, project: &Project, program: &str) -> Result<Command, String> {
        let mut command = project.command(self.programs().join(program));
        self.set(&mut command)?;
        Ok(command)
    }

    /// Puts the environment's programs first in what a command finds in `PATH`.
    pub(crate) fn set(&self, command: &mut Command) -> Result<(), String> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = [self.programs()].into_iter().chain(env::split_paths(&inherited));
        let path = env::join_paths(folders).map_err(|error| error.to_string())?;
        command.env("PATH", path);
        Ok(())
    }

    fn programs(&self) -> PathBuf {
        self.0.join(if cfg!(windows) { "Scripts" } else { "bin" })
    }
}
