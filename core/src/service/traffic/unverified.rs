//! Sent codes that nobody verifies are what fraud consists of, whatever it looks like
//! otherwise. How many of them a country may have depends on how many are verified there.

use super::{
    reservation::{Planned, Sending, refused},
    span::{Counted, DAY, HOUR, Span},
};
use crate::{
    UnixTime,
    service::{AccountId, Counter, Ports, SendScope, Service, ServiceError, Storage},
};
use alloc::vec::Vec;

impl Service {
    /// What a send adds to the unverified ones.
    pub(super) fn plan_unverified(&self, sending: Sending<'_>, now: UnixTime) -> Vec<Planned> {
        let mut plan = Vec::new();
        if self.policy.traffic.unverified.is_none() {
            return plan;
        }
        let mut count = |counted, subject: &[u8], length| {
            let span = Span::at(now, length);
            let counter = self.counter(sending.account, counted, subject, span);
            plan.push(Planned::one(counter, counted, span));
        };
        let country = sending.country();
        if let Some(country) = country {
            count(Counted::CountryUnverified, country.as_bytes(), DAY);
            count(Counted::CountryUnverified, country.as_bytes(), HOUR);
        }
        if let Some(client) = &sending.origin.client {
            count(Counted::ClientUnverified, client, DAY);
            if let Some(country) = country {
                count(Counted::ClientInCountry, &in_country(client, country), DAY);
            }
        }
        plan
    }

    /// Whether there was room for one of [`plan_unverified`](Self::plan_unverified), now
    /// that its counter stands at `sum`.
    pub(super) async fn judge_unverified<P: Ports>(
        &self,
        ports: &P,
        sending: Sending<'_>,
        planned: &Planned,
        sum: u64,
    ) -> Result<(), ServiceError> {
        let account = sending.account;
        let Some(policy) = self.policy.traffic.unverified else { return Ok(()) };
        let is_day = planned.span.is_day();
        match (planned.counted, sending.country(), &sending.origin.client) {
            (Counted::CountryUnverified, Some(country), _) => {
                let country = country.as_bytes();
                let always =
                    if is_day { policy.per_country_and_day } else { policy.per_country_and_hour };
                let excess = sum.saturating_sub(always);
                if excess == 0 {
                    return Ok(());
                }
                let counted = Counted::CountryVerified;
                let verified = self.counter(account, counted, country, planned.span);
                let verified = ports.storage().add(&verified, 0, ports.now()).await?;
                if excess <= policy.share.of(verified) {
                    return Ok(());
                }
                let best = self.best_day(ports, account, country, planned.span.start()).await?;
                let best = if is_day { best } else { best / 6 };
                let fits = excess <= policy.share.of(best);
                if fits { Ok(()) } else { refused(SendScope::UnverifiedCountry, planned) }
            }
            (Counted::ClientUnverified, _, Some(client)) if sum > policy.per_client_and_day => {
                let counted = Counted::ClientVerified;
                let verified = self.counter(account, counted, client, planned.span);
                let verified = ports.storage().add(&verified, 0, ports.now()).await?;
                let fits = sum - policy.per_client_and_day <= policy.share.of(verified);
                if fits { Ok(()) } else { refused(SendScope::UnverifiedClient, planned) }
            }
            _ => Ok(()),
        }
    }

    /// What a verified code changes.
    pub(super) fn plan_verified(&self, sending: Sending<'_>) -> Vec<(Counter, i64)> {
        let Sending { account, origin, .. } = sending;
        let mut plan = Vec::new();
        if self.policy.traffic.unverified.is_none() {
            return plan;
        }
        let mut count = |counted, subject: &[u8], length, amount| {
            let span = Span::at(origin.sent_at, length);
            plan.push((self.counter(account, counted, subject, span), amount));
        };
        if let Some(country) = sending.country() {
            let country = country.as_bytes();
            for length in [DAY, HOUR] {
                count(Counted::CountryUnverified, country, length, -1);
            }
            count(Counted::CountryVerified, country, DAY, 1);
            count(Counted::CountryVerified, country, HOUR, 1);
        }
        if let Some(client) = &origin.client {
            count(Counted::ClientUnverified, client, DAY, -1);
            count(Counted::ClientVerified, client, DAY, 1);
        }
        plan
    }

    /// A client that verifies in a country has proved that one.
    pub(super) async fn prove_country<P: Ports>(
        &self,
        ports: &P,
        sending: Sending<'_>,
    ) -> Result<(), ServiceError> {
        let Sending { account, origin, .. } = sending;
        let (Some(client), Some(country), Some(_)) =
            (&origin.client, sending.country(), self.policy.traffic.unverified)
        else {
            return Ok(());
        };
        let day = Span::at(origin.sent_at, DAY);
        let subject = in_country(client, country);
        let proofs = self.counter(account, Counted::ClientVerifiedInCountry, &subject, day);
        if ports.storage().add(&proofs, 1, ports.now()).await? == 1 {
            let countries = self.counter(account, Counted::ClientCountries, client, day);
            ports.storage().add(&countries, -1, ports.now()).await?;
        }
        Ok(())
    }

    /// How many codes were verified on the best of the days before.
    async fn best_day<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        country: &[u8],
        now: UnixTime,
    ) -> Result<u64, ServiceError> {
        let today = Span::at(now, DAY);
        let days = (1..=DAYS).filter_map(|days| today.before(days));
        let reads: Vec<(Counter, i64)> = days
            .map(|day| (self.counter(account, Counted::CountryVerified, country, day), 0))
            .collect();
        let verified = ports.storage().add_all(&reads, ports.now()).await?;
        Ok(verified.into_iter().max().unwrap_or(0))
    }
}

/// How far back the best day may lie.
pub(super) const DAYS: u64 = 14;

fn in_country(client: &[u8; 16], country: &str) -> Vec<u8> {
    [client, country.as_bytes()].concat()
}
