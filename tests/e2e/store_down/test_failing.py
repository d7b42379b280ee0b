"""The disk has become read-only, or fails to write or to sync: 503 within a second,
nothing accepted, and normal again by itself."""

import errno
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from support.client import READINESS
from support.device import Device
from support.service import Service
from support.wait import until

FAULTS = Path(__file__).with_name("faults.c")


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """The library that makes the calls fail."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "this suite needs a C compiler"
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, FAULTS, "-ldl"], check=True)
    return library


@pytest.fixture
def failing(shim, tmp_path):
    """A service, and what makes its disk fail."""
    order = tmp_path / "order"
    environment = {"LD_PRELOAD": str(shim), "STORE_FAULTS": str(order)}
    with Service(environment=environment) as service:
        yield service, order


def timed(call):
    began = time.monotonic()
    reply = call()
    took = time.monotonic() - began
    assert took < 1.0, f"answered after {took:.2f} s"
    return reply


@pytest.mark.parametrize("call, number", [
    ("write", errno.EROFS), ("write", errno.EIO), ("write", errno.ENOSPC), ("sync", errno.EIO),
], ids=["read-only", "write-error", "no-space", "sync-error"])
def test_a_failing_disk_refuses_and_recovers(failing, call, number):
    service, order = failing
    client, domain = service.client, service.client.new_domain()
    user, other = client.new_user(domain), client.new_user(domain)
    device = Device(user["secret"])
    code, wrong = device.code(), Device(other["secret"]).wrong_codes(1)[0]
    sent = client.send(domain, "failing@example.com").ok()
    sent_code = service.received_code("failing@example.com")

    order.write_text(f"{call} {number}\n")
    for _ in range(3):
        timed(lambda: client.totp(user, code)).problem(503)
        timed(lambda: client.totp(other, wrong)).problem(503)
        timed(lambda: client.verify(sent["otp_id"], sent_code)).problem(503)
        timed(lambda: client.post("user/", {"domain": domain, "user_id": "ghost"})).problem(503)
        timed(lambda: client.send(domain, "ghost@example.com")).problem(503)
    time.sleep(READINESS)
    assert timed(lambda: client.request("GET", "/readyz")).status == 503
    assert client.request("GET", "/livez").status == 200
    order.unlink()

    wait_until_ready(client)
    # A sync that failed may have kept the attempt, but nobody was told that it was good.
    first = client.totp(user, code).ok()
    assert first == {"verified": True} or (call == "sync" and first["outcome"] == "replayed")
    assert client.totp(user, code).ok()["outcome"] == "replayed"
    sent_first = client.verify(sent["otp_id"], sent_code).ok()
    assert sent_first["verified"] or (call == "sync" and sent_first["outcome"] == "replayed")
    if call == "write":
        assert client.user_status(other)["failures"] == 0
        assert client.get(f"user/{domain}/ghost/").status == 404
    assert service.messages("ghost@example.com") == [], "a refused message was sent"

    service.kill()
    service.start()
    assert service.client.totp(user, code).ok()["outcome"] == "replayed", "accepted, not kept"


def wait_until_ready(client):
    until(lambda: client.request("GET", "/readyz").status, (200).__eq__, within=3)
