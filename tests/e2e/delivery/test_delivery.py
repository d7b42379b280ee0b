"""Providers that are configured in keyfob.toml, and fail: the next one sends, nothing is
sent twice for nothing, and the operator hears of it."""

import re
import subprocess
import time
from contextlib import ExitStack

import pytest
from support.code import code_in
from support.gateway import SECRET, Gateway
from support.mail import Authority, MailServer, free_port
from support.service import Service, binary, environment, keyfob
from support.wait import until

PHONE = "+447700900123"


@pytest.fixture
def stage(tmp_path):
    """Makes a service that has this configuration."""
    with ExitStack() as stack:
        def start(configuration, environment=None):
            file = tmp_path / "keyfob.toml"
            file.write_text(configuration)
            service = Service(dev=False, arguments=["--config", file], environment=environment)
            return stack.enter_context(service)

        yield start


def webhooks(*gateways, channels=("sms",)):
    """A configuration of gateways in this order, named a, b, c …"""
    names = [chr(ord("a") + at) for at in range(len(gateways))]
    lines = ["[channels]", *(f"{channel} = {names}" for channel in channels)]
    for name, gateway in zip(names, gateways):
        url = gateway if isinstance(gateway, str) else f"{gateway.url}/messages"
        lines += [f"[providers.{name}]", 'kind = "webhook"', f'url = "{url}"', f'secret = "{SECRET}"']
    return "\n".join(lines)


def send(service, to=PHONE, channel="sms", **fields):
    return service.client.send(service.client.new_domain(), to, channel, **fields).ok()


@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_a_code_reaches_a_gateway_signed_and_is_verified(stage, channel):
    with Gateway() as gateway:
        service = stage(webhooks(gateway, channels=("sms", "voice")))
        sent = send(service, channel=channel)
        [message] = gateway.fetch(PHONE)
        assert message["channel"] == channel and message["otp_id"] == sent["otp_id"]
        assert ("ssml" in message) == (channel == "voice") and "subject" not in message
        assert message["language"] == "en"
        service.wait_for(sent["otp_id"], "sent")
        [line] = [line for line in service.stderr.read_text().splitlines() if "a message was taken" in line]
        for word in (f'otp_id={sent["otp_id"]}', f'message_id="{message["id"]}"', f'channel="{channel}"', 'provider="a"'):
            assert word in line, "an operator can follow a message"
        code = code_in(message["text"])
        assert service.client.verify(sent["otp_id"], code).ok() == {"verified": True}
        said = service.stderr.read_text() + service.output()
        assert code not in said and PHONE not in said and SECRET not in said


@pytest.mark.parametrize("fault", [500, 503, 429, "hang", "drop", "closed"])
def test_when_the_first_provider_fails_the_next_one_sends_within_five_seconds(stage, fault):
    with Gateway() as first, Gateway() as second:
        first.fault = fault
        service = stage(webhooks(
            f"http://127.0.0.1:{free_port()}/" if fault == "closed" else first, second))
        began = time.monotonic()
        sent = send(service)
        [message] = second.fetch(PHONE)
        assert time.monotonic() - began < 5
        service.wait_for(sent["otp_id"], "sent")
        assert service.client.verify(sent["otp_id"], code_in(message["text"])).ok()["verified"]


def test_messages_do_not_wait_for_a_provider_that_hangs_and_go_back_to_it_once_it_answers(stage):
    with Gateway() as first, Gateway() as second:
        first.fault = "hang"
        service = stage(webhooks(first, second), {"KEYFOB_LIMITS__UNVERIFIED_PER_COUNTRY_AND_DAY": "off"})
        for number in range(4):  # the first three find out
            send(service, f"+4477009001{number:02}")
            second.fetch(f"+4477009001{number:02}")
        began = time.monotonic()
        send(service, "+447700900199")
        second.fetch("+447700900199")
        assert time.monotonic() - began < 2, "it rests"
        assert "providers.a: no answer" in service.readyz()
        first.fault = None
        first.released.set()
        deadline = time.monotonic() + 30
        number = 200
        while not first.messages:
            assert time.monotonic() < deadline
            send(service, f"+447700900{number}")
            number += 1
            time.sleep(0.5)
        assert service.readyz() == "ok\n"


@pytest.mark.parametrize("fault", ["half", "endless"])
def test_an_answer_that_does_not_end_is_an_answer(stage, fault):
    with Gateway() as first, Gateway() as second:
        first.fault = fault
        sent = send(service := stage(webhooks(first, second)))
        first.fetch(PHONE)
        service.wait_for(sent["otp_id"], "sent")
        assert (first.attempts, second.messages) == (1, [])


def test_a_message_that_is_refused_by_all_fails_and_one_that_is_refused_by_one_does_not(stage):
    with Gateway() as first, Gateway() as second:
        first.fault = 422
        service = stage(webhooks(first, second))
        service.wait_for(send(service)["otp_id"], "sent")
        second.fault = 400
        service.wait_for(send(service, "+447700900124")["otp_id"], "failed")
        assert (first.attempts, second.attempts) == (2, 2), "refused is refused: nobody is asked again"


def test_a_redirect_takes_no_code_elsewhere(stage):
    with Gateway() as first, Gateway() as elsewhere:
        first.fault, first.elsewhere = "redirect", f"{elsewhere.url}/messages"
        service = stage(webhooks(first))
        otp_id = send(service)["otp_id"]
        until(lambda: "providers.a: the gateway answered 307" in service.readyz())
        until(lambda: first.attempts >= 2)  # as somebody may mend it
        assert service.message(otp_id)["delivery"] == "queued"
        assert elsewhere.attempts == 0


def test_a_message_has_the_same_id_each_time_it_is_handed_over_and_no_other_has_it(stage):
    with Gateway() as gateway:
        gateway.answer = (503, {})
        service = stage(webhooks(gateway))
        sent = send(service)
        until(lambda: gateway.attempts, lambda attempts: attempts >= 2, within=12)
        gateway.answer = (200, {})
        [message] = gateway.fetch(PHONE, within=12)
        assert set(gateway.ids) == {message["id"]} and sent["otp_id"] not in message["id"]
        send(service, "+447700900124")
        [other] = gateway.fetch("+447700900124")
        assert other["id"] != message["id"]


@pytest.mark.parametrize("end", ["cancel", "erase"])
def test_a_message_that_nobody_wants_any_more_does_not_go_out(stage, end):
    with Gateway() as gateway:
        gateway.fault = 503
        service = stage(webhooks(gateway))
        domain = service.client.new_domain()
        sent = service.client.send(domain, PHONE, "sms").ok()
        until(lambda: gateway.attempts, within=12)
        body = {"otp_id": sent["otp_id"]} if end == "cancel" else {"domain": domain, "to": PHONE}
        assert service.client.post(f"{end}/", body).status == 204
        gateway.fault = None
        until(lambda: 'state="dropped"' in service.metrics(), within=12)
        assert gateway.messages == []


TWILIO = """
[channels]
sms = ["twilio", "backup"]
[providers.twilio]
kind = "twilio-messages"
account_sid = "AC0"
from = "+15005550006"
base_url = "{twilio}"
[providers.backup]
kind = "webhook"
url = "{backup}/messages"
secret = "{secret}"
"""


def twilio(first, second):
    return TWILIO.format(twilio=first.url, backup=second.url, secret=SECRET)


def test_twilio_is_told_how_long_the_code_lives(stage):
    with Gateway() as first, Gateway() as second:
        first.answer = (201, {"sid": "SM1"})
        token = {"KEYFOB_PROVIDERS__TWILIO__AUTH_TOKEN": "token-canary"}
        service = stage(twilio(first, second), token)
        sent = send(service, expiry=90)
        [message] = first.fetch(PHONE)
        assert message["From"] == "+15005550006" and 80 <= int(message["ValidityPeriod"]) <= 90
        assert service.client.verify(sent["otp_id"], code_in(message["text"])).ok()["verified"]
        assert second.messages == []
        first.answer = (400, {"code": 21211, "message": "Invalid 'To' +447700900124"})
        second.fault = 400
        service.wait_for(send(service, "+447700900124")["otp_id"], "failed")
        said = service.stderr.read_text()
        assert "21211" in said and "447700900124" not in said and "token-canary" not in said


def test_a_wrong_token_sends_messages_to_the_next_provider(stage):
    with Gateway() as first, Gateway() as second:
        service = stage(twilio(first, second), {"KEYFOB_PROVIDERS__TWILIO__AUTH_TOKEN": "wrong"})
        service.wait_for(send(service)["otp_id"], "sent")
        second.fetch(PHONE)
        assert "401" in service.stderr.read_text(), "the operator sees why"


def test_one_relay_stands_in_for_another(tmp_path, stage):
    authority = Authority(tmp_path)
    with MailServer(tmp_path, authority) as server:
        service = stage(f"""
            [channels]
            email = ["closed", "open"]
            [providers.closed]
            kind = "smtp"
            url = "smtp://127.0.0.1:{free_port()}"
            from = "codes@bank.example"
            [providers.open]
            kind = "smtp"
            url = "{server.url()}"
            from = "codes@bank.example"
            ca_file = "{authority.certificate}"
        """)
        sent = send(service, "person@customer.example", "email")
        assert len(server.fetch("person@customer.example")) == 1
        service.wait_for(sent["otp_id"], "sent")


TWO_CARRIERS = """
[channels]
email = ["relay", "backup"]
[providers.relay]
kind = "smtp"
url = "{relay}"
from = "codes@bank.example"
ca_file = "{authority}"
[providers.backup]
kind = "webhook"
url = "{backup}/messages"
secret = "{secret}"
"""


def test_a_relay_that_thinks_over_one_recipient_for_long_harms_no_other(tmp_path, stage):
    authority = Authority(tmp_path)
    with MailServer(tmp_path, authority) as server, Gateway() as backup:
        server.recorder.stalls = {"slow@customer.example": 6}
        service = stage(TWO_CARRIERS.format(relay=server.url(), authority=authority.certificate,
                                            backup=backup.url, secret=SECRET))
        send(service, "slow@customer.example", "email")
        backup.fetch("slow@customer.example")
        deadline = time.monotonic() + 4  # while the relay still thinks, and after
        number = 0
        while time.monotonic() < deadline:
            number += 1
            to = f"person{number}@customer.example"
            sent = send(service, to, "email")
            service.wait_for(sent["otp_id"], "sent")
            assert len(server.fetch(to)) == 1
            time.sleep(0.3)
        assert [message["to"] for message in backup.messages] == ["slow@customer.example"]


def test_recipients_with_full_mailboxes_switch_no_relay_off(tmp_path, stage):
    authority = Authority(tmp_path)
    with MailServer(tmp_path, authority) as server, Gateway() as backup:
        service = stage(TWO_CARRIERS.format(relay=server.url(), authority=authority.certificate,
                                            backup=backup.url, secret=SECRET))
        server.recorder.refusals = ["452 4.2.2 full"] * 5
        for number in range(5):
            send(service, f"full{number}@customer.example", "email")
            backup.fetch(f"full{number}@customer.example")
        assert service.readyz() == "ok\n"
        send(service, "person@customer.example", "email")
        assert len(server.fetch("person@customer.example")) == 1


def test_an_email_has_the_same_id_each_time_it_is_handed_over(tmp_path, stage):
    authority = Authority(tmp_path)
    with MailServer(tmp_path, authority) as server:
        service = stage(f"""
            [channels]
            email = ["relay"]
            [providers.relay]
            kind = "smtp"
            url = "{server.url()}"
            from = "codes@bank.example"
            ca_file = "{authority.certificate}"
        """)
        server.recorder.late = [12]
        send(service, "late@customer.example", "email")
        found = until(server.messages, lambda found: len(found) >= 2, within=60, every=0.2)
        first, second = (message["message-id"] for message in found)
        assert first == second and re.fullmatch(r"<msg_[0-9a-f]{32}@bank\.example>", first)


BROKEN = """
[channels]
sms = ["good", "typo", "forgotten", "relay"]
voice = ["nobody", "smtps://u:password-canary@relay.example"]
[providers.good]
kind = "webhook"
url = "{url}/messages"
secret = "{secret}"
[providers.typo]
kind = "webhook"
urll = "https://gateway.example"
[providers.forgotten]
kind = "twilio-messages"
account_sid = "AC0"
auth_token = "token-canary"
[providers.relay]
kind = "smtp"
url = "smtps://u:password-canary@relay.invalid"
from = "codes@bank.example"
[providers.idle]
kind = "webhook"
url = "http://gateway.example/messages"
secret = "{secret}"
"""
TROUBLES = {
    "providers.typo": "urll",
    "providers.forgotten": "or `messaging_service_sid`",
    "channels.sms": "`relay` carries no messages of this channel",
    "providers.idle": "unencrypted",
}


def test_what_is_misconfigured_stops_nothing_else_and_the_operator_hears_of_it(tmp_path, stage):
    with Gateway() as gateway:
        configuration = BROKEN.format(url=gateway.url, secret=SECRET)
        service = stage(configuration)
        service.wait_for(send(service)["otp_id"], "sent")
        refused = service.client.send(service.client.new_domain(), PHONE, "voice").problem(422)
        assert refused["code"] == "channel-not-configured" and "config check" in refused["detail"]
        ready = service.readyz().splitlines()
        assert ready[0] == "ok"
        check = subprocess.run([binary(), "config", "check", "--config", tmp_path / "keyfob.toml"],
                               capture_output=True, text=True, timeout=60, env=environment())
        assert check.returncode == 1
        for key, word in TROUBLES.items():
            [line] = [line for line in check.stderr.splitlines() if line.startswith(key)]
            assert word in line
            assert f"{key}: see `keyfob config check`" in ready, "for anybody to read: no more"
        assert "no provider `nobody`" in check.stderr and "no name of a provider: " in check.stderr
        assert "providers.good: ok" in check.stderr
        everything = check.stdout + check.stderr + "\n".join(ready) + service.stderr.read_text()
        assert "canary" not in everything and SECRET not in everything


def test_a_check_of_what_is_right_says_so(tmp_path):
    with Gateway() as gateway:
        file = tmp_path / "keyfob.toml"
        file.write_text(webhooks(gateway))
        done = keyfob("config", "check", "--config", file, check=False)
        assert (done.returncode, done.stderr) == (0, "providers.a: ok\n"), done.stderr
        assert f'url = "{gateway.url}/messages"' in done.stdout and SECRET not in done.stdout
    done = keyfob("config", "check", "--config", file, check=False)
    assert done.returncode == 1 and "no connection" in done.stderr
    file.write_text(webhooks(gateway, channels=("sms", "voice")))
    done = keyfob("config", "check", "--offline", "--config", file, check=False)
    [remark] = done.stderr.splitlines()
    assert done.returncode == 0 and remark.startswith("providers.a: it reports no receipts"), "no error"
    assert "fallback_after" in remark and "receipts = true" in remark
    file.write_text(file.read_text() + "\nreceipts = true\n")
    assert keyfob("config", "check", "--offline", "--config", file, check=False).stderr == ""
    assert keyfob("config", "check", "--offline", "--config", file, check=False).returncode == 0


@pytest.mark.parametrize("text, word", [
    ("[channels", "TOML"), ("[chanels]\nsms = []", "chanels"), (None, "no such file"),
])
def test_a_file_that_is_no_configuration_ends_the_start(tmp_path, text, word):
    file = tmp_path / "keyfob.toml"
    if text is not None:
        file.write_text(text)
    command = [binary(), "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data"]
    done = subprocess.run([*map(str, command), "--config", file], capture_output=True, text=True,
                          timeout=10)
    assert done.returncode == 2 and word in done.stderr and "keyfob.toml" in done.stderr
