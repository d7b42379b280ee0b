//! Counts a message before it costs anything, and takes that back if it does not go out.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{
    Destination, Region, Traffic, destination,
    span::{Counted, DAY, Span},
};
use crate::{
    UnixTime,
    service::{
        AccountId, Channel, CodeLifetime, Counter, DomainId, Key, KeyKind, Phone, Ports, Recipient,
        SendScope, Service, ServiceError, Storage,
        records::Envelope,
        segments,
        send::{longest_code, text_of},
    },
};

/// Where a message came from and goes to, as far as its challenge must remember it. The
/// client's address and the key are keyed names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::service) struct Origin {
    pub(in crate::service) destination: Option<Destination>,
    pub(in crate::service) client: Option<[u8; 16]>,
    pub(in crate::service) api_key: Option<[u8; 16]>,
    /// When the challenge was made: in whose spans its code counts as verified. 0 if it
    /// was made before there were any.
    pub(in crate::service) sent_at: UnixTime,
}

impl Origin {
    pub(super) fn region(&self) -> Option<&Region> {
        self.destination.as_ref().and_then(|destination| destination.region.as_ref())
    }
}

/// What was counted for a message.
#[derive(Debug, Default)]
#[must_use]
pub(in crate::service) struct Reservation {
    additions: Vec<(Counter, i64)>,
    /// One of the few messages that find out whether codes come back from a range that was
    /// stopped.
    probe: Option<Phone>,
}

/// A message to be counted.
#[derive(Clone, Copy)]
pub(super) struct Sending<'a> {
    pub(super) account: AccountId,
    pub(super) domain: DomainId,
    pub(super) recipient: &'a Recipient,
    pub(super) origin: &'a Origin,
    /// How many messages a carrier bills for it.
    pub(super) parts: u64,
}

impl Sending<'_> {
    /// What limits per country are keyed by.
    pub(super) fn country(&self) -> Option<&str> {
        let Recipient::Phone(phone) = self.recipient else { return None };
        Some(destination::country(phone, self.origin.region()))
    }
}

/// Something that a message adds to.
pub(super) struct Planned {
    pub(super) counter: Counter,
    pub(super) amount: i64,
    pub(super) counted: Counted,
    pub(super) span: Span,
    /// The limit, where it is a plain number.
    limit: Option<(SendScope, u64)>,
}

impl Planned {
    /// One more, to be judged by a rule of its own.
    pub(super) fn one(counter: Counter, counted: Counted, span: Span) -> Self {
        Self { counter, amount: 1, counted, span, limit: None }
    }
}

impl Service {
    /// What a challenge made now remembers of where it came from.
    pub(in crate::service) fn origin(
        &self,
        account: AccountId,
        traffic: &Traffic,
        now: UnixTime,
    ) -> Origin {
        let name = |kind: &[u8], what: &[u8]| self.keys.name(&[kind, &account.0, what]);
        Origin {
            destination: traffic.destination,
            client: traffic.client.map(|client| name(b"client", client.bytes())),
            api_key: traffic.api_key.as_ref().map(|key| name(b"api key", key.as_bytes())),
            sent_at: now,
        }
    }

    /// Takes the place of one message on `channel` under every limit but the recipient's own,
    /// or of none of them and refuses.
    pub(in crate::service) async fn reserve_traffic<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        channel: Channel,
    ) -> Result<Reservation, ServiceError> {
        let (domain, origin) = (envelope.domain, &envelope.origin);
        let recipient = envelope.recipient_on(channel)?;
        if let Recipient::Phone(phone) = recipient {
            self.policy.traffic.permit(phone, origin.destination)?;
        }
        let now = ports.now();
        let parts = self.parts(envelope, channel)?;
        let sending = Sending { account, domain, recipient, origin, parts };
        let plan = self.plan(sending, now);
        if plan.is_empty() {
            return Ok(Reservation::default());
        }
        let additions = plan.iter().map(|planned| (planned.counter.clone(), planned.amount));
        let mut reservation = Reservation { additions: additions.collect(), probe: None };
        let sums = ports.storage().add_all(&reservation.additions, now).await?;
        let judged = self.judge_plan(ports, sending, &plan, &sums, &mut reservation).await;
        if let Err(error) = judged {
            self.give_back(ports, account, &reservation).await;
            return Err(error);
        }
        Ok(reservation)
    }

    /// Best effort: if it fails, one message less may go out.
    pub(in crate::service) async fn give_back<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        Reservation { additions, probe }: &Reservation,
    ) {
        if let Some(phone) = probe {
            self.return_probe(ports, account, phone).await.ok();
        }
        if additions.is_empty() {
            return;
        }
        let back: Vec<_> =
            additions.iter().map(|(counter, amount)| (counter.clone(), -amount)).collect();
        ports.storage().add_all(&back, ports.now()).await.ok();
    }

    /// Counts a question that costs money among the messages of the account, or refuses.
    pub(in crate::service) async fn charge_account<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
    ) -> Result<(), ServiceError> {
        let Some(limit) = self.policy.sends.per_account_and_day else { return Ok(()) };
        let now = ports.now();
        let day = Span::at(now, DAY);
        let counter = self.account_counter(account, day);
        if ports.storage().add(&counter, 1, now).await? <= limit {
            return Ok(());
        }
        self.refund_account(ports, account).await;
        Err(ServiceError::SendLimit { scope: SendScope::Account, retry_at: day.end() })
    }

    /// The question was not asked. Best effort.
    pub(in crate::service) async fn refund_account<P: Ports>(&self, ports: &P, account: AccountId) {
        if self.policy.sends.per_account_and_day.is_none() {
            return;
        }
        let now = ports.now();
        let counter = self.account_counter(account, Span::at(now, DAY));
        ports.storage().add(&counter, -1, now).await.ok();
    }

    /// Counts a code that was accepted: for whom the message arrived with, or went to last. A
    /// code that came back by email says nothing of a number that was silent: else whoever pumps
    /// numbers would verify all of them from one mailbox. Best effort, as nothing about codes
    /// depends on it.
    pub(in crate::service) async fn count_verified<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
    ) {
        let (domain, origin) = (envelope.domain, &envelope.origin);
        let Some(recipient) = proved(envelope) else { return };
        if origin.sent_at == 0 {
            return;
        }
        let sending = Sending { account, domain, recipient, origin, parts: 1 };
        let mut plan = self.plan_verified(sending);
        if let (Recipient::Phone(phone), Some(_)) = (recipient, self.policy.traffic.breaker) {
            plan.push((self.verified_in_prefix(account, phone, origin.sent_at), 1));
            self.answer_breaker(ports, account, phone, origin.sent_at).await.ok();
        }
        if !plan.is_empty() {
            ports.storage().add_all(&plan, ports.now()).await.ok();
        }
        self.prove_country(ports, sending).await.ok();
    }

    /// Everything that a message counts for, with its limit where that is a plain number.
    fn plan(&self, sending: Sending<'_>, now: UnixTime) -> Vec<Planned> {
        let Sending { account, domain, recipient, origin, parts } = sending;
        let policy = &self.policy.traffic;
        let day = Span::at(now, DAY);
        let mut plan = Vec::with_capacity(12);
        if let Some(limit) = self.policy.sends.per_account_and_day {
            let counter = self.account_counter(account, day);
            let limit = Some((SendScope::Account, limit));
            plan.push(Planned { limit, ..Planned::one(counter, Counted::Account, day) });
        }
        let mut limit = |limit: Option<u64>, counted, scope, subject: &[u8], amount| {
            let Some(limit) = limit.map(|limit| (scope, limit)) else { return };
            let counter = self.counter(account, counted, subject, day);
            plan.push(Planned { counter, amount, counted, span: day, limit: Some(limit) });
        };
        limit(policy.per_domain_and_day, Counted::Domain, SendScope::Domain, &domain.0, 1);
        if let Some(key) = &origin.api_key {
            limit(policy.per_api_key_and_day, Counted::ApiKey, SendScope::ApiKey, key, 1);
        }
        if let Some(client) = &origin.client {
            limit(policy.per_client_and_day, Counted::Client, SendScope::Client, client, 1);
        }
        if let Recipient::Phone(phone) = recipient {
            let country = destination::country(phone, origin.region()).as_bytes();
            let prefix = destination::prefix(phone).as_bytes();
            let price = policy.prices.of(phone, origin.region().copied()).saturating_mul(parts);
            let price = i64::try_from(price).unwrap_or(i64::MAX);
            limit(policy.per_country_and_day, Counted::Country, SendScope::Country, country, 1);
            limit(policy.per_prefix_and_day, Counted::Prefix, SendScope::Prefix, prefix, 1);
            limit(policy.cost_per_day, Counted::Cost, SendScope::Cost, b"", price);
        }
        plan.extend(self.plan_unverified(sending, now));
        if let (Recipient::Phone(phone), Some(_)) = (recipient, policy.breaker) {
            plan.extend(self.plan_breaker(account, phone, now));
        }
        plan
    }

    /// Carriers bill a long text by its parts. Counted as if with the longest code and lifetime.
    fn parts(&self, envelope: &Envelope, channel: Channel) -> Result<u64, ServiceError> {
        if channel != Channel::Sms || self.policy.traffic.cost_per_day.is_none() {
            return Ok(1);
        }
        let code = longest_code(envelope.policy);
        let text = text_of(envelope, channel, &code, CodeLifetime::MAXIMUM)?;
        Ok(segments(&text).count as u64)
    }

    async fn judge_plan<P: Ports>(
        &self,
        ports: &P,
        sending: Sending<'_>,
        plan: &[Planned],
        sums: &[u64],
        reservation: &mut Reservation,
    ) -> Result<(), ServiceError> {
        let mut in_prefix = Vec::new();
        for (planned, sum) in plan.iter().zip(sums.iter().copied()) {
            match (planned.limit, planned.counted) {
                (Some((scope, limit)), _) if sum > limit => return refused(scope, planned),
                (None, Counted::PrefixSends) => in_prefix.push(sum),
                (None, Counted::ClientInCountry) if sum == 1 => {
                    self.count_country(ports, sending, planned, reservation).await?;
                }
                (None, _) => self.judge_unverified(ports, sending, planned, sum).await?,
                _ => {}
            }
        }
        // Last, since it may take one of the few messages that probe a range.
        if let (Recipient::Phone(phone), &[in_hour, young]) = (sending.recipient, &*in_prefix) {
            let is_probe = self.pass_breaker(ports, sending.account, phone, in_hour, young).await?;
            reservation.probe = is_probe.then(|| phone.clone());
        }
        Ok(())
    }

    /// Counts one more country of a client, and refuses if that is one too many.
    async fn count_country<P: Ports>(
        &self,
        ports: &P,
        Sending { account, origin, .. }: Sending<'_>,
        planned: &Planned,
        reservation: &mut Reservation,
    ) -> Result<(), ServiceError> {
        let (Some(client), Some(policy)) = (&origin.client, self.policy.traffic.unverified) else {
            return Ok(());
        };
        let counted = Counted::ClientCountries;
        let countries = self.counter(account, counted, client, planned.span);
        let sum = ports.storage().add(&countries, 1, ports.now()).await?;
        reservation.additions.push((countries, 1));
        if sum > policy.countries_per_client_and_day {
            return refused(SendScope::ClientCountries, planned);
        }
        Ok(())
    }

    fn account_counter(&self, account: AccountId, day: Span) -> Counter {
        let index = day.start() / DAY;
        let name = self.keys.name(&[b"sends", &index.to_le_bytes()]);
        Counter { key: Key::new(KeyKind::Counter, account.0, name), expires_at: day.end() }
    }
}

/// A limit is reached until the span ends.
pub(super) fn refused(scope: SendScope, planned: &Planned) -> Result<(), ServiceError> {
    Err(ServiceError::SendLimit { scope, retry_at: planned.span.end() })
}

/// Whose phone or mailbox an accepted code speaks for; nobody's if it may have come by either.
fn proved(envelope: &Envelope) -> Option<&Recipient> {
    let (channel, _) = envelope.passages.current();
    let went_by = |channel| envelope.passages.state_on(channel).is_some();
    if channel == Channel::Email && (went_by(Channel::Sms) || went_by(Channel::Voice)) {
        return None;
    }
    envelope.recipient_on(channel).ok()
}
