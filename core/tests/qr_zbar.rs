//! QR codes are read back by zbar, which shares no code with what draws them.
#![cfg(feature = "enrolment")]
#![allow(clippy::unwrap_used)] // a test fails by unwrapping

use std::{fs, io::ErrorKind, path::Path, process::Command};

use keyfob::{
    Secret,
    enrolment::{Enrolment, ErrorCorrection, Migration, Mode, Qr},
};

const LEVELS: [ErrorCorrection; 4] = [
    ErrorCorrection::Low,
    ErrorCorrection::Medium,
    ErrorCorrection::Quartile,
    ErrorCorrection::High,
];

const NAMES: [(&str, &str); 7] = [
    ("Acme", "alice@example.com"),
    ("بنك القاهرة", "عليّ"),
    ("中国银行", "王小明"),
    ("🔑 Keys", "👩‍💻🇪🇺"),
    ("a:b", "c:d:e"),
    ("100% + 5%", "50%25+otp@example.com"),
    ("Fish & Chips #1?", "a/../b&secret=x"),
];

#[test]
fn every_level_and_script_is_read_back_to_the_same_enrolment() {
    for level in LEVELS {
        for (number, (issuer, account)) in NAMES.into_iter().enumerate() {
            let secret = Secret::from_bytes([0xa5; 20]).unwrap();
            let enrolment = Enrolment::totp(account, secret).unwrap().with_issuer(issuer).unwrap();
            let uri = enrolment.to_uri();
            let read = scan(&format!("{level:?}-{number}"), &Qr::encode(&uri, level).unwrap(), 4);
            assert_eq!(read, *uri, "{level:?}, {issuer}, {account}");
            assert_eq!(Enrolment::parse(&read, Mode::Strict).unwrap().enrolment, enrolment);
        }
    }
}

#[test]
fn a_full_export_is_read_back_from_its_pictures() {
    let account = |number: u32| {
        let secret = Secret::from_bytes([number as u8; 32]).unwrap();
        Enrolment::totp(&format!("user-{number}@example.com"), secret).unwrap()
    };
    let accounts: Vec<Enrolment> =
        (0..25).map(|number| account(number).with_issuer("中国银行").unwrap()).collect();
    let mut read = Vec::new();
    for (number, uri) in Migration::export(&accounts, -4711).unwrap().iter().enumerate() {
        let qr = Qr::encode(uri, ErrorCorrection::Medium).unwrap();
        let text = scan(&format!("export-{number}"), &qr, 4);
        assert_eq!(text, **uri);
        read.extend(Migration::parse(&text).unwrap().entries);
    }
    assert_eq!(read, accounts);
}

#[test]
fn every_scale_makes_a_picture_that_is_read() {
    let uri = "otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ";
    let qr = Qr::encode(uri, ErrorCorrection::Medium).unwrap();
    for scale in [2, 3, 5, 8, 32] {
        assert_eq!(scan(&format!("scale-{scale}"), &qr, scale), uri, "scale {scale}");
    }
    assert_eq!(qr.to_png(0).unwrap_err().code(), "qr-scale");
    assert_eq!(qr.to_png(33).unwrap_err().code(), "qr-scale");
}

#[test]
fn the_largest_code_is_read() {
    let text = "otpauth://totp/".to_string() + &"a".repeat(2900);
    let qr = Qr::encode(&text, ErrorCorrection::Low).unwrap();
    assert_eq!(qr.size(), 177);
    assert_eq!(scan("largest", &qr, 4), text);
}

/// Draws the code, and reads it with zbar.
fn scan(name: &str, qr: &Qr, scale: u8) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("qr-{name}.png"));
    fs::write(&path, &*qr.to_png(scale).unwrap()).unwrap();
    let arguments = ["--raw", "-q", "-Sdisable", "-Sqrcode.enable"];
    let output = Command::new("zbarimg").args(arguments).arg(&path).output();
    let output = output.unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => panic!("zbarimg is missing; run: apt-get install zbar-tools"),
        _ => panic!("zbarimg: {error}"),
    });
    assert!(output.status.success(), "zbarimg found no QR code in {name}: {output:?}");
    fs::remove_file(&path).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix('\n').unwrap().into()
}
