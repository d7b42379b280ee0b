"""keyfob in FastAPI: codes by email, and authenticator apps, over a SQLite file.

    pip install keyfob fastapi uvicorn
    uvicorn main:app

The keys are made on first start and kept in a file of their own; in production they belong where
the application keeps its secrets.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pathlib
import tempfile
from collections.abc import Callable, Mapping

import keyfob
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from keyfob.smtp import SmtpDelivery
from keyfob.sqlite import SqliteStorage
from pydantic import BaseModel

FOLDER = pathlib.Path(os.environ.get("DATA", "."))


def kept(name: str, made: Callable[[], str]) -> str:
    """What is made on first start and kept in a file that only its owner may read. The file is there when
    it is whole; of workers that start at once, all have what the first put there."""
    path = FOLDER / name
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=FOLDER, prefix=name) as file:
            file.write(made())
            file.flush()
            os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text()


STORAGE = SqliteStorage(FOLDER / "otp.db")
KEYS = keyfob.Keys.from_json(kept("keys.json", lambda: keyfob.Keys.generate().expose_json()))
DOMAIN = kept("domain", lambda: keyfob.Service(STORAGE, keys=KEYS).create_domain("Example Bank"))
RELAY = SmtpDelivery(
    os.environ.get("SMTP_HOST", "localhost"),
    int(os.environ.get("SMTP_PORT", "587")),
    sender="otp@example.com",
    security=os.environ.get("SMTP_SECURITY", "starttls"),
)
service = keyfob.AsyncService(
    keyfob.in_threads(STORAGE), keyfob.delivery_in_threads(RELAY), keys=KEYS
)
app = FastAPI()
LOG = logging.getLogger(__name__)


class Send(BaseModel):
    to: str


class Verify(BaseModel):
    otp_id: str
    code: str


class User(BaseModel):
    user_id: str


class Totp(BaseModel):
    user_id: str
    code: str


@app.post("/send")
async def send(body: Send) -> Mapping[str, object]:
    sent = await service.send(DOMAIN, body.to, channel="email")
    return {"otp_id": sent.otp_id, "expires_at": sent.expires_at}


@app.post("/verify")
async def verify(body: Verify) -> Mapping[str, object]:
    return answer(await service.verify(body.otp_id, body.code))


@app.post("/users")
async def create_user(body: User) -> Mapping[str, object]:
    created = await service.create_user(DOMAIN, body.user_id, return_secret=True)
    assert created.uri
    return {"uri": created.uri, "qr": keyfob.qr_svg(created.uri)}


@app.post("/totp")
async def totp(body: Totp) -> Mapping[str, object]:
    return answer(await service.verify_totp(DOMAIN, body.user_id, body.code))


@app.exception_handler(keyfob.InvalidArgument)
async def invalid(_: Request, error: keyfob.InvalidArgument) -> JSONResponse:
    return JSONResponse({"code": error.code, "detail": str(error)}, 400)


@app.exception_handler(keyfob.ServiceError)
async def refused(_: Request, error: keyfob.ServiceError) -> JSONResponse:
    return JSONResponse(refusal(error), status(error))


def answer(outcome: keyfob.Outcome) -> Mapping[str, object]:
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
