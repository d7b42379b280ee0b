//! `cargo xtask swift`: the Swift package, tested by `swift test` in a Debian 13 of its own, which
//! is where Debian has Swift.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    documented::{self, Language},
    files,
    mobile::{self, Source},
    process,
    project::Project,
    readme,
    report::{Step, Tally, check},
    suite::{judged, left_out, says},
};

pub(crate) const STEP: Step = Step {
    name: "swift",
    title: "the Swift package: generated sources, build, tests",
    tools: &["cc", "mmdebstrap"],
    run,
};

/// As [`STEP`], and puts the generated sources into their place first.
pub(crate) const GENERATE: Step = Step {
    name: "generate",
    title: "the generated sources of the Swift package",
    tools: &["cc"],
    run: |project| {
        let engine = mobile::engine(project)?;
        mobile::keep(project, &generated(project, &engine)?)
    },
};

const HOME: &str = "bindings-mobile/swift";
const SOURCES: &str = "bindings-mobile/swift/Sources/Keyfob/Generated/Keyfob.swift";
const HEADER: &str = "bindings-mobile/swift/headers/KeyfobFFI/KeyfobFFI.h";

/// What the package is, beside the library. The tests too: `Package.swift` names them, and is not
/// read without them.
const PACKAGE: &[&str] = &["Package.swift", "README.md", "Sources", "Tests", "headers"];

/// What Swift makes beside the sources of a package, and finds again the next time.
pub(crate) const BUILT: &[&str] = &[".build", "Package.resolved"];

/// Where things are within the Debian of its own.
const WITHIN: &str = "keyfob";

fn run(project: &Project) -> Result<Tally, String> {
    let engine = mobile::engine(project)?;
    let mut tally = Tally::default();
    let sources = generated(project, &engine)?;
    tally.add_check(mobile::freshness(project, "swift", &sources));
    let folder = "bindings-mobile/swift/Sources";
    tally.add_check(documented::check(project, &[folder], Language::Swift));
    let library = project.target("swift/libkeyfob_mobile.so");
    mobile::strip(project, &engine, &library)?;
    let root = root(project)?;
    carry(project, &root.join(WITHIN), &library)?;
    tally.add(tests(project, &root, WITHIN, "package")?);
    if tally.failed == 0 {
        publish(project, &library)?;
    }
    Ok(tally)
}

fn generated(project: &Project, engine: &Path) -> Result<[Source; 2], String> {
    let folder = mobile::generate(project, engine, "swift")?;
    let sources = adapted(&mobile::headed(&folder.join("Keyfob.swift"), "swift")?)?;
    let sources = mobile::in_camel_case(&sources);
    let sources = mobile::described_aliases(project, &sources)?;
    let header = mobile::headed(&folder.join("KeyfobFFI.h"), "swift")?;
    Ok([Source { place: SOURCES, text: sources }, Source { place: HEADER, text: header }])
}

/// What is written otherwise: no time that is given ends the process, and an error says what to do.
const CHANGES: &[(&str, &str)] = &[
    ("var delta = value.timeIntervalSince1970", "var delta = bounded(value).timeIntervalSince1970"),
    ("String(reflecting: self)", "told"),
    (
        "    // Default memberwise initializers are never public by default, so we\n    // declare one manually.\n",
        "    /// Made of these.\n",
    ),
];

/// The cases of errors, which are to be written as Swift writes cases.
const CASES: &[&str] = &[
    "Invalid",
    "Refused",
    "RecipientBlocked",
    "SendLimit",
    "Failed",
    "Unavailable",
    "NotConfigured",
];

/// The sources with what the generator cannot be told.
fn adapted(sources: &str) -> Result<String, String> {
    let mut adapted = sources.to_owned();
    for (from, to) in CHANGES {
        if !adapted.contains(from) {
            return Err(format!("the generator no longer writes `{from}`"));
        }
        adapted = adapted.replace(from, to);
    }
    for case in CASES {
        if !cases(sources).any(|found| found == *case) {
            return Err(format!("the generator no longer writes `case {case}`"));
        }
        let (first, rest) = case.split_at(1);
        let lower = format!("{}{rest}", first.to_lowercase());
        for before in ["    case ", " .", "case let ."] {
            for after in ["(", "\n", ":"] {
                let (from, to) =
                    (format!("{before}{case}{after}"), format!("{before}{lower}{after}"));
                adapted = adapted.replace(&from, &to);
            }
        }
    }
    if let Some(case) = cases(&adapted).find(|case| case.starts_with(char::is_uppercase)) {
        return Err(format!(
            "`case {case}` is none of the cases that are written as Swift writes them"
        ));
    }
    Ok(adapted)
}

/// The names of the cases of all enums.
fn cases(sources: &str) -> impl Iterator<Item = &str> {
    let named = sources.lines().filter_map(|line| line.strip_prefix("    case "));
    named
        .filter_map(|line| line.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()))
}

/// A Debian 13 with Swift, made once: some 40 seconds and 2.6 GB. Steps that want it at the same
/// time wait for the one that makes it.
pub(crate) fn root(project: &Project) -> Result<PathBuf, String> {
    let root = project.target("swift/root");
    let place = project.target("swift/lock");
    files::make_parent(&place)?;
    let lock = File::create(&place).map_err(files::at(&place))?;
    lock.lock().map_err(files::at(&place))?;
    if root.join("made").exists() {
        return Ok(root);
    }
    println!("   mmdebstrap trixie: a Debian 13 with Swift, once");
    files::emptied(&root)?;
    let mut make = project.command("mmdebstrap");
    make.args(["--mode=root", "--variant=essential"]);
    make.arg("--aptopt=APT::Install-Recommends \"false\"");
    make.arg("--include=swiftlang,libc6-dev,libstdc++-14-dev,ca-certificates,zbar-tools");
    make.arg("trixie").arg(&root).arg(mirror(project));
    check(project, "swift-root", make)?;
    files::write(&root.join("made"), "")?;
    Ok(root)
}

/// The mirror that apt takes Debian from.
fn mirror(project: &Project) -> String {
    let mut apt = project.command("apt-get");
    let told = apt.args(["indextargets", "--format", "$(REPO_URI)"]).output();
    let told = told.map(|it| String::from_utf8_lossy(&it.stdout).into_owned()).unwrap_or_default();
    let own = told.lines().find(|line| line.trim_end_matches('/').ends_with("/debian"));
    own.unwrap_or("http://deb.debian.org/debian").to_owned()
}

/// Puts the package, the library and the vectors where the tests look for them. What was compiled
/// before stays.
fn carry(project: &Project, within: &Path, library: &Path) -> Result<(), String> {
    package(project, &within.join("package"))?;
    let pieces = readme::swift(&project.path(HOME).join("README.md"))?;
    files::write(&within.join("package/Tests/KeyfobTests/ReadmePieces.swift"), &pieces)?;
    files::mirror(&project.path("tests/vectors"), &within.join("vectors"), &[])?;
    files::copy(library, &within.join("lib/libkeyfob_mobile.so"))
}

/// What is tested is what is published.
fn package(project: &Project, to: &Path) -> Result<(), String> {
    for part in PACKAGE {
        let (from, to) = (project.path(HOME).join(part), to.join(part));
        if from.is_dir() { files::mirror(&from, &to, &[]) } else { files::copy(&from, &to) }?;
    }
    Ok(())
}

/// Tests a package that stands within a folder of the Debian, beside a folder `lib`.
pub(crate) fn tests(
    project: &Project,
    root: &Path,
    within: &str,
    package: &str,
) -> Result<Tally, String> {
    println!("   swift test");
    let log = project.target(&format!("xtask/swift-test-{within}.log"));
    let shown = |line: &str| {
        says(line, &[".json ", "QR codes ", "at once: ", "does not compare: ", " codes: "])
    };
    let finished = process::run(swift(project, root, within, package), &log, shown)?;
    let tally = count(&finished.output);
    let has_run = tally.passed > 0;
    let mut tally = judged(&finished, tally, has_run);
    tally.not_run.extend(left_out("Swift", &finished.output));
    Ok(tally)
}

/// In namespaces of its own, so that nothing stays mounted or running after it.
fn swift(project: &Project, root: &Path, within: &str, package: &str) -> Command {
    let mut command = project.command("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.arg(format!("--root={}", root.display())).arg(format!("--wd=/{within}/{package}"));
    command.args(["/usr/bin/env", "-i", "HOME=/root", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]);
    command.arg(format!("LD_LIBRARY_PATH=/{within}/lib"));
    command.arg(format!("KEYFOB_TESTS=/{within}"));
    command.args(["swift", "test", "--no-parallel", "--disable-sandbox", "-Xlinker"]);
    command.arg(format!("-L/{within}/lib"));
    command
}

/// What Swift Testing says of each test, if it came to its end.
fn count(output: &str) -> Tally {
    let is_end = |line: &str| line.contains(" Test run with ");
    if !output.lines().any(is_end) {
        return Tally::default();
    }
    let said = |word: &str| {
        let tests = output.lines().filter(|line| line.contains(" Test \"") && line.contains(word));
        u32::try_from(tests.count()).unwrap_or(u32::MAX)
    };
    Tally { passed: said(" passed after "), failed: said(" failed after "), not_run: Vec::new() }
}

/// The package as a program takes it, with the library for Linux beside it.
fn publish(project: &Project, library: &Path) -> Result<(), String> {
    let folder = project.path("dist/swift");
    files::emptied(&folder)?;
    package(project, &folder.join("keyfob"))?;
    files::copy(library, &folder.join("linux-x86_64/libkeyfob_mobile.so"))?;
    println!("   dist/swift: version {}", mobile::version(project)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{CASES, CHANGES, adapted, count};

    #[test]
    fn tests_are_counted_and_their_run_is_not_and_one_that_broke_off_is_none() {
        let output = "✔ Test \"a\" passed after 0.1 seconds.\n\
                      ✘ Test \"b\" recorded an issue at B.swift:1:1: failed\n\
                      ✘ Test \"b\" failed after 0.1 seconds with 1 issue.\n";
        assert_eq!(count(output).passed, 0);
        let tally = count(&format!("{output}✘ Test run with 2 tests failed after 1 seconds.\n"));
        assert_eq!((tally.passed, tally.failed), (1, 1));
    }

    #[test]
    fn a_generator_that_writes_something_else_is_noticed() {
        let changes = CHANGES.iter().map(|(from, _)| format!("{from}\n"));
        let cases = CASES.iter().map(|case| format!("    case {case}(\n"));
        let sources: String = changes.chain(cases).collect();
        let changed = adapted(&sources).expect("all that is looked for");
        assert!(changed.contains("    case sendLimit(\n"), "{changed}");
        for (gone, _) in CHANGES {
            assert!(adapted(&sources.replace(gone, "")).is_err(), "{gone}");
        }
        for gone in CASES {
            let told = adapted(&sources.replace(&format!("case {gone}("), "")).expect_err(gone);
            assert!(told.contains(gone), "{told}");
        }
        let told = adapted(&format!("{sources}    case Another(\n")).expect_err("one more case");
        assert!(told.contains("Another"), "{told}");
    }
}
