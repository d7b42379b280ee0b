use core::fmt;

use subtle::ConstantTimeEq;

use crate::{
    Algorithm, Code, Period, Secret, TotpOutcome, TotpState, UnixTime, Window, code::Symbols,
    mac::Mac, timing::Timing,
};

/// Steam Guard codes: TOTP with HMAC-SHA-1 and 30 seconds, written as five
/// characters of `23456789BCDFGHJKMNPQRTVWXY` instead of digits.
///
/// No standard describes them; this follows what Steam's own authenticator and
/// every compatible app do. Secrets and replay state are those of [`Totp`](crate::Totp).
///
/// ```
/// use keyfob::{Secret, Steam, TotpState};
///
/// let steam = Steam::new(&Secret::from_bytes(*b"12345678901234567890")?);
/// let code = steam.generate(59);
/// assert_eq!(code.as_str().len(), 5);
/// assert!(steam.verify(code.as_str(), 59, &TotpState::default()).is_accepted());
/// # Ok::<(), keyfob::Error>(())
/// ```
#[derive(Clone)]
pub struct Steam {
    mac: Mac,
    timing: Timing,
}

impl Steam {
    /// Prepares `secret`, with a window of one step to each side.
    pub fn new(secret: &Secret) -> Self {
        let mac = Mac::new(Algorithm::Sha1, secret.expose_bytes());
        Self { mac, timing: Timing::new(Period::THIRTY) }
    }

    /// Sets how many steps around the current one are accepted.
    #[must_use]
    pub fn with_window(mut self, window: Window) -> Self {
        self.timing.window = window;
        self
    }

    /// The code that is current at `now`.
    pub fn generate(&self, now: UnixTime) -> Code {
        let step = self.timing.step(now).unwrap_or(0); // T0 is 0: there is always a step
        Code::new(symbols(self.mac.truncated(step)), LENGTH)
    }

    /// Seconds until the next code, from 30 down to 1.
    pub fn remaining(&self, now: UnixTime) -> u64 {
        self.timing.remaining(now)
    }

    /// Judges a code as [`Totp::verify`](crate::Totp::verify) does. Letters may be
    /// typed in either case; nothing else is forgiven.
    pub fn verify(&self, code: &str, now: UnixTime, state: &TotpState) -> TotpOutcome {
        let Some(typed) = Symbols::read(code, LENGTH, symbol) else {
            return TotpOutcome::Malformed;
        };
        self.timing.verify(&self.mac, now, state, |truncated| symbols(truncated).ct_eq(&typed))
    }
}

impl fmt::Debug for Steam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steam").field("timing", &self.timing).finish_non_exhaustive()
    }
}

const ALPHABET: &[u8; 26] = b"23456789BCDFGHJKMNPQRTVWXY";
const LENGTH: u8 = 5;

fn symbols(truncated: u32) -> Symbols {
    Symbols::in_alphabet(truncated, ALPHABET, LENGTH)
}

fn symbol(typed: u8) -> Option<u8> {
    let upper = typed.to_ascii_uppercase();
    ALPHABET.contains(&upper).then_some(upper)
}
