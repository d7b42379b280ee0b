//! The pieces of code in a README, as tests of the language that they are written in: they compile,
//! and run.

use std::path::Path;

use crate::files;

/// A class of tests over the names that `ReadmeNames` has for a reader's own.
pub(crate) fn kotlin(readme: &Path) -> Result<String, String> {
    let tests = pieces(readme, "kotlin")?.into_iter().enumerate().map(|(index, piece)| {
        format!(
            "    @Test\n    fun `piece {}`() {{\n        read {{\n{piece}        }}\n    }}\n",
            index + 1
        )
    });
    Ok(format!(
        "package io.github.keyfob\n\nimport java.time.Instant\nimport kotlin.test.Test\n\n\
         class ReadmePiecesTest : ReadmeNames() {{\n{}}}\n",
        tests.collect::<Vec<_>>().join("\n")
    ))
}

/// As [`kotlin`]. What is for `SwiftUI` is compiled where there is one.
pub(crate) fn swift(readme: &Path) -> Result<String, String> {
    let tests = pieces(readme, "swift")?.into_iter().enumerate().map(|(index, piece)| {
        let piece = if piece.contains("SwiftUI") {
            format!("#if canImport(SwiftUI)\n{piece}#endif\n")
        } else {
            piece
        };
        let number = index + 1;
        format!("    @Test(\"piece {number} of the README\") func piece{number}() async throws {{\n{piece}    }}\n")
    });
    Ok(format!(
        "import Foundation\nimport Testing\n\nimport Keyfob\n\n\
         #if canImport(SwiftUI)\nimport SwiftUI\n#endif\n\nextension ReadmeTests {{\n{}}}\n",
        tests.collect::<Vec<_>>().join("\n")
    ))
}

fn pieces(readme: &Path, language: &str) -> Result<Vec<String>, String> {
    let found = fenced(&files::read(readme)?, language);
    if found.is_empty() {
        return Err(format!("{} has no pieces of {language}", readme.display()));
    }
    Ok(found)
}

/// What stands between the fences of a language.
fn fenced(text: &str, language: &str) -> Vec<String> {
    let (mut found, mut piece) = (Vec::new(), None::<String>);
    for line in text.lines() {
        match &mut piece {
            None if line.strip_prefix("```") == Some(language) => piece = Some(String::new()),
            None => {}
            Some(_) if line == "```" => found.extend(piece.take()),
            Some(piece) => {
                piece.push_str(line);
                piece.push('\n');
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::fenced;

    #[test]
    fn the_pieces_of_one_language_are_taken_whole() {
        let readme = "# A\n```kotlin\nval a = 1\n\nval b = 2\n```\ntext\n```sh\nls\n```\n```kotlin\nc()\n```\n";
        assert_eq!(fenced(readme, "kotlin"), ["val a = 1\n\nval b = 2\n", "c()\n"]);
        assert_eq!(fenced(readme, "swift"), [""; 0]);
    }
}
