//! That nothing of the libraries for phones is public and without a word about it.

use std::path::Path;

use crate::{files, project::Project, report::Tally};

/// What the generator adds for itself, in Swift: conversions, handles, and what protocols of the
/// language have described.
const OF_SWIFTS_GENERATOR: &[&str] = &[
    "FfiConverter",
    "uniffi",
    "Uniffi",
    "noHandle",
    "NoHandle",
    "public init() {}", // of its NoHandle
    "static func read(from buf",
    "static func write(",
    "static func lift(",
    "static func lower(",
    "unsafeFromHandle",
    "var description: String",
    "var errorDescription: String?",
    "func hash(into",
    "static func == (self",
];

/// As above, in Kotlin; and what has no documentation of its own.
const OF_KOTLINS_GENERATOR: &[&str] = &[
    "Uniffi",
    "uniffi",
    "Ffi",
    "RustBuffer",
    "ForeignBytes",
    "Internal",
    "interface Disposable",
    "interface Cleanable",
    "companion object",
];

/// Looks through every source of a language.
pub(crate) fn check(
    project: &Project,
    folders: &[&str],
    language: Language,
) -> Result<Tally, String> {
    let (mut described, mut bare) = (0, Vec::new());
    for folder in folders {
        for file in files::all(&project.path(folder))? {
            let source = files::read(&file)?;
            for (line, is_described) in public(&source, language) {
                described += usize::from(is_described);
                if !is_described {
                    bare.push(format!("{}:{line}", shown(project, &file)));
                }
            }
        }
    }
    if described == 0 {
        return Err(format!("nothing public is seen in {}", folders.join(", ")));
    }
    if !bare.is_empty() {
        return Err(format!("public, and nothing says what it is: {}", bare.join(", ")));
    }
    println!("   {described} public items, each described");
    Ok(Tally::one())
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Language {
    Kotlin,
    Swift,
}

/// The lines that declare what is public, from 1, and whether it is described.
fn public(source: &str, language: Language) -> Vec<(usize, bool)> {
    let lines: Vec<&str> = source.lines().collect();
    let is_public = |line: &str| match language {
        Language::Kotlin => is_public_kotlin(line),
        Language::Swift => is_public_swift(line),
    };
    let declared = lines.iter().enumerate().filter(|(_, line)| is_public(line));
    declared.map(|(index, _)| (index + 1, is_described(&lines, index))).collect()
}

/// Every type; of members those whose names are in backticks, as what is generated has them, and
/// those that say `public`, as what is written by hand does.
fn is_public_kotlin(line: &str) -> bool {
    let trimmed = line.trim_start().trim_start_matches("*/ ");
    if ["override ", "private ", "internal "].iter().any(|word| line.contains(word)) {
        return false;
    }
    if line.starts_with("    ") && !line.starts_with("     ") && is_constant(trimmed) {
        return true;
    }
    if OF_KOTLINS_GENERATOR.iter().any(|name| trimmed.contains(name)) {
        return false;
    }
    let words = ["public ", "open ", "sealed ", "enum ", "data ", "suspend ", "value ", "const "];
    let mut declared = trimmed;
    while let Some(rest) = words.iter().find_map(|word| declared.strip_prefix(word)) {
        declared = rest;
    }
    let is_marked = trimmed.starts_with("public ");
    let is_type = ["class ", "interface ", "object "].iter().any(|word| declared.starts_with(word));
    let is_member = ["fun ", "val ", "var "].iter().any(|word| declared.starts_with(word));
    let is_alias = declared.starts_with("typealias ");
    let is_named = declared.split(' ').nth(1).is_some_and(|name| name.starts_with('`'));
    is_type
        || is_member && is_named
        || is_marked && (is_member || is_alias || declared.starts_with("constructor("))
}

/// An entry of an enum.
fn is_constant(text: &str) -> bool {
    let name = text.strip_suffix([',', ';']).unwrap_or_default();
    name.starts_with(|it: char| it.is_ascii_uppercase())
        && name.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')
}

fn is_public_swift(line: &str) -> bool {
    let trimmed = line.trim_start();
    if OF_SWIFTS_GENERATOR.iter().any(|part| line.contains(part)) {
        return false;
    }
    let is_marked = ["public ", "open "].iter().any(|word| trimmed.starts_with(word));
    is_marked && !trimmed.starts_with("public extension")
}

/// Whether a comment of documentation ends above a line, or above what is attached to it.
fn is_described(lines: &[&str], index: usize) -> bool {
    if lines[index].trim_start().starts_with("*/") {
        return true;
    }
    let above = lines[..index].iter().rev().map(|line| line.trim());
    let mut above = above.skip_while(|line| line.is_empty() || line.starts_with(['@', '#']));
    above.next().is_some_and(|line| line.starts_with("///") || line.ends_with("*/"))
}

fn shown(project: &Project, file: &Path) -> String {
    file.strip_prefix(project.path("")).unwrap_or(file).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::{Language, public};

    fn bare(source: &str, language: Language) -> Vec<usize> {
        let found = public(source, language).into_iter();
        found.filter(|(_, is_described)| !is_described).map(|(line, _)| line).collect()
    }

    #[test]
    fn what_is_public_in_kotlin_and_not_described_is_found() {
        let source = "/** A. */\npublic class A {\n    public fun bare() {}\n    private fun own() {}\n}\n\
                      data class B (\n    val `bare`: Int,\n    /**\n     * C.\n     */\n    val `c`: Int)\n\
                      enum class E {\n    /**\n     * F.\n     */\n    FULL,\n    BARE;\n}\n\
                      public typealias Bare = A\n";
        assert_eq!(bare(source, Language::Kotlin), [3, 6, 7, 12, 17, 19]);
    }

    #[test]
    fn what_is_public_in_swift_and_not_described_is_found() {
        let source = "/// A.\n@available(macOS 15, *)\npublic struct A {\n    public let bare: Int\n\
                      \u{20}   let own: Int\n    public static func lower(_ value: A) {}\n}\n";
        assert_eq!(bare(source, Language::Swift), [4]);
    }
}
