//! One simulated run: flows at once over one faulty store, all drawn from a seed.

mod counts;
mod judging;
mod operations;

use std::sync::{Arc, Mutex};

use keyfob::{
    Alphabet, CodePolicy, Secret, UnixTime,
    service::{
        AccountId, Answer, AttemptPolicy, Channel, Created, DomainId, Effect, Flow, Key, KeyKind,
        KeyRing, MasterKey, Message, NewEnrolment, NewUser, OpenEnrolment, OtpId, Outcome,
        PortError, Receipt, Recipient, Record, SendRequest, Service, ServiceError, ServicePolicy,
        Step, Swap, Template, Ticket, TrafficPolicy, TransactionContext, UserId,
    },
};

use crate::{
    model::{Credential, FlowId, Model, Policy, User, Violation, code_of, is_evaluated},
    naive::{self, Snapshots},
    random::Random,
    store::{Store, StoreKind},
};

pub use counts::Counts;
use operations::{Operation, Reply, perform};

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
        // The model knows the limits of recipients and accounts; the others have tests of their
        // own, and what they decide is no part of any promise about codes.
        policy.traffic = TrafficPolicy::unlimited();
        if random.once_in(4) {
            policy.sends.per_account_and_day = Some(4);
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
                Answer::Added(self.store.add(&counter, amount, now))
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

/// The code stands between `<` and `>`, and is spelled with commas in a call.
fn code_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    let (code, _) = rest.split_once('>')?;
    Some(code.replace(", ", ""))
}
