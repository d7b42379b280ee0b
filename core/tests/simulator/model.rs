//! The reference: what the service promises, written as plainly as it can be said,
//! over plain values. It is told of every write in the order in which the store
//! took them, and says what each may reveal.

use std::{collections::BTreeSet, ops::Deref};

use keyfob::{
    Algorithm, Digits, Period, Secret, Totp, UnixTime,
    service::{OtpId, Outcome, ServicePolicy},
};

/// What a service was made with.
#[derive(Debug, Clone)]
pub struct Policy {
    pub service: ServicePolicy,
    pub replay_floor: UnixTime,
}

impl Deref for Policy {
    type Target = ServicePolicy;

    fn deref(&self) -> &ServicePolicy {
        &self.service
    }
}

pub type FlowId = usize;
pub type Violation = String;

#[derive(Clone)]
pub struct Model {
    pub policy: Policy,
    pub users: Vec<Option<User>>,
    pub recipients: Vec<Recipient>,
    pub ever: Ever,
}

/// What no crash, restore or clock may ever make happen twice.
#[derive(Clone, Default)]
pub struct Ever {
    steps: BTreeSet<(Vec<u8>, u64)>,
    challenges: BTreeSet<OtpId>,
}

#[derive(Clone, Default)]
pub struct User {
    pub credential: Option<Credential>,
    pub pending: Option<Pending>,
}

#[derive(Clone)]
pub struct Credential {
    pub secret: Secret,
    last_step: Option<u64>,
    recent: BTreeSet<u64>,
    ahead: BTreeSet<u64>,
    tally: Tally,
}

#[derive(Clone)]
pub struct Pending {
    credential: Credential,
    issued_by: FlowId,
    issued_at: UnixTime,
    expires_at: UnixTime,
}

#[derive(Clone, Default)]
pub struct Recipient {
    tally: Tally,
    sends: Vec<UnixTime>,
    challenges: Vec<Challenge>,
    pub lapses_at: Option<UnixTime>,
}

#[derive(Clone)]
pub struct Challenge {
    made_by: FlowId,
    pub id: Option<OtpId>,
    /// Who made the code, and the code once it was seen leaving.
    code: (FlowId, Option<String>),
    code_before: (FlowId, Option<String>),
    context: Option<u8>,
    created_at: UnixTime,
    expires_at: UnixTime,
    attempts: u16,
    over: Option<Outcome>,
}

#[derive(Clone, Default)]
struct Tally {
    failures: u16,
    blocked: Option<(UnixTime, UnixTime)>, // from, until
}

/// A clock set back by more than a minute voids what was noted before.
fn is_ahead(at: UnixTime, now: UnixTime) -> bool {
    at > now + 60
}

impl Tally {
    fn closed(&self, now: UnixTime, policy: &Policy) -> Option<Outcome> {
        if self.failures >= policy.attempts.disable_after() {
            return Some(Outcome::Disabled);
        }
        match self.blocked {
            Some((from, until)) if now < until && !is_ahead(from, now) => {
                Some(Outcome::Blocked { until })
            }
            _ => None,
        }
    }

    fn fail(&mut self, now: UnixTime, policy: &Policy) -> u16 {
        let attempts = &policy.attempts;
        self.failures += 1;
        if self.failures.is_multiple_of(attempts.per_block()) {
            let mut length = attempts.first_block();
            for _ in 1..self.failures / attempts.per_block() {
                length = (length * 2).min(attempts.longest_block());
            }
            self.blocked = Some((now, now + length));
        }
        self.left(now, policy)
    }

    fn left(&self, now: UnixTime, policy: &Policy) -> u16 {
        if self.closed(now, policy).is_some() {
            return 0;
        }
        let per_block = policy.attempts.per_block();
        let to_block = per_block - self.failures % per_block;
        to_block.min(policy.attempts.disable_after() - self.failures)
    }
}

impl User {
    fn settle(&mut self, now: UnixTime) -> bool {
        let pending = self.pending.as_mut().map(|pending| &mut pending.credential);
        let settled: Vec<bool> =
            self.credential.iter_mut().chain(pending).map(|each| each.settle(now)).collect();
        settled.contains(&true)
    }
}

impl Credential {
    pub fn new(secret: Secret) -> Self {
        Self {
            secret,
            last_step: None,
            recent: BTreeSet::new(),
            ahead: BTreeSet::new(),
            tally: Tally::default(),
        }
    }

    pub fn code(&self, step: u64) -> String {
        code_of(&self.secret, step)
    }

    fn keep_burned(&mut self, old: Option<&Self>) {
        if let Some(old) = old.filter(|old| old.secret == self.secret) {
            self.last_step = self.last_step.max(old.last_step);
            self.recent.extend(&old.recent);
            self.ahead.extend(&old.ahead);
            self.forget();
        }
    }

    fn forget(&mut self) {
        while self.recent.len() > 4 {
            self.recent.pop_first();
        }
    }

    /// The clock ran ahead and is right again: what it spent stays spent, one by one, and
    /// the rest of the future is free, unless more was spent than is remembered.
    fn settle(&mut self, now: UnixTime) -> bool {
        let latest = now / 30 + 1;
        if self.last_step.is_none_or(|last| last * 30 <= latest * 30 + 60) {
            return false;
        }
        let beyond = self.recent.iter().filter(|step| **step > latest).count();
        if beyond == 4 || self.ahead.len() + beyond > 16 {
            return false;
        }
        self.ahead.extend(std::mem::take(&mut self.recent).into_iter().filter(|s| *s > latest));
        self.last_step = Some(latest);
        true
    }

    /// Judges a code without noting anything.
    fn peek(&self, code: &str, now: UnixTime, policy: &Policy) -> (Outcome, Option<u64>) {
        if let Some(closed) = self.tally.closed(now, policy) {
            return (closed, None);
        }
        let floor = (policy.replay_floor > 0).then_some(policy.replay_floor / 30 + 1);
        let burned = self.last_step.max(floor);
        let window = (now / 30).saturating_sub(1)..=now / 30 + 1;
        let matching: Vec<u64> = window.filter(|step| self.code(*step) == code).collect();
        if let Some(step) = matching.iter().find(|step| burned.is_none_or(|burned| **step > burned))
        {
            if self.ahead.contains(step) {
                return (Outcome::Replayed, None);
            }
            return (Outcome::Accepted, Some(*step));
        }
        let last = self.last_step.is_some_and(|last| self.code(last) == code);
        if last || !matching.is_empty() {
            return (Outcome::Replayed, None);
        }
        (Outcome::Mismatch { attempts_left: 0 }, None)
    }

    /// Judges a code and notes the attempt.
    pub fn attempt(
        &mut self,
        code: &str,
        now: UnixTime,
        policy: &Policy,
    ) -> (Outcome, Option<u64>) {
        let (outcome, step) = self.peek(code, now, policy);
        match outcome {
            Outcome::Accepted => {
                self.last_step = step;
                self.ahead.retain(|ahead| Some(*ahead) > step);
                self.recent.extend(step);
                self.forget();
                self.tally = Tally::default();
                (outcome, step)
            }
            Outcome::Mismatch { .. } => {
                (Outcome::Mismatch { attempts_left: self.tally.fail(now, policy) }, None)
            }
            refused => (refused, None),
        }
    }

    fn judge(
        &mut self,
        code: &str,
        now: UnixTime,
        policy: &Policy,
        ever: &mut Ever,
        settled: bool,
    ) -> Result<Outcome, Violation> {
        let (outcome, step) = self.attempt(code, now, policy);
        if !is_evaluated(&outcome) && !settled {
            return Err(format!("a code was evaluated that is {outcome:?}"));
        }
        let secret = self.secret.expose_bytes().to_vec();
        if step.is_some_and(|step| !ever.steps.insert((secret, step))) {
            return Err(format!("step {step:?} is accepted a second time"));
        }
        Ok(outcome)
    }
}

/// Whether an outcome says something about the code, and so needs a record.
pub fn is_evaluated(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted | Outcome::Mismatch { .. } | Outcome::ContextMismatch)
}

pub fn code_of(secret: &Secret, step: u64) -> String {
    let totp = Totp::new(secret, Algorithm::Sha1, Digits::SIX, Period::THIRTY);
    totp.at_step(step).to_string()
}

impl Model {
    pub fn new(policy: Policy, users: usize, recipients: usize) -> Self {
        Self {
            policy,
            users: vec![None; users],
            recipients: vec![Recipient::default(); recipients],
            ever: Ever::default(),
        }
    }

    pub fn create(&mut self, user: usize, made: User) -> Result<(), Violation> {
        if self.users[user].is_some() {
            return Err("a user that exists was created again".into());
        }
        self.users[user] = Some(made);
        Ok(())
    }

    pub fn delete(&mut self, user: usize) {
        self.users[user] = None;
    }

    pub fn pending(&self, secret: Secret, issued_by: FlowId, issued_at: UnixTime) -> Pending {
        let expires_at = issued_at + self.policy.enrolment_lifetime.seconds();
        Pending { credential: Credential::new(secret), issued_by, issued_at, expires_at }
    }

    pub fn open(&mut self, user: usize, mut new: Pending, revoke: bool) -> Result<(), Violation> {
        let user = self.users[user].as_mut().ok_or("an enrolment was opened for nobody")?;
        let again = user.credential.as_ref().is_some_and(|old| old.secret == new.credential.secret);
        if !again {
            // A former secret that the application brings back begins anew.
            let bytes = new.credential.secret.expose_bytes().to_vec();
            self.ever.steps.retain(|(secret, _)| *secret != bytes);
        }
        new.credential.keep_burned(user.credential.as_ref());
        user.pending = Some(new);
        if revoke {
            user.credential = None;
        }
        Ok(())
    }

    pub fn totp(&mut self, user: usize, code: &str, now: UnixTime) -> Result<Outcome, Violation> {
        let user = self.users[user].as_mut().ok_or("a code of a deleted user was evaluated")?;
        let settled = user.settle(now);
        let credential = user.credential.as_mut().ok_or("a code was evaluated without a secret")?;
        credential.judge(code, now, &self.policy, &mut self.ever, settled)
    }

    /// What `totp` would say, refusals included.
    pub fn peek_totp(&self, user: usize, code: &str, now: UnixTime) -> Option<Outcome> {
        let mut user = self.users[user].clone()?;
        user.settle(now);
        let Some(credential) = &user.credential else { return Some(Outcome::NotEnrolled) };
        Some(credential.peek(code, now, &self.policy).0)
    }

    pub fn confirm(
        &mut self,
        user: usize,
        issued_by: FlowId,
        code: &str,
        now: UnixTime,
    ) -> Result<Outcome, Violation> {
        let user =
            self.users[user].as_mut().ok_or("an enrolment of a deleted user was confirmed")?;
        let settled = user.settle(now);
        let pending = user.pending.as_mut().ok_or("an enrolment that is not open was confirmed")?;
        if pending.issued_by != issued_by {
            return Err("a ticket confirmed another enrolment than its own".into());
        }
        if now >= pending.expires_at || is_ahead(pending.issued_at, now) {
            return Err("an enrolment that is over was confirmed".into());
        }
        pending.credential.keep_burned(user.credential.as_ref());
        let outcome = pending.credential.judge(code, now, &self.policy, &mut self.ever, settled)?;
        if outcome.is_accepted() {
            user.credential = user.pending.take().map(|pending| pending.credential);
        }
        Ok(outcome)
    }

    /// The recipient as it is at `now`, once its record has been written.
    fn recipient(&mut self, recipient: usize, now: UnixTime) -> &mut Recipient {
        let recipient = &mut self.recipients[recipient];
        if recipient.lapses_at.is_some_and(|lapses_at| now >= lapses_at) {
            *recipient = Recipient::default();
        }
        recipient
    }

    pub fn reserve(&mut self, recipient: usize, now: UnixTime) -> Result<(), Violation> {
        let policy = self.policy.clone();
        let recipient = self.recipient(recipient, now);
        if let Some(closed) = recipient.tally.closed(now, &policy) {
            return Err(format!("a message to a recipient that is {closed:?}"));
        }
        recipient.sends.retain(|at| !is_ahead(*at, now) && now < at + 86_400);
        recipient.challenges.retain(|challenge| {
            !is_ahead(challenge.created_at, now) && now < challenge.created_at + 86_400
        });
        for window in &policy.sends.per_recipient {
            let seconds = window.seconds();
            let recent = recipient.sends.iter().filter(|at| now < **at + seconds).count();
            if recent >= window.messages() {
                return Err(format!("message {} within {seconds} s", recent + 1));
            }
        }
        recipient.sends.push(now);
        Ok(())
    }

    pub fn free(&mut self, recipient: usize, reserved_at: UnixTime, now: UnixTime) {
        let sends = &mut self.recipient(recipient, now).sends;
        if let Some(place) = sends.iter().position(|at| *at == reserved_at) {
            sends.remove(place);
        }
    }

    pub fn challenge(
        &mut self,
        recipient: usize,
        made_by: FlowId,
        context: Option<u8>,
        now: UnixTime,
    ) {
        let lifetime = self.policy.default_lifetime.seconds();
        self.recipient(recipient, now).challenges.push(Challenge {
            made_by,
            id: None,
            code: (made_by, None),
            code_before: (made_by, None),
            context,
            created_at: now,
            expires_at: now + lifetime,
            attempts: 0,
            over: None,
        });
    }

    pub fn unchallenge(&mut self, recipient: usize, made_by: FlowId, now: UnixTime) {
        self.recipient(recipient, now).challenges.retain(|challenge| challenge.made_by != made_by);
    }

    /// A message was seen leaving: now somebody may know its code.
    pub fn leaves(&mut self, recipient: usize, id: OtpId, made_by: FlowId, code: &str) {
        // By this flow, or an id that is known already: a resend.
        let mut challenges = self.recipients[recipient].challenges.iter_mut();
        let challenge =
            challenges.find(|c| c.id == Some(id) || (c.id.is_none() && c.made_by == made_by));
        // Gone if the record was forgotten meanwhile, as a jump of the clock may do.
        let Some(challenge) = challenge else { return };
        challenge.id = Some(id);
        if challenge.code.0 == made_by {
            challenge.code.1 = Some(code.to_string());
        }
    }

    fn by_id(
        &mut self,
        recipient: usize,
        id: OtpId,
        now: UnixTime,
    ) -> Result<&mut Challenge, Violation> {
        let mut challenges = self.recipient(recipient, now).challenges.iter_mut();
        let found = challenges.find(|challenge| challenge.id == Some(id));
        found.ok_or_else(|| "a challenge that is not there was changed".into())
    }

    pub fn renew(
        &mut self,
        recipient: usize,
        id: OtpId,
        renewed_by: FlowId,
        now: UnixTime,
    ) -> Result<(), Violation> {
        let floor = self.policy.replay_floor;
        self.reserve(recipient, now)?;
        let challenge = self.by_id(recipient, id, now)?;
        if challenge.over.is_some() || challenge.is_expired(now, floor) {
            return Err("a code was sent for a challenge that is over".into());
        }
        challenge.code_before = std::mem::replace(&mut challenge.code, (renewed_by, None));
        Ok(())
    }

    pub fn undo_renewal(
        &mut self,
        recipient: usize,
        id: OtpId,
        renewed_by: FlowId,
        reserved_at: UnixTime,
        now: UnixTime,
    ) {
        if let Ok(challenge) = self.by_id(recipient, id, now)
            && challenge.code.0 == renewed_by
        {
            challenge.code = challenge.code_before.clone();
        }
        self.free(recipient, reserved_at, now);
    }

    pub fn cancel(&mut self, recipient: usize, id: OtpId, now: UnixTime) -> Result<(), Violation> {
        let challenge = self.by_id(recipient, id, now)?;
        match challenge.over {
            None => challenge.over = Some(Outcome::Cancelled),
            Some(over) => return Err(format!("a challenge was cancelled that is {over:?}")),
        }
        Ok(())
    }

    /// What verifying would say, without noting anything; `None` without the challenge.
    pub fn peek_sent(
        &self,
        recipient: usize,
        id: OtpId,
        code: &str,
        context: Option<u8>,
        now: UnixTime,
    ) -> Option<Outcome> {
        let recipient = &self.recipients[recipient];
        if recipient.lapses_at.is_some_and(|lapses_at| now >= lapses_at) {
            return None;
        }
        let challenge = recipient.challenges.iter().find(|challenge| challenge.id == Some(id))?;
        let right = challenge.code.1.as_deref() == Some(code);
        Some(match challenge.over {
            Some(over) => over,
            None if challenge.is_expired(now, self.policy.replay_floor) => Outcome::Expired,
            None => match recipient.tally.closed(now, &self.policy) {
                Some(closed) => closed,
                None if challenge.context != context => Outcome::ContextMismatch,
                None if right => Outcome::Accepted,
                None => Outcome::Mismatch { attempts_left: 0 },
            },
        })
    }

    pub fn verify(
        &mut self,
        recipient: usize,
        id: OtpId,
        code: &str,
        context: Option<u8>,
        now: UnixTime,
    ) -> Result<Outcome, Violation> {
        let outcome = self.peek_sent(recipient, id, code, context, now);
        let policy = self.policy.clone();
        let recipient = self.recipient(recipient, now);
        let challenge = recipient.challenges.iter_mut().find(|challenge| challenge.id == Some(id));
        let challenge = challenge.ok_or("a challenge that is not there was judged")?;
        match outcome {
            Some(Outcome::Accepted) => {
                challenge.over = Some(Outcome::Replayed);
                recipient.tally = Tally::default();
                if !self.ever.challenges.insert(id) {
                    return Err("a challenge is accepted a second time".into());
                }
                Ok(Outcome::Accepted)
            }
            Some(Outcome::ContextMismatch) => {
                challenge.over = Some(Outcome::Exhausted);
                recipient.tally.fail(now, &policy);
                Ok(Outcome::ContextMismatch)
            }
            Some(Outcome::Mismatch { .. }) => {
                challenge.attempts += 1;
                let mut left = policy.attempts.per_block() - challenge.attempts;
                if left == 0 {
                    challenge.over = Some(Outcome::Exhausted);
                }
                left = left.min(recipient.tally.fail(now, &policy));
                Ok(Outcome::Mismatch { attempts_left: left })
            }
            refused => Err(format!("a sent code was evaluated that is {refused:?}")),
        }
    }

    /// A recipient's record was written: it must be kept long enough.
    pub fn keeps(
        &mut self,
        recipient: usize,
        lapses_at: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<(), Violation> {
        let recipient = &mut self.recipients[recipient];
        recipient.lapses_at = lapses_at;
        let needed = if recipient.tally.failures > 0 { 365 * 86_400 } else { 86_400 };
        match lapses_at {
            Some(lapses_at) if lapses_at < now + needed => {
                Err("a record is forgotten too early".into())
            }
            _ => Ok(()),
        }
    }
}

impl Challenge {
    fn is_expired(&self, now: UnixTime, floor: UnixTime) -> bool {
        now >= self.expires_at
            || is_ahead(self.created_at, now)
            || (floor > 0 && self.created_at <= floor)
    }
}
