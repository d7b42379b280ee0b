//! The numbers of an account's last day.

use std::collections::BTreeMap;

use keyfob::{
    UnixTime,
    service::{AccountId, Channel, PortError},
};

use crate::{
    app::App,
    counts::{Country, Event, HOUR},
    storage::sqlite::HourlyRow,
};

/// How many hours are shown; the last one is not over.
pub(super) const HOURS: usize = 24;

/// What a day came to.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Hour by hour, the oldest first.
    pub(super) hours: Vec<(UnixTime, Tally)>,
    /// All of it.
    pub(super) total: Tally,
    /// By channel, those that were used.
    pub(super) channels: Vec<(Channel, Tally)>,
    /// By calling code, the most used first.
    pub(super) countries: Vec<(String, Tally)>,
    /// What waits now, by channel.
    pub(super) waiting: Vec<(Channel, u64)>,
}

/// How often what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) sent: u64,
    pub(super) delivered: u64,
    pub(super) failed: u64,
    pub(super) verified: u64,
    pub(super) blocked: u64,
}

/// The last day of `account`, and nothing of others.
///
/// # Errors
/// [`PortError::Unavailable`].
pub(super) async fn load(
    app: &App,
    account: AccountId,
    now: UnixTime,
) -> Result<Figures, PortError> {
    let first = (now / HOUR).saturating_sub(HOURS as u64 - 1);
    let rows = app.store.hourly_of(account.0, first).await?;
    let waiting = app.store.waiting_of(account.0).await?;
    Ok(Figures { waiting, ..sum(&rows, first) })
}

impl Tally {
    /// The share of sent codes that were accepted, in per cent. A code that was sent twice and
    /// accepted once counts so; one of the hour before may lift it over a hundred, which says
    /// nothing.
    pub(super) fn conversion(&self) -> Option<u64> {
        let rounded = || (self.verified.saturating_mul(100) + self.sent / 2) / self.sent;
        (self.sent > 0).then(|| rounded().min(100))
    }

    /// Both together.
    pub(super) fn plus(self, other: &Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            delivered: self.delivered.saturating_add(other.delivered),
            failed: self.failed.saturating_add(other.failed),
            verified: self.verified.saturating_add(other.verified),
            blocked: self.blocked.saturating_add(other.blocked),
        }
    }

    fn add(&mut self, row: &HourlyRow) {
        let place = match Event::parse(&row.event) {
            Some(Event::Sent) => &mut self.sent,
            Some(Event::Delivered) => &mut self.delivered,
            Some(Event::Failed) => &mut self.failed,
            Some(Event::Verified) => &mut self.verified,
            Some(Event::Blocked) => &mut self.blocked,
            None => return, // of a later version
        };
        *place = place.saturating_add(row.count);
    }
}

fn sum(rows: &[HourlyRow], first: u64) -> Figures {
    let hour = |at| ((first + at as u64) * HOUR, Tally::default());
    let mut figures = Figures { hours: (0..HOURS).map(hour).collect(), ..Figures::default() };
    let (mut channels, mut countries) = (BTreeMap::new(), BTreeMap::new());
    for row in rows {
        figures.total.add(row);
        channels.entry(row.channel).or_insert_with(Tally::default).add(row);
        if row.country != Country::NONE.as_str() {
            countries.entry(row.country.clone()).or_insert_with(Tally::default).add(row);
        }
        let at = usize::try_from(row.hour.saturating_sub(first)).unwrap_or(usize::MAX);
        if let Some((_, tally)) = figures.hours.get_mut(at) {
            tally.add(row);
        }
    }
    figures.channels = channels.into_iter().collect();
    figures.countries = countries.into_iter().collect();
    figures.countries.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.sent));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_that_is_stored_is_shown_in_its_place() {
        let row = |event: &str, count| HourlyRow {
            account: [1; 16],
            hour: 500_000,
            channel: Channel::Sms,
            country: "+44".to_owned(),
            event: event.to_owned(),
            count,
        };
        let mut rows: Vec<_> =
            Event::ALL.iter().zip(1..).map(|(event, count)| row(event.code(), count)).collect();
        rows.push(row("of a later version", 9));
        let shown = Tally { sent: 1, delivered: 2, failed: 3, verified: 4, blocked: 5 };
        assert_eq!(sum(&rows, 500_000).total, shown);
    }

    #[test]
    fn a_share_is_rounded_and_never_more_than_all() {
        let share = |verified, sent| Tally { sent, verified, ..Tally::default() }.conversion();
        assert_eq!(
            [share(0, 0), share(0, 3), share(2, 3), share(5, 3)].map(|share| share.unwrap_or(999)),
            [999, 0, 67, 100]
        );
    }
}
