//! `sim-swap/`: asking whether a SIM changed.

use axum::{Json, extract::State};
use keyfob::service::{Phone, SimSwap};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Problem,
    auth::Account,
    body::{Body, number},
    fields,
    openapi::Refusals,
    schemas::Source,
};
use crate::{app::App, phone_numbers::canonical};

/// A number to ask about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    /// The number in E.164 form.
    #[schema(example = "+447700900123")]
    to: String,
    /// How far back a change matters, in hours: 1 to 2400, 240 by default.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 1, maximum = 2400)]
    max_age_hours: Option<u16>,
}

/// What is known of a SIM.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"swapped": false, "source": "operator", "checked_at": "2026-01-31T09:30:00Z"}))]
pub(super) struct CheckReply {
    /// Whether it changed within that time; null if that is not known.
    swapped: Option<bool>,
    /// Who says so: the `operator`, just now; the `cache`, which is what the operator said
    /// shortly before; or nobody, as the operator is `not-asked` about numbers like this.
    #[schema(value_type = Source)]
    source: &'static str,
    /// When the operator was asked.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<String>,
}

/// Ask whether a SIM changed
#[utoipa::path(post, path = "/identity/otp/sim-swap/", operation_id = "check_sim_swap", tag = "codes", request_body = CheckRequest,
    responses((status = 200, body = CheckReply),
        (status = 422, description = "No operator is configured to ask", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn check(
    State(app): State<App>,
    Account(account): Account,
    Body(request): Body<CheckRequest>,
) -> Result<Json<CheckReply>, Problem> {
    let phone = Phone::parse(&request.to).and_then(|phone| Ok(canonical(phone)?.0));
    let phone = phone.map_err(|error| fields::invalid_field("to", error))?;
    match app.engine.check_sim_swap(&app, account, &phone, request.max_age_hours).await {
        Ok(check) => Ok(Json(CheckReply {
            swapped: match check.answer {
                SimSwap::Swapped => Some(true),
                SimSwap::NotSwapped => Some(false),
                SimSwap::Unknown => None,
            },
            source: check.source.code(),
            checked_at: check.checked_at.map(fields::timestamp),
        })),
        Err(error) => Err(fields::problem(&app, &error)),
    }
}
