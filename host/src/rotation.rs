//! Sealing every record under the newest key, while the service goes on.
//!
//! Each record says by itself which key it is under, so there is no progress to be lost: who
//! begins again after a kill passes over what is done. A record keeps its version, since its
//! state is the same: nobody who is judging it at that moment is disturbed, and one that has
//! changed meanwhile is left alone, for its new state is under the newest key anyway.
//!
//! One process does it at a time, whoever holds the lock: `keyfob key rotate`, or else the
//! service, which also finishes what was cut short.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    time::{Duration, Instant},
};

use keyfob::service::{AccountId, KeyRing, PortError, ServiceError};

use crate::{
    app::App,
    audit::AuditEvent,
    clock::{Clock as _, SystemClock},
    data_folder, delivery,
    entropy::SystemEntropy,
    storage::{
        Sqlite,
        sqlite::{AuditEntry, Beside, PlacedRecord},
    },
    webhooks,
};

/// Records that are sealed anew in one transaction: a few milliseconds of the writer.
const BATCH: usize = 256;

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
    after: i64,
    in_this_pass: u64,
    unreadable: u64,
    progress: Progress,
}

/// How far it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records looked at, all passes together.
    pub examined: u64,
    /// Records that are under the newest key now and were not.
    pub resealed: u64,
    /// Records that could not be opened, in the last pass. They stay as they are.
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
            after: i64::MIN,
            in_this_pass: 0,
            unreadable: 0,
            progress: Progress::default(),
        }))
    }

    /// Seals a few hundred records. Blocks for milliseconds, for up to a second if the disk is
    /// slow.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; take the step again.
    pub fn step(&mut self, store: &Sqlite, keys: &KeyRing) -> Result<Step, PortError> {
        let began = Instant::now();
        if keys.newest() != self.target {
            self.begin_pass(keys);
        }
        let page = store.records_after(self.after, BATCH)?;
        let Some(last) = page.last().map(|record| record.place) else {
            return self.end_pass(store, keys);
        };
        let examined = page.len();
        let (resealed, unreadable) = reseal(page, keys)?;
        if !resealed.is_empty() {
            let replaced = store.replace_bodies(resealed)? as u64;
            self.in_this_pass += replaced;
            self.progress.resealed += replaced;
        }
        self.unreadable += unreadable;
        self.progress.examined += examined as u64;
        self.after = last;
        Ok(Step::Next(began.elapsed()))
    }

    /// How far it came.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    fn begin_pass(&mut self, keys: &KeyRing) {
        self.target = keys.newest();
        (self.after, self.in_this_pass, self.unreadable) = (i64::MIN, 0, 0);
    }

    /// A process that did not know of the key yet may have written behind this pass, so the
    /// last one is a pass that found nothing.
    fn end_pass(&mut self, store: &Sqlite, keys: &KeyRing) -> Result<Step, PortError> {
        self.in_this_pass += reseal_beside(store, keys)?;
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
                app.service.keys().refresh();
                turn(&app.store, app.service.keys(), taken)
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

/// Seals what stands beside the records, all of it that opens. Returns how much.
fn reseal_beside(store: &Sqlite, keys: &KeyRing) -> Result<u64, PortError> {
    let mut resealed = 0;
    loop {
        let mut rows = Vec::new();
        for row in store.beside_under_others(keys.newest())? {
            let context = match row.table {
                Beside::Outbox => delivery::outbox_context(&row.account, &row.otp_id),
                Beside::Events => webhooks::event_context(&row.account),
                Beside::Webhooks => webhooks::endpoint_context(AccountId(row.account)),
                Beside::Calls => delivery::call_context(&row.account, &row.otp_id),
            };
            if let Some(plain) = keys.open(&context, &row.body) {
                let body = keys.seal(&context, &plain, &mut SystemEntropy)?;
                rows.push((row, body));
            }
        }
        let replaced = if rows.is_empty() { 0 } else { store.replace_beside(rows)? as u64 };
        resealed += replaced;
        if replaced == 0 {
            return Ok(resealed);
        }
    }
}

/// Those that are under an older key, under the newest, and how many do not open.
fn reseal(page: Vec<PlacedRecord>, keys: &KeyRing) -> Result<(Vec<PlacedRecord>, u64), PortError> {
    let (mut resealed, mut unreadable) = (Vec::new(), 0);
    for record in page {
        match keys.reseal_record(&record.key, record.version, &record.body, &mut SystemEntropy) {
            Ok(Some(body)) => resealed.push(PlacedRecord { body, ..record }),
            Ok(None) => {}
            Err(ServiceError::Port(error)) => return Err(error),
            Err(_) => unreadable += 1,
        }
    }
    Ok((resealed, unreadable))
}
