//! A letter as what is submitted.

use rusmpp::{
    pdus::SubmitSm,
    types::{COctetString, EmptyOrFullCOctetString, OctetString},
    values::{EsmClass, Npi, RegisteredDelivery, Ton},
};

use super::text::Part;
use crate::delivery::SendError;

/// Where messages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) ton: Ton,
    pub(super) npi: Npi,
    pub(super) address: COctetString<1, 21>,
}

/// The address of a recipient: digits, without the plus.
pub(super) fn destination(recipient: &str) -> Result<COctetString<1, 21>, SendError> {
    let digits = recipient.strip_prefix('+').unwrap_or(recipient);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let address = is_number.then(|| digits.parse().ok()).flatten();
    address.ok_or_else(|| SendError::Refused("not a phone number".to_owned()))
}

/// One part of a message that nobody shall get more than `life` seconds from now. A receipt
/// is asked for with the last part alone: its id is the one that the message is known by.
pub(super) fn submit(
    source: &Source,
    destination: &COctetString<1, 21>,
    part: Part,
    life: u64,
    is_last: bool,
) -> Option<SubmitSm> {
    let submit = SubmitSm::builder()
        .source_addr_ton(source.ton)
        .source_addr_npi(source.npi)
        .source_addr(source.address.clone())
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(destination.clone())
        // Always: the library's default sets a bit.
        .esm_class(EsmClass::from(if part.has_header { 0x40 } else { 0 }))
        .validity_period(validity(life)?)
        .registered_delivery(RegisteredDelivery::from(u8::from(is_last)))
        .data_coding(part.data_coding)
        .short_message(OctetString::from_vec(part.octets).ok()?);
    Some(submit.build())
}

/// `YYMMDDhhmmss000R`, relative to the SMSC's clock and so independent of it (SMPP 3.4
/// §7.1.1). Months have no length, so 99 days are the most.
fn validity(life: u64) -> Option<EmptyOrFullCOctetString<17>> {
    let life = life.min(99 * 86_400);
    let (days, hours) = (life / 86_400, life / 3_600 % 24);
    let (minutes, seconds) = (life / 60 % 60, life % 60);
    let text = format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R");
    EmptyOrFullCOctetString::from_string(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::smpp::text::parts;

    fn made(text: &str, life: u64, is_last: bool) -> SubmitSm {
        let address = "15005550006".parse().unwrap();
        let source = Source { ton: Ton::International, npi: Npi::Isdn, address };
        let part = parts(text, 1).unwrap().remove(0);
        submit(&source, &destination("+447700900123").unwrap(), part, life, is_last).unwrap()
    }

    #[test]
    fn a_message_lives_no_longer_than_its_code() {
        let validity = |life| made("1", life, true).validity_period.as_str().to_owned();
        assert_eq!(validity(300), "000000000500000R");
        assert_eq!(validity(1), "000000000001000R");
        assert_eq!(validity(2 * 86_400 + 3_723), "000002010203000R");
        assert_eq!(validity(u64::MAX), "000099000000000R");
    }

    #[test]
    fn a_receipt_is_asked_for_with_the_last_part_alone() {
        assert_eq!(u8::from(made("1", 1, true).registered_delivery), 1);
        assert_eq!(u8::from(made("1", 1, false).registered_delivery), 0);
    }

    #[test]
    fn only_a_part_of_several_has_the_bit_for_a_header() {
        assert_eq!(u8::from(made("1", 1, true).esm_class), 0);
        assert_eq!(u8::from(made(&"1".repeat(161), 1, true).esm_class), 0x40);
    }

    #[test]
    fn a_recipient_is_a_number_without_its_plus() {
        assert_eq!(destination("+447700900123").unwrap().as_str(), "447700900123");
        for text in ["", "+", "+44 77", "x@y.example", "+1234567890123456789012"] {
            assert!(matches!(destination(text), Err(SendError::Refused(_))), "{text}");
        }
    }
}
