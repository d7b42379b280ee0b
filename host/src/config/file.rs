//! The file itself: read whole, once, and only if it is text.

use std::{fs, io, path::Path};

/// The text of the file, or a sentence that says why there is none.
pub(super) fn read(path: &Path) -> Result<String, String> {
    if path.as_os_str().is_empty() {
        return Err("the name of the configuration file is empty; give a file with --config or KEYFOB_CONFIG, or leave both out".to_owned());
    }
    let name = path.display();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Err(format!("{name}: {}", why(path, &error))),
    };
    String::from_utf8(bytes).map_err(|_| format!("{name} is no text in UTF-8; save it as UTF-8"))
}

fn why(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        _ if path.is_dir() => {
            "this is a folder; name the file in it, such as keyfob.toml".to_owned()
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            "there is no such file; check the name".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "this user may not read the file; give the user that runs keyfob the right to"
                .to_owned()
        }
        _ => format!("the file cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_file_that_cannot_be_read_is_said_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let (file, none) = (folder.path().join("keyfob.toml"), folder.path().join("none.toml"));
        fs::write(&file, b"\xff\xfe[\0").unwrap();
        for (path, word) in [
            (folder.path(), "this is a folder"),
            (&file, "is no text in UTF-8"),
            (&file.join("x"), "there is no such file"),
            (&none, "there is no such file"),
            (Path::new(""), "is empty"),
            #[cfg(target_os = "linux")]
            (Path::new("/proc/self/mem"), "cannot be read"),
        ] {
            let said = Config::read(Some(path), []).unwrap_err().to_string();
            assert!(said.contains(word) && said.lines().count() == 1, "{said}");
            assert!(!said.contains("variable"), "the environment has no part in it: {said}");
            assert!(said.starts_with(&path.display().to_string()), "{said}");
        }
    }

    #[test]
    fn who_may_not_read_it_is_told_so() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(why(Path::new("keyfob.toml"), &denied).contains("this user may not read"));
    }
}
