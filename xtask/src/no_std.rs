//! Proof that the core needs no std: it is built for a microcontroller that has none.

use std::{path::Path, process::Command};

use crate::{
    project::Project,
    report::{Tally, check},
};

/// Bare metal with atomics. A library needs no linker, so nothing else is needed.
pub(crate) const TARGET: &str = "thumbv7em-none-eabi";

/// A compiler that can build for [`TARGET`].
pub(crate) enum Compiler {
    /// The one in use has the target installed.
    Installed,
    /// Debian's `rustc-web` with the sources of core and alloc from `rust-web-src`.
    Debian,
}

impl Compiler {
    const DEBIAN: &str = "/usr/bin/rustc";
    const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/core";
    /// The edition and `rust-version` of the workspace need it.
    const OLDEST_MINOR: u32 = 95;

    /// The compiler that is there, if there is one.
    pub(crate) fn find() -> Option<Self> {
        let folder = output("rustc", &["--print", "target-libdir", "--target", TARGET]);
        if folder.is_some_and(|folder| Path::new(folder.trim()).exists()) {
            return Some(Self::Installed);
        }
        let version = output(Self::DEBIAN, &["--version"])?;
        let minor: u32 = version.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()?;
        let usable = minor >= Self::OLDEST_MINOR && Path::new(Self::DEBIAN_SOURCES).exists();
        usable.then_some(Self::Debian)
    }
}

pub(crate) fn prove(project: &Project) -> Result<Tally, String> {
    let words = format!("build -p keyfob --lib --target {TARGET}");
    let compiler = Compiler::find().ok_or("no compiler for a target without std")?;
    let command = match compiler {
        Compiler::Installed => project.cargo(&words),
        Compiler::Debian => {
            // Unstable, and only used to compile core and alloc for the target.
            let mut command = project.cargo(&format!("{words} -Zbuild-std=core,alloc"));
            command.env("RUSTC", Compiler::DEBIAN).env("RUSTC_BOOTSTRAP", "1");
            command.env("CARGO_TARGET_DIR", project.target("no-std")); // another compiler's files
            command
        }
    };
    println!("   cargo {words}");
    check(project, "no-std", command)
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
