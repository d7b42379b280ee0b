//! Where the service's time comes from. Tests move theirs.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use keyfob::UnixTime;

/// A source of time. Never a client's.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present second.
    fn now(&self) -> UnixTime;
}

/// The machine's clock, guarded against stepping back: time that went back would
/// let expired codes live again.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest: AtomicU64,
}

impl SystemClock {
    /// How far back a step is ridden out, in seconds. A larger one is a correction
    /// of a clock that was wrong, and holding time still for it would lock everyone
    /// out for as long.
    const GUARD: u64 = 60;
}

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since_epoch.map_or(0, |elapsed| elapsed.as_secs());
        let latest = self.latest.load(Ordering::Relaxed);
        if now < latest && latest - now <= Self::GUARD {
            return latest;
        }
        if now != latest {
            self.latest.store(now, Ordering::Relaxed);
        }
        now
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: UnixTime) -> Self {
        Self(AtomicU64::new(now))
    }

    /// Moves the clock.
    pub fn set(&self, now: UnixTime) {
        self.0.store(now, Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_rides_out_a_small_step_back_and_follows_a_correction() {
        let clock = SystemClock::default();
        let now = clock.now();
        clock.latest.store(now + 30, Ordering::Relaxed);
        assert!(clock.now() >= now + 30);
        clock.latest.store(now + 7_200, Ordering::Relaxed);
        assert!(clock.now() < now + 60);
    }
}
