//! Adding and removing sealing keys. Others may read the file meanwhile: they find the old
//! one or the new one, and after a crash there is one of the two.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{Keys, Line, MasterKeyError, key_line, refuse_exposed};

/// Adds a fresh sealing key as the newest and returns its number, which is above those in the
/// file and those of `used`. It is on the disk when this returns.
///
/// # Errors
/// [`MasterKeyError`]; the file is then as it was.
pub fn add_sealing_key(path: &Path, used: &[u32]) -> Result<u32, MasterKeyError> {
    edit(path, |text, keys| {
        let known = keys.sealing.iter().map(|(id, _)| id).chain(used);
        let id = known.max().map_or(1, |most| most + 1);
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let line = key_line(&format!("seal {id}"))?;
        Ok((Zeroizing::new([text, end, line.as_str()].concat()), id))
    })
}

/// Removes a sealing key for good. What is sealed under it can then never be read again.
///
/// # Errors
/// [`MasterKeyError::NoSuchKey`], and [`MasterKeyError::InUse`] for the newest. The file is
/// then as it was.
pub fn remove_sealing_key(path: &Path, id: u32) -> Result<(), MasterKeyError> {
    edit(path, |text, keys| {
        match keys.sealing.iter().rposition(|(known, _)| *known == id) {
            None => return Err(MasterKeyError::NoSuchKey(id)),
            Some(last) if last + 1 == keys.sealing.len() => return Err(MasterKeyError::InUse(id)),
            Some(_) => {}
        }
        let is_kept =
            |line: &&str| !matches!(Line::parse(line), Some(Line::Seal(at, _)) if at == id);
        let mut kept = Zeroizing::new(String::with_capacity(text.len() + 1));
        for line in text.lines().filter(is_kept) {
            kept.push_str(line);
            kept.push('\n');
        }
        Ok((kept, ()))
    })
}

/// Puts a changed file in the place of the present one. One at a time: of two that write at
/// once, one would undo what the other did.
fn edit<T>(
    path: &Path,
    change: impl FnOnce(&str, &Keys) -> Result<(Zeroizing<String>, T), MasterKeyError>,
) -> Result<T, MasterKeyError> {
    let path = fs::canonicalize(path)?; // a link stays one
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let lock = File::options().write(true).create(true).truncate(false).open(lock_path(&path))?;
    lock.lock()?;
    refuse_exposed(&path)?;
    let text = Zeroizing::new(fs::read_to_string(&path)?);
    let (text, answer) = change(&text, &Keys::parse(&text)?)?;
    let mut file = NamedTempFile::with_prefix_in("master.key.", folder)?; // 0600
    give_to_owner_of(&path, file.as_file())?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    sync_folder(&path)?;
    Ok(answer)
}

/// Makes the file's name durable.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// The lock is not the file itself, which is replaced.
fn lock_path(path: &Path) -> std::path::PathBuf {
    path.with_extension("key.lock")
}

/// Root may run this on the folder of the service's user, who must be able to read the file
/// afterwards.
#[cfg(unix)]
fn give_to_owner_of(path: &Path, file: &File) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let (old, new) = (fs::metadata(path)?, file.metadata()?);
    if (old.uid(), old.gid()) == (new.uid(), new.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid())).map_err(MasterKeyError::Owner)
}

#[cfg(not(unix))]
fn give_to_owner_of(_: &Path, _: &File) -> Result<(), MasterKeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{create, read, sealing_keys};
    use super::*;

    #[test]
    fn keys_are_added_above_all_that_were_ever_used_and_no_line_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path).unwrap();
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(add_sealing_key(&path, &[]).unwrap(), 2);
        assert_eq!(add_sealing_key(&path, &[7, 3]).unwrap(), 8);
        assert_eq!(sealing_keys(&path).unwrap(), [1, 2, 8]);
        assert!(fs::read_to_string(&path).unwrap().starts_with(&first));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        remove_sealing_key(&path, 2).unwrap();
        assert_eq!(sealing_keys(&path).unwrap(), [1, 8]);
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 2, "the file and its lock, and nothing with keys beside it");
    }

    #[test]
    fn the_key_that_seals_and_one_that_is_not_there_cannot_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path).unwrap();
        add_sealing_key(&path, &[]).unwrap();
        let before = fs::read_to_string(&path).unwrap();
        let code = |id| remove_sealing_key(&path, id).unwrap_err().code();
        assert_eq!((code(2), code(3)), ("sealing-key-in-use", "sealing-key-not-found"));
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
    }

    #[test]
    fn several_that_add_at_once_each_add_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| add_sealing_key(&path, &[]).unwrap());
            }
        });
        assert_eq!(sealing_keys(&path).unwrap(), (1..=9).collect::<Vec<_>>());
    }

    #[test]
    fn a_ring_that_is_in_use_learns_what_is_added_and_takes_no_other_root() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        create(&path).unwrap();
        let (ring, other) = (read(&path).unwrap(), read(&path).unwrap());
        add_sealing_key(&path, &[]).unwrap();
        assert_eq!(ring.newest(), 1);
        ring.refresh();
        assert_eq!(ring.newest(), 2);
        let sealed = ring.seal(b"", b"x", &mut crate::entropy::SystemEntropy).unwrap();
        assert!(other.open(b"", &sealed).is_some(), "without being told");

        let stranger = folder.path().join("stranger");
        create(&stranger).unwrap();
        add_sealing_key(&stranger, &[8]).unwrap();
        fs::rename(&stranger, &path).unwrap();
        ring.refresh();
        assert_eq!(ring.newest(), 2);
        fs::write(&path, "half a fi").unwrap();
        ring.refresh();
        assert_eq!(ring.newest(), 2, "and goes on when the file is broken");
    }
}
