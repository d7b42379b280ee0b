//! No time that a clock can show makes a flow panic, accept twice or lock anybody out.
#![allow(clippy::unwrap_used)]

mod support;

use keyfob::{
    Algorithm, Digits, Period, Secret, Totp, UnixTime,
    service::{
        AccountId, AttemptPolicy, Channel, DomainId, NewEnrolment, NewUser, Outcome, Recipient,
        SendPolicy, SendRequest, SendScope, SendWindow, ServiceError, ServicePolicy, UserId,
    },
};
use support::{Outside, block_on, service};

const ACCOUNT: AccountId = AccountId([3; 16]);
const TIMES: [u64; 13] = [
    0,
    1,
    29,
    30,
    (1 << 31) - 1, // 2038
    1 << 31,
    (1 << 32) - 1, // 2106
    1 << 32,
    i64::MAX as u64,
    (1 << 63) + 1,
    u64::MAX - 86_400,
    u64::MAX - 1,
    u64::MAX,
];

fn secret() -> Secret {
    Secret::from_bytes(*b"12345678901234567890").unwrap()
}

fn code(now: u64) -> String {
    Totp::new(&secret(), Algorithm::Sha1, Digits::SIX, Period::THIRTY).generate(now).to_string()
}

fn request(domain: DomainId, channel: Channel, to: &str) -> SendRequest {
    SendRequest::new(domain, vec![channel], Recipient::parse(channel, to).unwrap())
}

fn is_over(error: &ServiceError) -> bool {
    matches!(error, ServiceError::ChallengeOver | ServiceError::ChallengeNotFound)
}

#[test]
fn every_flow_answers_at_every_time_and_from_any_to_any_other() {
    for (from, to) in TIMES.iter().flat_map(|from| TIMES.iter().map(move |to| (*from, *to))) {
        let (outside, service) = (Outside::new(1, from), service(ServicePolicy::default()));
        let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
        let user_id = UserId::parse("ann").unwrap();
        let mut user = NewUser { secret: Some(secret()), ..NewUser::new(user_id.clone()) };
        user.return_secret = true;
        block_on(service.create_user(&outside, ACCOUNT, domain, &user)).unwrap();
        let totp = |code: &str| {
            block_on(service.verify_totp(&outside, ACCOUNT, domain, &user_id, code)).unwrap()
        };
        let request = request(domain, Channel::Sms, "+447700900121");
        let sent = block_on(service.send(&outside, ACCOUNT, &request));
        let sent = sent.map(|sent| (sent.otp_id, outside.last_code()));
        assert_eq!(totp(&code(from)), Outcome::Accepted, "at {from}");
        assert_eq!(totp(&code(from)), Outcome::Replayed, "at {from}");
        let wrong = [(); 6].map(|()| totp("000000").code());
        // In the last second of all neither a block nor a record can last: none is kept.
        let at_the_end = from == u64::MAX;
        let sixth = if at_the_end { "mismatch" } else { "blocked" };
        assert_eq!(wrong[..5], ["mismatch"; 5], "at {from}");
        assert_eq!(wrong[5], sixth, "at {from}");

        outside.clock.set(to);
        assert_ne!(totp(&code(from)), Outcome::Accepted, "from {from} to {to}: a replay");
        let (step, last) = (to / 30, from / 30);
        if to > from.saturating_add(30) && step > last {
            assert_eq!(totp(&code(to)), Outcome::Accepted, "from {from} to {to}");
        }
        let view = block_on(service.view_user(&outside, ACCOUNT, domain, &user_id)).unwrap();
        assert_eq!(view.created_at, from);
        let new = NewEnrolment { secret: user.secret, ..NewEnrolment::new(user_id.clone()) };
        block_on(service.open_enrolment(&outside, ACCOUNT, domain, &new)).unwrap();

        let not_ahead = to.saturating_add(60) >= from;
        // A challenge of the last second of all is gone when the message would be handed over.
        let lasts = |at: UnixTime| at < UnixTime::MAX;
        let too_soon = not_ahead && to < from.saturating_add(30);
        let again = block_on(service.send(&outside, ACCOUNT, &request));
        let limit = SendScope::Recipient;
        let limited = matches!(again, Err(ServiceError::SendLimit { scope, .. }) if scope == limit);
        assert_eq!(limited, too_soon, "from {from} to {to}: {again:?}");
        assert!(limited || again.is_ok() == lasts(to), "from {from} to {to}: {again:?}");
        if !lasts(from) {
            assert_eq!(sent, Err(ServiceError::ChallengeNotFound));
            continue;
        }

        let (otp_id, sent_code) = sent.unwrap();
        let judged = block_on(service.verify(&outside, ACCOUNT, otp_id, &sent_code, None));
        let alive = not_ahead && to < from.saturating_add(300);
        assert_eq!(judged == Ok(Outcome::Accepted), alive, "from {from} to {to}: {judged:?}");
        // Used, expired or forgotten: nothing more is sent for it.
        let resent = block_on(service.resend(&outside, ACCOUNT, otp_id, None)).unwrap_err();
        assert!(is_over(&resent), "from {from} to {to}: {resent:?}");
        let viewed = block_on(service.view_challenge(&outside, ACCOUNT, otp_id));
        assert!(viewed.as_ref().err().is_none_or(is_over), "from {from} to {to}: {viewed:?}");
        let cancelled = block_on(service.cancel(&outside, ACCOUNT, otp_id));
        assert!(cancelled.as_ref().err().is_none_or(is_over), "from {from} to {to}: {cancelled:?}");
    }
}

#[test]
fn no_policy_makes_a_flow_panic() {
    let extremes = [1, 2, 100];
    for (per_block, disable_after) in extremes.iter().flat_map(|a| extremes.map(|b| (*a, b))) {
        for length in [1, u64::MAX] {
            let attempts = AttemptPolicy::new(per_block, length, length, disable_after).unwrap();
            let sends = SendPolicy { per_recipient: vec![], per_account_and_day: Some(u64::MAX) };
            let policy = ServicePolicy { attempts, sends, ..ServicePolicy::default() };
            let (outside, service) = (Outside::new(1, 1_800_000_000), service(policy));
            let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
            let user_id = UserId::parse("ann").unwrap();
            let user = NewUser { return_secret: true, ..NewUser::new(user_id.clone()) };
            block_on(service.create_user(&outside, ACCOUNT, domain, &user)).unwrap();
            for _ in 0..200 {
                let judged = service.verify_totp(&outside, ACCOUNT, domain, &user_id, "000000");
                assert_ne!(block_on(judged).unwrap(), Outcome::Accepted);
            }
            let view = block_on(service.view_user(&outside, ACCOUNT, domain, &user_id)).unwrap();
            assert!(view.failures <= 100, "{view:?}");
        }
    }
}

#[test]
fn a_record_stays_small_however_many_codes_are_sent() {
    let sends = SendPolicy { per_recipient: vec![], per_account_and_day: Some(u64::MAX) };
    let policy = ServicePolicy { sends, ..ServicePolicy::default() };
    let (outside, service) = (Outside::new(1, 1_800_000_000), service(policy));
    let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
    let request = request(domain, Channel::Email, "ann@example.com");
    let first = block_on(service.send(&outside, ACCOUNT, &request)).unwrap();
    for _ in 0..300 {
        block_on(service.send(&outside, ACCOUNT, &request)).unwrap();
    }
    let largest = outside.store.records().values().map(|record| record.bytes.len()).max();
    assert!(largest.is_some_and(|largest| largest < 8_192), "{largest:?}");
    let judged = block_on(service.verify(&outside, ACCOUNT, first.otp_id, "000000", None));
    assert_eq!(judged, Err(ServiceError::ChallengeNotFound), "the oldest made way");
}

#[test]
fn a_limit_over_a_week_is_remembered_for_a_week() {
    let sends = SendPolicy {
        per_recipient: vec![SendWindow::new(604_800, 1).unwrap()],
        per_account_and_day: Some(10),
    };
    let policy = ServicePolicy { sends, ..ServicePolicy::default() };
    let (outside, service) = (Outside::new(1, 1_800_000_000), service(policy));
    let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
    let request = request(domain, Channel::Sms, "+447700900121");
    block_on(service.send(&outside, ACCOUNT, &request)).unwrap();
    outside.clock.set(1_800_000_000 + 604_799);
    let refused = block_on(service.send(&outside, ACCOUNT, &request));
    assert!(matches!(refused, Err(ServiceError::SendLimit { .. })), "{refused:?}");
    outside.clock.set(1_800_000_000 + 604_800);
    assert!(block_on(service.send(&outside, ACCOUNT, &request)).is_ok());
}
