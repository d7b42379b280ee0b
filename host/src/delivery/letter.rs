use std::fmt;

use keyfob::{
    Entropy, UnixTime,
    service::{
        AccountId, Channel, Language, Message, MessageId, OtpId, PortError, Ports as _, Recipient,
    },
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::app::App;

/// A message as it waits in the outbox: the same code by each of its ways. Sealed at rest.
#[derive(Debug, Serialize, Deserialize)]
pub struct Parcel {
    /// Which of the challenge's messages it is.
    pub message: MessageId,
    /// As [`Message`] has it.
    pub fallback_after: Option<u64>,
    /// What goes each way, the preferred one first. Never empty.
    pub letters: Vec<Letter>,
}

impl Parcel {
    /// A parcel whose letters have ids of their own.
    ///
    /// # Errors
    /// [`PortError`] when there is no entropy.
    pub fn new(message: &Message, entropy: &mut impl Entropy) -> Result<Self, PortError> {
        let mut letter =
            |channel, to: &Recipient, text: &str| Letter::new(entropy, message, channel, to, text);
        let first = letter(message.channel, &message.recipient, &message.text);
        let others = message.fallbacks.iter();
        let others = others.map(|way| letter(way.channel, &way.recipient, &way.text));
        Ok(Self {
            message: message.id,
            fallback_after: message.fallback_after,
            letters: std::iter::once(first).chain(others).collect::<Result<_, _>>()?,
        })
    }

    /// How many seconds a channel is tried that does not take it now, if it has another way.
    pub fn patience(&self) -> u64 {
        self.fallback_after.unwrap_or(Message::DEFAULT_PATIENCE)
    }

    /// Seals the parcel for its place in the outbox.
    pub fn seal(&self, app: &App) -> Result<Vec<u8>, PortError> {
        let [first, ..] = &self.letters[..] else { return Err(PortError::Unavailable) };
        seal(app, &context(&first.account.0, &first.otp_id.0), self)
    }

    /// Opens what [`seal`](Self::seal) made for the same account and challenge.
    pub fn open(app: &App, account: &[u8; 16], otp_id: &[u8; 16], body: &[u8]) -> Option<Self> {
        let plain = app.engine.keys().open(&context(account, otp_id), body)?;
        let parcel: Self = serde_json::from_slice(&plain).ok()?;
        (!parcel.letters.is_empty()).then_some(parcel)
    }
}

/// What goes one way. Holds the code: its `Debug` shows neither text nor recipient.
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
    #[serde(default)] // a message that waited during an upgrade has none
    code: String,
}

impl Letter {
    fn new(
        entropy: &mut impl Entropy,
        message: &Message,
        channel: Channel,
        recipient: &Recipient,
        text: &str,
    ) -> Result<Self, PortError> {
        let mut id = [0; 16];
        entropy.fill(&mut id)?;
        Ok(Self {
            id,
            account: message.account,
            otp_id: message.otp_id,
            channel,
            recipient: recipient.clone(),
            language: message.language,
            subject: message.subject.clone(),
            expires_at: message.expires_at,
            text: text.to_owned(),
            code: message.code.as_str().to_owned(),
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

    /// The code in the text, which a call's text spells.
    pub fn expose_code(&self) -> &str {
        &self.code
    }

    /// Seals what a call is to say, for as long as the call lasts.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when there is no entropy.
    pub fn seal(&self, app: &App) -> Result<Vec<u8>, PortError> {
        let context = call_context(&self.account.0, &self.otp_id.0);
        seal(app, &context, self)
    }

    /// Opens what [`seal`](Self::seal) made for the same account and challenge.
    pub fn open(app: &App, account: &[u8; 16], otp_id: &[u8; 16], body: &[u8]) -> Option<Self> {
        let plain = app.engine.keys().open(&call_context(account, otp_id), body)?;
        serde_json::from_slice(&plain).ok()
    }
}

impl Drop for Letter {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.text);
        zeroize::Zeroize::zeroize(&mut self.code);
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

fn seal(app: &App, context: &[u8], what: &impl Serialize) -> Result<Vec<u8>, PortError> {
    let plain = serde_json::to_vec(what).map_err(|_| PortError::Unavailable)?;
    let plain = Zeroizing::new(plain);
    let mut entropy = |bytes: &mut [u8]| app.fill_random(bytes);
    Ok(app.engine.keys().seal(context, &plain, &mut entropy)?)
}

/// The place that a call's code is sealed for.
pub(crate) fn call_context(account: &[u8; 16], otp_id: &[u8; 16]) -> Vec<u8> {
    [&b"call"[..], account, otp_id].concat()
}

/// The place that it is sealed for.
pub(crate) fn context(account: &[u8; 16], otp_id: &[u8; 16]) -> Vec<u8> {
    [&b"outbox"[..], account, otp_id].concat()
}
