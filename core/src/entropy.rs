use core::{error, fmt};

/// A source of cryptographically secure random bytes.
///
/// The core draws no entropy of its own: a host passes the operating system's
/// generator, a test passes a seeded one. An implementation fills the whole
/// buffer or fails; predictable bytes make every code and secret predictable.
pub trait Entropy {
    /// Fills `bytes` with random bytes.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] when not every byte could be filled. Callers give
    /// up then; nothing falls back to a weaker source.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable>;
}

impl<F> Entropy for F
where
    F: FnMut(&mut [u8]) -> Result<(), EntropyUnavailable>,
{
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        self(bytes)
    }
}

/// The source of random bytes failed; nothing was generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntropyUnavailable;

impl EntropyUnavailable {
    stable_codes! {
        /// The stable name of this error, the same in every language.
        match self {
            Self => "entropy-unavailable",
        }
    }
}

impl fmt::Display for EntropyUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the source of random bytes failed, so nothing was generated; check the system's random number generator")
    }
}

impl error::Error for EntropyUnavailable {}
