/// How many text messages a text travels in, and is paid for as.
///
/// ```
/// use keyfob::service::{SegmentEncoding, segments};
/// let plain = segments("Your code is 123456");
/// assert_eq!((plain.encoding, plain.units, plain.count), (SegmentEncoding::Gsm7, 19, 1));
/// let cyrillic = segments("Ваш код 123456");
/// assert_eq!((cyrillic.encoding, cyrillic.units, cyrillic.count), (SegmentEncoding::Ucs2, 14, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// The alphabet the whole text is sent in.
    pub encoding: SegmentEncoding,
    /// Its length: septets in GSM-7, UTF-16 units in UCS-2.
    pub units: usize,
    /// How many messages it takes; an empty text is one empty message.
    pub count: usize,
}

impl Segments {
    /// The bytes of text on the wire, concatenation headers left out.
    pub fn bytes(&self) -> usize {
        match self.encoding {
            SegmentEncoding::Gsm7 => (self.units * 7).div_ceil(8),
            SegmentEncoding::Ucs2 => self.units * 2,
        }
    }
}

/// The alphabet of a text message (3GPP TS 23.038).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentEncoding {
    /// The GSM 7-bit default alphabet with its extension table: 160 septets in one
    /// message, 153 in each of several.
    Gsm7,
    /// UTF-16, for any text with a character outside GSM-7: 70 units in one
    /// message, 67 in each of several.
    Ucs2,
}

impl SegmentEncoding {
    /// The name it is reported under: `gsm-7` or `ucs-2`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm-7",
            Self::Ucs2 => "ucs-2",
        }
    }

    const fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// What is left beside the header of a concatenated message.
    const fn concatenated(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

/// Counts the messages that `text` takes. No escape pair of GSM-7 and no surrogate
/// pair is split over two messages, so a text may take one more than its length says.
pub fn segments(text: &str) -> Segments {
    if let Some(units) = text.chars().map(septets).sum::<Option<usize>>() {
        let widths = text.chars().filter_map(septets);
        return counted(SegmentEncoding::Gsm7, units, widths);
    }
    let units = text.chars().map(char::len_utf16).sum();
    counted(SegmentEncoding::Ucs2, units, text.chars().map(char::len_utf16))
}

fn counted(
    encoding: SegmentEncoding,
    units: usize,
    widths: impl Iterator<Item = usize>,
) -> Segments {
    if units <= encoding.single() {
        return Segments { encoding, units, count: 1 };
    }
    let (mut count, mut filled) = (1, 0);
    for width in widths {
        if filled + width > encoding.concatenated() {
            count += 1;
            filled = 0;
        }
        filled += width;
    }
    Segments { encoding, units, count }
}

/// The GSM 7-bit default alphabet in its own order, without the escape (3GPP TS
/// 23.038 §6.2.1).
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// What follows an escape (3GPP TS 23.038 §6.2.1.1).
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The width of a character in GSM-7, or `None` if GSM-7 has none for it.
fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) {
        return Some(1);
    }
    EXTENSION.contains(character).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_messages_always_hold_the_text_and_waste_less_than_a_unit_each(text in "[a-z€{😀é]{0,700}") {
            let counted = segments(&text);
            let (single, each) = match counted.encoding {
                SegmentEncoding::Gsm7 => (160, 153),
                SegmentEncoding::Ucs2 => (70, 67),
            };
            if counted.units <= single {
                prop_assert_eq!(counted.count, 1);
            } else {
                prop_assert!(counted.count * each >= counted.units);
                prop_assert!((counted.count - 1) * (each - 1) < counted.units);
            }
        }
    }

    #[test]
    fn gsm_7_has_its_128_characters_less_escape_and_ten_more() {
        let widths = ('\0'..=char::MAX).filter_map(septets);
        let (basic, extended): (Vec<_>, Vec<_>) = widths.partition(|width| *width == 1);
        assert_eq!((basic.len(), extended.len()), (127, 10));
    }

    #[test]
    fn a_pair_that_would_be_split_moves_to_the_next_message() {
        let fits = ["a".repeat(151), "€".into(), "b".repeat(152), "c".into()].concat();
        assert_eq!((segments(&fits).units, segments(&fits).count), (306, 2));
        let split = ["a".repeat(152), "€".into(), "b".repeat(152)].concat();
        assert_eq!((segments(&split).units, segments(&split).count), (306, 3));
        let emoji = ["я".repeat(66), "😀".into(), "я".repeat(66)].concat();
        assert_eq!((segments(&emoji).units, segments(&emoji).count), (134, 3));
    }

    #[test]
    fn an_empty_text_is_one_message() {
        assert_eq!(segments("").count, 1);
    }
}
