//! What happens around a message on its way decides nothing about codes and hides
//! nothing from the caller.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use keyfob::service::{
    AccountId, Answer, ChallengeStatus, Channel, DeliveryState, DomainId, Effect, Flow, Language,
    Message, Outcome, PortError, Ports, Receipt, Recipient, SendRequest, SendScope, Sent, Service,
    ServiceError, ServicePolicy, Step, Storage, Template,
};
use support::{Outside, block_on, service};

const NOW: u64 = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([3; 16]);

fn stage() -> (Outside, Arc<Service>, DomainId) {
    let (outside, service) = (Outside::new(1, NOW), Arc::new(service(ServicePolicy::default())));
    let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
    (outside, service, domain)
}

fn request(domain: DomainId) -> SendRequest {
    let recipient = Recipient::parse(Channel::Sms, "+447700900121").unwrap();
    SendRequest::new(domain, vec![Channel::Sms], recipient)
}

/// Sends over a store that answers until the message leaves, and after it only if it
/// survives; `on_the_way` is what happens at that moment.
fn send(
    outside: &Outside,
    service: &Arc<Service>,
    domain: DomainId,
    store_survives: bool,
    on_the_way: impl Fn(&Message),
) -> Result<Sent, ServiceError> {
    let mut state = 7;
    let entropy = move |bytes: &mut [u8]| {
        support::fill(&mut state, bytes);
        Ok(())
    };
    let mut flow =
        Flow::new(service.clone(), entropy, async move |service: Arc<Service>, ports| {
            service.send(&ports, ACCOUNT, &request(domain)).await
        });
    let (mut step, mut left) = (flow.start(NOW), false);
    loop {
        let answer = match step {
            Step::Done(result) => return result,
            Step::Effect(Effect::Deliver(message)) => {
                left = true;
                on_the_way(&message);
                outside.outbox.borrow_mut().push(message);
                Answer::Delivered(Receipt::Sent)
            }
            Step::Effect(_) if left && !store_survives => Answer::Failed(PortError::Unavailable),
            Step::Effect(effect) => stored(outside, effect),
        };
        step = flow.resume(NOW, answer);
    }
}

fn report(
    outside: &Outside,
    service: &Service,
    message: &Message,
    state: DeliveryState,
) -> Result<bool, ServiceError> {
    let Message { account, otp_id, id, channel, .. } = *message;
    block_on(service.delivery_report(outside, account, otp_id, id, channel, state))
}

/// Erases over a store that fails for good after so many answers.
fn erase(
    outside: &Outside,
    service: &Arc<Service>,
    domain: DomainId,
    answers: usize,
) -> Result<(), ServiceError> {
    let recipient = request(domain).recipient;
    let no_entropy = |_: &mut [u8]| unreachable!("erasing draws nothing");
    let mut flow =
        Flow::new(service.clone(), no_entropy, async move |service: Arc<Service>, ports| {
            service.erase_recipient(&ports, ACCOUNT, domain, &recipient).await
        });
    let (mut step, mut left) = (flow.start(NOW), answers);
    loop {
        let answer = match step {
            Step::Done(result) => return result,
            Step::Effect(_) if left == 0 => Answer::Failed(PortError::Unavailable),
            Step::Effect(effect) => stored(outside, effect),
        };
        left = left.saturating_sub(1);
        step = flow.resume(NOW, answer);
    }
}

/// What the store answers.
fn stored(outside: &Outside, effect: Effect) -> Answer {
    let store = outside.storage();
    match effect {
        Effect::Load { key, now } => Answer::Loaded(block_on(store.load(&key, now)).unwrap()),
        Effect::Swap { key, expected, record, now } => {
            Answer::Swapped(block_on(store.swap(&key, expected, record, now)).unwrap())
        }
        Effect::Add { counter, amount, now } => {
            Answer::Added(block_on(store.add(&counter, amount, now)).unwrap())
        }
        Effect::Deliver(_) | Effect::SimSwap { .. } => unreachable!("nobody asked"),
    }
}

#[test]
fn the_challenge_is_durable_before_its_message_leaves() {
    let (outside, service, domain) = stage();
    let sent = send(&outside, &service, domain, true, |message| {
        let view = block_on(service.view_challenge(&outside, ACCOUNT, message.otp_id)).unwrap();
        assert_eq!((view.status, view.delivery), (ChallengeStatus::Pending, DeliveryState::Queued));
    });
    assert!(sent.is_ok());
}

#[test]
fn a_store_that_fails_once_the_message_has_left_hides_no_challenge() {
    let (outside, service, domain) = stage();
    let sent = send(&outside, &service, domain, false, |_| {}).unwrap();
    let code = outside.last_code();
    let judged = block_on(service.verify(&outside, ACCOUNT, sent.otp_id, &code, None));
    assert_eq!(judged, Ok(Outcome::Accepted));
}

#[test]
fn a_report_that_overtakes_the_reply_is_not_undone() {
    let (outside, service, domain) = stage();
    let sent = send(&outside, &service, domain, true, |message| {
        assert!(report(&outside, &service, message, DeliveryState::Delivered).unwrap());
    });
    let otp_id = sent.unwrap().otp_id;
    let delivery = || block_on(service.view_challenge(&outside, ACCOUNT, otp_id)).unwrap().delivery;
    assert_eq!(delivery(), DeliveryState::Delivered);
    let message = outside.outbox.borrow().last().unwrap().clone();
    assert_eq!(report(&outside, &service, &message, DeliveryState::Sent), Ok(false));
    assert_eq!(delivery(), DeliveryState::Delivered, "a late report takes nothing back");
}

#[test]
fn a_report_changes_nothing_about_a_code() {
    let (outside, service, domain) = stage();
    let sent = block_on(service.send(&outside, ACCOUNT, &request(domain))).unwrap();
    let message = outside.outbox.borrow().last().unwrap().clone();
    for state in [DeliveryState::Sent, DeliveryState::Failed, DeliveryState::Delivered] {
        assert_eq!(report(&outside, &service, &message, state), Ok(true));
    }
    let view = block_on(service.view_challenge(&outside, ACCOUNT, sent.otp_id)).unwrap();
    assert_eq!((view.status, view.attempts_left), (ChallengeStatus::Pending, 5));
    let message = Message { account: AccountId([9; 16]), ..message };
    let of_stranger = report(&outside, &service, &message, DeliveryState::Expired);
    assert_eq!(of_stranger, Err(ServiceError::ChallengeNotFound));
    let code = outside.last_code();
    let judged = block_on(service.verify(&outside, ACCOUNT, sent.otp_id, &code, None));
    assert_eq!(judged, Ok(Outcome::Accepted));
}

#[test]
fn what_cannot_be_sent_uses_up_nothing_of_what_the_account_may_send() {
    let mut policy = ServicePolicy::default();
    policy.sends.per_account_and_day = Some(1);
    let (outside, service) = (Outside::new(1, NOW), service(policy));
    let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
    let send = || block_on(service.send(&outside, ACCOUNT, &request(domain)));
    outside.configured.borrow_mut().clear();
    for _ in 0..3 {
        assert_eq!(send(), Err(ServiceError::Port(PortError::NotConfigured)));
    }
    outside.configured.borrow_mut().push(Channel::Sms);
    assert!(send().is_ok());
}

#[test]
fn refused_resends_use_up_nothing_of_what_the_account_may_send() {
    let mut policy = ServicePolicy::default();
    policy.sends.per_account_and_day = Some(2);
    let (outside, service) = (Outside::new(1, NOW), service(policy));
    let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
    let sent = block_on(service.send(&outside, ACCOUNT, &request(domain))).unwrap();
    let first = outside.last_code();
    let resend = || block_on(service.resend(&outside, ACCOUNT, sent.otp_id, None));
    for _ in 0..3 {
        assert!(matches!(resend(), Err(ServiceError::SendLimit { .. })), "too soon");
    }
    outside.clock.set(NOW + 30);
    assert!(resend().is_ok());
    let second = outside.last_code();

    outside.clock.set(NOW + 60);
    let scope = match resend() {
        Err(ServiceError::SendLimit { scope, .. }) => scope,
        other => panic!("{other:?}"),
    };
    assert_eq!(scope, SendScope::Account);
    let verify = |code: &str| block_on(service.verify(&outside, ACCOUNT, sent.otp_id, code, None));
    assert!(matches!(verify(&first), Ok(Outcome::Mismatch { .. })));
    assert_eq!(verify(&second), Ok(Outcome::Accepted), "what was not replaced stands");
}

#[test]
fn an_erasure_cut_short_anywhere_can_be_made_again_and_leaves_nothing() {
    for answers in 0.. {
        let (outside, service, domain) = stage();
        let kept = outside.store.records();
        for at in [NOW, NOW + 30] {
            outside.clock.set(at);
            block_on(service.send(&outside, ACCOUNT, &request(domain))).unwrap();
        }
        let erased = erase(&outside, &service, domain, answers);
        if erased.is_err() {
            assert_eq!(erase(&outside, &service, domain, usize::MAX), Ok(()));
        }
        assert_eq!(outside.store.records(), kept, "cut short after {answers} answers");
        if erased.is_ok() {
            return assert!(answers > 3, "it was cut short at each step");
        }
    }
}

#[test]
fn nobody_erases_in_a_domain_of_somebody_else() {
    let (outside, service, domain) = stage();
    let request = request(domain);
    block_on(service.send(&outside, ACCOUNT, &request)).unwrap();
    let before = outside.store.records();
    let stranger = AccountId([9; 16]);
    let erasure = service.erase_recipient(&outside, stranger, domain, &request.recipient);
    assert_eq!(block_on(erasure), Err(ServiceError::DomainNotFound));
    assert_eq!(outside.store.records(), before);
}

/// Language, subject and text of the last message, with the code in it.
fn last_message(outside: &Outside) -> (Language, String, String) {
    let outbox = outside.outbox.borrow();
    let message = outbox.last().expect("a message went out");
    (message.language, message.subject.clone(), message.text.to_string())
}

#[test]
fn a_message_and_its_resend_are_in_the_language_that_was_asked_for() {
    let (outside, service, domain) = stage();
    let request = SendRequest { language: Language::German, ..request(domain) };
    let sent = block_on(service.send(&outside, ACCOUNT, &request)).unwrap();
    let code = outside.last_code();
    let subject = "Ihr Einmalpasswort".to_owned();
    let text = format!(
        "Ihr Bestätigungscode lautet {code}. Gültig für 5 Min. Geben Sie ihn niemals weiter."
    );
    assert_eq!(last_message(&outside), (Language::German, subject.clone(), text));
    assert_eq!(sent.language, Language::German);

    outside.clock.set(NOW + 30);
    let resent = service.resend(&outside, ACCOUNT, sent.otp_id, Some(Channel::Voice));
    assert_eq!(block_on(resent).unwrap().language, Language::German);
    let spelled = keyfob::service::spell(&outside.last_code());
    let text = format!(
        "Ihr Bestätigungscode lautet: {0}. Noch einmal, der Code lautet: {0}. Geben Sie ihn niemals weiter.",
        *spelled
    );
    assert_eq!(last_message(&outside), (Language::German, subject, text));
}

#[test]
fn a_text_of_ones_own_stays_whatever_the_language() {
    let (outside, service, domain) = stage();
    let template = Template::parse("{{code}} ist Ihr Code.").ok();
    let request = SendRequest { template, language: Language::French, ..request(domain) };
    block_on(service.send(&outside, ACCOUNT, &request)).unwrap();
    let text = format!("{} ist Ihr Code.", outside.last_code());
    let subject = "Votre code à usage unique".to_owned();
    assert_eq!(last_message(&outside), (Language::French, subject, text));
}
