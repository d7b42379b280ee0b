//! Sealing every record under the newest key, while the service goes on.
//!
//! Each record says by itself which key it is under, so there is no progress to be lost: who
//! begins again after a kill passes over what is done. A record keeps its version, since its
//! state is the same: nobody who is judging it at that moment is disturbed, and one that has
//! changed meanwhile is left alone, for its new state is under the newest key anyway.
//!
//! One process does it at a time, whoever holds the lock: `keyfob key rotate`, or else the
//! service, which also finishes what was cut short.

mod page;

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    time::{Duration, Instant},
};

use keyfob::service::{KeyRing, PortError};

use self::page::Place;
use crate::{
    app::App,
    audit::AuditEvent,
    clock::{Clock as _, SystemClock},
    data_folder,
    storage::{Sqlite, sqlite::AuditEntry},
};

/// The name of the file that is locked.
const LOCK: &str = "reseal.lock";

/// Whether nothing is known to be under an older key: the last rotation came to its end.
///
/// # Errors
/// [`PortError::Unavailable`].
pub fn is_complete(store: &Sqlite, keys: &KeyRing) -> Result<bool, PortError> {
    Ok(data_folder::check_key(store)? == Some(keys.newest()))
}

/// The sealing of every record under the newest key. Drop it to leave it to others.
#[derive(Debug)]
pub struct Resealing {
    _lock: File,
    target: u32,
    place: Place,
    in_this_pass: u64,
    unreadable: u64,
    progress: Progress,
}

/// How far it came, with the records and with the messages, calls, events and settings of
/// webhooks beside them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many were looked at, all passes together.
    pub examined: u64,
    /// How many are under the newest key now and were not.
    pub resealed: u64,
    /// How many could not be opened, in the last pass. They stay as they are.
    pub unreadable: u64,
}

/// What is to be done after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// Wait for this long, so that others have their turn, and take the next one.
    Next(Duration),
    /// Everything is under the newest key that can be.
    Done,
}

impl Resealing {
    /// Begins, or goes on. `None` if another process is at it.
    ///
    /// # Errors
    /// What the file system says about the lock in the data folder.
    pub fn begin(folder: &Path, keys: &KeyRing) -> io::Result<Option<Self>> {
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(Some(Self {
            _lock: lock,
            target: keys.newest(),
            place: Place::START,
            in_this_pass: 0,
            unreadable: 0,
            progress: Progress::default(),
        }))
    }

    /// Seals a few hundred rows. Blocks for milliseconds, for up to a second if the disk is
    /// slow.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; take the step again.
    pub fn step(&mut self, store: &Sqlite, keys: &KeyRing) -> Result<Step, PortError> {
        let began = Instant::now();
        if keys.newest() != self.target {
            self.begin_pass(keys);
        }
        let page = page::reseal(store, keys, &self.place)?;
        self.in_this_pass += page.opened;
        self.unreadable += page.unreadable;
        self.progress.examined += page.examined;
        self.progress.resealed += page.replaced;
        let Some(next) = page.next else { return self.end_pass(store, keys) };
        self.place = next;
        Ok(Step::Next(began.elapsed()))
    }

    /// How far it came.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    fn begin_pass(&mut self, keys: &KeyRing) {
        self.target = keys.newest();
        (self.place, self.in_this_pass, self.unreadable) = (Place::START, 0, 0);
    }

    /// A process that did not know of the key yet may have written behind this pass, so the
    /// last one is a pass that found nothing.
    fn end_pass(&mut self, store: &Sqlite, keys: &KeyRing) -> Result<Step, PortError> {
        self.progress.unreadable = self.unreadable;
        if self.in_this_pass > 0 {
            self.begin_pass(keys);
            return Ok(Step::Next(Duration::ZERO));
        }
        if !is_complete(store, keys)? {
            let now = SystemClock::default().now();
            let entry = AuditEntry::new(now, AuditEvent::RecordsResealed);
            store.audit_blocking(entry.detail(format!("seal={}", self.target)))?;
            data_folder::seal_check(store, keys)?;
        }
        self.begin_pass(keys);
        Ok(Step::Done)
    }
}

/// In a running service: learns of new sealing keys within a second, and finishes what nobody
/// else is at, until `stop`.
pub(crate) async fn keep_sealed(app: App, stop: impl Future<Output = ()>) {
    const LOOK: Duration = Duration::from_secs(1);
    let mut stop = std::pin::pin!(stop);
    let mut resealing = None;
    loop {
        let wait = tokio::task::spawn_blocking({
            let (app, taken) = (app.clone(), resealing.take());
            move || {
                app.engine.keys().refresh();
                turn(&app.store, app.engine.keys(), taken)
            }
        });
        let wait = match wait.await {
            Ok((Some(wait), rest)) => {
                resealing = rest;
                wait
            }
            _ => LOOK,
        };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// One step, if there is one to take: how long to wait for the next one, and what it is part of.
fn turn(
    store: &Sqlite,
    keys: &KeyRing,
    resealing: Option<Resealing>,
) -> (Option<Duration>, Option<Resealing>) {
    let mut resealing = match resealing {
        Some(resealing) => resealing,
        None if is_complete(store, keys).unwrap_or(true) => return (None, None),
        None => match Resealing::begin(store.folder(), keys) {
            Ok(Some(resealing)) => {
                tracing::info!(key = keys.newest(), "sealing all records under a new key");
                resealing
            }
            Ok(None) => return (None, None),
            Err(error) => {
                tracing::error!(%error, "cannot seal the records under the new key");
                return (None, None);
            }
        },
    };
    match resealing.step(store, keys) {
        Ok(Step::Next(wait)) => (Some(wait), Some(resealing)),
        Ok(Step::Done) => {
            let Progress { resealed, unreadable, .. } = resealing.progress();
            tracing::info!(
                key = keys.newest(),
                resealed,
                unreadable,
                "all records are under the newest key"
            );
            (None, None)
        }
        Err(_) => (Some(Duration::from_secs(1)), Some(resealing)), // the store has logged why
    }
}
