//! A cargo that builds for WebAssembly.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::project::Project;

/// No system underneath: what is imported is what the package says.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What to do where there is no toolchain.
pub(crate) const ELSEWHERE: &str =
    "`rustup target add wasm32-unknown-unknown`; or Debian's rustc-web, rust-web-src and lld-19";

/// A compiler that can build for [`TARGET`].
#[derive(Debug)]
pub(crate) enum Toolchain {
    /// The one in use has the target installed.
    Installed,
    /// Debian's `rustc-web`, the sources from `rust-web-src`, and this linker.
    Debian(PathBuf),
}

impl Toolchain {
    const DEBIAN: &str = "/usr/bin/rustc";
    const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/core";
    /// The edition and `rust-version` of the workspace need it.
    const OLDEST_MINOR: u32 = 95;

    /// The toolchain that is there, if there is one.
    pub(crate) fn find() -> Option<Self> {
        let folder = output("rustc", &["--print", "target-libdir", "--target", TARGET]);
        if folder.is_some_and(|folder| Path::new(folder.trim()).exists()) {
            return Some(Self::Installed);
        }
        let version = output(Self::DEBIAN, &["--version"])?;
        let minor: u32 = version.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()?;
        if minor < Self::OLDEST_MINOR || !Path::new(Self::DEBIAN_SOURCES).exists() {
            return None;
        }
        linker().map(Self::Debian)
    }
}

/// cargo with these words, to build with `profile` for [`TARGET`]. What it builds is under
/// [`built`].
pub(crate) fn command(project: &Project, profile: &str, words: &str) -> Result<Command, String> {
    let toolchain = Toolchain::find()
        .ok_or_else(|| format!("there is no compiler for WebAssembly: {ELSEWHERE}"))?;
    let words = format!("{words} --profile {profile} --target {TARGET}");
    // The compact SHA-2 saves a tenth of the module; codes are made with SHA-1.
    let compact = "--cfg sha2_backend_soft=\"compact\"";
    let mut command = match toolchain {
        Toolchain::Installed => {
            let mut command = project.cargo(&words);
            command.env("RUSTFLAGS", compact);
            command
        }
        Toolchain::Debian(linker) => {
            // Unstable: to compile core and alloc for the target, and without the texts of
            // panics, which nobody could read.
            let mut command = project.cargo(&format!(
                "{words} -Zbuild-std=core,alloc -Zbuild-std-features=optimize_for_size"
            ));
            let small = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";
            command
                .env("RUSTC", Toolchain::DEBIAN)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .env("RUSTFLAGS", format!("{small} {compact}"));
            command
        }
    };
    command.env("CARGO_TARGET_DIR", project.target("wasm")); // another compiler's files
    Ok(command)
}

/// The folder of the modules that [`command`] built.
pub(crate) fn built(project: &Project, profile: &str) -> PathBuf {
    project.target("wasm").join(TARGET).join(profile)
}

/// The linker that comes with rustup's compiler, or Debian's.
fn linker() -> Option<PathBuf> {
    let root = output("rustc", &["--print", "sysroot"])?;
    let host = output("rustc", &["--print", "host-tuple"])?;
    let bundled = Path::new(root.trim()).join("lib/rustlib").join(host.trim()).join("bin/rust-lld");
    if bundled.exists() {
        return Some(bundled);
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).map(|folder| folder.join("wasm-ld-19")).find(|file| file.exists())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
