"""Every example in the documentation, run as it stands there."""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
import pathlib
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import keyfob
import pytest
from keyfob import _engine, messages
from keyfob.memory import MemoryStorage
from keyfob.smtp import SmtpDelivery
from keyfob.sqlite import SqliteStorage
from support import KEYS, NOW, ROOT, SECRET, Clock, Outbox

DOCS = ROOT / "bindings-python" / "docs"


def examples() -> Iterator[tuple[str, str]]:
    """What follows a ``::``, of each docstring and each page."""
    for module in (keyfob, messages):
        for name in module.__all__:
            member = getattr(module, name)
            yield from blocks(name, inspect.getdoc(member) or "")
            for inner in vars(member) if inspect.isclass(member) else ():
                if not inner.startswith("_"):
                    yield from blocks(f"{name}.{inner}", inspect.getdoc(getattr(member, inner)) or "")
    for page in sorted(DOCS.glob("*.rst")):
        yield from blocks(page.stem, page.read_text(encoding="utf-8"))


def blocks(name: str, text: str) -> Iterator[tuple[str, str]]:
    for found in re.findall(r"(?m)^(?!\.\. ).*::\n\n((?:[ ]{3,}\S.*\n?|\n)+)", text):
        yield name, textwrap.dedent(found)


def told_apart(found: Iterator[tuple[str, str]]) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, body in found:
        named[f"{name}, again" if name in named else name] = body
    return named


EXAMPLES = told_apart(examples())


def test_there_are_the_examples_that_are_run() -> None:
    assert list(EXAMPLES) == [
        "HOTP", "TOTP", "AsyncService", "RecoverySet", "Service", "ServicePolicy", "guide", "index", "storage",
        "storage, again",
    ]  # fmt: skip


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_an_example_runs(name: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    body = EXAMPLES[name].replace("return ", "value = ")  # one is the inside of a function
    program = compile(body, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    surroundings = Surroundings()
    came_to = eval(program, {}, surroundings)
    if inspect.iscoroutine(came_to):
        asyncio.run(came_to)
    surroundings.check(name)


def test_the_reference_tells_the_types_of_what_is_native() -> None:
    program = (
        "import inspect, runpy; runpy.run_path('conf.py'); import keyfob;"
        "print(inspect.signature(keyfob.TOTP.verify), keyfob.TOTP.__module__, keyfob.Message.code.fget.__annotations__)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=DOCS, capture_output=True, text=True, check=True)
    signature = "(self, code: 'object', at: '_Time' = None, *, state: 'TotpState | None' = None) -> 'Verification'"
    assert told.stdout == f"{signature} keyfob {{'return': 'str'}}\n"


def test_the_package_shows_what_it_prints() -> None:
    assert doctest.testmod(keyfob).attempted == 3
    assert doctest.testmod(keyfob).failed == 0


class Surroundings(dict[str, Any]):
    """What the examples take from the application around them."""

    def __init__(self) -> None:
        codes, recovery = keyfob.RecoverySet.generate(1)
        self.outbox, self.let_in = Outbox(), 0
        offered = keyfob.Service(MemoryStorage(), self.outbox, keys=KEYS, clock=Clock())
        self.storage = offered._storage
        given = {name: getattr(keyfob, name) for name in keyfob.__all__}
        given |= {"keyfob": keyfob, "SqliteStorage": SqliteStorage, "SmtpDelivery": self.delivery, "print": str}
        given |= {
            "keys": KEYS, "delivery": keyfob.delivery_in_threads(self.outbox), "domain": None,
            "user": SimpleNamespace(id=1, last_step=None), "token": SimpleNamespace(counter=7), "Users": self,
            "totp": keyfob.TOTP(SECRET), "stored": recovery.to_json(), "recovery_code": codes[0],
            "flow": offered._engine.create_domain("Example Bank", None, None), "now": lambda: NOW,
            "carry_out": lambda step: _engine.carry_out(step, self.storage, None, None),
            "let_in": self.admit,
        }  # fmt: skip
        super().__init__(given)

    def __missing__(self, name: str) -> Any:
        if name != "typed":
            raise KeyError(name)
        if self.outbox.messages:
            return self.outbox.code
        if "hotp" in self:
            return self["hotp"].at(9)
        return self["recovery_code"] if "codes" in self else self["totp"].now()

    def delivery(self, host: str, *, sender: str) -> Outbox:
        """A relay of one's own is not there."""
        assert SmtpDelivery(host, sender=sender)
        return self.outbox

    def filter(self, **_: object) -> Any:
        return SimpleNamespace(update=lambda **_: 1)

    def admit(self, user: object) -> None:
        self.let_in += 1

    def check(self, name: str) -> None:
        """That it came to what it says."""
        match name:
            case "TOTP":
                assert self["user"].last_step == self["result"].step
            case "HOTP":
                assert self["token"].counter == 10
            case "RecoverySet":
                assert self["result"]
            case "guide":
                assert self.let_in == 1
            case "storage":
                assert pathlib.Path("otp-monday.db").exists()
            case "storage, again":
                assert len(self["value"]) == 36
            case "Service" | "AsyncService":
                assert len(self.outbox.messages) == 1
