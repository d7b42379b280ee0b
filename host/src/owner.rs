//! Whose a file or folder is: keys and records that somebody else has put in place, or
//! could replace, are not taken.

use std::{fmt, io, path::Path};

/// Why a file or folder is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untrusted {
    /// It belongs to another user of this machine.
    Owner {
        /// The user that it belongs to.
        owner: u32,
        /// The user that this process is.
        us: u32,
    },
    /// Its group or everybody may put files into it.
    Writable,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner { owner, us } => write!(
                f,
                "it belongs to user {owner}, who could have put it there for you to use; if it is yours, run `chown {us}` on it, or start keyfob as user {owner}"
            ),
            Self::Writable => f.write_str(
                "others may put files into this folder; run `chmod go-w` on it, and make sure that what is in it is yours",
            ),
        }
    }
}

/// Who owns a file and what may be done to it, as the system says.
#[derive(Debug, Clone, Copy)]
struct Standing {
    owner: u32,
    mode: u32,
}

impl Standing {
    /// Only root and we ourselves are trusted: root has everything anyway.
    fn refuse_owner(self, us: u32) -> Result<(), Untrusted> {
        match self.owner {
            0 => Ok(()),
            owner if owner == us => Ok(()),
            owner => Err(Untrusted::Owner { owner, us }),
        }
    }

    /// A sticky folder such as `/tmp` is refused, too: files can be put there before ours.
    fn refuse_writable(self) -> Result<(), Untrusted> {
        if self.mode & 0o022 == 0 { Ok(()) } else { Err(Untrusted::Writable) }
    }
}

/// Refuses a file of another user.
pub(crate) fn refuse_file(path: &Path) -> io::Result<Result<(), Untrusted>> {
    Ok(standing(path)?.refuse_owner(us()))
}

/// Refuses a folder of another user, and one that others may write to.
pub(crate) fn refuse_folder(path: &Path) -> io::Result<Result<(), Untrusted>> {
    let standing = standing(path)?;
    Ok(standing.refuse_owner(us()).and_then(|()| standing.refuse_writable()))
}

#[cfg(unix)]
fn standing(path: &Path) -> io::Result<Standing> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path)?;
    Ok(Standing { owner: found.uid(), mode: found.mode() })
}

#[cfg(unix)]
fn us() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn standing(_: &Path) -> io::Result<Standing> {
    Ok(Standing { owner: 0, mode: 0 }) // not asked there
}

#[cfg(not(unix))]
fn us() -> u32 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_or_root_s_is_taken() {
        let of = |owner| Standing { owner, mode: 0o700 };
        assert_eq!(of(1000).refuse_owner(1000), Ok(()));
        assert_eq!(of(0).refuse_owner(1000), Ok(()));
        let stranger = Err(Untrusted::Owner { owner: 1001, us: 1000 });
        assert_eq!(of(1001).refuse_owner(1000), stranger);
        let planted = Err(Untrusted::Owner { owner: 1001, us: 0 });
        assert_eq!(of(1001).refuse_owner(0), planted, "root above all");
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused_sticky_or_not() {
        let of = |mode| Standing { owner: 0, mode }.refuse_writable();
        for mode in [0o700, 0o750, 0o755, 0o40_700] {
            assert_eq!(of(mode), Ok(()), "{mode:o}");
        }
        for mode in [0o770, 0o702, 0o777, 0o1777] {
            assert_eq!(of(mode), Err(Untrusted::Writable), "{mode:o}");
        }
    }
}
