//! The configuration as an operator meets it: variables, the check of them, and a start with
//! what cannot be used.

use std::process::{Command, Output};

use crate::{service::Service, support::Folder};

/// The binary with these variables of its own and no others.
fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyfob"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KEYFOB_") {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied());
    command
}

/// The status, what is effective and what is wrong.
fn check(variables: &[(&str, &str)]) -> (i32, String, String) {
    let done = command(variables).args(["config", "check", "--offline"]).output().unwrap();
    let Output { status, stdout, stderr } = done;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const URL: (&str, &str) = ("KEYFOB_SMTP_URL", "smtps://user:canary@relay.example");
const FROM: (&str, &str) = ("KEYFOB_SMTP_FROM", "Example Bank <codes@bank.example>");

#[test]
fn a_check_shows_the_relay_of_the_variables() {
    let (status, shown, said) = check(&[URL, FROM]);
    assert_eq!(status, 0, "{said}");
    assert!(shown.contains("[providers.smtp]") && shown.contains("relay.example"), "{shown}");
    assert!(shown.contains("email = [\"smtp\"]"), "{shown}");
    assert!(!shown.contains("canary") && !said.contains("canary"));
}

#[test]
fn a_check_says_which_variable_of_the_relay_is_wrong() {
    for (variables, words) in [
        (&[("KEYFOB_SMTP_URL", "smtp://relay.example"), FROM], ["KEYFOB_SMTP_URL", "unencrypted"]),
        (&[URL, ("KEYFOB_SMTP_FROM", "nobody")], ["KEYFOB_SMTP_FROM", "no mailbox"]),
        (&[URL, ("KEYFOB_SMTP_CA", "/none.pem")], ["KEYFOB_SMTP_URL", "KEYFOB_SMTP_FROM"]),
    ] {
        let (status, _, said) = check(variables);
        assert_eq!(status, 1, "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn a_check_finds_variables_that_set_nothing() {
    let (status, _, said) = check(&[("KEYFOB_LIMITS_ALLOWED", "GB")]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("KEYFOB_LIMITS_ALLOWED") && said.contains("KEYFOB_LIMITS__ALLOWED"));
    let (status, _, said) = check(&[("KEYFOB_CHANNELS_SMS", "relay")]);
    assert!(status == 1 && said.contains("KEYFOB_CHANNELS__SMS"), "{said}");
}

#[test]
fn a_relay_that_cannot_be_used_does_not_keep_the_service_from_starting() {
    let data = Folder::new("half-a-relay");
    let service = Service::run(command(&[("KEYFOB_SMTP_URL", "relay.example"), FROM]), &data);
    let ready = service.text("/readyz");
    assert!(ready.contains("\r\n\r\nok\n"), "{ready}");
    assert!(ready.contains("KEYFOB_SMTP_URL: see `keyfob config check`"), "{ready}");
}

#[test]
fn an_empty_name_of_a_file_is_said_to_be_empty() {
    let (status, _, said) = check(&[("KEYFOB_CONFIG", "")]);
    assert_eq!((status, said.lines().count()), (2, 1), "{said}");
    assert!(said.contains("is empty") && said.contains("KEYFOB_CONFIG"), "{said}");
}
