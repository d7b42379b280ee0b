"""A delivery over the standard library's ``smtplib``."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from ._errors import ChannelNotConfigured, InvalidArgument
from ._native import Message
from ._ports import Receipt

__all__ = ["SmtpDelivery"]


class SmtpDelivery:
    """Sends emails through a relay. Other channels it refuses, so that the next is tried.

    ``security`` is ``starttls``, ``tls`` or, for a relay on the same machine only, ``none``.
    A message counts as sent when the relay has taken it. ``repr`` shows no password.
    """

    def __init__(
        self,
        host: str,
        port: int = 587,
        *,
        sender: str,
        username: str | None = None,
        password: str | None = None,
        security: str = "starttls",
        timeout: float = 10.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if security not in ("starttls", "tls", "none"):
            raise _unusable("security", "use starttls, tls or none")
        if username is not None and security == "none":
            raise _unusable("security", "a password is not sent in clear; use starttls or tls")
        if password is not None and username is None:
            raise _unusable("username", "a password needs the name that it belongs to")
        self._host, self._port, self._timeout = host, port, timeout
        self._sender = sender
        self._login = None if username is None else (username, password or "")
        self._security = security
        self._tls = tls

    def __repr__(self) -> str:
        return f"SmtpDelivery({self._host!r}, {self._port}, sender={self._sender!r})"

    def __reduce__(self) -> str:
        raise TypeError("a delivery is not pickled: it holds a password; make one in each process")

    def deliver(self, message: Message) -> Receipt:
        """See `keyfob.Delivery`."""
        if message.channel != "email":
            raise ChannelNotConfigured
        with self._connect() as relay:
            relay.send_message(self._compose(message), to_addrs=[message.recipient])
        return "sent"

    def _compose(self, message: Message) -> EmailMessage:
        email = EmailMessage()
        email["From"] = self._sender
        email["To"] = message.recipient
        email["Subject"] = message.subject
        email["Date"] = formatdate()
        email["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2] or None)
        email["Auto-Submitted"] = "auto-generated"
        email.set_content(message.text)
        email["Content-Language"] = message.language  # what was set before it clears
        return email

    def _connect(self) -> smtplib.SMTP:
        context = self._tls or ssl.create_default_context()
        if self._security == "tls":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=context
            )
        else:
            relay = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                relay.starttls(context=context)
            if self._login is not None:
                relay.login(*self._login)
        except BaseException:
            relay.close()
            raise
        return relay


def _unusable(argument: str, text: str) -> InvalidArgument:
    return InvalidArgument(f"{argument}: {text}", "invalid-argument", argument)
