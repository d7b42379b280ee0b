//! One challenge, one code and one tally, whatever ways the message takes.
#![allow(clippy::unwrap_used)]

mod support;

use keyfob::{
    ParameterError,
    service::{
        AccountId, Channel, DeliveryState, DomainId, Message, Outcome, PortError, Recipient,
        SendRequest, SendScope, Service, ServiceError, ServicePolicy,
    },
};
use support::{Outside, block_on, code_in, service};

const NOW: u64 = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([3; 16]);
const ALL: [Channel; 3] = [Channel::Sms, Channel::Voice, Channel::Email];

struct Stage {
    outside: Outside,
    service: Service,
    domain: DomainId,
}

impl Stage {
    fn new(policy: ServicePolicy) -> Self {
        let (outside, service) = (Outside::new(1, NOW), service(policy));
        let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
        Self { outside, service, domain }
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

    fn fall_back(&self, message: &Message, channel: Channel) -> Result<bool, ServiceError> {
        let (outside, otp_id) = (&self.outside, message.otp_id);
        block_on(self.service.fall_back(outside, ACCOUNT, otp_id, message.id, channel))
    }

    fn report(&self, message: &Message, channel: Channel, state: DeliveryState) -> bool {
        let (outside, otp_id) = (&self.outside, message.otp_id);
        let report =
            self.service.delivery_report(outside, ACCOUNT, otp_id, message.id, channel, state);
        block_on(report).unwrap()
    }

    fn is_wanted(&self, message: &Message) -> bool {
        let (outside, otp_id) = (&self.outside, message.otp_id);
        block_on(self.service.is_wanted(outside, ACCOUNT, otp_id, message.id)).unwrap()
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
    assert_eq!(stage.fall_back(&message, Channel::Voice), Ok(true));
    assert_eq!(stage.fall_back(&message, Channel::Voice), Ok(true), "before it was handed over");
    assert!(stage.report(&message, Channel::Voice, DeliveryState::Sent));
    assert_eq!(stage.fall_back(&message, Channel::Voice), Ok(false), "it has been there");
    assert_eq!(stage.fall_back(&message, Channel::Email), Ok(false), "the account's day is over");
    assert_eq!(stage.delivery(&message), (Channel::Voice, DeliveryState::Sent));
}

#[test]
fn a_fallback_is_held_to_the_limits_of_whom_it_reaches() {
    let stage = stage();
    let email = Recipient::parse_any("ann@example.com").unwrap();
    let message = stage.send(&stage.request(&ALL)).unwrap();
    stage.send(&SendRequest::new(stage.domain, vec![Channel::Email], email)).unwrap();
    assert_eq!(stage.fall_back(&message, Channel::Email), Ok(false), "one in 30 seconds");
    stage.outside.clock.set(NOW + 30);
    assert_eq!(stage.fall_back(&message, Channel::Email), Ok(true));
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
    assert!(stage.is_wanted(&first));
    stage.outside.clock.set(NOW + 30);
    block_on(stage.service.resend(&stage.outside, ACCOUNT, first.otp_id, None)).unwrap();
    let second = stage.outside.outbox.borrow().last().unwrap().clone();
    assert!(!stage.is_wanted(&first) && stage.is_wanted(&second));
    assert!(!stage.report(&first, Channel::Sms, DeliveryState::Delivered));
    assert_eq!(stage.fall_back(&first, Channel::Voice), Ok(false));
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
    assert!(stage.is_wanted(&first));
    assert_eq!(stage.delivery(&first), (Channel::Sms, DeliveryState::Sent));
    assert!(stage.report(&first, Channel::Sms, DeliveryState::Delivered));
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
        assert!(!stage.is_wanted(&message), "{end}");
    }
}

#[test]
fn erasing_the_other_recipient_leaves_nothing_of_them() {
    let stage = stage();
    let message = stage.send(&stage.request(&ALL)).unwrap();
    let email = &message.fallbacks[1].recipient;
    let erase = stage.service.erase_recipient(&stage.outside, ACCOUNT, stage.domain, email);
    block_on(erase).unwrap();
    assert!(!stage.is_wanted(&message));
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
}
