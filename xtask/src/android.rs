//! `cargo xtask android`: the engine as Android loads it. It is small, says nothing of itself, and
//! lies on pages of 16 KiB.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    compiler::{Compiler, output},
    elf, files,
    project::Project,
    report::{Step, Tally, check},
};

pub(crate) const STEP: Step = Step {
    name: "android",
    title: "the engine for Android: compiled, measured, searched",
    tools: &["cc", "android"],
    run,
};

/// What to do where there is no toolchain.
pub(crate) const ELSEWHERE: &str =
    "`rustup component add rust-src` and an NDK in ANDROID_NDK_HOME; without it lld, as ld.lld-19";

/// An architecture of Android's.
struct Abi {
    /// The folder that an app looks in.
    name: &'static str,
    /// Rust's target, and the NDK's.
    target: &'static str,
    ndk: &'static str,
    /// What lld calls it.
    emulation: &'static str,
}

const ABIS: [Abi; 3] = [
    Abi {
        name: "arm64-v8a",
        target: "aarch64-linux-android",
        ndk: "aarch64-linux-android",
        emulation: "aarch64linux",
    },
    Abi {
        name: "armeabi-v7a",
        target: "armv7-linux-androideabi",
        ndk: "armv7a-linux-androideabi",
        emulation: "armelf_linux_eabi",
    },
    Abi {
        name: "x86_64",
        target: "x86_64-linux-android",
        ndk: "x86_64-linux-android",
        emulation: "elf_x86_64",
    },
];

/// The oldest Android that has what the Kotlin sources need: `java.time`.
const OLDEST_API: u8 = 26;

/// What an app may have to carry for one architecture, in bytes.
const LARGEST: u64 = 700 * 1024;

pub(crate) const PAGE: u64 = 16 * 1024;

/// What the linker is told, whichever it is.
const FLAGS: &[&str] = &[
    "-soname=libkeyfob_mobile.so",
    "--no-undefined-version",
    "--gc-sections",
    "--hash-style=gnu",
    "--pack-dyn-relocs=android",
    "-zrelro",
    "-znow",
    "-zmax-page-size=16384",
    "-zcommon-page-size=16384",
];

/// The folder that the AAR and Gradle take the libraries from.
const SHIPPED: &str = "jniLibs";

const FILE: &str = "libkeyfob_mobile.so";

/// Where the symbols stand that apps call.
const CALLED: &str =
    "bindings-mobile/kotlin/src/generated/kotlin/io/github/keyfob/keyfob_mobile.kt";

/// What no library of ours says: what panics print, where it was built, the secrets of tests.
const UNSAID: &[&str] = &[
    "panicked at",
    "called `Option::",
    "called `Result::",
    "index out of bounds",
    "out of range for slice",
    "attempt to ",
    "entered unreachable code",
    "not implemented",
    "assertion ",
    "already borrowed",
    "capacity overflow",
    "/src/",
    "src/lib.rs",
    ".cargo/registry",
    "GEZDGNBV",
    "12345678901234567890",
];

/// The folder that the AAR takes the engine from: each architecture's in a folder of its name.
pub(crate) fn libraries(project: &Project) -> PathBuf {
    project.target("android").join(if is_shipping() { SHIPPED } else { "none" })
}

/// Whether what is built here can run on a phone: with an NDK.
pub(crate) fn is_shipping() -> bool {
    Linker::find().is_some_and(|linker| linker.is_real())
}

/// The architectures, by the names of their folders.
pub(crate) fn architectures() -> impl Iterator<Item = &'static str> {
    ABIS.iter().map(|abi| abi.name)
}

/// Whether there is all that [`STEP`] needs.
pub(crate) fn is_there() -> bool {
    Compiler::with_sources_of_std().is_some() && Linker::find().is_some()
}

/// With an NDK the libraries that ship, for every architecture; without one, one that shows what
/// they will be, and nothing else: what it is linked with is empty.
fn run(project: &Project) -> Result<Tally, String> {
    let linker = Linker::find().ok_or_else(missing)?;
    let abis = if linker.is_real() { &ABIS[..] } else { &ABIS[..1] };
    let mut tally = Tally::default();
    for abi in abis {
        let library = build(project, abi, &linker)?;
        tally.add_check(measure(abi, &library));
        tally.add_check(listen(project, &library));
        tally.add_check(exports(project, &library));
    }
    if !linker.is_real() {
        tally
            .not_run
            .push("Android: there is no NDK, so no library for an app was made".to_owned());
    }
    Ok(tally)
}

/// The library of an architecture, stripped.
fn build(project: &Project, abi: &Abi, linker: &Linker) -> Result<PathBuf, String> {
    let compiler = Compiler::with_sources_of_std().ok_or_else(missing)?;
    let words = "rustc -p keyfob-mobile --lib --crate-type staticlib --profile mobile";
    println!("   cargo {words} --target {}", abi.target);
    let mut cargo = compiler.cargo_with_std(project, &format!("{words} --target {}", abi.target));
    // Whatever panics ends at once: see docs/decisions/0021-mobile-size.md.
    let flags = "--cfg sha2_backend_soft=\"compact\" -Zunstable-options -Cpanic=immediate-abort \
                 -Cforce-unwind-tables=no -Zlocation-detail=none";
    cargo.env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", project.target("android"));
    check(project, "android-build", cargo)?;
    let archive = project.target(&format!("android/{}/mobile/libkeyfob_mobile.a", abi.target));
    link(project, abi, linker, &archive)
}

/// Links what the Kotlin sources call, and what that needs: once to ship, and once with the names of
/// functions, by which reports of crashes are read.
fn link(project: &Project, abi: &Abi, linker: &Linker, archive: &Path) -> Result<PathBuf, String> {
    let (wanted, exports) =
        (project.target("android/wanted.ld"), project.target("android/exports"));
    let names = called(project)?;
    files::write(&wanted, &format!("EXTERN({})\n", names.join(" ")))?;
    files::write(&exports, &format!("{{ global: {}; local: *; }};\n", names.join("; ")))?;
    let (exports, id) = (format!("--version-script={}", exports.display()), build_id(archive)?);
    let place = |folder| project.target(&format!("android/{folder}/{}/{FILE}", abi.name));
    // What cannot run must not stand where packages take libraries from.
    let shipped = if linker.is_real() { SHIPPED } else { "measured" };
    for (folder, names) in [("symbols", "--strip-debug"), (shipped, "--strip-all")] {
        let mut command = linker.command(project, abi)?;
        command.args(FLAGS.iter().chain(&[exports.as_str(), &id, names]).map(|it| linker.flag(it)));
        command.arg(&wanted).arg(archive).args(["-lc", "-lm", "-ldl", "-llog"]);
        let library = place(folder);
        files::make_parent(&library)?;
        command.arg("-o").arg(&library);
        check(project, "android-link", command)?;
    }
    Ok(place(shipped))
}

/// One that both links have: a linker's own would be that of one file.
fn build_id(archive: &Path) -> Result<String, String> {
    let bytes = files::bytes(archive)?;
    let half = |start: u8| {
        let mut hasher = DefaultHasher::new();
        (start, &bytes).hash(&mut hasher);
        hasher.finish()
    };
    Ok(format!("--build-id=0x{:016x}{:016x}", half(0), half(1)))
}

/// The functions that the Kotlin sources name.
fn called(project: &Project) -> Result<Vec<String>, String> {
    let sources = files::read(&project.path(CALLED))?;
    let words = sources.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut names: Vec<String> =
        words.filter(|word| elf::is_ours(word)).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn measure(abi: &Abi, library: &Path) -> Result<Tally, String> {
    let size = files::size(library)?;
    let aligned = elf::alignment(library)?;
    println!(
        "   {}: {} KiB of {}, pages of {} KiB",
        abi.name,
        size.div_ceil(1024),
        LARGEST / 1024,
        aligned / 1024
    );
    if size > LARGEST {
        return Err(format!("{} takes {size} bytes and may take {LARGEST}", library.display()));
    }
    if aligned < PAGE {
        return Err(format!("{} is aligned to {aligned} bytes", library.display()));
    }
    Ok(Tally::one())
}

/// Searches the library for what it must not say.
fn listen(project: &Project, library: &Path) -> Result<Tally, String> {
    let bytes = files::bytes(library)?;
    let here = project.path("").display().to_string();
    let words: Vec<&str> = UNSAID.iter().copied().chain([here.as_str()]).collect();
    let said = said(&bytes, &words);
    if !said.is_empty() {
        return Err(format!("{} says {said:?}", library.display()));
    }
    println!("   none of {} words of panics, places and secrets is in it", words.len());
    Ok(Tally::one())
}

fn said<'a>(bytes: &[u8], words: &[&'a str]) -> Vec<&'a str> {
    let is_said = |word: &&str| bytes.windows(word.len()).any(|found| found == word.as_bytes());
    words.iter().copied().filter(is_said).collect()
}

/// Nothing but what the Kotlin sources call can be called.
fn exports(project: &Project, library: &Path) -> Result<Tally, String> {
    let (mut exported, called) = (elf::exports(library)?, called(project)?);
    exported.sort();
    if exported != called {
        return Err(format!("{} exports something else than is called", library.display()));
    }
    println!("   {} exports, each of them called", exported.len());
    Ok(Tally::one())
}

/// What links.
enum Linker {
    /// The folder of the NDK's programs.
    Ndk(PathBuf),
    /// A linker alone. What it links with has no functions in it.
    Lld,
}

impl Linker {
    const LLD: &str = "ld.lld-19";

    fn find() -> Option<Self> {
        if let Some(home) = env::var_os("ANDROID_NDK_HOME") {
            let hosts = Path::new(&home).join("toolchains/llvm/prebuilt");
            let host = fs::read_dir(hosts).ok()?.find_map(Result::ok)?;
            return Some(Self::Ndk(host.path().join("bin")));
        }
        output(Self::LLD, &["--version"]).map(|_| Self::Lld)
    }

    fn is_real(&self) -> bool {
        matches!(self, Self::Ndk(_))
    }

    fn command(&self, project: &Project, abi: &Abi) -> Result<Command, String> {
        let mut command = match self {
            Self::Ndk(bin) => project.command(bin.join(format!("{}{OLDEST_API}-clang", abi.ndk))),
            Self::Lld => project.command(Self::LLD),
        };
        command.arg("-shared");
        if matches!(self, Self::Lld) {
            command.args(["-m", abi.emulation]).arg("-L").arg(empty_libraries(project)?);
        } else {
            command.arg("-Wl,-z,defs");
        }
        Ok(command)
    }

    /// A flag of the linker, as the program takes it.
    fn flag(&self, flag: &str) -> String {
        if self.is_real() { format!("-Wl,{flag}") } else { flag.to_owned() }
    }
}

/// Libraries of the system that have nothing in them.
fn empty_libraries(project: &Project) -> Result<PathBuf, String> {
    let folder = project.target("android/empty");
    for name in ["c", "m", "dl", "log"] {
        files::write(&folder.join(format!("lib{name}.so")), "/* nothing */\n")?;
    }
    Ok(folder)
}

fn missing() -> String {
    format!("there is no compiler for Android: {ELSEWHERE}")
}

#[cfg(test)]
mod tests {
    use super::{UNSAID, said};

    #[test]
    fn what_a_panic_says_is_heard() {
        let library =
            b"\0\x7fELF\0called `Option::unwrap()` on a `None` value\0thread panicked at\0";
        assert_eq!(said(library, UNSAID), ["panicked at", "called `Option::"]);
        assert!(said(b"the scale must be 1 to 32 pixels a module", UNSAID).is_empty());
    }
}
