use alloc::{vec, vec::Vec};
use core::{borrow::Borrow, fmt};

use chacha20poly1305::{
    KeyInit, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use postcard::{ser_flavors::Size, serialize_with_flavor};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    Key, Ports, ServiceError, Version,
    records::Body,
    sealing_keys::{KeySource, SealingKeys},
};
use crate::{Entropy, EntropyUnavailable, ParameterError};

/// A key that everything else is derived from (RFC 5869): 256 random bits.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Takes 32 bytes from a cryptographically secure generator or a key store.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of these bytes.
    ///
    /// # Errors
    /// [`ParameterError::Key`] unless there are 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ParameterError> {
        bytes.try_into().map(Self).map_err(|_| ParameterError::Key)
    }

    /// The bytes, to be written where only the service may read them.
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(None, &self.0).expand(purpose.as_bytes(), &mut *key);
        debug_assert!(expanded.is_ok(), "32 bytes are within HKDF's 255 blocks");
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

/// The keys of a service: one that names things, and those that seal records.
///
/// The *root* turns user ids and recipients into storage keys and codes into MACs;
/// it stays for the life of the store. *Sealing keys* can be rotated while the ring is in
/// use: the newest seals, the older ones still open what they sealed.
pub struct KeyRing {
    names: Zeroizing<[u8; 32]>,
    codes: Zeroizing<[u8; 32]>,
    bodies: Zeroizing<[u8; 32]>,
    host: MasterKey,
    sealing: SealingKeys,
}

impl KeyRing {
    /// A ring whose newest sealing key is `sealing`, under the number `id`.
    pub fn new(root: &MasterKey, id: u32, sealing: &MasterKey) -> Self {
        Self {
            names: root.derive("keyfob names v1"),
            codes: root.derive("keyfob codes v1"),
            bodies: root.derive("keyfob bodies v1"),
            host: MasterKey(*root.derive("keyfob host v1")),
            sealing: SealingKeys::new(id, sealing),
        }
    }

    /// A ring of sealing keys by their numbers, from oldest to newest: the last one seals.
    ///
    /// # Errors
    /// [`ParameterError::Key`] when there is none, and as [`with_key`](Self::with_key).
    pub fn from_keys<K: Borrow<MasterKey>>(
        root: &MasterKey,
        sealing: impl IntoIterator<Item = (u32, K)>,
    ) -> Result<Self, ParameterError> {
        let mut sealing = sealing.into_iter();
        let (id, oldest) = sealing.next().ok_or(ParameterError::Key)?;
        let ring = Self::new(root, id, oldest.borrow());
        sealing.try_fold(ring, |ring, (id, key)| ring.with_key(id, key.borrow()))
    }

    /// Adds a sealing key as the newest. Keys are added from oldest to newest.
    ///
    /// # Errors
    /// [`ParameterError::SealingKey`] for a number that is taken: of two keys with one number
    /// only one would open what it sealed.
    pub fn with_key(mut self, id: u32, sealing: &MasterKey) -> Result<Self, ParameterError> {
        self.sealing.push(id, sealing)?;
        Ok(self)
    }

    /// Has the ring learn of keys that are added later: whenever it meets a record under a
    /// key that it does not know, and at every [`refresh`](Self::refresh).
    #[must_use]
    pub fn with_source(mut self, source: impl KeySource + 'static) -> Self {
        self.sealing.ask(source);
        self
    }

    /// Learns what keys were added. From then on the newest of them seals.
    pub fn refresh(&self) {
        self.sealing.refresh();
    }

    /// The number of the key that seals.
    pub fn newest(&self) -> u32 {
        self.sealing.newest().id
    }

    /// The number of the key that `blob` is sealed under; `None` for what is no sealed blob.
    pub fn key_of(blob: &[u8]) -> Option<u32> {
        let (format, rest) = blob.split_first()?;
        let id = rest.first_chunk::<4>().filter(|_| *format == FORMAT && blob.len() >= HEADER)?;
        Some(u32::from_le_bytes(*id))
    }

    /// Seals `plain` so that it opens only under the same `context`, which names
    /// the place it is stored in. A record moved elsewhere does not open.
    ///
    /// Layout: format (1), key id (4, little-endian), nonce (24), ciphertext and tag.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] when there is no nonce to be had.
    ///
    /// # Panics
    /// When `plain` is longer than 256 GiB, the most that the cipher can seal.
    pub fn seal(
        &self,
        context: &[u8],
        plain: &[u8],
        entropy: &mut impl Entropy,
    ) -> Result<Vec<u8>, EntropyUnavailable> {
        let key = self.sealing.newest();
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce)?;
        let payload = Payload { msg: plain, aad: context };
        let sealed = key.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.expect("shorter than 256 GiB");
        let mut blob = Vec::with_capacity(HEADER + sealed.len());
        blob.push(FORMAT);
        blob.extend_from_slice(&key.id.to_le_bytes());
        blob.extend_from_slice(&nonce);
        blob.extend_from_slice(&sealed);
        Ok(blob)
    }

    /// Opens what [`seal`](Self::seal) made, or `None` if a bit, the key or the
    /// context differs.
    pub fn open(&self, context: &[u8], blob: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let id = Self::key_of(blob)?;
        let (header, sealed) = blob.split_at_checked(HEADER)?;
        let nonce = XNonce::from(*header.last_chunk::<NONCE>()?);
        let key = self.sealing.find(id)?;
        key.cipher.decrypt(&nonce, Payload { msg: sealed, aad: context }).ok().map(Zeroizing::new)
    }

    /// Seals a stored record under the newest key; `None` if it is under that one already.
    /// Its state is the same, and so is its version: whoever has read it before may still
    /// swap it.
    ///
    /// # Errors
    /// [`ServiceError::Corrupt`] for a record that does not open.
    pub fn reseal_record(
        &self,
        key: &[u8; Key::LENGTH],
        version: Version,
        bytes: &[u8],
        entropy: &mut impl Entropy,
    ) -> Result<Option<Vec<u8>>, ServiceError> {
        if Self::key_of(bytes) == Some(self.newest()) {
            return Ok(None);
        }
        let context = record_context(key, version);
        let plain = self.open(&context, bytes).ok_or(ServiceError::Corrupt)?;
        Ok(Some(self.seal(&context, &plain, entropy)?))
    }

    /// Tells the root of this ring from others and says nothing about it. A host
    /// keeps it sealed with its store, to refuse a root that belongs to another.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.name(&[b"fingerprint"])
    }

    /// A key for MACs over what a host keeps beside the records. Another purpose has
    /// another key; all of them follow from the root and outlive the sealing keys.
    pub fn mac_key(&self, purpose: &str) -> MacKey {
        MacKey(self.host.derive(purpose))
    }

    /// The keyed name of something that must not be stored in clear.
    pub(crate) fn name(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut name = [0; 16];
        name.copy_from_slice(&mac(&self.names, parts)[..16]);
        name
    }

    /// The MAC a sent code is stored as: without this ring a stolen store does not
    /// yield the code, few as the codes are.
    pub(crate) fn code_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.codes, parts)
    }

    /// What is remembered of a request's body, to tell it from another one. Bodies hold
    /// secrets and recipients, which a plain hash would let others guess.
    pub(crate) fn body_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.bodies, parts)
    }

    pub(super) fn seal_record<R: Body>(
        &self,
        ports: &impl Ports,
        key: &Key,
        version: Version,
        record: &R,
    ) -> Result<Vec<u8>, ServiceError> {
        let length = serialize_with_flavor::<R, _, _>(record, Size::default());
        let length = length.map_err(|_| ServiceError::Corrupt)?;
        let padded = (1 + length).next_multiple_of(BLOCK);
        let mut plain = Zeroizing::new(vec![0; padded]); // one that grew would leave copies
        plain[0] = R::FORMAT;
        postcard::to_slice(record, &mut plain[1..]).map_err(|_| ServiceError::Corrupt)?;
        let mut entropy = |bytes: &mut [u8]| ports.fill_random(bytes);
        Ok(self.seal(&record_context(key.as_bytes(), version), &plain, &mut entropy)?)
    }

    pub(super) fn open_record<R: Body>(
        &self,
        key: &Key,
        version: Version,
        blob: &[u8],
    ) -> Result<R, ServiceError> {
        let plain = self
            .open(&record_context(key.as_bytes(), version), blob)
            .ok_or(ServiceError::Corrupt)?;
        let (format, body) = plain.split_first().ok_or(ServiceError::Corrupt)?;
        R::from_format(*format, body).ok_or(ServiceError::Corrupt)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("sealing_key", &self.newest()).finish_non_exhaustive()
    }
}

/// Tells what this service wrote from what others wrote into its store.
#[derive(Clone)]
pub struct MacKey(Zeroizing<[u8; 32]>);

impl MacKey {
    /// The MAC of a list of parts. No two lists run together.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.0, parts)
    }

    /// Whether `given` is the MAC of these parts, compared in constant time.
    pub fn is_mac_of(&self, parts: &[&[u8]], given: &[u8]) -> bool {
        self.mac(parts).ct_eq(given).into()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(redacted)")
    }
}

const FORMAT: u8 = 1;
const NONCE: usize = 24;
const HEADER: usize = 1 + 4 + NONCE;

/// Records are padded with zeros, which postcard does not read, to a multiple of as many
/// bytes: how long one is tells less about it, and a user's stays as long as it was when
/// codes are accepted, so that stores can replace it where it stands.
const BLOCK: usize = 32;

/// Binds a sealed body to its place and its state.
fn record_context(key: &[u8; Key::LENGTH], version: Version) -> [u8; Key::LENGTH + 8] {
    let mut context = [0; Key::LENGTH + 8];
    context[..Key::LENGTH].copy_from_slice(key);
    context[Key::LENGTH..].copy_from_slice(&version.0.to_le_bytes());
    context
}

/// HMAC-SHA-256 over the parts, each behind its length, so that no two lists of
/// parts run together.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&{
        let mut block = hmac::digest::array::Array::default();
        block[..32].copy_from_slice(key); // the same key: HMAC pads with zeroes
        block
    });
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::KeyKind;

    fn ring(id: u32, byte: u8) -> KeyRing {
        KeyRing::new(&MasterKey::new([1; 32]), id, &MasterKey::new([byte; 32]))
    }

    fn seal(ring: &KeyRing, context: &[u8]) -> Vec<u8> {
        let mut nines = |bytes: &mut [u8]| {
            bytes.fill(9);
            Ok(())
        };
        ring.seal(context, b"a secret", &mut nines).unwrap()
    }

    #[test]
    fn of_many_sealing_keys_the_last_one_seals_and_none_is_refused() {
        let [root, first, second] = [1, 2, 3].map(|byte| MasterKey::new([byte; 32]));
        let ring = KeyRing::from_keys(&root, [(7, &first), (3, &second)]).unwrap();
        assert_eq!(ring.newest(), 3);
        let none = KeyRing::from_keys(&root, [(); 0].map(|()| (1, &first)));
        assert_eq!(none.unwrap_err(), ParameterError::Key);
    }

    #[test]
    fn of_two_sealing_keys_with_one_number_the_second_is_refused() {
        let refused = ring(1, 2).with_key(1, &MasterKey::new([3; 32]));
        assert_eq!(refused.unwrap_err(), ParameterError::SealingKey);
    }

    #[test]
    fn a_flipped_bit_anywhere_does_not_open() {
        let (ring, context) = (ring(1, 2), b"here");
        let blob = seal(&ring, context);
        assert_eq!(&**ring.open(context, &blob).unwrap(), b"a secret");
        for bit in 0..blob.len() * 8 {
            let mut broken = blob.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(ring.open(context, &broken).is_none(), "bit {bit}");
        }
        for length in 0..blob.len() {
            assert!(ring.open(context, &blob[..length]).is_none(), "cut to {length}");
        }
    }

    #[test]
    fn a_record_moved_to_another_place_or_version_does_not_open() {
        let ring = ring(1, 2);
        let key = |id| Key::new(KeyKind::User, [1; 16], [id; 16]);
        let blob = seal(&ring, &record_context(key(1).as_bytes(), Version(5)));
        assert!(ring.open(&record_context(key(1).as_bytes(), Version(5)), &blob).is_some());
        assert!(ring.open(&record_context(key(2).as_bytes(), Version(5)), &blob).is_none());
        assert!(ring.open(&record_context(key(1).as_bytes(), Version(6)), &blob).is_none());
    }

    #[test]
    fn an_older_key_opens_what_it_sealed_and_the_newest_seals() {
        let old = seal(&ring(1, 2), b"");
        let rotated = ring(1, 2).with_key(2, &MasterKey::new([3; 32])).unwrap();
        assert!(rotated.open(b"", &old).is_some());
        let new = seal(&rotated, b"");
        assert_eq!(new[1..5], [2, 0, 0, 0]);
        assert!(ring(1, 2).open(b"", &new).is_none(), "the old key alone does not open it");
    }

    #[test]
    fn a_key_that_another_process_added_is_learned_when_its_records_are_met() {
        struct File(spin::Mutex<Vec<(u32, MasterKey)>>);
        impl KeySource for File {
            fn changed(&self, learn: &mut dyn FnMut(Vec<(u32, MasterKey)>)) {
                learn(self.0.lock().clone());
            }
        }
        let both = ring(1, 2).with_key(2, &MasterKey::new([3; 32])).unwrap();
        let (old, new) = (seal(&ring(1, 2), b""), seal(&both, b""));
        assert!(ring(1, 2).open(b"", &new).is_none(), "without a source there is nobody to ask");
        let keys = [(1, MasterKey::new([2; 32])), (2, MasterKey::new([3; 32]))];
        let asking = ring(1, 2).with_source(File(spin::Mutex::new(keys.into())));
        assert_eq!(asking.newest(), 1);
        assert!(asking.open(b"", &new).is_some());
        assert_eq!(asking.newest(), 2);
        assert!(asking.open(b"", &old).is_some());
    }

    #[test]
    fn a_record_sealed_anew_is_the_same_record_under_the_newest_key_alone() {
        let mut nines = |bytes: &mut [u8]| {
            bytes.fill(9);
            Ok(())
        };
        let place = Key::new(KeyKind::User, [1; 16], [2; 16]);
        let context = record_context(place.as_bytes(), Version(5));
        let old = seal(&ring(1, 2), &context);
        let both = ring(1, 2).with_key(2, &MasterKey::new([3; 32])).unwrap();
        let mut reseal = |version, bytes: &[u8]| {
            both.reseal_record(place.as_bytes(), version, bytes, &mut nines)
        };
        let new = reseal(Version(5), &old).unwrap().unwrap();
        assert_eq!(KeyRing::key_of(&new), Some(2));
        assert_eq!(&**ring(2, 3).open(&context, &new).unwrap(), b"a secret");
        assert_eq!(reseal(Version(5), &new), Ok(None), "there is nothing left to do");
        assert_eq!(reseal(Version(6), &old), Err(ServiceError::Corrupt));
        assert_eq!(reseal(Version(5), &old[..20]), Err(ServiceError::Corrupt));
    }

    #[test]
    fn a_hosts_mac_holds_for_its_purpose_its_parts_and_its_root_only() {
        let key = ring(1, 2).mac_key("keys");
        let mac = key.mac(&[b"id", b"account"]);
        assert!(key.is_mac_of(&[b"id", b"account"], &mac));
        assert!(ring(2, 3).mac_key("keys").is_mac_of(&[b"id", b"account"], &mac), "rotated");
        assert!(!key.is_mac_of(&[b"ida", b"ccount"], &mac));
        assert!(!key.is_mac_of(&[b"id", b"account"], &mac[..31]));
        assert!(!ring(1, 2).mac_key("others").is_mac_of(&[b"id", b"account"], &mac));
        let other = KeyRing::new(&MasterKey::new([9; 32]), 1, &MasterKey::new([2; 32]));
        assert!(!other.mac_key("keys").is_mac_of(&[b"id", b"account"], &mac));
    }

    #[test]
    fn parts_never_run_together() {
        let ring = ring(1, 2);
        assert_ne!(ring.name(&[b"ab", b"c"]), ring.name(&[b"a", b"bc"]));
        assert_ne!(ring.code_mac(&[b"", b"a"]), ring.code_mac(&[b"a", b""]));
        assert_eq!(ring.name(&[b"ab"]), ring.name(&[b"ab"]));
    }
}
