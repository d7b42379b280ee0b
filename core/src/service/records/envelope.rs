use alloc::{vec, vec::Vec};

use serde::{Deserialize, Serialize};

use super::Body;
use crate::{
    CodePolicy, ParameterError, UnixTime,
    service::{
        Channel, DeliveryState, DomainId, Ending, Language, MessageId, Phone, Recipient,
        ServiceError, SimSwapPolicy, Template, TransactionContext, passage::Passages,
        traffic::Origin,
    },
};

/// The message side of a challenge. What verifying reads of it (policy, context and
/// recipient) never changes after creation; what does change decides nothing about
/// codes, so a provider's callback can let none in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) struct Envelope {
    pub(in crate::service) domain: DomainId,
    pub(in crate::service) recipient: Recipient,
    pub(in crate::service) template: Option<Template>,
    pub(in crate::service) ending: Ending,
    pub(in crate::service) context: Option<TransactionContext>,
    pub(in crate::service) policy: CodePolicy,
    pub(in crate::service) language: Language,
    /// The one whose code can be accepted.
    pub(in crate::service) message: MessageId,
    pub(in crate::service) passages: Passages,
    /// In the order of preference, as the request had them.
    pub(in crate::service) channels: Vec<Channel>,
    /// Who is reached by the channels that do not reach `recipient`.
    pub(in crate::service) other_recipient: Option<Recipient>,
    pub(in crate::service) fallback_after: Option<u64>,
    /// What holds for further messages over the SIM.
    pub(in crate::service) sim_swap: Option<SimSwapPolicy>,
    pub(in crate::service) origin: Origin,
}

impl Envelope {
    /// The number behind which a SIM may have changed.
    pub(in crate::service) fn phone(&self) -> Option<&Phone> {
        let recipients = [Some(&self.recipient), self.other_recipient.as_ref()];
        recipients.into_iter().flatten().find_map(Recipient::phone)
    }

    /// Before anything has gone out: these are the channels that it may go by.
    pub(in crate::service) fn go_by(&mut self, channels: Vec<Channel>, now: UnixTime) {
        if let Some(first) = channels.first() {
            self.passages = Passages::new(*first, now);
        }
        self.channels = channels;
    }

    pub(in crate::service) fn recipient_on(
        &self,
        channel: Channel,
    ) -> Result<&Recipient, ServiceError> {
        let recipients = [Some(&self.recipient), self.other_recipient.as_ref()];
        let reached = recipients.into_iter().flatten().find(|to| to.is_reachable_by(channel));
        reached.ok_or(ServiceError::invalid("channel", ParameterError::Channel))
    }
}

impl Body for Envelope {
    const FORMAT: u8 = 5;

    /// Formats 3 and 4 were never released.
    /// Format 1 had no language at its end, but nothing or padding, which reads as none:
    /// all messages were in English.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        match format {
            5 => postcard::from_bytes(bytes).ok(),
            2 => postcard::from_bytes::<Envelope2>(bytes).ok().map(Self::from),
            1 => {
                let english = postcard::to_allocvec(&Language::English).ok()?;
                Self::from_format(2, &[bytes, &english].concat())
            }
            _ => None,
        }
    }
}

/// An envelope of format 2. It had the last message's state and no other.
#[derive(Serialize, Deserialize)]
struct Envelope2 {
    domain: DomainId,
    recipient: Recipient,
    template: Option<Template>,
    ending: Ending,
    context: Option<TransactionContext>,
    policy: CodePolicy,
    channel: Channel,
    delivery: DeliveryState,
    delivery_at: UnixTime,
    language: Language,
}

impl From<Envelope2> for Envelope {
    /// Which message it is of was not known: its reports are ignored and, should it still
    /// wait, it is not sent.
    fn from(old: Envelope2) -> Self {
        Self {
            domain: old.domain,
            recipient: old.recipient,
            template: old.template,
            ending: old.ending,
            context: old.context,
            policy: old.policy,
            language: old.language,
            message: MessageId([0; 16]),
            passages: Passages::of_state(old.channel, old.delivery, old.delivery_at),
            channels: vec![old.channel],
            other_recipient: None,
            fallback_after: None,
            sim_swap: None,
            origin: Origin::default(),
        }
    }
}
