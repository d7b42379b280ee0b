"""Email over a real SMTP server: encrypted, authenticated, retried, never late."""

import re
import subprocess
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import pytest
from support.code import code_in
from support.mail import PASSWORD, Authority, MailServer, free_port, html, plain_text
from support.service import Service, binary, environment
from support.wait import until

FROM = "Example Bank <codes@bank.example>"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def service_for(url, authority):
    arguments = ["--smtp-url", url, "--smtp-from", FROM]
    if authority is not None:
        arguments += ["--smtp-ca", authority.certificate]
    return Service(dev=False, arguments=arguments, environment={"RUST_LOG": "info"})


@pytest.mark.parametrize("tls, host", [("starttls", "127.0.0.1"), ("implicit", "localhost")])
def test_an_email_arrives_and_its_code_is_verified(tmp_path, authority, tls, host):
    with MailServer(tmp_path, authority, tls) as server:
        with service_for(server.url(host=host), authority) as service:
            client, domain = service.client, service.client.new_domain()
            sent = client.send(domain, "person@customer.example").ok()
            assert sent["status"] in ("queued", "sent") and sent["channel"] == "email"
            [message] = server.fetch("person@customer.example")
            assert client.verify(sent["otp_id"], code_in(plain_text(message))).ok() == {"verified": True}
            service.wait_for(sent["otp_id"], "sent")
            assert client.get(f"send/{sent['otp_id']}/").ok()["status"] == "verified"
            assert code_in(plain_text(message)) not in service.stderr.read_text() + service.output()


def test_the_headers_are_right(tmp_path, authority):
    with MailServer(tmp_path, authority) as server:
        with service_for(server.url(), authority) as service:
            fields = {"message": "Your code: {{code}}\nGrüße, 東京"}
            service.client.send(service.client.new_domain(), "a@customer.example", **fields).ok()
            [message] = server.fetch("a@customer.example")
    assert message["from"] == FROM
    assert message["to"] == "a@customer.example"
    assert message["subject"] == "Your one-time password"
    assert message["auto-submitted"] == "auto-generated"
    assert message["x-mailfrom"] == "codes@bank.example"
    assert message["x-rcptto"] == "a@customer.example"
    age = datetime.now(timezone.utc) - parsedate_to_datetime(message["date"])
    assert abs(age.total_seconds()) < 60
    assert re.fullmatch(r"<[^<>\s]+@[^<>\s]+>", message["message-id"])
    assert message["content-language"] == "en"
    assert message.get_content_type() == "multipart/alternative"
    parts = [(part.get_content_type(), part.get_content_charset()) for part in message.iter_parts()]
    assert parts == [("text/plain", "utf-8"), ("text/html", "utf-8")], "the plainest comes first"
    for name in ("from", "to", "subject", "date", "message-id", "auto-submitted"):
        assert len(message.get_all(name)) == 1, name
    assert code_in(plain_text(message)) not in message["subject"], "subjects show on locked screens"
    assert plain_text(message).rstrip() == f"Your code: {code_in(plain_text(message))}\nGrüße, 東京"
    assert f'<strong dir="ltr">{code_in(plain_text(message))}</strong><br>\nGrüße, 東京</p>' in html(message)


def test_what_somebody_wrote_is_text_in_every_body_and_no_line_of_the_header(tmp_path, authority):
    message = "<img src=https://evil.example/x> & {{code}}\nSubject: x\n.\nQUIT"
    with MailServer(tmp_path, authority) as server:
        with service_for(server.url(), authority) as service:
            fields = {"message": message, "language": "ar"}
            service.client.send(service.client.new_domain(), "i@customer.example", **fields).ok()
            [found] = server.fetch("i@customer.example")
    written = message.replace("{{code}}", code_in(plain_text(found)))
    assert plain_text(found).splitlines() == written.splitlines()
    page = html(found)
    assert "<img" not in page and "&#60;img src=https://evil.example/x&#62; &#38; " in page
    assert 'lang="ar" dir="rtl"' in page and found["content-language"] == "ar"
    assert len(found.get_all("subject")) == 1


def test_what_cannot_be_delivered_comes_back_to_the_address_for_it(tmp_path, authority):
    with MailServer(tmp_path, authority) as server:
        file = tmp_path / "keyfob.toml"
        file.write_text(f"""
            [channels]
            email = ["relay"]
            [providers.relay]
            kind = "smtp"
            url = "{server.url()}"
            from = "{FROM}"
            bounce_to = "bounces@bank.example"
            ca_file = "{authority.certificate}"
        """)
        with Service(dev=False, arguments=["--config", file]) as service:
            service.client.send(service.client.new_domain(), "b@customer.example").ok()
            [message] = server.fetch("b@customer.example")
    assert message["x-mailfrom"] == "bounces@bank.example" and message["from"] == FROM
    assert "bounces" not in message["message-id"] and message["return-path"] is None


def test_a_server_that_was_down_gets_the_email_when_it_is_up(tmp_path, authority):
    port = free_port()
    server = MailServer(tmp_path, authority, port=port)
    with service_for(server.url(), authority) as service:
        client = service.client
        sent = client.send(client.new_domain(), "late@customer.example").ok()
        time.sleep(1.5)
        assert service.message(sent["otp_id"])["delivery"] == "queued"
        with server:
            [message] = server.fetch("late@customer.example", within=15)
            service.wait_for(sent["otp_id"], "sent")
            assert client.verify(sent["otp_id"], code_in(plain_text(message))).ok() == {"verified": True}


def test_an_email_survives_a_kill_and_goes_out_after_the_restart(tmp_path, authority):
    server = MailServer(tmp_path, authority)
    with service_for(server.url(), authority) as service:
        sent = service.client.send(service.client.new_domain(), "kill@customer.example").ok()
        service.kill()
        with server:
            service.start()
            # A message that was taken when the process died is left alone for its lease.
            [message] = server.fetch("kill@customer.example", within=40)
            answer = service.client.verify(sent["otp_id"], code_in(plain_text(message))).ok()
            assert answer == {"verified": True}


def test_a_refusal_for_now_is_retried_and_one_for_good_is_not(tmp_path, authority):
    with MailServer(tmp_path, authority) as server:
        with service_for(server.url(), authority) as service:
            client, domain = service.client, service.client.new_domain()
            server.recorder.refusals = ["451 4.3.0 later, maybe@customer.example"]
            later = client.send(domain, "maybe@customer.example").ok()
            assert len(server.fetch("maybe@customer.example")) == 1
            service.wait_for(later["otp_id"], "sent")
            server.recorder.refusals = ["550 5.1.1 no such nobody@customer.example"]
            never = client.send(domain, "nobody@customer.example").ok()
            service.wait_for(never["otp_id"], "failed")
            time.sleep(2.5)
            assert server.recorder.recipients.count("nobody@customer.example") == 1
            log = service.stderr.read_text()
            assert "customer.example" not in log, "a relay's words repeat the recipient"


def test_a_wrong_password_is_named_and_the_message_waits_until_it_is_mended(tmp_path, authority):
    with MailServer(tmp_path, authority) as server:
        with service_for(server.url(password="wrong-canary"), authority) as service:
            client = service.client
            sent = client.send(client.new_domain(), "b@customer.example").ok()
            until(service.readyz, lambda said: "smtp" in said)
            assert service.message(sent["otp_id"])["delivery"] == "queued"
            assert server.messages() == []
            log = service.stderr.read_text()
            assert "wrong-canary" not in log and PASSWORD not in log
            assert "535" in log, "the operator sees why"
            assert sent["otp_id"] in log, "and whose message waits"


@pytest.mark.parametrize("case", ["untrusted", "other-name", "no-tls"])
def test_nothing_is_sent_where_it_could_be_read(tmp_path, authority, case):
    with MailServer(tmp_path, authority, "none" if case == "no-tls" else "starttls") as server:
        url = server.url()
        if case == "other-name":
            url = url.replace("127.0.0.1", "127.0.0.2")  # not in the certificate
        trusted = None if case == "untrusted" else authority
        with service_for(url, trusted) as service:
            client = service.client
            sent = client.send(client.new_domain(), "c@customer.example").ok()
            time.sleep(1.5)
            assert service.message(sent["otp_id"])["delivery"] in ("queued", "failed")
            assert server.messages() == [] and server.recorder.recipients == []


def test_a_channel_without_a_provider_is_refused(tmp_path, authority):
    with MailServer(tmp_path, authority) as server:
        with service_for(server.url(), authority) as service:
            client, domain = service.client, service.client.new_domain()
            for channel in ("sms", "voice", ["sms", "voice"]):
                reply = client.send(domain, "+447700900123", channel)
                assert reply.problem(422)["code"] == "channel-not-configured"
            assert client.send(domain, "d@customer.example").status == 200
            assert client.request("GET", "/dev/inbox").status == 404, "it exists with --dev only"
    with Service(dev=False) as service:
        reply = service.client.send(service.client.new_domain(), "e@customer.example")
        assert reply.problem(422)["code"] == "channel-not-configured"


@pytest.mark.parametrize("variables, name, word", [
    ({"URL": "smtp://relay.example", "FROM": FROM}, "URL", "unencrypted"),
    ({"URL": "smtp://u:p@relay.example?tls=opportunistic", "FROM": FROM}, "URL", "unencrypted"),
    ({"URL": "relay.example", "FROM": FROM}, "URL", "SMTP URL"),
    ({"URL": "smtps://u:password-canary@relay.example", "FROM": "nobody"}, "FROM", "mailbox"),
    ({"URL": "smtps://relay.example", "FROM": FROM, "CA": "/none.pem"}, "CA", "PEM"),
    ({"URL": "smtps://relay.example"}, "URL", "KEYFOB_SMTP_FROM"),
])
@pytest.mark.parametrize("as_options", [False, True])
def test_a_relay_that_cannot_be_used_is_named_and_stops_nothing_else(variables, name, word, as_options):
    arguments, names = [], {f"KEYFOB_SMTP_{key}": value for key, value in variables.items()}
    if as_options:
        names = {}
        for key, value in variables.items():
            arguments += [f"--smtp-{key.lower()}", value]
    with Service(dev=False, arguments=arguments, environment=names) as service:
        reply = service.client.send(service.client.new_domain(), "e@customer.example")
        assert reply.problem(422)["code"] == "channel-not-configured"
        assert service.readyz().splitlines() == ["ok", f"KEYFOB_SMTP_{name}: see `keyfob config check`"]
        check = subprocess.run([binary(), "config", "check", "--offline", *arguments],
                               capture_output=True, text=True, timeout=10,
                               env={**environment(), **names})
        assert check.returncode == 1 and word in check.stderr, check.stderr
        assert f"KEYFOB_SMTP_{name}: " in check.stderr
        assert "canary" not in check.stderr + service.stderr.read_text()
