use crate::ParameterError;

/// The life of a sent code, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeLifetime(u64);

impl CodeLifetime {
    /// The shortest there is, in seconds.
    pub const MINIMUM: u64 = 30;
    /// The longest there is, in seconds: who finds a message later shall not be able to use it.
    pub const MAXIMUM: u64 = 600;

    /// A life of so many seconds.
    ///
    /// # Errors
    /// [`ParameterError::Lifetime`] outside 30 to 600.
    pub fn new(seconds: u64) -> Result<Self, ParameterError> {
        if !(Self::MINIMUM..=Self::MAXIMUM).contains(&seconds) {
            return Err(ParameterError::Lifetime);
        }
        Ok(Self(seconds))
    }

    /// Its seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl Default for CodeLifetime {
    /// Five minutes.
    fn default() -> Self {
        Self(300)
    }
}

/// How long an enrolment stays open, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolmentLifetime(u64);

impl EnrolmentLifetime {
    /// The shortest there is, in seconds: a person must find the app first.
    pub const MINIMUM: u64 = 60;
    /// The longest there is, in seconds: thirty days.
    pub const MAXIMUM: u64 = 30 * 86_400;

    /// Open for so many seconds.
    ///
    /// # Errors
    /// [`ParameterError::EnrolmentLifetime`] outside a minute to thirty days.
    pub fn new(seconds: u64) -> Result<Self, ParameterError> {
        if !(Self::MINIMUM..=Self::MAXIMUM).contains(&seconds) {
            return Err(ParameterError::EnrolmentLifetime);
        }
        Ok(Self(seconds))
    }

    /// Its seconds.
    pub const fn seconds(self) -> u64 {
        self.0
    }
}

impl Default for EnrolmentLifetime {
    /// A day.
    fn default() -> Self {
        Self(86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_service_is_made_whose_every_code_or_enrolment_would_be_refused() {
        for seconds in [0, 29, 601, u64::MAX] {
            assert_eq!(CodeLifetime::new(seconds), Err(ParameterError::Lifetime));
        }
        for seconds in [0, 59, 2_592_001, u64::MAX] {
            assert_eq!(EnrolmentLifetime::new(seconds), Err(ParameterError::EnrolmentLifetime));
        }
        assert_eq!([30, 600].map(|it| CodeLifetime::new(it).unwrap().seconds()), [30, 600]);
        let open = [60, 2_592_000].map(|it| EnrolmentLifetime::new(it).unwrap().seconds());
        assert_eq!(open, [60, 2_592_000]);
    }
}
