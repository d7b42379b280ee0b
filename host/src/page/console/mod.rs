//! `/console`: what an account's last day was like. It only shows; the forms log in and out.

mod chart;
mod figures;
mod guard;
mod session;
mod view;

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use keyfob::{
    UnixTime,
    service::{AccountId, PortError},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use self::{
    session::{Session, SessionId, Sessions},
    view::{ConsolePage, LoginError, LoginPage},
};
use crate::{api_key::PresentedKey, app::App};

/// Who is logged in, and who sees how providers do.
#[derive(Debug, Default)]
pub struct Console {
    operators: BTreeSet<AccountId>,
    sessions: Sessions,
    wrong_keys: Mutex<WrongKeys>,
}

impl Console {
    /// A console that shows these accounts what is the operator's.
    pub fn new(operators: impl IntoIterator<Item = AccountId>) -> Self {
        Self { operators: operators.into_iter().collect(), ..Self::default() }
    }
}

/// The routes.
pub(super) fn routes() -> Router<App> {
    let console = get(show).post(login).layer(DefaultBodyLimit::max(MAXIMUM_FORM));
    let logout = post(logout).layer(DefaultBodyLimit::max(MAXIMUM_FORM));
    Router::new()
        .route(PATH, console.clone())
        .route("/console/", console)
        .route("/console/logout", logout)
}

const PATH: &str = "/console";

/// The largest form that is read, in bytes, and how long a browser may take to send it.
const MAXIMUM_FORM: usize = 1024;
const FORM_TIME: Duration = Duration::from_secs(10);

/// `GET /console`: the last day, or the form to log in.
async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(id) = session_id(&app, &headers) else { return LoginPage::new(None).respond() };
    match session(&app, &id) {
        Ok(Some(session)) => page(&app, &id, &session).await,
        Ok(None) => without_cookie(&app, LoginPage::new(Some(LoginError::Over)).respond()),
        Err(error) => unavailable(error),
    }
}

/// `POST /console` with the field `key`.
async fn login(State(app): State<App>, request: Request) -> Response {
    if !guard::is_from_here(request.headers()) {
        return refused();
    }
    let before = session_id(&app, request.headers());
    let form = read::<LoginForm>(request).await;
    let key = Zeroizing::new(form.map(|form| form.key).unwrap_or_default());
    let key = key.trim(); // as it comes from a terminal
    let account = match app.account_of(key) {
        Ok(account) => account,
        Err(error) => return unavailable(error),
    };
    let (Some(account), Some(key)) = (account, PresentedKey::parse(key)) else {
        app.refused_key();
        return LoginPage::new(Some(app.console.wrong_key(app.clock.now()))).respond();
    };
    if let Some(before) = before {
        app.console.sessions.end(&before);
    }
    match app.console.sessions.begin(key.id, account, app.clock.now()) {
        Ok(id) => {
            tracing::info!(key = key.id, "somebody logged in to the console");
            to_console(&cookie(&app, id.expose(), session::LONGEST))
        }
        Err(_) => unavailable(PortError::Unavailable),
    }
}

/// `POST /console/logout` with the field `token`.
async fn logout(State(app): State<App>, request: Request) -> Response {
    let id = session_id(&app, request.headers());
    let is_from_here = guard::is_from_here(request.headers());
    let Some(id) = id.filter(|_| is_from_here) else { return refused() };
    let form = read::<LogoutForm>(request).await.unwrap_or_default();
    if !id.is_form_token(&form.token) {
        return refused();
    }
    app.console.sessions.end(&id);
    let mut response = to_console(&cookie(&app, "", 0));
    let cache = HeaderValue::from_static("\"cache\"");
    response.headers_mut().insert("clear-site-data", cache); // what `back` would show
    response
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LoginForm {
    key: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogoutForm {
    token: String,
}

async fn read<T: for<'de> Deserialize<'de>>(request: Request) -> Option<T> {
    let reading = Form::<T>::from_request(request, &());
    let form = tokio::time::timeout(FORM_TIME, reading).await.ok()?;
    form.ok().map(|Form(form)| form)
}

/// The session, if it is live and so is its key.
fn session(app: &App, id: &SessionId) -> Result<Option<Session>, PortError> {
    let now = app.clock.now();
    let Some(session) = app.console.sessions.find(id, now) else { return Ok(None) };
    let key = app.store.api_key_find(&session.key_id)?;
    if key.is_some_and(|key| key.is_live(now) && key.account == session.account.0) {
        return Ok(Some(session));
    }
    app.console.sessions.end(id);
    Ok(None)
}

async fn page(app: &App, id: &SessionId, session: &Session) -> Response {
    let now = app.clock.now();
    let is_operator = app.console.operators.contains(&session.account);
    let _ = app.store_counts().await; // what was counted until now; if not, a second less is shown
    match figures::load(app, session.account, now).await {
        Ok(figures) => {
            let providers = is_operator.then(|| app.delivery.routes.health(now));
            ConsolePage::new(session.account, &figures, providers, id.form_token(), now).respond()
        }
        Err(error) => unavailable(error),
    }
}

/// Over TLS the cookie has a name that binds it to this very host.
fn cookie_name(app: &App) -> &'static str {
    if is_https(app) { "__Host-keyfob" } else { "keyfob-console" }
}

fn is_https(app: &App) -> bool {
    app.public_url.starts_with("https://")
}

fn cookie(app: &App, value: &str, life: u64) -> String {
    let (name, secure) = (cookie_name(app), if is_https(app) { "; Secure" } else { "" });
    format!("{name}={value}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict{secure}")
}

fn session_id(app: &App, headers: &HeaderMap) -> Option<SessionId> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut values = cookies.flat_map(|line| line.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == cookie_name(app)).then_some(value)
    });
    let value = values.next()?;
    SessionId::parse(value).filter(|_| values.next().is_none())
}

fn to_console(cookie: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(PATH));
    set_cookie(response, cookie)
}

fn without_cookie(app: &App, response: Response) -> Response {
    set_cookie(response, &cookie(app, "", 0))
}

fn set_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn refused() -> Response {
    LoginPage::new(Some(LoginError::Foreign)).respond()
}

fn unavailable(error: PortError) -> Response {
    tracing::warn!(%error, "the console cannot be shown");
    LoginPage::new(Some(LoginError::Unavailable)).respond()
}

/// Wrong keys that are still answered as such: a few, and then one a second. The right key is
/// always taken, so that nobody can keep others out; and no key can be guessed.
#[derive(Debug)]
struct WrongKeys {
    left: u64,
    at: UnixTime,
}

/// Wrong keys at once.
const WRONG_KEYS: u64 = 10;

impl Default for WrongKeys {
    fn default() -> Self {
        Self { left: WRONG_KEYS, at: 0 }
    }
}

impl Console {
    fn wrong_key(&self, now: UnixTime) -> LoginError {
        let mut wrong = self.wrong_keys.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.left = wrong.left.saturating_add(now.saturating_sub(wrong.at)).min(WRONG_KEYS);
        wrong.at = now;
        if wrong.left == 0 {
            return LoginError::TooMany;
        }
        wrong.left -= 1;
        tracing::warn!("a wrong API key was typed into the console");
        LoginError::Wrong
    }
}
