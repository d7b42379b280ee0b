"""What editors show of the native module is what `help()` says of it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

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
