//! Random bytes from the operating system.

use std::fmt;

use keyfob::{Entropy, EntropyUnavailable};

/// Where the service's random bytes come from. Tests seed theirs.
pub trait Randomness: fmt::Debug + Send + Sync {
    /// Fills `bytes`, or fails.
    ///
    /// # Errors
    /// [`EntropyUnavailable`].
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        Randomness::fill(self, bytes)
    }
}

impl Randomness for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        getrandom::fill(bytes).map_err(|_| EntropyUnavailable)
    }
}
