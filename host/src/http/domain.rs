//! `domain/`: creating domains, and what holds for each.

use axum::{Json, extract::State};
use keyfob::service::{
    DomainChange, DomainSettings, DomainView, Edit, KeyKind, SimSwapAction, SimSwapChange,
    SimSwapPolicy,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Problem,
    auth::{Account, Caller},
    body::{MergePatch, OptionalBody, edit, edit_number, edit_object, number, object},
    challenge::SimSwapRequest,
    fields::{self, PathParts},
    openapi::Refusals,
    schemas::Action,
};
use crate::{
    app::App,
    audit::{AuditEvent, Audited},
};

/// A domain to be created. May be left out altogether.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainRequest {
    /// What authenticator apps show as the issuer: 1 to 64 characters, no colon.
    /// Without a name apps show `keyfob`.
    #[schema(example = "Example Bank")]
    name: Option<String>,
    /// Ask about the SIM before anything is sent to it. A request may bring a policy of its
    /// own, which then holds alone; it cannot do without one.
    #[serde(default, deserialize_with = "object")]
    sim_swap: Option<SimSwapRequest>,
    /// How many seconds to wait for a receipt before the next channel: 10 to 300. Without,
    /// a refusal leads there, and 20 seconds in which no provider takes the message.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 10, maximum = 300)]
    fallback_after: Option<u64>,
}

/// What to change of a domain (RFC 7396): what is left out stays, and null takes away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sim_swap": {"on_unknown": "flag"}, "fallback_after": null}))]
pub(super) struct DomainPatch {
    /// What authenticator apps show as the issuer. Apps that are enrolled already keep the
    /// name that they were given.
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, example = "Example Bank")]
    name: Edit<String>,
    /// Ask about the SIM before anything is sent to it.
    #[serde(default, deserialize_with = "edit_object")]
    #[schema(value_type = Option<SimSwapPatch>)]
    sim_swap: Edit<SimSwapPatch>,
    /// How many seconds to wait for a receipt before the next channel.
    #[serde(default, deserialize_with = "edit_number")]
    #[schema(value_type = Option<u64>, minimum = 10, maximum = 300)]
    fallback_after: Edit<u64>,
}

/// What to change of a domain's SIM-swap policy; null brings the default back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SimSwapPatch {
    /// How far back a change matters, in hours.
    #[serde(default, deserialize_with = "edit_number")]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 2400)]
    max_age_hours: Edit<u16>,
    /// If the SIM changed.
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<Action>)]
    on_swap: Edit<SimSwapAction>,
    /// If that is not known.
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<Action>)]
    on_unknown: Edit<SimSwapAction>,
}

/// A domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713", "name": "Example Bank"}))]
pub(super) struct DomainReply {
    /// The id to name it by.
    #[schema(format = "uuid")]
    domain: String,
    /// What authenticator apps show as the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// When nothing is sent because of the SIM, where a request does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    sim_swap: Option<SimSwapReply>,
    /// How many seconds to wait for a receipt before the next channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_after: Option<u64>,
}

/// When not to send because of the SIM.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SimSwapReply {
    /// How far back a change matters, in hours.
    max_age_hours: u16,
    /// If the SIM changed.
    #[schema(value_type = Action)]
    on_swap: &'static str,
    /// If that is not known.
    #[schema(value_type = Action)]
    on_unknown: &'static str,
}

/// Create a domain
///
/// A domain holds the users of one application. GET does the same, since clients
/// that send no body send GET.
#[utoipa::path(method(post), path = "/identity/otp/domain/", operation_id = "create_domain", tag = "domains",
    request_body(content = Option<DomainRequest>),
    responses((status = 200, body = DomainReply), Refusals))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    OptionalBody(request): OptionalBody<DomainRequest>,
) -> Result<Json<DomainReply>, Problem> {
    let (name, settings) = (request.name.as_deref(), request.settings());
    let account = caller.account;
    let created = app.engine.create_domain_with(&app, account, name, settings.clone()).await;
    let domain = created.map_err(|error| fields::problem(&app, &error))?;
    app.audit(caller.entry(&app, AuditEvent::DomainCreated).within(domain)).await;
    Ok(Json(DomainReply::new(domain.to_string(), request.name, &settings)))
}

/// Create a domain, for clients that send no body
///
/// The same as POST without a body.
#[utoipa::path(get, path = "/identity/otp/domain/", operation_id = "create_domain_by_get", tag = "domains",
    responses((status = 200, body = DomainReply, example = json!({"domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713"})), Refusals))]
pub(super) async fn create_by_get(
    state: State<App>,
    caller: Caller,
    request: OptionalBody<DomainRequest>,
) -> Result<Json<DomainReply>, Problem> {
    create(state, caller, request).await
}

/// Show a domain
#[utoipa::path(get, path = "/identity/otp/domain/{domain}/", operation_id = "view_domain", tag = "domains",
    params(("domain" = String, Path, format = "uuid")),
    responses((status = 200, body = DomainReply),
        (status = 404, description = "No such domain", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn view(
    State(app): State<App>,
    Account(account): Account,
    PathParts(domain): PathParts<String>,
) -> Result<Json<DomainReply>, Problem> {
    let domain = fields::domain(&domain)?;
    let view = app.engine.view_domain(&app, account, domain).await;
    view.map(DomainReply::of).map_err(|error| fields::problem(&app, &error))
}

/// Change a domain
///
/// A JSON merge patch (RFC 7396): what is left out stays, and null takes away.
#[utoipa::path(patch, path = "/identity/otp/domain/{domain}/", operation_id = "change_domain", tag = "domains",
    params(("domain" = String, Path, format = "uuid")),
    request_body(content = DomainPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = DomainReply),
        (status = 404, description = "No such domain", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn change(
    State(app): State<App>,
    caller: Caller,
    PathParts(domain): PathParts<String>,
    MergePatch(patch): MergePatch<DomainPatch>,
) -> Result<Json<DomainReply>, Problem> {
    let domain = fields::domain(&domain)?;
    let entry = caller.entry(&app, AuditEvent::DomainChanged).within(domain);
    let ports = Audited::writing(&app, KeyKind::Domain, entry);
    let changed = app.engine.change_domain(&ports, caller.account, domain, &patch.into()).await;
    changed.map(DomainReply::of).map_err(|error| fields::problem(&app, &error))
}

impl DomainRequest {
    fn settings(&self) -> DomainSettings {
        DomainSettings {
            sim_swap: self.sim_swap.as_ref().map(SimSwapRequest::policy),
            fallback_after: self.fallback_after,
        }
    }
}

impl DomainReply {
    fn of(view: DomainView) -> Json<Self> {
        Json(Self::new(view.domain.to_string(), view.name, &view.settings))
    }

    fn new(domain: String, name: Option<String>, settings: &DomainSettings) -> Self {
        let sim_swap = settings.sim_swap.map(SimSwapReply::from);
        Self { domain, name, sim_swap, fallback_after: settings.fallback_after }
    }
}

impl From<SimSwapPolicy> for SimSwapReply {
    fn from(policy: SimSwapPolicy) -> Self {
        Self {
            max_age_hours: policy.max_age_hours,
            on_swap: policy.on_swapped.code(),
            on_unknown: policy.on_unknown.code(),
        }
    }
}

impl From<DomainPatch> for DomainChange {
    fn from(patch: DomainPatch) -> Self {
        let sim_swap = match patch.sim_swap {
            Edit::Keep => Edit::Keep,
            Edit::Clear => Edit::Clear,
            Edit::Set(patch) => Edit::Set(SimSwapChange {
                max_age_hours: patch.max_age_hours,
                on_swapped: patch.on_swap,
                on_unknown: patch.on_unknown,
            }),
        };
        Self { name: patch.name, sim_swap, fallback_after: patch.fallback_after }
    }
}
