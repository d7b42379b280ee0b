use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// Which steps a credential has spent, as far as its last step does not say it: needed
/// only if the clock turns out to have run ahead.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct AcceptedSteps {
    /// The last few, in order.
    recent: Vec<u64>,
    /// Those beyond the last step, from when the clock ran ahead.
    ahead: Vec<u64>,
}

/// How many logins during a wrong clock are told apart. Each costs every record some
/// bytes; who logs in more often meanwhile has to wait or to enrol anew.
const RECENT: usize = 4;

/// More would be from a clock that goes wrong again and again.
const AHEAD: usize = 16;

impl AcceptedSteps {
    pub(super) fn is_spent(&self, step: u64) -> bool {
        self.ahead.contains(&step)
    }

    pub(super) fn note(&mut self, step: u64) {
        self.ahead.retain(|ahead| *ahead > step);
        self.recent.push(step);
        self.keep_last();
    }

    /// The clock is right again, and `latest` is the last step that can be accepted.
    /// False if a step beyond it may have been forgotten: then nothing changes.
    pub(super) fn settle(&mut self, latest: u64) -> bool {
        let beyond = self.recent.iter().filter(|step| **step > latest).count();
        if beyond == RECENT || self.ahead.len() + beyond > AHEAD {
            return false;
        }
        self.ahead.extend(self.recent.drain(..).filter(|step| *step > latest));
        true
    }

    /// Takes over what another credential with the same codes has spent.
    pub(super) fn add(&mut self, other: &Self) {
        self.recent.extend(&other.recent);
        self.ahead.extend(&other.ahead);
        for steps in [&mut self.recent, &mut self.ahead] {
            steps.sort_unstable();
            steps.dedup();
        }
        self.keep_last();
    }

    fn keep_last(&mut self) {
        let excess = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn accepted(steps: impl IntoIterator<Item = u64>) -> AcceptedSteps {
        let mut accepted = AcceptedSteps::default();
        steps.into_iter().for_each(|step| accepted.note(step));
        accepted
    }

    #[test]
    fn what_was_spent_ahead_stays_spent_until_its_time_has_passed() {
        let mut accepted = accepted([10, 900, 905]);
        assert!(accepted.settle(12));
        assert!(accepted.is_spent(900) && accepted.is_spent(905) && !accepted.is_spent(13));
        accepted.note(13);
        accepted.note(901);
        assert!(!accepted.is_spent(900), "its last step says so now");
        assert!(accepted.is_spent(905));
    }

    #[test]
    fn what_may_have_been_forgotten_is_not_given_free() {
        assert!(accepted([10, 900, 901, 902]).settle(12));
        assert!(!accepted([900, 901, 902, 903, 904]).settle(12));
        let mut often = AcceptedSteps { recent: vec![900, 901], ahead: (1_000..1_014).collect() };
        assert!(often.settle(12));
        often.recent.push(902);
        assert!(!often.settle(12), "no more are remembered");
    }

    #[test]
    fn a_secret_enrolled_again_takes_over_what_it_has_spent() {
        let mut old = accepted([900, 901]);
        assert!(old.settle(12));
        old.note(13);
        let mut new = AcceptedSteps::default();
        new.add(&old);
        assert!(new.is_spent(900) && new.is_spent(901));
        assert_eq!(new.recent, [13]);
    }
}
