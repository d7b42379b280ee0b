//! What holds for every enrolment and every text, not only for the vectors.
#![cfg(feature = "enrolment")]
#![allow(clippy::unwrap_used)] // a test fails by unwrapping

use keyfob::{
    Algorithm, Digits, Period, Secret,
    enrolment::{Enrolment, ErrorCorrection, Migration, Mode, Qr, SvgOptions, UriError},
};
use proptest::prelude::*;

/// Text of any script, rich in what URIs and labels treat specially.
fn name() -> impl Strategy<Value = String> {
    let special = prop::sample::select(":%+&#?=/@ ;\\\"<'~.-_3Aa2".chars().collect::<Vec<_>>());
    let character = prop_oneof![special, any::<char>()];
    let name = prop::collection::vec(character, 1..24).prop_map(String::from_iter);
    name.prop_filter("no control characters", |name| !name.contains(char::is_control))
}

fn secret() -> impl Strategy<Value = Secret> {
    prop::collection::vec(any::<u8>(), 1..=64).prop_map(|bytes| Secret::from_bytes(bytes).unwrap())
}

fn issuer() -> impl Strategy<Value = Option<String>> {
    let names = prop_oneof![9 => name(), 1 => Just("Steam".into()), 1 => Just("steam".into())];
    prop::option::of(names.prop_filter("not blank", |name| !name.trim().is_empty()))
}

prop_compose! {
    fn enrolment()(
        kind in 0..3,
        account in name().prop_filter("not empty", |name| !name.trim_matches(' ').is_empty()),
        issuer in issuer(),
        secret in secret(),
        counter in any::<u64>(),
        algorithm in prop::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]),
        digits in 6_u8..=8,
        period in prop_oneof![Just(30_u8), 1_u8..=120],
        parameters in prop::collection::vec((name(), name()), 0..4),
    ) -> Enrolment {
        let plain = match kind {
            0 => Enrolment::totp(&account, secret),
            1 => Enrolment::hotp(&account, secret, counter),
            _ => Enrolment::steam(&account, secret),
        };
        let plain = match issuer {
            Some(issuer) => plain.unwrap().with_issuer(&issuer).unwrap(),
            None => plain.unwrap(),
        };
        parameters.iter().fold(plain, |enrolment, (name, value)| enrolment.with_parameter(name, value).unwrap())
            .with_algorithm(algorithm)
            .with_digits(Digits::new(digits).unwrap())
            .with_period(Period::new(period).unwrap())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_enrolment_survives_its_uri_in_both_modes(enrolment in enrolment()) {
        let uri = enrolment.to_uri();
        for mode in [Mode::Strict, Mode::Lenient] {
            prop_assert_eq!(&Enrolment::parse(&uri, mode).unwrap().enrolment, &enrolment, "{}", *uri);
        }
        prop_assert!(uri.is_ascii());
    }

    #[test]
    fn whatever_reads_writes_a_uri_that_reads_the_same(
        label in "[ab:/%3A 25é+#.]{0,12}",
        issuer in prop::option::of("[ab:%3A25é +]{0,6}"),
        digits in prop::option::of(0_u8..12),
        period in prop::option::of(prop::sample::select(vec![1_u32, 30, 60, 500])),
        kind in prop::sample::select(vec!["totp", "hotp", "steam", "TOTP"]),
    ) {
        let issuer = issuer.map_or_else(String::new, |issuer| format!("&issuer={issuer}"));
        let digits = digits.map_or_else(String::new, |digits| format!("&digits={digits}"));
        let period = period.map_or_else(String::new, |period| format!("&period={period}"));
        let uri = format!("otpauth://{kind}/{label}?secret=GEZDGNBVGY3TQOJQ{issuer}{digits}{period}&x=1");
        if let Ok(read) = Enrolment::parse(&uri, Mode::Lenient) {
            let again = Enrolment::parse(&read.enrolment.to_uri(), Mode::Lenient).unwrap();
            prop_assert_eq!(again.enrolment, read.enrolment);
        }
    }

    #[test]
    fn what_strict_reading_reads_lenient_reading_reads_alike(
        text in "otpauth://(totp|steam)/[a:%3é]{0,6}\\?secret=[A-Da-d=]{16}(&(issuer|digits|encoder)=[a+58s]{0,3}){0,2}",
    ) {
        if let Ok(strict) = Enrolment::parse(&text, Mode::Strict) {
            prop_assert_eq!(Enrolment::parse(&text, Mode::Lenient), Ok(strict));
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), query in any::<String>()) {
        let texts = [
            text.clone(),
            format!("otpauth://totp/{text}?secret=GEZDGNBVGY3TQOJQ&{query}"),
            format!("otpauth://hotp/{text}?{query}"),
            format!("steam://{text}"),
            format!("otpauth-migration://offline?data={text}"),
        ];
        for text in texts {
            let _ = Enrolment::parse(&text, Mode::Strict);
            let _ = Enrolment::parse(&text, Mode::Lenient);
            let _ = Migration::parse(&text);
        }
    }

    #[test]
    fn no_error_quotes_the_secret(cut in 0_usize..40, foreign in "[!189é]") {
        let mut secret = String::from("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBV");
        secret.replace_range(cut..cut, &foreign);
        let uri = format!("otpauth://totp/alice?secret={secret}");
        let error = Enrolment::parse(&uri, Mode::Lenient).unwrap_err();
        let shown = format!("{error} {error:?} {}", error.code());
        prop_assert!(!shown.contains("GEZD") && !shown.contains("GNBV") && !shown.contains("otpauth"));
    }

    #[test]
    fn no_bytes_panic_as_an_export(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Migration::parse(&as_export(&bytes));
    }

    #[test]
    fn no_damage_to_an_export_panics(place in 0_usize..60, byte in any::<u8>(), cut in 0_usize..60) {
        let mut bytes = b"\x0a\x30\x0a\x1412345678901234567890\x12\x0aAcme:alice\x1a\x04Acme\x20\x01\x28\x01\x30\x02\x38\x00\x10\x01\x18\x01\x20\x00\x28\x07".to_vec();
        prop_assert_eq!(Migration::parse(&as_export(&bytes)).unwrap().entries.len(), 1);
        bytes[place % 58] = byte;
        bytes.truncate(58 - cut % 58);
        let _ = Migration::parse(&as_export(&bytes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))] // codes of QR are slow to make unoptimised

    #[test]
    fn no_text_and_scale_panic_as_a_picture(text in any::<String>(), scale in any::<u8>()) {
        let qr = Qr::encode(&text, ErrorCorrection::Low).unwrap();
        prop_assert_eq!(qr.to_png(scale.min(3)).is_ok(), scale > 0);
        let svg = qr.to_svg(SvgOptions { title: &text, pixels: None });
        prop_assert!(svg.ends_with("</svg>"));
    }

    #[test]
    fn every_batch_survives_its_export(accounts in prop::collection::vec(exportable(), 1..40), batch_id in any::<i32>()) {
        let uris = Migration::export(&accounts, batch_id).unwrap();
        let longest = uris.iter().max_by_key(|uri| uri.len()).unwrap();
        Qr::encode(longest, ErrorCorrection::High).unwrap();
        let mut read = Vec::new();
        for (index, uri) in uris.iter().enumerate() {
            prop_assert!(uri.len() <= Migration::EXPORTED_URI_BYTES, "{} bytes", uri.len());
            let part = Migration::parse(uri).unwrap();
            prop_assert_eq!(part.batch_index as usize, index);
            prop_assert_eq!(part.batch_size as usize, uris.len());
            prop_assert_eq!(part.batch_id, batch_id);
            prop_assert!(part.entries.len() <= Migration::ENTRIES_PER_URI && part.skipped.is_empty());
            read.extend(part.entries);
        }
        prop_assert_eq!(read, accounts);
    }
}

/// What Google's export format can hold.
fn exportable() -> impl Strategy<Value = Enrolment> {
    let algorithm =
        prop::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]);
    let digits = prop::sample::select(vec![Digits::SIX, Digits::EIGHT]);
    let names = (name().prop_filter("not empty", |n| !n.trim_matches(' ').is_empty()), issuer());
    let counter = prop::option::of(0..=i64::MAX as u64);
    (names, secret(), counter, algorithm, digits).prop_map(
        |((account, issuer), secret, counter, algorithm, digits)| {
            let plain = match counter {
                Some(counter) => Enrolment::hotp(&account, secret, counter),
                None => Enrolment::totp(&account, secret),
            };
            let plain = plain.unwrap().with_algorithm(algorithm).with_digits(digits);
            issuer.map_or(plain.clone(), |issuer| plain.with_issuer(&issuer).unwrap())
        },
    )
}

fn as_export(bytes: &[u8]) -> String {
    format!("otpauth-migration://offline?data={}", base64(bytes))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        let letters =
            (0..=chunk.len()).map(|i| ALPHABET[(word >> (18 - 6 * i)) as usize & 63] as char);
        text.extend(letters);
    }
    text
}

#[test]
fn values_that_cannot_be_written_are_not_made() {
    let secret = || Secret::from_bytes([7; 20]).unwrap();
    let alice = || Enrolment::totp("alice", secret()).unwrap();
    assert_eq!(Enrolment::totp("", secret()), Err(UriError::AccountEmpty));
    assert_eq!(Enrolment::totp("  ", secret()), Err(UriError::AccountEmpty));
    assert_eq!(Enrolment::totp("a\nb", secret()), Err(UriError::ControlCharacter));
    assert_eq!(Enrolment::totp(&"a".repeat(8192), secret()), Err(UriError::TooLong));
    assert_eq!(alice().with_issuer(" "), Err(UriError::IssuerBlank));
    assert_eq!(alice().with_issuer("\u{85}"), Err(UriError::IssuerBlank));
    for name in ["secret", "Issuer", "ALGORITHM", "digits", "period", "counter"] {
        assert_eq!(alice().with_parameter(name, "1"), Err(UriError::ParameterReserved));
    }
    assert_eq!(alice().with_parameter("encoder", "STEAM"), Err(UriError::ParameterReserved));
    assert_eq!(alice().with_parameter("a", "\0"), Err(UriError::ControlCharacter));
}

#[test]
fn an_account_is_printed_without_its_secret_and_pin() {
    let uri = "otpauth://totp/alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&pin=0815";
    let shown = format!("{:?}", Enrolment::parse(uri, Mode::Strict).unwrap());
    assert!(shown.contains("alice") && shown.contains("pin"));
    assert!(!shown.contains("GEZD") && !shown.contains("0815") && !shown.contains("49, 50"));
}

#[test]
fn an_export_refuses_what_its_format_cannot_hold() {
    let secret = || Secret::from_bytes([7; 20]).unwrap();
    let alice = || Enrolment::totp("alice", secret()).unwrap();
    let refused = |enrolment: Enrolment| {
        let error = Migration::export(&[alice(), enrolment], 1).unwrap_err();
        assert_eq!(error.code(), "migration-unrepresentable");
        error.to_string()
    };
    assert!(refused(alice().with_digits(Digits::SEVEN)).contains("digits"));
    assert!(refused(alice().with_period(Period::new(60).unwrap())).contains("period"));
    assert!(refused(Enrolment::steam("alice", secret()).unwrap()).contains("Steam"));
    assert!(refused(Enrolment::hotp("alice", secret(), 1 << 63).unwrap()).contains("counter"));
    assert!(refused(Enrolment::totp(&"a".repeat(2000), secret()).unwrap()).contains("account 2"));
    assert_eq!(Migration::export(&[], 1).unwrap_err().code(), "migration-empty");
}
