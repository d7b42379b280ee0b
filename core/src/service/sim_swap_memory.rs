//! What operators said of SIMs lately, so that a person who tries again is not asked
//! about, and paid for, each time.
//!
//! An answer for some hours answers other questions too: a SIM that changed within a day
//! changed within ten, and one that did not within ten did not within a day. Never the
//! other way round, and never for another number or account.

use super::{
    AccountId, Key, KeyKind, Phone, Ports, Service, SimSwap,
    records::{SimFinding, SimRecord},
    transact::Change,
};
use crate::UnixTime;

impl Service {
    /// What the operator said, as far as it answers this question, and when. A record that
    /// cannot be read is as good as none: the operator is asked.
    pub(super) async fn recall_sim<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        max_age_hours: u16,
    ) -> Option<(SimSwap, UnixTime)> {
        let life = self.policy.sim_swap.cache;
        if life == 0 {
            return None;
        }
        let key = self.sim_key(account, phone);
        let record = self.read::<_, SimRecord>(ports, &key).await.ok()??;
        record.answer(max_age_hours, ports.now(), life)
    }

    /// Keeps an answer. Not knowing is not kept: it would hold up people for as long, and
    /// says nothing of their SIM. Nor does it matter much if this fails.
    pub(super) async fn remember_sim<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        hours: u16,
        answer: SimSwap,
    ) {
        let life = self.policy.sim_swap.cache;
        if life == 0 || answer == SimSwap::Unknown {
            return;
        }
        let key = self.sim_key(account, phone);
        let remembering = self.transact(ports, &key, |record: Option<SimRecord>, now| {
            let mut record = record.unwrap_or_default();
            record.note(SimFinding { hours, at: now }, answer, life);
            Ok(Change::Put(record, Some(now.saturating_add(life)), ()))
        });
        remembering.await.ok();
    }

    pub(super) fn sim_key(&self, account: AccountId, phone: &Phone) -> Key {
        let name = self.keys.name(&[b"sim-swap", &account.0, phone.as_str().as_bytes()]);
        Key::new(KeyKind::SimSwap, account.0, name)
    }
}

impl SimRecord {
    /// A change that is known of outweighs what was said before or besides.
    fn answer(&self, max_age: u16, now: UnixTime, life: u64) -> Option<(SimSwap, UnixTime)> {
        let live = |finding: &Option<SimFinding>| finding.filter(|f| f.is_live(now, life));
        let swapped = live(&self.swapped).filter(|finding| finding.hours <= max_age);
        let not_swapped = live(&self.not_swapped).filter(|finding| finding.hours >= max_age);
        match (swapped, not_swapped) {
            (Some(finding), _) => Some((SimSwap::Swapped, finding.at)),
            (None, Some(finding)) => Some((SimSwap::NotSwapped, finding.at)),
            (None, None) => None,
        }
    }

    fn note(&mut self, new: SimFinding, answer: SimSwap, life: u64) {
        let keep = |old: SimFinding, tells_more: bool| old.is_live(new.at, life) && tells_more;
        match answer {
            SimSwap::Swapped => {
                let old = self.swapped.filter(|old| keep(*old, old.hours < new.hours));
                self.swapped = old.or(Some(new));
            }
            SimSwap::NotSwapped => {
                let old = self.not_swapped.filter(|old| keep(*old, old.hours > new.hours));
                self.not_swapped = old.or(Some(new));
            }
            SimSwap::Unknown => {}
        }
    }
}

impl SimFinding {
    /// A finding from the future, of a clock that ran ahead, counts for nothing.
    fn is_live(self, now: UnixTime, life: u64) -> bool {
        self.at <= now && now - self.at < life
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = 1_800_000_000;

    fn told(findings: &[(u16, SimSwap, UnixTime)]) -> SimRecord {
        let mut record = SimRecord::default();
        for (hours, answer, at) in findings {
            record.note(SimFinding { hours: *hours, at: *at }, *answer, 600);
        }
        record
    }

    fn asked(record: &SimRecord, hours: u16, now: UnixTime) -> Option<SimSwap> {
        record.answer(hours, now, 600).map(|(answer, _)| answer)
    }

    #[test]
    fn an_answer_holds_for_the_hours_that_it_covers() {
        let swapped = told(&[(24, SimSwap::Swapped, NOW)]);
        assert_eq!(asked(&swapped, 24, NOW), Some(SimSwap::Swapped));
        assert_eq!(asked(&swapped, 240, NOW), Some(SimSwap::Swapped));
        assert_eq!(asked(&swapped, 23, NOW), None, "it may have been before that");
        let not = told(&[(240, SimSwap::NotSwapped, NOW)]);
        assert_eq!(asked(&not, 240, NOW), Some(SimSwap::NotSwapped));
        assert_eq!(asked(&not, 24, NOW), Some(SimSwap::NotSwapped));
        assert_eq!(asked(&not, 241, NOW), None, "it may have been before that");
    }

    #[test]
    fn an_answer_ends_with_its_second() {
        let record = told(&[(240, SimSwap::NotSwapped, NOW)]);
        assert_eq!(asked(&record, 240, NOW + 599), Some(SimSwap::NotSwapped));
        assert_eq!(asked(&record, 240, NOW + 600), None);
        assert_eq!(asked(&record, 240, NOW - 1), None, "a clock that ran ahead wrote it");
        assert_eq!(record.answer(240, NOW + 60, 60), None, "a shorter life holds at once");
    }

    #[test]
    fn two_answers_do_not_hide_each_other() {
        let record = told(&[(240, SimSwap::Swapped, NOW), (24, SimSwap::NotSwapped, NOW + 1)]);
        assert_eq!(asked(&record, 240, NOW + 2), Some(SimSwap::Swapped));
        assert_eq!(asked(&record, 24, NOW + 2), Some(SimSwap::NotSwapped));
        assert_eq!(asked(&record, 100, NOW + 2), None);
        let record = told(&[(24, SimSwap::Swapped, NOW), (240, SimSwap::NotSwapped, NOW + 1)]);
        assert_eq!(asked(&record, 240, NOW + 2), Some(SimSwap::Swapped), "the change outweighs");
    }

    #[test]
    fn what_tells_more_is_kept_while_it_lives() {
        let record = told(&[(24, SimSwap::Swapped, NOW), (240, SimSwap::Swapped, NOW + 300)]);
        assert_eq!(asked(&record, 24, NOW + 599), Some(SimSwap::Swapped));
        let record = told(&[(24, SimSwap::Swapped, NOW), (240, SimSwap::Swapped, NOW + 600)]);
        assert_eq!(asked(&record, 24, NOW + 600), None);
        assert_eq!(asked(&record, 240, NOW + 600), Some(SimSwap::Swapped));
    }
}
