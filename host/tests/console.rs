//! `/console`: who gets in, for how long, and what is shown to whom; and what is counted.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod support;

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use keyfob::service::AccountId;
use keyfob_host::{api_key::PresentedKey, clock::Clock as _, delivery::dispatch, page::Console};
use serde_json::json;
use support::{Reply, World};
use tokio::sync::oneshot;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_key_opens_the_console_until_somebody_logs_out() {
    let world = World::new();
    let door = visit(&world, None).await;
    assert_eq!(door.status, 200);
    assert!(
        door.text.contains(r#"type="password""#) && door.text.contains(r#"autocomplete="off""#)
    );
    assert!(!door.headers.contains_key("set-cookie"), "nobody is anybody yet");

    let reply = login(&world, &format!("key=%20{}%0A", world.key), &[SAME_ORIGIN]).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.headers["location"]),
        (303, &"/console".parse().unwrap())
    );
    let set = reply.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        set.starts_with("keyfob-console=") && set.contains("HttpOnly; SameSite=Strict"),
        "{set}"
    );
    assert!(set.contains("Path=/;") && !set.contains(&world.key) && !set.contains("Secure"));
    let cookie = cookie_of(&reply);
    let page = visit(&world, Some(&cookie)).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("The last 24 hours") && page.text.contains("Nothing was sent yet"));
    assert!(
        !page.text.contains(&world.key) && !page.text.contains(cookie.split('=').nth(1).unwrap())
    );

    let out = logout(&world, &cookie, &token(&page), &[SAME_ORIGIN]).await;
    assert_eq!(out.status, 303);
    assert!(
        out.headers["set-cookie"].to_str().unwrap().contains("keyfob-console=; Path=/; Max-Age=0")
    );
    is_closed(&world, &cookie).await;
}

#[tokio::test]
async fn pages_allow_nothing_and_are_kept_nowhere() {
    let world = World::new();
    let cookie = logged_in(&world).await;
    for page in [visit(&world, None).await, visit(&world, Some(&cookie)).await] {
        let of = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        let policy = of("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(
            (of("cache-control"), of("referrer-policy")),
            ("no-store".into(), "no-referrer".into())
        );
        assert_eq!(of("cross-origin-opener-policy"), "same-origin");
        assert_eq!(of("cross-origin-resource-policy"), "same-origin");
        for word in ["<script", " style=", "onload", "http://", "https://"] {
            assert!(!page.text.contains(word), "{word}");
        }
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_when_it_is_old_and_with_the_service() {
    let world = World::new();
    let cookie = logged_in(&world).await;
    world.clock.advance(15 * 60 - 1);
    is_open(&world, &cookie).await;
    world.clock.advance(15 * 60);
    is_closed(&world, &cookie).await;

    let cookie = logged_in(&world).await;
    for _ in 0..48 {
        is_open(&world, &cookie).await;
        world.clock.advance(10 * 60);
    }
    is_closed(&world, &cookie).await; // eight hours, and never idle

    let cookie = logged_in(&world).await;
    let world = world.restarted();
    is_closed(&world, &cookie).await;
}

#[tokio::test]
async fn a_key_that_is_revoked_or_expires_takes_its_sessions_along_and_no_others() {
    let world = World::new();
    let other = world.key_of_another_account();
    let (cookie, others) = (logged_in(&world).await, logged_in_with(&world, &other).await);
    let id = PresentedKey::parse(&world.key).unwrap().id;
    assert!(world.app.store.api_key_revoke(id, world.clock.now()).unwrap());
    is_closed(&world, &cookie).await;
    is_open(&world, &others).await;
    assert_eq!(visit(&world, Some(&others)).await.status, 200);
}

#[tokio::test]
async fn what_is_no_key_and_what_is_no_session_opens_nothing() {
    let world = World::new();
    let good = PresentedKey::parse(&world.key).unwrap().id.to_owned();
    let (other, _) = keyfob_host::api_key::create(AccountId([9; 16])).unwrap();
    for form in [
        "",
        "key=",
        "key=kf_",
        "kee=x",
        &format!("key={}x", world.key),
        &format!("key={good}"),
        &format!("key={}", *other),
        "key=%FF",
    ] {
        let reply = login(&world, form, &[SAME_ORIGIN]).await;
        assert_eq!(reply.status, 422, "{form}");
        assert!(!reply.headers.contains_key("set-cookie"), "{form}");
        assert!(reply.text.contains("That key does not open anything"));
    }
    let large = login(&world, &format!("key={}", "k".repeat(2_000)), &[SAME_ORIGIN]).await;
    assert_eq!(large.status, 422);

    let cookie = logged_in(&world).await;
    let id = cookie.split_once('=').unwrap().1;
    for forged in [
        format!("keyfob-console={}", "A".repeat(43)),
        format!("keyfob-console={}", &id[1..]),
        format!("__Host-keyfob={id}"),
        format!("keyfob-console={id}; keyfob-console={}", "A".repeat(43)),
        format!("keyfob-console={}", world.key),
        "keyfob-console=\u{7f}".to_owned(),
    ] {
        let Ok(request) = Request::get("/console").header("cookie", &forged).body(Body::empty())
        else {
            continue;
        };
        let page = world.request(request).await;
        assert!(!page.text.contains("The last 24 hours"), "{forged}");
    }
    is_open(&world, &cookie).await;
}

#[tokio::test]
async fn wrong_keys_are_slowed_down_and_keep_nobody_out() {
    let world = World::new();
    let statuses = async || {
        let mut seen = Vec::new();
        for _ in 0..12 {
            seen.push(login(&world, "key=kf_wrong", &[SAME_ORIGIN]).await.status.as_u16());
        }
        seen
    };
    let at_once = statuses().await;
    assert_eq!((at_once[..10].to_vec(), at_once[10..].to_vec()), (vec![422; 10], vec![429; 2]));
    logged_in(&world).await; // the right key is taken all the same
    world.clock.advance(3);
    assert_eq!(statuses().await[..4], [422, 422, 422, 429]);
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let world = World::new();
    let cookie = logged_in(&world).await;
    let token = token(&visit(&world, Some(&cookie)).await);
    let foreign: [&[(&str, &str)]; 6] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8080")],
    ];
    for headers in foreign {
        let reply = login(&world, &format!("key={}", world.key), headers).await;
        assert_eq!(reply.status, 403, "{headers:?}");
        assert!(!reply.headers.contains_key("set-cookie"), "{headers:?}");
        assert_eq!(logout(&world, &cookie, &token, headers).await.status, 403, "{headers:?}");
        is_open(&world, &cookie).await;
    }
    let others = logged_in(&world).await;
    let anothers = self::token(&visit(&world, Some(&others)).await);
    for wrong in ["", "x", &token[1..], &anothers, cookie.split_once('=').unwrap().1] {
        assert_eq!(logout(&world, &cookie, wrong, &[SAME_ORIGIN]).await.status, 403, "{wrong}");
    }
    is_open(&world, &cookie).await;
    let same =
        login(&world, &format!("key={}", world.key), &[("origin", "http://localhost:8080")]).await;
    assert_eq!(same.status, 303, "a browser that says no more than where the form is from");
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        let request =
            Request::builder().method(method).uri("/console/logout").header("cookie", &cookie);
        assert_eq!(world.request(request.body(Body::empty()).unwrap()).await.status, 405);
    }
    is_open(&world, &cookie).await;
}

#[tokio::test]
async fn over_https_the_cookie_is_of_this_host_alone_and_never_in_clear() {
    let world = World::at("https://otp.example.com");
    let reply = login(&world, &format!("key={}", world.key), &[SAME_ORIGIN]).await;
    let set = reply.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-keyfob=") && set.ends_with("; Secure"), "{set}");
    assert!(set.contains("Path=/;") && !set.to_lowercase().contains("domain"));
    is_open(&world, &cookie_of(&reply)).await;
    let plain = cookie_of(&reply).replace("__Host-keyfob", "keyfob-console");
    assert!(!visit(&world, Some(&plain)).await.text.contains("The last 24 hours"));
}

#[tokio::test]
async fn logging_in_again_ends_the_session_before() {
    let world = World::new();
    let before = logged_in(&world).await;
    let headers = [SAME_ORIGIN, ("cookie", before.as_str())];
    let after = cookie_of(&login(&world, &format!("key={}", world.key), &headers).await);
    assert_ne!(before, after);
    is_closed(&world, &before).await;
    is_open(&world, &after).await;
}

#[tokio::test]
async fn an_account_sees_its_own_figures_and_nothing_of_others() {
    let world = World::new();
    let sending = Sending::start(&world);
    let other = world.key_of_another_account();
    let mine = ["+447700900001", "+447700900002", "+4915112345678"];
    for to in mine {
        let otp_id = send(&world, &world.key, "sms", to).await;
        if to != mine[1] {
            verify(&world, &world.key, &otp_id, to, true).await;
        }
    }
    let blocked = send(&world, &world.key, "email", "ann@example.com").await;
    for _ in 0..5 {
        verify(&world, &world.key, &blocked, "ann@example.com", false).await;
    }
    for to in ["+33612345678", "+33612345679"] {
        send(&world, &other, "voice", to).await;
    }
    let page = visit(&world, Some(&logged_in(&world).await)).await.text;
    let row = |name: &str, cells: &[&str]| {
        let at = page.find(&format!("<th scope=\"row\">{name}</th>"));
        let row = at.map(|at| &page[at..at + page[at..].find("</tr>").unwrap()]);
        let row = row.unwrap_or_else(|| panic!("no row for {name}"));
        let seen: Vec<_> =
            row.split("class=\"n\">").skip(1).map(|of| of.split('<').next().unwrap()).collect();
        assert_eq!(seen, cells, "{name}");
    };
    row("sms", &["3", "0", "2"]);
    row("email", &["1", "0", "0"]);
    row("+44", &["2", "0", "1"]);
    row("+49", &["1", "0", "1"]);
    assert!(page.contains("<dt>Messages sent</dt><dd>4</dd>") && page.contains("<dd>50 %</dd>"));
    assert!(page.contains("blocked a recipient <strong>once</strong>"));
    for foreign in
        ["+33", "<th scope=\"row\">voice</th><td class=\"n\">2", "ann@example", "7700900001"]
    {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let theirs = visit(&world, Some(&logged_in_with(&world, &other).await)).await.text;
    assert!(theirs.contains("<dt>Messages sent</dt><dd>2</dd>") && theirs.contains("+33"));
    assert!(!theirs.contains("+44") && !theirs.contains("+49"));

    sending.stop().await;
    let world = world.restarted();
    let again = visit(&world, Some(&logged_in(&world).await)).await.text;
    assert!(again.contains("<dt>Messages sent</dt><dd>4</dd>"), "a restart forgets nothing");
    world.clock.advance(25 * 3_600);
    let later = visit(&world, Some(&logged_in(&world).await)).await.text;
    assert!(later.contains("Nothing was sent yet"), "a day is over");
    let rows = async || world.app.store.hourly_of([7; 16], 0).await.unwrap().len();
    let kept = rows().await;
    world.app.store.purge(world.clock.now(), 1_000).await.unwrap();
    assert_eq!((rows().await, kept > 0), (kept, true), "they are kept for a week");
    world.clock.advance(8 * 86_400);
    world.app.store.purge(world.clock.now(), 1_000).await.unwrap();
    assert_eq!(rows().await, 0);
}

#[tokio::test]
async fn only_an_operator_sees_how_providers_do() {
    let world = World::with_console(Console::new([AccountId([8; 16])]));
    let page = visit(&world, Some(&logged_in(&world).await)).await.text;
    assert!(!page.contains("id=\"providers\""));
    let operator = world.key_of_another_account();
    let page = visit(&world, Some(&logged_in_with(&world, &operator).await)).await.text;
    assert!(page.contains("id=\"providers\""));
}

#[tokio::test]
async fn counts_that_were_stored_are_not_stored_again_and_none_is_lost() {
    let world = World::new();
    let sending = Sending::start(&world);
    send(&world, &world.key, "sms", "+447700900001").await;
    let total = async || {
        let rows = world.app.store.hourly_of([7; 16], 0).await.unwrap();
        rows.iter().map(|row| row.count).sum::<u64>()
    };
    assert_eq!(total().await, 0);
    for _ in 0..3 {
        world.app.store_counts().await.unwrap();
        assert_eq!(total().await, 1);
    }
    let row = world.app.store.hourly_of([7; 16], 0).await.unwrap().remove(0);
    for (name, expected) in [([1; 16], 2), ([1; 16], 2), ([2; 16], 3)] {
        world.app.store.hourly_add(name, vec![row.clone()]).await.unwrap();
        assert_eq!(total().await, expected, "the same batch twice counts once");
    }
    sending.stop().await;
}

#[tokio::test]
async fn no_caller_can_make_up_labels() {
    let world = World::new();
    let sending = Sending::start(&world);
    send(&world, &world.key, "sms", "+447700900001").await;
    let domain = world.domain().await;
    for code in 0..100 {
        let body =
            json!({"domain": domain, "channel": "sms", "to": format!("+999{code:03}123456")});
        assert!(world.post("send/", body).await.status.is_client_error());
        let request = Request::post(format!("/callbacks/made-up-{code}")).body(Body::from("{}"));
        world.request(request.unwrap()).await;
        world.request(Request::get(format!("/made-up-{code}")).body(Body::empty()).unwrap()).await;
    }
    let metrics = metrics(&world).await;
    assert!(!metrics.contains("made-up") && !metrics.contains("+999"));
    let countries: BTreeSet<_> =
        metrics.split("country=\"").skip(1).map(|of| of.split('"').next().unwrap()).collect();
    assert_eq!(countries, BTreeSet::from(["+44"]));
    sending.stop().await;
}

#[tokio::test]
async fn metrics_tell_what_was_sent_what_came_back_how_long_it_took_and_what_waits() {
    let world = World::new();
    let waits = send_only(&world, "+447700900009").await;
    assert!(
        metrics(&world).await.contains(r#"keyfob_outbox_messages{channel="sms",state="ready"} 1"#),
        "{waits}"
    );
    let sending = Sending::start(&world);
    let otp_id = send(&world, &world.key, "sms", "+447700900001").await;
    verify(&world, &world.key, &otp_id, "+447700900001", true).await;
    let metrics = metrics(&world).await;
    for line in [
        r#"keyfob_messages_total{channel="sms",provider="none",country="+44",state="queued"} 2"#,
        r#"keyfob_codes_total{channel="sms",country="+44",outcome="sent"} 2"#,
        r#"keyfob_codes_total{channel="sms",country="+44",outcome="verified"} 1"#,
        r#"keyfob_send_seconds_count{channel="sms",provider="inbox"} 2"#,
        r#"keyfob_verify_seconds_count{channel="sms",provider="inbox"} 1"#,
        "keyfob_events_waiting 0",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    for secret in ["7700900001", &otp_id, "07070707"] {
        assert!(!metrics.contains(secret), "{secret}");
    }
    sending.stop().await;
}

/// The dispatcher at work.
struct Sending(oneshot::Sender<()>, tokio::task::JoinHandle<()>);

impl Sending {
    fn start(world: &World) -> Self {
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        Self(stop, tokio::spawn(dispatch(world.app.clone(), stopped)))
    }

    async fn stop(self) {
        drop(self.0);
        self.1.await.unwrap();
    }
}

async fn send_only(world: &World, to: &str) -> String {
    let domain = world.domain().await;
    let body = json!({"domain": domain, "channel": "sms", "to": to});
    let reply = world.post("send/", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.field("otp_id").as_str().unwrap().to_owned()
}

/// Sends, and waits for the message.
async fn send(world: &World, key: &str, channel: &str, to: &str) -> String {
    let domain = world.raw_as(key, "POST", "domain/", "{}").await.field("domain");
    let body = json!({"domain": domain, "channel": channel, "to": to}).to_string();
    let reply = world.raw_as(key, "POST", "send/", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    while code_for(world, to).is_none() {
        tokio::task::yield_now().await;
    }
    let otp_id = reply.field("otp_id").as_str().unwrap().to_owned();
    // The message is in the inbox a moment before it is counted.
    while !world
        .raw_as(key, "GET", &format!("send/{otp_id}/"), "")
        .await
        .text
        .contains("\"delivery\":\"sent\"")
    {
        tokio::task::yield_now().await;
    }
    otp_id
}

fn code_for(world: &World, to: &str) -> Option<String> {
    let message = world.inbox.messages().into_iter().find(|message| message.to == to)?;
    let digits = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let spoken: String = message.text.chars().filter(char::is_ascii_digit).collect();
    let word = message.text.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| digits(word));
    Some(word.map_or(spoken, str::to_owned))
}

async fn verify(world: &World, key: &str, otp_id: &str, to: &str, right: bool) {
    let code = code_for(world, to).unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let body = json!({"otp_id": otp_id, "code": if right { code.as_str() } else { wrong }});
    let reply = world.raw_as(key, "POST", "verify/", body.to_string()).await;
    assert_eq!(reply.field("verified"), right, "{}", reply.text);
}

async fn metrics(world: &World) -> String {
    world.request(Request::get("/metrics").body(Body::empty()).unwrap()).await.text
}

const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn visit(world: &World, cookie: Option<&str>) -> Reply {
    let mut request = Request::get("/console");
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    world.request(request.body(Body::empty()).unwrap()).await
}

async fn form(world: &World, path: &str, body: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::post(path).header("content-type", FORM);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.request(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn login(world: &World, body: &str, headers: &[(&str, &str)]) -> Reply {
    form(world, "/console", body, headers).await
}

async fn logout(world: &World, cookie: &str, token: &str, headers: &[(&str, &str)]) -> Reply {
    let headers = [headers, &[("cookie", cookie)]].concat();
    form(world, "/console/logout", &format!("token={token}"), &headers).await
}

async fn logged_in(world: &World) -> String {
    logged_in_with(world, &world.key).await
}

async fn logged_in_with(world: &World, key: &str) -> String {
    let reply = login(world, &format!("key={key}"), &[SAME_ORIGIN]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    cookie_of(&reply)
}

fn cookie_of(reply: &Reply) -> String {
    reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn token(page: &Reply) -> String {
    let rest = page.text.split("name=\"token\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn is_open(world: &World, cookie: &str) {
    assert!(visit(world, Some(cookie)).await.text.contains("The last 24 hours"));
}

async fn is_closed(world: &World, cookie: &str) {
    let page = visit(world, Some(cookie)).await;
    assert!(!page.text.contains("The last 24 hours") && page.text.contains("You are logged out"));
    assert!(page.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
}
