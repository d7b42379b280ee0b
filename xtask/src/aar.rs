//! The AAR: what an app for Android takes, and what must hold of it.

use std::path::{Path, PathBuf};

use crate::{
    android::{self, PAGE},
    compiler::output,
    elf, files, mobile,
    project::Project,
    report::Tally,
};

/// Where its sources are.
pub(crate) const HOME: &str = "bindings-mobile/android";

/// What it holds, whatever else it does.
const PARTS: &[&str] = &["AndroidManifest.xml", "classes.jar", "proguard.txt"];

/// What stands in its classes: what all have, what Android has, what apps with Compose have.
const CLASSES: &[&str] = &[
    "io/github/keyfob/Totp.class",
    "io/github/keyfob/BitmapsKt.class",
    "io/github/keyfob/ComposeImagesKt.class",
];

/// Where it is built.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target("kotlin/android")
}

/// Looks into the AAR that was built: what is in it, what is not, and how libraries lie that an app
/// with it carries.
pub(crate) fn hold(project: &Project) -> Result<Tally, String> {
    let aar = folder(project).join(format!("{}.aar", stem(project)?));
    let parts = listed(&aar)?;
    let classes = listed(&folder(project).join("classes.jar"))?;
    let mut libraries: Vec<String> = if android::is_shipping() {
        android::architectures().map(|abi| format!("jni/{abi}/libkeyfob_mobile.so")).collect()
    } else {
        Vec::new()
    };
    for missing in PARTS.iter().map(ToString::to_string).chain(libraries.clone()) {
        require(parts.contains(&missing), || format!("{} has no {missing}", aar.display()))?;
    }
    for missing in CLASSES {
        require(classes.iter().any(|it| it == missing), || format!("the AAR has no {missing}"))?;
    }
    let foreign = classes.iter().find(|it| is_library(it));
    require(foreign.is_none(), || format!("the classes carry {foreign:?}, of another system"))?;
    let mut own: Vec<String> = parts.into_iter().filter(|it| is_library(it)).collect();
    own.sort();
    libraries.sort();
    require(own == libraries, || format!("the AAR carries {own:?} and not {libraries:?}"))?;
    println!("   {}.aar: {} classes, {} libraries", stem(project)?, classes.len(), own.len());
    aligned(project)
}

/// JNA's libraries and ours lie on pages of 16 KiB, where the architecture has such.
fn aligned(project: &Project) -> Result<Tally, String> {
    let jna = folder(project).join("aars/jna/jni");
    let mut libraries: Vec<PathBuf> =
        ["arm64-v8a", "x86_64"].map(|abi| jna.join(abi).join("libjnidispatch.so")).to_vec();
    if android::is_shipping() {
        let own = android::libraries(project);
        libraries
            .extend(android::architectures().map(|abi| own.join(abi).join("libkeyfob_mobile.so")));
    }
    for library in &libraries {
        let page = elf::alignment(library)?;
        let words = || format!("{} is aligned to {page} bytes", library.display());
        require(page >= PAGE, words)?;
    }
    println!("   {} libraries of an app with it lie on pages of 16 KiB", libraries.len());
    Ok(Tally::one())
}

/// Puts the AAR, its sources and what says what it needs into a folder.
pub(crate) fn publish(project: &Project, to: &Path) -> Result<(), String> {
    let (built, stem) = (folder(project), stem(project)?);
    for (name, from) in [
        (format!("{stem}.aar"), built.join(format!("{stem}.aar"))),
        (format!("{stem}-sources.jar"), built.join(format!("{stem}-sources.jar"))),
        (format!("{stem}.pom"), project.path(HOME).join("published.pom")),
    ] {
        files::copy(&from, &to.join(&name))?;
        println!("   dist/kotlin/{name}");
    }
    Ok(())
}

fn stem(project: &Project) -> Result<String, String> {
    Ok(format!("keyfob-android-{}", mobile::version(project)?))
}

/// What is in an archive, by the program that comes with Java.
fn listed(archive: &Path) -> Result<Vec<String>, String> {
    let told = output("jar", &["--list", "--file", &archive.to_string_lossy()]);
    let told = told.ok_or_else(|| format!("{} cannot be read", archive.display()))?;
    Ok(told.lines().map(str::to_owned).collect())
}

fn is_library(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "so")
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
