use alloc::{string::String, vec::Vec};

use keyfob::{EntropyUnavailable, Secret, Zeroizing};

use crate::{Component, exports::secrets::Guest, types::Fault};

impl Guest for Component {
    fn parse_base32(text: String) -> Result<Vec<u8>, Fault> {
        let text = Zeroizing::new(text);
        Ok(Secret::from_base32(&text)?.expose_bytes().to_vec())
    }

    fn to_base32(secret: Vec<u8>) -> Result<String, Fault> {
        Ok(Secret::from_bytes(secret)?.expose_base32().as_str().into())
    }

    fn generate(entropy: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let bytes = entropy.len();
        let mut given = Given::new(entropy);
        let secret = Secret::generate_sized(&mut |bytes: &mut [u8]| given.fill(bytes), bytes)?;
        Ok(secret.expose_bytes().to_vec())
    }
}

/// Entropy that the caller gave: each byte is used once, and there are no others.
pub(crate) struct Given {
    bytes: Zeroizing<Vec<u8>>,
    used: usize,
}

impl Given {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: Zeroizing::new(bytes), used: 0 }
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let left = self.bytes.get(self.used..).unwrap_or_default();
        let taken = left.get(..bytes.len()).ok_or(EntropyUnavailable)?;
        bytes.copy_from_slice(taken);
        self.used += taken.len();
        Ok(())
    }
}
