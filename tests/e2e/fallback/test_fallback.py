"""One code, several ways: a channel that refuses, fails or stays silent gives way to the next
one, and what providers report decides nothing else."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPException

import pytest
from support.code import code_in
from support.gateway import SECRET, Gateway, receipt
from support.service import Service

PHONE, EMAIL = "+447700900123", "ann@customer.example"
MANY = '\n[limits]\nunverified_per_country_and_day = "off"\nbreaker_sends = "off"\n'


class Stage:
    """A service with a gateway for each channel, all of which report."""

    def __init__(self, folder, stack, receipts=True, after=""):
        self.sms, self.voice, self.email = (stack.enter_context(Gateway()) for _ in range(3))
        lines = ["[channels]"]
        lines += [f'{name} = ["{name}"]' for name in ("sms", "voice", "email")]
        for name in ("sms", "voice", "email"):
            url = f"{getattr(self, name).url}/messages"
            lines += [f"[providers.{name}]", 'kind = "webhook"', f'url = "{url}"',
                      f'secret = "{SECRET}"', f"receipts = {str(receipts).lower()}"]
        file = folder / "keyfob.toml"
        file.write_text("\n".join(lines) + after)
        self.service = stack.enter_context(Service(dev=False, arguments=["--config", file]))
        self.client = self.service.client
        self.domain = self.client.new_domain()

    def send(self, *channels, to=None, **fields):
        to = to or ({"phone": PHONE, "email": EMAIL} if "email" in channels else PHONE)
        return self.client.send(self.domain, to, list(channels), **fields).ok()["otp_id"]

    def view(self, otp_id):
        return self.service.message(otp_id)

    def wait(self, otp_id, channel, state):
        return self.service.wait_for(otp_id, state, channel=channel)


@pytest.fixture
def stage(tmp_path):
    with ExitStack() as stack:
        yield lambda **more: Stage(tmp_path, stack, **more)


def test_a_channel_that_refuses_gives_way_to_the_next_at_once(stage):
    stage = stage()
    stage.sms.fault, stage.voice.fault = 400, 422
    began = time.monotonic()
    otp_id = stage.send("sms", "voice", "email")
    [message] = stage.email.fetch(EMAIL)
    assert time.monotonic() - began < 5
    found = stage.wait(otp_id, "email", "sent")
    steps = [(step["channel"], step["state"]) for step in found["history"]]
    assert steps == [("sms", "queued"), ("sms", "failed"), ("voice", "queued"), ("voice", "failed"),
                     ("email", "queued"), ("email", "sent")]
    assert stage.client.verify(otp_id, code_in(message)).ok()["verified"]


def test_a_receipt_of_failure_sends_the_same_code_the_next_way(stage):
    stage = stage()
    otp_id = stage.send("sms", "voice")
    [text] = stage.sms.fetch(PHONE)
    stage.wait(otp_id, "sms", "sent")
    assert receipt(stage.service, "sms", text, "failed").status == 204
    [call] = stage.voice.fetch(PHONE)
    assert code_in(call) == code_in(text) and call["id"] != text["id"]
    stage.wait(otp_id, "voice", "sent")
    assert receipt(stage.service, "sms", text, "delivered").status == 204, "it was late"
    stage.wait(otp_id, "sms", "delivered")
    assert stage.client.verify(otp_id, code_in(text)).ok()["verified"]
    assert (len(stage.sms.messages), len(stage.voice.messages)) == (1, 1)


def test_a_silent_channel_gives_way_at_its_time_and_a_receipt_in_time_keeps_it(stage):
    stage = stage()
    began = time.monotonic()
    silent = stage.send("sms", "voice", fallback_after=10)
    told = stage.send("sms", "voice", to="+447700900124", fallback_after=10)
    [text] = stage.sms.fetch("+447700900124")
    assert receipt(stage.service, "sms", text, "delivered").status == 204
    stage.wait(told, "sms", "delivered")
    stage.voice.fetch(PHONE, within=15)
    assert 9 <= time.monotonic() - began <= 13, "the service counts whole seconds"
    stage.wait(silent, "voice", "sent")
    assert [message["to"] for message in stage.voice.messages] == [PHONE]


def test_a_code_that_was_used_in_time_goes_no_other_way(stage):
    stage = stage()
    otp_id = stage.send("sms", "voice", fallback_after=10)
    [text] = stage.sms.fetch(PHONE)
    assert stage.client.verify(otp_id, code_in(text)).ok()["verified"]
    other = stage.send("sms", "voice", to="+447700900124", fallback_after=10)
    stage.voice.fetch("+447700900124", within=15)
    stage.wait(other, "voice", "sent")
    assert len(stage.voice.messages) == 1, "both had the same time"


def test_a_way_that_was_begun_survives_a_kill(stage):
    stage = stage()
    otp_id = stage.send("sms", "voice", fallback_after=10)
    stage.sms.fetch(PHONE)
    stage.wait(otp_id, "sms", "sent")
    stage.service.kill()
    stage.service.start()
    stage.client = stage.service.client
    stage.voice.fetch(PHONE, within=20)
    stage.wait(otp_id, "voice", "sent")
    assert (len(stage.sms.messages), len(stage.voice.messages)) == (1, 1)


def test_a_report_that_is_not_signed_by_the_provider_changes_nothing(stage):
    stage = stage()
    otp_id = stage.send("sms", "voice")
    [text] = stage.sms.fetch(PHONE)
    found = stage.wait(otp_id, "sms", "sent")
    forged = [
        receipt(stage.service, "sms", text, "failed", key=bytes(32)),
        receipt(stage.service, "sms", text, "failed", at=time.time() - 400),
        receipt(stage.service, "sms", text, "failed", at=time.time() + 400),
        receipt(stage.service, "nobody", text, "failed"),
        stage.client.request("POST", "/callbacks/sms", b"{}", {}),
        stage.client.request("POST", "/callbacks/sms", b"\xff" * 20_000, {"webhook-id": "\xff"}),
    ]
    for reply in forged:
        assert reply.status in (401, 413), reply.body
        assert PHONE.encode() not in reply.body
    elsewhere = receipt(stage.service, "voice", text, "failed")
    assert elsewhere.status == 204, "signed by another provider, which has no such message"
    time.sleep(0.3)
    assert stage.view(otp_id) == found and stage.voice.messages == []


def test_a_report_that_comes_twice_or_is_no_report_changes_nothing_more(stage):
    stage = stage()
    otp_id = stage.send("sms")
    [text] = stage.sms.fetch(PHONE)
    for state in ("delivered", "delivered", "failed", "verified"):
        assert receipt(stage.service, "sms", text, state).status == 204
    found = stage.wait(otp_id, "sms", "delivered")
    assert [step["state"] for step in found["history"]][-1] == "delivered"
    assert found["status"] == "pending", "a provider verifies nothing"


def test_a_gateway_that_does_not_report_is_not_believed_when_it_does(stage):
    stage = stage(receipts=False)
    otp_id = stage.send("sms")
    [text] = stage.sms.fetch(PHONE)
    stage.wait(otp_id, "sms", "sent")
    refused = receipt(stage.service, "sms", text, "failed").problem(422)
    assert refused["code"] == "receipts-not-configured" and "[providers.sms]" in refused["detail"]
    assert receipt(stage.service, "sms", text, "failed", key=bytes(32)).status == 401
    hints = [line for line in stage.service.stderr.read_text().splitlines() if "receipts = true" in line]
    assert len(hints) == 1 and "[providers.sms]" in hints[0]
    assert stage.service.message(otp_id)["delivery"] == "sent"


def test_slow_texts_keep_no_email_waiting(stage):
    stage = stage(after=MANY)
    stage.sms.fault = "hang"
    for number in range(300):
        stage.send("sms", to=f"+447700{900_000 + number}")
    began = time.monotonic()
    stage.send("email", to=EMAIL)
    stage.email.fetch(EMAIL)
    assert time.monotonic() - began < 2


def test_a_number_and_an_address_are_held_apart(stage):
    stage = stage()
    both = {"phone": PHONE, "email": EMAIL}
    for to, channel in [(PHONE, ["sms", "email"]), ({"phone": PHONE}, ["sms"]),
                        ({"phone": EMAIL, "email": EMAIL}, ["sms"]), ([PHONE, EMAIL], ["sms"]),
                        ({**both, "fax": "1"}, ["sms"]), ({"phone": PHONE, "email": PHONE}, ["email"])]:
        problem = stage.client.send(stage.domain, to, channel).problem()
        assert problem["status"] in (400, 422) and EMAIL not in str(problem), problem
    for after in (9, 301, -1, "soon"):
        stage.client.send(stage.domain, both, ["sms", "email"], fallback_after=after).problem()
    assert stage.sms.attempts == 0


def test_receipts_at_the_due_second_lose_no_call_and_make_none_twice(stage):
    stage = stage(after=MANY)
    people = [f"+447700{900_200 + number}" for number in range(40)]
    for to in people:
        stage.send("sms", "voice", to=to, fallback_after=10)
    texts = {to: stage.sms.fetch(to)[0] for to in people}
    began = time.monotonic()
    while time.monotonic() - began < 9.6:
        time.sleep(0.05)
    for at, to in enumerate(people):
        receipt(stage.service, "sms", texts[to], "failed")
        time.sleep(0.03 if at % 2 else 0)
    deadline = time.monotonic() + 20
    while len(stage.voice.messages) < len(people) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    called = sorted(message["to"] for message in stage.voice.messages)
    assert called == people, "one call each"


def test_a_report_that_was_taken_is_noted_though_the_service_stops(stage):
    stage = stage(after=MANY)
    people = [f"+447700{900_300 + number}" for number in range(60)]
    sent = {to: stage.send("sms", to=to) for to in people}
    texts = {to: stage.sms.fetch(to)[0] for to in people}
    with ThreadPoolExecutor(16) as pool:
        replies = {to: pool.submit(receipt, stage.service, "sms", texts[to], "delivered")
                   for to in people}
        while not any(reply.done() for reply in replies.values()):
            time.sleep(0.001)
        stage.service.stop()
    taken = []
    for to, reply in replies.items():
        try:
            taken += [to] if reply.result().status == 204 else []
        except (OSError, HTTPException):
            pass
    assert taken, "a stop in the middle of it"
    stage.service.start()
    stage.client = stage.service.client
    for to in taken:
        assert stage.view(sent[to])["delivery"] == "delivered", f"of {len(taken)} taken"


def test_a_client_that_hangs_up_does_not_leave_a_resend_half_done(stage):
    stage = stage(after=MANY)
    sent = {}
    for number in range(30):
        to = f"+447700{900_400 + number}"
        sent[to] = stage.send("sms", to=to)
    first = {to: code_in(stage.sms.fetch(to)[0]) for to in sent}
    time.sleep(31)  # one message in 30 seconds
    for at, otp_id in enumerate(sent.values()):
        body = json.dumps({"otp_id": otp_id}).encode()
        with socket.create_connection((stage.client.host, stage.client.port)) as connection:
            connection.sendall(
                b"POST /identity/otp/resend/ HTTP/1.1\r\nhost: localhost\r\nx-api-key: "
                + stage.client.key.encode() + b"\r\ncontent-type: application/json\r\n"
                + f"content-length: {len(body)}\r\n\r\n".encode() + body)
            time.sleep(at / 1500)
    time.sleep(2)
    codes = {to: [code_in(message) for message in stage.sms.messages if message["to"] == to]
             for to in sent}
    assert 2 in map(len, codes.values()), "some were resent"
    for to, otp_id in sent.items():
        assert codes[to][0] == first[to]
        verified = stage.client.verify(otp_id, codes[to][-1]).ok()["verified"]
        assert verified, f"{len(codes[to])} messages"


def test_nobody_without_a_signature_can_make_the_service_wait_for_a_body(stage):
    stage = stage()
    for provider, head in (("nobody", b""), ("sms", b"webhook-id: 1\r\n")):
        with socket.create_connection((stage.client.host, stage.client.port)) as connection:
            connection.settimeout(15)
            connection.sendall(f"POST /callbacks/{provider} HTTP/1.1\r\nhost: localhost\r\n".encode()
                               + head + b"content-length: 2000000\r\n\r\n" + b"x" * 1000)
            answer = connection.recv(100)
            assert answer.split(b" ")[1] in (b"401", b"408", b"413"), answer
