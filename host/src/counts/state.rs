use super::Event;

/// What happened to a message here, as `/metrics` counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageState {
    /// It was put into the outbox, or on its next way.
    Queued,
    /// A provider took it.
    Sent,
    /// Nobody took it, and it is tried again.
    Retried,
    /// It arrived, as its provider says.
    Delivered,
    /// Its channel refused it, or could not deliver it.
    Failed,
    /// Nobody took it while its code lived.
    Expired,
    /// Nobody wants it any more.
    Dropped,
}

impl MessageState {
    /// Its name in `/metrics`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Retried => "retried",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Dropped => "dropped",
        }
    }

    /// What it counts as by the hour, if it does.
    pub(super) const fn event(self) -> Option<Event> {
        match self {
            Self::Sent => Some(Event::Sent),
            Self::Delivered => Some(Event::Delivered),
            Self::Failed | Self::Expired => Some(Event::Failed),
            Self::Queued | Self::Retried | Self::Dropped => None,
        }
    }
}
