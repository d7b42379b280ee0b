//! The relay that three options make, for those who need nothing else.

use std::path::PathBuf;

use super::{Config, Problem, ProviderConfig};
use crate::delivery::{ProviderError, SmtpConfig, SmtpError};

/// A relay as the options `--smtp-…` or their variables give it. What is empty is not given.
#[derive(Debug, Default)]
pub struct RelayOptions {
    /// Its URL. May hold a password.
    pub url: Option<super::HiddenUrl>,
    /// The sender.
    pub from: Option<String>,
    /// A certificate to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Config {
    /// With the relay, if there is one, as the provider `smtp`, preferred to the others. One
    /// that cannot be used is a problem, and no more than that.
    #[must_use]
    pub fn with_relay(mut self, relay: RelayOptions) -> Self {
        match relay.settings() {
            Ok(None) => {}
            Ok(Some(_)) if self.providers.contains_key(SMTP) => {
                let text = "makes a provider `smtp`, and the configuration has one of that name, which is used; leave out one of them, or give yours another name";
                self.problems.push(problem(URL, text));
            }
            Ok(Some(settings)) => {
                self.providers.insert(SMTP.to_owned(), ProviderConfig::Smtp(settings));
                self.channels.email.insert(0, SMTP.to_owned());
            }
            Err(problem) => self.problems.push(problem),
        }
        self
    }
}

/// The name of the provider.
const SMTP: &str = "smtp";

const URL: &str = "KEYFOB_SMTP_URL";
const FROM: &str = "KEYFOB_SMTP_FROM";
const CA: &str = "KEYFOB_SMTP_CA";

impl RelayOptions {
    /// Half of them would look like email that is set up, and send none.
    fn settings(self) -> Result<Option<SmtpConfig>, Problem> {
        let url = self.url.filter(|url| !url.expose().is_empty());
        let from = self.from.filter(|from| !from.is_empty());
        let ca_file = self.ca_file.filter(|path| !path.as_os_str().is_empty());
        let missing = |name| format!("is given without {name}; for email give both, else neither");
        let (url, from) = match (url, from, &ca_file) {
            (Some(url), Some(from), _) => (url, from),
            (Some(_), None, _) => return Err(problem(URL, &missing(FROM))),
            (None, Some(_), _) => return Err(problem(FROM, &missing(URL))),
            (None, None, Some(_)) => return Err(problem(CA, &missing(URL))),
            (None, None, None) => return Ok(None),
        };
        let settings = SmtpConfig { url, from, bounce_to: None, ca_file };
        match settings.check() {
            Ok(()) => Ok(Some(settings)),
            Err(error) => Err(problem(
                match error {
                    SmtpError::From | SmtpError::BounceTo => FROM,
                    SmtpError::Certificate => CA,
                    SmtpError::Url | SmtpError::Unencrypted => URL,
                },
                &format!(
                    "cannot be used: {}",
                    ProviderError::from(error).with_value(&ProviderConfig::Smtp(settings))
                ),
            )),
        }
    }
}

/// At the variable; the option has its name in small letters.
fn problem(variable: &str, text: &str) -> Problem {
    let option = variable.trim_start_matches("KEYFOB_").to_lowercase().replace('_', "-");
    Problem::new(variable, format!("(or --{option}) {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAY: &str = "smtps://user:canary@relay.example";
    const SENDER: &str = "Example Bank <codes@bank.example>";

    fn with(url: &str, from: &str, ca_file: &str) -> Config {
        let config = Config::read(None, []).unwrap();
        config.with_relay(RelayOptions {
            url: Some(url.into()),
            from: Some(from.to_owned()),
            ca_file: Some(ca_file.into()),
        })
    }

    #[test]
    fn the_relay_of_the_variables_is_a_provider_as_any_other_and_asked_first() {
        let config = with(RELAY, SENDER, "");
        assert_eq!(config.problems, []);
        assert_eq!(config.channels.email, ["smtp"]);
        let shown = toml::to_string(&config).unwrap();
        assert!(shown.contains("relay.example") && !shown.contains("canary"), "{shown}");
        assert!(with("", "", "").providers.is_empty(), "set to nothing is not set");
    }

    #[test]
    fn a_relay_that_cannot_be_used_is_named_by_its_variable_and_is_no_provider() {
        for (url, from, ca_file, at, word) in [
            ("smtp://relay.example", SENDER, "", URL, "unencrypted"),
            ("relay.example", SENDER, "", URL, "smtps://user:password@host"),
            (RELAY, "nobody", "", FROM, "no mailbox"),
            (RELAY, SENDER, "/none.pem", CA, "PEM"),
            (RELAY, "", "", URL, "without KEYFOB_SMTP_FROM"),
            ("", SENDER, "", FROM, "without KEYFOB_SMTP_URL"),
            ("", "", "/none.pem", CA, "without KEYFOB_SMTP_URL"),
        ] {
            let config = with(url, from, ca_file);
            assert!(config.providers.is_empty() && config.channels.email.is_empty());
            let [problem] = &config.problems[..] else { panic!("{:?}", config.problems) };
            assert!(problem.at == at && problem.text.contains(word), "{problem}");
            assert!(!problem.text.contains("canary"), "{problem}");
        }
    }

    #[test]
    fn of_two_relays_of_one_name_the_one_of_the_file_is_used_and_that_is_said() {
        let variables = [
            ("KEYFOB_PROVIDERS__SMTP__KIND", "smtp"),
            ("KEYFOB_PROVIDERS__SMTP__URL", "smtps://other.example"),
            ("KEYFOB_PROVIDERS__SMTP__FROM", "codes@bank.example"),
            ("KEYFOB_CHANNELS__EMAIL", "smtp"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options =
            RelayOptions { url: Some(RELAY.into()), from: Some(SENDER.into()), ca_file: None };
        let config = Config::read(None, variables).unwrap().with_relay(options);
        assert_eq!((config.channels.email.len(), config.problems.len()), (1, 1));
        let ProviderConfig::Smtp(smtp) = &config.providers["smtp"] else { panic!() };
        assert_eq!(smtp.url.expose(), "smtps://other.example");
    }
}
