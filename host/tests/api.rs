//! The REST API as its callers meet it.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod support;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use support::{Device, START, World};

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn the_documented_calls_answer_with_the_documented_fields() {
    let world = World::new();
    for method in ["GET", "POST"] {
        for path in ["domain", "domain/"] {
            let reply = world.raw(method, path, "").await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.field("domain").as_str().unwrap().len(), 36);
        }
    }
    let domain = world.domain().await;
    let body =
        json!({"domain": domain, "user_id": "john.grant@melroselabs.com", "return_secret": "true"});
    let reply = world.post("user/", body).await.json();
    assert_eq!(reply["domain"], domain.as_str());
    assert_eq!(reply["user_id"], "john.grant@melroselabs.com");
    assert_eq!(reply["type"], "totp");
    assert_eq!(reply["interval"], 30);
    let uri = reply["otpauth_uri"].as_str().unwrap();
    assert!(uri.contains("issuer=keyfob"), "of a domain without a name, as described: {uri}");
    let device = Device::new(reply["secret"].as_str().unwrap());
    let reply = world.totp(&domain, "john.grant@melroselabs.com", &device.code(START)).await;
    assert_eq!(reply.json(), json!({"verified": true}));

    let reply = world.post("user/", json!({"domain": domain, "user_id": "jane"})).await.json();
    assert_eq!(reply["secret"], Value::Null);
    assert!(reply["enrolment_url"].as_str().unwrap().starts_with("http://service.test/enrol/"));
}

#[tokio::test]
async fn a_used_code_is_told_apart_from_a_guess_and_never_blocks_its_user() {
    let world = World::new();
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    let code = device.code(START);
    assert_eq!(world.totp(&domain, "alice", &code).await.field("verified"), true);
    for _ in 0..20 {
        let reply = world.totp(&domain, "alice", &code).await;
        assert_eq!(reply.json(), json!({"verified": false, "outcome": "replayed"}));
    }
    let world = world.restarted();
    let reply = world.totp(&domain, "alice", &code).await;
    assert_eq!(reply.field("outcome"), "replayed", "after a restart, too");
    let next = device.code(START + 30);
    assert_eq!(world.totp(&domain, "alice", &next).await.field("verified"), true);
}

/// Far from the machine's own time, which is the one a start compares with.
#[tokio::test]
async fn a_replay_floor_in_the_future_locks_nobody_out() {
    let world = World::new();
    let now = 10_000_000_000;
    world.clock.set(now);
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    world.app.store.meta_set("replay_floor", &(2 * now).to_be_bytes()).unwrap();
    let world = world.restarted();
    assert_eq!(world.totp(&domain, "alice", &device.code(now)).await.field("verified"), true);
}

#[tokio::test]
async fn wrong_codes_block_for_a_growing_time_and_a_hundred_disable_until_enrolled_anew() {
    let world = World::new();
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    let mut now = START;
    let mut blocks = vec![];
    loop {
        let mut left = vec![];
        let reply = loop {
            let reply = world.totp(&domain, "alice", &device.wrong_code(now)).await;
            if reply.status != 200 {
                break reply;
            }
            left.push(reply.field("attempts_left").as_u64().unwrap());
        };
        assert_eq!(left, [4, 3, 2, 1, 0]);
        let right = world.totp(&domain, "alice", &device.code(now)).await;
        assert_eq!(right.code(), reply.code(), "the right code fares no better");
        if reply.status == 403 {
            assert_eq!(reply.code(), "disabled");
            break;
        }
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (429, "blocked"));
        let wait = reply.field("retry_after").as_u64().unwrap();
        assert_eq!(reply.headers["retry-after"], wait.to_string());
        blocks.push(wait);
        now += wait;
        world.clock.set(now);
    }
    assert_eq!(blocks[..8], [30, 60, 120, 240, 480, 960, 1_920, 3_600]);
    assert_eq!(blocks.len(), 19, "the hundredth wrong code disables");

    world.clock.advance(30 * 86_400);
    let now = world.app.clock.now();
    assert_eq!(world.totp(&domain, "alice", &device.code(now)).await.code(), "disabled");
    let path = format!("user/{domain}/alice/");
    assert_eq!(world.get(&path).await.field("status"), "disabled");
    let reply = world.post(&format!("{path}enrolment/"), json!({})).await;
    assert!(reply.field("enrolment_url").is_string(), "{}", reply.text);
}

#[tokio::test]
async fn a_thousand_right_codes_at_once_are_one_acceptance() {
    let world = std::sync::Arc::new(World::new());
    let domain = world.domain().await;
    let code = world.user(&domain, "alice").await.code(START);
    let mut submissions = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let (world, domain, code) = (world.clone(), domain.clone(), code.clone());
        submissions.spawn(async move { world.totp(&domain, "alice", &code).await.json() });
    }
    let replies = submissions.join_all().await;
    let accepted = replies.iter().filter(|reply| reply["verified"] == true).count();
    let replayed = replies.iter().filter(|reply| reply["outcome"] == "replayed").count();
    assert_eq!((accepted, replayed), (1, 999));
}

#[tokio::test]
async fn a_thousand_wrong_codes_at_once_are_five_evaluations() {
    let world = std::sync::Arc::new(World::new());
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    let mut submissions = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let (world, domain) = (world.clone(), domain.clone());
        let code = device.wrong_code(START);
        submissions.spawn(async move { world.totp(&domain, "alice", &code).await });
    }
    let replies = submissions.join_all().await;
    let evaluated = replies.iter().filter(|reply| reply.field("outcome") == "mismatch").count();
    let blocked = replies.iter().filter(|reply| reply.code() == "blocked").count();
    assert_eq!((evaluated, blocked), (5, 995));
}

#[tokio::test]
async fn what_belongs_to_another_account_is_not_there() {
    let world = World::new();
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    let stranger = world.key_of_another_account();
    let code = device.code(START);
    let body = json!({"domain": domain, "user_id": "alice", "code": code}).to_string();
    let reply = world.raw_as(&stranger, "POST", "totp/", body).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "domain-not-found"));
    let body = json!({"domain": domain, "user_id": "mallory"}).to_string();
    assert_eq!(world.raw_as(&stranger, "POST", "user/", body).await.status, 404);
    let path = format!("user/{domain}/alice/");
    assert_eq!(world.raw_as(&stranger, "GET", &path, "").await.status, 404);
    assert_eq!(world.raw_as(&stranger, "DELETE", &path, "").await.status, 404);

    let body = json!({"domain": domain, "channel": "sms", "to": "+447700900123"});
    let otp_id = world.post("send/", body).await.field("otp_id").as_str().unwrap().to_owned();
    let path = format!("send/{otp_id}/");
    assert_eq!(world.raw_as(&stranger, "GET", &path, "").await.status, 404);
    let body = json!({"otp_id": otp_id, "code": "123456"}).to_string();
    assert_eq!(world.raw_as(&stranger, "POST", "verify/", body).await.status, 404);
    assert_eq!(world.get(&path).await.field("attempts_left"), 5);
    assert_eq!(world.totp(&domain, "alice", &code).await.field("verified"), true);
}

#[tokio::test]
async fn bad_input_is_a_problem_that_names_the_field_and_changes_nothing() {
    let world = World::new();
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    let code = device.code(START);
    let full_width: String =
        code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    let totp = |fields: &str| format!(r#"{{"domain":"{domain}","user_id":"alice",{fields}}}"#);
    let cases = [
        (totp(r#""code":704471"#), 400, "code"),
        (totp(r#""code":null"#), 400, "code"),
        (totp(r#""code":["704471"]"#), 400, "code"),
        (totp(r#""kode":"704471""#), 400, "kode"),
        (totp(&format!(r#""code":"{code}","code":"{code}""#)), 400, "code"),
        (totp(&format!(r#""code":"{code}","admin":true"#)), 400, "admin"),
        (totp(&format!(r#""code":" {code}""#)), 400, "code"),
        (totp(&format!(r#""code":"{code}\n""#)), 400, "code"),
        (totp(&format!(r#""code":"{code}\u0000""#)), 400, "code"),
        (totp(&format!(r#""code":"{}""#, &code[1..])), 400, "code"),
        (totp(&format!(r#""code":"+{}""#, &code[1..])), 400, "code"),
        (totp(&format!(r#""code":"{full_width}""#)), 400, "code"),
        (totp(r#""code":"""#), 400, "code"),
        (format!(r#"{{"user_id":"alice","code":"{code}"}}"#), 400, "domain"),
        (format!(r#"{{"domain":"x","user_id":"alice","code":"{code}"}}"#), 400, "domain"),
        (format!(r#"{{"domain":"{domain}","user_id":"","code":"{code}"}}"#), 400, "user_id"),
        (format!(r#"{{"domain":"{domain}","user_id":"bob","code":"{code}"}}"#), 404, ""),
        (format!(r#"{{"domain":"{UNKNOWN}","user_id":"alice","code":"{code}"}}"#), 404, ""),
        (totp(&format!(r#""code":"{}""#, "1".repeat(17_000))), 413, ""),
        (String::new(), 400, ""),
        ("[]".to_owned(), 400, ""),
        (totp(&format!(r#""code":"{code}""#)) + "x", 400, ""),
    ];
    for (body, status, field) in cases {
        let shown: String = body.chars().take(120).collect();
        let reply = world.raw("POST", "totp/", body).await;
        assert_eq!(reply.status, status, "{shown} -> {}", reply.text);
        assert_eq!(reply.headers["content-type"], "application/problem+json", "{shown}");
        assert_eq!(
            reply.field("field").as_str().unwrap_or_default(),
            field,
            "{shown} -> {}",
            reply.text
        );
        assert!(reply.field("detail").as_str().unwrap().len() > 10, "{shown}");
        assert!(!reply.text.contains(&code), "no value is repeated: {}", reply.text);
    }
    let mut invalid = totp(r#""code":"70447"#).into_bytes();
    invalid.extend(b"\xff\"}");
    assert_eq!(world.raw("POST", "totp/", invalid).await.status, 400);
    let status = world.get(&format!("user/{domain}/alice/")).await;
    assert_eq!(status.field("failures"), 0, "none of it was a guess");
    assert_eq!(world.totp(&domain, "alice", &code).await.field("verified"), true);
}

#[tokio::test]
async fn a_field_of_the_wrong_kind_is_told_what_it_takes() {
    let world = World::new();
    let domain = world.domain().await;
    let detail = async |path: &str, field: &str, value: Value| {
        let mut body = json!({"domain": domain});
        if path == "send/" {
            body["channel"] = json!("sms");
            body["to"] = json!("+447700900123");
        } else {
            body["user_id"] = json!("alice");
        }
        body[field] = value;
        let reply = world.post(path, body).await;
        assert_eq!((reply.status.as_u16(), reply.field("field")), (400, json!(field)));
        reply.field("detail").as_str().unwrap().to_owned()
    };
    for channel in [json!("whatsapp"), json!(["sms", "whatsapp"]), json!(1), json!({})] {
        let said = detail("send/", "channel", channel).await;
        assert_eq!(said, "expected sms, voice or email, or a list of them");
    }
    for value in [json!(30.5), json!("30"), json!(true)] {
        assert_eq!(detail("user/", "interval", value.clone()).await, "expected a whole number");
        assert_eq!(detail("send/", "length", value.clone()).await, "expected a whole number");
        assert_eq!(detail("send/", "expiry", value).await, "expected a whole number");
    }
    for value in [json!(500), json!(-1), json!(0), json!(u64::MAX)] {
        for (path, field) in [("user/", "interval"), ("user/", "digits"), ("send/", "length")] {
            let said = detail(path, field, value.clone()).await;
            assert!(said != "expected a whole number" && !said.contains("u8"), "{field}: {said}");
        }
    }
}

#[tokio::test]
async fn without_a_live_key_nothing_is_answered() {
    let world = World::new();
    let request = |keys: &[&str]| {
        let mut request = Request::post("/identity/otp/domain/");
        for key in keys {
            request = request.header("x-api-key", *key);
        }
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(world.request(request(&[])).await.code(), "api-key-missing");
    let key = world.key.as_str();
    assert_eq!(world.request(request(&[key, key])).await.code(), "api-key-missing");
    assert_eq!(world.request(request(&["kf_x"])).await.code(), "api-key-invalid");
    let slip = &key[..key.len() - 1];
    assert_eq!(world.request(request(&[slip])).await.code(), "api-key-invalid");
    assert_eq!(world.request(request(&[key])).await.status, 200);

    let id = &key[3..11];
    assert!(world.app.store.api_key_revoke(id, START).unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(600)).await; // the promise is: within a second
    let reply = world.request(request(&[key])).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (401, "api-key-invalid"));
}

#[tokio::test]
async fn however_many_ask_whether_it_is_ready_the_disk_is_asked_twice_a_second() {
    let world = std::sync::Arc::new(World::new());
    let ask = || Request::get("/readyz").body(Body::empty()).unwrap();
    let before = world.app.store.stats().writes;
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let world = world.clone();
        requests.spawn(async move { world.request(ask()).await.status });
    }
    assert!(requests.join_all().await.iter().all(|status| *status == 200));
    let writes = world.app.store.stats().writes - before;
    assert!((1..20).contains(&writes), "{writes} writes"); // 1, unless this machine is slow

    world.app.store.close().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(world.request(ask()).await.status, 503, "an answer is not good for ever");
}

#[tokio::test]
async fn a_user_that_exists_is_not_overwritten() {
    let world = World::new();
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    let body = json!({"domain": domain, "user_id": "alice", "return_secret": true});
    let reply = world.post("user/", body).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "user-exists"));
    assert!(reply.text.contains("POST user/{domain}/{user_id}/enrolment/"), "{}", reply.text);
    assert_eq!(world.totp(&domain, "alice", &device.code(START)).await.field("verified"), true);
    let path = format!("user/{domain}/alice/");
    assert_eq!(world.raw("DELETE", &path, "").await.status, 204);
    assert_eq!(world.raw("DELETE", &path, "").await.status, 404);
}

#[tokio::test]
async fn a_short_secret_is_taken_only_when_that_is_meant() {
    let world = World::new();
    let domain = world.domain().await;
    let mut body = json!({"domain": domain, "user_id": "old", "set_secret": "JBSWY3DPEHPK3PXP", "return_secret": true});
    let reply = world.post("user/", body.clone()).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "secret-too-short"));
    assert_eq!(reply.field("field"), "set_secret");
    assert!(reply.text.contains("accept_short_secret"), "{}", reply.text);
    body["accept_short_secret"] = json!(true);
    assert_eq!(world.post("user/", body).await.field("secret"), "JBSWY3DPEHPK3PXP");
}

#[tokio::test]
async fn a_sent_code_is_accepted_once_by_its_challenge_alone() {
    let world = World::new();
    let domain = world.domain().await;
    let dispatcher =
        tokio::spawn(keyfob_host::delivery::dispatch(world.app.clone(), std::future::pending()));
    let body = json!({"domain": domain, "channel": ["sms", "voice"], "to": "+447700900123",
        "message": "{{code}} signs you in.", "length": 8, "charset": "unambiguous"});
    let reply = world.post("send/", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.field("resend_after"), 30);
    assert_eq!(reply.field("attempts_left"), 5);
    let otp_id = reply.field("otp_id").as_str().unwrap().to_owned();
    let text = loop {
        if let Some(message) = world.inbox.messages().into_iter().next() {
            break message.text;
        }
        tokio::task::yield_now().await;
    };
    let code = text.strip_suffix(" signs you in.").unwrap();
    assert_eq!(code.len(), 8);
    let verify = |code: &str| json!({"otp_id": otp_id, "code": code});
    let wrong = if code == "22222222" { "33333333" } else { "22222222" };
    assert_eq!(world.post("verify/", verify(wrong)).await.field("attempts_left"), 4);
    assert_eq!(
        world.post("verify/", verify(&code.to_lowercase())).await.json(),
        json!({"verified": true})
    );
    assert_eq!(world.post("verify/", verify(code)).await.field("outcome"), "replayed");
    let view = world.get(&format!("send/{otp_id}/")).await;
    assert_eq!(view.field("status"), "verified");
    assert_eq!(world.post("cancel/", json!({"otp_id": otp_id})).await.code(), "challenge-over");
    dispatcher.abort();
}

#[tokio::test]
async fn a_message_is_in_the_nearest_language_there_is_and_the_answer_says_which() {
    let world = World::new();
    let domain = world.domain().await;
    let dispatcher =
        tokio::spawn(keyfob_host::delivery::dispatch(world.app.clone(), std::future::pending()));
    let cases = [
        (json!("de-AT"), "de", "Ihr Einmalpasswort", "Geben Sie ihn niemals weiter"),
        (json!("PT-br"), "pt-BR", "Seu código de uso único", "Nunca compartilhe"),
        (json!("fi"), "en", "Your one-time password", "Never share it"),
        (json!(null), "en", "Your one-time password", "Never share it"),
    ];
    for (index, (asked, used, subject, warning)) in cases.into_iter().enumerate() {
        let to = format!("person-{index}@inbox.example");
        let body = json!({"domain": domain, "channel": "email", "to": to, "language": asked});
        let reply = world.post("send/", body).await;
        assert_eq!((reply.status.as_u16(), reply.field("language")), (200, json!(used)));
        let message = loop {
            if let Some(message) = world.inbox.messages().into_iter().find(|m| m.to == to) {
                break message;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(message.subject, subject);
        assert!(message.text.contains(warning), "{}", message.text);
    }
    dispatcher.abort();
}

#[tokio::test]
async fn what_is_no_language_tag_is_told_how_to_write_one_and_sends_nothing() {
    let world = World::new();
    let domain = world.domain().await;
    for language in ["", "de_AT", "Deutsch (Österreich)", "de,en;q=0.5"] {
        let body = json!({"domain": domain, "channel": "sms", "to": "+447700900123",
            "language": language});
        let reply = world.post("send/", body).await;
        let found = (reply.status.as_u16(), reply.code(), reply.field("field"));
        assert_eq!(found, (400, "invalid-language".to_owned(), json!("language")), "{language}");
        assert!(reply.text.contains("like en, de-AT or zh-Hant"), "{}", reply.text);
    }
    let body = json!({"domain": domain, "channel": "sms", "to": "+447700900123"});
    assert_eq!(world.post("send/", body).await.status, 200, "no limit was touched");
}

#[tokio::test]
async fn a_recipient_that_a_hundred_wrong_codes_disabled_is_freed_by_its_own_account_alone() {
    let world = World::new();
    let domain = world.domain().await;
    let send = || {
        let body = json!({"domain": domain, "channel": "sms", "to": "+447700900123",
            "length": 12, "charset": "letters"});
        world.post("send/", body)
    };
    let erase = json!({"domain": domain, "to": "+447700900123"});
    let refused = loop {
        let sent = send().await;
        if let Some(wait) = sent.field("retry_after").as_u64() {
            world.clock.advance(wait);
            continue;
        }
        if sent.status != 200 {
            break sent;
        }
        let guess = json!({"otp_id": sent.field("otp_id"), "code": "ABCDEFGHIJKL"});
        for _ in 0..5 {
            assert_eq!(world.post("verify/", guess.clone()).await.field("outcome"), "mismatch");
        }
    };
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "recipient-blocked"));
    assert!(refused.field("detail").as_str().unwrap().contains("POST erase/"));

    let stranger = world.key_of_another_account();
    let reply = world.raw_as(&stranger, "POST", "erase/", erase.to_string()).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "domain-not-found"));
    let other = json!({"domain": world.domain().await, "to": "+447700900123"});
    assert_eq!(world.post("erase/", other).await.status, 204, "nothing is stored of it there");
    assert_eq!(send().await.status, 403, "limits are per domain");

    let reply = world.post("erase/", erase).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (204, ""));
    assert_eq!(send().await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_a_recipient_is_not_erased() {
    let world = World::new();
    let domain = world.domain().await;
    for to in ["", "12", "a@"] {
        let reply = world.post("erase/", json!({"domain": domain, "to": to})).await;
        assert_eq!((reply.status.as_u16(), reply.field("field")), (400, json!("to")), "{to}");
    }
    let reply = world.post("erase/", json!({"domain": domain, "to": "a@inbox.example"})).await;
    assert_eq!(reply.status, 204);
    let reply = world.post("erase/", json!({"domain": UNKNOWN, "to": "a@inbox.example"})).await;
    assert_eq!(reply.code(), "domain-not-found");
}

#[tokio::test]
async fn a_domain_is_shown_and_changed_and_its_policy_holds() {
    let world = World::new();
    let plain = world.post("domain/", json!({})).await.json();
    let members: Vec<_> = plain.as_object().unwrap().keys().collect();
    assert_eq!(members, ["domain"], "who asks for no settings sees none");
    let domain = plain["domain"].as_str().unwrap();
    let path = format!("domain/{domain}/");
    assert_eq!(world.get(&path).await.json(), plain);

    let patch = json!({"name": "Bank", "sim_swap": {}, "fallback_after": 300});
    let changed = world.patch(&path, patch).await;
    let sim_swap = json!({"max_age_hours": 240, "on_swap": "refuse", "on_unknown": "refuse"});
    let expected =
        json!({"domain": domain, "name": "Bank", "sim_swap": sim_swap, "fallback_after": 300});
    assert_eq!((changed.status.as_u16(), changed.json()), (200, expected.clone()));
    assert_eq!(world.get(&path).await.json(), expected);
    let send = |channel: &str, to: &str| json!({"domain": domain, "channel": channel, "to": to});
    let reply = world.post("send/", send("sms", "+447700900123")).await;
    assert_eq!(reply.code(), "sim-swap-not-configured", "nothing goes out unasked");
    let reply = world.post("send/", send("email", "ann@inbox.example")).await;
    assert_eq!(reply.status, 200, "no SIM is in the way");

    for (body, field) in [
        (json!({"fallback_after": 9}), "fallback_after"),
        (json!({"fallback_after": 301}), "fallback_after"),
        (json!({"sim_swap": {"max_age_hours": 2401}}), "sim_swap.max_age_hours"),
        (json!({"sim_swap": []}), "sim_swap"),
        (json!({"sim_swap": {"on_swap": "ignore"}}), "sim_swap.on_swap"),
        (json!({"created_at": 1}), "created_at"),
    ] {
        let reply = world.patch(&path, body).await;
        assert_eq!((reply.status.as_u16(), reply.field("field")), (400, json!(field)));
    }
    assert_eq!(world.get(&path).await.json(), expected, "what is refused changes nothing");
    let cleared = json!({"name": null, "sim_swap": null, "fallback_after": null});
    assert_eq!(world.patch(&path, cleared).await.json(), plain);
    let unknown = format!("domain/{UNKNOWN}/");
    assert_eq!(world.get(&unknown).await.code(), "domain-not-found");
    assert_eq!(world.patch(&unknown, json!({})).await.code(), "domain-not-found");
}

#[tokio::test]
async fn nobody_to_ask_about_a_sim_is_said_plainly() {
    let world = World::new();
    let reply = world.post("sim-swap/", json!({"to": "+447700900123"})).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "sim-swap-not-configured"));
}
