//! A flow driven effect by effect and the same flow called directly give equal
//! answers and leave equal bytes: there is one engine, not two.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::sync::{Arc, Mutex};

use keyfob::{
    Algorithm, Digits, Period, Secret, Totp,
    service::{
        AccountId, Answer, Channel, Created, DeliveryState, DomainId, Effect, Flow, MessageId,
        NewEnrolment, NewUser, OpenEnrolment, OtpId, Ports, Recipient, SendRequest, Service,
        ServiceError, ServicePolicy, SimSwapAction, SimSwapPolicy, Step, Storage, Ticket,
        TransactionContext, UserId,
    },
};
use support::{Outside, block_on, fill, service};

const NOW: u64 = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([3; 16]);

#[derive(Debug, Clone)]
enum Request {
    CreateDomain,
    CreateUser(DomainId, NewUser),
    OpenEnrolment(DomainId, NewEnrolment),
    ViewEnrolment(Ticket),
    Confirm(Ticket, String),
    Totp(DomainId, UserId, String),
    ViewUser(DomainId, UserId),
    DeleteUser(DomainId, UserId),
    Send(SendRequest),
    Resend(OtpId, Option<Channel>),
    Verify(OtpId, String, Option<TransactionContext>),
    Cancel(OtpId),
    View(OtpId),
    Report(OtpId, MessageId, Channel, DeliveryState),
    FallBack(OtpId, MessageId, Channel),
    Erase(DomainId, Recipient),
}

/// The whole answer as text, secrets included, and what later requests need of it.
#[derive(Debug, Default, PartialEq)]
struct Reply {
    text: String,
    domain: Option<DomainId>,
    ticket: Option<String>,
    otp_id: Option<OtpId>,
}

async fn perform<P: Ports>(
    service: &Service,
    ports: &P,
    request: Request,
) -> Result<Reply, ServiceError> {
    let said = |text: String| Reply { text, ..Reply::default() };
    let made = |created: Created| match created {
        Created::Enrolled { secret, .. } => said(secret.expose_base32().to_string()),
        Created::Pending(OpenEnrolment { ticket, expires_at, .. }) => {
            Reply { ticket: Some(ticket.expose().into()), ..said(expires_at.to_string()) }
        }
    };
    Ok(match request {
        Request::CreateDomain => {
            let domain = service.create_domain(ports, ACCOUNT, Some("Example Bank")).await?;
            Reply { domain: Some(domain), ..Reply::default() }
        }
        Request::CreateUser(domain, user) => {
            made(service.create_user(ports, ACCOUNT, domain, &user).await?)
        }
        Request::OpenEnrolment(domain, new) => {
            made(Created::Pending(service.open_enrolment(ports, ACCOUNT, domain, &new).await?))
        }
        Request::ViewEnrolment(ticket) => {
            let view = service.view_enrolment(ports, &ticket).await?;
            said(format!("{} {}", *view.uri, view.expires_at))
        }
        Request::Confirm(ticket, code) => {
            said(format!("{:?}", service.confirm_enrolment(ports, &ticket, &code).await?))
        }
        Request::Totp(domain, user, code) => {
            said(format!("{:?}", service.verify_totp(ports, ACCOUNT, domain, &user, &code).await?))
        }
        Request::ViewUser(domain, user) => {
            said(format!("{:?}", service.view_user(ports, ACCOUNT, domain, &user).await?))
        }
        Request::DeleteUser(domain, user) => {
            said(format!("{:?}", service.delete_user(ports, ACCOUNT, domain, &user).await?))
        }
        Request::Send(request) => {
            let sent = service.send(ports, ACCOUNT, &request).await?;
            Reply { otp_id: Some(sent.otp_id), ..said(format!("{sent:?}")) }
        }
        Request::Resend(id, channel) => {
            said(format!("{:?}", service.resend(ports, ACCOUNT, id, channel).await?))
        }
        Request::Verify(id, code, context) => {
            let judged = service.verify(ports, ACCOUNT, id, &code, context.as_ref()).await?;
            said(format!("{judged:?}"))
        }
        Request::Cancel(id) => said(format!("{:?}", service.cancel(ports, ACCOUNT, id).await?)),
        Request::View(id) => {
            said(format!("{:?}", service.view_challenge(ports, ACCOUNT, id).await?))
        }
        Request::Report(id, message, channel, state) => {
            let report = service.delivery_report(ports, ACCOUNT, id, message, channel, state);
            said(format!("{:?}", report.await?))
        }
        Request::FallBack(id, message, channel) => {
            let turned = service.fall_back(ports, ACCOUNT, id, message, channel).await?;
            said(format!("{turned:?} {:?}", service.wanted(ports, ACCOUNT, id, message).await?))
        }
        Request::Erase(domain, recipient) => {
            service.erase_recipient(ports, ACCOUNT, domain, &recipient).await?;
            said("erased".into())
        }
    })
}

/// The ten-line driver that every language writes.
fn drive(
    service: &Arc<Service>,
    outside: &Outside,
    entropy: &Arc<Mutex<u64>>,
    request: Request,
) -> Result<Reply, ServiceError> {
    let entropy = entropy.clone();
    let fill = move |bytes: &mut [u8]| {
        fill(&mut entropy.lock().unwrap(), bytes);
        Ok(())
    };
    let mut flow = Flow::new(service.clone(), fill, async move |service: Arc<Service>, ports| {
        perform(&service, &ports, request).await
    });
    let mut step = flow.start(outside.now());
    loop {
        let effect = match step {
            Step::Done(result) => return result,
            Step::Effect(effect) => effect,
        };
        let answer = block_on(async {
            Ok(match effect {
                Effect::Load { key, now } => {
                    Answer::Loaded(outside.storage().load(&key, now).await?)
                }
                Effect::Swap { key, expected, record, now } => {
                    Answer::Swapped(outside.storage().swap(&key, expected, record, now).await?)
                }
                Effect::Add { counter, amount, now } => {
                    Answer::Added(outside.storage().add(&counter, amount, now).await?)
                }
                Effect::Deliver(message) => Answer::Delivered(outside.deliver(message).await?),
                Effect::SimSwap { phone, max_age_hours } => {
                    Answer::SimSwapped(outside.sim_swap(&phone, max_age_hours).await?)
                }
            })
        });
        step = flow.resume(outside.now(), answer.unwrap_or_else(Answer::Failed));
    }
}

#[test]
fn a_flow_and_a_direct_call_are_the_same() {
    let mut accepted = 0;
    for seed in 0..40 {
        let direct = Outside::new(seed, NOW);
        let driven = Outside::new(0, NOW);
        let entropy = Arc::new(Mutex::new(seed));
        let service = Arc::new(service(ServicePolicy::default()));
        let mut script = Script::new(seed);
        for number in 0..80 {
            let (request, pass) = script.next();
            let now = direct.clock.get() + pass;
            direct.clock.set(now);
            driven.clock.set(now);
            let answer = block_on(perform(&service, &direct, request.clone()));
            let flowed = drive(&service, &driven, &entropy, request.clone());
            assert_eq!(answer, flowed, "seed {seed}, request {number}: {request:?}");
            assert_eq!(direct.store.records(), driven.store.records(), "after {request:?}");
            assert_eq!(*direct.outbox.borrow(), *driven.outbox.borrow(), "after {request:?}");
            accepted += u32::from(answer.as_ref().is_ok_and(|reply| reply.text == "Accepted"));
            script.learn(answer.ok(), &direct);
        }
    }
    println!("3200 requests, {accepted} codes accepted");
    assert!(accepted > 200);
}

/// Random requests, mostly sensible.
struct Script {
    random: u64,
    now: u64,
    domain: Option<DomainId>,
    ticket: Option<Ticket>,
    otp_id: Option<OtpId>,
    message: MessageId,
    code: String,
}

impl Script {
    fn new(seed: u64) -> Self {
        let (domain, ticket, otp_id) = (None, None, None);
        let (message, code) = (MessageId([0; 16]), "000000".into());
        Self { random: seed ^ 0xabcd, now: NOW, domain, ticket, otp_id, message, code }
    }

    fn below(&mut self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        fill(&mut self.random, &mut bytes);
        u64::from_le_bytes(bytes) % end
    }

    fn next(&mut self) -> (Request, u64) {
        let pass = [0, 1, 7, 31][self.below(4) as usize];
        self.now += pass;
        let Some(domain) = self.domain else { return (Request::CreateDomain, pass) };
        let secret = Secret::from_bytes(*b"12345678901234567890").unwrap();
        let code =
            Totp::new(&secret, Algorithm::Sha1, Digits::SIX, Period::THIRTY).generate(self.now);
        let code = if self.below(4) == 0 { "123456".into() } else { code.to_string() };
        let user_id = UserId::parse(["ann", "bob"][self.below(2) as usize]).unwrap();
        let user = NewUser {
            secret: (self.below(5) > 0).then_some(secret),
            return_secret: self.below(2) == 0,
            ..NewUser::new(user_id.clone())
        };
        let recipient = Recipient::parse(Channel::Sms, "+447700900121").unwrap();
        let context = TransactionContext::new([("amount", "EUR 1"), ("payee", "Noir")]).unwrap();
        let context = (self.below(6) == 0).then_some(context);
        let request = match (self.below(20), self.ticket.clone(), self.otp_id) {
            (0..2, ..) => Request::CreateUser(domain, user),
            (2, ..) => {
                let revoke = self.below(2) == 0;
                let new =
                    NewEnrolment { revoke, secret: user.secret, ..NewEnrolment::new(user_id) };
                Request::OpenEnrolment(domain, new)
            }
            (3, Some(ticket), _) => Request::ViewEnrolment(ticket),
            (4..6, Some(ticket), _) => Request::Confirm(ticket, code),
            (6, ..) => Request::ViewUser(domain, user_id),
            (7, ..) if self.below(3) == 0 => Request::DeleteUser(domain, user_id),
            (8, _, Some(id)) => Request::Resend(id, (self.below(2) == 0).then_some(Channel::Voice)),
            (9..12, _, Some(id)) => Request::Verify(id, self.code.clone(), context),
            (12, _, Some(id)) if self.below(4) == 0 => Request::Cancel(id),
            (13, _, Some(id)) => Request::View(id),
            (14, _, Some(id)) if self.below(2) == 0 => {
                Request::FallBack(id, self.message, Channel::Voice)
            }
            (14, _, Some(id)) => {
                Request::Report(id, self.message, Channel::Sms, DeliveryState::Delivered)
            }
            (15, ..) if self.below(8) == 0 => Request::Erase(domain, recipient),
            (8..16, ..) => Request::Send(SendRequest {
                context,
                sim_swap: (self.below(3) == 0).then_some(SimSwapPolicy {
                    max_age_hours: 240,
                    on_swapped: SimSwapAction::Refuse,
                    on_unknown: SimSwapAction::Refuse,
                }),
                ..SendRequest::new(domain, vec![Channel::Sms, Channel::Voice], recipient)
            }),
            _ => Request::Totp(domain, user_id, code),
        };
        (request, pass)
    }

    fn learn(&mut self, reply: Option<Reply>, outside: &Outside) {
        let Some(reply) = reply else { return };
        self.domain = reply.domain.or(self.domain);
        self.otp_id = reply.otp_id.or(self.otp_id);
        if let Some(ticket) = reply.ticket {
            self.ticket = Ticket::parse(&ticket).ok();
        }
        if !outside.outbox.borrow().is_empty() {
            self.code = outside.last_code();
            self.message = outside.outbox.borrow().last().expect("it is not empty").id;
        }
    }
}
