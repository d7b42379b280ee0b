use std::path::PathBuf;

use jiff::Timestamp;
use keyfob::{
    UnixTime,
    service::{Channel, to_ssml},
};
use reqwest::{Client, Url, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer,
};
use subtle::ConstantTimeEq as _;

use super::{Callback, CallbackError, Fate, Letter, ProviderError, SendError, client};
use crate::config::{Hidden, HiddenUrl};

/// A gateway of your own or of anybody who verifies Standard Webhooks. Each message is a
/// signed `POST` of JSON; any answer of 2xx says that the gateway has it. 400 and 422 refuse
/// this message, 429 and 5xx ask for it later, and 401, 403, 404 and redirects say that the
/// gateway takes nothing of ours: others are asked, and it again until the code expires.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where to post. `https`, or `http` to this machine itself.
    pub url: HiddenUrl,
    /// The key that signs: `whsec_` and 24 to 64 bytes in base64. The gateway has it, too.
    pub secret: Hidden,
    /// Whether the gateway reports what became of messages, to `/callbacks/NAME` of this
    /// service: a `POST` signed with the same key, of
    /// `{"type": "otp.receipt", "data": {"id": "msg_…", "state": "delivered"}}`, or `"failed"`.
    #[serde(default)]
    pub receipts: bool,
    /// Certificates (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}

/// A gateway that takes signed webhooks (<https://www.standardwebhooks.com>).
pub struct Webhook {
    client: Client,
    url: Url,
    signer: Signer,
    has_receipts: bool,
}

impl Webhook {
    /// A gateway with this configuration.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn new(config: &WebhookConfig) -> Result<Self, ProviderError> {
        let url = client::url(config.url.expose())?;
        Ok(Self {
            client: client::client(config.ca_file.as_deref())?,
            url,
            signer: signer(config)?,
            has_receipts: config.receipts,
        })
    }

    /// Hands a letter to the gateway. Gives the id that the gateway will report by, if it does.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, letter: &Letter, now: UnixTime) -> Result<Option<String>, SendError> {
        let ssml = (letter.channel == Channel::Voice).then(|| to_ssml(letter.expose_text()));
        let event = Event::of(letter, ssml.as_ref().map(|ssml| ssml.as_str()), now);
        let body = serde_json::to_string(&event).map_err(|_| unsigned())?;
        let (id, now) = (letter.id(), now.cast_signed());
        let signature = self.signer.sign(&id, now, body.as_bytes()).map_err(|_| unsigned())?;
        let request = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, &id)
            .header(HEADER_WEBHOOK_TIMESTAMP, now)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(body);
        client::judge(client::exchange(request).await?.0)?;
        Ok(self.has_receipts.then_some(id))
    }

    /// What the gateway reports in a callback. What is no receipt says nothing.
    ///
    /// # Errors
    /// [`CallbackError::Unsigned`] if it did not sign it within the last five minutes.
    pub fn reports_in(
        &self,
        callback: &Callback<'_>,
    ) -> Result<Vec<(String, Fate)>, CallbackError> {
        if !self.has_signed(callback) {
            return Err(CallbackError::Unsigned);
        }
        if !self.has_receipts {
            return Err(CallbackError::Unexpected);
        }
        let receipt = serde_json::from_slice::<Receipt>(callback.body).ok();
        let receipt = receipt.filter(|receipt| receipt.r#type == "otp.receipt");
        Ok(receipt.map(|receipt| (receipt.data.id, receipt.data.state)).into_iter().collect())
    }

    /// Whether it reports what became of messages.
    pub fn has_receipts(&self) -> bool {
        self.has_receipts
    }

    fn has_signed(&self, callback: &Callback<'_>) -> bool {
        let header = |name| callback.headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(at), Some(signatures)) = (
            header(HEADER_WEBHOOK_ID),
            header(HEADER_WEBHOOK_TIMESTAMP).and_then(|at| at.parse::<i64>().ok()),
            header(HEADER_WEBHOOK_SIGNATURE),
        ) else {
            return false;
        };
        if callback.now.cast_signed().abs_diff(at) > TOLERANCE {
            return false;
        }
        let Ok(right) = self.signer.sign(id, at, callback.body) else { return false };
        let is_right = |given: &str| bool::from(given.as_bytes().ct_eq(right.as_bytes()));
        signatures.split(' ').any(is_right)
    }

    /// Whether anybody answers there, and what deserves a look in what it says to a request
    /// that is no webhook.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<Option<String>, SendError> {
        client::judge_probe(client::exchange(self.client.head(self.url.clone())).await?.0)
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Webhook") // its URL may hold a token, its signer holds a key
    }
}

fn signer(config: &WebhookConfig) -> Result<Signer, ProviderError> {
    use base64ct::{Base64, Encoding as _};
    let key = config.secret.expose().strip_prefix("whsec_").ok_or(ProviderError::WebhookSecret)?;
    let key = Base64::decode_vec(key).map_err(|_| ProviderError::WebhookSecret)?;
    if !(24..=64).contains(&key.len()) {
        return Err(ProviderError::WebhookSecret);
    }
    Signer::from_bytes(key).map_err(|_| ProviderError::WebhookSecret)
}

fn unsigned() -> SendError {
    SendError::Refused("the message cannot be signed".to_owned())
}

/// How far a callback's clock may be from ours, in seconds (Standard Webhooks).
const TOLERANCE: u64 = 300;

/// The body of a gateway's callback.
#[derive(Deserialize)]
struct Receipt {
    r#type: String,
    data: ReceiptData,
}

#[derive(Deserialize)]
struct ReceiptData {
    id: String,
    state: Fate,
}

/// The body of a webhook.
#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// The same however often the message is handed over: a gateway that sees it again
    /// has it already.
    id: String,
    otp_id: String,
    channel: &'static str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    /// Of the text, as a tag (BCP 47).
    language: &'static str,
    text: &'a str,
    /// What a voice is to say, as SSML 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    ssml: Option<&'a str>,
    /// After this nobody should get it any more.
    expires_at: String,
}

impl<'a> Event<'a> {
    fn of(letter: &'a Letter, ssml: Option<&'a str>, now: UnixTime) -> Self {
        let text = letter.expose_text();
        Self {
            r#type: "otp.message",
            timestamp: rfc3339(now),
            data: Data {
                id: letter.id(),
                otp_id: letter.otp_id.to_string(),
                channel: letter.channel.name(),
                to: letter.recipient.as_str(),
                subject: (letter.channel == Channel::Email).then_some(&letter.subject),
                language: letter.language.tag(),
                text,
                ssml,
                expires_at: rfc3339(letter.expires_at),
            },
        }
    }
}

pub(crate) fn rfc3339(at: UnixTime) -> String {
    let seconds = i64::try_from(at).ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, secret: &str) -> Option<ProviderError> {
        let config = WebhookConfig {
            url: url.into(),
            secret: secret.into(),
            receipts: false,
            ca_file: None,
        };
        Webhook::new(&config).err()
    }

    #[test]
    fn a_key_that_anybody_could_guess_is_refused() {
        let url = "https://gateway.example";
        assert_eq!(refusal(url, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), None);
        for secret in
            ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"]
        {
            assert_eq!(refusal(url, secret), Some(ProviderError::WebhookSecret), "{secret}");
        }
    }
}
