//! One challenge, one code and one tally, whatever ways the message takes.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use keyfob::{
    ParameterError,
    service::{
        AccountId, Answer, Channel, DeliveryState, DomainId, Effect, Flow, FlowPorts, Key, KeyKind,
        Message, Outcome, PortError, Recipient, SendRequest, SendScope, Service, ServiceError,
        ServicePolicy, Step, Storage, Wanted, Way,
    },
};
use support::{Outside, block_on, code_in, fill, service};

const NOW: u64 = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([3; 16]);
const ALL: [Channel; 3] = [Channel::Sms, Channel::Voice, Channel::Email];

struct Stage {
    outside: Outside,
    service: Service,
    policy: ServicePolicy,
    domain: DomainId,
}

impl Stage {
    fn new(policy: ServicePolicy) -> Self {
        let (outside, service) = (Outside::new(1, NOW), service(policy.clone()));
        let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
        Self { outside, service, policy, domain }
    }

    fn request(&self, channels: &[Channel]) -> SendRequest {
        let recipient = Recipient::parse_any("+447700900121").unwrap();
        let other_recipient = Recipient::parse_any("ann@example.com").ok();
        let request = SendRequest::new(self.domain, channels.to_vec(), recipient);
        SendRequest { other_recipient, ..request }
    }

    fn send(&self, request: &SendRequest) -> Result<Message, ServiceError> {
        block_on(self.service.send(&self.outside, ACCOUNT, request))?;
        Ok(self.outside.outbox.borrow().last().unwrap().clone())
    }

    fn fall_back(&self, message: &Message, channel: Channel) -> Way {
        let (outside, otp_id) = (&self.outside, message.otp_id);
        block_on(self.service.fall_back(outside, ACCOUNT, otp_id, message.id, channel)).unwrap()
    }

    /// As [`fall_back`](Self::fall_back), when something happens after the place is taken and
    /// before that is noted.
    fn fall_back_while(
        &self,
        message: &Message,
        channel: Channel,
        meanwhile: impl FnOnce(),
    ) -> Result<Way, ServiceError> {
        let (otp_id, id) = (message.otp_id, message.id);
        let mut meanwhile = Some(meanwhile);
        self.run(
            async move |service: Arc<Service>, ports: FlowPorts| {
                service.fall_back(&ports, ACCOUNT, otp_id, id, channel).await
            },
            |key| {
                if key.kind() == Some(KeyKind::Envelope) {
                    meanwhile.take().into_iter().for_each(|meanwhile| meanwhile());
                }
                Ok(())
            },
        )
    }

    /// Runs a flow, with a store that does something before each swap, and may fail.
    fn run<T, F: Future<Output = Result<T, ServiceError>> + Send + 'static>(
        &self,
        body: impl FnOnce(Arc<Service>, FlowPorts) -> F,
        mut before_swap: impl FnMut(&Key) -> Result<(), PortError>,
    ) -> Result<T, ServiceError> {
        let mut random = 7;
        let entropy = move |bytes: &mut [u8]| {
            fill(&mut random, bytes);
            Ok(())
        };
        // Of the same keys and policy.
        let mut flow = Flow::new(Arc::new(service(self.policy.clone())), entropy, body);
        let (store, now) = (&self.outside.store, self.outside.clock.get());
        let mut step = flow.start(now);
        loop {
            let answer = match step {
                Step::Done(result) => return result,
                Step::Effect(Effect::Load { key, now }) => {
                    Answer::Loaded(block_on(store.load(&key, now)).unwrap())
                }
                Step::Effect(Effect::Swap { key, expected, record, now }) => {
                    match before_swap(&key) {
                        Ok(()) => Answer::Swapped(
                            block_on(store.swap(&key, expected, record, now)).unwrap(),
                        ),
                        Err(error) => Answer::Failed(error),
                    }
                }
                Step::Effect(Effect::Add { counter, amount, now }) => {
                    Answer::Added(block_on(store.add(&counter, amount, now)).unwrap())
                }
                Step::Effect(other) => panic!("{other:?}"),
            };
            step = flow.resume(now, answer);
        }
    }

    fn report(&self, message: &Message, channel: Channel, state: DeliveryState) -> bool {
        let (outside, otp_id) = (&self.outside, message.otp_id);
        let report =
            self.service.delivery_report(outside, ACCOUNT, otp_id, message.id, channel, state);
        block_on(report).unwrap()
    }

    fn wanted(&self, message: &Message) -> Wanted {
        let (outside, otp_id) = (&self.outside, message.otp_id);
        block_on(self.service.wanted(outside, ACCOUNT, otp_id, message.id)).unwrap()
    }

    fn verify(&self, message: &Message, code: &str) -> Outcome {
        block_on(self.service.verify(&self.outside, ACCOUNT, message.otp_id, code, None)).unwrap()
    }

    fn delivery(&self, message: &Message) -> (Channel, DeliveryState) {
        let view = block_on(self.service.view_challenge(&self.outside, ACCOUNT, message.otp_id));
        let view = view.unwrap();
        (view.channel, view.delivery)
    }
}

fn stage() -> Stage {
    Stage::new(ServicePolicy::default())
}

#[test]
fn all_ways_carry_one_code_to_the_person_they_reach() {
    let stage = stage();
    let message = stage.send(&stage.request(&ALL)).unwrap();
    let code = code_in(&message);
    let [voice, email] = &message.fallbacks[..] else { panic!("{:?}", message.fallbacks) };
    assert_eq!(message.recipient.as_str(), "+447700900121");
    assert_eq!((voice.channel, voice.recipient.as_str()), (Channel::Voice, "+447700900121"));
    assert_eq!((email.channel, email.recipient.as_str()), (Channel::Email, "ann@example.com"));
    assert!(email.text.contains(&code) && voice.text.replace(", ", "").contains(&code));
    assert_eq!(stage.verify(&message, &code), Outcome::Accepted);
}

#[test]
fn a_channel_without_a_provider_is_passed_over_and_those_after_it_are_kept() {
    let stage = stage();
    *stage.outside.configured.borrow_mut() = vec![Channel::Voice, Channel::Email];
    let message = stage.send(&stage.request(&ALL)).unwrap();
    assert_eq!((message.channel, message.fallbacks.len()), (Channel::Voice, 1));
    assert_eq!(stage.delivery(&message), (Channel::Voice, DeliveryState::Queued));
    assert!(!stage.report(&message, Channel::Sms, DeliveryState::Sent), "it never went there");
}

#[test]
fn each_way_is_taken_once_and_what_a_crash_repeats_costs_nothing() {
    let mut policy = ServicePolicy::default();
    policy.sends.per_account_and_day = Some(2);
    let stage = Stage::new(policy);
    let message = stage.send(&stage.request(&ALL)).unwrap();
    assert_eq!(stage.fall_back(&message, Channel::Voice), Way::Open);
    assert_eq!(stage.fall_back(&message, Channel::Voice), Way::Open, "before it was handed over");
    assert!(stage.report(&message, Channel::Voice, DeliveryState::Sent));
    assert_eq!(stage.fall_back(&message, Channel::Voice), Way::Taken);
    let over = stage.fall_back(&message, Channel::Email);
    assert!(
        matches!(over, Way::Closed(ServiceError::SendLimit { scope: SendScope::Account, .. })),
        "{over:?}"
    );
    assert_eq!(stage.delivery(&message), (Channel::Voice, DeliveryState::Sent));
}

#[test]
fn a_message_that_arrived_goes_no_other_way() {
    let stage = stage();
    let message = stage.send(&stage.request(&ALL)).unwrap();
    assert!(stage.report(&message, Channel::Sms, DeliveryState::Delivered));
    assert_eq!(stage.fall_back(&message, Channel::Voice), Way::Arrived);
}

type Meanwhile = fn(&Stage, &Message);

#[test]
fn a_way_that_closes_while_its_place_is_taken_gives_the_place_back() {
    let mut policy = ServicePolicy::default();
    policy.sends.per_account_and_day = Some(3);
    let cases: [(Meanwhile, Result<Way, ServiceError>, usize); 4] = [
        (
            |stage, message| {
                assert!(stage.report(message, Channel::Sms, DeliveryState::Delivered));
            },
            Ok(Way::Arrived),
            2,
        ),
        (
            |stage, message| {
                stage.outside.clock.set(NOW + 30);
                let resend = stage.service.resend(&stage.outside, ACCOUNT, message.otp_id, None);
                block_on(resend).unwrap();
            },
            Ok(Way::Replaced),
            1,
        ),
        (
            |stage, message| {
                let to = &message.recipient;
                let erase =
                    stage.service.erase_recipient(&stage.outside, ACCOUNT, stage.domain, to);
                block_on(erase).unwrap();
            },
            Err(ServiceError::ChallengeNotFound),
            2,
        ),
        (|_, _| {}, Ok(Way::Open), 1),
    ];
    for (meanwhile, way, left) in cases {
        let stage = Stage::new(policy.clone());
        let message = stage.send(&stage.request(&ALL)).unwrap();
        let turned =
            stage.fall_back_while(&message, Channel::Email, || meanwhile(&stage, &message));
        assert_eq!(turned, way);
        let email = Recipient::parse_any("ann@example.com").unwrap();
        let to_her = SendRequest::new(stage.domain, vec![Channel::Email], email);
        assert_eq!(stage.send(&to_her).is_ok(), way != Ok(Way::Open), "one in 30 seconds");
        let others = (0..3).filter(|number| {
            let other = Recipient::parse_any(&format!("+44770090013{number}")).unwrap();
            stage.send(&SendRequest::new(stage.domain, vec![Channel::Sms], other)).is_ok()
        });
        let more = usize::from(way != Ok(Way::Open));
        assert_eq!(others.count() + more, left, "{way:?}");
    }
}

#[test]
fn of_two_who_ask_at_once_one_pays() {
    let mut policy = ServicePolicy::default();
    policy.sends.per_account_and_day = Some(3);
    let stage = Stage::new(policy);
    let message = stage.send(&stage.request(&ALL)).unwrap();
    let turned = stage.fall_back_while(&message, Channel::Voice, || {
        assert_eq!(stage.fall_back(&message, Channel::Voice), Way::Open);
    });
    assert_eq!(turned, Ok(Way::Open));
    assert_eq!(stage.fall_back(&message, Channel::Email), Way::Open, "the third of the day");
}

#[test]
fn a_fallback_is_held_to_the_limits_of_whom_it_reaches() {
    let stage = stage();
    let email = Recipient::parse_any("ann@example.com").unwrap();
    let message = stage.send(&stage.request(&ALL)).unwrap();
    stage.send(&SendRequest::new(stage.domain, vec![Channel::Email], email)).unwrap();
    let limit = ServiceError::SendLimit { scope: SendScope::Recipient, retry_at: NOW + 30 };
    assert_eq!(stage.fall_back(&message, Channel::Email), Way::Closed(limit));
    stage.outside.clock.set(NOW + 30);
    assert_eq!(stage.fall_back(&message, Channel::Email), Way::Open);
}

#[test]
fn the_first_message_to_the_other_recipient_is_held_to_limits_too() {
    let stage = stage();
    *stage.outside.configured.borrow_mut() = vec![Channel::Email];
    assert!(stage.send(&stage.request(&ALL)).is_ok());
    stage.outside.clock.set(NOW + 29);
    let other_phone = Recipient::parse_any("+447700900122").unwrap();
    let request = SendRequest { recipient: other_phone, ..stage.request(&ALL) };
    let refused = stage.send(&request);
    let retry_at = NOW + 30;
    assert_eq!(refused, Err(ServiceError::SendLimit { scope: SendScope::Recipient, retry_at }));
    stage.outside.clock.set(NOW + 30);
    assert!(stage.send(&request).is_ok(), "what was refused used up no place");
}

#[test]
fn after_a_resend_the_message_before_is_not_wanted_and_its_reports_count_for_nothing() {
    let stage = stage();
    let first = stage.send(&stage.request(&ALL)).unwrap();
    assert_eq!(stage.wanted(&first), Wanted::Yes);
    stage.outside.clock.set(NOW + 30);
    block_on(stage.service.resend(&stage.outside, ACCOUNT, first.otp_id, None)).unwrap();
    let second = stage.outside.outbox.borrow().last().unwrap().clone();
    assert_eq!([&first, &second].map(|it| stage.wanted(it)), [Wanted::Replaced, Wanted::Yes]);
    assert!(!stage.report(&first, Channel::Sms, DeliveryState::Delivered));
    assert_eq!(stage.fall_back(&first, Channel::Voice), Way::Replaced);
    assert_eq!(stage.delivery(&second), (Channel::Sms, DeliveryState::Queued));
    assert_eq!(second.fallbacks.len(), 2, "the resend has the same ways");
}

#[test]
fn a_resend_that_could_not_be_sent_leaves_the_message_before_as_it_was() {
    let stage = stage();
    let first = stage.send(&stage.request(&[Channel::Sms])).unwrap();
    assert!(stage.report(&first, Channel::Sms, DeliveryState::Sent));
    stage.outside.clock.set(NOW + 30);
    stage.outside.configured.borrow_mut().clear();
    let resent = block_on(stage.service.resend(&stage.outside, ACCOUNT, first.otp_id, None));
    assert_eq!(resent, Err(ServiceError::Port(PortError::NotConfigured)));
    assert_eq!(stage.wanted(&first), Wanted::Yes);
    assert_eq!(stage.delivery(&first), (Channel::Sms, DeliveryState::Sent));
    assert!(stage.report(&first, Channel::Sms, DeliveryState::Delivered));
}

#[test]
fn a_message_takes_no_way_that_its_request_did_not_name() {
    let stage = stage();
    let message = stage.send(&stage.request(&[Channel::Sms, Channel::Email])).unwrap();
    let (outside, otp_id) = (&stage.outside, message.otp_id);
    let way = stage.service.fall_back(outside, ACCOUNT, otp_id, message.id, Channel::Voice);
    assert_eq!(block_on(way).unwrap_err().code(), ParameterError::Channel.code());
    assert_eq!(stage.fall_back(&message, Channel::Email), Way::Open);
}

#[test]
fn a_resend_that_a_store_leaves_half_done_is_taken_back() {
    let stage = stage();
    let first = stage.send(&stage.request(&[Channel::Sms])).unwrap();
    stage.outside.clock.set(NOW + 30);
    let otp_id = first.otp_id;
    let refused = stage.run(
        async move |service: Arc<Service>, ports: FlowPorts| {
            service.resend(&ports, ACCOUNT, otp_id, None).await
        },
        |key| match key.kind() {
            Some(KeyKind::Envelope) => Err(PortError::Unavailable),
            _ => Ok(()),
        },
    );
    assert_eq!(refused.unwrap_err(), ServiceError::Port(PortError::Unavailable));
    let again = block_on(stage.service.resend(&stage.outside, ACCOUNT, otp_id, None));
    assert!(again.is_ok(), "it took no place");
    let second = stage.outside.outbox.borrow().last().unwrap().clone();
    assert_eq!(stage.verify(&second, &code_in(&second)), Outcome::Accepted);
}

#[test]
fn a_message_whose_code_is_used_cancelled_expired_or_erased_is_not_wanted() {
    for end in 0..4 {
        let stage = stage();
        let message = stage.send(&stage.request(&ALL)).unwrap();
        match end {
            0 => assert_eq!(stage.verify(&message, &code_in(&message)), Outcome::Accepted),
            1 => {
                let cancel = stage.service.cancel(&stage.outside, ACCOUNT, message.otp_id);
                block_on(cancel).unwrap();
            }
            2 => stage.outside.clock.set(NOW + 300),
            _ => {
                let to = &message.recipient;
                let erase =
                    stage.service.erase_recipient(&stage.outside, ACCOUNT, stage.domain, to);
                block_on(erase).unwrap();
            }
        }
        assert_eq!(stage.wanted(&message), Wanted::No, "{end}");
    }
}

#[test]
fn erasing_the_other_recipient_leaves_nothing_of_them() {
    let stage = stage();
    let message = stage.send(&stage.request(&ALL)).unwrap();
    let email = &message.fallbacks[1].recipient;
    let erase = stage.service.erase_recipient(&stage.outside, ACCOUNT, stage.domain, email);
    block_on(erase).unwrap();
    assert_eq!(stage.wanted(&message), Wanted::No);
    let view = block_on(stage.service.view_challenge(&stage.outside, ACCOUNT, message.otp_id));
    assert_eq!(view, Err(ServiceError::ChallengeNotFound));
}

#[test]
fn a_request_whose_ways_do_not_fit_together_is_refused() {
    let stage = stage();
    let two_phones = Recipient::parse_any("+447700900122").ok();
    let refusal = |request: &SendRequest| match stage.send(request) {
        Err(ServiceError::Invalid { field, error }) => (field, error.to_string()),
        other => panic!("{other:?}"),
    };
    let phones = SendRequest { other_recipient: two_phones, ..stage.request(&[Channel::Sms]) };
    assert_eq!(refusal(&phones), ("to", ParameterError::Channel.to_string()));
    let nobody = SendRequest { other_recipient: None, ..stage.request(&ALL) };
    assert_eq!(refusal(&nobody), ("channel", ParameterError::Channel.to_string()));
    for seconds in [0, 9, 301] {
        let request = SendRequest { fallback_after: Some(seconds), ..stage.request(&ALL) };
        assert_eq!(refusal(&request).0, "fallback_after");
    }
    let nowhere = SendRequest { fallback_after: Some(20), ..stage.request(&[Channel::Sms]) };
    let to_nowhere = ("fallback_after", ParameterError::FallbackChannel.to_string());
    assert_eq!(refusal(&SendRequest { other_recipient: None, ..nowhere }), to_nowhere);
}
