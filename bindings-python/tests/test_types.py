"""What editors show of the native module is what `help()` says of it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import keyfob
from keyfob import _native
from support import ROOT

STUB = ROOT / "bindings-python" / "python" / "keyfob" / "_native.pyi"
Documented = ast.ClassDef | ast.FunctionDef


def test_the_stub_is_documented_as_the_module_is() -> None:
    compared = {
        name: (ast.get_docstring(node), inspect.getdoc(member)) for name, node, member in documented()
    }
    assert len(compared) > 150
    assert {name: docs for name, docs in compared.items() if docs[0] != docs[1]} == {}


def test_everything_public_is_documented() -> None:
    missing = [name for name, _, member in documented() if not inspect.getdoc(member)]
    assert [name for name in missing if not name.startswith("Engine.")] == []


# What the engine leaves to its callers.
OWN = {
    "account": "00000000-0000-0000-0000-000000000000", "channel": "sms", "count": 10, "drift": 0, "drift_limit": 0, "epoch": 0,
    "replay_floor": 0, "scale": 8, "strict": True,
}  # fmt: skip
# The one call that looks as far ahead as can be.
FARTHEST = ("HOTP.resynchronise", "look_ahead", 100)


def test_each_default_that_help_shows_is_the_engines() -> None:
    told, seen = _native.defaults(), set()
    for owner, name, default in shown():
        if (owner, name, default) == FARTHEST:
            continue
        assert default == {**OWN, **told}[name], f"{name} of {owner}"
        seen.add(name)
    assert seen == told.keys() | OWN.keys()


def test_what_is_left_out_is_what_help_shows() -> None:
    secret = keyfob.Secret.generate()
    assert secret.bits == 8 * 20 and len(keyfob.random_base32()) == 32
    totp, hotp = keyfob.TOTP(secret), keyfob.HOTP(secret)
    assert (totp.algorithm, totp.digits, totp.period) == ("SHA1", 6, 30)
    assert (hotp.algorithm, hotp.digits) == ("SHA1", 6)
    found = [bool(totp.verify(totp.at(3_000 + 30 * steps), 3_000)) for steps in range(-2, 3)]
    assert found == [False, True, True, True, False]
    assert hotp.verify(hotp.at(10), 0) and not hotp.verify(hotp.at(11), 0)
    assert hotp.resynchronise(hotp.at(100), hotp.at(101), 0)
    assert not hotp.resynchronise(hotp.at(101), hotp.at(102), 0)
    policy = keyfob.CodePolicy()
    assert (policy.length, policy.characters) == (6, "0123456789")


def shown() -> Iterator[tuple[str, str, Any]]:
    """Each default that is neither ``None`` nor off, of everything public."""
    for name in keyfob.__all__:
        member = getattr(keyfob, name)
        if isinstance(member, type) and not getattr(member, "_is_protocol", False):
            if is_part(member):
                continue  # test_policy holds all of it at once
            yield from defaults_of(name, member)
            for inner, method in vars(member).items():
                if callable(method) and not inner.startswith("_"):
                    yield from defaults_of(f"{name}.{inner}", getattr(member, inner))
        elif inspect.isbuiltin(member):
            yield from defaults_of(name, member)


def is_part(member: type) -> bool:
    """Whether it is `keyfob.ServicePolicy` or something in it."""
    return member.__module__ == "keyfob._policy" and member not in (keyfob.SimSwapPolicy, keyfob.TotpParameters)


def defaults_of(owner: str, member: Any) -> Iterator[tuple[str, str, Any]]:
    try:
        signature = inspect.signature(member)
    except ValueError:  # made by the engine alone
        return
    for it in signature.parameters.values():
        if isinstance(it.default, (int, str)) and it.default is not False:
            yield owner, it.name, it.default


def documented() -> Iterator[tuple[str, Documented, Any]]:
    """Each class and function of the stub, and the method and property of each class."""
    for node in definitions(ast.parse(STUB.read_text(encoding="utf-8")).body):
        member = getattr(_native, node.name)
        yield node.name, node, member
        if isinstance(node, ast.ClassDef):
            for inner in definitions(node.body):
                yield f"{node.name}.{inner.name}", inner, getattr(member, inner.name)


def definitions(body: list[ast.stmt]) -> Iterator[Documented]:
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("__"):
            yield node
