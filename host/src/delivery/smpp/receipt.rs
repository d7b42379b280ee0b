//! What an SMSC says of a message that it took: in the parameters that SMPP 3.4 has for it,
//! or in the text that everybody sends (its appendix B).

use rusmpp::values::MessageState::{self, Deleted, Expired, Rejected, Undeliverable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delivered::Delivered;
use crate::delivery::Fate;

/// How the SMSC writes a message's id in receipts, next to how it wrote it when it took the
/// message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum ReceiptIds {
    /// The same.
    #[default]
    AsIs,
    /// In hexadecimal digits, and in decimal ones before.
    HexToDecimal,
    /// In decimal digits, and in hexadecimal ones before.
    DecimalToHex,
}

impl ReceiptIds {
    /// What a message is known by, from the answer that took it.
    pub(super) fn of_answer(self, id: &str) -> String {
        match self {
            Self::AsIs => id.to_owned(),
            Self::HexToDecimal => rewritten(id, 10, Self::HexToDecimal),
            Self::DecimalToHex => rewritten(id, 16, Self::DecimalToHex),
        }
    }

    /// What a message is known by, from a receipt for it.
    pub(super) fn of_receipt(self, id: &str) -> String {
        match self {
            Self::AsIs => id.to_owned(),
            Self::HexToDecimal => rewritten(id, 16, Self::HexToDecimal),
            Self::DecimalToHex => rewritten(id, 10, Self::DecimalToHex),
        }
    }
}

/// Without leading zeros. What is no number stays.
fn rewritten(id: &str, radix: u32, to: ReceiptIds) -> String {
    match (u128::from_str_radix(id, radix), to) {
        (Ok(number), ReceiptIds::DecimalToHex) => format!("{number:x}"),
        (Ok(number), _) => number.to_string(),
        (Err(_), _) => id.to_owned(),
    }
}

/// The id and the fate in a receipt. `None` if it is none, or says nothing final: a message
/// that is under way (ENROUTE), that somebody accepted on the recipient's behalf (ACCEPTD)
/// or of which the SMSC knows nothing (UNKNOWN) may yet arrive.
pub(super) fn read(pdu: &Delivered<'_>) -> Option<(String, Fate)> {
    if pdu.id.is_none() && !is_receipt(pdu.esm_class) {
        return None; // what a person wrote, however much it looks like one
    }
    let text = String::from_utf8_lossy(pdu.text);
    let text = Text::new(&text);
    let id = pdu.id.filter(|id| !id.is_empty()).and_then(|id| str::from_utf8(id).ok());
    let id = id.map(|id| id.trim().to_owned()).or_else(|| text.value("id:"))?;
    let fate = match pdu.state {
        Some(state) => fate_of(state.into()),
        None => fate_named(&text.value("stat:")?),
    }?;
    (id.len() <= LONGEST_ID).then_some((id, fate))
}

/// As `message_id` is limited.
const LONGEST_ID: usize = 64;

/// Whether the bits for the type of message say receipt.
fn is_receipt(esm_class: u8) -> bool {
    esm_class & 0b0011_1100 == 0b0000_0100
}

fn fate_of(state: MessageState) -> Option<Fate> {
    match state {
        MessageState::Delivered => Some(Fate::Delivered),
        Expired | Deleted | Undeliverable | Rejected => Some(Fate::Failed),
        _ => None,
    }
}

fn fate_named(state: &str) -> Option<Fate> {
    match state.to_ascii_uppercase().as_str() {
        "DELIVRD" | "DELIVERED" => Some(Fate::Delivered),
        "EXPIRED" | "DELETED" | "UNDELIV" | "UNDELIVERABLE" | "REJECTD" | "REJECTED" => {
            Some(Fate::Failed)
        }
        _ => None,
    }
}

/// `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`
struct Text<'a>(&'a str, String);

impl<'a> Text<'a> {
    /// Without what the message itself said, which stands behind `text:`.
    fn new(text: &'a str) -> Self {
        let lower = text.to_ascii_lowercase(); // as long as the text
        let end = lower.find("text:").unwrap_or(lower.len());
        Self(&text[..end], lower[..end].to_owned())
    }

    /// The word behind a key that stands at the beginning of a word.
    fn value(&self, key: &str) -> Option<String> {
        let is_word = |at: &usize| *at == 0 || self.1.as_bytes()[at - 1].is_ascii_whitespace();
        let at = self.1.match_indices(key).map(|(at, _)| at).find(is_word)?;
        let value = self.0[at + key.len()..].split_ascii_whitespace().next()?;
        Some(value.trim_matches('\0').to_owned()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(
        esm_class: u8,
        text: &str,
        id: Option<&str>,
        state: Option<u8>,
    ) -> Option<(String, Fate)> {
        let (text, id) = (text.as_bytes(), id.map(str::as_bytes));
        read(&Delivered { esm_class, text, id, state })
    }

    fn said(text: &str) -> Option<(String, Fate)> {
        receipt(4, text, None, None)
    }

    #[test]
    fn a_text_says_what_became_of_a_message() {
        let whole = |stat: &str| {
            format!(
                "id:0123456789 sub:001 dlvrd:001 submit date:2601311200 done date:2601311201 stat:{stat} err:000 text:Your code"
            )
        };
        let fates = [
            "DELIVRD", "UNDELIV", "EXPIRED", "DELETED", "REJECTD", "UNKNOWN", "ENROUTE", "ACCEPTD",
            "canary",
        ];
        let fates = fates.map(|stat| said(&whole(stat)).map(|(_, fate)| fate));
        let (delivered, failed) = (Some(Fate::Delivered), Some(Fate::Failed));
        assert_eq!(fates, [delivered, failed, failed, failed, failed, None, None, None, None]);
        assert_eq!(said(&whole("DELIVRD")).unwrap().0, "0123456789");
    }

    #[test]
    fn texts_of_other_smscs_are_read_too() {
        let delivered = |id: &str| Some((id.to_owned(), Fate::Delivered));
        assert_eq!(said("id:7f-A.b stat:DELIVRD"), delivered("7f-A.b"));
        assert_eq!(said("ID:7 Sub:001 STAT:delivrd Err:0"), delivered("7"));
        assert_eq!(said("id: 7 stat: DELIVRD"), delivered("7"));
        assert_eq!(said("err:000 stat:DELIVRD id:7\0"), delivered("7"));
        assert_eq!(said("sid:8 id:7 substat:UNDELIV stat:DELIVRD"), delivered("7"));
    }

    #[test]
    fn what_a_message_said_is_no_report_of_it() {
        assert_eq!(said("id:7 text:stat:DELIVRD"), None);
        assert_eq!(said("text:id:7 stat:DELIVRD"), None);
        assert_eq!(receipt(0, "id:7 stat:DELIVRD", None, None), None, "a person's answer");
        assert_eq!(receipt(0x20, "id:7 stat:DELIVRD", None, None), None, "of the way, not the end");
    }

    #[test]
    fn the_parameters_win_over_the_text() {
        let nine = |fate| Some(("9".to_owned(), fate));
        let (delivered, enroute, expired) = (Some(2), Some(1), Some(3));
        assert_eq!(receipt(4, "id:7 stat:UNDELIV", Some("9"), delivered), nine(Fate::Delivered));
        assert_eq!(receipt(0, "", Some("9"), expired), nine(Fate::Failed));
        assert_eq!(receipt(4, "id:7 stat:DELIVRD", Some("9"), None), nine(Fate::Delivered));
        assert_eq!(receipt(4, "id:7 stat:DELIVRD", None, enroute), None);
        assert_eq!(receipt(4, "id:9 stat:DELIVRD", Some(""), None), nine(Fate::Delivered));
    }

    #[test]
    fn nothing_that_is_sent_panics_or_grows() {
        for text in ["", "id:", "id: ", "stat:", "id:\0 stat:DELIVRD", "İd:7 ſtat:", "id:é stat:é"]
        {
            assert_eq!(said(text), None, "{text}");
        }
        assert_eq!(said(&format!("id:{} stat:DELIVRD", "7".repeat(65))), None);
    }

    #[test]
    fn ids_that_are_written_in_two_ways_are_the_same() {
        let same = |ids: ReceiptIds, answer: &str, receipt: &str| {
            assert_eq!(ids.of_answer(answer), ids.of_receipt(receipt));
        };
        same(ReceiptIds::AsIs, "0aF", "0aF");
        same(ReceiptIds::HexToDecimal, "0175", "AF");
        same(ReceiptIds::DecimalToHex, "00AF", "0000000175");
        same(ReceiptIds::DecimalToHex, "no-number", "no-number");
        assert_ne!(ReceiptIds::AsIs.of_answer("175"), ReceiptIds::AsIs.of_receipt("AF"));
    }
}
