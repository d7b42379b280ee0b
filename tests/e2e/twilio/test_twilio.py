"""Twilio as it is used: messages whose fate it reports, calls that say a code only to somebody
who has pressed a key. What it did not sign changes nothing and hears nothing."""

import re
import time
from contextlib import ExitStack

import pytest
from support.code import code_in
from support.service import Service
from support.twilio import ACCOUNT, CALLER, PUBLIC, TOKEN, Twilio, signature
from support.wait import until

PHONE = "+447700900123"
VOID = "This code is no longer valid."


class Stage:
    """A service that texts and calls through Twilio."""

    def __init__(self, folder, stack):
        self.twilio = stack.enter_context(Twilio())
        lines = ["[channels]", 'sms = ["texts"]', 'voice = ["calls"]']
        for name, kind in (("texts", "twilio-messages"), ("calls", "twilio-calls")):
            lines += [f"[providers.{name}]", f'kind = "{kind}"', f'account_sid = "{ACCOUNT}"',
                      f'auth_token = "{TOKEN}"', f'from = "{CALLER}"',
                      f'callback_url = "{PUBLIC}"', f'base_url = "{self.twilio.url}"']
        file = folder / "keyfob.toml"
        file.write_text("\n".join(lines))
        self.service = Service(dev=False, arguments=["--config", file, "--log", "debug"])
        self.twilio.service = stack.enter_context(self.service)
        self.domain = self.client.new_domain()

    @property
    def client(self):
        return self.service.client

    def send(self, *channels, to=PHONE, **fields):
        return self.client.send(self.domain, to, list(channels), **fields).ok()["otp_id"]

    def call(self, otp_id, number=1):
        """The call, once the service knows that it is made."""
        call = self.twilio.fetch("calls", number)
        self.wait(otp_id, "voice", "sent")
        return call

    def view(self, otp_id):
        return self.service.message(otp_id)

    def wait(self, otp_id, channel, state):
        return self.service.wait_for(otp_id, state, channel=channel)


@pytest.fixture
def stage(tmp_path):
    with ExitStack() as stack:
        yield Stage(tmp_path, stack)


def test_what_twilio_reports_of_a_text_is_what_became_of_it(stage):
    otp_id = stage.send("sms")
    text = stage.twilio.fetch("messages")
    stage.wait(otp_id, "sms", "sent")
    for status in ("queued", "sending", "sent", "a-status-of-next-year"):
        assert stage.twilio.report(text, status).status == 204
    assert stage.view(otp_id)["delivery"] == "sent"
    assert stage.twilio.report(text, "delivered").status == 204
    stage.wait(otp_id, "sms", "delivered")
    for late in ("undelivered", "sent", "delivered"):
        assert stage.twilio.report(text, late).status == 204
    time.sleep(0.3)
    found = stage.view(otp_id)
    assert found["delivery"] == "delivered" and found["status"] == "pending"
    assert stage.client.verify(otp_id, code_in(text["Body"])).ok() == {"verified": True}


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_a_text_that_did_not_arrive_becomes_a_call_with_the_same_code(stage, status):
    otp_id = stage.send("sms", "voice")
    text = stage.twilio.fetch("messages")
    stage.wait(otp_id, "sms", "sent")
    assert stage.twilio.report(text, status).status == 204
    call = stage.call(otp_id)
    call.pick_up(key="1")
    assert code_in(call.heard) == code_in(text["Body"])


def test_a_report_that_overtakes_the_answer_is_not_lost(stage):
    stage.twilio.early = "delivered"
    stage.wait(stage.send("sms"), "sms", "delivered")


def test_a_report_that_twilio_did_not_sign_for_us_changes_nothing(stage):
    otp_id = stage.send("sms", "voice")
    text = stage.twilio.fetch("messages")
    stage.wait(otp_id, "sms", "sent")
    url = text["StatusCallback"]
    assert url == f"{PUBLIC}/callbacks/texts"
    report = stage.twilio.report
    elsewhere = url.replace("bank.example", "evil.example")
    forged = [
        report(text, "failed", token="guessed"),
        report(text, "failed", tag="AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        report(text, "failed", tag=signature(url, [])),
        report(text, "failed", signed_url=elsewhere),
        report(text, "failed", signed_url=url.replace("https", "http")),
        report(text, "failed", account="AC" + "6" * 32),
        stage.client.request("POST", "/callbacks/texts", b"MessageStatus=failed", {}),
        stage.client.request("POST", "/callbacks/texts", b"\xff%zz&&=", {"x-twilio-signature": "\xff"}),
        stage.client.request("POST", "/callbacks/texts/key/en", b"", {}),
    ]
    assert [reply.status for reply in forged] == [401] * len(forged)
    other = {**text, "StatusCallback": f"{PUBLIC}/callbacks/calls"}
    assert report(other, "failed").status == 204, "signed for another provider, which says nothing of it"
    time.sleep(0.3)
    assert stage.view(otp_id)["delivery"] == "sent" and stage.twilio.calls == []


def test_a_code_is_said_to_whoever_pressed_a_key_and_is_verified(stage):
    otp_id = stage.send("voice", language="de-AT")
    call = stage.call(otp_id)
    assert call.form["From"] == CALLER and call.form["To"] == PHONE
    assert 5 <= int(call.form["Timeout"]) <= 30
    first = call.form["Twiml"]
    stored = b"".join(file.read_bytes() for file in stage.service.data.iterdir() if file.is_file())
    call.pick_up(key="#")
    stage.wait(otp_id, "voice", "delivered")
    assert call.end("completed").status == 204
    code = code_in(call.heard)
    asked, said = call.heard[0], " ".join(call.heard[1:])
    assert "drücken Sie eine beliebige Taste" in asked and call.languages == {"de-DE"}
    assert said.count(", ".join(code)) == 2, "once more, each digit alone"
    time.sleep(0.3)
    assert stage.view(otp_id)["delivery"] == "delivered", "a call that ends well did not fail"
    assert stage.client.verify(otp_id, code).ok() == {"verified": True}
    log = stage.service.stderr.read_text() + stage.service.output()
    written = [code, ", ".join(code), " ".join(code)]
    for place in [first, log, *stage.twilio.urls, str({**call.form, "Twiml": ""})]:
        assert not any(form in place for form in written)
    assert len(stored) > 10_000, "while it rings the code is kept"
    assert not any(form.encode() in stored for form in [*written, PHONE, call.sid]), "sealed"
    assert PHONE not in log and TOKEN not in log and call.sid not in log


def test_a_mailbox_records_no_code_and_the_next_channel_gets_its_turn(stage):
    otp_id = stage.send("voice", "sms")
    call = stage.call(otp_id)
    assert call.pick_up() is None
    assert len(call.heard) == 3 and len(set(call.heard)) == 1, "asked three times, then hung up"
    assert not re.search(r"\d", " ".join(call.heard))
    assert call.end("completed").status == 204
    text = stage.twilio.fetch("messages")
    stage.wait(otp_id, "sms", "sent")
    assert call.press("1").status == 200, "too late: the call is over"
    assert VOID.encode() in call.press("1").body
    assert stage.client.verify(otp_id, code_in(text["Body"])).ok() == {"verified": True}


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_call_that_nobody_took_has_failed(stage, status):
    otp_id = stage.send("voice")
    call = stage.call(otp_id)
    for going_on in ("queued", "ringing", "in-progress"):
        stage.twilio.ask(call.form["StatusCallback"], call.common(going_on))
    assert stage.view(otp_id)["delivery"] == "sent"
    assert call.end(status).status == 204
    stage.wait(otp_id, "voice", "failed")


@pytest.mark.parametrize("event", ["cancel", "verify", "resend", "erase"])
def test_a_code_that_is_void_is_not_said(stage, event):
    otp_id = stage.send("sms", "voice")
    text = stage.twilio.fetch("messages")
    stage.wait(otp_id, "sms", "sent")
    stage.twilio.report(text, "failed")
    call = stage.call(otp_id)
    match event:
        case "cancel":
            assert stage.client.post("cancel/", {"otp_id": otp_id}).status == 204
        case "verify":
            stage.client.verify(otp_id, code_in(text["Body"])).ok()
        case "resend":
            reply = stage.client.post("resend/", {"otp_id": otp_id})
            assert reply.status in (200, 429)
            if reply.status == 429:
                time.sleep(reply.json["retry_after"])
                stage.client.post("resend/", {"otp_id": otp_id}).ok()
        case "erase":
            assert stage.client.post("erase/", {"domain": stage.domain, "to": PHONE}).status in (200, 204)
    call.pick_up(key="1")
    assert call.heard[1:] == [VOID]
    call.heard.clear()
    no_key = stage.twilio.ask(call.action(), call.common("in-progress"))
    assert b"<Say" not in no_key.body and b"<Hangup" in no_key.body


def test_a_code_that_expired_while_it_rang_is_not_said(stage):
    otp_id = stage.send("voice", expiry=30)
    call = stage.call(otp_id)
    assert call.form["Timeout"] == "5", "so that there is time left to say it"
    while stage.view(otp_id)["status"] == "pending":
        time.sleep(0.5)
    call.pick_up(key="1")
    assert call.heard[1:] == [VOID]


def test_a_key_request_that_comes_again_has_the_same_answer_until_the_call_is_over(stage):
    otp_id = stage.send("voice")
    call = stage.call(otp_id)
    answers = [call.press(key) for key in ("1", "1", "*")]
    assert len({answer.body for answer in answers}) == 1
    code = code_in(answers[0].body.decode())
    call.end("completed")
    deadline = time.monotonic() + 5
    while VOID.encode() not in (answer := call.press("1")).body:
        assert time.monotonic() < deadline, answer.body
    assert stage.client.verify(otp_id, code).ok() == {"verified": True}


def test_a_key_request_that_twilio_did_not_sign_hears_nothing(stage):
    otp_id = stage.send("voice")
    call = stage.call(otp_id)
    action = call.action()
    forged = [
        call.press("1", token="guessed"),
        call.press("1", signed_url=call.form["StatusCallback"]),
        call.press("1", signed_url=action.replace("/en", "/de")),
        call.press("1", account="AC" + "6" * 32),
        stage.client.request("POST", "/callbacks/calls/key/en", b"Digits=1&CallSid=" + call.sid.encode(), {}),
        stage.client.request("POST", "/callbacks/calls/key/xx", b"", {}),
        stage.client.request("POST", "/callbacks/nobody/key/en", b"", {}),
    ]
    assert [reply.status for reply in forged] == [401] * len(forged)
    assert all(b"Say" not in reply.body for reply in forged)
    assert stage.client.request("GET", "/callbacks/calls/key/en").status == 405
    stranger = [("CallSid", "CA" + "9" * 32), ("Digits", "1")]
    assert VOID.encode() in stage.twilio.ask(action, stranger).body, "a call that is none of ours"
    assert stage.view(otp_id)["delivery"] == "sent"


def test_a_call_that_still_rings_says_the_code_although_the_text_went_out(stage):
    otp_id = stage.send("voice", "sms", fallback_after=10)
    call = stage.call(otp_id)
    text = stage.twilio.fetch("messages", within=15)
    stage.wait(otp_id, "sms", "sent")
    stage.twilio.report(text, "delivered")
    stage.wait(otp_id, "sms", "delivered")
    call.pick_up(key="1")
    assert code_in(call.heard) == code_in(text["Body"])
    assert stage.client.verify(otp_id, code_in(call.heard)).ok() == {"verified": True}


def test_a_call_survives_a_kill_of_the_service(stage):
    otp_id = stage.send("voice")
    call = stage.call(otp_id)
    stage.service.kill()
    stage.service.start()
    call.pick_up(key="1")
    assert stage.client.verify(otp_id, code_in(call.heard)).ok() == {"verified": True}
    assert len(stage.twilio.calls) == 1


def test_a_text_of_its_own_is_said_as_words_and_never_carried_out(stage):
    message = 'A</Say><Dial>+15005550001</Dial> & "B": {{code}} is it.\n<Redirect>x</Redirect>'
    otp_id = stage.send("voice", message=message)
    call = stage.call(otp_id)
    call.pick_up(key="1")
    code = code_in(call.heard)
    spelled = ", ".join(code)
    first = f'A</Say><Dial>+15005550001</Dial> & "B": {spelled} is it.'
    assert call.heard[1:] == [first, "<Redirect>x</Redirect>"] * 2, "said twice as a whole"
    assert stage.client.verify(otp_id, code).ok() == {"verified": True}


@pytest.mark.parametrize("refusal, state", [((400, 21211), "refused"), ((400, 21215), "refused"),
                                            ((400, 21210), "denied"), ((401, 20003), "denied")])
def test_a_call_that_twilio_does_not_take_says_whose_fault_it_is(stage, refusal, state):
    stage.twilio.refusal = refusal
    for number in range(3):
        otp_id = stage.send("voice", to=f"+44770090012{number}")
        if state == "refused":
            stage.wait(otp_id, "voice", "failed")
        else:
            until(lambda: "providers.calls" in stage.service.readyz())
            assert stage.view(otp_id)["delivery"] == "queued", "it may be mended in time"
    if state == "refused":
        assert "calls" not in stage.service.readyz(), "a number of no use puts no provider to rest"
    assert "+4477" not in stage.service.stderr.read_text()
