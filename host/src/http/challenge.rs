//! `send/`, `verify/`, `resend/`, `cancel/`: codes that are sent.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use keyfob::{
    Alphabet, CodePolicy, ParameterError,
    service::{
        Channel, Ending, KeyKind, Language, Passage, PortError, SendRequest as CoreRequest, Sent,
        ServiceError, SimSwap, SimSwapAction, SimSwapPolicy, Template, Traffic, TransactionContext,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Problem,
    auth::{Account, Caller},
    body::{Body, Fields, number, object},
    fields::{self, PathParts},
    idempotency::{self, IdempotencyHeader, Keyed},
    openapi::Refusals,
    schemas::{Action, ChannelName, Charset, LanguageTag},
    to::{Recipients, To},
    totp::{self, VerifyReply},
};
use crate::{
    app::App,
    audit::{AuditEvent, Audited},
    counts::Event,
    engine::FlowError,
    webhooks::{About, CodeData, EventKind},
};

/// A code to be made and sent. Nobody but the recipient gets to see it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SendRequest {
    /// The domain.
    #[schema(format = "uuid")]
    domain: String,
    /// `sms`, `voice` or `email`, or a list of them in the order of preference. The same
    /// code goes the next way when one is not configured or refuses the message, or a
    /// receipt is missing (`fallback_after`).
    channel: ChannelList,
    /// A phone number in E.164 form for SMS and voice, an address for email; or an object
    /// with both, for channels of both kinds.
    to: To,
    /// How many seconds to wait for a receipt before the next channel: 10 to 300. Only with
    /// several channels. Where a provider reports no receipts the code always goes on then,
    /// unless it was used. Without it a refusal leads there, and 20 seconds in which no
    /// provider takes the message.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 10, maximum = 300)]
    fallback_after: Option<u64>,
    /// The text, with `{{code}}` in it, and if you like `{{minutes}}`. With a context
    /// it must show `{{amount}}` and `{{payee}}`.
    #[schema(example = "{{code}} is your code for Example Bank. Never share it.")]
    message: Option<String>,
    /// The language of the person, as a tag (BCP 47): English by default. The nearest that
    /// there are texts in is used, such as `de` for `de-AT` and `en` for one that is
    /// unknown; the answer tells which. A `message` stays as it is: the language is then
    /// that of an email's subject and of the voice.
    #[schema(example = "de-AT", min_length = 2, max_length = 35)]
    language: Option<String>,
    /// The length of the code: 4 to 12, 6 by default.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 4, maximum = 12)]
    length: Option<u8>,
    /// What the code is made of: digits by default.
    #[schema(value_type = Option<Charset>)]
    charset: Option<Alphabet>,
    /// The life of the code in seconds: 30 to 600, 300 by default.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 30, maximum = 600)]
    expiry: Option<u64>,
    /// The transaction that the code approves, such as `amount` and `payee`.
    /// Verifying needs the same.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    context: Option<Fields>,
    /// Ask whether the SIM changed before anything is sent to it. Holds in place of what the
    /// domain's settings say, and alone: what is left out has its default. A domain's check
    /// cannot be left out, but with `flag` it only tells.
    #[serde(default, deserialize_with = "object")]
    sim_swap: Option<SimSwapRequest>,
    /// A site, for the last line that lets phones fill the code in on that site only.
    #[schema(example = "example.com")]
    origin: Option<String>,
    /// The 11-character hash of an Android app, for the last line that lets that app
    /// read the code. Not together with `origin`.
    app_hash: Option<String>,
    /// The IP address of the person's device, as your application saw it: limits hold for it
    /// (IPv6 by /64). It is not stored readable.
    #[schema(example = "2001:db8::1")]
    client_address: Option<String>,
}

/// One channel or several.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged, expecting = "expected sms, voice or email, or a list of them")]
pub(super) enum ChannelList {
    /// One.
    #[schema(value_type = ChannelName)]
    One(Channel),
    /// In the order of preference.
    #[schema(value_type = Vec<ChannelName>)]
    Several(Vec<Channel>),
}

/// When not to send because of the SIM.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SimSwapRequest {
    /// How far back a change matters, in hours: 1 to 2400, 240 by default.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 1, maximum = 2400)]
    max_age_hours: Option<u16>,
    /// If the SIM changed: `refuse` (default), `flag`, or `next-channel`, which is the first of
    /// the channels that does not travel over the SIM.
    #[schema(value_type = Option<Action>)]
    on_swap: Option<SimSwapAction>,
    /// If that is not known: likewise.
    #[schema(value_type = Option<Action>)]
    on_unknown: Option<SimSwapAction>,
}

/// A challenge to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResendRequest {
    /// The challenge.
    #[schema(format = "uuid")]
    otp_id: String,
    /// Another channel that reaches the same recipient.
    #[schema(value_type = Option<ChannelName>)]
    channel: Option<Channel>,
}

/// A code that was sent and typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyRequest {
    /// The challenge.
    #[schema(format = "uuid")]
    otp_id: String,
    /// What the person typed: the characters of the code, nothing else.
    #[schema(example = "704471")]
    code: String,
    /// The transaction, if the code approves one: the same as when sent.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    context: Option<Fields>,
}

/// A challenge to cancel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelRequest {
    /// The challenge.
    #[schema(format = "uuid")]
    otp_id: String,
}

/// What was sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "otp_id": "9c6f5a0e-2d4b-4f7e-8a34-51f3c2d7b608", "status": "queued", "channel": "sms", "language": "de", "expires_at": "2026-01-31T09:35:00Z",
    "resend_after": 30, "attempts_left": 5
}))]
pub(super) struct SendReply {
    /// The challenge to verify against.
    #[schema(format = "uuid")]
    otp_id: String,
    /// How far the message got: `queued` or `sent`.
    status: &'static str,
    /// How it travels.
    channel: &'static str,
    /// The language that was used.
    #[schema(value_type = LanguageTag)]
    language: &'static str,
    /// When the code ends.
    #[schema(format = "date-time")]
    expires_at: String,
    /// Seconds until another message may be sent.
    resend_after: u64,
    /// Wrong codes left.
    attempts_left: u16,
    /// What the SIM-swap check said: `swapped`, `not-swapped` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sim_swap: Option<&'static str>,
}

/// How a challenge stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "otp_id": "9c6f5a0e-2d4b-4f7e-8a34-51f3c2d7b608", "status": "pending", "channel": "sms", "delivery": "sent",
    "history": [
        {"message": 0, "channel": "sms", "state": "queued", "at": "2026-01-31T09:30:00Z"},
        {"message": 0, "channel": "sms", "state": "sent", "at": "2026-01-31T09:30:01Z"}
    ],
    "created_at": "2026-01-31T09:30:00Z", "expires_at": "2026-01-31T09:35:00Z", "attempts_left": 5
}))]
pub(super) struct ChallengeReply {
    /// The challenge.
    #[schema(format = "uuid")]
    otp_id: String,
    /// `pending`, `verified`, `cancelled`, `expired` or `exhausted`.
    status: &'static str,
    /// How the last message arrived, or else how it travels.
    channel: &'static str,
    /// How far it got: `queued`, `sent`, `delivered`, `failed` or `expired`.
    delivery: &'static str,
    /// The steps of all messages, oldest first.
    history: Vec<PassageReply>,
    /// When the challenge was created.
    #[schema(format = "date-time")]
    created_at: String,
    /// When its code ends.
    #[schema(format = "date-time")]
    expires_at: String,
    /// Wrong codes left.
    attempts_left: u16,
}

/// A step of a message on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PassageReply {
    /// Which message of the challenge: 0 is the first, each resend is one more.
    message: u16,
    /// How it travelled.
    #[schema(value_type = ChannelName)]
    channel: &'static str,
    /// What it reached: `queued`, `sent`, `delivered`, `failed` or `expired`.
    state: &'static str,
    /// When.
    #[schema(format = "date-time")]
    at: String,
}

impl From<&Passage> for PassageReply {
    fn from(passage: &Passage) -> Self {
        Self {
            message: passage.message,
            channel: passage.channel.name(),
            state: passage.state.code(),
            at: fields::timestamp(passage.at),
        }
    }
}

/// Send a code
#[utoipa::path(post, path = "/identity/otp/send/", tag = "codes",
    params(IdempotencyHeader), request_body = SendRequest,
    responses((status = 200, body = SendReply, headers(("Idempotent-Replayed" = bool, description = "`true` if this was answered before"))),
        (status = 403, description = "The SIM changed, the recipient is disabled, or nothing is sent to such numbers", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such domain", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The first request with this `Idempotency-Key` is in flight", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No provider is configured for this channel; or the `Idempotency-Key` was used with another body", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "A limit on sending is reached", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller,
    Keyed(request, once): Keyed<SendRequest>,
) -> Result<Response, Problem> {
    let account = caller.account;
    let request = core_request(request, caller.key_id.clone())?;
    let sent = {
        let app = app.clone();
        async move {
            let subject = app.subjects().recipient(account, request.domain, &request.recipient);
            let entry = caller.entry(&app, AuditEvent::CodeSent).within(request.domain);
            let ports = Audited::sending(&app, entry.about(subject));
            let sent = app.engine.send(&ports, account, &request).await;
            reply(&app, &ports, sent).await
        }
    };
    once.answer(app, account, "send", sent).await
}

/// Send a new code for a challenge
///
/// The code before it is void; its end and its wrong codes stay as they are.
#[utoipa::path(post, path = "/identity/otp/resend/", tag = "codes", request_body = ResendRequest,
    responses((status = 200, body = SendReply),
        (status = 403, description = "The SIM changed, the recipient is disabled, or nothing is sent to such numbers", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such challenge", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The challenge is over", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No provider is configured for this channel", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "A limit on sending is reached", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn resend(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ResendRequest>,
) -> Result<Json<SendReply>, Problem> {
    let otp_id = fields::otp_id(&request.otp_id)?;
    // A client that hangs up must not leave the old code void and the new one unsent.
    let resent = app.clone().spawn(async move {
        let entry = caller.entry(&app, AuditEvent::CodeResent).detail(format!("otp_id={otp_id}"));
        let ports = Audited::sending(&app, entry);
        let sent = app.engine.resend(&ports, caller.account, otp_id, request.channel).await;
        reply(&app, &ports, sent).await.map(Json)
    });
    resent.await.unwrap_or_else(|error| Err(idempotency::died(error)))
}

/// Verify a code that was sent
///
/// Limits are those of the recipient: a new challenge does not give tries back.
#[utoipa::path(post, path = "/identity/otp/verify/", operation_id = "verify_sent", tag = "codes", request_body = VerifyRequest,
    responses((status = 200, body = VerifyReply),
        (status = 403, description = "Disabled after too many wrong codes", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such challenge", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Blocked after wrong codes", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<VerifyRequest>,
) -> Result<Json<VerifyReply>, Problem> {
    let account = caller.account;
    let otp_id = fields::otp_id(&request.otp_id)?;
    let context = request.context.map(context).transpose()?;
    let entry = app.audit.verifications.then(|| {
        caller.entry(&app, AuditEvent::SentCodeVerified).detail(format!("otp_id={otp_id}"))
    });
    // A client that hangs up must not keep the account from hearing of it.
    let judged = app.clone().spawn(async move {
        let ports = Audited::judging(&app, entry);
        let outcome =
            app.engine.verify(&ports, account, otp_id, &request.code, context.as_ref()).await;
        let outcome = totp::judged(&app, outcome)?;
        totp::finish(&app, &ports, &outcome).await?;
        if let Some(event) = totp::event(&outcome, Event::Verified, Event::Blocked) {
            app.code(account, otp_id, event).await;
        }
        if let Some(kind) = totp::event(&outcome, EventKind::Verified, EventKind::Blocked) {
            let about = || About::Code(CodeData { otp_id: otp_id.to_string() });
            app.webhooks.announce(&app, account, kind, about).await;
        }
        totp::reply(&app, "sent", outcome).map(Json)
    });
    judged.await.unwrap_or_else(|error| Err(idempotency::died(error)))
}

/// Cancel a challenge
#[utoipa::path(post, path = "/identity/otp/cancel/", tag = "codes", request_body = CancelRequest,
    responses((status = 204, description = "Cancelled"),
        (status = 404, description = "No such challenge", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The challenge is over", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<CancelRequest>,
) -> Result<StatusCode, Problem> {
    let otp_id = fields::otp_id(&request.otp_id)?;
    let entry = caller.entry(&app, AuditEvent::ChallengeCancelled);
    let entry = entry.detail(format!("otp_id={otp_id}"));
    let ports = Audited::writing(&app, KeyKind::Recipient, entry);
    let cancelled = app.engine.cancel(&ports, caller.account, otp_id).await;
    cancelled.map_err(|error| fields::problem(&app, &error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show a challenge
#[utoipa::path(get, path = "/identity/otp/send/{otp_id}/", operation_id = "view_challenge", tag = "codes",
    params(("otp_id" = String, Path, format = "uuid")),
    responses((status = 200, body = ChallengeReply),
        (status = 404, description = "No such challenge", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn view(
    State(app): State<App>,
    Account(account): Account,
    PathParts(otp_id): PathParts<String>,
) -> Result<Json<ChallengeReply>, Problem> {
    let otp_id = fields::otp_id(&otp_id)?;
    let view = app.engine.view_challenge(&app, account, otp_id).await;
    let view = view.map_err(|error| fields::problem(&app, &error))?;
    Ok(Json(ChallengeReply {
        otp_id: otp_id.to_string(),
        status: view.status.code(),
        channel: view.channel.name(),
        delivery: view.delivery.code(),
        history: view.passages.iter().map(PassageReply::from).collect(),
        created_at: fields::timestamp(view.created_at),
        expires_at: fields::timestamp(view.expires_at),
        attempts_left: view.attempts_left,
    }))
}

/// What was sent is in the audit trail already. A refusal comes there now; what is wrong with the
/// request itself is no event.
async fn reply(
    app: &App,
    ports: &Audited<'_, App>,
    sent: Result<Sent, FlowError>,
) -> Result<SendReply, Problem> {
    let error = match sent {
        Ok(sent) => return Ok(send_reply(app, &sent)),
        Err(error) => error,
    };
    if let Some(word) = event_of(&error)
        && let Err(error) = ports.finish(word).await
    {
        tracing::error!(%error, "a row could not be added to the audit trail");
    }
    Err(not_sent(app, &error))
}

/// What the audit trail says of a refusal, if it is an event.
fn event_of(error: &FlowError) -> Option<&'static str> {
    match error {
        FlowError::Invalid { .. }
        | FlowError::Service(
            ServiceError::Invalid { .. }
            | ServiceError::DomainNotFound
            | ServiceError::ChallengeNotFound
            | ServiceError::Port(PortError::Unavailable), // nor would the store take a row
        ) => None,
        FlowError::Service(error) => Some(error.code()),
        FlowError::Failed => Some(FlowError::FAILED),
    }
}

fn core_request(request: SendRequest, key_id: String) -> Result<CoreRequest, Problem> {
    let domain = fields::domain(&request.domain)?;
    let channels = match request.channel {
        ChannelList::One(channel) => vec![channel],
        ChannelList::Several(channels) => channels,
    };
    let first = channels.first().ok_or(ParameterError::Channel);
    let first = first.map_err(|error| fields::invalid_field("channel", error))?;
    let Recipients { recipient, other, destination } = request.to.recipients(*first)?;
    let client = request.client_address.as_deref().map(str::parse).transpose();
    let client =
        client.map_err(|error: ParameterError| fields::invalid_field("client_address", error))?;
    let template = request.message.as_deref().map(Template::parse).transpose();
    let language = request.language.as_deref().map(Language::lookup).transpose();
    let length = request.length.unwrap_or(CodePolicy::default().length());
    let policy = CodePolicy::new(length, request.charset.unwrap_or_default());
    Ok(CoreRequest {
        domain,
        channels,
        recipient,
        other_recipient: other,
        fallback_after: request.fallback_after,
        template: template.map_err(|error| fields::invalid_field("message", error))?,
        language: language
            .map_err(|error| fields::invalid_field("language", error))?
            .unwrap_or_default(),
        policy: policy.map_err(|error| fields::invalid_field("length", error))?,
        lifetime: request.expiry,
        context: request.context.map(context).transpose()?,
        ending: ending(request.origin.as_deref(), request.app_hash.as_deref())?,
        sim_swap: request.sim_swap.as_ref().map(SimSwapRequest::policy),
        traffic: Traffic { client, api_key: Some(key_id), destination },
    })
}

/// A refusal, counted.
fn not_sent(app: &App, error: &FlowError) -> Problem {
    let reason = match error {
        FlowError::Service(ServiceError::SendLimit { scope, .. }) => Some(scope.name()),
        FlowError::Service(
            refused @ (ServiceError::RecipientBlocked { .. }
            | ServiceError::DestinationNotAllowed { .. }),
        ) => Some(refused.code()),
        _ => None,
    };
    if let Some(reason) = reason {
        app.metrics.send_refusal(reason);
    }
    fields::problem(app, error)
}

impl SimSwapRequest {
    /// The policy that is asked for; what is left out has its default.
    pub(super) fn policy(&self) -> SimSwapPolicy {
        let default = SimSwapPolicy::default();
        SimSwapPolicy {
            max_age_hours: self.max_age_hours.unwrap_or(default.max_age_hours),
            on_swapped: self.on_swap.unwrap_or(default.on_swapped),
            on_unknown: self.on_unknown.unwrap_or(default.on_unknown),
        }
    }
}

fn context(fields: Fields) -> Result<TransactionContext, Problem> {
    TransactionContext::new(fields.0).map_err(|error| fields::invalid_field("context", error))
}

fn ending(origin: Option<&str>, app_hash: Option<&str>) -> Result<Ending, Problem> {
    match (origin, app_hash) {
        (None, None) => Ok(Ending::None),
        (Some(origin), None) => {
            Ending::origin_bound(origin).map_err(|error| fields::invalid_field("origin", error))
        }
        (None, Some(hash)) => {
            Ending::android_app_hash(hash).map_err(|error| fields::invalid_field("app_hash", error))
        }
        (Some(_), Some(_)) => {
            let detail = "send `origin` or `app_hash`: each must be the last line";
            Err(fields::invalid("app_hash", "two-endings", detail))
        }
    }
}

fn send_reply(app: &App, sent: &Sent) -> SendReply {
    SendReply {
        otp_id: sent.otp_id.to_string(),
        status: sent.delivery.code(),
        channel: sent.channel.name(),
        language: sent.language.tag(),
        expires_at: fields::timestamp(sent.expires_at),
        resend_after: sent.resend_at.saturating_sub(app.clock.now()),
        attempts_left: sent.attempts_left,
        sim_swap: sent.sim_swap.map(SimSwap::code),
    }
}
