//! What ships names no folder of the machine that it was built on.

use std::{env, path::PathBuf, process::Command};

use crate::{files, project::Project, report::Tally};

/// cargo with these words, to build what ships.
pub(crate) fn release(project: &Project, words: &str) -> Command {
    let mut command = project.cargo(&format!("{words} --release"));
    rename(project, &mut command, "");
    command
}

/// Has the compiler write other names in the place of the machine's folders, with `flags` beside.
pub(crate) fn rename(project: &Project, command: &mut Command, flags: &str) {
    let given = env::var("RUSTFLAGS").unwrap_or_default();
    let mut all: Vec<String> =
        given.split_whitespace().chain(flags.split_whitespace()).map(str::to_owned).collect();
    for (folder, name) in folders(project) {
        all.push(format!("--remap-path-prefix={}={name}", folder.display()));
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", all.join("\u{1f}"));
}

/// Whether none of these files, or of those in these folders, holds the path of such a folder.
pub(crate) fn names_no_folder(project: &Project, shipped: &[PathBuf]) -> Result<Tally, String> {
    let folders = folders(project).map(|(folder, _)| format!("{}/", folder.display()));
    let files: Vec<PathBuf> =
        shipped.iter().map(|path| files::all(path)).collect::<Result<Vec<_>, _>>()?.concat();
    if files.is_empty() {
        return Err("there is nothing that ships".to_owned());
    }
    for file in files {
        let bytes = files::bytes(&file)?;
        if let Some(folder) = folders.iter().find(|folder| holds(&bytes, folder.as_bytes())) {
            return Err(format!("{} names {folder}, where it was built", file.display()));
        }
    }
    Ok(Tally::one())
}

/// Of two that one path begins with the last counts: what is built may lie within the project.
fn folders(project: &Project) -> [(PathBuf, &'static str); 3] {
    let home = || env::home_dir().unwrap_or_default().join(".cargo");
    let cargo = env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from);
    [(cargo, "/cargo"), (project.path("."), "/keyfob"), (project.target(""), "/target")]
        .map(|(folder, name)| (folder.components().collect(), name))
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let (first, length) = (wanted[0], wanted.len());
    let mut rest = bytes;
    while let Some(place) = rest.iter().position(|byte| *byte == first) {
        rest = &rest[place..];
        if rest.get(..length) == Some(wanted) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_wherever_it_stands() {
        for text in ["/root/.cargo/registry", "at //root/.cargo/", "\0/roo/root/.cargo/x"] {
            assert!(holds(text.as_bytes(), b"/root/.cargo/"), "{text}");
        }
        assert!(!holds(b"/cargo/registry and /root/.carg", b"/root/.cargo/"));
    }

    #[test]
    fn what_names_a_folder_of_this_machine_is_told() {
        let project = Project::default();
        let folder = env::temp_dir().join(format!("keyfob-shipped-{}", std::process::id()));
        let file = folder.join("within/module");
        files::write(&file, "/cargo/registry/src/serde/lib.rs").expect("a file");
        assert!(names_no_folder(&project, std::slice::from_ref(&folder)).is_ok());
        files::write(&file, &project.path("core/src/lib.rs").display().to_string())
            .expect("a file");
        let told =
            names_no_folder(&project, std::slice::from_ref(&folder)).expect_err("it is named");
        assert!(told.contains("module"), "{told}");
        std::fs::remove_dir_all(&folder).expect("to remove it");
        assert!(names_no_folder(&project, &[]).is_err());
    }
}
