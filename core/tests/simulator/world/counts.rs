//! What happened in the runs.

/// What happened, to prove that the interesting things did.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub effects: u64,
    pub accepted: u64,
    pub mismatched: u64,
    pub replayed: u64,
    pub blocked: u64,
    pub disabled: u64,
    pub wrong_context: u64,
    pub expired: u64,
    pub enrolled: u64,
    pub messages: u64,
    pub send_refused: u64,
    pub conflicts: u64,
    pub answers_lost: u64,
    pub stale_loads: u64,
    pub crashes: u64,
    pub restores: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.all_mut().into_iter().zip(other.clone().all_mut()) {
            *sum += *more;
        }
    }

    pub fn rarest(mut self) -> u64 {
        self.all_mut().into_iter().map(|count| *count).min().unwrap_or(0)
    }

    fn all_mut(&mut self) -> [&mut u64; 16] {
        let Self {
            effects,
            accepted,
            mismatched,
            replayed,
            blocked,
            disabled,
            wrong_context,
            expired,
            enrolled,
            messages,
            send_refused,
            conflicts,
            answers_lost,
            stale_loads,
            crashes,
            restores,
        } = self;
        [
            effects,
            accepted,
            mismatched,
            replayed,
            blocked,
            disabled,
            wrong_context,
            expired,
            enrolled,
            messages,
            send_refused,
            conflicts,
            answers_lost,
            stale_loads,
            crashes,
            restores,
        ]
    }
}
