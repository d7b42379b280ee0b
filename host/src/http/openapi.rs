//! The description of the API (`OpenAPI` 3.1), made from the handlers themselves.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
    },
};

use super::{Problem, challenge, domain, erase, events, sim_swap, totp, user, webhook};

/// The description as a value.
pub fn document() -> Document {
    Api::openapi()
}

/// `GET /openapi.json`.
pub(super) async fn serve() -> Response {
    static JSON: LazyLock<String> = LazyLock::new(|| {
        document().to_pretty_json().unwrap_or_default() // plain data always serialises
    });
    ([(header::CONTENT_TYPE, "application/json")], JSON.as_str()).into_response()
}

/// What any request may be answered with instead.
#[derive(IntoResponses)]
#[allow(dead_code)] // names answers for the description
pub(super) enum Refusals {
    /// The request cannot be used; `field` names what is wrong.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
    /// The API key is missing, mistyped, expired or revoked.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorised(Problem),
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    Slow(Problem),
    /// The body is larger than 16 KiB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(Problem),
    /// The store did not answer; nothing was accepted.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "keyfob",
        description = "One-time passwords: codes that devices make (TOTP) and codes that are sent. Every refusal is an RFC 9457 problem whose `code` never changes.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        domain::create,
        domain::create_by_get,
        domain::view,
        domain::change,
        user::create,
        user::view,
        user::delete,
        user::open_enrolment,
        totp::verify,
        challenge::send,
        challenge::view,
        challenge::verify,
        challenge::resend,
        challenge::cancel,
        erase::erase,
        sim_swap::check,
        webhook::set,
        webhook::view,
        webhook::remove,
    ),
    tags(
        (name = "domains", description = "A domain holds the users of one application."),
        (name = "users", description = "Users whose devices make codes."),
        (name = "codes", description = "Verifying codes of devices, and codes that are sent."),
        (name = "webhooks", description = "Being told what happened."),
    ),
    modifiers(&Security, &Events),
)]
struct Api;

struct Events;

impl Modify for Events {
    fn modify(&self, document: &mut Document) {
        events::describe(document);
    }
}

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let key = ApiKeyValue::with_description("x-api-key", "made by `keyfob key create`");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
        document.security = Some(vec![SecurityRequirement::new("api_key", Vec::<String>::new())]);
    }
}
