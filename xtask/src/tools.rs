//! The programs that steps need beside Rust, and how they come onto the machine.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    android, compiler::Compiler, no_std, process, project::Project, report::Step, wasm_toolchain,
};

struct Tool {
    name: &'static str,
    /// What it is for.
    purpose: &'static str,
    /// Debian's packages.
    debian: &'static [&'static str],
    /// Where else to get it.
    elsewhere: &'static str,
    is_there: fn() -> bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "cc",
        purpose: "compiles SQLite",
        debian: &["build-essential"],
        elsewhere: "a C compiler: gcc, clang or Xcode's command line tools",
        is_there: || in_path("cc"),
    },
    Tool {
        name: "curl",
        purpose: "sends the published requests as they are printed",
        debian: &["curl"],
        elsewhere: "https://curl.se",
        is_there: || in_path("curl"),
    },
    Tool {
        name: "python3",
        purpose: "computes the vectors independently and drives the service",
        debian: &["python3", "python3-venv"],
        elsewhere: "https://www.python.org, 3.11 or later, with its venv module",
        is_there: || succeeds("python3", &["-c", "import venv, ensurepip"]),
    },
    Tool {
        name: "oathtool",
        purpose: "makes codes independently",
        debian: &["oathtool"],
        elsewhere: "https://oath-toolkit.codeberg.page (Homebrew: oath-toolkit)",
        is_there: || in_path("oathtool"),
    },
    Tool {
        name: "zbarimg",
        purpose: "reads QR codes independently",
        debian: &["zbar-tools"],
        elsewhere: "https://github.com/mchehab/zbar (Homebrew: zbar)",
        is_there: || in_path("zbarimg"),
    },
    Tool {
        name: "chromium",
        purpose: "shows the enrolment page",
        debian: &["chromium"],
        elsewhere: "https://www.chromium.org, in PATH as `chromium`",
        is_there: || in_path("chromium"),
    },
    Tool {
        name: "node",
        purpose: "drives the browser and sends the published requests",
        debian: &["nodejs"],
        elsewhere: "https://nodejs.org, 18 or later",
        is_there: || {
            succeeds("node", &["-e", "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)"])
        },
    },
    Tool {
        name: "npm",
        purpose: "installs the browser's driver",
        debian: &["npm"],
        elsewhere: "https://nodejs.org brings it along",
        is_there: || in_path("npm"),
    },
    Tool {
        name: "openssl",
        purpose: "makes the certificates of test servers",
        debian: &["openssl"],
        elsewhere: "https://openssl-library.org (Homebrew: openssl)",
        is_there: || in_path("openssl"),
    },
    Tool {
        name: "java",
        purpose: "compiles and runs Kotlin",
        debian: &["openjdk-17-jdk-headless"],
        elsewhere: "a JDK, 17 or later: https://adoptium.net",
        is_there: || succeeds("javac", &["--release", "17", "--version"]),
    },
    Tool {
        name: "maven",
        purpose: "builds the Kotlin library",
        debian: &["maven"],
        elsewhere: "https://maven.apache.org (Homebrew: maven)",
        is_there: || in_path("mvn"),
    },
    Tool {
        name: "skia",
        purpose: "draws the screens of the Compose sample",
        debian: &["libgl1", "libx11-6", "libfontconfig1"],
        elsewhere: "the libraries GL, X11 and fontconfig",
        is_there: || ["libGL.so.1", "libX11.so.6", "libfontconfig.so.1"].iter().all(is_library),
    },
    Tool {
        name: "window",
        purpose: "opens windows from Java",
        debian: &["openjdk-17-jre"],
        elsewhere: "a JDK that is not headless: https://adoptium.net",
        is_there: java_has_windows,
    },
    Tool {
        name: "ruby",
        purpose: "runs the vectors through the engine for phones",
        debian: &["ruby", "ruby-ffi"],
        elsewhere: "https://www.ruby-lang.org, with `gem install ffi`",
        is_there: || succeeds("ruby", &["-e", "require 'ffi'"]),
    },
    Tool {
        name: "mmdebstrap",
        purpose: "makes the Debian 13 that has Swift",
        debian: &["mmdebstrap", "debian-archive-keyring"],
        elsewhere: "https://gitlab.mister-muffin.de/josch/mmdebstrap; Swift itself, on a Mac",
        is_there: || in_path("mmdebstrap"),
    },
    Tool {
        name: "wrk",
        purpose: "loads the service for the benchmark",
        debian: &["wrk"],
        elsewhere: "https://github.com/wg/wrk (Homebrew: wrk)",
        is_there: || in_path("wrk"),
    },
    Tool {
        name: "no-std",
        purpose: "builds the core for a target without std",
        debian: &["rustc-web", "rust-web-src"],
        elsewhere: "`rustup target add thumbv7em-none-eabi`",
        is_there: || Compiler::find(no_std::TARGET).is_some(),
    },
    Tool {
        name: "wasm",
        purpose: "builds for WebAssembly",
        debian: &["rustc-web", "rust-web-src", "lld-19"],
        elsewhere: wasm_toolchain::ELSEWHERE,
        is_there: wasm_toolchain::is_there,
    },
    Tool {
        name: "android",
        purpose: "builds for Android",
        debian: &["rustc-web", "rust-web-src", "lld-19"],
        elsewhere: android::ELSEWHERE,
        is_there: android::is_there,
    },
    Tool {
        name: "cargo-deny",
        purpose: "checks licences and sources of dependencies",
        debian: &[], // from crates.io, below
        elsewhere: "`cargo install cargo-deny --locked`",
        is_there: || succeeds("cargo", &["deny", "--version"]),
    },
];

const CARGO_DENY: &str = "install cargo-deny --locked --version 0.20.2";

/// Sees to it that the tools of these steps are there: installs them on Debian as root,
/// elsewhere says what is missing.
pub(crate) fn provide(steps: &[Step], project: &Project) -> Result<(), String> {
    let names: Vec<&str> = steps.iter().flat_map(|step| step.tools).copied().collect();
    provide_named(&names, project)
}

/// As [`provide`], for tools by their names.
pub(crate) fn provide_named(names: &[&str], project: &Project) -> Result<(), String> {
    let wanted = TOOLS.iter().filter(|tool| names.contains(&tool.name));
    let missing: Vec<&Tool> = wanted.filter(|tool| !(tool.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|tool| tool.debian).copied().collect();
    if !packages.is_empty() {
        if !is_debian() || !is_root() {
            return Err(explain(&missing, &packages));
        }
        install(&packages, project)?;
    }
    if missing.iter().any(|tool| tool.name == "cargo-deny") {
        println!("cargo {CARGO_DENY}: some minutes, once");
        let log = project.target("xtask/cargo-deny.log");
        process::run(project.cargo(CARGO_DENY), &log, |_| false)?.ok()?;
    }
    let still: Vec<&Tool> = missing.into_iter().filter(|tool| !(tool.is_there)()).collect();
    if still.is_empty() { Ok(()) } else { Err(explain(&still, &[])) }
}

fn install(packages: &[&str], project: &Project) -> Result<(), String> {
    println!("apt-get install {}", packages.join(" "));
    let log = project.target("xtask/apt.log");
    let apt = |words: &[&str]| {
        let mut command = project.command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-y"]).args(words);
        process::run(command, &log, |_| false)?.ok()
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], packages].concat())?;
    Ok(())
}

fn explain(missing: &[&Tool], packages: &[&str]) -> String {
    let mut lines = vec!["Nothing was run, for this is missing:".to_owned()];
    lines.extend(
        missing
            .iter()
            .map(|tool| format!("  {:10} {}: {}", tool.name, tool.purpose, tool.elsewhere)),
    );
    if !packages.is_empty() {
        let install = "sudo apt-get install -y --no-install-recommends";
        lines.push(format!("On Debian 12: {install} {}", packages.join(" ")));
    }
    lines.join("\n")
}

fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists() && in_path("apt-get")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether the dynamic linker finds a library.
fn is_library(name: &&str) -> bool {
    let path = env::var("PATH").unwrap_or_default();
    let known = Command::new("ldconfig").arg("-p").env("PATH", path + ":/usr/sbin:/sbin").output();
    known.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).contains(name))
}

/// A headless Java lacks the part that talks to X11.
fn java_has_windows() -> bool {
    let told = Command::new("java").args(["-XshowSettings:properties", "-version"]).output();
    let told = told.map(|it| String::from_utf8_lossy(&it.stderr).into_owned()).unwrap_or_default();
    let home = told.lines().find_map(|line| line.trim().strip_prefix("java.home = "));
    home.is_some_and(|home| Path::new(home).join("lib/libawt_xawt.so").exists())
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
