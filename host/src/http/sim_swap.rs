//! `sim-swap/`: asking whether a SIM changed.

use axum::{Json, extract::State};
use keyfob::service::{Channel, Recipient, SimSwap, SimSwapPolicy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Problem,
    auth::Account,
    body::{Body, number},
    fields,
    openapi::Refusals,
};
use crate::app::App;

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
#[schema(example = json!({"swapped": false}))]
pub(super) struct CheckReply {
    /// Whether it changed within that time; null if that is not known.
    swapped: Option<bool>,
}

/// Ask whether a SIM changed
#[utoipa::path(post, path = "/identity/otp/sim-swap/", operation_id = "check_sim_swap", tag = "codes", request_body = CheckRequest,
    responses((status = 200, body = CheckReply),
        (status = 422, description = "No operator is configured to ask", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn check(
    State(app): State<App>,
    Account(_): Account,
    Body(request): Body<CheckRequest>,
) -> Result<Json<CheckReply>, Problem> {
    let recipient = Recipient::parse(Channel::Sms, &request.to);
    let recipient = recipient.map_err(|error| fields::invalid_field("to", error))?;
    let hours = request.max_age_hours.unwrap_or(SimSwapPolicy::DEFAULT_MAX_AGE_HOURS);
    match app.service.check_sim_swap(&app, &recipient, hours).await {
        Ok(answer) => Ok(Json(CheckReply {
            swapped: match answer {
                SimSwap::Swapped => Some(true),
                SimSwap::NotSwapped => Some(false),
                SimSwap::Unknown => None,
            },
        })),
        Err(error) => Err(fields::problem(&app, &error)),
    }
}
