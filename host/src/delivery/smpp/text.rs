//! A text as the octets of one text message or several (3GPP TS 23.038, 23.040).

use rusmpp::values::DataCoding;

/// What goes into one `submit_sm`. Holds the code.
pub(super) struct Part {
    /// How the text is written.
    pub(super) data_coding: DataCoding,
    /// Whether a header for putting it together again stands before the text.
    pub(super) has_header: bool,
    /// The header, if there is one, and the text.
    pub(super) octets: Vec<u8>,
}

/// The parts of a text, cut where [`segments`](keyfob::service::segments) counts them: no
/// character is split over two. `reference` tells its parts from those of another text to
/// the same recipient. `None` if it takes more than the 255 that there can be.
///
/// SMPP carries GSM-7 with one septet an octet; the SMSC packs it.
pub(super) fn parts(text: &str, reference: u8) -> Option<Vec<Part>> {
    let gsm7: Option<Vec<_>> = text.chars().map(gsm7).collect();
    let (data_coding, characters, single, each) = match gsm7 {
        Some(characters) => (DataCoding::McSpecific, characters, 160, 153),
        None => (DataCoding::Ucs2, text.chars().map(ucs2).collect(), 2 * 70, 2 * 67),
    };
    if characters.iter().map(Vec::len).sum::<usize>() <= single {
        return Some(vec![Part { data_coding, has_header: false, octets: characters.concat() }]);
    }
    let texts = cut(&characters, each);
    let total = u8::try_from(texts.len()).ok()?;
    let with_header = |(number, text): (u8, Vec<u8>)| {
        // Of 5 octets; concatenated, with a reference of 8 bits, in 3 octets (TS 23.040 §9.2.3.24.1).
        let octets = [&[5, 0, 3, reference, total, number][..], &text].concat();
        Part { data_coding, has_header: true, octets }
    };
    Some((1..=total).zip(texts).map(with_header).collect())
}

fn cut(characters: &[Vec<u8>], each: usize) -> Vec<Vec<u8>> {
    let mut texts = vec![Vec::with_capacity(each)];
    for character in characters {
        if texts.last().is_some_and(|text| text.len() + character.len() > each) {
            texts.push(Vec::with_capacity(each));
        }
        if let Some(text) = texts.last_mut() {
            text.extend_from_slice(character);
        }
    }
    texts
}

fn ucs2(character: char) -> Vec<u8> {
    character.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect()
}

/// The default alphabet, at its positions. The escape stands for itself.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// What follows an escape.
const EXTENSION: [(char, u8); 10] = [
    ('\u{c}', 0x0a),
    ('^', 0x14),
    ('{', 0x28),
    ('}', 0x29),
    ('\\', 0x2f),
    ('[', 0x3c),
    ('~', 0x3d),
    (']', 0x3e),
    ('|', 0x40),
    ('€', 0x65),
];

const ESCAPE: u8 = 0x1b;

fn gsm7(character: char) -> Option<Vec<u8>> {
    if character == char::from(ESCAPE) {
        return None;
    }
    if let Some(at) = BASIC.chars().position(|basic| basic == character) {
        return u8::try_from(at).ok().map(|septet| vec![septet]);
    }
    let (_, septet) = EXTENSION.iter().find(|(extended, _)| *extended == character)?;
    Some(vec![ESCAPE, *septet])
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyfob::service::{SegmentEncoding, segments};

    fn texts(text: &str) -> Vec<Vec<u8>> {
        let parts = parts(text, 7).unwrap();
        parts
            .iter()
            .map(|part| part.octets[if part.has_header { 6 } else { 0 }..].to_vec())
            .collect()
    }

    #[test]
    fn gsm_7_goes_out_one_septet_an_octet() {
        let [part] = &parts("@Code: 1_é {€}", 0).unwrap()[..] else { panic!("one part") };
        assert_eq!(part.data_coding, DataCoding::McSpecific);
        let expected = b"\x00Code: 1\x11\x05 \x1b\x28\x1b\x65\x1b\x29";
        assert_eq!(part.octets, expected);
    }

    #[test]
    fn the_alphabet_is_the_one_of_the_standard() {
        assert_eq!(BASIC.chars().count(), 128);
        for (character, septet) in [
            ('@', 0),
            ('\n', 10),
            ('\r', 13),
            ('_', 17),
            (' ', 32),
            ('0', 48),
            ('A', 65),
            ('§', 95),
            ('¿', 96),
            ('z', 122),
            ('à', 127),
        ] {
            assert_eq!(gsm7(character), Some(vec![septet]), "{character}");
        }
        assert_eq!(gsm7('\u{1b}'), None, "would turn the next character into another");
    }

    #[test]
    fn other_characters_make_it_utf_16() {
        let [part] = &parts("Код 1 😀", 0).unwrap()[..] else { panic!("one part") };
        assert_eq!((part.data_coding, part.has_header), (DataCoding::Ucs2, false));
        let units: Vec<_> =
            part.octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        assert_eq!(String::from_utf16(&units).unwrap(), "Код 1 😀");
    }

    #[test]
    fn each_part_says_which_of_how_many_it_is() {
        let parts = parts(&"a".repeat(161), 0xab).unwrap();
        let headers: Vec<_> = parts.iter().map(|part| &part.octets[..6]).collect();
        assert_eq!(headers, [[5, 0, 3, 0xab, 2, 1], [5, 0, 3, 0xab, 2, 2]]);
        assert_eq!(parts[0].octets.len(), 159);
        assert!(parts.iter().all(|part| part.has_header));
    }

    #[test]
    fn there_are_as_many_parts_as_are_counted_and_no_character_is_split() {
        let mut samples = vec![String::new()];
        for length in [1, 66, 67, 69, 70, 71, 133, 134, 135, 152, 153, 159, 160, 161, 305, 306, 307]
        {
            for unit in ["a", "€", "я", "😀", "aя😀", "a€{"] {
                samples.push(unit.repeat(length));
                samples.push(format!("a{}", unit.repeat(length)));
            }
        }
        for sample in samples {
            let (counted, texts) = (segments(&sample), texts(&sample));
            assert_eq!(texts.len(), counted.count, "{sample}");
            for text in texts {
                if counted.encoding == SegmentEncoding::Gsm7 {
                    assert!(text.len() <= 160 && text.last() != Some(&ESCAPE));
                } else {
                    let units: Vec<_> =
                        text.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                    assert!(text.len() <= 140 && String::from_utf16(&units).is_ok());
                }
            }
        }
    }

    #[test]
    fn what_takes_more_parts_than_there_can_be_is_none() {
        assert_eq!(parts(&"a".repeat(153 * 255), 0).unwrap().len(), 255);
        assert!(parts(&"a".repeat(153 * 255 + 1), 0).is_none());
    }
}
