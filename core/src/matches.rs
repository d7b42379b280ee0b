use core::ops::BitAnd;

use subtle::Choice;

/// Which counters of a scan matched: one bit each, the first counter's lowest.
/// Filled in without branching on whether anything matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Matches(u128);

impl Matches {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn record(&mut self, place: u32, matched: Choice) {
        self.0 |= u128::from(matched.unwrap_u8()) << place;
    }

    /// The place of the first match.
    pub(crate) fn first(self) -> Option<u32> {
        (self.0 != 0).then(|| self.0.trailing_zeros())
    }

    /// The place of the last match.
    pub(crate) fn last(self) -> Option<u32> {
        self.0.checked_ilog2()
    }

    /// The places of all matches, in order.
    pub(crate) fn places(self) -> impl Iterator<Item = u32> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let place = (left != 0).then(|| left.trailing_zeros())?;
            left &= left - 1; // the lowest bit goes
            Some(place)
        })
    }

    /// Only the matches before `place`.
    pub(crate) fn before(self, place: u64) -> Self {
        let kept = match u32::try_from(place) {
            Ok(place) if place < u128::BITS => (1 << place) - 1,
            _ => u128::MAX,
        };
        Self(self.0 & kept)
    }
}

impl BitAnd for Matches {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_cut_at_any_place() {
        let found = Matches(0b1010);
        assert_eq!((found.first(), found.last()), (Some(1), Some(3)));
        assert_eq!((found.before(3), found.before(0)), (Matches(0b0010), Matches(0)));
        for place in [127, 128, 129, u64::MAX] {
            assert_eq!(found.before(place), found);
        }
        assert_eq!((Matches(0).first(), Matches(0).last()), (None, None));
        assert!(found.places().eq([1, 3]) && Matches(1 << 127).places().eq([127]));
    }
}
