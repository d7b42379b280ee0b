//! The two messages of a migration URI in the protobuf wire format, borrowed from
//! the input: nothing is allocated on the word of a length in it, and a field that
//! is not known is skipped.

use alloc::vec::Vec;

use micropb::{PbDecoder, PbEncoder, Tag, WIRE_TYPE_LEN, WIRE_TYPE_VARINT};

/// The bytes are not the message they should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// `MigrationPayload`, with `accounts` still encoded. Numbers are the bits of the
/// varint; a negative `int32` is sign-extended to ten bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Payload<'a> {
    pub(super) accounts: Vec<&'a [u8]>,
    pub(super) version: u64,
    pub(super) batch_size: u64,
    pub(super) batch_index: u64,
    pub(super) batch_id: u64,
}

/// `OtpParameters`. `issuer` tells an empty field from an absent one.
#[derive(Default)]
pub(super) struct Account<'a> {
    pub(super) secret: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) issuer: Option<&'a [u8]>,
    pub(super) algorithm: u64,
    pub(super) digits: u64,
    pub(super) kind: u64,
    pub(super) counter: u64,
}

impl<'a> Payload<'a> {
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut payload = Self::default();
        for_each_field(bytes, |number, value| {
            match (number, value) {
                (1, Value::Bytes(account)) => payload.accounts.push(account),
                (2, Value::Varint(version)) => payload.version = version,
                (3, Value::Varint(size)) => payload.batch_size = size,
                (4, Value::Varint(index)) => payload.batch_index = index,
                (5, Value::Varint(id)) => payload.batch_id = id,
                (1..=5, _) => return Err(Malformed),
                _ => {}
            }
            Ok(())
        })?;
        Ok(payload)
    }

    /// Appends to `bytes`; [`FIELD_OVERHEAD`] says how much room that takes.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        for account in &self.accounts {
            write_bytes(bytes, 1, account);
        }
        let numbers =
            [(2, self.version), (3, self.batch_size), (4, self.batch_index), (5, self.batch_id)];
        for (field, number) in numbers {
            write_varint(bytes, field, number);
        }
    }
}

impl<'a> Account<'a> {
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut account = Self::default();
        for_each_field(bytes, |number, value| {
            match (number, value) {
                (1, Value::Bytes(secret)) => account.secret = secret,
                (2, Value::Bytes(name)) => account.name = name,
                (3, Value::Bytes(issuer)) => account.issuer = Some(issuer),
                (4, Value::Varint(algorithm)) => account.algorithm = algorithm,
                (5, Value::Varint(digits)) => account.digits = digits,
                (6, Value::Varint(kind)) => account.kind = kind,
                (7, Value::Varint(counter)) => account.counter = counter,
                (1..=7, _) => return Err(Malformed),
                _ => {}
            }
            Ok(())
        })?;
        Ok(account)
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        write_bytes(bytes, 1, self.secret);
        write_bytes(bytes, 2, self.name);
        if let Some(issuer) = self.issuer {
            write_bytes(bytes, 3, issuer);
        }
        let numbers = [(4, self.algorithm), (5, self.digits), (6, self.kind), (7, self.counter)];
        for (field, number) in numbers {
            write_varint(bytes, field, number);
        }
    }
}

/// The longest tag and length before a field, or a whole number field.
pub(super) const FIELD_OVERHEAD: usize = 11;

enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
}

fn for_each_field<'a>(
    bytes: &'a [u8],
    mut take: impl FnMut(u32, Value<'a>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut decoder = PbDecoder::new(bytes);
    while decoder.bytes_read() < bytes.len() {
        let tag = decoder.decode_tag().map_err(|_| Malformed)?;
        let value = match tag.wire_type() {
            WIRE_TYPE_VARINT => Value::Varint(decoder.decode_varint64().map_err(|_| Malformed)?),
            WIRE_TYPE_LEN => Value::Bytes(read_bytes(&mut decoder)?),
            other => {
                decoder.skip_wire_value(other).map_err(|_| Malformed)?;
                continue;
            }
        };
        take(tag.field_num(), value)?;
    }
    Ok(())
}

fn read_bytes<'a>(decoder: &mut PbDecoder<&'a [u8]>) -> Result<&'a [u8], Malformed> {
    let length = decoder.decode_varint32().map_err(|_| Malformed)? as usize;
    let rest: &'a [u8] = decoder.as_reader();
    let bytes = rest.get(..length).ok_or(Malformed)?;
    decoder.skip_bytes(length).map_err(|_| Malformed)?;
    Ok(bytes)
}

fn write_bytes(bytes: &mut Vec<u8>, field: u32, value: &[u8]) {
    let mut encoder = PbEncoder::new(&mut *bytes);
    let Ok(()) = encoder.encode_varint32(Tag::from_parts(field, WIRE_TYPE_LEN).varint());
    let Ok(()) = encoder.encode_varint64(value.len() as u64);
    bytes.extend_from_slice(value);
}

fn write_varint(bytes: &mut Vec<u8>, field: u32, number: u64) {
    let mut encoder = PbEncoder::new(bytes);
    let Ok(()) = encoder.encode_varint32(Tag::from_parts(field, WIRE_TYPE_VARINT).varint());
    let Ok(()) = encoder.encode_varint64(number);
}
