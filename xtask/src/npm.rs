//! What comes from npm, and what goes there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{files, project::Project, report::check};

/// A folder of the target with what a lock file names, and other files of its folder.
pub(crate) struct Modules(PathBuf);

impl Modules {
    /// Installs what `source/package-lock.json` names, if that is not what is there, and copies
    /// `files` of the same folder beside it.
    pub(crate) fn provide(
        project: &Project,
        source: &str,
        name: &str,
        files: &[&str],
    ) -> Result<Self, String> {
        const PACKAGE: [&str; 2] = ["package.json", "package-lock.json"];
        let (source, folder) = (project.path(source), project.target(name));
        let is_same = |file| fs::read(source.join(file)).ok() == fs::read(folder.join(file)).ok();
        let up_to_date = PACKAGE.into_iter().all(is_same) && folder.join("node_modules").exists();
        files::make(&folder)?;
        for file in files {
            files::copy(&source.join(file), &folder.join(file))?;
        }
        if up_to_date {
            return Ok(Self(folder));
        }
        println!("   npm ci, for {name}");
        let _ = fs::remove_dir_all(folder.join("node_modules")); // half of one is none
        for file in PACKAGE {
            files::copy(&source.join(file), &folder.join(file))?;
        }
        let mut install = npm(project);
        install.args(["ci", "--ignore-scripts"]).current_dir(&folder);
        check(project, &format!("npm-{}", name.replace('/', "-")), install)?;
        Ok(Self(folder))
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Its `node_modules`.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.join("node_modules")
    }
}

/// Packs `packages` into `dist/npm` as publishing would, each with the licences, instead of what
/// is there by their `name`.
pub(crate) fn pack(project: &Project, name: &str, packages: &[PathBuf]) -> Result<(), String> {
    let out = project.path("dist/npm");
    files::make(&out)?;
    for old in tarballs(project, name)? {
        fs::remove_file(&old).map_err(files::at(&old))?;
    }
    for package in packages {
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            files::copy(&project.path(licence), &package.join(licence))?;
        }
        let mut pack = npm(project);
        pack.args(["pack", "--pack-destination"]).arg(&out).current_dir(package);
        check(project, &format!("npm-pack-{name}"), pack)?;
    }
    Ok(())
}

/// What [`pack`] made by this name, such as `keyfob-node`.
pub(crate) fn tarballs(project: &Project, name: &str) -> Result<Vec<PathBuf>, String> {
    let is_ours = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
    };
    Ok(files::listed(&project.path("dist/npm"))?.into_iter().filter(is_ours).collect())
}

pub(crate) fn npm(project: &Project) -> Command {
    let mut npm = project.command("npm");
    npm.env("npm_config_audit", "false").env("npm_config_fund", "false");
    npm
}
