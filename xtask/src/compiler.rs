//! A compiler for targets that have no system: rustup's, where the target is installed, or Debian's.

use std::{path::Path, process::Command};

use crate::project::Project;

/// A compiler that can build for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// The one in use has the target installed.
    Installed,
    /// Debian's `rustc-web`, with the sources of core and alloc from `rust-web-src`.
    Debian,
}

impl Compiler {
    const DEBIAN: &str = "/usr/bin/rustc";
    const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/core";
    /// The edition and `rust-version` of the workspace need it.
    const OLDEST_MINOR: u32 = 95;

    /// The compiler for a target that is there, if there is one.
    pub(crate) fn find(target: &str) -> Option<Self> {
        let folder = output("rustc", &["--print", "target-libdir", "--target", target]);
        if folder.is_some_and(|folder| Path::new(folder.trim()).exists()) {
            return Some(Self::Installed);
        }
        Self::debian()
    }

    /// A compiler that has the sources of std, if there is one.
    pub(crate) fn with_sources_of_std() -> Option<Self> {
        let root = output("rustc", &["--print", "sysroot"])?;
        let sources = Path::new(root.trim()).join("lib/rustlib/src/rust/library/std");
        if sources.exists() { Some(Self::Installed) } else { Self::debian() }
    }

    fn debian() -> Option<Self> {
        let version = output(Self::DEBIAN, &["--version"])?;
        let minor: u32 = version.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()?;
        let usable = minor >= Self::OLDEST_MINOR && Path::new(Self::DEBIAN_SOURCES).exists();
        usable.then_some(Self::Debian)
    }

    /// cargo with these words. Debian's compiler makes core and alloc as well, which is unstable,
    /// and puts its files into `folder` of the target, since no other can read them.
    pub(crate) fn cargo(self, project: &Project, folder: &str, words: &str) -> Command {
        match self {
            Self::Installed => project.cargo(words),
            Self::Debian => {
                let mut command = project.cargo(&format!("{words} -Zbuild-std=core,alloc"));
                command.env("RUSTC", Self::DEBIAN).env("RUSTC_BOOTSTRAP", "1");
                command.env("CARGO_TARGET_DIR", project.target(folder));
                command
            }
        }
    }

    /// cargo with these words, making std as well, in which nothing unwinds. That is unstable.
    pub(crate) fn cargo_with_std(self, project: &Project, words: &str) -> Command {
        let std = "-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size";
        let mut command = project.cargo(&format!("{words} {std}"));
        command.env("RUSTC_BOOTSTRAP", "1");
        if self == Self::Debian {
            command.env("RUSTC", Self::DEBIAN);
        }
        command
    }
}

/// What a program prints, if it succeeds.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
