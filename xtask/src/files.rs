//! Reading, writing and copying files. An error names the file.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(at(path))
}

pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(at(path))
}

/// How many bytes a file has.
pub(crate) fn size(path: &Path) -> Result<u64, String> {
    Ok(fs::metadata(path).map_err(at(path))?.len())
}

/// Writes a file, and makes the folder that it is to stand in.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    make_parent(path)?;
    fs::write(path, text).map_err(at(path))
}

/// A folder that is there, with those above it.
pub(crate) fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(at(folder))
}

/// The folder that a file is to stand in.
pub(crate) fn make_parent(file: &Path) -> Result<(), String> {
    file.parent().map_or(Ok(()), make)
}

/// A folder that is there and empty.
pub(crate) fn emptied(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(at(folder))?;
    }
    make(folder)
}

/// Copies a file or a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if !from.is_dir() {
        make_parent(to)?;
        return fs::copy(from, to).map(drop).map_err(at(from));
    }
    make(to)?;
    for entry in listed(from)? {
        copy(&entry, &to.join(entry.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

/// Has `to` hold what `from` holds, and nothing else but what stands there under the names `kept`.
pub(crate) fn mirror(from: &Path, to: &Path, kept: &[&str]) -> Result<(), String> {
    make(to)?;
    for old in listed(to)? {
        if kept.iter().any(|name| old.ends_with(name)) {
            continue;
        }
        if old.is_dir() { fs::remove_dir_all(&old) } else { fs::remove_file(&old) }
            .map_err(at(&old))?;
    }
    copy(from, to)
}

/// What stands in a folder, in the order of the names.
pub(crate) fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = folder.read_dir().map_err(at(folder))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(at(folder))?;
    paths.sort();
    Ok(paths)
}

/// A file itself, or all files in a folder and those within it.
pub(crate) fn all(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let found = listed(path)?.into_iter().map(|entry| all(&entry));
    Ok(found.collect::<Result<Vec<_>, _>>()?.concat())
}

/// Puts the name of a file before what was wrong with it.
pub(crate) fn at<E: Display>(path: &Path) -> impl Fn(E) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_holds_no_file_that_was_deleted_and_keeps_what_it_is_told_to() {
        let folder = std::env::temp_dir().join(format!("keyfob-files-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        for file in ["Package.swift", "Tests/a.swift"] {
            write(&from.join(file), "new").expect("a file");
        }
        for file in ["Package.swift", "Tests/deleted.swift", "old.swift", ".build/a.o"] {
            write(&to.join(file), "old").expect("a file");
        }
        mirror(&from, &to, &[".build"]).expect("a mirror");
        let held = all(&to).expect("the files").into_iter();
        let held: Vec<_> =
            held.map(|it| it.strip_prefix(&to).expect("within").to_owned()).collect();
        let wanted = [".build/a.o", "Package.swift", "Tests/a.swift"].map(PathBuf::from);
        assert_eq!(held, wanted);
        assert_eq!(read(&to.join("Package.swift")).as_deref(), Ok("new"));
        fs::remove_dir_all(&folder).expect("to remove it");
    }

    #[test]
    fn an_error_names_the_file() {
        let nowhere = Path::new("/nowhere/at/all");
        for said in [read(nowhere).err(), listed(nowhere).err(), copy(nowhere, nowhere).err()] {
            assert!(said.is_some_and(|said| said.starts_with("/nowhere/at")));
        }
    }
}
