//! A cargo that builds for WebAssembly.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    compiler::{Compiler, output},
    project::Project,
    shipped,
};

/// No system underneath: what is imported is what the package says.
const TARGET: &str = "wasm32-unknown-unknown";

/// What to do where there is no toolchain.
pub(crate) const ELSEWHERE: &str =
    "`rustup target add wasm32-unknown-unknown`; or Debian's rustc-web, rust-web-src and lld-19";

/// Whether there is all that [`command`] needs.
pub(crate) fn is_there() -> bool {
    match Compiler::find(TARGET) {
        Some(Compiler::Installed) => true,
        Some(Compiler::Debian) => linker().is_some(),
        None => false,
    }
}

/// cargo with these words, to build with `profile` for WebAssembly. What it builds is under
/// [`built`].
pub(crate) fn command(project: &Project, profile: &str, words: &str) -> Result<Command, String> {
    let missing = || format!("there is no compiler for WebAssembly: {ELSEWHERE}");
    let compiler = Compiler::find(TARGET).ok_or_else(missing)?;
    let words = format!("{words} --profile {profile} --target {TARGET}");
    let mut command = compiler.cargo(project, "wasm", &words);
    // The compact SHA-2 saves 8 KiB, 4 % of the web package (docs/decisions/0020-web-size.md); codes
    // are made with SHA-1.
    let mut flags = "--cfg sha2_backend_soft=\"compact\"".to_owned();
    if compiler == Compiler::Debian {
        // The texts of panics are left out: nobody could read them.
        command
            .arg("-Zbuild-std-features=optimize_for_size")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker().ok_or_else(missing)?);
        flags.push_str(" -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none");
    }
    shipped::rename(project, &mut command, &flags);
    command.env("CARGO_TARGET_DIR", project.target("wasm"));
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
