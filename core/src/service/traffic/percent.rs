use serde::{Deserialize, Serialize};

use crate::ParameterError;

/// A share of a whole: 0 to 100 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Percent(pub(super) u16);

impl Percent {
    /// So many percent.
    ///
    /// # Errors
    /// [`ParameterError::Percent`] above 100.
    pub fn new(percent: u16) -> Result<Self, ParameterError> {
        if percent > 100 {
            return Err(ParameterError::Percent);
        }
        Ok(Self(percent))
    }

    /// So much of `whole`, rounded down.
    pub(super) fn of(self, whole: u64) -> u64 {
        whole.saturating_mul(self.0.into()) / 100
    }

    /// Whether `part` is less than so much of `whole`.
    pub(super) fn exceeds(self, part: u64, whole: u64) -> bool {
        part.saturating_mul(100) < whole.saturating_mul(self.0.into())
    }
}

impl TryFrom<u16> for Percent {
    type Error = ParameterError;

    fn try_from(percent: u16) -> Result<Self, ParameterError> {
        Self::new(percent)
    }
}

impl From<Percent> for u16 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_more_than_all_of_it() {
        assert_eq!(Percent::new(101), Err(ParameterError::Percent));
        assert!(serde_json::from_str::<Percent>("200").is_err());
        assert_eq!(serde_json::from_str::<Percent>("100").ok(), Percent::new(100).ok());
        let [none, fifth, all] = [0, 20, 100].map(|percent| Percent::new(percent).unwrap());
        assert_eq!([none, fifth, all].map(|percent| percent.of(9)), [0, 1, 9]);
        assert!(fifth.exceeds(3, 20) && !fifth.exceeds(4, 20));
        assert!(!none.exceeds(0, 20) && all.exceeds(19, 20) && !all.exceeds(20, 20));
    }
}
