//! The SIM behind a number: what is asked, what is remembered, and what is sent then.
#![allow(clippy::unwrap_used)]

mod support;

use keyfob::{
    UnixTime,
    service::{
        AccountId, Channel, DomainChange, DomainId, DomainSettings, Edit, Outcome, Phone,
        PortError, Ports as _, Prefix, Recipient, SendRequest, Sent, Service, ServiceError,
        ServicePolicy, SimSwap, SimSwapAction, SimSwapChange, SimSwapCheck, SimSwapCoverage,
        SimSwapPolicy, SimSwapSource,
    },
};
use support::{Outside, block_on, service};

const NOW: UnixTime = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([1; 16]);
const OTHER: AccountId = AccountId([2; 16]);
const ANN: &str = "+447700900121";
const BOB: &str = "+447700900122";

struct Scene {
    outside: Outside,
    service: Service,
    domain: DomainId,
}

impl Scene {
    fn new(settings: DomainSettings) -> Self {
        Self::with(settings, SimSwapCoverage::default())
    }

    fn with(settings: DomainSettings, sim_swap: SimSwapCoverage) -> Self {
        let outside = Outside::new(7, NOW);
        let service = service(ServicePolicy { sim_swap, ..ServicePolicy::default() });
        let domain = service.create_domain_with(&outside, ACCOUNT, None, settings);
        let domain = block_on(domain).unwrap();
        Self { outside, service, domain }
    }

    fn says(&self, answer: SimSwap) {
        self.outside.sim.set(Ok(answer));
    }

    fn at(&self, second: u64) {
        self.outside.clock.set(NOW + second);
    }

    fn check(&self, account: AccountId, to: &str, hours: u16) -> SimSwapCheck {
        let (phone, hours) = (Phone::parse(to).unwrap(), Some(hours));
        block_on(self.service.check_sim_swap(&self.outside, account, &phone, hours)).unwrap()
    }

    fn send(&self, channels: &[Channel], own: Option<SimSwapPolicy>) -> Result<Sent, ServiceError> {
        let to = if channels.contains(&Channel::Email) { "ann@example.com" } else { ANN };
        let recipient = Recipient::parse_any(to).unwrap();
        let request = SendRequest::new(self.domain, channels.to_vec(), recipient);
        let request = SendRequest { sim_swap: own, ..request };
        block_on(self.service.send(&self.outside, ACCOUNT, &request))
    }

    /// To a person of whom both the number and the address are known.
    fn send_to_both(&self, channels: &[Channel], own: SimSwapPolicy) -> Result<Sent, ServiceError> {
        let phone = Recipient::parse_any(ANN).unwrap();
        let email = Recipient::parse_any("ann@example.com").unwrap();
        let (recipient, other) =
            if channels[0] == Channel::Email { (email, phone) } else { (phone, email) };
        let request = SendRequest::new(self.domain, channels.to_vec(), recipient);
        let request = SendRequest { sim_swap: Some(own), other_recipient: Some(other), ..request };
        block_on(self.service.send(&self.outside, ACCOUNT, &request))
    }

    /// The ways of the last message: who has it on which channel.
    fn ways(&self) -> Vec<(Channel, String)> {
        let outbox = self.outside.outbox.borrow();
        let last = outbox.last().unwrap();
        let first = (last.channel, last.recipient.as_str().to_owned());
        let others =
            last.fallbacks.iter().map(|way| (way.channel, way.recipient.as_str().to_owned()));
        std::iter::once(first).chain(others).collect()
    }

    fn questions(&self) -> usize {
        self.outside.sim_questions.get()
    }
}

fn policy(on_swapped: SimSwapAction, on_unknown: SimSwapAction) -> SimSwapPolicy {
    SimSwapPolicy { max_age_hours: 240, on_swapped, on_unknown }
}

fn ruled(policy: SimSwapPolicy) -> DomainSettings {
    DomainSettings { sim_swap: Some(policy), fallback_after: None }
}

#[test]
fn each_policy_does_what_it_says_for_each_answer() {
    use SimSwapAction::{Flag, NextChannel, Refuse};
    for (action, goes_out) in [(Refuse, false), (Flag, true), (NextChannel, false)] {
        for answer in [SimSwap::Swapped, SimSwap::NotSwapped, SimSwap::Unknown] {
            for channels in
                [&[Channel::Sms][..], &[Channel::Voice], &[Channel::Sms, Channel::Voice]]
            {
                let other = if goes_out { Refuse } else { Flag };
                let rule = match answer {
                    SimSwap::Unknown => policy(other, action),
                    _ => policy(action, other),
                };
                let scene = Scene::new(DomainSettings::default());
                scene.says(answer);
                let sent = scene.send(channels, Some(rule));
                let expected = goes_out || answer == SimSwap::NotSwapped;
                assert_eq!(sent.is_ok(), expected, "{action:?}, {answer:?}, {channels:?}");
                match sent {
                    Ok(sent) => {
                        assert_eq!((sent.sim_swap, sent.channel), (Some(answer), channels[0]));
                    }
                    Err(error) => {
                        let swapped = answer == SimSwap::Swapped;
                        assert_eq!(error, ServiceError::SimSwap { swapped });
                    }
                }
                assert_eq!(scene.outside.outbox.borrow().len(), usize::from(expected));
            }
        }
    }
}

#[test]
fn a_message_goes_round_a_doubtful_sim_and_none_of_its_fallbacks_uses_it() {
    use Channel::{Email, Sms, Voice};
    for channels in [&[Sms, Voice, Email][..], &[Sms, Email, Voice], &[Email, Sms], &[Voice, Email]]
    {
        for answer in [SimSwap::Swapped, SimSwap::Unknown] {
            let scene = Scene::new(DomainSettings::default());
            scene.says(answer);
            let next = policy(SimSwapAction::NextChannel, SimSwapAction::NextChannel);
            let sent = scene.send_to_both(channels, next).unwrap();
            assert_eq!((sent.channel, sent.sim_swap), (Email, Some(answer)));
            assert_eq!(scene.ways(), [(Email, "ann@example.com".to_string())]);
            let code = scene.outside.last_code();
            let judged = scene.service.verify(&scene.outside, ACCOUNT, sent.otp_id, &code, None);
            assert_eq!(block_on(judged), Ok(Outcome::Accepted));
        }
    }
}

#[test]
fn a_resend_goes_round_the_sim_as_well_whatever_channel_it_names() {
    let scene = Scene::new(DomainSettings::default());
    scene.says(SimSwap::Swapped);
    let next = policy(SimSwapAction::NextChannel, SimSwapAction::Refuse);
    let sent = scene.send_to_both(&[Channel::Sms, Channel::Email], next).unwrap();
    let resend =
        |channel| block_on(scene.service.resend(&scene.outside, ACCOUNT, sent.otp_id, channel));
    for (number, channel) in [Channel::Sms, Channel::Voice].into_iter().enumerate() {
        scene.at(30 * (number as u64 + 1));
        assert_eq!(resend(Some(channel)), Err(ServiceError::SimSwap { swapped: true }));
    }
    let again = resend(None).expect("a refused resend takes no place");
    assert_eq!((again.channel, scene.ways().len()), (Channel::Email, 1));
    assert_eq!(scene.outside.outbox.borrow().len(), 2);
}

#[test]
fn a_sim_that_changes_after_the_send_gets_no_resend() {
    let never = SimSwapCoverage { cache: 0, ..SimSwapCoverage::default() };
    let scene = Scene::with(ruled(SimSwapPolicy::default()), never);
    let sent = scene.send(&[Channel::Sms], None).unwrap();
    let resend = || block_on(scene.service.resend(&scene.outside, ACCOUNT, sent.otp_id, None));
    scene.says(SimSwap::Swapped);
    assert!(matches!(resend(), Err(ServiceError::SendLimit { .. })));
    assert_eq!(scene.questions(), 1, "nobody is asked for what is refused anyway");
    scene.at(30);
    assert_eq!(resend(), Err(ServiceError::SimSwap { swapped: true }));
    assert_eq!(scene.outside.outbox.borrow().len(), 1);
    scene.says(SimSwap::NotSwapped);
    assert_eq!(resend().unwrap().sim_swap, Some(SimSwap::NotSwapped));
}

#[test]
fn a_domains_wait_for_the_next_channel_holds_where_the_request_says_nothing() {
    for (domain, own, waits) in
        [(None, None, None), (Some(20), None, Some(20)), (Some(20), Some(60), Some(60))]
    {
        let scene = Scene::new(DomainSettings { fallback_after: domain, sim_swap: None });
        let recipient = Recipient::parse_any(ANN).unwrap();
        let channels = vec![Channel::Sms, Channel::Voice];
        let request = SendRequest::new(scene.domain, channels, recipient);
        let request = SendRequest { fallback_after: own, ..request };
        block_on(scene.service.send(&scene.outside, ACCOUNT, &request)).unwrap();
        assert_eq!(scene.outside.outbox.borrow()[0].fallback_after, waits);
    }
    let scene = Scene::new(DomainSettings { fallback_after: Some(20), sim_swap: None });
    let recipient = Recipient::parse_any(ANN).unwrap();
    let request = SendRequest::new(scene.domain, vec![Channel::Sms], recipient);
    let sent = block_on(scene.service.send(&scene.outside, ACCOUNT, &request));
    assert!(sent.is_ok(), "a domain's wait is no fault of a request with one channel");
}

#[test]
fn a_domains_policy_holds_where_the_request_says_nothing_and_the_requests_own_holds_alone() {
    use SimSwapAction::{Flag, Refuse};
    for (domain, request, goes_out) in [
        (None, None, true),
        (Some(policy(Refuse, Refuse)), None, false),
        (Some(policy(Flag, Flag)), None, true),
        (Some(policy(Flag, Flag)), Some(policy(Refuse, Refuse)), false),
        (Some(policy(Refuse, Refuse)), Some(policy(Flag, Flag)), true),
    ] {
        let scene = Scene::new(DomainSettings { sim_swap: domain, ..DomainSettings::default() });
        scene.says(SimSwap::Swapped);
        let sent = scene.send(&[Channel::Sms], request);
        assert_eq!(sent.is_ok(), goes_out, "{domain:?}, {request:?}");
        let asked = domain.is_some() || request.is_some();
        assert_eq!(scene.questions(), usize::from(asked));
        if let Ok(sent) = sent {
            assert_eq!(sent.sim_swap.is_some(), asked, "what was found is always said");
        }
    }
}

#[test]
fn nobody_is_asked_about_a_message_that_travels_over_no_sim() {
    let scene = Scene::new(ruled(SimSwapPolicy::default()));
    scene.says(SimSwap::Swapped);
    let sent = scene.send(&[Channel::Email], None).unwrap();
    assert_eq!((sent.sim_swap, scene.questions()), (None, 0));
}

#[test]
fn an_answer_is_used_again_until_its_second() {
    let scene = Scene::new(DomainSettings::default());
    let first = scene.check(ACCOUNT, ANN, 240);
    assert_eq!((first.answer, first.source), (SimSwap::NotSwapped, SimSwapSource::Operator));
    assert_eq!(first.checked_at, Some(NOW));
    scene.says(SimSwap::Swapped);
    scene.at(599);
    let again = scene.check(ACCOUNT, ANN, 240);
    assert_eq!((again.answer, again.source), (SimSwap::NotSwapped, SimSwapSource::Cache));
    assert_eq!((again.checked_at, scene.questions()), (Some(NOW), 1));
    scene.at(600);
    let anew = scene.check(ACCOUNT, ANN, 240);
    assert_eq!((anew.answer, anew.source), (SimSwap::Swapped, SimSwapSource::Operator));
}

#[test]
fn an_answer_is_for_one_number_and_one_account_and_no_longer_look_back() {
    let scene = Scene::new(DomainSettings::default());
    scene.check(ACCOUNT, ANN, 240);
    scene.says(SimSwap::Swapped);
    for (account, to, hours, source) in [
        (ACCOUNT, ANN, 240, SimSwapSource::Cache),
        (ACCOUNT, ANN, 24, SimSwapSource::Cache),
        (ACCOUNT, ANN, 241, SimSwapSource::Operator),
        (ACCOUNT, BOB, 240, SimSwapSource::Operator),
        (OTHER, ANN, 240, SimSwapSource::Operator),
    ] {
        let check = scene.check(account, to, hours);
        assert_eq!(check.source, source, "{to} {hours}");
        let was_not = source == SimSwapSource::Cache;
        assert_eq!(check.answer == SimSwap::NotSwapped, was_not, "{to} {hours}");
    }
    scene.says(SimSwap::NotSwapped);
    assert_eq!(
        scene.check(ACCOUNT, BOB, 2_400).answer,
        SimSwap::Swapped,
        "within ten days is more"
    );
    assert_eq!(
        scene.check(ACCOUNT, BOB, 24).answer,
        SimSwap::NotSwapped,
        "and may not be within one"
    );
}

#[test]
fn what_is_remembered_is_readable_nowhere_and_gone_when_the_recipient_is_erased() {
    let scene = Scene::new(DomainSettings::default());
    let before = scene.outside.store.records().len();
    scene.check(ACCOUNT, ANN, 240);
    let records = scene.outside.store.records();
    assert_eq!(records.len(), before + 1);
    let stored = format!("{records:?}");
    assert!(!stored.contains(&ANN[3..]) && !stored.contains(&format!("{:?}", ANN.as_bytes())));
    let recipient = Recipient::parse(Channel::Sms, ANN).unwrap();
    let erased = scene.service.erase_recipient(&scene.outside, ACCOUNT, scene.domain, &recipient);
    block_on(erased).unwrap();
    assert_eq!(scene.outside.store.records().len(), before);
}

#[test]
fn not_knowing_is_not_remembered_and_nothing_is_where_nothing_is_to_be() {
    let scene = Scene::new(DomainSettings::default());
    scene.says(SimSwap::Unknown);
    assert_eq!(scene.check(ACCOUNT, ANN, 240).answer, SimSwap::Unknown);
    scene.says(SimSwap::NotSwapped);
    assert_eq!(scene.check(ACCOUNT, ANN, 240).answer, SimSwap::NotSwapped);

    let never = SimSwapCoverage { cache: 0, ..SimSwapCoverage::default() };
    let scene = Scene::with(DomainSettings::default(), never);
    scene.check(ACCOUNT, ANN, 240);
    scene.check(ACCOUNT, ANN, 240);
    assert_eq!(scene.questions(), 2);
}

#[test]
fn of_a_number_that_the_operator_is_not_asked_about_nothing_is_known() {
    let british =
        SimSwapCoverage { prefixes: vec![Prefix::UNITED_KINGDOM], ..SimSwapCoverage::default() };
    let scene = Scene::with(ruled(SimSwapPolicy::default()), british);
    let check = scene.check(ACCOUNT, "+4915112345678", 240);
    assert_eq!((check.answer, check.source), (SimSwap::Unknown, SimSwapSource::NotAsked));
    assert_eq!((check.checked_at, scene.questions()), (None, 0));
    assert_eq!(scene.check(ACCOUNT, ANN, 240).source, SimSwapSource::Operator);
}

#[test]
fn an_operator_that_fails_is_one_that_does_not_know() {
    let scene = Scene::new(ruled(policy(SimSwapAction::Flag, SimSwapAction::Refuse)));
    scene.outside.sim.set(Err(PortError::ProviderUnavailable));
    let refused = scene.send(&[Channel::Sms], None);
    assert_eq!(refused, Err(ServiceError::SimSwap { swapped: false }));
    assert!(scene.outside.outbox.borrow().is_empty());
}

#[test]
fn a_question_that_could_not_be_put_takes_no_place_and_a_refusal_keeps_its_own() {
    for failure in [PortError::NotConfigured, PortError::Unavailable] {
        let scene = Scene::new(ruled(SimSwapPolicy::default()));
        scene.outside.sim.set(Err(failure));
        for _ in 0..3 {
            let error = scene.send(&[Channel::Sms], None).unwrap_err();
            assert!(!matches!(error, ServiceError::SendLimit { .. }), "{error:?}");
        }
        assert!(scene.outside.outbox.borrow().is_empty());
        scene.says(SimSwap::NotSwapped);
        scene.send(&[Channel::Sms], None).expect("the place is free");
    }
    let scene = Scene::new(ruled(SimSwapPolicy::default()));
    scene.says(SimSwap::Swapped);
    assert!(matches!(scene.send(&[Channel::Sms], None), Err(ServiceError::SimSwap { .. })));
    assert!(matches!(scene.send(&[Channel::Sms], None), Err(ServiceError::SendLimit { .. })));
    scene.at(30);
    assert!(matches!(scene.send(&[Channel::Sms], None), Err(ServiceError::SimSwap { .. })));
}

#[test]
fn a_domain_is_changed_value_by_value() {
    let scene = Scene::new(DomainSettings::default());
    let (outside, service, domain) = (&scene.outside, &scene.service, scene.domain);
    let change = |change: DomainChange| {
        block_on(service.change_domain(outside, ACCOUNT, domain, &change)).map(|view| {
            let stored = block_on(service.view_domain(outside, ACCOUNT, domain)).unwrap();
            assert_eq!(stored, view);
            (view.name, view.settings)
        })
    };
    let flag = SimSwapChange { on_unknown: Edit::Set(SimSwapAction::Flag), ..Default::default() };
    let changed = change(DomainChange {
        name: Edit::Set("Example Bank".into()),
        sim_swap: Edit::Set(flag),
        fallback_after: Edit::Set(10),
    });
    let name = Some("Example Bank".to_string());
    let settings = DomainSettings {
        sim_swap: Some(policy(SimSwapAction::Refuse, SimSwapAction::Flag)),
        fallback_after: Some(10),
    };
    assert_eq!(changed, Ok((name.clone(), settings.clone())));
    assert_eq!(change(DomainChange::default()), Ok((name.clone(), settings.clone())));

    let shorter = SimSwapChange { max_age_hours: Edit::Set(24), ..Default::default() };
    let changed = change(DomainChange { sim_swap: Edit::Set(shorter), ..Default::default() });
    let sim_swap = SimSwapPolicy { max_age_hours: 24, ..settings.sim_swap.unwrap() };
    assert_eq!(changed.unwrap().1.sim_swap, Some(sim_swap), "the rest of the policy stays");

    for (bad, field) in [
        (DomainChange { fallback_after: Edit::Set(9), ..Default::default() }, "fallback_after"),
        (DomainChange { fallback_after: Edit::Set(301), ..Default::default() }, "fallback_after"),
        (DomainChange { name: Edit::Set("a:b".into()), ..Default::default() }, "name"),
        (
            DomainChange {
                sim_swap: Edit::Set(SimSwapChange {
                    max_age_hours: Edit::Set(0),
                    ..Default::default()
                }),
                ..Default::default()
            },
            "sim_swap.max_age_hours",
        ),
    ] {
        let error = change(bad).unwrap_err();
        assert!(
            matches!(error, ServiceError::Invalid { field: at, .. } if at == field),
            "{error:?}"
        );
    }
    let cleared =
        DomainChange { name: Edit::Clear, sim_swap: Edit::Clear, fallback_after: Edit::Clear };
    assert_eq!(change(cleared.clone()), Ok((None, DomainSettings::default())));
    let foreign = block_on(service.change_domain(outside, OTHER, domain, &cleared));
    assert_eq!(foreign, Err(ServiceError::DomainNotFound));
    assert_eq!(outside.now(), NOW);
}
