//! Strangers who make an account pay are stopped, and people who verify their codes are
//! not: every limit on sending, told over time.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::sync::Arc;

use keyfob::service::{
    AccountId, Answer, BreakerPolicy, Channel, Destination, DomainId, Effect, Flow, FlowPorts,
    Outcome, Prices, Receipt, Recipient, SendRequest, SendScope, Sent, Service, ServiceError,
    ServicePolicy, Step, Storage, Traffic, TrafficPolicy, UnverifiedPolicy, Way,
};
use support::{Outside, block_on, fill, service};

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;
/// The beginning of a day.
const MIDNIGHT: u64 = 20_834 * DAY;
const ACCOUNT: AccountId = AccountId([3; 16]);

struct Stage {
    outside: Outside,
    service: Service,
    domain: DomainId,
    random: u64,
}

impl Stage {
    fn new(traffic: TrafficPolicy) -> Self {
        Self::with_account_limit(traffic, Some(1_000_000))
    }

    fn with_account_limit(traffic: TrafficPolicy, per_account_and_day: Option<u64>) -> Self {
        let mut policy = ServicePolicy { traffic, ..ServicePolicy::default() };
        policy.sends.per_account_and_day = per_account_and_day;
        let (outside, service) = (Outside::new(1, MIDNIGHT), service(policy));
        let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
        Self { outside, service, domain, random: 1 }
    }

    fn at(&self, time: u64) -> &Self {
        self.outside.clock.set(MIDNIGHT + time);
        self
    }

    fn send_as(&self, number: &str, traffic: Traffic) -> Result<Sent, ServiceError> {
        self.outside.outbox.borrow_mut().clear();
        let recipient = Recipient::parse_any(number).unwrap();
        let email = matches!(recipient, Recipient::Email(_));
        let channel = if email { Channel::Email } else { Channel::Sms };
        let request =
            SendRequest { traffic, ..SendRequest::new(self.domain, vec![channel], recipient) };
        block_on(self.service.send(&self.outside, ACCOUNT, &request))
    }

    fn send(&self, number: &str) -> Result<Sent, ServiceError> {
        self.send_as(number, Traffic::default())
    }

    fn verify(&self, sent: &Sent) {
        let code = self.outside.last_code();
        let judged = self.service.verify(&self.outside, ACCOUNT, sent.otp_id, &code, None);
        assert_eq!(block_on(judged), Ok(Outcome::Accepted));
    }

    fn once_in(&mut self, hundredths: u64) -> bool {
        let mut bytes = [0; 8];
        fill(&mut self.random, &mut bytes);
        u64::from_le_bytes(bytes) % 100 < hundredths
    }
}

fn scope(answer: Result<Sent, ServiceError>) -> Option<SendScope> {
    match answer {
        Ok(_) => None,
        Err(ServiceError::SendLimit { scope, .. }) => Some(scope),
        Err(other) => panic!("{other:?}"),
    }
}

fn retry_at(answer: Result<Sent, ServiceError>) -> u64 {
    match answer {
        Err(ServiceError::SendLimit { retry_at, .. }) => retry_at - MIDNIGHT,
        other => panic!("{other:?}"),
    }
}

/// Numbers whose last four digits change slowest, so that each is in a range of its own.
fn spread(country: &str, number: u64) -> String {
    format!("{country}{:05}{:04}", number % 100_000, number / 100_000)
}

/// Numbers of one range.
fn in_range(prefix: &str, number: u64) -> String {
    format!("{prefix}{:04}", number % 10_000)
}

fn from(client: &str) -> Traffic {
    Traffic { client: Some(client.parse().unwrap()), ..Traffic::default() }
}

/// Only the rule under test.
fn only(change: impl FnOnce(&mut TrafficPolicy)) -> Stage {
    let mut policy = TrafficPolicy::unlimited();
    change(&mut policy);
    Stage::new(policy)
}

/// How many messages go out, and what stops them.
fn until_refused(mut send: impl FnMut(u64) -> Result<Sent, ServiceError>) -> (u64, SendScope) {
    (0..20_000).find_map(|sent| scope(send(sent)).map(|scope| (sent, scope))).expect("a limit")
}

const HONEST: [(&str, u64); 3] = [("+4479", 90), ("+49151", 80), ("+1212", 70)];

/// A few days of people who log in, then a night in which somebody has 10,000 codes sent to
/// fresh numbers of a country where nobody verifies any.
fn attack(traffic: TrafficPolicy) -> (u64, u64, u64) {
    const PER_DAY: u64 = 600;
    let mut stage = Stage::new(traffic);
    let (mut number, mut honest, mut honest_refused, mut attacks, mut pumped) = (0, 0, 0, 0, 0);
    for time in (0..4 * DAY).step_by((DAY / PER_DAY) as usize) {
        for (country, conversion) in HONEST {
            number += 1;
            honest += 1;
            match stage.at(time).send(&spread(country, number)) {
                Ok(sent) if stage.once_in(conversion) => {
                    stage.at(time + 25).verify(&sent);
                }
                Ok(_) => {}
                Err(_) => honest_refused += 1,
            }
        }
        while time >= 3 * DAY && attacks < 10_000 * (time - 3 * DAY) / (DAY / 2) && attacks < 10_000
        {
            attacks += 1;
            pumped += u64::from(stage.send(&spread("+251", attacks)).is_ok());
        }
    }
    println!("of 10000 pumped {pumped} went out; of {honest} honest {honest_refused} were refused");
    assert_eq!(attacks, 10_000);
    (pumped, honest, honest_refused)
}

#[test]
fn ten_thousand_sends_that_nobody_verifies_are_stopped_and_other_countries_untouched() {
    let (pumped, honest, honest_refused) = attack(TrafficPolicy::default());
    assert_eq!(pumped, 20, "what a country without verified codes has in a day");
    assert_eq!((honest, honest_refused), (7_200, 0));

    let without = TrafficPolicy { unverified: None, ..TrafficPolicy::default() };
    assert_eq!(attack(without).0, 10_000, "nothing else would have stopped them");
}

#[test]
fn a_country_with_real_users_is_pumped_by_a_share_of_them_at_most() {
    let stage = Stage::new(TrafficPolicy::default());
    for person in 0..1_000 {
        let sent = stage.at(person * 80).send(&spread("+4479", person)).unwrap();
        stage.at(person * 80 + 20).verify(&sent);
    }
    let (in_hour, rule) = until_refused(|n| stage.at(DAY + 1).send(&spread("+4474", n)));
    assert_eq!((in_hour, rule), (10 + 1_000 / 6 / 2, SendScope::UnverifiedCountry));
    let mut pumped = in_hour;
    for hour in 1..24 {
        pumped +=
            until_refused(|n| stage.at(DAY + hour * HOUR).send(&spread("+4474", hour * 1_000 + n)))
                .0;
    }
    assert_eq!(pumped, 20 + 500, "half of the best day's verified");
}

#[test]
fn unverified_codes_of_an_hour_and_of_a_day_have_limits_of_their_own() {
    let stage = only(|policy| policy.unverified = Some(UnverifiedPolicy::default()));
    let (sent, rule) = until_refused(|n| stage.at(0).send(&spread("+251", n)));
    assert_eq!((sent, rule), (10, SendScope::UnverifiedCountry));
    assert_eq!(retry_at(stage.send(&spread("+251", 99))), HOUR);
    assert_eq!(stage.send(&spread("+251", 99)).unwrap_err().code(), "unverified-sends");
    assert!(stage.send(&spread("+252", 99)).is_ok(), "the next country is another");
    let (sent, _) = until_refused(|n| stage.at(HOUR).send(&spread("+251", 100 + n)));
    assert_eq!(sent, 10, "20 in the day");
    assert_eq!(retry_at(stage.at(2 * HOUR).send(&spread("+251", 200))), DAY);
    assert!(stage.at(DAY).send(&spread("+251", 200)).is_ok());
}

#[test]
fn a_verified_code_makes_room_for_another() {
    let stage = only(|policy| policy.unverified = Some(UnverifiedPolicy::default()));
    let last = (0..10).map(|n| stage.at(0).send(&spread("+251", n)).unwrap()).last().unwrap();
    stage.verify(&last);
    assert!(stage.send(&spread("+251", 50)).is_ok());
    assert_eq!(scope(stage.send(&spread("+251", 51))), Some(SendScope::UnverifiedCountry));
    // Used again it makes none.
    let replayed = stage.service.verify(&stage.outside, ACCOUNT, last.otp_id, "000000", None);
    assert_eq!(block_on(replayed), Ok(Outcome::Replayed));
    assert_eq!(scope(stage.send(&spread("+251", 51))), Some(SendScope::UnverifiedCountry));
}

#[test]
fn the_best_day_is_remembered_for_fourteen() {
    let stage = only(|policy| policy.unverified = Some(UnverifiedPolicy::default()));
    for person in 0..120 {
        let sent = stage.at(person * 100).send(&spread("+4479", person)).unwrap();
        stage.verify(&sent);
    }
    let pump = |day: u64| {
        (0..24)
            .map(|hour| {
                let time = day * DAY + hour * HOUR;
                until_refused(|n| stage.at(time).send(&spread("+4474", time + n))).0
            })
            .sum::<u64>()
    };
    assert_eq!(pump(14), 20 + 60);
    assert_eq!(pump(15), 20);
}

#[test]
fn a_message_that_turns_to_a_number_counts_there() {
    let stage = only(|policy| policy.per_prefix_and_day = Some(1));
    let turn = |address: &str, number: &str| {
        let request = SendRequest {
            other_recipient: Some(Recipient::parse_any(number).unwrap()),
            ..SendRequest::new(
                stage.domain,
                vec![Channel::Email, Channel::Sms],
                Recipient::parse_any(address).unwrap(),
            )
        };
        let sent = block_on(stage.service.send(&stage.outside, ACCOUNT, &request)).unwrap();
        let message = stage.outside.outbox.borrow().last().unwrap().id;
        block_on(stage.service.fall_back(
            &stage.outside,
            ACCOUNT,
            sent.otp_id,
            message,
            Channel::Sms,
        ))
    };
    assert_eq!(turn("a@example.com", "+447900000001"), Ok(Way::Open));
    assert!(matches!(turn("b@example.com", "+447900000002"), Ok(Way::Closed(_))));
    assert_eq!(turn("c@example.com", "+447900010003"), Ok(Way::Open), "another range");
}

#[test]
fn a_send_without_a_provider_for_email_is_judged_by_its_number() {
    let stage = only(|policy| policy.per_prefix_and_day = Some(0));
    *stage.outside.configured.borrow_mut() = vec![Channel::Sms];
    let request = SendRequest {
        other_recipient: Some(Recipient::parse_any("+447900000001").unwrap()),
        ..SendRequest::new(
            stage.domain,
            vec![Channel::Email, Channel::Sms],
            Recipient::parse_any("a@example.com").unwrap(),
        )
    };
    let sent = block_on(stage.service.send(&stage.outside, ACCOUNT, &request));
    assert_eq!(scope(sent), Some(SendScope::Prefix));
    assert!(stage.outside.outbox.borrow().is_empty());
}

#[test]
fn a_resend_counts_as_a_send() {
    let stage = only(|policy| policy.unverified = Some(UnverifiedPolicy::default()));
    let sent = stage.at(0).send("+251911000001").unwrap();
    for n in 0..9 {
        stage.at(1).send(&spread("+251", n)).unwrap();
    }
    stage.at(40);
    let resent = block_on(stage.service.resend(&stage.outside, ACCOUNT, sent.otp_id, None));
    assert_eq!(scope(resent), Some(SendScope::UnverifiedCountry));
}

#[test]
fn a_range_whose_codes_do_not_come_back_is_stopped_probed_and_opened() {
    let stage = only(|policy| policy.breaker = Some(BreakerPolicy::default()));
    let send = |time: u64, n: u64| stage.at(time).send(&in_range("+44790000", n));
    for n in 0..20 {
        assert!(send(n, n).is_ok());
    }
    assert!(send(599, 20).is_ok(), "they are too young to have been verified");
    assert!(send(700, 21).is_ok(), "and so are those of the ten minutes before");
    assert_eq!(scope(send(720, 22)), Some(SendScope::StoppedPrefix));
    assert!(stage.send(&in_range("+44790001", 0)).is_ok(), "the next range is another");
    assert_eq!(retry_at(send(1_000, 23)), 720 + HOUR);
    assert_eq!(send(1_000, 23).unwrap_err().code(), "prefix-stopped");
    // Five find out whether it is over, and it is not.
    for n in 30..35 {
        assert!(send(720 + HOUR, n).is_ok());
    }
    assert_eq!(retry_at(send(721 + HOUR, 35)), 720 + HOUR + 120);
    assert_eq!(retry_at(send(840 + HOUR, 35)), 840 + 2 * HOUR);
    assert_eq!(scope(send(839 + 2 * HOUR, 36)), Some(SendScope::StoppedPrefix));
    // Then one of them is verified.
    let sent = send(840 + 2 * HOUR, 40).unwrap();
    stage.verify(&sent);
    for n in 50..60 {
        assert!(send(841 + 2 * HOUR, n).is_ok());
    }
}

#[test]
fn a_range_in_which_a_fifth_is_verified_stays_open() {
    let stage = only(|policy| policy.breaker = Some(BreakerPolicy::default()));
    for n in 0..200 {
        let sent = stage.at(n * 15).send(&in_range("+44790000", n)).unwrap();
        if n % 4 == 0 {
            stage.verify(&sent);
        }
    }
}

#[test]
fn a_client_that_verifies_nothing_is_stopped_over_all_channels() {
    let stage = only(|policy| policy.unverified = Some(UnverifiedPolicy::default()));
    let (mut sent, email) = (0, |n| format!("a{n}@example.com"));
    for n in 0..10 {
        // A network of IPv6 is one client.
        let client = from(&format!("2001:db8:0:1::{n:x}"));
        sent += u64::from(stage.at(n).send_as(&email(n), client).is_ok());
    }
    assert_eq!(sent, 10);
    let refused = stage.send_as(&email(11), from("2001:db8:0:1:ffff::"));
    assert_eq!(scope(refused), Some(SendScope::UnverifiedClient));
    assert_eq!(retry_at(stage.send_as(&email(11), from("2001:db8:0:1::"))), DAY);
    assert!(stage.send_as(&email(12), from("2001:db8:0:2::")).is_ok());
    assert!(stage.send(&email(13)).is_ok(), "whoever gives no address is counted elsewhere");
}

#[test]
fn a_client_that_sends_to_many_countries_must_verify_in_them() {
    let stage = only(|policy| policy.unverified = Some(UnverifiedPolicy::default()));
    let numbers = ["+251911000001", "+252911000001", "+253911000001", "+254911000001"];
    let client = || from("192.0.2.1");
    let sent: Vec<_> = numbers[..3]
        .iter()
        .map(|number| {
            let sent = stage.send_as(number, client()).unwrap();
            (sent, stage.outside.last_code())
        })
        .collect();
    let again = stage.at(31).send_as(numbers[0], client());
    assert!(again.is_ok(), "a country that it sent to is no new one");
    assert_eq!(scope(stage.send_as(numbers[3], client())), Some(SendScope::ClientCountries));
    assert!(stage.send_as(numbers[3], from("192.0.2.2")).is_ok());
    let (sent, code) = &sent[1];
    let judged = stage.service.verify(&stage.outside, ACCOUNT, sent.otp_id, code, None);
    assert_eq!(block_on(judged), Ok(Outcome::Accepted));
    assert!(stage.at(70).send_as(numbers[3], client()).is_ok(), "one of three is proved");
}

/// Whose limit, how it is set, two sends that it counts and one that it does not.
type Case = (SendScope, fn(&mut TrafficPolicy), [(&'static str, Traffic); 3]);

#[test]
fn plain_limits_hold_for_what_they_name_and_for_a_day() {
    let key = |name: &str| Traffic { api_key: Some(name.into()), ..Traffic::default() };
    let region = |region: &str| Traffic {
        destination: Some(Destination { region: region.parse().ok(), premium: false }),
        ..Traffic::default()
    };
    let cases: [Case; 6] = [
        (
            SendScope::Domain,
            |policy| policy.per_domain_and_day = Some(2),
            [("+4479000", Traffic::default()), ("+49151", Traffic::default()), ("", key(""))],
        ),
        (
            SendScope::ApiKey,
            |policy| policy.per_api_key_and_day = Some(2),
            [("+4479000", key("a")), ("+49151", key("a")), ("+4479000", key("b"))],
        ),
        (
            SendScope::Client,
            |policy| policy.per_client_and_day = Some(2),
            [
                ("+4479000", from("192.0.2.1")),
                ("+49151", from("::ffff:192.0.2.1")),
                ("+4479000", from("192.0.2.2")),
            ],
        ),
        (
            SendScope::Country,
            |policy| policy.per_country_and_day = Some(2),
            [("+4479000", region("GB")), ("+4474000", region("GB")), ("+4479000", region("JE"))],
        ),
        (
            SendScope::Prefix,
            |policy| policy.per_prefix_and_day = Some(2),
            [
                ("+44790001", Traffic::default()),
                ("+44790001", Traffic::default()),
                ("+44790002", Traffic::default()),
            ],
        ),
        (
            SendScope::Cost,
            |policy| {
                policy.cost_per_day = Some(9);
                let places = [("GB".parse().unwrap(), 4), ("+4420".parse().unwrap(), 1)].into();
                policy.prices = Prices { default: 100, places };
            },
            [("+4479000", region("GB")), ("+4474000", region("GB")), ("+4420000", region("GB"))],
        ),
    ];
    for (expected, change, [first, second, other]) in cases {
        let stage = only(change);
        let send = |time, (prefix, traffic): &(&str, Traffic), n: u64| {
            stage.at(time).send_as(&format!("{prefix}{n:04}"), traffic.clone())
        };
        assert_eq!(scope(send(5, &first, 1)), None, "{expected:?}");
        assert_eq!(scope(send(5, &second, 2)), None, "{expected:?}");
        let refused = send(5, &first, 3);
        assert_eq!(refused.as_ref().unwrap_err().code(), "send-limit");
        assert_eq!(scope(refused), Some(expected));
        assert_eq!(retry_at(send(DAY - 1, &second, 3)), DAY, "{expected:?}");
        if !other.0.is_empty() {
            assert_eq!(scope(send(5, &other, 4)), None, "{expected:?} of another");
        }
        assert_eq!(scope(send(DAY, &first, 5)), None, "{expected:?} on the next day");
    }
}

#[test]
fn an_account_has_no_limit_where_none_is_set() {
    let account = |limit| Stage::with_account_limit(TrafficPolicy::unlimited(), limit);
    let limited = account(Some(3));
    let (sent, rule) = until_refused(|n| limited.send(&spread("+4479", n)));
    assert_eq!((sent, rule), (3, SendScope::Account));
    let unlimited = account(None);
    for n in 0..50 {
        unlimited.send(&spread("+4479", n)).unwrap();
        unlimited.send(&format!("person-{n}@example.com")).unwrap();
    }
}

#[test]
fn what_did_not_go_out_counts_under_no_limit() {
    let stage = only(|policy| {
        policy.per_prefix_and_day = Some(1);
        policy.per_client_and_day = Some(2);
        policy.per_domain_and_day = Some(2);
    });
    let send = |n| stage.send_as(&in_range("+44790000", n), from("192.0.2.1"));
    *stage.outside.configured.borrow_mut() = vec![Channel::Email];
    for n in 0..5 {
        assert_eq!(send(n).unwrap_err().code(), "channel-not-configured");
    }
    *stage.outside.configured.borrow_mut() = vec![Channel::Sms];
    assert!(send(10).is_ok());
    for n in 11..20 {
        assert_eq!(scope(send(n)), Some(SendScope::Prefix));
    }
    let other = stage.send_as("+447400000001", from("192.0.2.1"));
    assert!(other.is_ok(), "what the range refused took nothing from its client or domain");
}

#[test]
fn a_refused_number_is_not_remembered_as_sent_to() {
    let stage = only(|policy| policy.per_prefix_and_day = Some(0));
    assert_eq!(scope(stage.send("+447900000001")), Some(SendScope::Prefix));
    assert_eq!(scope(stage.send("+447900000001")), Some(SendScope::Prefix), "and no wait of 30 s");
}

#[test]
fn email_is_outside_the_rules_about_numbers() {
    let stage = Stage::new(TrafficPolicy {
        allowed: vec!["GB".parse().unwrap()],
        per_country_and_day: Some(0),
        per_prefix_and_day: Some(0),
        cost_per_day: Some(0),
        prices: Prices { default: 1, ..Prices::default() },
        ..TrafficPolicy::default()
    });
    for n in 0..100 {
        assert!(stage.send(&format!("a{n}@example.com")).is_ok());
    }
}

#[test]
fn what_is_not_allowed_is_refused_before_anything_is_counted() {
    let stage = Stage::new(TrafficPolicy {
        denied: vec!["+251".parse().unwrap()],
        ..TrafficPolicy::default()
    });
    let refused = stage.send("+251911000001").unwrap_err();
    assert_eq!(refused, ServiceError::DestinationNotAllowed { premium: false });
    let refused = stage.send("+88213300655").unwrap_err();
    assert_eq!(refused, ServiceError::DestinationNotAllowed { premium: true });
    assert!(stage.outside.store.counters().is_empty());
    assert_eq!(stage.outside.store.records().len(), 1, "the domain");
}

/// Sends at once, one effect of each in turn. `naive` is a store that adds as many do it:
/// it reads the sum in one step and writes it in another.
fn at_once(traffic: TrafficPolicy, sends: u64, naive: bool) -> usize {
    let stage = Stage::new(traffic.clone());
    let policy = ServicePolicy { traffic, ..ServicePolicy::default() };
    let service = Arc::new(service(policy));
    let now = stage.outside.clock.get();
    let mut flows: Vec<_> = (0..sends)
        .map(|n| {
            let recipient = Recipient::parse(Channel::Sms, &spread("+4474", n)).unwrap();
            let request = SendRequest::new(stage.domain, vec![Channel::Sms], recipient);
            let mut state = n;
            let entropy = move |bytes: &mut [u8]| {
                fill(&mut state, bytes);
                Ok(())
            };
            let body = async move |service: Arc<Service>, ports: FlowPorts| {
                service.send(&ports, ACCOUNT, &request).await
            };
            let mut flow = Flow::new(service.clone(), entropy, body);
            let step = flow.start(now);
            (flow, Some(step), None)
        })
        .collect();
    let store = &stage.outside.store;
    let mut out = 0;
    while flows.iter().any(|(_, step, _)| step.is_some()) {
        for (flow, step, read) in &mut flows {
            let effect = match step.take() {
                None => continue,
                Some(Step::Done(result)) => {
                    out += usize::from(result.is_ok());
                    continue;
                }
                Some(Step::Effect(effect)) => effect,
            };
            let answer = match effect {
                Effect::Load { key, now } => {
                    Answer::Loaded(block_on(store.load(&key, now)).unwrap())
                }
                Effect::Swap { key, expected, record, now } => {
                    Answer::Swapped(block_on(store.swap(&key, expected, record, now)).unwrap())
                }
                Effect::Add { ref counter, amount, now } if naive => {
                    let present = block_on(store.add(counter, 0, now)).unwrap();
                    let Some(sum) = read.take() else {
                        *read = Some(present.saturating_add_signed(amount));
                        *step = Some(Step::Effect(effect)); // the others have their turn
                        continue;
                    };
                    let change = sum.cast_signed() - present.cast_signed();
                    block_on(store.add(counter, change, now)).unwrap();
                    Answer::Added(sum)
                }
                Effect::Add { counter, amount, now } => {
                    Answer::Added(block_on(store.add(&counter, amount, now)).unwrap())
                }
                Effect::Deliver(_) => Answer::Delivered(Receipt::Queued),
                Effect::SimSwap { .. } => unreachable!("nobody asked"),
            };
            *step = Some(flow.resume(now, answer));
        }
    }
    out
}

#[test]
fn of_sends_at_once_as_many_go_out_as_each_limit_has_room_for() {
    let rules: [fn(&mut TrafficPolicy); 3] = [
        |policy| policy.per_country_and_day = Some(7),
        |policy| {
            policy.cost_per_day = Some(7 * 4 + 3);
            policy.prices.default = 4;
        },
        |policy| {
            let unverified = UnverifiedPolicy::default();
            policy.unverified = Some(UnverifiedPolicy { per_country_and_hour: 7, ..unverified });
        },
    ];
    for rule in rules {
        let mut policy = TrafficPolicy::unlimited();
        rule(&mut policy);
        assert_eq!(at_once(policy.clone(), 100, false), 7);
        assert!(at_once(policy, 100, true) > 7, "where adding is no one step, more go out");
    }
}
