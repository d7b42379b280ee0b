//! Canaries planted in every flow: no user id, recipient, secret or code is found in
//! what is stored, in any `Debug`, or in the text of any error.
#![allow(clippy::unwrap_used, clippy::too_many_lines)] // one story, told at length

mod support;

use std::{fmt::Debug, sync::Arc};

use keyfob::{
    Algorithm, Digits, Period, Secret, Totp,
    service::{
        AccountId, Channel, Created, Ending, Flow, Language, NewEnrolment, NewUser, OpenEnrolment,
        Recipient, SendRequest, ServiceError, ServicePolicy, SimSwapAction, SimSwapPolicy, Step,
        Storage as _, Swap, Template, Traffic, TransactionContext, UserId,
    },
};
use support::{Outside, block_on, code_in, service};

const NOW: u64 = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([3; 16]);
const USER: &str = "canary-user-5e1f@example.com";
const PHONE: &str = "+447700900987";
const EMAIL: &str = "canary.person.8d2c@example.com";
const SECRET: &[u8] = b"canary-secret-4b7a9c";
const CLIENT: &str = "2001:db8:c0de:cafe::1";
const PAYEE: &str = "canary-payee-3f6e";

/// All that was seen outside of the flows, and what must not be in it.
#[derive(Default)]
struct Watch {
    seen: Vec<(String, Vec<u8>)>,
    canaries: Vec<Vec<u8>>,
}

impl Watch {
    fn saw<T: Debug>(&mut self, name: &str, value: &T) {
        self.seen.push((format!("Debug of {name}"), format!("{value:?} {value:#?}").into_bytes()));
    }

    /// Keeps an answer's `Debug`, or an error's `Debug` and `Display`.
    fn answer<T: Debug>(&mut self, name: &str, answer: Result<T, ServiceError>) -> Option<T> {
        self.saw(name, &answer);
        if let Err(error) = &answer {
            self.seen.push((format!("error of {name}"), error.to_string().into_bytes()));
        }
        answer.ok()
    }

    fn plant(&mut self, canary: impl AsRef<[u8]>) {
        let canary = canary.as_ref();
        self.canaries.push(canary.to_vec());
        // A list of bytes as `Debug` prints it.
        self.canaries.push(format!("{canary:?}").trim_matches(['[', ']']).as_bytes().to_vec());
    }

    /// The first canary found, and where.
    fn found(&self) -> Option<String> {
        self.seen.iter().find_map(|(place, text)| {
            let is_in = |canary: &&Vec<u8>| text.windows(canary.len()).any(|part| part == **canary);
            let canary = self.canaries.iter().find(is_in)?;
            Some(format!("{} in {place}", String::from_utf8_lossy(canary)))
        })
    }
}

#[test]
fn nothing_private_is_stored_or_printed() {
    let (outside, service) = (Outside::new(1, NOW), service(ServicePolicy::default()));
    let mut watch = Watch::default();
    let secret = Secret::from_bytes(SECRET).unwrap();
    for canary in [USER, PHONE, EMAIL, PAYEE, &*secret.expose_base32()] {
        watch.plant(canary);
    }
    watch.plant(SECRET);
    for canary in ["c0de:cafe", &PHONE[..PHONE.len() - 4]] {
        watch.plant(canary);
    }
    watch.plant([0x20, 0x01, 0x0d, 0xb8, 0xc0, 0xde, 0xca, 0xfe]);
    let totp = Totp::new(&secret, Algorithm::Sha1, Digits::SIX, Period::THIRTY);
    watch.saw("Totp", &totp);
    watch.saw("Service", &service);

    let created = block_on(service.create_domain(&outside, ACCOUNT, Some("Example Bank")));
    let domain = watch.answer("create_domain", created).unwrap();

    // Users and enrolment.
    let user_id = UserId::parse(USER).unwrap();
    let user = NewUser { secret: Some(secret.clone()), ..NewUser::new(user_id.clone()) };
    let named = NewUser { account_name: Some(USER.into()), return_secret: true, ..user.clone() };
    watch.saw("UserId", &user_id);
    watch.saw("NewUser", &named);
    let created = block_on(service.create_user(&outside, ACCOUNT, domain, &user));
    let Some(Created::Pending(OpenEnrolment { ticket, .. })) = watch.answer("create_user", created)
    else {
        panic!("an open enrolment")
    };
    watch.plant(ticket.expose());
    watch.saw("Ticket", &ticket);
    let viewed = block_on(service.view_enrolment(&outside, &ticket));
    let view = watch.answer("view_enrolment", viewed).unwrap();
    watch.plant(&*view.uri);
    let code = totp.generate(NOW);
    watch.plant(code.as_str());
    watch.saw("Code", &code);
    for code in ["000000", code.as_str(), "canary", USER] {
        watch.answer("confirm", block_on(service.confirm_enrolment(&outside, &ticket, code)));
    }
    let code = totp.generate(NOW + 30);
    watch.plant(code.as_str());
    for code in [code.as_str(), code.as_str(), "000000", USER, "\u{0}"] {
        let judged = block_on(service.verify_totp(&outside, ACCOUNT, domain, &user_id, code));
        watch.answer("verify_totp", judged);
    }
    let again = block_on(service.create_user(&outside, ACCOUNT, domain, &named));
    watch.answer("create_user again", again);
    let view = block_on(service.view_user(&outside, ACCOUNT, domain, &user_id));
    watch.answer("view_user", view);
    let new = NewEnrolment { secret: user.secret.clone(), ..NewEnrolment::new(user_id.clone()) };
    watch.saw("NewEnrolment", &new);
    let opened = service.open_enrolment(&outside, ACCOUNT, domain, &new);
    watch.answer("open_enrolment", block_on(opened));
    let other = NewUser { user_id: UserId::parse("canary-user-2").unwrap(), ..named };
    watch.plant("canary-user-2");
    let created = block_on(service.create_user(&outside, ACCOUNT, domain, &other));
    watch.answer("create_user with its secret", created);

    // Sent codes.
    let context = TransactionContext::new([("amount", "EUR 1"), ("payee", PAYEE)]).unwrap();
    watch.saw("TransactionContext", &context);
    for (channel, to, next, other) in [
        (Channel::Sms, PHONE, Channel::Email, EMAIL),
        (Channel::Voice, PHONE, Channel::Email, EMAIL),
        (Channel::Email, EMAIL, Channel::Sms, PHONE),
    ] {
        outside.clock.set(outside.clock.get() + 30);
        let request = SendRequest {
            domain,
            channels: vec![channel, next],
            recipient: Recipient::parse(channel, to).unwrap(),
            other_recipient: Recipient::parse(next, other).ok(),
            fallback_after: Some(30),
            template: Some(Template::parse("{{code}}: {{amount}} to {{payee}}").unwrap()),
            language: Language::German,
            policy: keyfob::CodePolicy::default(),
            lifetime: None,
            context: Some(context.clone()),
            ending: Ending::None,
            sim_swap: (channel == Channel::Sms).then_some(SimSwapPolicy {
                max_age_hours: 240,
                on_swapped: SimSwapAction::Refuse,
                on_unknown: SimSwapAction::Flag,
            }),
            traffic: Traffic {
                client: Some(CLIENT.parse().unwrap()),
                api_key: Some("kf-id".into()),
                destination: None,
            },
        };
        watch.saw("SendRequest", &request);
        let sent = block_on(service.send(&outside, ACCOUNT, &request));
        let sent = watch.answer("send", sent).unwrap();
        watch.answer("send too soon", block_on(service.send(&outside, ACCOUNT, &request)));
        let otp_id = sent.otp_id;
        outside.clock.set(outside.clock.get() + 30);
        let resent = block_on(service.resend(&outside, ACCOUNT, otp_id, None));
        watch.answer("resend", resent);
        for message in outside.outbox.borrow().iter() {
            watch.plant(code_in(message));
            watch.plant(message.text.as_bytes());
            watch.plant(message.fallbacks[0].text.as_bytes());
            watch.saw("Message", message);
            watch.saw("Fallback", &message.fallbacks);
        }
        let code = outside.last_code();
        for code in [PHONE, "000000", code.as_str(), code.as_str()] {
            let judged = service.verify(&outside, ACCOUNT, otp_id, code, Some(&context));
            watch.answer("verify", block_on(judged));
        }
        watch.answer(
            "verify bare",
            block_on(service.verify(&outside, ACCOUNT, otp_id, &code, None)),
        );
        watch.answer("view", block_on(service.view_challenge(&outside, ACCOUNT, otp_id)));
        watch.answer("cancel", block_on(service.cancel(&outside, ACCOUNT, otp_id)));
    }

    // What was asked of the outside world.
    let mut flow =
        Flow::new(Arc::new(support::service(ServicePolicy::default())), |_: &mut [u8]| Ok(()), {
            let (user_id, code) = (user_id.clone(), totp.generate(NOW).to_string());
            async move |service: Arc<keyfob::service::Service>, ports| {
                service.verify_totp(&ports, ACCOUNT, domain, &user_id, &code).await
            }
        });
    let Step::Effect(effect) = flow.start(NOW) else { panic!("a load") };
    watch.saw("Effect", &effect);
    watch.saw("Flow", &flow);

    // What is stored.
    let records = outside.store.records();
    assert!(records.len() >= 6, "a domain, two users, a ticket, recipients and envelopes");
    for (key, record) in &records {
        watch.seen.push((format!("{key:?}"), key.as_bytes().to_vec()));
        watch.seen.push((format!("body of {key:?}"), record.bytes.clone()));
        watch.saw("Record", &(key, record.version, record.expires_at));
    }
    for key in outside.store.counters() {
        watch.seen.push((format!("{key:?}"), key.as_bytes().to_vec()));
    }
    assert_eq!(watch.found(), None);

    // The watch itself sees what is there.
    watch.seen.push(("the control".into(), format!("…{PHONE}…").into_bytes()));
    assert_eq!(watch.found(), Some(format!("{PHONE} in the control")));
}

#[test]
fn what_a_user_may_type_by_mistake_is_in_no_error() {
    let typed = "canary typed by mistake: 123456";
    let mut errors = Vec::new();
    errors.extend(UserId::parse(&["\n", typed].concat()).err());
    let texts = [
        Secret::from_base32(&["1", typed].concat()).unwrap_err().to_string(),
        Recipient::parse(Channel::Sms, typed).unwrap_err().to_string(),
        Recipient::parse(Channel::Email, typed).unwrap_err().to_string(),
        Template::parse(typed).unwrap_err().to_string(),
        TransactionContext::new([("amount", [typed, "\n"].concat())]).unwrap_err().to_string(),
    ];
    assert!(!errors.is_empty());
    for text in texts.into_iter().chain(errors.iter().map(ToString::to_string)) {
        assert!(!text.contains("canary") && !text.contains("123456"), "{text}");
    }
}

#[test]
fn how_long_a_users_record_is_does_not_tell_how_often_they_logged_in() {
    let (outside, service) = (Outside::new(1, NOW), service(ServicePolicy::default()));
    let domain = block_on(service.create_domain(&outside, ACCOUNT, None)).unwrap();
    let secret = Secret::from_bytes(SECRET).unwrap();
    let user_id = UserId::parse(USER).unwrap();
    let new = NewUser { secret: Some(secret.clone()), ..NewUser::new(user_id.clone()) };
    let (key, record) = service.seal_imported_user(&outside, ACCOUNT, domain, &new).unwrap();
    let length = record.bytes.len();
    let stored = block_on(outside.store.swap(&key, None, Some(record), NOW));
    assert_eq!(stored, Ok(Swap::Swapped));
    let totp = Totp::new(&secret, Algorithm::Sha1, Digits::SIX, Period::THIRTY);
    for login in 1..10 {
        outside.clock.set(NOW + 30 * login);
        let code = totp.generate(outside.clock.get());
        let judged = service.verify_totp(&outside, ACCOUNT, domain, &user_id, code.as_str());
        assert!(block_on(judged).unwrap().is_accepted());
        assert_eq!(outside.store.records()[&key].bytes.len(), length, "after {login} logins");
    }
}
