//! What becomes of messages and codes, counted twice: for `/metrics`, from the start of the
//! process, and for each account by the hour, in the store. Never with a recipient.

mod country;
mod journeys;
mod state;

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use keyfob::{
    Entropy as _,
    service::{AccountId, Channel, OtpId, PortError, Recipient},
};

pub use country::Country;
pub(crate) use journeys::Journeys;
pub(crate) use state::MessageState;

use crate::{
    app::App,
    engine::FlowError,
    entropy::SystemEntropy,
    storage::{Sqlite, sqlite::HourlyRow},
};

/// Whose message goes which way, and where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lane {
    /// On whose behalf.
    pub account: AccountId,
    /// How it travels.
    pub channel: Channel,
    /// Where to.
    pub country: Country,
}

impl Lane {
    /// The lane of a message to `recipient`.
    pub fn new(account: AccountId, channel: Channel, recipient: &Recipient) -> Self {
        Self { account, channel, country: Country::of(channel, recipient.phone()) }
    }
}

/// What is counted by the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A provider took a message.
    Sent,
    /// It arrived, as its provider says.
    Delivered,
    /// It did not, or nobody took it in time.
    Failed,
    /// A code was accepted.
    Verified,
    /// Wrong codes blocked a recipient.
    Blocked,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Sent, Self::Delivered, Self::Failed, Self::Verified, Self::Blocked];

    /// The event of this name, if there is one.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.code() == code)
    }

    /// Its name where it is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Verified => "verified",
            Self::Blocked => "blocked",
        }
    }
}

/// No provider has the message.
pub(crate) const NOBODY: &str = "none";

/// An hour, in seconds.
pub(crate) const HOUR: u64 = 3_600;

/// What was counted since the store was told last.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    fresh: Mutex<HashMap<(Lane, u64, Event), u64>>,
    unsettled: tokio::sync::Mutex<Option<Batch>>,
}

/// Counts of which it is not known whether the store has them: they go there again under the
/// same name.
#[derive(Debug, Clone)]
struct Batch {
    name: [u8; 16],
    rows: Vec<HourlyRow>,
}

impl App {
    /// A message reached a state; `provider` is who had it.
    pub(crate) fn message(&self, lane: &Lane, provider: &str, state: MessageState) {
        let (channel, country) = (lane.channel.name(), lane.country.as_str());
        self.metrics.message(channel, provider, country, state.code());
        let Some(event) = state.event() else { return };
        self.counts().add(*lane, self.clock.now() / HOUR, event);
        if event == Event::Sent {
            self.metrics.code(channel, country, event.code());
        }
    }

    /// A code that was sent was accepted, or wrong ones blocked its recipient.
    pub(crate) async fn code(&self, account: AccountId, otp_id: OtpId, event: Event) {
        if event == Event::Verified
            && let Some(leg) = self.journeys().verified(otp_id)
        {
            self.metrics.verified_after(leg.channel.name(), &leg.provider, leg.took);
        }
        let Ok(lane) = self.lane(account, otp_id, None).await else { return };
        self.metrics.code(lane.channel.name(), lane.country.as_str(), event.code());
        self.counts().add(lane, self.clock.now() / HOUR, event);
    }

    /// The lane of a challenge's last message, or of the one by this channel.
    pub(crate) async fn lane(
        &self,
        account: AccountId,
        otp_id: OtpId,
        channel: Option<Channel>,
    ) -> Result<Lane, FlowError> {
        let view = self.engine.view_challenge(self, account, otp_id).await?;
        let channel = channel.unwrap_or(view.channel);
        let country = Country::of_code(channel, view.calling_code.as_deref());
        Ok(Lane { account, channel, country })
    }

    /// Writes to the store what was counted.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: nothing is lost or counted twice, and the next call goes on.
    pub async fn store_counts(&self) -> Result<(), PortError> {
        self.counts().flush(&self.store).await
    }
}

/// Stores the counts every second until `stop` is done. What is counted after that has to be
/// stored once more: a kill loses a second of counts, a stop loses none.
pub async fn keep_counts(app: App, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        if let Err(error) = app.store_counts().await {
            tracing::debug!(%error, "counts are stored later");
        }
    }
}

const PAUSE: Duration = Duration::from_secs(1);

impl Counts {
    fn add(&self, lane: Lane, hour: u64, event: Event) {
        *self.fresh().entry((lane, hour, event)).or_default() += 1;
    }

    async fn flush(&self, store: &Sqlite) -> Result<(), PortError> {
        let mut unsettled = self.unsettled.lock().await;
        if let Some(batch) = &*unsettled {
            store.hourly_add(batch.name, batch.rows.clone()).await?;
        }
        *unsettled = self.batch()?;
        if let Some(batch) = &*unsettled {
            store.hourly_add(batch.name, batch.rows.clone()).await?;
        }
        *unsettled = None;
        Ok(())
    }

    fn batch(&self) -> Result<Option<Batch>, PortError> {
        let mut name = [0; 16];
        SystemEntropy.fill(&mut name)?;
        let fresh = mem::take(&mut *self.fresh());
        if fresh.is_empty() {
            return Ok(None);
        }
        let row = |((lane, hour, event), count): ((Lane, u64, Event), u64)| HourlyRow {
            account: lane.account.0,
            hour,
            channel: lane.channel,
            country: lane.country.as_str().to_owned(),
            event: event.code().to_owned(),
            count,
        };
        Ok(Some(Batch { name, rows: fresh.into_iter().map(row).collect() }))
    }

    fn fresh(&self) -> MutexGuard<'_, HashMap<(Lane, u64, Event), u64>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
