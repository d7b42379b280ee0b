//! Every stable code that an answer may carry, with what to do about it. The texts
//! of the core's errors are the core's own.

use axum::http::StatusCode;
use keyfob::{
    Error, ParameterError, SecretError,
    enrolment::UriError,
    service::{
        ContextError, EndingError, MAXIMUM_MESSAGE_CHARACTERS, MessageError, Outcome, PortError,
        RecipientError, SendScope, ServiceError, Template, TemplateError, TransactionContext,
    },
};

use super::Prose;
use crate::http::Problem;

/// A stable code, explained.
pub(super) struct Explained {
    /// The code, which is the anchor too.
    pub code: String,
    /// The statuses it comes with; none for outcomes.
    pub statuses: Vec<u16>,
    /// What it means and what to do.
    pub texts: Vec<Prose>,
}

/// The problems, by code.
pub(super) fn problems() -> Vec<Explained> {
    let flows = flow_errors().into_iter().map(|error| Problem::from_service(&error, 0));
    let flows = flows.chain([Problem::engine_failed()]);
    let refused = [Outcome::Blocked { until: 0 }, Outcome::Disabled, Outcome::Malformed];
    let refused = refused.iter().filter_map(|outcome| Problem::from_outcome(outcome, 0));
    let requests = REQUESTS.map(|(status, code, text)| Problem::new(status, code, text));
    let mut list: Vec<Explained> = Vec::new();
    for problem in requests.into_iter().chain(refused).chain(flows) {
        let place = list.iter().position(|known| known.code == problem.code());
        let place = place.unwrap_or_else(|| {
            let code = problem.code().to_owned();
            list.push(Explained { code, statuses: Vec::new(), texts: Vec::new() });
            list.len() - 1
        });
        list[place].add(problem.status().as_u16(), &problem.detail);
    }
    list.sort_by(|one, other| one.code.cmp(&other.code));
    list
}

/// What `outcome` says beside `"verified": false`.
pub(super) fn outcomes() -> Vec<Explained> {
    let explained = [
        (
            Outcome::Mismatch { attempts_left: 0 },
            "Wrong, and counted. Let the person try again while `attempts_left` is above 0.",
        ),
        (
            Outcome::Replayed,
            "Right, but used already: a retry or a replay, not a guess. Not counted. If your own request was lost on the way, this is it; otherwise ask for the next code.",
        ),
        (Outcome::Expired, "Too late. Not counted. Send a new code."),
        (Outcome::Cancelled, "The challenge was cancelled. Not counted."),
        (
            Outcome::Exhausted,
            "The challenge has seen its wrong codes. Not counted. Send a new code.",
        ),
        (
            Outcome::ContextMismatch,
            "The code was for another transaction. Counted, and the code is void: show the transaction again and send a new code.",
        ),
        (
            Outcome::NotEnrolled,
            "The user has not completed an enrolment. Pass on the enrolment link, or open a new one with `POST user/{domain}/{user_id}/enrolment/`.",
        ),
    ];
    let explained = explained.into_iter().map(|(outcome, text)| Explained {
        code: outcome.code().to_owned(),
        statuses: Vec::new(),
        texts: vec![Prose::parse(text)],
    });
    explained.collect()
}

impl Explained {
    fn add(&mut self, status: u16, text: &str) {
        if !self.statuses.contains(&status) {
            self.statuses.push(status);
        }
        let text = Prose::parse(text);
        if !self.texts.contains(&text) {
            self.texts.push(text);
        }
    }
}

/// Refusals of requests that reach no flow.
const REQUESTS: [(StatusCode, &str, &str); 17] = [
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal-error",
        "a fault of this service: nothing is known of what came of the request; tell whoever runs it, and look before you try again",
    ),
    (
        StatusCode::UNAUTHORIZED,
        "api-key-missing",
        "send one API key in the header `x-api-key`; `keyfob key create` makes one",
    ),
    (
        StatusCode::UNAUTHORIZED,
        "api-key-invalid",
        "the API key is mistyped, expired or revoked; `keyfob key list` shows which there are",
    ),
    (
        StatusCode::NOT_FOUND,
        "not-found",
        "there is nothing at this path; compare it with this page",
    ),
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "the path takes another method; this page says which",
    ),
    (
        StatusCode::MISDIRECTED_REQUEST,
        "host-not-local",
        "with `--dev` only `localhost`, `127.0.0.1` and `[::1]` are answered: use one of them, or run without `--dev`",
    ),
    (StatusCode::BAD_REQUEST, "invalid-path", "the path is not UTF-8; percent-encode the user id"),
    (
        StatusCode::BAD_REQUEST,
        "invalid-request",
        "the body is not one JSON object, or a field is unknown, missing, there twice or of another type; `field` names it",
    ),
    (
        StatusCode::REQUEST_TIMEOUT,
        "body-too-slow",
        "the body did not arrive within ten seconds; send it again",
    ),
    (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "the body is larger than 16 KiB; send less"),
    (
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not-json",
        "send JSON, with the header `content-type: application/json`",
    ),
    (
        StatusCode::BAD_REQUEST,
        "invalid-domain",
        "a domain is a UUID, as `POST domain/` returned it",
    ),
    (
        StatusCode::BAD_REQUEST,
        "invalid-otp-id",
        "an `otp_id` is a UUID, as `POST send/` returned it",
    ),
    (
        StatusCode::BAD_REQUEST,
        "two-endings",
        "send `origin` or `app_hash`, not both: each must be the last line",
    ),
    (
        StatusCode::UNAUTHORIZED,
        "callback-unsigned",
        "for providers: this is not signed by one that reports here; compare its key and its `callback_url` in the configuration, and its clock",
    ),
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        "receipts-not-configured",
        "for providers: the signature is right, and reports of this provider are not listened to; set `receipts = true` in its section of the configuration",
    ),
    (
        StatusCode::BAD_REQUEST,
        "one-to-erase",
        "Send either `to`, a number or address, or `user_id`.",
    ),
];

/// One of every error that a request can meet, with numbers that it might have.
fn flow_errors() -> Vec<ServiceError> {
    let mut errors = vec![
        ServiceError::DomainNotFound,
        ServiceError::UserNotFound,
        ServiceError::UserExists,
        ServiceError::ChallengeNotFound,
        ServiceError::ChallengeOver,
        ServiceError::RecipientBlocked { until: Some(0) },
        ServiceError::RecipientBlocked { until: None },
        ServiceError::DestinationNotAllowed { premium: false },
        ServiceError::DestinationNotAllowed { premium: true },
        ServiceError::SimSwap { swapped: true },
        ServiceError::SimSwap { swapped: false },
        ServiceError::SimSwapNotConfigured,
        ServiceError::IdempotencyInFlight,
        ServiceError::IdempotencyMismatch,
        ServiceError::Contention,
        ServiceError::Port(PortError::Unavailable),
        ServiceError::Port(PortError::ProviderUnavailable),
        ServiceError::Port(PortError::NotConfigured),
        ServiceError::Port(PortError::Entropy),
        ServiceError::Corrupt,
    ];
    errors.extend(SendScope::ALL.map(|scope| ServiceError::SendLimit { scope, retry_at: 0 }));
    errors.extend(field_errors().map(|error| ServiceError::Invalid { field: "", error }));
    errors
}

fn field_errors() -> impl Iterator<Item = Error> {
    let parameters = [
        ParameterError::Algorithm,
        ParameterError::Digits,
        ParameterError::Period,
        ParameterError::CodeLength,
        ParameterError::CodeEntropy,
        ParameterError::Name,
        ParameterError::UserId,
        ParameterError::Channel,
        ParameterError::Lifetime,
        ParameterError::FallbackAfter,
        ParameterError::FallbackChannel,
        ParameterError::MaxAge,
        ParameterError::ClientAddress,
        ParameterError::Context,
        ParameterError::Language,
        ParameterError::IdempotencyKey,
    ];
    let secrets = [
        SecretError::Empty,
        SecretError::Character { position: 0 },
        SecretError::Length { characters: 33 },
        SecretError::TrailingBits,
        SecretError::TooShort { bits: 80 },
        SecretError::TooLong,
    ];
    let accounts = [UriError::TooLong, UriError::AccountEmpty, UriError::ControlCharacter];
    let recipients = [
        RecipientError::PhoneFormat,
        RecipientError::PhoneLength,
        RecipientError::PhoneImpossible,
        RecipientError::EmailFormat,
        RecipientError::EmailLength,
    ];
    let messages = [
        MessageError::TooLong { characters: MAXIMUM_MESSAGE_CHARACTERS + 1 },
        MessageError::TooLongForApp { bytes: 141 },
    ];
    let endings = [EndingError::Host, EndingError::AppHash];
    let parameters = parameters.into_iter().map(Error::from);
    let of_users = secrets.into_iter().map(Error::from).chain(accounts.map(Error::from));
    let of_messages = recipients.into_iter().map(Error::from).chain(messages.map(Error::from));
    parameters
        .chain(of_users)
        .chain(of_messages)
        .chain(endings.map(Error::from))
        .chain(template_errors().map(Error::from))
        .chain(context_errors().map(Error::from))
}

fn template_errors() -> [TemplateError; 10] {
    [
        TemplateError::CodeMissing,
        TemplateError::UnknownPlaceholder { name: "name".into(), position: 0 },
        TemplateError::Unclosed { position: 0 },
        TemplateError::CodeNotApart { position: 0 },
        TemplateError::Character { position: 0 },
        TemplateError::TooLong { characters: Template::MAXIMUM_CHARACTERS + 1 },
        TemplateError::AmountNotShown,
        TemplateError::PayeeNotShown,
        TemplateError::AmountUnknown,
        TemplateError::PayeeUnknown,
    ]
}

fn context_errors() -> [ContextError; 7] {
    let name = || "payee".to_owned();
    [
        ContextError::Empty,
        ContextError::TooManyFields,
        ContextError::Name,
        ContextError::Blank { name: name() },
        ContextError::TooLong {
            name: name(),
            maximum: TransactionContext::MAXIMUM_VALUE_CHARACTERS,
        },
        ContextError::Character { name: name(), position: 0 },
        ContextError::Link { name: name() },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keyfob::enrolment::{MigrationError, QrError, Warning};

    use super::*;

    /// What no answer carries. Requests bring names, but no URI, export or picture; an
    /// enrolment that is gone is a page.
    fn unanswered() -> BTreeSet<&'static str> {
        let of_uris = [
            "uri-scheme",
            "uri-is-migration",
            "uri-type",
            "uri-fragment",
            "uri-escape",
            "uri-not-utf8",
            "uri-secret-missing",
            "uri-duplicate-parameter",
            "uri-algorithm",
            "uri-digits",
            "uri-period",
            "uri-counter",
            "uri-no-counter",
            "uri-issuer-blank",
            "uri-parameter-reserved",
        ];
        let of_callers = [
            "invalid-window",
            "invalid-attempts",
            "invalid-enrolment-lifetime",
            "invalid-recovery-count",
            "invalid-recovery-hash",
            "invalid-place",
            "named-twice",
            "invalid-percent",
            "invalid-prefix",
            "invalid-retention",
            "invalid-send-window",
            "duplicate-sealing-key",
            "unknown-channel",
            "message-code",
            "flow-misuse",
            "malformed", // as an outcome; the problem is `malformed-code`
            // What JSON says in a field of a closed set is refused as it is read.
            "invalid-alphabet",
            "invalid-delivery-state",
            "invalid-error-correction",
            "invalid-mode",
            "invalid-receipt",
            "invalid-sim-swap",
            "invalid-sim-swap-action",
            // Who calls has a key, and keys, messages and claims are the host's own.
            "invalid-account",
            "invalid-claim",
            "invalid-key",
            "invalid-message-id",
        ];
        let codes = of_uris.into_iter().chain(of_callers).chain(["enrolment-not-found"]);
        let codes = codes.chain(MigrationError::codes()).chain(QrError::codes());
        codes.chain(Warning::codes()).collect()
    }

    #[test]
    fn every_code_of_the_core_is_explained_unless_no_answer_carries_it() {
        let explained = problems().into_iter().chain(outcomes()).map(|explained| explained.code);
        let explained: BTreeSet<String> = explained.collect();
        let unanswered = unanswered();
        let outcomes = Outcome::codes().filter(|code| *code != Outcome::Accepted.code());
        for code in ServiceError::codes().chain(outcomes) {
            assert_ne!(explained.contains(code), unanswered.contains(code), "{code}");
        }
    }

    #[test]
    fn a_text_that_names_a_length_and_its_limit_is_true() {
        let texts = field_errors().map(|error| error.to_string());
        let lengths = texts.filter(|text| text.contains(" or fewer") || text.contains("may have"));
        let mut checked = 0;
        for text in lengths {
            let words = text.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<u32> = words.filter_map(|number| number.parse().ok()).collect();
            assert!(numbers.len() == 2 && numbers[0] > numbers[1], "{text}");
            checked += 1;
        }
        assert_eq!(checked, 3);
    }
}
