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

use sha1::{Digest, Sha1, block_api::compress};
use sha2::{
    Sha256, Sha512,
    block_api::{compress256, compress512},
};
use subtle::Choice;
use zeroize::{Zeroize, ZeroizeOnDrop, optimization_barrier};

use crate::{Algorithm, matches::Matches};

/// Counters computed side by side: the steps of the default window of ±1.
const LANES: u32 = 3;

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

    /// Puts the truncated HMACs of `count` counters from `first` on to `matches`,
    /// every one of them. `first + count - 1` must be a counter, `count` at most 128.
    pub(crate) fn scan(&self, first: u64, count: u32, matches: impl Fn(u32) -> Choice) -> Matches {
        let mut found = Matches::NONE;
        let mut place = 0;
        while count - place >= LANES {
            let counters = [0, 1, 2].map(|lane| first + u64::from(place + lane));
            for value in self.truncated_lanes(counters) {
                found.record(place, matches(value));
                place += 1;
            }
        }
        while place < count {
            found.record(place, matches(self.truncated(first + u64::from(place))));
            place += 1;
        }
        found
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
    ($name:ident, $hash:ty, $compress:path, $word:ty, $initial:ident, $words_of_counter:expr) => {
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub(crate) struct $name([[$word; $initial.len()]; 2]);

        impl $name {
            fn new(key: &[u8]) -> Self {
                let mut blocks = [[[0; size_of::<$word>()]; 16]; 2];
                let padded = blocks[0].as_flattened_mut();
                if key.len() > padded.len() {
                    let mut hashed = <$hash>::digest(key);
                    padded[..hashed.len()].copy_from_slice(&hashed);
                    wipe(&mut hashed);
                } else {
                    padded[..key.len()].copy_from_slice(key);
                }
                blocks[1] = blocks[0].map(|bytes| bytes.map(|byte| byte ^ 0x5c));
                blocks[0] = blocks[0].map(|bytes| bytes.map(|byte| byte ^ 0x36));
                let mut midstates = Self([$initial; 2]);
                Self::compress_each(&mut midstates.0, &blocks);
                wipe(blocks.as_flattened_mut().as_flattened_mut());
                midstates
            }

            fn truncated<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
                let mut blocks =
                    counters.map(|counter| Self::last_block(&$words_of_counter(counter)));
                let mut states = [self.0[0]; N];
                Self::compress_each(&mut states, &blocks);
                blocks = states.map(|state| Self::last_block(&state));
                states = [self.0[1]; N];
                Self::compress_each(&mut states, &blocks);
                let truncated =
                    states.map(|state| truncate(state.map(<$word>::to_be_bytes).as_flattened()));
                wipe(blocks.as_flattened_mut().as_flattened_mut());
                wipe(states.as_flattened_mut());
                truncated
            }

            /// The second and last block of a message that began with a block of key:
            /// `tail`, the end marker, the length in bits (FIPS 180-4 §5.1).
            fn last_block(tail: &[$word]) -> [[u8; size_of::<$word>()]; 16] {
                let mut words = [0; 16];
                words[..tail.len()].copy_from_slice(tail);
                words[tail.len()] = 1 << (<$word>::BITS - 1);
                words[15] = (16 + tail.len() as $word) * <$word>::from(<$word>::BITS as u16);
                words.map(<$word>::to_be_bytes)
            }

            /// Side by side, so that the processor works on them at the same time.
            fn compress_each<const N: usize>(
                states: &mut [[$word; $initial.len()]; N],
                blocks: &[[[u8; size_of::<$word>()]; 16]; N],
            ) {
                for (state, block) in states.iter_mut().zip(blocks) {
                    $compress(state, block.as_flattened().as_chunks().0);
                }
            }
        }
    };
}

midstates!(Sha1Midstates, Sha1, compress, u32, SHA1_INITIAL, halves);
midstates!(Sha256Midstates, Sha256, compress256, u32, SHA256_INITIAL, halves);
midstates!(Sha512Midstates, Sha512, compress512, u64, SHA512_INITIAL, |counter| [counter]);

fn halves(counter: u64) -> [u32; 2] {
    [(counter >> 32) as u32, counter as u32]
}

/// Overwrites what was derived from a key. The barrier keeps the compiler from
/// leaving the writes out; it is cheaper than `Zeroize`, which writes byte by byte.
fn wipe<T: Copy + Default>(derived: &mut [T]) {
    derived.fill(T::default());
    optimization_barrier(derived);
}

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
    use subtle::ConstantTimeEq;

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
        fn a_scan_looks_at_every_counter_once_up_to_the_last_one(
            back in 0..150_u32, count in 0..=101_u32, wanted in 0..110_u32,
        ) {
            let mac = Mac::new(Algorithm::Sha1, b"12345678901234567890");
            let first = u64::MAX - u64::from(back);
            let count = count.min(back + 1);
            let at = |place: u32| mac.truncated(first.saturating_add(place.into()));
            let value = at(wanted);
            let expected: Vec<u32> = (0..count).filter(|place| at(*place) == value).collect();
            let found = mac.scan(first, count, |other| other.ct_eq(&value));
            prop_assert_eq!(found.first(), expected.first().copied());
            prop_assert_eq!(found.last(), expected.last().copied());
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
