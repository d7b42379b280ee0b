//! A `deliver_sm` (SMPP 3.4 §4.6.1), read by hand: the library refuses a whole PDU over an
//! id that ends with no NUL or with two, or an address that is no ASCII, and SMSCs send
//! those.

/// As much of a `deliver_sm` as a receipt needs. The text may hold a code.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) struct Delivered<'a> {
    pub(super) esm_class: u8,
    /// `short_message`, or `message_payload` in its place.
    pub(super) text: &'a [u8],
    /// `receipted_message_id`, without what ends it.
    pub(super) id: Option<&'a [u8]>,
    /// `message_state`.
    pub(super) state: Option<u8>,
}

/// Reads a body. `None` if it ends before it should.
pub(super) fn read(body: &[u8]) -> Option<Delivered<'_>> {
    let mut body = Reader(body);
    body.string()?; // service_type
    for _address in 0..2 {
        body.octets(2)?;
        body.string()?;
    }
    let [esm_class, _protocol, _priority] = *body.octets(3)? else { return None };
    body.string()?; // schedule_delivery_time
    body.string()?; // validity_period
    let [.., length] = *body.octets(5)? else { return None };
    let text = body.octets(length.into())?;
    let mut delivered = Delivered { esm_class, text, id: None, state: None };
    while let Some((tag, value)) = body.parameter() {
        match (tag, value) {
            (RECEIPTED_MESSAGE_ID, id) => delivered.id = Some(without_end(id)),
            (MESSAGE_STATE, [state]) => delivered.state = Some(*state),
            (MESSAGE_PAYLOAD, payload) => delivered.text = payload,
            _ => {}
        }
    }
    Some(delivered)
}

const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
const MESSAGE_PAYLOAD: u16 = 0x0424;
const MESSAGE_STATE: u16 = 0x0427;

fn without_end(text: &[u8]) -> &[u8] {
    text.split(|octet| *octet == 0).next().unwrap_or_default()
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn octets(&mut self, count: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(octets)
    }

    /// One that a NUL ends.
    fn string(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|octet| *octet == 0)?;
        let text = self.octets(end);
        self.octets(1)?;
        text
    }

    /// An optional parameter: tag, length, value. What is cut short is none.
    fn parameter(&mut self) -> Option<(u16, &'a [u8])> {
        let [a, b, c, d] = *self.octets(4)? else { return None };
        let value = self.octets(u16::from_be_bytes([c, d]).into())?;
        Some((u16::from_be_bytes([a, b]), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use rusmpp::{
        encode::owned::Encode as _,
        pdus::DeliverSm,
        tlvs::MessageDeliveryRequestTlvValue as Value,
        types::{AnyOctetString, OctetString},
        values::{EsmClass, MessagePayload, MessageState},
    };

    fn body(tlvs: Vec<Value>) -> BytesMut {
        let pdu = DeliverSm::builder()
            .source_addr("447700900123".parse().unwrap())
            .destination_addr("BANK".parse().unwrap())
            .esm_class(EsmClass::from(4))
            .short_message(OctetString::from_static_slice(b"id:7").unwrap())
            .tlvs(tlvs)
            .build();
        let mut body = BytesMut::new();
        pdu.encode(&mut body);
        body
    }

    #[test]
    fn what_the_library_writes_is_read() {
        let plain = body(vec![]);
        let expected = Delivered { esm_class: 4, text: b"id:7", id: None, state: None };
        assert_eq!(read(&plain), Some(expected));
        let full = body(vec![
            Value::ReceiptedMessageId("9".parse().unwrap()),
            Value::MessageState(MessageState::Delivered),
            Value::MessagePayload(MessagePayload::new(AnyOctetString::from_static_slice(b"long"))),
        ]);
        let expected = Delivered { esm_class: 4, text: b"long", id: Some(b"9"), state: Some(2) };
        assert_eq!(read(&full), Some(expected));
    }

    #[test]
    fn an_id_may_end_with_no_nul_or_with_two() {
        for id in [&b"9"[..], b"9\0", b"9\0\0"] {
            let mut body = body(vec![]);
            body.extend_from_slice(&[0, 0x1e, 0, id.len() as u8]);
            body.extend_from_slice(id);
            assert_eq!(read(&body).unwrap().id, Some(&b"9"[..]));
        }
    }

    #[test]
    fn what_is_cut_short_is_none_or_has_less_and_nothing_panics() {
        let body = body(vec![Value::ReceiptedMessageId("9".parse().unwrap())]);
        let mandatory = body.len() - 6;
        for length in 0..body.len() {
            let read = read(&body[..length]);
            assert_eq!(read.is_some(), length >= mandatory, "{length}");
            assert_eq!(read.and_then(|read| read.id), None);
        }
        for fill in 0..=255 {
            for length in 0..100 {
                let _ = read(&vec![fill; length]);
            }
        }
    }
}
