//! `cargo xtask kotlin`: the library for Kotlin, for the JVM as a jar that carries the engine, and for
//! Android as an AAR.

use std::{path::Path, process::Command};

use crate::{
    aar, android,
    documented::{self, Language},
    files, maven,
    mobile::{self, Source},
    process,
    project::Project,
    readme,
    report::{Step, Tally},
    scripting,
    suite::{judged, left_out, says},
};

pub(crate) const STEP: Step = Step {
    name: "kotlin",
    title: "the Kotlin library: generated sources, jar and AAR, tests; Python and Ruby of the same",
    tools: &["cc", "java", "maven", "python3", "ruby", "zbarimg"],
    run,
};

/// As [`STEP`], and puts the generated sources into their place first.
pub(crate) const GENERATE: Step = Step {
    name: "generate",
    title: "the generated sources of the Kotlin library",
    tools: &["cc"],
    run: |project| {
        let engine = mobile::engine(project)?;
        mobile::keep(project, &generated(project, &engine)?)
    },
};

const HOME: &str = "bindings-mobile/kotlin";
const GENERATED: &str =
    "bindings-mobile/kotlin/src/generated/kotlin/io/github/keyfob/keyfob_mobile.kt";

/// What is shown of what the tests print.
const SHOWN: &[&str] = &[".json ", "QR codes ", "at once: ", "does not compare", " codes: "];

fn run(project: &Project) -> Result<Tally, String> {
    let engine = mobile::engine(project)?;
    let mut tally = Tally::default();
    let sources = generated(project, &engine)?;
    tally.add_check(mobile::freshness(project, "kotlin", &sources));
    tally.add_check(versions(project));
    let folders = &["bindings-mobile/kotlin/src/main", "bindings-mobile/kotlin/src/generated"];
    tally.add_check(documented::check(project, folders, Language::Kotlin));
    let folders =
        &["bindings-mobile/android/src/main/kotlin", "bindings-mobile/android/src/compose"];
    tally.add_check(documented::check(project, folders, Language::Kotlin));
    tally.add(scripting::vectors(project, &engine)?);
    carry(project, &engine)?;
    let pieces = readme::kotlin(&project.path("bindings-mobile/README.md"))?;
    files::write(&project.target("kotlin/build/readme/ReadmePieces.kt"), &pieces)?;
    tally.add(packages(project)?);
    tally.add_check(aar::hold(project));
    if tally.failed == 0 {
        publish(project)?;
    }
    Ok(tally)
}

fn generated(project: &Project, engine: &Path) -> Result<[Source; 1], String> {
    let folder = mobile::generate(project, engine, "kotlin")?;
    let text = mobile::headed(&folder.join("io/github/keyfob/keyfob_mobile.kt"), "kotlin")?;
    let text = without_override(&text).ok_or("the generator loads libraries otherwise now")?;
    let text = whole_characters(&text).ok_or("the generator writes texts otherwise now")?;
    let text = held_arguments(&text).ok_or("the generator hands objects over otherwise now")?;
    let text = told(&mobile::in_camel_case(&text));
    let text = mobile::described_aliases(project, &text)?;
    Ok([Source { place: GENERATED, text }])
}

/// Without what lets a property of the process put another library in the place of the jar's own.
fn without_override(sources: &str) -> Option<String> {
    let (before, rest) = sources.split_once("    val libOverride = ")?;
    let (_, after) = rest.split_once("        return libOverride\n    }\n")?;
    Some(format!("{before}{after}"))
}

/// An object that is closed is refused as an argument, too, and held while it is handed over: what
/// was freed is not read.
fn held_arguments(sources: &str) -> Option<String> {
    const GENERATED: &str = "return value.uniffiCloneHandle()";
    const WANTED: &str = "return value.callWithHandle { it }";
    sources.contains(GENERATED).then(|| sources.replace(GENERATED, WANTED))
}

/// An exception says what to do and an outcome prints its name; `PortError` is an exception here.
fn told(sources: &str) -> String {
    let lines = sources.lines().map(|line| {
        let what = line.trim_start();
        if line.starts_with("            get() = \"") {
            return "            get() = told()".to_owned();
        }
        if line.starts_with("    object ") && what.ends_with("()") {
            return format!("    data {what}");
        }
        line.replace("`PortError.", "`PortException.")
    });
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// Half a character is refused by the error that everything else is refused by.
fn whole_characters(sources: &str) -> Option<String> {
    const GENERATED: &str =
        "        // Make sure we don't have invalid UTF-16, check for lone surrogates.\n";
    const WANTED: &str = "        refuseHalves(value)\n";
    sources.contains(GENERATED).then(|| sources.replace(GENERATED, WANTED))
}

/// The version of the jar and the AAR, and of what the sample takes, is that of all packages.
fn versions(project: &Project) -> Result<Tally, String> {
    let version = mobile::version(project)?;
    let pom =
        |artifact| format!("<artifactId>{artifact}</artifactId>\n  <version>{version}</version>");
    let gradle = format!("\nversion = \"{version}\"\n");
    let sample = |file| format!("examples/authenticator-compose/{file}");
    for (file, expected) in [
        (format!("{HOME}/pom.xml"), pom("keyfob")),
        (format!("{HOME}/build.gradle.kts"), gradle.clone()),
        (format!("{}/pom.xml", aar::HOME), pom("keyfob-android")),
        (format!("{}/published.pom", aar::HOME), pom("keyfob-android")),
        (format!("{}/build.gradle.kts", aar::HOME), gradle),
        ("bindings-mobile/README.md".into(), format!("dist/kotlin/keyfob-{version}.jar ")),
        ("bindings-mobile/README.md".into(), format!("<version>{version}</version>")),
        ("bindings-mobile/README.md".into(), format!("io.github.keyfob:keyfob:{version}\"")),
        (sample("pom.xml"), pom("authenticator")),
        (sample("pom.xml"), format!("/dist/kotlin/keyfob-{version}.jar<")),
        (sample("logic/pom.xml"), pom("authenticator").replace('\n', "\n  ")),
        (sample("desktop/pom.xml"), pom("authenticator").replace('\n', "\n  ")),
        (sample("desktop/pom.xml"), pom("logic").replace('\n', "\n    ")),
        (sample("android/build.gradle.kts"), format!("versionName = \"{version}\"")),
        (sample("android/build.gradle.kts"), format!(":keyfob-android:{version}@aar")),
    ] {
        if !files::read(&project.path(&file))?.contains(&expected) {
            return Err(format!("{file} is not of version {version}, which Cargo.toml has"));
        }
    }
    Ok(Tally::one())
}

/// Puts the engine where the jar takes it from, under the name that JNA looks for.
fn carry(project: &Project, engine: &Path) -> Result<(), String> {
    let place = project.target("kotlin/build/native/linux-x86-64/libkeyfob_mobile.so");
    mobile::strip(project, engine, &place)
}

/// Builds the jar and the AAR, and runs their tests.
fn packages(project: &Project) -> Result<Tally, String> {
    println!("   mvn verify");
    let log = project.target("xtask/kotlin-maven.log");
    let shown = |line: &str| !line.starts_with('[') && says(line, SHOWN);
    let finished = process::run(maven(project), &log, shown)?;
    let tally = maven::tests(&finished.output, HOME);
    let ran = maven::ran(&finished.output);
    let mut tally = judged(&finished, tally, !ran.is_empty() && !ran.contains(&0));
    tally.not_run.extend(left_out("Kotlin", &finished.output));
    Ok(tally)
}

fn maven(project: &Project) -> Command {
    let mut maven = maven::command(project, "bindings-mobile", "verify");
    for (name, folder) in [
        ("keyfob.build", project.target("kotlin/build")),
        ("keyfob.android.build", aar::folder(project)),
        ("keyfob.jniLibs", android::libraries(project)),
    ] {
        maven.arg(format!("-D{name}={}", folder.display()));
    }
    maven
}

/// The jar, its sources and what says what it needs, into `dist/kotlin` and nothing else.
fn publish(project: &Project) -> Result<(), String> {
    let folder = project.path("dist/kotlin");
    files::emptied(&folder)?;
    let version = mobile::version(project)?;
    for (name, from) in [
        (format!("keyfob-{version}.jar"), None),
        (format!("keyfob-{version}-sources.jar"), None),
        (format!("keyfob-{version}.pom"), Some(project.path(&format!("{HOME}/pom.xml")))),
    ] {
        let from = from.unwrap_or_else(|| project.target(&format!("kotlin/build/{name}")));
        files::copy(&from, &folder.join(&name))?;
        println!("   dist/kotlin/{name}");
    }
    if android::is_shipping() {
        aar::publish(project, &folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::without_override;

    #[test]
    fn no_property_takes_the_place_of_the_library_in_the_jar() {
        let generated = "fun find(): String {\n    val libOverride = property()\n    \
                         if (libOverride != null) {\n        return libOverride\n    }\n    return own()\n}\n";
        let kept = without_override(generated);
        assert_eq!(kept.as_deref(), Some("fun find(): String {\n    return own()\n}\n"));
        assert_eq!(without_override("fun find() = other()"), None);
    }
}
