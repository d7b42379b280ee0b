//! One simulated run: flows at once over one faulty store, all drawn from a seed.

use std::sync::{Arc, Mutex};

use keyfob::{
    Alphabet, CodePolicy, Secret, UnixTime,
    service::{
        AccountId, Answer, AttemptPolicy, Channel, Created, DomainId, Effect, Flow, Key, KeyRing,
        MasterKey, Message, NewEnrolment, NewUser, OpenEnrolment, OtpId, Outcome, PortError,
        Receipt, Recipient, Record, SendRequest, Service, ServiceError, ServicePolicy, Step, Swap,
        Template, Ticket, TransactionContext, UserId,
    },
};

use crate::{
    model::{Credential, FlowId, Model, Policy, User, Violation, code_of, is_evaluated},
    naive::{self, Snapshots},
    random::Random,
    store::{Store, StoreKind},
};

#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub store: StoreKind,
    /// Verify with the naive flow instead of the service's.
    pub naive: bool,
    /// Flows at once.
    pub flows: usize,
    pub faults: bool,
    /// Flows started in one run.
    pub operations: usize,
}

/// What happened, to prove that the interesting things did.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub effects: u64,
    pub accepted: u64,
    pub mismatched: u64,
    pub replayed: u64,
    pub blocked: u64,
    pub disabled: u64,
    pub wrong_context: u64,
    pub expired: u64,
    pub enrolled: u64,
    pub messages: u64,
    pub send_refused: u64,
    pub conflicts: u64,
    pub answers_lost: u64,
    pub stale_loads: u64,
    pub crashes: u64,
    pub restores: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.all_mut().into_iter().zip(other.clone().all_mut()) {
            *sum += *more;
        }
    }

    pub fn rarest(mut self) -> u64 {
        self.all_mut().into_iter().map(|count| *count).min().unwrap_or(0)
    }

    fn all_mut(&mut self) -> [&mut u64; 16] {
        let Self {
            effects,
            accepted,
            mismatched,
            replayed,
            blocked,
            disabled,
            wrong_context,
            expired,
            enrolled,
            messages,
            send_refused,
            conflicts,
            answers_lost,
            stale_loads,
            crashes,
            restores,
        } = self;
        [
            effects,
            accepted,
            mismatched,
            replayed,
            blocked,
            disabled,
            wrong_context,
            expired,
            enrolled,
            messages,
            send_refused,
            conflicts,
            answers_lost,
            stale_loads,
            crashes,
            restores,
        ]
    }
}

#[derive(Debug, Clone)]
enum Operation {
    CreateEnrolled { user: usize, secret: Secret },
    CreatePending { user: usize, secret: Secret },
    Open { user: usize, secret: Secret, revoke: bool },
    Delete { user: usize },
    Totp { user: usize, code: String },
    Confirm { user: usize, ticket: Ticket, issued_by: FlowId, code: String },
    Send { recipient: usize, context: Option<u8>, channels: Vec<Channel> },
    Verify { recipient: usize, id: OtpId, code: String, context: Option<u8> },
    Resend { recipient: usize, id: OtpId, channel: Channel },
    Cancel { recipient: usize, id: OtpId },
}

enum Reply {
    Outcome(Outcome),
    Created(Created),
    Done,
}

struct Running {
    id: FlowId,
    operation: Operation,
    flow: Flow<Reply>,
    effect: Effect,
    /// What its committed write may reveal, by the model.
    committed: Option<Outcome>,
    /// Writes to the recipient's record so far.
    writes: usize,
    reserved_at: UnixTime,
    ticket_issued_at: UnixTime,
    refused_by_account: bool,
    failed: bool,
}

/// A code that was seen leaving, and who may know it.
struct Seen {
    recipient: usize,
    id: OtpId,
    code: String,
    context: Option<u8>,
}

pub struct World {
    settings: Settings,
    random: Random,
    store: Store,
    service: Arc<Service>,
    pub model: Model,
    domain: DomainId,
    now: UnixTime,
    latest: UnixTime,
    flows: Vec<Running>,
    next: FlowId,
    tickets: Vec<(Ticket, usize, FlowId)>,
    secrets: Vec<Vec<Secret>>,
    seen: Vec<Seen>,
    backup: Option<(Store, Model)>,
    snapshots: Snapshots,
    pub counts: Counts,
}

const ACCOUNT: AccountId = AccountId([3; 16]);
const USERS: usize = 2;
const RECIPIENTS: [&str; 2] = ["+447700900121", "+447700900122"];

impl World {
    pub fn new(seed: u64, settings: Settings) -> Self {
        let mut random = Random(seed);
        let mut policy = ServicePolicy::default();
        let (per_block, disable_after, first_block) =
            *random.pick(&[(5, 100, 30), (3, 9, 30), (2, 5, 2)]).expect("there are some");
        policy.attempts =
            AttemptPolicy::new(per_block, first_block, 3_600, disable_after).expect("a policy");
        if random.once_in(4) {
            policy.sends.per_account_and_day = 4;
        }
        let policy = Policy { service: policy, replay_floor: 0 };
        let starts = [1_800_000_000, 1_800_000_000, 1_000, (1 << 31) - 60, (1 << 32) - 60];
        let now = *random.pick(&starts).expect("there are some");
        let mut world = Self {
            settings,
            store: Store::new(settings.store),
            service: service(&policy),
            model: Model::new(policy, USERS, RECIPIENTS.len()),
            domain: DomainId([0; 16]),
            now,
            latest: now,
            flows: Vec::new(),
            next: 0,
            tickets: Vec::new(),
            secrets: vec![Vec::new(); USERS],
            seen: Vec::new(),
            backup: None,
            snapshots: Arc::new(Mutex::new(Vec::new())),
            random,
            counts: Counts::default(),
        };
        world.create_domain();
        if settings.naive {
            for user in 0..USERS {
                let secret = world.secret();
                world.secrets[user].push(secret.clone());
                let credential = Some(Credential::new(secret));
                world.model.users[user] = Some(User { credential, pending: None });
            }
        }
        world
    }

    /// Runs to the end, or to the first broken promise.
    pub fn run(&mut self) -> Result<(), Violation> {
        let mut started = 0;
        while started < self.settings.operations || !self.flows.is_empty() {
            self.pass_time();
            if self.settings.faults && self.random.once_in(60) {
                self.fault();
            }
            let room = started < self.settings.operations && self.flows.len() < self.settings.flows;
            if room && (self.flows.is_empty() || self.random.once_in(3)) {
                started += 1;
                let operation = self.operation();
                let quiet = self.random.once_in(6);
                self.start(operation, quiet)?;
            } else if !self.flows.is_empty() {
                let which = self.random.below(self.flows.len() as u64) as usize;
                let running = self.flows.swap_remove(which);
                self.proceed(running, self.settings.faults)?;
            }
        }
        self.everyone_can_go_on()
    }

    /// After the storm: right codes, one at a time, give exactly what is promised.
    fn everyone_can_go_on(&mut self) -> Result<(), Violation> {
        self.now += 86_400;
        for user in 0..USERS {
            let Some(secret) = self.current_secret(user) else { continue };
            let code = code_of(&secret, self.now / 30);
            self.start(Operation::Totp { user, code }, true)?;
        }
        Ok(())
    }

    fn pass_time(&mut self) {
        let faults = self.settings.faults;
        match self.random.below(400) {
            0..20 => self.now += 1,
            20..24 => self.now += 31,
            24 => self.now += 650,
            25 if faults => self.now += 3_600,
            26 if faults => self.now += 90_000,
            27..30 if faults => self.now -= self.random.below(30).min(self.now),
            30 if faults => self.now = self.now.saturating_sub(3_600),
            31 if faults && self.random.once_in(3) => self.now += 400 * 86_400,
            32 if faults => self.now = self.now.saturating_sub(400 * 86_400),
            _ => {}
        }
        self.latest = self.latest.max(self.now);
    }

    fn fault(&mut self) {
        match self.random.below(6) {
            0..3 if !self.flows.is_empty() => {
                let which = self.random.below(self.flows.len() as u64) as usize;
                self.flows.swap_remove(which); // the client is gone
            }
            3 => self.backup = Some((self.store.clone(), self.model.clone())),
            4 => self.restore(),
            _ => self.crash(),
        }
    }

    fn crash(&mut self) {
        self.counts.crashes += 1;
        self.flows.clear();
        self.store.crash();
        self.service = service(&self.model.policy);
    }

    /// Back to the backup. What has ever been accepted stays so.
    fn restore(&mut self) {
        let Some((store, mut model)) = self.backup.take() else { return };
        self.counts.restores += 1;
        self.flows.clear();
        model.ever = self.model.ever.clone();
        model.policy.replay_floor = self.latest;
        (self.store, self.model) = (store, model);
        self.service = service(&self.model.policy);
        // A user made since is unknown again, and so is what was enrolled since.
        self.tickets.clear();
    }

    // What to do.

    fn operation(&mut self) -> Operation {
        let user = self.random.below(USERS as u64) as usize;
        let recipient = self.random.below(RECIPIENTS.len() as u64) as usize;
        if self.settings.naive {
            return Operation::Totp { user, code: self.device_code(user) };
        }
        match self.random.below(40) {
            0..16 => Operation::Totp { user, code: self.device_code(user) },
            16..18 => self.creation(user),
            18 => Operation::Delete { user },
            19..21 => self.opening(user),
            21..24 => self.confirmation().unwrap_or_else(|| self.creation(user)),
            24..29 => self.sending(recipient),
            29..37 => self.verification().unwrap_or_else(|| self.sending(recipient)),
            37..39 => match self.random.pick(&self.seen) {
                Some(seen) => {
                    let (recipient, id) = (seen.recipient, seen.id);
                    let channel =
                        if self.random.once_in(3) { Channel::Voice } else { Channel::Sms };
                    Operation::Resend { recipient, id, channel }
                }
                None => self.sending(recipient),
            },
            _ => match self.random.pick(&self.seen) {
                Some(seen) => Operation::Cancel { recipient: seen.recipient, id: seen.id },
                None => self.sending(recipient),
            },
        }
    }

    fn creation(&mut self, user: usize) -> Operation {
        let secret = self.secret();
        self.secrets[user].push(secret.clone());
        if self.random.once_in(3) {
            return Operation::CreatePending { user, secret };
        }
        Operation::CreateEnrolled { user, secret }
    }

    fn opening(&mut self, user: usize) -> Operation {
        let mut secret = self.secret();
        match self.current_secret(user) {
            Some(same) if self.random.once_in(3) => secret = same,
            _ => self.secrets[user].push(secret.clone()),
        }
        Operation::Open { user, secret, revoke: self.random.once_in(4) }
    }

    fn confirmation(&mut self) -> Option<Operation> {
        let recent = self.tickets.len().saturating_sub(2);
        let (ticket, user, issued_by) = self.random.pick(&self.tickets[recent..])?.clone();
        let code = match self.secrets[user].last().cloned() {
            Some(secret) if self.random.once_in(2) => code_of(&secret, self.now / 30),
            _ => self.device_code(user),
        };
        Some(Operation::Confirm { user, ticket, issued_by, code })
    }

    fn sending(&mut self, recipient: usize) -> Operation {
        let context = self.random.once_in(3).then_some(0);
        let both = vec![Channel::Voice, Channel::Sms];
        let channels = if self.random.once_in(3) { both } else { vec![Channel::Sms] };
        Operation::Send { recipient, context, channels }
    }

    fn verification(&mut self) -> Option<Operation> {
        let recent = self.seen.len().saturating_sub(4);
        let seen = self.random.pick(&self.seen[recent..])?;
        let (recipient, id, mut code, mut context) =
            (seen.recipient, seen.id, seen.code.clone(), seen.context);
        if self.random.once_in(2) {
            code = format!("WRONG{:03}", self.random.below(1_000));
        }
        if self.random.once_in(12) {
            context = Some(1);
        }
        Some(Operation::Verify { recipient, id, code, context })
    }

    /// Of a secret the user has or had, of a step near now; or a wrong one.
    fn device_code(&mut self, user: usize) -> String {
        let any = self.random.pick(&self.secrets[user]).cloned();
        let secret = if self.random.once_in(5) { any } else { self.current_secret(user).or(any) };
        match secret {
            Some(secret) if !self.random.once_in(2) => {
                let step = (self.now / 30 + self.random.below(5)).saturating_sub(2);
                code_of(&secret, step)
            }
            _ => format!("{:06}", self.random.below(1_000_000)),
        }
    }

    fn current_secret(&self, user: usize) -> Option<Secret> {
        let user = self.model.users[user].as_ref()?;
        user.credential.as_ref().map(|credential| credential.secret.clone())
    }

    fn secret(&mut self) -> Secret {
        let mut bytes = [0; 20];
        self.random.fill(&mut bytes);
        Secret::from_bytes(bytes).expect("20 bytes are a secret")
    }

    // Running flows.

    fn start(&mut self, operation: Operation, quiet: bool) -> Result<(), Violation> {
        let expected = if quiet { self.foretell(&operation) } else { None };
        let id = self.next;
        self.next += 1;
        let mut entropy = Random(self.random.next());
        let fill = move |bytes: &mut [u8]| {
            entropy.fill(bytes);
            Ok(())
        };
        let (domain, doing) = (self.domain, operation.clone());
        let mut flow = if self.settings.naive {
            let Operation::Totp { user, code } = doing else { unreachable!("only TOTP is naive") };
            let (snapshots, policy) = (self.snapshots.clone(), self.model.policy.clone());
            let secret = self.secrets[user][0].clone();
            Flow::new(self.service.clone(), fill, async move |_, ports| {
                let outcome = naive::verify(&ports, user, secret, &code, &policy, &snapshots).await;
                Ok(Reply::Outcome(outcome?))
            })
        } else {
            Flow::new(self.service.clone(), fill, async move |service: Arc<Service>, ports| {
                perform(&service, &ports, domain, doing).await
            })
        };
        let effect = match flow.start(self.now) {
            Step::Effect(effect) => effect,
            Step::Done(_) => return Ok(()), // refused before anything was asked
        };
        let running = Running {
            id,
            operation,
            flow,
            effect,
            committed: None,
            writes: 0,
            reserved_at: 0,
            ticket_issued_at: 0,
            refused_by_account: false,
            failed: false,
        };
        if !quiet {
            self.flows.push(running);
            return Ok(());
        }
        let outcome = self.run_alone(running)?;
        match (expected, outcome) {
            (Some(expected), Some(outcome)) if !is_evaluated(&expected) && expected != outcome => {
                Err(format!("alone, a code is {outcome:?} that should be {expected:?}"))
            }
            _ => Ok(()),
        }
    }

    fn foretell(&self, operation: &Operation) -> Option<Outcome> {
        match operation {
            Operation::Totp { user, code } => self.model.peek_totp(*user, code, self.now),
            Operation::Verify { recipient, id, code, context } => {
                self.model.peek_sent(*recipient, *id, code, *context, self.now)
            }
            _ => None,
        }
    }

    fn run_alone(&mut self, mut running: Running) -> Result<Option<Outcome>, Violation> {
        loop {
            let answer = self.carry_out(&mut running, false)?;
            match running.flow.resume(self.now, answer) {
                Step::Effect(effect) => running.effect = effect,
                Step::Done(result) => return self.judge(&running, result),
            }
        }
    }

    fn proceed(&mut self, mut running: Running, faults: bool) -> Result<(), Violation> {
        let answer = self.carry_out(&mut running, faults)?;
        match running.flow.resume(self.now, answer) {
            Step::Effect(effect) => {
                running.effect = effect;
                self.flows.push(running);
            }
            Step::Done(result) => {
                self.judge(&running, result)?;
            }
        }
        Ok(())
    }

    /// Carries out the effect a flow waits for, or fails to.
    fn carry_out(&mut self, running: &mut Running, faults: bool) -> Result<Answer, Violation> {
        self.counts.effects += 1;
        let unavailable = Ok(Answer::Failed(PortError::Unavailable));
        if faults && self.random.once_in(40) {
            running.failed = true;
            if matches!(running.effect, Effect::Add { .. }) {
                running.refused_by_account = true;
            }
            return unavailable; // and nothing happened
        }
        let lost = faults && self.random.once_in(30);
        let answer = match running.effect.clone() {
            Effect::Load { key, now } => {
                let stale = faults && self.random.once_in(8);
                let age = if stale { 1 + self.random.below(3) as usize } else { 0 };
                self.counts.stale_loads += u64::from(age > 0);
                Answer::Loaded(self.store.load_stale(&key, now, age))
            }
            Effect::Swap { key, expected, record, now } => {
                let swapped = self.store.swap(&key, expected, record.clone(), now);
                match swapped {
                    Swap::Swapped => self.committed(running, &key, record.as_ref(), now)?,
                    Swap::Conflict => self.counts.conflicts += 1,
                }
                Answer::Swapped(swapped)
            }
            Effect::Add { counter, amount, now } => {
                let sum = self.store.add(&counter, amount, now);
                let limit = self.model.policy.sends.per_account_and_day;
                running.refused_by_account = lost || sum > limit;
                Answer::Added(sum)
            }
            Effect::Deliver(message) => return self.deliver(running, &message, lost),
            Effect::SimSwap { .. } => return Err("nobody asked about a SIM".into()),
        };
        if lost {
            running.failed = true;
            self.counts.answers_lost += 1;
            return unavailable;
        }
        Ok(answer)
    }

    fn deliver(
        &mut self,
        running: &mut Running,
        message: &Message,
        lost: bool,
    ) -> Result<Answer, Violation> {
        let (recipient, context) = match running.operation {
            Operation::Send { recipient, context, .. } => (recipient, context),
            Operation::Resend { recipient, id, .. } => {
                let seen = self.seen.iter().find(|seen| seen.id == id);
                (recipient, seen.and_then(|seen| seen.context))
            }
            _ => return Err("a message nobody asked for".into()),
        };
        if message.channel == Channel::Voice && self.random.once_in(2) || self.random.once_in(20) {
            return Ok(Answer::Failed(PortError::NotConfigured));
        }
        self.counts.messages += 1;
        let code = code_in(&message.text).ok_or("a message without a code")?;
        self.model.leaves(recipient, message.otp_id, running.id, &code);
        if let Some((_, model)) = &mut self.backup {
            model.leaves(recipient, message.otp_id, running.id, &code); // if it was made by then
        }
        self.seen.push(Seen { recipient, id: message.otp_id, code, context });
        if lost {
            running.failed = true;
            return Ok(Answer::Failed(PortError::Unavailable));
        }
        let receipt = if self.random.once_in(2) { Receipt::Sent } else { Receipt::Queued };
        Ok(Answer::Delivered(receipt))
    }

    /// Tells the model of a write that the store took.
    fn committed(
        &mut self,
        running: &mut Running,
        key: &Key,
        record: Option<&Record>,
        now: UnixTime,
    ) -> Result<(), Violation> {
        let expires_at = record.and_then(|record| record.expires_at);
        match key.as_bytes()[0] {
            b'u' => self.user_written(running, now),
            b'r' => {
                self.recipient_written(running, now)?;
                let (Operation::Send { recipient, .. }
                | Operation::Verify { recipient, .. }
                | Operation::Resend { recipient, .. }
                | Operation::Cancel { recipient, .. }) = running.operation
                else {
                    return Err("a flow wrote to a recipient that has none".into());
                };
                self.model.keeps(recipient, expires_at, now)
            }
            b't' => {
                let lifetime = self.model.policy.enrolment_lifetime;
                if let Some(expires_at) = expires_at {
                    running.ticket_issued_at = expires_at - lifetime;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn user_written(&mut self, running: &mut Running, now: UnixTime) -> Result<(), Violation> {
        let (model, id, issued_at) = (&mut self.model, running.id, running.ticket_issued_at);
        let outcome = match &running.operation {
            Operation::CreateEnrolled { user, secret } => {
                let credential = Some(Credential::new(secret.clone()));
                return model.create(*user, User { credential, pending: None });
            }
            Operation::CreatePending { user, secret } => {
                let pending = Some(model.pending(secret.clone(), id, issued_at));
                return model.create(*user, User { credential: None, pending });
            }
            Operation::Open { user, secret, revoke } => {
                let pending = model.pending(secret.clone(), id, issued_at);
                return model.open(*user, pending, *revoke);
            }
            Operation::Delete { user } => {
                model.delete(*user);
                return Ok(());
            }
            Operation::Totp { user, code } => model.totp(*user, code, now)?,
            Operation::Confirm { user, issued_by, code, .. } => {
                model.confirm(*user, *issued_by, code, now)?
            }
            other => return Err(format!("{other:?} wrote to a user")),
        };
        match running.committed.replace(outcome) {
            None => Ok(()),
            Some(_) => Err("one request evaluated two attempts".into()),
        }
    }

    fn recipient_written(&mut self, running: &mut Running, now: UnixTime) -> Result<(), Violation> {
        let (model, id) = (&mut self.model, running.id);
        running.writes += 1;
        match &running.operation {
            Operation::Send { recipient, context, .. } => match running.writes {
                1 => {
                    running.reserved_at = now;
                    model.reserve(*recipient, now)
                }
                2 if !running.refused_by_account => {
                    model.challenge(*recipient, id, *context, now);
                    Ok(())
                }
                _ => {
                    model.unchallenge(*recipient, id, now);
                    model.free(*recipient, running.reserved_at, now);
                    Ok(())
                }
            },
            Operation::Resend { recipient, id: otp_id, .. } => {
                if running.writes == 1 {
                    running.reserved_at = now;
                    return model.renew(*recipient, *otp_id, id, now);
                }
                model.undo_renewal(*recipient, *otp_id, id, running.reserved_at, now);
                Ok(())
            }
            Operation::Cancel { recipient, id: otp_id } => model.cancel(*recipient, *otp_id, now),
            Operation::Verify { recipient, id: otp_id, code, context } => {
                let outcome = model.verify(*recipient, *otp_id, code, *context, now)?;
                match running.committed.replace(outcome) {
                    None => Ok(()),
                    Some(_) => Err("one request evaluated two attempts".into()),
                }
            }
            other => Err(format!("{other:?} wrote to a recipient")),
        }
    }

    /// What a flow reveals at its end must be what its write recorded.
    fn judge(
        &mut self,
        running: &Running,
        result: Result<Reply, ServiceError>,
    ) -> Result<Option<Outcome>, Violation> {
        match result {
            Ok(Reply::Outcome(outcome)) => {
                self.count(&running.operation, &outcome);
                let recorded = running.committed;
                if is_evaluated(&outcome) && recorded != Some(outcome) {
                    return Err(format!("revealed {outcome:?}, recorded {recorded:?}"));
                }
                if !is_evaluated(&outcome) && recorded.is_some() {
                    return Err(format!("recorded {recorded:?} but said {outcome:?}"));
                }
                return Ok(Some(outcome));
            }
            Ok(Reply::Created(Created::Pending(OpenEnrolment { ticket, .. }))) => {
                match running.operation {
                    Operation::CreatePending { user, .. } | Operation::Open { user, .. } => {
                        self.tickets.push((ticket, user, running.id));
                    }
                    _ => return Err("a ticket nobody asked for".into()),
                }
            }
            Err(error @ (ServiceError::Corrupt | ServiceError::Misuse)) => {
                return Err(format!("{error:?}"));
            }
            Err(error) if running.committed.is_some() && !running.failed => {
                return Err(format!("recorded {:?} but failed with {error:?}", running.committed));
            }
            Err(ServiceError::SendLimit { .. } | ServiceError::RecipientBlocked { .. }) => {
                self.counts.send_refused += 1;
            }
            Ok(_) | Err(_) => {}
        }
        Ok(None)
    }

    fn count(&mut self, operation: &Operation, outcome: &Outcome) {
        let counts = &mut self.counts;
        let count = match outcome {
            Outcome::Accepted if matches!(operation, Operation::Confirm { .. }) => {
                &mut counts.enrolled
            }
            Outcome::Accepted => &mut counts.accepted,
            Outcome::Mismatch { .. } => &mut counts.mismatched,
            Outcome::Replayed => &mut counts.replayed,
            Outcome::Blocked { .. } => &mut counts.blocked,
            Outcome::Disabled => &mut counts.disabled,
            Outcome::ContextMismatch => &mut counts.wrong_context,
            Outcome::Expired => &mut counts.expired,
            _ => return,
        };
        *count += 1;
    }

    fn create_domain(&mut self) {
        let mut entropy = Random(self.random.next());
        let fill = move |bytes: &mut [u8]| {
            entropy.fill(bytes);
            Ok(())
        };
        let mut flow =
            Flow::new(self.service.clone(), fill, async move |service: Arc<Service>, ports| {
                service.create_domain(&ports, ACCOUNT, Some("Example Bank")).await
            });
        let mut step = flow.start(self.now);
        self.domain = loop {
            let answer = match step {
                Step::Done(domain) => break domain.expect("nothing fails yet"),
                Step::Effect(Effect::Load { key, now }) => {
                    Answer::Loaded(self.store.load(&key, now))
                }
                Step::Effect(Effect::Swap { key, expected, record, now }) => {
                    Answer::Swapped(self.store.swap(&key, expected, record, now))
                }
                Step::Effect(other) => unreachable!("{other:?}"),
            };
            step = flow.resume(self.now, answer);
        };
    }
}

fn service(policy: &Policy) -> Arc<Service> {
    let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
    Arc::new(Service::new(keys, policy.service.clone(), policy.replay_floor))
}

fn user_id(user: usize) -> UserId {
    UserId::parse(&format!("user-{user}")).expect("a user id")
}

fn context(number: u8) -> TransactionContext {
    let amount = format!("EUR {number}.00");
    TransactionContext::new([("amount", amount.as_str()), ("payee", "Noir")]).expect("a context")
}

/// The code stands between `<` and `>`, and is spelled with commas in a call.
fn code_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    let (code, _) = rest.split_once('>')?;
    Some(code.replace(", ", ""))
}

async fn perform(
    service: &Service,
    ports: &keyfob::service::FlowPorts,
    domain: DomainId,
    operation: Operation,
) -> Result<Reply, ServiceError> {
    let new_user = |user, secret| NewUser { secret: Some(secret), ..NewUser::new(user_id(user)) };
    Ok(match operation {
        Operation::CreateEnrolled { user, secret } => {
            let user = NewUser { return_secret: true, ..new_user(user, secret) };
            Reply::Created(service.create_user(ports, ACCOUNT, domain, &user).await?)
        }
        Operation::CreatePending { user, secret } => {
            let user = new_user(user, secret);
            Reply::Created(service.create_user(ports, ACCOUNT, domain, &user).await?)
        }
        Operation::Open { user, secret, revoke } => {
            let secret = Some(secret);
            let new = NewEnrolment { secret, revoke, ..NewEnrolment::new(user_id(user)) };
            let open = service.open_enrolment(ports, ACCOUNT, domain, &new).await?;
            Reply::Created(Created::Pending(open))
        }
        Operation::Delete { user } => {
            service.delete_user(ports, ACCOUNT, domain, &user_id(user)).await?;
            Reply::Done
        }
        Operation::Totp { user, code } => {
            let user = user_id(user);
            Reply::Outcome(service.verify_totp(ports, ACCOUNT, domain, &user, &code).await?)
        }
        Operation::Confirm { ticket, code, .. } => {
            Reply::Outcome(service.confirm_enrolment(ports, &ticket, &code).await?)
        }
        Operation::Send { recipient, context: number, channels } => {
            let template = match number {
                None => "<{{code}}>",
                Some(_) => "<{{code}}> {{amount}} {{payee}}",
            };
            let to = Recipient::parse(Channel::Sms, RECIPIENTS[recipient]).expect("a number");
            let request = SendRequest {
                template: Some(Template::parse(template).expect("a template")),
                policy: CodePolicy::new(8, Alphabet::Alphanumeric).expect("a policy"),
                context: number.map(context),
                ..SendRequest::new(domain, channels, to)
            };
            service.send(ports, ACCOUNT, &request).await?;
            Reply::Done
        }
        Operation::Verify { id, code, context: number, .. } => {
            let context = number.map(context);
            Reply::Outcome(service.verify(ports, ACCOUNT, id, &code, context.as_ref()).await?)
        }
        Operation::Resend { id, channel, .. } => {
            service.resend(ports, ACCOUNT, id, Some(channel)).await?;
            Reply::Done
        }
        Operation::Cancel { id, .. } => {
            service.cancel(ports, ACCOUNT, id).await?;
            Reply::Done
        }
    })
}
