use std::fmt;

use keyfob::{
    Entropy as _, UnixTime,
    service::{AccountId, Channel, Language, Message, OtpId, PortError, Recipient},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{app::App, entropy::SystemEntropy};

/// A message as it waits in the outbox. Holds the code: sealed at rest, and its
/// `Debug` shows neither text nor recipient.
#[derive(Serialize, Deserialize)]
pub struct Letter {
    id: [u8; 16],
    /// The account on whose behalf it is sent.
    pub account: AccountId,
    /// The challenge it belongs to.
    pub otp_id: OtpId,
    /// How it travels.
    pub channel: Channel,
    /// To whom.
    pub recipient: Recipient,
    /// The language of the voice that says it.
    pub language: Language,
    /// The subject, for channels that have one.
    pub subject: String,
    /// The second from which its code is void.
    pub expires_at: UnixTime,
    text: String,
}

impl Letter {
    /// A letter with an id of its own.
    ///
    /// # Errors
    /// [`PortError`] when there is no entropy.
    pub fn new(message: Message) -> Result<Self, PortError> {
        let mut id = [0; 16];
        SystemEntropy.fill(&mut id)?;
        Ok(Self {
            id,
            account: message.account,
            otp_id: message.otp_id,
            channel: message.channel,
            recipient: message.recipient,
            language: message.language,
            subject: message.subject,
            expires_at: message.expires_at,
            text: message.text.to_string(),
        })
    }

    /// Names this message, however often it is handed over. A resend is another one.
    pub fn id(&self) -> String {
        format!("msg_{:032x}", u128::from_be_bytes(self.id))
    }

    /// The text, with the code in it.
    pub fn expose_text(&self) -> &str {
        &self.text
    }

    /// Seals the letter for its place in the outbox.
    pub fn seal(&self, app: &App) -> Result<Vec<u8>, PortError> {
        let plain = serde_json::to_vec(self).map_err(|_| PortError::Unavailable)?;
        let plain = Zeroizing::new(plain);
        let context = context(&self.account.0, &self.otp_id.0);
        Ok(app.service.keys().seal(&context, &plain, &mut SystemEntropy)?)
    }

    /// Opens what [`seal`](Self::seal) made for the same account and challenge.
    pub fn open(app: &App, account: &[u8; 16], otp_id: &[u8; 16], body: &[u8]) -> Option<Self> {
        let plain = app.service.keys().open(&context(account, otp_id), body)?;
        serde_json::from_slice(&plain).ok()
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.text);
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("otp_id", &self.otp_id)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

fn context(account: &[u8; 16], otp_id: &[u8; 16]) -> Vec<u8> {
    [&b"outbox"[..], account, otp_id].concat()
}
