//! The pages as browsers, and whoever else opens links, meet them.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod support;

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use base64ct::{Base64, Encoding};
use keyfob::service::ServicePolicy;
use keyfob_host::{
    app::{App, Parts},
    clock::SystemClock,
    config::WebhookLimits,
    data_folder::DataFolder,
    delivery::{Delivery, Receipts, Routes},
    http,
    key_cache::KeyCache,
    metrics::Metrics,
    page::Console,
    webhooks::Webhooks,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Device, Reply, START, World};
use tower::ServiceExt;

const NOBODYS: &str = "/enrol/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test]
async fn opening_the_link_changes_nothing_and_the_first_code_completes_it_once() {
    let world = World::new();
    let link = Link::open(&world, "Example Bank", "alice").await;
    for method in ["GET", "HEAD", "GET", "HEAD"] {
        assert_eq!(visit(&world, method, &link.path, "").await.status, 200);
    }
    let device = Device::new(&link.secret(&world).await);
    let code = device.code(START);
    let early = world.totp(&link.domain, "alice", &code).await;
    assert_eq!(early.field("outcome"), "not-enrolled", "a page that was opened enrols nobody");

    let done = link.submit(&world, &code).await;
    assert_eq!(done.status, 200);
    assert!(done.text.contains("Your authenticator app is set up"));
    let again = world.totp(&link.domain, "alice", &code).await;
    assert_eq!(again.field("outcome"), "replayed", "the code that confirmed is used up");
    let next = world.totp(&link.domain, "alice", &device.code(START + 30)).await;
    assert_eq!(next.field("verified"), true);
    let metrics = visit(&world, "GET", "/metrics", "").await.text;
    assert!(metrics.contains(r#"{kind="enrolment",outcome="accepted"} 1"#), "{metrics}");
}

#[tokio::test]
async fn nothing_of_the_secret_is_left_on_the_page_of_success() {
    let world = World::new();
    let link = Link::open(&world, "Example Bank", "alice").await;
    let secret = link.secret(&world).await;
    let done = link.submit(&world, &Device::new(&secret).code(START)).await;
    for trace in [secret.as_str(), &secret[..8], "otpauth:", "fill=\"#000\"", &link.path] {
        assert!(!done.text.contains(trace), "{trace}");
    }
}

#[tokio::test]
async fn links_that_are_over_and_links_that_never_were_are_one_page() {
    let world = World::new();
    let unknown = visit(&world, "GET", NOBODYS, "").await;
    assert_eq!(unknown.status, 404);

    let used = Link::open(&world, "Example Bank", "alice").await;
    let device = Device::new(&used.secret(&world).await);
    used.submit(&world, &device.code(START)).await;
    let replaced = Link::open(&world, "Example Bank", "bob").await;
    let path = format!("user/{}/bob/enrolment/", replaced.domain);
    assert_eq!(world.post(&path, json!({})).await.status, 200);
    let expired = Link::open(&world, "Example Bank", "carol").await;
    let over = [
        visit(&world, "GET", &used.path, "").await,
        used.submit(&world, &device.code(START + 30)).await,
        visit(&world, "GET", &replaced.path, "").await,
        visit(&world, "GET", "/enrol/%ff", "").await,
        visit(&world, "GET", "/enrol/UPPER", "").await,
        visit(&world, "POST", NOBODYS, "code=000000").await,
        {
            world.clock.advance(30 * 86_400);
            visit(&world, "GET", &expired.path, "").await
        },
    ];
    for page in over {
        assert_eq!((page.status, &page.text), (unknown.status, &unknown.text));
        assert_eq!(page.headers, unknown.headers);
    }
}

#[tokio::test]
async fn wrong_codes_show_what_is_left_then_block_and_the_wait_is_said() {
    let world = World::new();
    let link = Link::open(&world, "Example Bank", "alice").await;
    let secret = link.secret(&world).await;
    let device = Device::new(&secret);
    let wrong = device.wrong_code(START);
    let pause = "Try again in 30 seconds.";
    for left in ["4 attempts left", "3 attempts left", "2 attempts left", "1 attempt left", pause] {
        let page = link.submit(&world, &wrong).await;
        assert_eq!(page.status, 422);
        assert!(page.text.contains(left) && page.text.contains("role=\"alert\""), "{left}");
        assert!(page.text.contains("aria-invalid=\"true\""));
        let is_last = left == pause;
        assert_eq!(
            page.text.contains(r#"<h2 id="error-title">Too many wrong codes</h2>"#),
            is_last
        );
    }
    let blocked = link.submit(&world, &device.code(START)).await;
    assert_eq!(blocked.status, 429, "not even the right code");
    assert_eq!(blocked.headers["retry-after"], "30");
    assert!(blocked.text.contains("30 seconds") && !blocked.text.contains(&secret[..8]));

    world.clock.advance(30);
    assert_eq!(link.submit(&world, &device.code(START + 30)).await.status, 200);
}

#[tokio::test]
async fn a_code_may_be_typed_in_groups_and_what_is_no_code_costs_no_attempt() {
    let world = World::new();
    let link = Link::open(&world, "Example Bank", "alice").await;
    let device = Device::new(&link.secret(&world).await);
    let code = device.code(START);
    let wide: String = code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    for odd in ["", "12345", "1234567", &wide, &format!("{code}\t"), &format!("+{code}"), "\0"] {
        let page = link.submit(&world, odd).await;
        assert_eq!(page.status, 422, "{odd:?}");
        assert!(page.text.contains("A code is 6 digits"), "{odd:?}");
    }
    for form in ["", "kode=123456", "code=123456&code=123456"] {
        assert_eq!(visit(&world, "POST", &link.path, form).await.status, 422, "{form}");
    }
    let first = link.submit(&world, &device.wrong_code(START)).await;
    assert!(first.text.contains("4 attempts left"), "none of these was counted");
    let grouped = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(link.submit(&world, &grouped).await.status, 200);
}

#[tokio::test]
async fn a_form_over_one_kibibyte_is_not_read() {
    let world = World::new();
    let link = Link::open(&world, "Example Bank", "alice").await;
    let code = Device::new(&link.secret(&world).await).code(START);
    let padded = |length: usize| {
        let form = format!("code={code}&padding=");
        format!("{form}{}", "x".repeat(length - form.len()))
    };
    let large = visit(&world, "POST", &link.path, &padded(1025)).await;
    assert_eq!(large.status, 413);
    assert_eq!(visit(&world, "POST", &link.path, &padded(1024)).await.status, 200);
}

#[tokio::test]
async fn names_are_shown_as_text_whatever_they_hold() {
    let world = World::new();
    let issuer = "<script>alert(1)</script>";
    let account = "\"><img src=x onerror=alert(1)>'&amp;";
    let link = Link::open_as(&world, issuer, "alice", Some(account)).await;
    let page = visit(&world, "GET", &link.path, "").await.text;
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(page.contains("&#34;&#62;&#60;img src=x onerror=alert(1)&#62;&#39;&#38;amp;"));
    let done = link.submit(&world, &Device::new(&link.secret(&world).await).code(START)).await;
    assert!(done.status == 200 && !done.text.contains("<script"));
}

#[tokio::test]
async fn the_longest_names_in_any_script_still_make_a_page() {
    let world = World::new();
    for (issuer, account) in [("🏦", "🙂"), ("\u{202e}", "م"), ("&", "&"), ("'", "\"")] {
        let issuer = issuer.repeat(64);
        let account = account.repeat(256 / account.len());
        let link = Link::open(&world, &issuer, &account).await;
        let page = visit(&world, "GET", &link.path, "").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("name=\"code\"") && page.text.contains("class=\"key\""));
    }
}

#[tokio::test]
async fn while_the_store_is_down_the_page_says_to_come_back() {
    let world = World::new();
    let link = Link::open(&world, "Example Bank", "alice").await;
    let code = Device::new(&link.secret(&world).await).code(START);
    world.app.store.close().unwrap();
    let page = link.submit(&world, &code).await;
    assert_eq!(page.status, 503, "{}", page.text);
    assert!(page.headers.contains_key("retry-after"));
    assert!(page.text.contains("Nothing was changed"));
}

#[tokio::test]
async fn the_policy_of_every_page_allows_the_style_it_has_and_nothing_else() {
    let world = World::new();
    for page in every_page(&world).await {
        let (_, style) = page.text.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        let hash = Base64::encode_string(&Sha256::digest(style));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(page.headers["content-security-policy"], policy);
        assert_eq!(page.text.matches("<style").count(), 1);
        assert!(!page.text.contains("style="), "no style beside it");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-robots-tag", "noindex"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(page.headers[name], value);
        }
    }
}

#[tokio::test]
async fn no_page_runs_a_script_or_refers_to_another_host() {
    let world = World::new();
    for page in every_page(&world).await {
        let text = page.text.replace("xmlns=\"http://www.w3.org/2000/svg\"", ""); // a name, no address
        for never in
            ["<script", "<link", "<iframe", "<object", "src=", "url(", "@import", "javascript:"]
        {
            assert!(!text.contains(never), "{never}");
        }
        for reference in ["href=\"", "action=\""].iter().flat_map(|name| text.split(name).skip(1)) {
            let target = reference.split('"').next().unwrap();
            let local = !target.contains(':') && !target.starts_with("//");
            assert!(local || target.starts_with("otpauth://totp/"), "{target}");
        }
    }
}

#[tokio::test]
async fn the_inbox_shows_the_newest_first_as_text() {
    let world = World::new();
    let domain = world.domain().await;
    for (to, note) in [("+447700900121", "first"), ("+447700900122", "<b>second</b>")] {
        let message = format!("{{{{code}}}} {note}");
        let body = json!({"domain": domain, "channel": "sms", "to": to, "message": message});
        assert_eq!(world.post("send/", body).await.status, 200);
    }
    let (stopping, stop) = tokio::sync::oneshot::channel::<()>();
    let stopped = async move { drop(stop.await) };
    let dispatcher = tokio::spawn(keyfob_host::delivery::dispatch(world.app.clone(), stopped));
    while world.inbox.messages().len() < 2 {
        tokio::task::yield_now().await;
    }
    drop(stopping);
    dispatcher.await.unwrap();
    let page = visit(&world, "GET", "/dev/inbox", "").await.text;
    let newest = world.inbox.messages().remove(0);
    let order = if newest.to.ends_with('2') { ["0122", "0121"] } else { ["0121", "0122"] };
    assert!(page.find(order[0]).unwrap() < page.find(order[1]).unwrap());
    assert!(page.contains("&#60;b&#62;second") && !page.contains("<b>"));
    assert!(page.contains("A developer’s inbox") && page.contains("http-equiv=\"refresh\""));
}

#[tokio::test]
async fn in_developers_mode_a_web_site_whose_name_points_here_gets_no_answer() {
    let world = World::new();
    let ask = |path: &'static str, host: &'static str| {
        world.request(Request::get(path).header("host", host).body(Body::empty()).unwrap())
    };
    for path in ["/dev/inbox", "/", "/docs", "/livez", "/identity/otp/domain/", "/nothing"] {
        let reply = ask(path, "codes.evil.example:8080").await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (421, "host-not-local"));
        assert_ne!(ask(path, "localhost:8080").await.status, 421);
    }
}

#[tokio::test]
async fn without_developers_mode_there_is_no_inbox() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::create_or_open(folder.path(), ServicePolicy::default()).unwrap();
    let app = App::new(Parts {
        engine: keyfob_host::engine::Engine::native(data.service),
        store: data.store,
        clock: Arc::new(SystemClock::default()),
        entropy: Arc::new(keyfob_host::entropy::SystemEntropy),
        delivery: Delivery::new(Routes::default(), Receipts::channel().0, None),
        webhooks: Webhooks::new(&WebhookLimits::default()).unwrap(),
        operator: None,
        metrics: Metrics::default(),
        public_url: "http://service.test".to_owned(),
        keys: KeyCache::default(),
        audit: keyfob_host::config::AuditConfig::default(),
        console: Console::default(),
        stopping: false.into(),
    });
    let request = Request::get("/dev/inbox").body(Body::empty()).unwrap();
    let response = http::router(app.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 404);
    let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("inbox"));
    let request = Request::get("/livez").header("host", "otp.example").body(Body::empty()).unwrap();
    assert_eq!(http::router(app).oneshot(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_description_shows_every_operation_and_every_field() {
    let world = World::new();
    let page = visit(&world, "GET", "/docs", "").await.text;
    let description = visit(&world, "GET", "/openapi.json", "").await.json();
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() > 8);
    for (path, methods) in paths {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        for operation in methods.as_object().unwrap().values() {
            assert!(page.contains(operation["summary"].as_str().unwrap()));
        }
    }
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        for field in schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys()) {
            let cell = [format!("<code>{field}</code>"), format!(".{field}</code>")];
            assert!(cell.iter().any(|cell| page.contains(cell)), "{name}.{field}");
        }
    }
}

#[tokio::test]
async fn the_description_shows_post_before_the_get_that_creates_and_answers_that_fit() {
    let world = World::new();
    let page = visit(&world, "GET", "/docs", "").await.text;
    let place = |id: &str| page.find(&format!("<article id=\"{id}\"")).unwrap();
    assert!(place("post-domain") < place("get-domain"));
    let mut ids: Vec<_> =
        page.split("<article id=\"").skip(1).map(|rest| rest.split('"').next()).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "each has a place of its own: {ids:?}");
    assert!(page.matches("aria-label=\"Example of an answer: ").count() >= 10);

    let description = visit(&world, "GET", "/openapi.json", "").await.json();
    let mut examples = 0;
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        let Some(example) = schema["example"].as_object() else { continue };
        let fields = schema["properties"].as_object().unwrap();
        assert!(example.keys().all(|field| fields.contains_key(field)), "{name}");
        for field in schema["required"].as_array().into_iter().flatten() {
            assert!(example.contains_key(field.as_str().unwrap()), "{name}.{field}");
        }
        examples += 1;
    }
    assert!(examples >= 7);
}

#[tokio::test]
async fn the_examples_of_the_description_are_requests_that_fit() {
    let world = World::new();
    let page = visit(&world, "GET", "/docs", "").await.text;
    let mut examples = 0;
    for block in page.split("<code>curl -X ").skip(1) {
        let text =
            block.split("</code>").next().unwrap().replace("&#34;", "\"").replace("&#39;", "'");
        let method = text.split(' ').next().unwrap();
        let url = text.split('"').nth(1).unwrap();
        let path = url.strip_prefix("http://service.test/identity/otp/").unwrap();
        let body = text.split_once("--data '").map_or("", |(_, body)| body.trim_end_matches('\''));
        let reply = world.raw(method, path, body.to_owned()).await;
        // Its domain and challenge are examples, and no operator answers about SIMs.
        let code = reply.code();
        let expected = ["", "domain-not-found", "challenge-not-found", "sim-swap-not-configured"];
        assert!(expected.contains(&code.as_str()), "{text}: {}", reply.text);
        examples += 1;
    }
    assert!(examples >= 12);
}

#[tokio::test]
async fn every_problem_links_to_its_explanation() {
    let world = World::new();
    let page = visit(&world, "GET", "/docs", "").await.text;
    let domain = world.domain().await;
    let device = world.user(&domain, "alice").await;
    let send = |with: Value| {
        let mut body = json!({"domain": domain, "channel": "sms", "to": "+447700900123"});
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        world.post("send/", body)
    };
    let mut problems = vec![
        world.raw_as("kf_wrong", "GET", "domain/", "").await,
        world.raw("GET", "nothing", "").await,
        world.raw("PUT", "domain/", "").await,
        world.raw("POST", "totp/", "{").await,
        world.raw("POST", "totp/", "x".repeat(17 * 1024)).await,
        world.post("totp/", json!({"domain": "1", "user_id": "a", "code": "1"})).await,
        world.totp(&domain, "nobody", "123456").await,
        world.totp(&domain, "alice", "12345").await,
        world.totp(&domain, "", "123456").await,
        world.post("user/", json!({"domain": domain, "user_id": "alice"})).await,
        world.post("user/", json!({"domain": domain, "user_id": "b", "set_secret": "1"})).await,
        world.post("user/", json!({"domain": domain, "user_id": "b", "digits": 9})).await,
        world.post("user/", json!({"domain": domain, "user_id": "b", "account_name": ""})).await,
        world.post("domain/", json!({"name": "a:b"})).await,
        world.post("cancel/", json!({"otp_id": "1"})).await,
        world.post("sim-swap/", json!({"to": "+447700900123"})).await,
        send(json!({"to": "1"})).await,
        send(json!({"channel": []})).await,
        send(json!({"message": "none"})).await,
        send(json!({"message": "{{code}} {{name}}"})).await,
        send(json!({"length": 3})).await,
        send(json!({"expiry": 1})).await,
        send(json!({"context": {}})).await,
        send(json!({"context": {"payee": "x"}, "message": "{{code}}"})).await,
        send(json!({"origin": "x y"})).await,
        send(json!({"app_hash": "1"})).await,
        send(json!({"app_hash": "1", "origin": "a.example"})).await,
    ];
    for _ in 0..6 {
        let wrong = device.wrong_code(START);
        problems
            .extend(Some(world.totp(&domain, "alice", &wrong).await).filter(|r| r.status != 200));
    }
    for reply in problems {
        let kind = reply.field("type");
        let (_, anchor) = kind.as_str().unwrap_or_default().split_once('#').expect(&reply.text);
        assert!(page.contains(&format!("<div id=\"{anchor}\">")), "{anchor}");
    }
}

/// An open enrolment.
struct Link {
    domain: String,
    path: String,
}

impl Link {
    async fn open(world: &World, issuer: &str, user_id: &str) -> Self {
        Self::open_as(world, issuer, user_id, None).await
    }

    async fn open_as(
        world: &World,
        issuer: &str,
        user_id: &str,
        account_name: Option<&str>,
    ) -> Self {
        let domain = world.post("domain/", json!({"name": issuer})).await.field("domain");
        let body = json!({"domain": domain, "user_id": user_id, "account_name": account_name});
        let reply = world.post("user/", body).await;
        let url = reply.field("enrolment_url");
        let url = url.as_str().unwrap_or_else(|| panic!("{}", reply.text));
        let path = url.strip_prefix("http://service.test").unwrap().to_owned();
        Self { domain: domain.as_str().unwrap().to_owned(), path }
    }

    /// What a person types into an app.
    async fn secret(&self, world: &World) -> String {
        let page = visit(world, "GET", &self.path, "").await.text;
        let (_, key) = page.split_once("class=\"key\" translate=\"no\">").unwrap();
        key.split('<').next().unwrap().replace(' ', "")
    }

    async fn submit(&self, world: &World, code: &str) -> Reply {
        let form = code.bytes().fold("code=".to_owned(), |form, byte| format!("{form}%{byte:02x}"));
        visit(world, "POST", &self.path, &form).await
    }
}

async fn visit(world: &World, method: &str, path: &str, form: &str) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()));
    world.request(request.unwrap()).await
}

async fn every_page(world: &World) -> Vec<Reply> {
    let link = Link::open(world, "Example Bank", "alice").await;
    let device = Device::new(&link.secret(world).await);
    let mut pages = vec![visit(world, "GET", &link.path, "").await];
    pages.push(visit(world, "GET", NOBODYS, "").await);
    pages.push(visit(world, "POST", &link.path, &"x".repeat(2000)).await);
    for _ in 0..6 {
        pages.push(link.submit(world, &device.wrong_code(START)).await);
    }
    world.clock.set(START + 60);
    pages.push(link.submit(world, &device.code(START + 60)).await);
    for path in ["/", "/docs", "/dev/inbox"] {
        pages.push(visit(world, "GET", path, "").await);
    }
    let statuses: Vec<u16> = pages.iter().map(|page| page.status.as_u16()).collect();
    assert_eq!(statuses, [200, 404, 413, 422, 422, 422, 422, 422, 429, 200, 200, 200, 200]);
    pages
}
