//! API keys: `kf_<id>_<secret><checksum>`, all lower-case base32, so that a key
//! survives copying, is recognised by secret scanners, and a mistyped one is told
//! apart from a wrong one. Only a hash of the secret is stored.

use keyfob::{Entropy as _, EntropyUnavailable, service::AccountId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::entropy::SystemEntropy;

/// What every key begins with.
pub const PREFIX: &str = "kf_";

/// The stored side of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Names the key in lists; not secret.
    pub id: String,
    /// The account whose domains it reaches.
    pub account: AccountId,
    /// SHA-256 of the secret. The secret has 160 random bits, so a fast hash is as
    /// good as a slow one and cannot be used to tie up the service.
    pub hash: [u8; 32],
}

/// A new key: its text, to be shown once, and what to store of it.
pub fn create(account: AccountId) -> Result<(Zeroizing<String>, KeyRecord), EntropyUnavailable> {
    let mut random = Zeroizing::new([0; ID_BYTES + SECRET_BYTES]);
    SystemEntropy.fill(&mut *random)?;
    let (id, secret) = random.split_at(ID_BYTES);
    let (id, secret) = (base32(id), Zeroizing::new(base32(secret)));
    let checksum = checksum(&id, &secret);
    let text = Zeroizing::new(format!("{PREFIX}{id}_{}{checksum}", *secret));
    let record = KeyRecord { hash: hash(&secret), id, account };
    Ok((text, record))
}

/// A key as a request carries it.
pub struct PresentedKey<'a> {
    /// Which key it claims to be.
    pub id: &'a str,
    secret: &'a str,
}

impl<'a> PresentedKey<'a> {
    /// Reads a key. `None` if it cannot be one: wrong form or checksum.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (id, rest) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let (secret, given) = rest.split_at_checked(SECRET_LENGTH)?;
        let fits = id.len() == ID_LENGTH && is_base32(id) && is_base32(secret);
        (fits && checksum(id, secret) == given).then_some(Self { id, secret })
    }

    /// Whether this is the key that was stored, compared in constant time.
    pub fn matches(&self, hash_at_rest: &[u8; 32]) -> bool {
        hash(self.secret).ct_eq(hash_at_rest).into()
    }
}

impl std::fmt::Debug for PresentedKey<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PresentedKey({})", self.id)
    }
}

const ID_BYTES: usize = 5;
const ID_LENGTH: usize = 8;
const SECRET_BYTES: usize = 20;
const SECRET_LENGTH: usize = 32;
const CHECKSUM_BYTES: usize = 5;

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Not a protection, only a help against slips: eight characters of a hash.
fn checksum(id: &str, secret: &str) -> String {
    let digest = Sha256::new().chain_update("keyfob key ").chain_update(id).chain_update(secret);
    base32(&digest.finalize()[..CHECKSUM_BYTES])
}

fn is_base32(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    debug_assert!(bytes.len().is_multiple_of(5), "whole groups only, so there is no padding");
    let groups = bytes.chunks(5).flat_map(|group| {
        let bits = group.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).map(move |i| char::from(ALPHABET[(bits >> (35 - 5 * i) & 31) as usize]))
    });
    groups.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId([1; 16]);

    #[test]
    fn a_key_is_recognised_and_matches_its_record_only() {
        let (text, record) = create(ACCOUNT).unwrap();
        let (_, other) = create(ACCOUNT).unwrap();
        let key = PresentedKey::parse(&text).unwrap();
        assert_eq!(key.id, record.id);
        assert!(key.matches(&record.hash));
        assert!(!key.matches(&other.hash));
        assert_eq!(format!("{key:?}"), format!("PresentedKey({})", record.id));
    }

    #[test]
    fn a_slip_in_any_character_is_noticed() {
        let (text, _) = create(ACCOUNT).unwrap();
        for position in 0..text.len() {
            let mut slipped = text.as_bytes().to_vec();
            slipped[position] = if slipped[position] == b'a' { b'b' } else { b'a' };
            let slipped = String::from_utf8(slipped).unwrap();
            assert!(PresentedKey::parse(&slipped).is_none(), "{slipped}");
        }
        assert!(PresentedKey::parse(&text[..text.len() - 1]).is_none());
        assert!(PresentedKey::parse("kf_é_").is_none());
        assert!(PresentedKey::parse("").is_none());
    }
}
