"""Accounts are told what happened: signed, until they have taken it, and nowhere that is not
public."""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.gateway import SECRET, Gateway, receipt
from support.service import REPOSITORY, Service
from support.wait import until

PHONE = "+447700900123"


class Listener:
    """An account's own server. Keeps what it is told, and how it was signed."""

    def __init__(self):
        self.status, self.told, self.attempts, self.delay = 200, [], 0, 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.attempts += 1
                time.sleep(listener.delay)
                if listener.status == 200:
                    listener.told.append((dict(self.headers.items()), body))
                self.send_response(listener.status)
                if listener.status == 307:
                    self.send_header("location", listener.elsewhere)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/told"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, kind, within=10.0):
        deadline = time.monotonic() + within
        while not (found := [json.loads(body) for _, body in self.told
                             if json.loads(body)["type"] == kind]):
            assert time.monotonic() < deadline, f"{kind}: {self.told}"
            time.sleep(0.02)
        return found


def signatures(secret, headers, body):
    """Standard Webhooks, from its specification."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def documented(name):
    """What docs/webhooks.md has in Python, to be copied."""
    page = (REPOSITORY / "docs/webhooks.md").read_text()
    there = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1), there)
    return there[name]


@pytest.fixture
def stage(tmp_path):
    with ExitStack() as stack:
        gateway, listener = stack.enter_context(Gateway()), stack.enter_context(Listener())
        file = tmp_path / "keyfob.toml"
        file.write_text(f"""
            [channels]
            sms = ["sms"]
            voice = ["sms"]
            [providers.sms]
            kind = "webhook"
            url = "{gateway.url}/messages"
            secret = "{SECRET}"
            receipts = true
            [webhooks]
            networks = ["127.0.0.0/8"]
        """)
        service = stack.enter_context(Service(dev=False, arguments=["--config", file]))
        yield service, gateway, listener


def send(service, to=PHONE):
    return service.client.send(service.client.new_domain(), to, "sms").ok()["otp_id"]


def test_what_happens_to_a_code_is_told_signed_and_without_it(stage):
    service, gateway, listener = stage
    answer = service.client.call("PUT", "webhook/", {"url": listener.url}).ok()
    secret = answer["secret"]
    assert "secret" not in service.client.get("webhook/").ok()
    otp_id = send(service)
    [message] = gateway.fetch(PHONE)
    receipt(service, "sms", message, "delivered")
    [delivered] = listener.wait("otp.delivered")
    assert delivered["data"] == {"otp_id": otp_id, "channel": "sms"}
    code = re.search(r"\d{6}", message["text"]).group()
    service.client.verify(otp_id, code).ok()
    [verified] = listener.wait("otp.verified")
    assert verified["data"] == {"otp_id": otp_id}
    failed = send(service, "+447700900124")
    [message] = gateway.fetch("+447700900124")
    receipt(service, "sms", message, "failed")
    assert listener.wait("otp.failed")[0]["data"]["otp_id"] == failed
    wrong = "000000" if code_of(message) != "000000" else "111111"
    for _ in range(5):
        service.client.verify(failed, wrong)
    assert listener.wait("otp.blocked")[0]["data"]["otp_id"] == failed
    for headers, body in listener.told:
        headers = {name.lower(): value for name, value in headers.items()}
        assert headers["webhook-signature"] == signatures(secret, headers, body)
        assert abs(time.time() - int(headers["webhook-timestamp"])) < 60
        for hidden in (PHONE, "+447700900124", code, secret):
            assert hidden.encode() not in body


def code_of(message):
    return re.search(r"(?<!\d)\d{6}(?!\d)", message["text"]).group()


def test_a_device_s_codes_are_told_too_and_only_what_was_asked_for(stage):
    service, _, listener = stage
    service.client.call("PUT", "webhook/", {"url": listener.url, "events": ["user.blocked"]}).ok()
    user = service.client.new_user(service.client.new_domain(), "ann")
    for _ in range(6):
        service.client.totp(user, "000000")
    [blocked] = listener.wait("user.blocked")
    assert blocked["data"] == {"domain": user["domain"], "user_id": "ann"}
    assert len(listener.told) == 1


def test_an_address_that_fails_is_told_later_even_after_a_kill(stage):
    service, _, listener = stage
    service.client.call("PUT", "webhook/", {"url": listener.url}).ok()
    user = service.client.new_user(service.client.new_domain(), "ann")
    listener.status = 500
    for _ in range(5):
        service.client.totp(user, "000000")
    until(lambda: listener.attempts, within=5)
    service.kill()
    listener.status = 200
    service.start()
    [blocked] = listener.wait("user.blocked", within=40)
    assert blocked["data"]["user_id"] == "ann"


def test_two_keys_sign_for_a_while_and_nothing_is_told_once_removed(stage):
    service, _, listener = stage
    client = service.client
    first = client.call("PUT", "webhook/", {"url": listener.url}).ok()["secret"]
    second = client.call("PUT", "webhook/", {"url": listener.url, "new_secret": True}).ok()["secret"]
    assert first != second
    assert "secret" not in client.call("PUT", "webhook/", {"url": listener.url}).ok()
    user = client.new_user(client.new_domain(), "ann")
    for _ in range(5):
        client.totp(user, "000000")
    listener.wait("user.blocked")
    [(headers, body)] = listener.told
    headers = {name.lower(): value for name, value in headers.items()}
    given = headers["webhook-signature"].split(" ")
    assert given == [signatures(second, headers, body), signatures(first, headers, body)]
    is_genuine = documented("is_genuine")
    assert is_genuine(first, headers, body) and is_genuine(second, headers, body)
    late = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 400)}
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    for forged in [(first, headers, body + b" "), (first, late, body), (other, headers, body)]:
        assert not is_genuine(*forged)
    assert client.delete("webhook/").status == 204
    assert client.get("webhook/").problem(404)["code"] == "webhook-not-found"
    other = client.new_user(client.new_domain(), "bob")
    for _ in range(5):
        client.totp(other, "000000")
    time.sleep(0.5)
    assert len(listener.told) == 1


def test_no_redirect_is_followed(stage):
    service, _, listener = stage
    with Listener() as elsewhere:
        listener.status, listener.elsewhere = 307, elsewhere.url
        service.client.call("PUT", "webhook/", {"url": listener.url}).ok()
        user = service.client.new_user(service.client.new_domain(), "ann")
        for _ in range(5):
            service.client.totp(user, "000000")
        until(lambda: listener.attempts, within=5)
        time.sleep(0.3)
        assert elsewhere.attempts == 0


def test_only_public_addresses_may_be_named(stage):
    service, _, _ = stage
    for url in ("https://10.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/",
                "http://bank.example/", "https://u:p@bank.example/", "nonsense", ""):
        problem = service.client.call("PUT", "webhook/", {"url": url}).problem(400)
        assert problem["code"] == "invalid-webhook-url", problem
    strangers = service.new_key("--new-account")
    service.client.call("PUT", "webhook/", {"url": "https://bank.example/"}).ok()
    other = type(service.client)(service.address, strangers)
    assert other.get("webhook/").status == 404, "each account has its own"


def test_a_message_that_arrived_another_way_is_not_told_as_failed(stage):
    service, gateway, listener = stage
    service.client.call("PUT", "webhook/", {"url": listener.url}).ok()
    domain = service.client.new_domain()
    otp_id = service.client.send(domain, PHONE, ["sms", "voice"]).ok()["otp_id"]
    [text] = gateway.fetch(PHONE)
    receipt(service, "sms", text, "failed")
    until(lambda: len(gateway.messages), lambda count: count >= 2, within=5)
    receipt(service, "sms", gateway.messages[1], "delivered")
    [told] = listener.wait("otp.delivered")
    assert told["data"] == {"otp_id": otp_id, "channel": "voice"}
    time.sleep(0.5)
    assert [json.loads(body)["type"] for _, body in listener.told] == ["otp.delivered"]


def test_an_account_whose_address_is_slow_keeps_no_other_waiting(stage):
    service, _, listener = stage
    client = type(service.client)
    slow_key, quick_key = (service.new_key("--new-account") for _ in range(2))
    slow, quick = (client(service.address, key) for key in (slow_key, quick_key))
    with Listener() as other:
        listener.delay = 4
        slow.call("PUT", "webhook/", {"url": listener.url}).ok()
        quick.call("PUT", "webhook/", {"url": other.url}).ok()
        domain = slow.new_domain()
        for number in range(100):
            user = slow.new_user(domain, f"user-{number}")
            for _ in range(5):
                slow.totp(user, "000000")
        user = quick.new_user(quick.new_domain(), "ann")
        began = time.monotonic()
        for _ in range(5):
            quick.totp(user, "000000")
        other.wait("user.blocked")
        assert time.monotonic() - began < 2, "it does not wait for one of four seconds either"
