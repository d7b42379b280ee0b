use std::path::PathBuf;

use keyfob::UnixTime;
use reqwest::{Client, StatusCode, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Letter, ProviderError, SendError, client};
use crate::config::{Hidden, HiddenUrl};

/// Text messages through Twilio's Messages API, or anything that speaks it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TwilioMessagesConfig {
    /// The account, `AC…`.
    pub account_sid: String,
    /// Its token. Better in the environment than in the file.
    pub auth_token: Hidden,
    /// The number or name that messages come from.
    pub from: Option<String>,
    /// The messaging service to send through, `MG…`, in place of `from`.
    pub messaging_service_sid: Option<String>,
    /// Where the API is.
    #[serde(default = "api")]
    pub base_url: HiddenUrl,
    /// Certificates (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}

fn api() -> HiddenUrl {
    HiddenUrl::from("https://api.twilio.com")
}

/// Twilio's Messages API (<https://www.twilio.com/docs/messaging/api/message-resource>).
pub struct TwilioMessages {
    client: Client,
    account: Url,
    messages: Url,
    account_sid: String,
    auth_token: Hidden,
    sender: (&'static str, String),
}

impl TwilioMessages {
    /// An account with this configuration.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn new(config: &TwilioMessagesConfig) -> Result<Self, ProviderError> {
        let sender = match (&config.from, &config.messaging_service_sid) {
            (Some(from), None) => ("From", from.clone()),
            (None, Some(sid)) => ("MessagingServiceSid", sid.clone()),
            _ => return Err(ProviderError::TwilioSender),
        };
        if is_number_without_plus(&sender.1) {
            return Err(ProviderError::TwilioNumber);
        }
        let base = config.base_url.expose().trim_end_matches('/');
        let account = format!("{base}/2010-04-01/Accounts/{}", config.account_sid);
        Ok(Self {
            client: client::client(config.ca_file.as_deref())?,
            messages: client::url(&format!("{account}/Messages.json"))?,
            account: client::url(&format!("{account}.json"))?,
            account_sid: config.account_sid.clone(),
            auth_token: config.auth_token.clone(),
            sender,
        })
    }

    /// Hands a letter to Twilio.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, letter: &Letter, now: UnixTime) -> Result<(), SendError> {
        let life = letter.expires_at.saturating_sub(now).clamp(1, LONGEST_VALIDITY).to_string();
        let form = [
            (self.sender.0, self.sender.1.as_str()),
            ("To", letter.recipient.as_str()),
            ("Body", letter.expose_text()),
            ("ValidityPeriod", &life), // queued for longer, it would arrive with a dead code
        ];
        let request = self.client.post(self.messages.clone()).form(&form);
        let (status, body) = client::exchange(self.authorised(request)).await?;
        judge(status, &body)
    }

    /// Whether Twilio knows the account and takes its token.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<(), SendError> {
        let request = self.client.get(self.account.clone());
        client::judge(client::exchange(self.authorised(request)).await?.0)
    }

    fn authorised(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.account_sid, Some(self.auth_token.expose()))
    }
}

impl std::fmt::Debug for TwilioMessages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TwilioMessages").finish_non_exhaustive()
    }
}

/// As TOML makes it of a number without quotes. Short codes have up to 8 digits.
fn is_number_without_plus(sender: &str) -> bool {
    sender.len() > 8 && sender.bytes().all(|byte| byte.is_ascii_digit())
}

/// In seconds, as the API has it.
const LONGEST_VALIDITY: u64 = 36_000;

/// Twilio answers 400 to what is wrong with a message and to what is wrong with the
/// account alike; the number of its error tells.
fn judge(status: StatusCode, body: &[u8]) -> Result<(), SendError> {
    #[derive(Deserialize)]
    struct Refusal {
        code: u32,
    }
    let Ok(Refusal { code }) = serde_json::from_slice(body) else { return client::judge(status) };
    if status != StatusCode::BAD_REQUEST {
        return client::judge(status);
    }
    let said = format!("Twilio refused with error {code}");
    match code {
        // The sender: not ours, not able to send texts, not allowed there, not in the service.
        21212 | 21606 | 21607 | 21660 | 21703 | 21704 => Err(SendError::Denied(said)),
        _ => Err(SendError::Refused(said)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_lost_its_plus_is_noticed_before_anybody_waits_for_a_message() {
        let refusal = |from: &str| {
            TwilioMessages::new(&TwilioMessagesConfig {
                account_sid: "AC0".to_owned(),
                auth_token: "token".into(),
                from: Some(from.to_owned()),
                messaging_service_sid: None,
                base_url: api(),
                ca_file: None,
            })
            .err()
        };
        assert_eq!(refusal("15005550006"), Some(ProviderError::TwilioNumber));
        for sender in ["+15005550006", "62442", "BANK", "1STBANK2026"] {
            assert_eq!(refusal(sender), None, "{sender}");
        }
    }

    #[test]
    fn an_account_that_cannot_send_is_told_from_a_number_that_cannot_receive() {
        let judged = |status: u16, code: u32| {
            let body =
                format!(r#"{{"code": {code}, "message": "To +447700900123", "status": {status}}}"#);
            judge(StatusCode::from_u16(status).unwrap(), body.as_bytes())
        };
        assert!(matches!(judged(400, 21211), Err(SendError::Refused(_))), "no such number");
        assert!(matches!(judged(400, 21606), Err(SendError::Denied(_))), "not our number");
        assert!(matches!(judged(401, 20003), Err(SendError::Denied(_))), "wrong token");
        assert!(matches!(judged(429, 20429), Err(SendError::Later(_))));
        assert!(judged(500, 0).unwrap_err().is_transient());
        let reason = judged(400, 21211).unwrap_err().to_string();
        assert!(!reason.contains("447700900123"), "its words repeat the recipient");
        assert_eq!(judge(StatusCode::CREATED, br#"{"sid": "SM1"}"#), Ok(()));
        assert_eq!(judge(StatusCode::CREATED, b"{\"si"), Ok(()), "half an answer");
    }
}
