from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from typing import Any, NoReturn

import keyfob
from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from keyfob.smtp import SmtpDelivery

from .models import Setting
from .storage import ModelStorage

SERVICE = keyfob.Service(
    ModelStorage(),
    SmtpDelivery(**settings.KEYFOB_SMTP),
    keys=settings.KEYFOB_KEYS,
)
LOG = logging.getLogger(__name__)
View = Callable[["Body"], dict[str, object]]


class Body(dict[str, Any]):
    """What was sent; to name what is missing is the caller's."""

    def __missing__(self, name: str) -> NoReturn:
        raise BadRequest(f"{name} is missing")


def answers_json(view: View) -> Callable[[HttpRequest], JsonResponse]:
    """Reads and writes JSON; refusals have their stable code."""

    @csrf_exempt
    @require_POST
    @transaction.non_atomic_requests
    @functools.wraps(view)
    def answer(request: HttpRequest) -> JsonResponse:
        try:
            return JsonResponse(view(body_of(request)))
        except BadRequest as error:
            return JsonResponse({"code": "malformed-request", "detail": str(error)}, status=400)
        except keyfob.InvalidArgument as error:
            return JsonResponse({"code": error.code, "detail": str(error)}, status=400)
        except keyfob.ServiceError as error:
            return JsonResponse(refusal(error), status=status(error))

    return answer


@answers_json
def send(body: Body) -> dict[str, object]:
    sent = SERVICE.send(domain(), body["to"], channel="email")
    return {"otp_id": sent.otp_id, "expires_at": sent.expires_at}


@answers_json
def verify(body: Body) -> dict[str, object]:
    return told(SERVICE.verify(body["otp_id"], body["code"]))


@answers_json
def create_user(body: Body) -> dict[str, object]:
    created = SERVICE.create_user(domain(), body["user_id"], return_secret=True)
    assert created.uri
    return {"uri": created.uri, "qr": keyfob.qr_svg(created.uri)}


@answers_json
def totp(body: Body) -> dict[str, object]:
    return told(SERVICE.verify_totp(domain(), body["user_id"], body["code"]))


def body_of(request: HttpRequest) -> Body:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise BadRequest("the body is no JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("the body is no JSON object")
    return Body(body)


def domain() -> str:
    """The application's one domain, made when it is first needed."""
    found = Setting.objects.filter(name="domain").first()
    if found is None:
        made = SERVICE.create_domain("Example Bank")
        found, _ = Setting.objects.get_or_create(name="domain", defaults={"value": made})
    return found.value


def told(outcome: keyfob.Outcome) -> dict[str, object]:
    told = {"verified": bool(outcome), "outcome": outcome.outcome}
    return told | {"attempts_left": outcome.attempts_left, "until": outcome.until}


def refusal(error: keyfob.ServiceError) -> dict[str, str]:
    """What the one who asks is told; what is the server's fault is for its log."""
    if status(error) < 500:
        return {"code": error.code, "detail": str(error)}
    LOG.error("%s", error, exc_info=error)
    return {"code": "unavailable"}


def status(error: keyfob.ServiceError) -> int:
    if error.code.endswith("-not-found"):
        return 404
    if error.retry_at or error.code == "recipient-blocked":  # a limit, whichever it is
        return 429
    if error.code == "user-exists":
        return 409
    return 503 if error.code in ("storage-unavailable", "provider-unavailable", "contention") else 500
