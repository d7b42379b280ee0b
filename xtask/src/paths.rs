//! That the paths which documents name are there. A path is what stands in backticks and begins with
//! a folder at the top of the repository: `dist` and `target` are built, and are none.

use std::{collections::BTreeSet, path::Path};

use crate::{
    files,
    process::{self, Finished},
    project::Project,
    report::Tally,
};

/// Looks through every document of the repository, also those that are not committed yet.
pub(crate) fn check(project: &Project) -> Result<Tally, String> {
    let mut list = project.command("git");
    list.args(["-c", "core.quotePath=false"]);
    list.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let log = project.target("xtask/paths.log");
    let listed = process::run(list, &log, |_| false).and_then(Finished::ok);
    let Ok(listed) = listed else {
        return Ok(not_run("paths in documents: git does not list the files"));
    };
    let files: Vec<&str> =
        listed.lines().filter(|path| project.path(path).symlink_metadata().is_ok()).collect();
    let known = with_folders(&files);
    let (mut seen, mut missing) = (0, Vec::new());
    for document in files.iter().filter(|path| is_document(path)) {
        for (line, path) in named(&files::read(&project.path(document))?, &known) {
            seen += 1;
            if !known.contains(path.trim_end_matches('/')) {
                missing.push(format!("{document}:{line}: there is no `{path}`"));
            }
        }
    }
    match (seen, missing.is_empty()) {
        (0, _) => Err("no document names a path".to_owned()),
        (_, true) => Ok(Tally::one()),
        (_, false) => Err(missing.join("\n")),
    }
}

fn not_run(why: &str) -> Tally {
    Tally { not_run: vec![why.to_owned()], ..Tally::default() }
}

fn is_document(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "md")
}

/// The files, and every folder that they stand in.
fn with_folders<'a>(files: &[&'a str]) -> BTreeSet<&'a str> {
    let folders =
        files.iter().flat_map(|file| file.match_indices('/').map(|(at, _)| file.split_at(at).0));
    files.iter().copied().chain(folders).collect()
}

/// The paths in a document, each with its line. Blocks between fences hold commands and code.
fn named(document: &str, known: &BTreeSet<&str>) -> Vec<(usize, String)> {
    let (mut found, mut is_fenced) = (Vec::new(), false);
    for (index, line) in document.lines().enumerate() {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        if is_fenced || is_fence {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|text| is_path(text, known)).flat_map(spelled_out);
        found.extend(paths.map(|path| (index + 1, path)));
    }
    found
}

/// Whether a text is the path of one thing, and no pattern or command.
fn is_path(text: &str, known: &BTreeSet<&str>) -> bool {
    let stands_for_others = |c: char| c.is_whitespace() || "…*<>$".contains(c);
    let folder = text.split_once('/').map(|(folder, _)| folder);
    folder.is_some_and(|folder| known.contains(folder)) && !text.contains(stands_for_others)
}

/// `a/{b,c}.rs` as the paths that it is short for.
fn spelled_out(path: &str) -> Vec<String> {
    let parts = path.split_once('{').and_then(|(before, rest)| {
        let (names, after) = rest.split_once('}')?;
        Some((before, names, after))
    });
    match parts {
        Some((before, names, after)) => {
            names.split(',').map(|name| format!("{before}{name}{after}")).collect()
        }
        None => vec![path.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(document: &str) -> Vec<String> {
        let known = with_folders(&["core/src/lib.rs", "README.md"]);
        named(document, &known).into_iter().map(|(_, path)| path).collect()
    }

    #[test]
    fn what_begins_with_a_folder_of_the_repository_is_a_path() {
        assert_eq!(paths("in `core/src/a.rs` and `core/tests/`"), ["core/src/a.rs", "core/tests/"]);
        assert_eq!(paths("`core/{a,b}.rs`"), ["core/a.rs", "core/b.rs"]);
        assert_eq!(paths("core/src/a.rs, `dist/x`, `core`, `src/lib.rs`"), [""; 0]);
    }

    #[test]
    fn what_stands_for_others_is_none() {
        for text in ["core/*.rs", "core/…", "core/<name>.rs", "core/$NAME", "core/a --flag"] {
            assert_eq!(paths(&format!("see `{text}`")), [""; 0]);
        }
    }

    #[test]
    fn commands_between_fences_are_none() {
        assert_eq!(paths("```sh\n`core/a`\n```\n`core/b`"), ["core/b"]);
    }

    #[test]
    fn a_folder_is_known_by_what_is_in_it() {
        let known = with_folders(&["core/src/lib.rs", "README.md"]);
        assert_eq!(known, BTreeSet::from(["README.md", "core", "core/src", "core/src/lib.rs"]));
    }
}
