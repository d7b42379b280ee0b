//! What is taken for a message that then does not go out is given back, what was paid for is
//! not, and what somebody erases meanwhile stays erased.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use keyfob::service::{
    AccountId, Answer, BreakerPolicy, Channel, DeliveryState, DomainId, Effect, Flow, FlowPorts,
    Key, KeyKind, Language, Message, Outcome, Phone, PortError, Prices, Receipt, Recipient,
    SendRequest, SendScope, Sent, Service, ServiceError, ServicePolicy, SimSwap, SimSwapAction,
    SimSwapPolicy, Step, Storage, Template, Traffic, TrafficPolicy, UnverifiedPolicy, Way,
};
use support::{Outside, block_on, code_in, fill, service};

const HOUR: u64 = 3_600;
/// The beginning of a day.
const MIDNIGHT: u64 = 20_834 * 86_400;
const ACCOUNT: AccountId = AccountId([3; 16]);
const ANN: &str = "+447900000001";

struct Stage {
    outside: Outside,
    service: Arc<Service>,
    domain: DomainId,
}

impl Stage {
    fn new(change: impl FnOnce(&mut ServicePolicy)) -> Self {
        let traffic = TrafficPolicy::unlimited();
        let mut policy = ServicePolicy { traffic, ..ServicePolicy::default() };
        change(&mut policy);
        let (outside, service) = (Outside::new(1, MIDNIGHT), Arc::new(service(policy)));
        let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
        Self { outside, service, domain }
    }

    fn at(&self, time: u64) -> &Self {
        self.outside.clock.set(MIDNIGHT + time);
        self
    }

    fn request(&self, to: &str) -> SendRequest {
        SendRequest::new(self.domain, vec![Channel::Sms], Recipient::parse_any(to).unwrap())
    }

    fn send(&self, request: &SendRequest) -> Result<Sent, ServiceError> {
        block_on(self.service.send(&self.outside, ACCOUNT, request))
    }

    fn last(&self) -> Message {
        self.outside.outbox.borrow().last().unwrap().clone()
    }

    fn verify(&self, message: &Message) {
        let code = code_in(message);
        let judged = self.service.verify(&self.outside, ACCOUNT, message.otp_id, &code, None);
        assert_eq!(block_on(judged), Ok(Outcome::Accepted));
    }

    fn check_sim(&self, to: &str) -> Result<SimSwap, ServiceError> {
        let phone = Phone::parse(to).unwrap();
        let check = self.service.check_sim_swap(&self.outside, ACCOUNT, &phone, None);
        block_on(check).map(|check| check.answer)
    }

    fn erase(&self, to: &str) {
        let recipient = Recipient::parse_any(to).unwrap();
        let erased = self.service.erase_recipient(&self.outside, ACCOUNT, self.domain, &recipient);
        block_on(erased).unwrap();
    }
}

fn scope(answer: Result<Sent, ServiceError>) -> SendScope {
    match answer {
        Err(ServiceError::SendLimit { scope, .. }) => scope,
        other => panic!("{other:?}"),
    }
}

fn refusing() -> SimSwapPolicy {
    let refuse = SimSwapAction::Refuse;
    SimSwapPolicy { max_age_hours: 240, on_swapped: refuse, on_unknown: refuse }
}

#[test]
fn a_message_that_the_sim_forbids_uses_up_only_what_its_question_cost() {
    let stage = Stage::new(|policy| {
        policy.traffic.per_prefix_and_day = Some(1);
        policy.traffic.per_domain_and_day = Some(1);
        policy.sends.per_account_and_day = Some(3);
    });
    stage.outside.sim.set(Ok(SimSwap::Swapped));
    let doubtful = |n: u64| SendRequest { sim_swap: Some(refusing()), ..stage.request(&number(n)) };
    for n in [1, 2] {
        let refused = stage.send(&doubtful(n)).unwrap_err();
        assert_eq!(refused, ServiceError::SimSwap { swapped: true });
    }
    assert_eq!(scope(stage.send(&doubtful(2))), SendScope::Recipient, "no question a second");
    stage.send(&stage.request(&number(3))).unwrap(); // the one of the range and the domain
    let fourth = stage.send(&SendRequest { ..stage.request("+447400000004") });
    assert_eq!(scope(fourth), SendScope::Account, "two questions and a message");
    assert_eq!(stage.outside.sim_questions.get(), 2);
}

#[test]
fn a_question_about_a_sim_is_one_of_the_messages_of_the_account() {
    let stage = Stage::new(|policy| policy.sends.per_account_and_day = Some(3));
    for _ in 0..5 {
        assert_eq!(stage.check_sim(ANN), Ok(SimSwap::NotSwapped), "remembered, so not charged");
    }
    stage.outside.sim.set(Err(PortError::Unavailable));
    for n in 10..15 {
        let failed = Err(ServiceError::Port(PortError::Unavailable));
        assert_eq!(stage.check_sim(&number(n)), failed, "not answered, not charged");
    }
    stage.outside.sim.set(Ok(SimSwap::NotSwapped));
    assert_eq!(stage.check_sim(&number(2)), Ok(SimSwap::NotSwapped));
    stage.send(&stage.request(&number(3))).unwrap();
    let questions = stage.outside.sim_questions.get();
    for n in 4..9 {
        let refused = stage.check_sim(&number(n)).unwrap_err();
        assert!(matches!(refused, ServiceError::SendLimit { scope: SendScope::Account, .. }));
    }
    assert_eq!(stage.outside.sim_questions.get(), questions, "the operator is not asked");
    assert_eq!(scope(stage.send(&stage.request(&number(4)))), SendScope::Account);
}

#[test]
fn a_resend_that_the_sim_forbids_counts_as_one_of_the_messages_of_the_account() {
    let stage = Stage::new(|policy| {
        policy.sends.per_account_and_day = Some(4);
        policy.sim_swap.cache = 0;
    });
    let request = SendRequest { sim_swap: Some(refusing()), ..stage.request(ANN) };
    let otp_id = stage.send(&request).unwrap().otp_id;
    let resend = || block_on(stage.service.resend(&stage.outside, ACCOUNT, otp_id, None));
    stage.outside.sim.set(Ok(SimSwap::Unknown));
    assert!(matches!(resend(), Err(ServiceError::SendLimit { scope: SendScope::Recipient, .. })));
    stage.at(30);
    for _ in 0..3 {
        assert_eq!(resend().unwrap_err(), ServiceError::SimSwap { swapped: false });
    }
    assert_eq!(scope(resend()), SendScope::Account);
    assert_eq!(stage.outside.sim_questions.get(), 1 + 3, "the operator is not asked");
}

#[test]
fn a_code_that_came_by_email_speaks_for_no_number_that_was_silent() {
    let unverified = UnverifiedPolicy {
        per_country_and_hour: 2,
        per_client_and_day: 4,
        ..UnverifiedPolicy::default()
    };
    let stage = || Stage::new(|policy| policy.traffic.unverified = Some(unverified));
    // Each code goes to a fresh number, then to the mailbox of whoever pumps.
    let pump = |stage: &Stage, country: &str, n: u64, reported: Option<DeliveryState>| {
        let request = SendRequest {
            traffic: Traffic { client: "192.0.2.1".parse().ok(), ..Traffic::default() },
            channels: vec![Channel::Sms, Channel::Email],
            other_recipient: Recipient::parse_any(&format!("mallory+{n}@example.com")).ok(),
            ..stage.request(&format!("{country}{n:04}"))
        };
        let sent = stage.send(&request)?;
        let Message { otp_id, id, channel, .. } = stage.last();
        let (service, outside) = (&stage.service, &stage.outside);
        let way = service.fall_back(outside, ACCOUNT, otp_id, id, Channel::Email);
        assert_eq!(block_on(way), Ok(Way::Open));
        if let Some(state) = reported {
            let report = service.delivery_report(outside, ACCOUNT, otp_id, id, channel, state);
            block_on(report).unwrap();
        }
        stage.verify(&stage.last());
        Ok(sent)
    };
    for silent in [None, Some(DeliveryState::Sent), Some(DeliveryState::Failed)] {
        let stage = stage();
        pump(&stage, "+25191100", 1, silent).unwrap();
        pump(&stage, "+25191100", 2, silent).unwrap();
        let refused = pump(&stage, "+25191100", 3, silent);
        assert_eq!(scope(refused), SendScope::UnverifiedCountry, "{silent:?}");
        let refused = pump(&stage, "+25291100", 4, silent); // each goes two ways
        assert_eq!(scope(refused), SendScope::UnverifiedClient, "{silent:?}");
    }
    let stage = stage();
    for n in 0..3 {
        pump(&stage, "+25191100", n, Some(DeliveryState::Delivered)).unwrap(); // it came, late
    }
}

#[test]
fn a_text_costs_as_much_as_the_parts_that_a_carrier_bills() {
    let prices = Prices { default: 4, ..Prices::default() };
    let parts = |words: &str, language: Language| {
        let text = format!("{words} {{{{code}}}}");
        let template = Some(Template::parse(&text).unwrap());
        (1..20).find(|parts| {
            let stage = Stage::new(|policy| {
                policy.traffic.prices = prices.clone();
                policy.traffic.cost_per_day = Some(4 * parts);
            });
            let request =
                SendRequest { template: template.clone(), language, ..stage.request(ANN) };
            stage.send(&request).is_ok()
        })
    };
    assert_eq!(parts("Your code is", Language::default()), Some(1));
    assert_eq!(parts(&"x".repeat(150), Language::default()), Some(1), "157 septets of 160");
    assert_eq!(parts(&"x".repeat(160), Language::default()), Some(2));
    assert_eq!(parts(&"я".repeat(60), Language::default()), Some(1), "67 units of 70");
    assert_eq!(parts(&"я".repeat(140), Language::default()), Some(3), "67 units a part");
}

#[test]
fn a_probe_that_did_not_go_out_is_left_for_another_message() {
    let stage = Stage::new(|policy| policy.traffic.breaker = Some(BreakerPolicy::default()));
    for n in 0..22 {
        stage.at(n).send(&stage.request(&number(n))).unwrap();
    }
    let stopped = |n: u64| scope(stage.send(&stage.request(&number(n))));
    stage.at(720);
    assert_eq!(stopped(30), SendScope::StoppedPrefix);
    stage.at(801 + HOUR);
    *stage.outside.configured.borrow_mut() = vec![Channel::Email];
    for n in 40..60 {
        let refused = stage.send(&stage.request(&number(n))).unwrap_err();
        assert_eq!(refused.code(), "channel-not-configured");
    }
    *stage.outside.configured.borrow_mut() = vec![Channel::Sms];
    for n in 60..65 {
        stage.send(&stage.request(&number(n))).unwrap();
    }
    assert_eq!(stopped(65), SendScope::StoppedPrefix, "and there are no more than five");
}

#[test]
fn a_storm_of_refusals_leaves_nothing_behind() {
    let stage = Stage::new(|policy| policy.traffic.per_prefix_and_day = Some(0));
    for n in 0..50 {
        assert_eq!(scope(stage.send(&stage.request(&number(n)))), SendScope::Prefix);
    }
    assert_eq!(stage.outside.store.records().len(), 1, "the domain");
}

/// Where an erasure falls among the effects of a send, and what came of it.
struct Meeting {
    sent: Result<Sent, ServiceError>,
    messages: usize,
    /// Records of the recipient and of the challenge.
    left: usize,
    effects: usize,
    handed_over_at: Option<usize>,
    held_at: usize,
}

/// Sends, with an erasure of the recipient just before effect `at`. What a `naive` service
/// knows of the recipient after its own write is what it wrote itself.
fn erased_before(at: usize, naive: bool) -> Meeting {
    let stage = Stage::new(|_| ());
    let request = stage.request(ANN);
    let mut random = 7;
    let entropy = move |bytes: &mut [u8]| {
        fill(&mut random, bytes);
        Ok(())
    };
    let body = async move |service: Arc<Service>, ports: FlowPorts| {
        service.send(&ports, ACCOUNT, &request).await
    };
    let mut flow = Flow::new(Arc::clone(&stage.service), entropy, body);
    let (store, now) = (&stage.outside.store, MIDNIGHT);
    let of_recipient = |key: &Key| key.kind() == Some(KeyKind::Recipient);
    let mut step = flow.start(now);
    let (mut effects, mut messages, mut handed_over_at, mut held_at) = (0, 0, None, None);
    let mut written = None;
    let sent = loop {
        if effects == at {
            stage.erase(ANN);
        }
        let answer = match step {
            Step::Done(sent) => break sent,
            Step::Effect(Effect::Load { key, .. })
                if naive && of_recipient(&key) && written.is_some() =>
            {
                Answer::Loaded(written.clone())
            }
            Step::Effect(Effect::Load { key, now }) => {
                Answer::Loaded(block_on(store.load(&key, now)).unwrap())
            }
            Step::Effect(Effect::Swap { key, expected, record, now }) => {
                let of_recipient = of_recipient(&key);
                let swap = block_on(store.swap(&key, expected, record, now)).unwrap();
                if of_recipient {
                    held_at.get_or_insert(effects);
                    written = block_on(store.load(&key, now)).unwrap();
                }
                Answer::Swapped(swap)
            }
            Step::Effect(Effect::Add { counter, amount, now }) => {
                Answer::Added(block_on(store.add(&counter, amount, now)).unwrap())
            }
            Step::Effect(Effect::Deliver(_)) => {
                handed_over_at = Some(effects);
                messages += 1;
                Answer::Delivered(Receipt::Queued)
            }
            Step::Effect(other) => panic!("{other:?}"),
        };
        effects += 1;
        step = flow.resume(now, answer);
    };
    let left = store.records().len() - 1;
    Meeting { sent, messages, left, effects, handed_over_at, held_at: held_at.unwrap() }
}

#[test]
fn who_is_erased_while_a_code_is_sent_has_nothing_stored_and_gets_no_message() {
    let undisturbed = erased_before(usize::MAX, false);
    let (held, handed_over) = (undisturbed.held_at, undisturbed.handed_over_at.unwrap());
    assert!(held + 2 < handed_over, "several steps lie between");
    for at in held + 1..=undisturbed.effects {
        let met = erased_before(at, false);
        assert_eq!(met.left, 0, "before effect {at}");
        if at < handed_over {
            assert_eq!(met.sent, Err(ServiceError::ChallengeNotFound), "before effect {at}");
            assert_eq!(met.messages, 0, "before effect {at}");
        }
    }
    let naive = (held + 1..handed_over).map(|at| erased_before(at, true));
    assert!(naive.into_iter().any(|met| met.messages == 1), "a service that does not look again");
}

/// Numbers of one range.
fn number(n: u64) -> String {
    format!("+44790000{n:04}")
}
