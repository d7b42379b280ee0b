use std::sync::{Mutex, PoisonError};

use keyfob::UnixTime;

/// Refused API keys come from anybody who reaches the service: a few a minute have rows of their
/// own, and the next row says how many had none.
#[derive(Debug, Default)]
pub struct RefusedKeys(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    begins: UnixTime,
    written: u32,
    unwritten: u64,
}

impl RefusedKeys {
    /// Notes a refusal at `now`. If it has a row: how many before it had none.
    pub fn note(&self, now: UnixTime) -> Option<u64> {
        const ROWS: u32 = 10;
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now / 60 != minute.begins / 60 {
            (minute.begins, minute.written) = (now, 0);
        }
        if minute.written == ROWS {
            minute.unwritten += 1;
            return None;
        }
        minute.written += 1;
        Some(std::mem::take(&mut minute.unwritten))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_has_ten_rows_a_minute_and_none_is_forgotten() {
        let refused = RefusedKeys::default();
        let rows: Vec<_> = (0..1_000).filter_map(|_| refused.note(600)).collect();
        assert_eq!(rows, [0; 10]);
        assert_eq!(
            (refused.note(659), refused.note(660), refused.note(661)),
            (None, Some(991), Some(0))
        );
    }
}
