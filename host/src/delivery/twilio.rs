use std::path::PathBuf;

use keyfob::UnixTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Callback, Fate, Letter, ProviderError, SendError,
    twilio_account::{TwilioAccount, TwilioCallbacks, is_sid},
};
use crate::config::{Hidden, HiddenUrl};

/// Text messages through Twilio's Messages API, or anything that speaks it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TwilioMessagesConfig {
    /// The account: `AC` and 32 hexadecimal digits, such as `AC0123456789abcdef0123456789abcdef`.
    pub account_sid: String,
    /// Its token, which also signs its callbacks. Better in the environment than in the file.
    pub auth_token: Hidden,
    /// The number, such as `+447700900123`, or name that messages come from.
    pub from: Option<String>,
    /// The messaging service to send through, in place of `from`: `MG` and 32 hexadecimal digits.
    pub messaging_service_sid: Option<String>,
    /// Where Twilio reaches this service, such as `https://otp.bank.example`, to report what
    /// became of messages at `/callbacks/NAME` below it. Without, it does not report.
    pub callback_url: Option<String>,
    /// Where the API is.
    #[serde(default = "api")]
    pub base_url: HiddenUrl,
    /// Certificates (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}

pub(super) fn api() -> HiddenUrl {
    HiddenUrl::from("https://api.twilio.com")
}

/// Twilio's Messages API (<https://www.twilio.com/docs/messaging/api/message-resource>).
pub struct TwilioMessages {
    account: TwilioAccount,
    callbacks: Option<TwilioCallbacks>,
    sender: (&'static str, String),
}

impl TwilioMessages {
    /// An account with this configuration, and the name that the provider has in it.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn new(name: &str, config: &TwilioMessagesConfig) -> Result<Self, ProviderError> {
        let sender = match (&config.from, &config.messaging_service_sid) {
            (Some(from), None) => ("From", from.clone()),
            (None, Some(sid)) if !is_sid("MG", sid) => return Err(ProviderError::TwilioService),
            (None, Some(sid)) => ("MessagingServiceSid", sid.clone()),
            _ => return Err(ProviderError::TwilioSender),
        };
        if is_number_without_plus(&sender.1) {
            return Err(ProviderError::TwilioNumber);
        }
        let TwilioMessagesConfig { account_sid, auth_token, base_url, ca_file, .. } = config;
        let ca_file = ca_file.as_deref();
        let account = TwilioAccount::new(account_sid, auth_token, base_url, ca_file, "Messages")?;
        let callbacks = config.callback_url.as_deref().map(|url| account.callbacks(url, name));
        Ok(Self { callbacks: callbacks.transpose()?, account, sender })
    }

    /// Hands a letter to Twilio. Gives the name that Twilio will report by, if it does.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, letter: &Letter, now: UnixTime) -> Result<Option<String>, SendError> {
        let life = letter.expires_at.saturating_sub(now).clamp(1, LONGEST_VALIDITY).to_string();
        let callback = self.callbacks.as_ref().map(|callbacks| callbacks.url(""));
        let mut form = vec![
            (self.sender.0, self.sender.1.as_str()),
            ("To", letter.recipient.as_str()),
            ("Body", letter.expose_text()),
            ("ValidityPeriod", &life), // queued for longer, it would arrive with a dead code
        ];
        form.extend(callback.as_ref().map(|url| ("StatusCallback", url.as_str())));
        let sid = self.account.create(&form, &DENIALS).await?;
        Ok(sid.filter(|_| self.callbacks.is_some()))
    }

    /// What Twilio reports in a callback; `None` if it did not sign it.
    pub fn reports_in(&self, callback: &Callback<'_>) -> Option<Vec<(String, Fate)>> {
        let parameters = self.callbacks.as_ref()?.parameters_in(callback)?;
        let fate = match parameters.value("MessageStatus") {
            Some("delivered") => Fate::Delivered,
            Some("undelivered" | "failed") => Fate::Failed,
            _ => return Some(Vec::new()), // on its way, or a state that is new
        };
        let report = parameters.value("MessageSid").map(|sid| (sid.to_owned(), fate));
        Some(report.into_iter().collect())
    }

    /// Whether it reports what became of messages.
    pub fn has_receipts(&self) -> bool {
        self.callbacks.is_some()
    }

    /// Whether Twilio knows the account and takes its token.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<(), SendError> {
        self.account.check().await
    }
}

impl std::fmt::Debug for TwilioMessages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TwilioMessages").finish_non_exhaustive()
    }
}

/// As TOML makes it of a number without quotes. Short codes have up to 8 digits.
pub(super) fn is_number_without_plus(sender: &str) -> bool {
    sender.len() > 8 && sender.bytes().all(|byte| byte.is_ascii_digit())
}

/// In seconds, as the API has it.
const LONGEST_VALIDITY: u64 = 36_000;

/// What is wrong with the account (<https://www.twilio.com/docs/api/errors>): the sender is not
/// ours, cannot send texts, not there, or is not in the service; the callback is no URL.
const DENIALS: [u32; 7] = [21212, 21606, 21607, 21609, 21660, 21703, 21704];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_lost_its_plus_is_noticed_before_anybody_waits_for_a_message() {
        let refusal = |from: &str| {
            TwilioMessages::new(
                "twilio",
                &TwilioMessagesConfig {
                    account_sid: "AC0".to_owned(),
                    auth_token: "token".into(),
                    from: Some(from.to_owned()),
                    messaging_service_sid: None,
                    callback_url: None,
                    base_url: api(),
                    ca_file: None,
                },
            )
            .err()
        };
        assert_eq!(refusal("15005550006"), Some(ProviderError::TwilioNumber));
        for sender in ["+15005550006", "62442", "BANK", "1STBANK2026"] {
            assert_eq!(refusal(sender), None, "{sender}");
        }
    }

    #[test]
    fn what_is_no_account_and_no_service_is_said_before_anybody_asks_twilio() {
        let refusal = |account_sid: &str, service: &str| {
            let config = TwilioMessagesConfig {
                account_sid: account_sid.to_owned(),
                auth_token: "token".into(),
                from: None,
                messaging_service_sid: Some(service.to_owned()),
                callback_url: None,
                base_url: api(),
                ca_file: None,
            };
            TwilioMessages::new("twilio", &config).err()
        };
        assert_eq!(refusal("AC0123456789abcdef0123456789abcdef", "MG0"), None);
        for none in ["", "AC", "SK0", "AC…", "AC0/../AC1"] {
            assert_eq!(refusal(none, "MG0"), Some(ProviderError::TwilioAccount), "{none}");
        }
        for none in ["", "MG", "AC0", "+447700900123"] {
            assert_eq!(refusal("AC0", none), Some(ProviderError::TwilioService), "{none}");
        }
    }

    #[test]
    fn callbacks_come_to_an_encrypted_address_and_nothing_but_an_address() {
        let refusal = |url: &str| {
            let config = TwilioMessagesConfig {
                account_sid: "AC0".to_owned(),
                auth_token: "token".into(),
                from: Some("BANK".to_owned()),
                messaging_service_sid: None,
                callback_url: Some(url.to_owned()),
                base_url: api(),
                ca_file: None,
            };
            TwilioMessages::new("twilio", &config).err()
        };
        for url in ["https://otp.example", "https://otp.example:8443/keyfob/", "http://localhost:1"]
        {
            assert_eq!(refusal(url), None, "{url}");
        }
        for url in [
            "",
            "otp.example",
            "http://otp.example",
            "https://u@otp.example",
            "https://otp.example/?a=b",
            "https://otp.example/#a",
        ] {
            assert_eq!(refusal(url), Some(ProviderError::TwilioCallbackUrl), "{url}");
        }
    }
}
