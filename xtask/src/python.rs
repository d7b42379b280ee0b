//! A virtual environment for the tests, so that nothing of the machine's own Python is
//! changed or counted on.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::{process, project::Project};

/// The packages that the tests need.
const REQUIREMENTS: &[&str] = &[
    "tests/oracle/requirements.txt",
    "tests/e2e/requirements.txt",
    "tests/component/requirements.txt",
];

pub(crate) struct Python(PathBuf);

impl Python {
    /// Makes the environment, or takes the one that is there if it has what is asked for.
    pub(crate) fn provide(project: &Project) -> Result<Self, String> {
        let folder = project.target("e2e/python");
        let files: Vec<PathBuf> = REQUIREMENTS.iter().map(|file| project.path(file)).collect();
        let files: Vec<PathBuf> = files.into_iter().filter(|file| file.exists()).collect();
        let wanted = files.iter().map(|file| read(file)).collect::<Result<String, _>>()?;
        let installed = folder.join("installed.txt");
        let python = Self(folder);
        let lock = project.target("e2e-python.lock"); // two steps may want it at once
        let lock = File::create(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
        lock.lock().map_err(|error| format!("cannot wait for another step: {error}"))?;
        if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
            return Ok(python);
        }
        println!("   installing {} from PyPI", REQUIREMENTS.join(" and "));
        let log = project.target("xtask/python.log");
        let mut make = project.command("python3");
        make.args(["-m", "venv", "--clear"]).arg(&python.0);
        process::run(make, &log, |_| false)?.ok()?;
        let mut install = project.command(python.program());
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        for file in &files {
            install.arg("-r").arg(file);
        }
        process::run(install, &log, |_| false)?.ok()?;
        fs::write(&installed, wanted).map_err(|e| format!("{}: {e}", installed.display()))?;
        Ok(python)
    }

    /// The interpreter.
    pub(crate) fn program(&self) -> PathBuf {
        self.programs().join("python")
    }

    /// The folder of the programs that came with the packages.
    pub(crate) fn programs(&self) -> PathBuf {
        self.0.join(if cfg!(windows) { "Scripts" } else { "bin" })
    }
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}
