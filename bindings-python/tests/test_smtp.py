"""Email through a relay that speaks the real protocol."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import keyfob
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from keyfob.memory import MemoryStorage
from keyfob.smtp import SmtpDelivery
from support import KEYS, Clock


class Mailbox:
    """What the relay took."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, email.message.EmailMessage)
        self.mails.append(mail)
        return "250 taken"

    def login(self, server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        found = (data.login, data.password)  # type: ignore[attr-defined]
        self.logins.append(found)
        return AuthResult(success=found == (b"keyfob", b"hunter2"))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def relay(mailbox: Mailbox) -> Iterator[int]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


@pytest.fixture
def tls_relay(mailbox: Mailbox, tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=free_port(), tls_context=server,
        require_starttls=True, auth_required=True, authenticator=mailbox.login,
    )  # fmt: skip
    controller.start()
    yield controller.port, ssl.create_default_context(cafile=certificate)
    controller.stop()


def send(delivery: SmtpDelivery, to: str = "ann@example.com") -> keyfob.Sent:
    offered = keyfob.Service(MemoryStorage(), delivery, keys=KEYS, clock=Clock())
    return offered.send(offered.create_domain("Example Bank"), to, channel="email", language="de")


def test_a_code_arrives_and_counts_as_sent(relay: int, mailbox: Mailbox) -> None:
    sent = send(SmtpDelivery("127.0.0.1", relay, sender="otp@example.com", security="none"))
    (mail,) = mailbox.mails
    assert sent.delivery == "sent"
    assert (mail["To"], mail["From"]) == ("ann@example.com", "otp@example.com")
    assert mail["Content-Language"] == "de" and mail["Date"] and mail["Message-ID"]
    assert any(word.strip(".").isdigit() and len(word.strip(".")) == 6 for word in mail.get_content().split())


def test_with_starttls_and_a_password(
    tls_relay: tuple[int, ssl.SSLContext], mailbox: Mailbox
) -> None:
    port, trust = tls_relay
    given = {"sender": "otp@example.com", "username": "keyfob", "tls": trust}
    send(SmtpDelivery("localhost", port, password="hunter2", **given))  # type: ignore[arg-type]
    assert len(mailbox.mails) == 1
    with pytest.raises(keyfob.ServiceError) as refused:
        send(SmtpDelivery("localhost", port, password="wrong", **given))  # type: ignore[arg-type]
    assert refused.value.code == "provider-unavailable" and len(mailbox.mails) == 1


def test_a_relay_that_nobody_vouches_for_gets_nothing(
    tls_relay: tuple[int, ssl.SSLContext], mailbox: Mailbox
) -> None:
    with pytest.raises(keyfob.ServiceError) as refused:
        send(SmtpDelivery("localhost", tls_relay[0], sender="otp@example.com"))
    assert isinstance(refused.value.__cause__, ssl.SSLError) and not mailbox.mails


def test_a_relay_that_is_not_there_is_a_refusal_with_its_cause() -> None:
    with pytest.raises(keyfob.ServiceError) as refused:
        send(SmtpDelivery("127.0.0.1", free_port(), sender="otp@example.com", security="none"))
    assert isinstance(refused.value.__cause__, ConnectionError)


def test_other_channels_are_left_to_others() -> None:
    delivery = SmtpDelivery("127.0.0.1", 9, sender="otp@example.com")
    offered = keyfob.Service(MemoryStorage(), delivery, keys=KEYS, clock=Clock())
    with pytest.raises(keyfob.ServiceError) as refused:
        offered.send(offered.create_domain(), "+447700900121")
    assert refused.value.code == "channel-not-configured"
    with pytest.raises(keyfob.InvalidArgument, match="^security: use starttls, tls or none$") as unknown:
        SmtpDelivery("127.0.0.1", 9, sender="otp@example.com", security="maybe")
    assert (unknown.value.code, unknown.value.argument) == ("invalid-argument", "security")
    with pytest.raises(keyfob.InvalidArgument, match="in clear"):
        SmtpDelivery("127.0.0.1", 9, sender="a@example.com", username="u", security="none")
    with pytest.raises(keyfob.InvalidArgument, match="^username: a password needs the name that it belongs to$"):
        SmtpDelivery("127.0.0.1", 9, sender="a@example.com", password="hunter2")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
