//! How many files the system lets this process open: every connection is one, and so
//! are the database and its log.

/// More than this is never asked for: beyond it the memory of connections matters first.
const WANTED_FILES: u64 = 65_536;

/// The most connections at a time, however many files there may be.
const MAXIMUM_CONNECTIONS: u64 = 16_384;

/// Raises the limit as far as the system allows, and returns how many connections may
/// be open at a time.
pub fn connections() -> usize {
    connections_of(raised_limit())
}

/// A quarter stays for the database and its log, for relays and for pages' readers:
/// no number of clients may keep the service from its own files.
fn connections_of(files: u64) -> usize {
    let connections = (files / 4 * 3).clamp(1, MAXIMUM_CONNECTIONS);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(unix)]
fn raised_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current.unwrap_or(WANTED_FILES); // none means no limit
    let wanted = maximum.unwrap_or(WANTED_FILES).min(WANTED_FILES);
    if wanted <= current {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, "the limit on open files cannot be raised");
            current
        }
    }
}

#[cfg(not(unix))]
fn raised_limit() -> u64 {
    WANTED_FILES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_service_s_own_files() {
        assert_eq!(connections_of(256), 192);
        assert_eq!(connections_of(1_024), 768);
        assert_eq!(connections_of(1_048_576), 16_384);
        assert_eq!(connections_of(1), 1);
    }
}
