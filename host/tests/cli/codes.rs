//! `code`, `verify` and `secret`.

use crate::support::{SECRET, SHORT, keyfob, keyfob_with, oathtool};

#[test]
fn codes_are_those_of_oathtool() {
    for algorithm in ["SHA1", "SHA256", "SHA512"] {
        for digits in ["6", "7", "8"] {
            for time in [0, 59, 1_111_111_109, 2_000_000_000, 20_000_000_000_u64] {
                let totp = format!("--totp={}", algorithm.to_lowercase());
                let expected = oathtool(&[&totp, "-d", digits, "-N", &format!("@{time}")]);
                let time = time.to_string();
                let options = ["--digits", digits, "--algorithm", algorithm, "--at", &time];
                let code = keyfob(&[&["code", SECRET], &options[..]].concat());
                assert_eq!(code.stdout, expected, "{algorithm} {digits} {time}");
                assert_eq!(code.status, 0);
            }
        }
    }
    for counter in ["0", "1", "9", "4294967296"] {
        let expected = oathtool(&["--hotp", "-c", counter]);
        assert_eq!(keyfob(&["code", SECRET, "--counter", counter]).stdout, expected);
    }
}

#[test]
fn a_code_of_oathtool_verifies_now_and_from_standard_input() {
    let code = oathtool(&["--totp"]);
    let judged = keyfob_with(&["verify", "-", "-"], &format!("{SECRET}\n{code}"));
    assert_eq!(judged.status, 0, "{}", judged.stderr);
    assert_eq!(judged.stdout, "");
    assert!(judged.stderr.starts_with("accepted: the code of step "), "{}", judged.stderr);
}

#[test]
fn an_enrolment_uri_brings_its_parameters_and_options_go_over_them() {
    let uri = format!("otpauth://totp/a?secret={SECRET}&digits=8&algorithm=SHA1&period=60");
    assert_eq!(keyfob(&["code", &uri, "--at", "119"]).stdout, "94287082\n"); // step 1, RFC 6238
    assert_eq!(keyfob(&["code", &uri, "--at", "59", "--period", "30"]).stdout, "94287082\n");
    let hotp = format!("otpauth://hotp/a?secret={SECRET}&counter=1");
    assert_eq!(keyfob(&["code", &hotp]).stdout, "287082\n"); // RFC 4226, appendix D
    assert_eq!(keyfob(&["code", &hotp, "--counter", "0"]).stdout, "755224\n");
    let steam = format!("otpauth://steam/a?secret={SECRET}");
    assert_eq!(keyfob(&["code", &steam, "--at", "59"]).stdout, "PV9M4\n"); // tests/vectors/steam.json
}

#[test]
fn an_option_that_would_do_nothing_is_refused() {
    let uri = |kind: &str| format!("otpauth://{kind}/a?secret={SECRET}&counter=1");
    for (kind, option) in [
        ("totp", ["--counter", "1"]),
        ("hotp", ["--period", "30"]),
        ("hotp", ["--at", "59"]),
        ("steam", ["--digits", "6"]),
    ] {
        let refused = keyfob(&[&["code", &uri(kind)], &option[..]].concat());
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{kind} {option:?}");
        assert!(refused.stderr.contains("leave out"), "{}", refused.stderr);
    }
}

#[test]
fn verify_says_no_with_1_and_cannot_judge_with_2() {
    let verify = |arguments: &[&str]| keyfob(&[&["verify"], arguments].concat()).status;
    assert_eq!(verify(&[SECRET, "287082", "--at", "59"]), 0);
    assert_eq!(verify(&[SECRET, "287082", "--at", "89"]), 0, "one step late");
    assert_eq!(verify(&[SECRET, "287082", "--at", "119"]), 1, "two steps late");
    assert_eq!(verify(&[SECRET, "287082", "--at", "119", "--window", "2"]), 0);
    assert_eq!(verify(&[SECRET, "287082", "--at", "59", "--window", "0"]), 0);
    assert_eq!(verify(&[SECRET, "287082", "--counter", "0"]), 0, "ten counters ahead");
    assert_eq!(verify(&[SECRET, "755224", "--counter", "1"]), 1, "never looks back");
    for typed in ["28708", "2870822", " 287082", "287082 ", "+87082", "-87082", "２８７０８２", ""]
    {
        assert_eq!(verify(&[SECRET, typed, "--at", "59"]), 1, "{typed:?}");
    }
    assert_eq!(verify(&["not base32!", "287082"]), 2);
    assert_eq!(verify(&[SECRET, "287082", "--window", "11"]), 2);
    assert_eq!(verify(&[SECRET]), 2);
}

#[test]
fn what_a_user_typed_as_a_code_never_makes_verify_succeed() {
    for typed in ["--help", "-h", "--version", "--window", "--at=59", "-", "--"] {
        let judged = keyfob(&["verify", SECRET, typed]);
        assert_ne!(judged.status, 0, "{typed}: {}", judged.stdout);
    }
    assert_eq!(keyfob(&["verify", "--help"]).status, 0, "asking for help alone is well");
}

#[test]
fn a_short_key_is_used_and_warned_of_on_standard_error_alone() {
    let code = keyfob(&["code", SHORT, "--at", "59"]);
    assert_eq!((code.status, code.stdout.len()), (0, 7));
    assert!(code.stderr.contains("80 bits"), "{}", code.stderr);
    assert_eq!(keyfob(&["code", SECRET, "--at", "59"]).stderr, "");
}

#[test]
fn an_error_names_what_to_do_and_never_the_secret() {
    let secret = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZL1";
    for arguments in [
        &["code", "-"][..],
        &["verify", "-", "123456"],
        &["uri", "build", "--account", "a", "--secret", "-"],
    ] {
        let refused = keyfob_with(arguments, secret);
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
        assert!(refused.stderr.starts_with("error[secret-character]: character 32 "));
        assert!(!refused.stderr.contains(&secret[..8]), "{}", refused.stderr);
    }
    assert!(keyfob_with(&["code", "-"], "").stderr.contains("standard input is empty"));
}

#[test]
fn an_argument_that_cannot_be_read_shows_how_it_is_written() {
    let here = "127.0.0.1:9203";
    for (arguments, said) in [
        (&["code", SECRET, "--at", "2026-01-01"][..], "expected a whole number"),
        (&["code", SECRET, "--counter", "x"], "expected a whole number"),
        (&["secret", "--bytes", "x"], "expected a whole number"),
        (&["uri", "build", "--account", "a", "--parameter", "foo"], "write it like image="),
        (&["--dev"], "tip: `keyfob serve --dev`"),
        (&["serve", "--listen", "localhost:9203"], "write it like 127.0.0.1:9203"),
        (&["serve", "--listen", "9203"], "write it like 127.0.0.1:9203"),
        (&["serve", "--public-url", "otp.example.com"], "write it like https://"),
        (&["serve", "--listen", here, "--log", "verbose"], "error[invalid-log-filter]"),
        (&["serve", "--listen", here, "--log", "info,verbose"], "error[invalid-log-filter]"),
    ] {
        let refused = keyfob(arguments);
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(refused.stderr.contains(said), "{arguments:?}: {}", refused.stderr);
    }
    assert!(!keyfob(&["--nonsense"]).stderr.contains("serve --nonsense"));
}

#[test]
fn new_secrets_differ_and_are_never_under_128_bits() {
    let (one, two) = (keyfob(&["secret"]).stdout, keyfob(&["secret"]).stdout);
    assert_eq!((one.len(), two.len()), (33, 33));
    assert_ne!(one, two);
    assert_eq!(keyfob(&["secret", "--bytes", "64"]).stdout.len(), 104);
    for bytes in ["15", "0", "257", "-1", "many"] {
        assert_eq!(keyfob(&["secret", "--bytes", bytes]).status, 2, "{bytes}");
    }
}
