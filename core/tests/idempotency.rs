//! Requests that carry an idempotency key: carried out once, answered the same for a
//! day, and never locked for ever.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod support;

use std::sync::Arc;

use keyfob::{
    UnixTime,
    service::{
        AccountId, Answer, Begun, Claim, Effect, Flow, IdempotencyKey, PortError, Service,
        ServiceError, ServicePolicy, Step, Storage, Swap,
    },
};
use support::{Outside, block_on, fill, service};

const NOW: UnixTime = 1_800_000_000;
const DAY: UnixTime = 86_400;
const LEASE: UnixTime = 30;
const ACCOUNT: AccountId = AccountId([3; 16]);

struct Stage {
    outside: Outside,
    service: Service,
}

impl Stage {
    fn new() -> Self {
        Self { outside: Outside::new(1, NOW), service: service(ServicePolicy::default()) }
    }

    fn at(&self, now: UnixTime) -> &Self {
        self.outside.clock.set(now);
        self
    }

    fn begin_as(
        &self,
        account: AccountId,
        route: &str,
        key: &str,
        body: &str,
    ) -> Result<Begun, ServiceError> {
        let key = IdempotencyKey::parse(key).unwrap();
        let begun =
            self.service.begin_idempotent(&self.outside, account, route, &key, body.as_bytes());
        block_on(begun)
    }

    fn begin(&self, body: &str) -> Result<Begun, ServiceError> {
        self.begin_as(ACCOUNT, "send", "key", body)
    }

    fn claim(&self, body: &str) -> Claim {
        match self.begin(body) {
            Ok(Begun::Run(claim)) => claim,
            other => panic!("nobody else is at it: {other:?}"),
        }
    }

    fn finish(&self, claim: Claim, answer: &str) {
        let finished = self.service.finish_idempotent(&self.outside, claim, answer.as_bytes());
        block_on(finished).unwrap();
    }

    fn release(&self, claim: Claim) {
        block_on(self.service.release_idempotent(&self.outside, claim)).unwrap();
    }

    fn is_in_flight(&self) -> bool {
        matches!(self.begin("a"), Err(ServiceError::IdempotencyInFlight))
    }

    fn replayed(&self) -> Option<String> {
        match self.begin("a") {
            Ok(Begun::Replay(answer)) => Some(String::from_utf8(answer.to_vec()).unwrap()),
            _ => None,
        }
    }
}

#[test]
fn a_request_runs_once_and_its_answer_is_given_again_for_a_day() {
    let stage = Stage::new();
    let claim = stage.claim("a");
    assert!(stage.is_in_flight());
    stage.at(NOW + 5).finish(claim, "first");
    for later in [5, 6, LEASE, 5 + DAY - 1] {
        assert_eq!(stage.at(NOW + later).replayed().as_deref(), Some("first"), "{later} s later");
    }
    stage.at(NOW + 5 + DAY);
    stage.finish(stage.claim("a"), "second");
    assert_eq!(stage.replayed().as_deref(), Some("second"));
}

#[test]
fn a_key_belongs_to_one_body_in_flight_and_answered_and_abandoned() {
    let stage = Stage::new();
    let is_refused = || matches!(stage.begin("b"), Err(ServiceError::IdempotencyMismatch));
    let claim = stage.claim("a");
    assert!(is_refused());
    stage.at(NOW + LEASE + 1);
    assert!(is_refused(), "its first request may have taken effect before it died");
    stage.finish(claim, "done");
    assert!(is_refused());
    assert_eq!(stage.replayed().as_deref(), Some("done"), "the refusals changed nothing");
}

#[test]
fn accounts_routes_and_keys_do_not_share_requests() {
    let stage = Stage::new();
    let places = [
        (ACCOUNT, "send", "key"),
        (AccountId([4; 16]), "send", "key"),
        (ACCOUNT, "user", "key"),
        (ACCOUNT, "send", "keys"),
        (ACCOUNT, "send", "KEY"),
        (ACCOUNT, "sendk", "ey"),
    ];
    for (account, route, key) in places {
        let begun = stage.begin_as(account, route, key, "a");
        assert!(matches!(begun, Ok(Begun::Run(_))), "{route} {key}: {begun:?}");
    }
}

#[test]
fn a_request_that_died_holds_its_key_for_half_a_minute_and_no_longer() {
    let stage = Stage::new();
    drop(stage.claim("a"));
    assert!(stage.at(NOW + LEASE - 1).is_in_flight());
    let claim = stage.at(NOW + LEASE).claim("a");
    assert!(stage.is_in_flight(), "the one that took over has a lease of its own");
    assert!(stage.at(NOW + 2 * LEASE - 1).is_in_flight());
    stage.finish(claim, "done");
    assert_eq!(stage.replayed().as_deref(), Some("done"));
}

#[test]
fn a_claim_that_was_lost_neither_frees_nor_answers_for_the_next() {
    let stage = Stage::new();
    let late = [stage.claim("a"), stage.at(NOW + LEASE).claim("a")];
    let holder = stage.at(NOW + 2 * LEASE).claim("a");
    let [first, second] = late;
    stage.finish(first, "late");
    assert!(stage.is_in_flight());
    stage.release(second);
    assert!(stage.is_in_flight());
    stage.finish(holder, "done");
    assert_eq!(stage.replayed().as_deref(), Some("done"));
}

#[test]
fn a_slow_request_whose_claim_nobody_took_is_remembered_after_all() {
    let stage = Stage::new();
    let claim = stage.claim("a");
    stage.at(NOW + LEASE + 5).finish(claim, "slow");
    assert_eq!(stage.replayed().as_deref(), Some("slow"));
}

#[test]
fn a_key_that_was_released_is_free_for_any_body() {
    let stage = Stage::new();
    stage.release(stage.claim("a"));
    stage.finish(stage.claim("b"), "done");
    assert!(matches!(stage.begin("a"), Err(ServiceError::IdempotencyMismatch)));
}

#[test]
fn a_clock_that_ran_ahead_when_a_request_died_locks_no_key() {
    let stage = Stage::new();
    drop(stage.at(NOW + 365 * DAY).claim("a"));
    drop(stage.at(NOW).claim("a"));
    assert!(stage.is_in_flight());
}

#[test]
fn only_visible_ascii_of_bounded_length_is_a_key() {
    for good in ["!", "~", "\"", "8e03978e-40d5-43e8-bc93-6894a57f9324", &"k".repeat(255)] {
        assert!(IdempotencyKey::parse(good).is_ok(), "{good}");
    }
    for bad in ["", " ", "a b", "a\t", "\u{7f}", "ключ", "é", &"k".repeat(256)] {
        assert!(IdempotencyKey::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn neither_key_nor_body_nor_answer_is_stored_or_printed_in_clear() {
    let stage = Stage::new();
    let canaries = ["canary-key-7c1d", "canary-body-90ee", "canary-answer-15ab"];
    let key = IdempotencyKey::parse(canaries[0]).unwrap();
    let begin = || stage.begin_as(ACCOUNT, "send", canaries[0], canaries[1]);
    let mut printed = vec![format!("{key:?} {:?}", begin())];
    let Ok(Begun::Run(claim)) =
        stage.at(NOW + LEASE).begin_as(ACCOUNT, "send", canaries[0], canaries[1])
    else {
        panic!("the lease is over")
    };
    printed.push(format!("{claim:?} {:?}", begin()));
    stage.finish(claim, canaries[2]);
    printed.push(format!("{:?}", begin()));
    printed.push(format!("{:?}", stage.begin_as(ACCOUNT, "send", canaries[0], "other")));
    let printed = printed.concat();
    let records = stage.outside.store.records();
    assert_eq!(records.len(), 1);
    for canary in canaries {
        let bytes = format!("{:?}", canary.as_bytes());
        assert!(!printed.contains(canary) && !printed.contains(bytes.trim_matches(['[', ']'])));
        for (place, record) in &records {
            let stored = [place.as_bytes(), record.bytes.as_slice()].concat();
            assert!(!stored.windows(canary.len()).any(|part| part == canary.as_bytes()));
        }
    }
}

/// The store wrote the claim, and its answer was lost: nobody knows that it is held.
#[test]
fn a_claim_that_was_written_but_not_confirmed_runs_nothing_and_lapses() {
    let stage = Stage::new();
    let mut flow = begin_flow(1);
    let Step::Effect(load) = flow.start(NOW) else { panic!("a load") };
    let Step::Effect(swap) = flow.resume(NOW, block_on(carry_out(&stage.outside, load, true)))
    else {
        panic!("a swap")
    };
    block_on(carry_out(&stage.outside, swap, true));
    let step = flow.resume(NOW, Answer::Failed(PortError::Unavailable));
    assert!(matches!(step, Step::Done(Err(ServiceError::Port(_)))), "{step:?}");
    assert!(stage.is_in_flight());
    stage.at(NOW + LEASE).finish(stage.claim("a"), "done");
    assert_eq!(stage.replayed().as_deref(), Some("done"));
}

/// Two requests at once, in every order in which the store may meet their effects.
#[test]
fn of_two_at_once_exactly_one_runs_in_every_order() {
    for order in 0..64_u32 {
        let (ran, refused) = race(order, true);
        assert_eq!((ran, refused), (1, 1), "order {order:06b}");
    }
    let broken = (0..64).filter(|order| race(*order, false).0 == 2).count();
    assert!(broken > 0, "a store that does not compare lets both run, or this shows nothing");
}

/// How many were to run and how many were told to wait.
fn race(order: u32, compares: bool) -> (u32, u32) {
    let outside = Outside::new(1, NOW);
    let mut flows = [1, 2].map(begin_flow);
    let mut steps = flows.each_mut().map(|flow| Some(flow.start(NOW)));
    let mut counts = (0, 0);
    for turn in 0.. {
        if steps.iter().all(Option::is_none) {
            break;
        }
        let which = if turn < 6 { (order >> turn & 1) as usize } else { turn % 2 };
        match steps[which].take() {
            Some(Step::Effect(effect)) => {
                let answer = block_on(carry_out(&outside, effect, compares));
                steps[which] = Some(flows[which].resume(NOW, answer));
            }
            Some(Step::Done(Ok(Begun::Run(_)))) => counts.0 += 1,
            Some(Step::Done(Err(ServiceError::IdempotencyInFlight))) => counts.1 += 1,
            Some(Step::Done(other)) => panic!("{other:?}"),
            None => {}
        }
    }
    counts
}

fn begin_flow(seed: u64) -> Flow<Begun> {
    let mut state = seed;
    let entropy = move |bytes: &mut [u8]| {
        fill(&mut state, bytes);
        Ok(())
    };
    let service = Arc::new(service(ServicePolicy::default()));
    Flow::new(service, entropy, async move |service: Arc<Service>, ports| {
        let key = IdempotencyKey::parse("key").unwrap();
        service.begin_idempotent(&ports, ACCOUNT, "send", &key, b"a").await
    })
}

async fn carry_out(outside: &Outside, effect: Effect, compares: bool) -> Answer {
    match effect {
        Effect::Load { key, now } => Answer::Loaded(outside.store.load(&key, now).await.unwrap()),
        Effect::Swap { .. } if !compares => Answer::Swapped(Swap::Swapped),
        Effect::Swap { key, expected, record, now } => {
            Answer::Swapped(outside.store.swap(&key, expected, record, now).await.unwrap())
        }
        other => panic!("nothing else is asked: {other:?}"),
    }
}
