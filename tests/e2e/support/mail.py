"""A real mail server (aiosmtpd) with TLS and authentication, that keeps a Maildir."""

import asyncio
import mailbox
import socket
import ssl
import subprocess
from email import policy
from email.parser import BytesParser
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult, LoginPassword

from .wait import until

USER, PASSWORD = "keyfob@bank.example", "p@ss/w:rd%?#"  # what a URL has to escape


class Authority:
    """A certificate authority for one test run, and a certificate for this machine."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "authority.pem"
        key, request = folder / "authority.key", folder / "server.csr"
        self._openssl("req", "-x509", *NEW_KEY, "-keyout", key, "-out", self.certificate,
                      "-subj", "/CN=keyfob test authority", "-days", "2",
                      "-addext", "basicConstraints=critical,CA:TRUE")
        names = folder / "names"
        names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._openssl("req", *NEW_KEY, "-keyout", folder / "server.key", "-out", request,
                      "-subj", "/CN=localhost")
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", key,
                      "-out", folder / "server.pem", "-days", "2", "-extfile", names,
                      "-set_serial", "1")

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


class Recorder(Mailbox):
    """Keeps what is delivered; `refusals` are the answers to the next recipients, `stalls`
    the recipients over whom it thinks for some seconds, `late` the seconds after which it
    says that it has the next messages."""

    def __init__(self, folder):
        super().__init__(folder)
        self.refusals, self.recipients, self.stalls, self.late = [], [], {}, []

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(self.late.pop(0) if self.late else 0)
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.recipients.append(address)
        await asyncio.sleep(self.stalls.get(address, 0))
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"


class MailServer:
    """`starttls`, `implicit` TLS, or `none` (which nothing may be sent to)."""

    def __init__(self, folder, authority, tls="starttls", port=None):
        self.folder, self.port = folder / f"mail-{tls}", port or free_port()
        self.tls, self.recorder = tls, Recorder(self.folder)
        common = {"hostname": "127.0.0.1", "port": self.port}
        if tls == "none":
            self.controller = Controller(self.recorder, **common)
            return
        common |= {"auth_required": True, "authenticator": authenticate}
        context = authority.context()
        if tls == "starttls":
            common |= {"tls_context": context, "require_starttls": True}
        else:
            common |= {"ssl_context": context, "auth_require_tls": False}
        self.controller = Controller(self.recorder, **common)

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop(no_assert=True)

    def url(self, user=USER, password=PASSWORD, host="127.0.0.1"):
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
        if self.tls == "implicit":
            return f"smtps://{login}{host}:{self.port}"
        return f"smtp://{login}{host}:{self.port}?tls=required"

    def fetch(self, to, within=10.0):
        """The messages to this recipient, oldest first; waits for one."""
        def found():
            return [message for message in self.messages() if to in message["to"]]

        return until(found, within=within, every=0.05)

    def messages(self):
        box = mailbox.Maildir(self.folder, create=False)
        read = [box.get_bytes(key) for key in sorted(box.keys())]
        return [BytesParser(policy=policy.default).parsebytes(text) for text in read]


def plain_text(message):
    """What it says where HTML is not shown."""
    return message.get_body(("plain",)).get_content()


def html(message):
    """What it says where HTML is shown."""
    return message.get_body(("html",)).get_content()


def authenticate(server, session, envelope, mechanism, login):
    good = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=login == good, handled=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
