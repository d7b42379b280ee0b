//! Users whose secrets follow from their numbers, and their codes.

use std::{
    fs::File,
    io::{BufWriter, Write},
    ops::Range,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use keyfob::{Algorithm, Digits, Period, Secret, Totp};

use crate::{Result, wrk::THREADS};

/// Writes users as `keyfob user import` reads them: a JSON object a line.
pub(crate) fn write(path: &Path, users: u32) -> Result<()> {
    let failed = |error| format!("{}: {error}", path.display());
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    for user in 0..users {
        let secret = secret(user).expose_base32();
        writeln!(file, r#"{{"user_id":"u{user:07}","secret":"{}"}}"#, *secret).map_err(failed)?;
    }
    file.flush().map_err(failed)
}

/// Codes to be sent, each once. Each thread of wrk has users of its own, whose codes it
/// sends in this order: a later step burns the earlier ones.
pub(crate) struct Codes {
    folder: PathBuf,
    /// Lines like `u0000001 123456\n`.
    of_threads: [Vec<u8>; THREADS],
    count: u64,
}

impl Codes {
    /// None yet; files go into this folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), of_threads: Default::default(), count: 0 }
    }

    /// Adds the codes of these users in this step of time.
    pub(crate) fn add(mut self, users: Range<u32>, step: u64) -> Self {
        for user in users {
            let totp = Totp::new(&secret(user), Algorithm::Sha1, Digits::SIX, Period::THIRTY);
            let line = format!("u{user:07} {}\n", totp.at_step(step).as_str());
            self.of_threads[user as usize % THREADS].extend(line.bytes());
            self.count += 1;
        }
        self
    }

    /// Writes a file for each thread of wrk. Returns how many codes there are.
    pub(crate) fn write(self) -> Result<u64> {
        for (lines, number) in self.of_threads.iter().zip(1..) {
            let path = self.folder.join(format!("{number}.codes"));
            std::fs::write(&path, lines).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(self.count)
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

pub(crate) fn step(now: u64) -> u64 {
    now / Period::THIRTY.seconds()
}

/// 160 bits that differ between users; no secret at all, since this is a benchmark.
fn secret(user: u32) -> Secret {
    let words = [0x6b65_7966, user, !user, user.rotate_left(16), user.wrapping_mul(0x9e37_79b9)];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    Secret::from_bytes(bytes).expect("20 bytes are a secret")
}
