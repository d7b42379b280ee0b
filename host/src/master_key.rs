//! The master key file: what turns the database's bytes into secrets. Whoever has
//! both has everything, so it is readable by the service alone and belongs into no
//! backup that also holds the database.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use keyfob::{
    Entropy as _,
    service::{KeyRing, MasterKey},
};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::entropy::SystemEntropy;

/// Why the keys could not be had.
#[derive(Debug)]
pub enum MasterKeyError {
    /// The file could not be read or written.
    Io(io::Error),
    /// Others than the owner may read the file.
    Exposed,
    /// The file is not a master key file; the line says where.
    Malformed {
        /// Counted from 1.
        line: usize,
    },
    /// The system's generator failed.
    Entropy,
}

impl std::fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot use the master key file: {error}"),
            Self::Exposed => f.write_str("others may read the master key file; run `chmod 600` on it, and treat its keys as known if they did"),
            Self::Malformed { line } => write!(f, "line {line} of the master key file cannot be used: a line is `root` or `seal N` and 64 hexadecimal digits; mend it, or restore the file from a copy"),
            Self::Entropy => f.write_str("the system's random number generator failed, so no key was made"),
        }
    }
}

impl std::error::Error for MasterKeyError {}

impl From<io::Error> for MasterKeyError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads the keys of an existing service.
pub fn read(path: &Path) -> Result<KeyRing, MasterKeyError> {
    refuse_exposed(path)?;
    let text = Zeroizing::new(fs::read_to_string(path)?);
    parse(&text)
}

/// Makes the keys of a new service. Never overwrites a file, and a file that is there
/// is whole: it is written under another name and on the disk before it has its own.
pub fn create(path: &Path) -> Result<KeyRing, MasterKeyError> {
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str(HEADER);
    for label in ["root", "seal 1"] {
        let mut random = Zeroizing::new([0u8; 32]);
        SystemEntropy.fill(&mut *random).map_err(|_| MasterKeyError::Entropy)?;
        let _ = writeln!(text, "{label} {}", *hex(&random)); // writing to a String cannot fail
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = NamedTempFile::with_prefix_in("master.key.", folder)?; // 0600
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?; // the name, too
    parse(&text)
}

const HEADER: &str = "\
# keyfob master keys. With this file and the database, every secret can be read;
# without it, none. Keep a copy apart from the database's backups.
";

fn parse(text: &str) -> Result<KeyRing, MasterKeyError> {
    let (mut root, mut ring) = (None, None::<KeyRing>);
    for (index, line) in text.lines().enumerate() {
        let malformed = MasterKeyError::Malformed { line: index + 1 };
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some(word), ..) if word.starts_with('#') => {}
            (Some("root"), Some(key), None, None) if root.is_none() => {
                root = Some(unhex(key).ok_or(malformed)?);
            }
            (Some("seal"), Some(id), Some(key), None) => {
                let id = id.parse().ok();
                let (Some(root), Some(id), Some(key)) = (&root, id, unhex(key)) else {
                    return Err(malformed);
                };
                ring = Some(match ring {
                    None => KeyRing::new(root, id, &key),
                    Some(ring) => ring.with_key(id, &key),
                });
            }
            _ => return Err(malformed),
        }
    }
    ring.ok_or(MasterKeyError::Malformed { line: text.lines().count() + 1 })
}

fn hex(bytes: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    text
}

fn unhex(text: &str) -> Option<MasterKey> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(MasterKey::new(*bytes))
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        return Err(MasterKeyError::Exposed);
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path) -> Result<(), MasterKeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn what_is_not_a_key_file_is_refused_with_its_line() {
        let line = |text: &str| match parse(text) {
            Err(MasterKeyError::Malformed { line }) => line,
            other => panic!("{other:?}"),
        };
        assert!(parse(&format!("# x\nroot {KEY}\n\nseal 1 {KEY}\nseal 2 {KEY}\n")).is_ok());
        assert_eq!(line(""), 1);
        assert_eq!(line(&format!("root {KEY}")), 2);
        assert_eq!(line(&format!("seal 1 {KEY}")), 1);
        assert_eq!(line(&format!("root {KEY}\nroot {KEY}")), 2);
        assert_eq!(line(&format!("root {}", &KEY[1..])), 1);
        assert_eq!(line(&format!("root +{}", &KEY[1..])), 1);
        assert_eq!(line(&format!("root {KEY}\nseal one {KEY}")), 2);
    }
}
