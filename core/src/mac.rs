//! HMAC (RFC 2104) of an 8-byte counter, from midstates that are computed once
//! per key.
//!
//! HMAC spends two of its four compressions on the padded key, and a verifier
//! asks for a whole window of codes under one key: ±1 step costs 2 + 3 × 2
//! compressions here where a keyed-per-code HMAC spends 12. The `hmac` crate
//! caches the same midstates but buffers and copies for messages of any length
//! and runs one message after the other; with an 8-byte message there is one
//! block inside and one outside, so this file hands both to the compression
//! function itself, and several counters side by side (their compressions are
//! independent, so the processor overlaps them). Figures and reasons are in
//! `docs/decisions/0001-midstates.md`; `hmac` is the reference in the tests.

use core::slice;

use sha1::{Digest, Sha1, block_api::compress};
use sha2::{
    Sha256, Sha512,
    block_api::{compress256, compress512},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Algorithm;

/// Counters computed side by side: the steps of the default window of ±1.
const LANES: u64 = 3;

/// A key ready to authenticate counters. Wiped when dropped.
#[derive(Clone)]
pub(crate) enum Mac {
    Sha1(Sha1Midstates),
    Sha256(Sha256Midstates),
    Sha512(Sha512Midstates),
}

impl Mac {
    pub(crate) fn new(algorithm: Algorithm, key: &[u8]) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(Sha1Midstates::new(key)),
            Algorithm::Sha256 => Self::Sha256(Sha256Midstates::new(key)),
            Algorithm::Sha512 => Self::Sha512(Sha512Midstates::new(key)),
        }
    }

    /// The HMAC of `counter`, dynamically truncated to 31 bits (RFC 4226 §5.3).
    pub(crate) fn truncated(&self, counter: u64) -> u32 {
        let [value] = self.truncated_lanes([counter]);
        value
    }

    /// Hands every counter of `first..=last`, in order, to `each` with its
    /// truncated HMAC. Always goes to the end.
    pub(crate) fn scan(&self, first: u64, last: u64, mut each: impl FnMut(u64, u32)) {
        let mut next = first;
        while last.saturating_sub(next) >= LANES - 1 {
            let counters = [next, next + 1, next + 2];
            for (counter, value) in counters.into_iter().zip(self.truncated_lanes(counters)) {
                each(counter, value);
            }
            let Some(following) = next.checked_add(LANES) else { return };
            next = following;
        }
        for counter in next..=last {
            each(counter, self.truncated(counter));
        }
    }

    fn truncated_lanes<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        match self {
            Self::Sha1(midstates) => midstates.truncated(counters),
            Self::Sha256(midstates) => midstates.truncated(counters),
            Self::Sha512(midstates) => midstates.truncated(counters),
        }
    }
}

/// One hash function's midstates: what remains of the key once the blocks
/// `key ^ ipad` and `key ^ opad` have been compressed.
macro_rules! midstates {
    ($name:ident, $hash:ty, $compress:path, $word:ty, words $words:literal, block $block:literal, $initial:expr) => {
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub(crate) struct $name {
            inner: [$word; $words],
            outer: [$word; $words],
        }

        impl $name {
            const WORD: usize = size_of::<$word>();
            const DIGEST: usize = $words * Self::WORD;

            fn new(key: &[u8]) -> Self {
                let mut block = Zeroizing::new([0; $block]);
                if key.len() > $block {
                    let mut hashed = <$hash>::digest(key);
                    block[..Self::DIGEST].copy_from_slice(&hashed);
                    hashed.as_mut_slice().zeroize();
                } else {
                    block[..key.len()].copy_from_slice(key);
                }
                let mut midstates = Self { inner: $initial, outer: $initial };
                block.iter_mut().for_each(|byte| *byte ^= 0x36);
                $compress(&mut midstates.inner, slice::from_ref(&*block));
                block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5c);
                $compress(&mut midstates.outer, slice::from_ref(&*block));
                midstates
            }

            fn truncated<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
                let mut states = Zeroizing::new([self.inner; N]);
                for (state, counter) in states.iter_mut().zip(counters) {
                    let block = last_block::<$block>(&counter.to_be_bytes());
                    $compress(state, slice::from_ref(&block));
                }
                for state in states.iter_mut() {
                    let block = Zeroizing::new(last_block::<$block>(&Self::digest(state)));
                    *state = self.outer;
                    $compress(state, slice::from_ref(&*block));
                }
                states.each_ref().map(|state| truncate(&Self::digest(state)))
            }

            fn digest(state: &[$word; $words]) -> [u8; $words * size_of::<$word>()] {
                let mut digest = [0; Self::DIGEST];
                for (bytes, word) in digest.chunks_exact_mut(Self::WORD).zip(state) {
                    bytes.copy_from_slice(&word.to_be_bytes());
                }
                digest
            }
        }
    };
}

midstates!(Sha1Midstates, Sha1, compress, u32, words 5, block 64, SHA1_INITIAL);
midstates!(Sha256Midstates, Sha256, compress256, u32, words 8, block 64, SHA256_INITIAL);
midstates!(Sha512Midstates, Sha512, compress512, u64, words 8, block 128, SHA512_INITIAL);

/// FIPS 180-4 §5.3.1.
const SHA1_INITIAL: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
/// FIPS 180-4 §5.3.3.
const SHA256_INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
/// FIPS 180-4 §5.3.5.
const SHA512_INITIAL: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The second and last block of a message that began with one block of key:
/// `tail`, the end marker and the length in bits (FIPS 180-4 §5.1).
fn last_block<const BLOCK: usize>(tail: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..tail.len()].copy_from_slice(tail);
    block[tail.len()] = 0x80;
    let bits = ((BLOCK + tail.len()) * 8) as u16; // at most (128 + 64) * 8
    block[BLOCK - 2..].copy_from_slice(&bits.to_be_bytes());
    block
}

/// RFC 4226 §5.3: four bytes at the offset that the *last* byte's low half names,
/// without the sign bit. The offset is at most 15, and every digest here has 20
/// bytes or more, so the four bytes exist for SHA-256 and SHA-512 alike.
fn truncate(digest: &[u8]) -> u32 {
    let offset = usize::from(digest[digest.len() - 1] & 15);
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| digest[offset + i]);
    u32::from_be_bytes([a, b, c, d]) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use hmac::{Hmac, KeyInit};
    use proptest::prelude::*;

    use super::*;

    fn reference(algorithm: Algorithm, key: &[u8], counter: u64) -> Vec<u8> {
        let message = counter.to_be_bytes();
        match algorithm {
            Algorithm::Sha1 => tag(Hmac::<Sha1>::new_from_slice(key).unwrap(), &message),
            Algorithm::Sha256 => tag(Hmac::<Sha256>::new_from_slice(key).unwrap(), &message),
            Algorithm::Sha512 => tag(Hmac::<Sha512>::new_from_slice(key).unwrap(), &message),
        }
    }

    fn tag(mut mac: impl hmac::Mac, message: &[u8]) -> Vec<u8> {
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    }

    const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];

    #[test]
    fn every_key_length_agrees_with_the_hmac_crate() {
        let key: Vec<u8> = (0..=255).map(|byte: u8| byte.wrapping_mul(167) ^ 0x5a).collect();
        for (algorithm, length) in ALGORITHMS.iter().flat_map(|a| (1..=256).map(move |l| (*a, l))) {
            let mac = Mac::new(algorithm, &key[..length]);
            let expected = truncate(&reference(algorithm, &key[..length], length as u64));
            assert_eq!(mac.truncated(length as u64), expected, "{algorithm}, {length} bytes");
        }
    }

    proptest! {
        #[test]
        fn random_keys_and_counters_agree_with_the_hmac_crate(
            key in prop::collection::vec(any::<u8>(), 1..=256), counter: u64, which in 0..3_usize,
        ) {
            let algorithm = ALGORITHMS[which];
            let expected = truncate(&reference(algorithm, &key, counter));
            prop_assert_eq!(Mac::new(algorithm, &key).truncated(counter), expected);
        }

        #[test]
        fn a_scan_is_every_counter_once_and_in_order(back in 0..200_u64, length in 0..25_u64) {
            let mac = Mac::new(Algorithm::Sha1, b"12345678901234567890");
            let first = u64::MAX - back;
            let last = first.saturating_add(length);
            let mut seen = Vec::new();
            mac.scan(first, last, |counter, value| seen.push((counter, value)));
            let expected: Vec<_> = (first..=last).map(|c| (c, mac.truncated(c))).collect();
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn the_intermediate_values_of_rfc_4226_appendix_d_come_out() {
        let mac = Mac::new(Algorithm::Sha1, b"12345678901234567890");
        let published = [
            0x4c93_cf18,
            0x4139_7eea,
            0x082f_ef30,
            0x66ef_7655,
            0x61c5_938a,
            0x33c0_83d4,
            0x7256_c032,
            0x04e5_b397,
            0x2823_443f,
            0x2679_dc69,
        ];
        for (counter, expected) in (0..).zip(published) {
            assert_eq!(mac.truncated(counter), expected);
        }
    }
}
