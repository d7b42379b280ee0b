"""The examples as a user starts them: a server of each, and requests from outside."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keyfob
import pytest
from support import ROOT, wrong
from test_smtp import Mailbox, free_port
from aiosmtpd.controller import Controller

EXAMPLES = ROOT / "bindings-python" / "examples"
MANAGE = [sys.executable, "manage.py"]


class Application:
    def __init__(self, port: int, mailbox: Mailbox) -> None:
        self.base, self.mailbox = f"http://127.0.0.1:{port}/", mailbox

    def post(self, path: str, **body: str) -> tuple[int, Any]:
        return self.post_bytes(path, json.dumps(body).encode())

    def post_bytes(self, path: str, data: bytes) -> tuple[int, Any]:
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def code(self) -> str:
        found = re.search(r"\b\d{6}\b", self.mailbox.mails[-1].get_content())
        assert found
        return found[0]


@pytest.fixture(params=["fastapi", "django"])
def application(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Application]:
    mailbox, port = Mailbox(), free_port()
    relay = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    relay.start()
    given = {"DATA": str(tmp_path), "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay.port), "SMTP_SECURITY": "none"}
    environment = {**os.environ, **given}
    folder = EXAMPLES / f"{request.param}_app"
    if request.param == "django":
        subprocess.run([*MANAGE, "migrate", "-v0"], cwd=folder, env=environment, check=True)
        subprocess.run([*MANAGE, "makemigrations", "--check", "-v0"], cwd=folder, env=environment, check=True)
        command = [*MANAGE, "runserver", "--noreload", f"127.0.0.1:{port}"]
    else:
        command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port)]
    log = (tmp_path / "log").open("w+")
    server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        offered = Application(port, mailbox)
        wait_until_it_answers(offered, server, log)
        yield offered
    finally:
        server.terminate()
        server.wait(10)
        relay.stop()
        log.close()


def wait_until_it_answers(application: Application, server: subprocess.Popen[bytes], log: Any) -> None:
    for _ in range(300):
        assert server.poll() is None, (log.seek(0), log.read())
        try:
            application.post("verify", otp_id="x", code="x")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the example does not answer")


def test_an_example_keeps_its_promises(application: Application) -> None:
    status, sent = application.post("send", to="ann@example.com")
    assert status == 200 and sent.keys() == {"otp_id", "expires_at"}
    code = application.code()
    found = application.post("verify", otp_id=sent["otp_id"], code=wrong(code))
    told = {"verified": False, "outcome": "mismatch", "attempts_left": 4, "until": None}
    assert found == (200, told)
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: application.post("verify", otp_id=sent["otp_id"], code=code), range(32))
        )
    assert Counter(body.get("verified") for _, body in answers)[True] == 1
    assert {status for status, _ in answers} <= {200, 503}

    status, user = application.post("users", user_id="ann")
    assert status == 200 and user["qr"].startswith("<svg")
    device = keyfob.parse_uri(user["uri"]).generator()
    assert isinstance(device, keyfob.TOTP)
    with ThreadPoolExecutor(16) as pool:
        code = device.now()
        answers = list(pool.map(lambda _: application.post("totp", user_id="ann", code=code), range(16)))
    assert Counter(body.get("verified") for _, body in answers)[True] == 1
    assert {body.get("outcome") for _, body in answers} <= {"accepted", "replayed", None}

    assert application.post("send", to="ann@example.com")[0] == 429
    assert application.post("send", to="nobody")[1]["code"] == "phone-format"
    assert application.post("users", user_id="ann") == (409, application.post("users", user_id="ann")[1])
    assert application.post("verify", otp_id="x", code="1")[1]["code"] == "invalid-otp-id"
    for malformed in (b"{", b"\xff", b"[]", b"{}", b'{"to": 5}', b'{"to": {"phone": []}}', b'{"to": "\\udc80"}'):
        assert application.post_bytes("send", malformed)[0] in (400, 422), malformed


@pytest.mark.parametrize(("example", "given"), [
    ("fastapi", "from main import refusal, status"),
    ("django", "import django; django.setup(); from otp.views import refusal, status"),
])
def test_a_refusal_is_told_and_what_is_the_servers_fault_is_not(
    example: str, given: str, tmp_path: pathlib.Path
) -> None:
    wanted = {
        "user-not-found": 404, "user-exists": 409, "recipient-blocked": 429, "contention": 503,
        "storage-unavailable": 503, "record-corrupt": 500, "channel-not-configured": 500,
    }
    judged = f"""
import json, os, keyfob
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
{given}
errors = [keyfob.ServiceError("why", code) for code in {list(wanted)}]
errors += [keyfob.ServiceError("why", code, retry_at=9) for code in ("send-limit", "unverified-sends", "prefix-stopped")]
print(json.dumps([[error.code, status(error), refusal(error)] for error in errors]))
"""
    folder, environment = EXAMPLES / f"{example}_app", {**os.environ, "DATA": str(tmp_path)}
    command = [sys.executable, "-c", judged]
    found = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    for code, status, told in json.loads(found.stdout):
        assert status == wanted.get(code, 429), code
        assert told == ({"code": code, "detail": "why"} if status < 500 else {"code": "unavailable"})
    assert b"why" in found.stderr, "what is the server's fault is in its log"


def test_an_example_makes_keys_of_its_own(application: Application, tmp_path: pathlib.Path) -> None:
    kept = tmp_path / "keys.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    root = keyfob.Keys.from_json(kept.read_text()).root
    assert len(root) == 32 and len(set(root)) > 8, "no well-known key"


@pytest.mark.parametrize(("example", "found"), [
    ("fastapi", "from main import KEYS; print(KEYS.expose_json())"),
    ("django", "from settings import *; print(KEYFOB_KEYS.expose_json(), SECRET_KEY)"),
])
def test_workers_that_start_at_once_have_the_same_keys(
    example: str, found: str, tmp_path: pathlib.Path
) -> None:
    """Keys take their time here, so that all workers find none when they look."""
    slow = """
import os, time, keyfob
os.umask(0)
made = keyfob.Keys.generate()
keyfob.Keys.generate = lambda: time.sleep(1) or made
"""
    command = [sys.executable, "-c", slow + found]
    folder, environment = EXAMPLES / f"{example}_app", {**os.environ, "DATA": str(tmp_path)}
    workers = [
        subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE) for _ in range(3)
    ]
    said = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert len(set(said)) == 1 and said[0], "each has keys of its own"
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    assert "keys.json" in modes and not [name for name in modes if name.startswith("keys.json") and name != "keys.json"]
