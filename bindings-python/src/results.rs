//! What flows come to, as named values for the classes of `keyfob._results`.

use keyfob::{
    TotpParameters,
    service::{
        ChallengeView, Created, DomainId, DomainView, EnrolmentView, OpenEnrolment, Outcome, Sent,
        SimSwapCheck, SimSwapPolicy, UserStatus, UserView, Wanted, Way,
    },
};
use pyo3::{IntoPyObjectExt, prelude::*};

use crate::{
    error::{named, refused},
    secret::Secret,
};

pub(crate) fn nothing(py: Python<'_>, (): ()) -> PyResult<Py<PyAny>> {
    Ok(py.None())
}

pub(crate) fn truth(py: Python<'_>, value: bool) -> PyResult<Py<PyAny>> {
    value.into_py_any(py)
}

pub(crate) fn domain_id(py: Python<'_>, id: DomainId) -> PyResult<Py<PyAny>> {
    id.to_string().into_py_any(py)
}

pub(crate) fn domain(py: Python<'_>, view: DomainView) -> PyResult<Py<PyAny>> {
    let sim_swap = view.settings.sim_swap.map(|it| sim_swap_policy(py, it)).transpose();
    named(
        py,
        [
            ("domain", view.domain.to_string().into_bound_py_any(py)),
            ("name", view.name.into_bound_py_any(py)),
            ("created_at", view.created_at.into_bound_py_any(py)),
            ("sim_swap", sim_swap?.into_bound_py_any(py)),
            ("fallback_after", view.settings.fallback_after.into_bound_py_any(py)),
        ],
    )
}

pub(crate) fn judged(py: Python<'_>, outcome: Outcome) -> PyResult<Py<PyAny>> {
    let (attempts_left, until) = match outcome {
        Outcome::Mismatch { attempts_left } => (Some(attempts_left), None),
        Outcome::Blocked { until } => (None, Some(until)),
        _ => (None, None),
    };
    named(
        py,
        [
            ("outcome", outcome.code().into_bound_py_any(py)),
            ("attempts_left", attempts_left.into_bound_py_any(py)),
            ("until", until.into_bound_py_any(py)),
        ],
    )
}

/// With a secret and a URI, or with a ticket.
pub(crate) fn created(
    py: Python<'_>,
    (created, asked): (Created, TotpParameters),
) -> PyResult<Py<PyAny>> {
    match created {
        Created::Enrolled { secret, uri } => named(
            py,
            [
                ("secret", Secret(secret).into_bound_py_any(py)),
                ("uri", uri.as_str().into_bound_py_any(py)),
                ("parameters", parameters(py, asked)),
            ],
        ),
        Created::Pending(opened) => opened_enrolment(py, opened),
    }
}

pub(crate) fn opened_enrolment(py: Python<'_>, opened: OpenEnrolment) -> PyResult<Py<PyAny>> {
    named(
        py,
        [
            ("ticket", opened.ticket.expose().into_bound_py_any(py)),
            ("expires_at", opened.expires_at.into_bound_py_any(py)),
            ("parameters", parameters(py, opened.parameters)),
        ],
    )
}

pub(crate) fn enrolment(py: Python<'_>, view: EnrolmentView) -> PyResult<Py<PyAny>> {
    named(
        py,
        [
            ("account", view.account.to_string().into_bound_py_any(py)),
            ("domain", view.domain.to_string().into_bound_py_any(py)),
            ("user_id", view.user_id.as_str().into_bound_py_any(py)),
            ("issuer", view.issuer.into_bound_py_any(py)),
            ("account_name", view.account_name.into_bound_py_any(py)),
            ("secret", Secret(view.secret).into_bound_py_any(py)),
            ("uri", view.uri.as_str().into_bound_py_any(py)),
            ("expires_at", view.expires_at.into_bound_py_any(py)),
            ("blocked_until", view.blocked_until.into_bound_py_any(py)),
            ("parameters", parameters(py, view.parameters)),
        ],
    )
}

pub(crate) fn user(py: Python<'_>, view: UserView) -> PyResult<Py<PyAny>> {
    let until = match view.status {
        UserStatus::Blocked { until } => Some(until),
        _ => None,
    };
    named(
        py,
        [
            ("status", view.status.code().into_bound_py_any(py)),
            ("until", until.into_bound_py_any(py)),
            ("created_at", view.created_at.into_bound_py_any(py)),
            ("enrolment_expires_at", view.enrolment_expires_at.into_bound_py_any(py)),
            ("failures", view.failures.into_bound_py_any(py)),
            ("parameters", parameters(py, view.parameters)),
        ],
    )
}

pub(crate) fn sent(py: Python<'_>, sent: Sent) -> PyResult<Py<PyAny>> {
    named(
        py,
        [
            ("otp_id", sent.otp_id.to_string().into_bound_py_any(py)),
            ("channel", sent.channel.name().into_bound_py_any(py)),
            ("language", sent.language.tag().into_bound_py_any(py)),
            ("delivery", sent.delivery.code().into_bound_py_any(py)),
            ("expires_at", sent.expires_at.into_bound_py_any(py)),
            ("resend_at", sent.resend_at.into_bound_py_any(py)),
            ("attempts_left", sent.attempts_left.into_bound_py_any(py)),
            ("sim_swap", sent.sim_swap.map(keyfob::service::SimSwap::code).into_bound_py_any(py)),
        ],
    )
}

pub(crate) fn challenge(py: Python<'_>, view: ChallengeView) -> PyResult<Py<PyAny>> {
    let passages: Vec<_> = view
        .passages
        .iter()
        .map(|it| (it.message, it.channel.name(), it.state.code(), it.at))
        .collect();
    named(
        py,
        [
            ("status", view.status.code().into_bound_py_any(py)),
            ("channel", view.channel.name().into_bound_py_any(py)),
            ("calling_code", view.calling_code.into_bound_py_any(py)),
            ("delivery", view.delivery.code().into_bound_py_any(py)),
            ("created_at", view.created_at.into_bound_py_any(py)),
            ("expires_at", view.expires_at.into_bound_py_any(py)),
            ("attempts_left", view.attempts_left.into_bound_py_any(py)),
            ("passages", passages.into_bound_py_any(py)),
        ],
    )
}

pub(crate) fn wanted(py: Python<'_>, wanted: Wanted) -> PyResult<Py<PyAny>> {
    named(py, [("wanted", wanted.code().into_bound_py_any(py))])
}

pub(crate) fn way(py: Python<'_>, way: Way) -> PyResult<Py<PyAny>> {
    let code = way.code();
    let reason = match way {
        Way::Closed(error) => Some(refused(error).into_value(py)),
        _ => None,
    };
    named(py, [("way", code.into_bound_py_any(py)), ("reason", reason.into_bound_py_any(py))])
}

pub(crate) fn sim_swap(py: Python<'_>, check: SimSwapCheck) -> PyResult<Py<PyAny>> {
    named(
        py,
        [
            ("answer", check.answer.code().into_bound_py_any(py)),
            ("source", check.source.code().into_bound_py_any(py)),
            ("checked_at", check.checked_at.into_bound_py_any(py)),
        ],
    )
}

fn parameters(py: Python<'_>, it: TotpParameters) -> PyResult<Bound<'_, PyAny>> {
    let class = py.import("keyfob._policy")?.getattr("TotpParameters")?;
    class.call1((it.algorithm.name(), it.digits.value(), it.period.seconds()))
}

fn sim_swap_policy(py: Python<'_>, it: SimSwapPolicy) -> PyResult<Bound<'_, PyAny>> {
    let class = py.import("keyfob._policy")?.getattr("SimSwapPolicy")?;
    class.call1((it.max_age_hours, it.on_swapped.code(), it.on_unknown.code()))
}
