//! The master key file: what turns the database's bytes into secrets. Whoever has
//! both has everything, so it is readable by the service alone and belongs into no
//! backup that also holds the database.

mod edit;
#[cfg(feature = "component")]
mod exposed;
mod watch;

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
use subtle::ConstantTimeEq as _;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::entropy::SystemEntropy;

pub use edit::{add_sealing_key, remove_sealing_key};
#[cfg(feature = "component")]
pub use exposed::{ExposedKeys, KeyFile};

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
    /// There is no sealing key of this number in the file.
    NoSuchKey(u32),
    /// The key that seals cannot be removed.
    InUse(u32),
    /// The file cannot be given to the user that owns it now.
    Owner(io::Error),
}

impl MasterKeyError {
    /// The stable kebab-case name of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchKey(_) => "sealing-key-not-found",
            Self::InUse(_) => "sealing-key-in-use",
            _ => "master-key-unusable",
        }
    }
}

impl std::fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot use the master key file: {error}"),
            Self::Exposed => f.write_str("others may read the master key file; run `chmod 600` on it, and treat its keys as known if they did"),
            Self::Malformed { line } => write!(f, "line {line} of the master key file cannot be used: a line is `root` or `seal N` and 64 hexadecimal digits; mend it, or restore the file from a copy"),
            Self::Entropy => f.write_str("the system's random number generator failed, so no key was made"),
            Self::NoSuchKey(id) => write!(f, "there is no line `seal {id}`; `keyfob key sealing` shows the keys there are"),
            Self::InUse(id) => write!(f, "sealing key {id} is the one that seals; make a newer one with `keyfob key rotate` first"),
            Self::Owner(error) => write!(f, "the new file cannot be given to the owner of the old one: {error}; run this as that user, or with sudo"),
        }
    }
}

impl std::error::Error for MasterKeyError {}

impl From<io::Error> for MasterKeyError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads the keys of an existing service. The ring learns by itself of sealing keys that are
/// added to the file.
pub fn read(path: &Path) -> Result<KeyRing, MasterKeyError> {
    let watch = watch::Watch::new(path);
    let keys = watch.first()?;
    Ok(keys.ring().with_source(watch))
}

/// The numbers of the sealing keys in the file, from oldest to newest.
pub fn sealing_keys(path: &Path) -> Result<Vec<u32>, MasterKeyError> {
    Ok(Keys::read(path)?.sealing.iter().map(|(id, _)| *id).collect())
}

/// Makes the keys of a new service. Never overwrites a file, and a file that is there
/// is whole: it is written under another name and on the disk before it has its own.
pub fn create(path: &Path) -> Result<KeyRing, MasterKeyError> {
    let mut text = Zeroizing::new(String::with_capacity(512));
    text.push_str(HEADER);
    for label in ["root", "seal 1"] {
        text.push_str(&key_line(label)?);
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = NamedTempFile::with_prefix_in("master.key.", folder)?; // 0600
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?; // the name, too
    read(path)
}

const HEADER: &str = "\
# keyfob master keys. With this file and the database, every secret can be read;
# without it, none. Keep a copy apart from the database's backups.
";

/// What the file holds.
struct Keys {
    root: MasterKey,
    /// From oldest to newest; never empty.
    sealing: Vec<(u32, MasterKey)>,
}

impl Keys {
    fn read(path: &Path) -> Result<Self, MasterKeyError> {
        refuse_exposed(path)?;
        let text = Zeroizing::new(fs::read_to_string(path)?);
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let (mut root, mut sealing) = (None, Vec::new());
        for (index, line) in text.lines().enumerate() {
            let malformed = MasterKeyError::Malformed { line: index + 1 };
            match Line::parse(line).ok_or(malformed)? {
                Line::Other => {}
                Line::Root(key) if root.is_none() => root = Some(key),
                Line::Seal(id, key) if root.is_some() && !is_known(&sealing, id) => {
                    sealing.push((id, key));
                }
                _ => return Err(MasterKeyError::Malformed { line: index + 1 }),
            }
        }
        match root {
            Some(root) if !sealing.is_empty() => Ok(Self { root, sealing }),
            _ => Err(MasterKeyError::Malformed { line: text.lines().count() + 1 }),
        }
    }

    fn ring(&self) -> KeyRing {
        let sealing = self.sealing.iter().map(|(id, key)| (*id, key));
        let ring = KeyRing::from_keys(&self.root, sealing);
        ring.expect("a file without a sealing key, or with one number twice, is refused")
    }

    fn is_of(&self, root: &MasterKey) -> bool {
        self.root.expose_bytes().ct_eq(root.expose_bytes()).into()
    }
}

fn is_known(sealing: &[(u32, MasterKey)], id: u32) -> bool {
    sealing.iter().any(|(known, _)| *known == id)
}

enum Line {
    Root(MasterKey),
    Seal(u32, MasterKey),
    /// Empty, or a comment.
    Other,
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => Some(Self::Other),
            (Some(word), ..) if word.starts_with('#') => Some(Self::Other),
            (Some("root"), Some(key), None, None) => unhex(key).map(Self::Root),
            (Some("seal"), Some(id), Some(key), None) => {
                Some(Self::Seal(id.parse().ok()?, unhex(key)?))
            }
            _ => None,
        }
    }
}

/// A line with a fresh key.
fn key_line(label: &str) -> Result<Zeroizing<String>, MasterKeyError> {
    let mut random = Zeroizing::new([0u8; 32]);
    SystemEntropy.fill(&mut *random).map_err(|_| MasterKeyError::Entropy)?;
    let mut line = Zeroizing::new(String::with_capacity(96));
    let _ = writeln!(line, "{label} {}", *hex(&random)); // writing to a String cannot fail
    Ok(line)
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
        let line = |text: &str| match Keys::parse(text).map(drop) {
            Err(MasterKeyError::Malformed { line }) => line,
            other => panic!("{other:?}"),
        };
        assert!(Keys::parse(&format!("# x\nroot {KEY}\n\nseal 1 {KEY}\nseal 2 {KEY}\n")).is_ok());
        assert_eq!(line(""), 1);
        assert_eq!(line(&format!("root {KEY}")), 2);
        assert_eq!(line(&format!("seal 1 {KEY}")), 1);
        assert_eq!(line(&format!("root {KEY}\nroot {KEY}")), 2);
        assert_eq!(line(&format!("root {}", &KEY[1..])), 1);
        assert_eq!(line(&format!("root +{}", &KEY[1..])), 1);
        assert_eq!(line(&format!("root {KEY}\nseal one {KEY}")), 2);
        assert_eq!(line(&format!("root {KEY}\nseal 1 {KEY}\nseal 1 {KEY}")), 3);
    }
}
