//! `man` and `completions`.

use std::{fs, process::Command};

use crate::support::{Folder, keyfob};

#[test]
fn manual_pages_and_completions_cover_every_command() {
    let folder = Folder::new("man");
    assert_eq!(keyfob(&["man", "--dir", folder.name()]).status, 0);
    for page in ["keyfob", "keyfob-code", "keyfob-user-import", "keyfob-serve", "keyfob-restore"] {
        let text = fs::read_to_string(folder.path(&format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    assert!(keyfob(&["man"]).stdout.contains(".TH keyfob"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = keyfob(&["completions", shell]);
        assert!(script.stdout.contains("import"), "{shell}");
    }
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let script = format!("'{}' completions bash | head -n 1", env!("CARGO_BIN_EXE_keyfob"));
    let output =
        Command::new("bash").args(["-c", &format!("set -o pipefail; {script}")]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
