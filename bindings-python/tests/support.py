"""What the tests share: a service whose outside world stands still until it is moved."""

from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass, field
from typing import Any

import keyfob
from keyfob.memory import MemoryStorage

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOW = 1_800_000_015
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
KEYS = keyfob.Keys(bytes([1] * 32), {1: bytes([2] * 32)})
PHONE = "+447700900121"


@dataclass
class Outbox:
    """A delivery that keeps what it is given."""

    channels: set[str] = field(default_factory=lambda: {"sms", "voice", "email"})
    messages: list[keyfob.Message] = field(default_factory=list)
    receipt: keyfob.Receipt = "queued"

    def deliver(self, message: keyfob.Message) -> keyfob.Receipt:
        if message.channel not in self.channels:
            raise keyfob.ChannelNotConfigured
        self.messages.append(message)
        return self.receipt

    @property
    def code(self) -> str:
        """The code in the last message."""
        text = self.messages[-1].text.replace(", ", "")
        found = re.search(r"(?<!\d)\d{6}(?!\d)", text)
        assert found, "the last message holds no code"
        return found[0]


class Clock:
    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def service(storage: Any = None, **changes: Any) -> tuple[keyfob.Service, Outbox, Clock]:
    outbox, clock = Outbox(), Clock()
    given = {"keys": KEYS, "clock": clock, **changes}
    return keyfob.Service(storage or MemoryStorage(), outbox, **given), outbox, clock


def wrong(code: str) -> str:
    """A code that differs in its first character."""
    return ("1" if code[0] == "0" else "0") + code[1:]
