"""Another process holds the database's write lock: nothing is accepted, the answer is
503 within a second, and when the lock is gone all is as before, by itself."""

import contextlib
import sqlite3
import time

import pytest
from support.client import READINESS
from support.device import Device
from support.service import Service

SOON = 1.0


@contextlib.contextmanager
def write_lock(service):
    other = sqlite3.connect(service.data / "keyfob.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@pytest.fixture
def store():
    with Service() as service:
        yield service


def timed(call):
    began = time.monotonic()
    reply = call()
    return reply, time.monotonic() - began


def test_while_the_store_is_locked_nothing_is_accepted_and_afterwards_all_is(store):
    client, domain = store.client, store.client.new_domain()
    user = client.new_user(domain)
    code = Device(user["secret"]).code()
    sent = client.send(domain, "locked@example.com").ok()
    sent_code = store.received_code("locked@example.com")
    calls = {
        "totp": lambda: client.totp(user, code),
        "verify": lambda: client.verify(sent["otp_id"], sent_code),
        "user": lambda: client.post("user/", {"domain": domain, "user_id": "later"}),
        "domain": lambda: client.post("domain/"),
        "send": lambda: client.send(domain, "later@example.com"),
        "cancel": lambda: client.post("cancel/", {"otp_id": sent["otp_id"]}),
    }
    with write_lock(store):
        for name, call in calls.items():
            reply, took = timed(call)
            problem = reply.problem(503)
            assert problem["code"] == "unavailable" or problem["code"].endswith("unavailable"), problem
            assert int(reply.headers["retry-after"]) >= 1
            assert took < SOON, f"{name} took {took:.2f} s"
        time.sleep(READINESS)
        reply, took = timed(lambda: client.request("GET", "/readyz"))
        assert (reply.status, took < SOON) == (503, True), "not ready, and soon"
        assert client.request("GET", "/livez").status == 200, "the process itself is well"
    assert client.totp(user, code).ok() == {"verified": True}, "the code was not used up"
    assert client.verify(sent["otp_id"], sent_code).ok() == {"verified": True}
    assert client.user_status(user)["failures"] == 0
    assert client.get(f"user/{domain}/later/").status == 404, "a refused request came true later"
    time.sleep(READINESS)
    assert client.request("GET", "/readyz").status == 200


def test_a_wrong_code_that_cannot_be_counted_is_not_evaluated(store):
    client = store.client
    user = client.new_user(client.new_domain())
    wrong = Device(user["secret"]).wrong_codes(1)[0]
    with write_lock(store):
        for _ in range(10):
            client.totp(user, wrong).problem(503)
    assert client.user_status(user)["failures"] == 0


def test_it_is_normal_at_once_after_many_locks(store):
    client = store.client
    user = client.new_user(client.new_domain())
    device = Device(user["secret"])
    for steps in (0, 1):
        code = device.code(steps)
        with write_lock(store):
            client.totp(user, code).problem(503)
        reply, took = timed(lambda: client.totp(user, code))
        assert reply.ok() == {"verified": True}
        assert took < 0.5
