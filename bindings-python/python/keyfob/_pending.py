"""Answers that have a truth of their own, which nobody may ask for before they are there."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

Answer = TypeVar("Answer")
Given = ParamSpec("Given")


class Pending(Coroutine[Any, Any, Answer]):
    """A coroutine that is not true: ``if service.verify(...)`` without ``await`` would let everybody in."""

    def __init__(self, coroutine: Coroutine[Any, Any, Answer], name: str) -> None:
        self._coroutine = coroutine
        self._name = name

    def __bool__(self) -> NoReturn:
        if sys._getframe(1).f_globals.get("__name__") == "asyncio.base_tasks":
            return True  # type: ignore[misc]  # the repr of a task asks so whether there is one, from Python 3.12 on
        raise TypeError(f"this is no answer yet; await it first: `await service.{self._name}(...)`")

    def __await__(self) -> Generator[Any, Any, Answer]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        return self._coroutine.throw(*error)

    def close(self) -> None:
        self._coroutine.close()

    if not TYPE_CHECKING:  # the name and the frame, by which asyncio and debuggers show it

        def __getattr__(self, name: str) -> Any:
            return getattr(self._coroutine, name)


def pending(method: Callable[Given, Coroutine[Any, Any, Answer]]) -> Callable[Given, Pending[Answer]]:
    """An async method whose answer is to be awaited before it is asked whether it is true."""

    @functools.wraps(method)
    def begun(*given: Given.args, **named: Given.kwargs) -> Pending[Answer]:
        return Pending(method(*given, **named), method.__name__)

    return _as_async(begun)


def _as_async(function: Callable[Given, Pending[Answer]]) -> Callable[Given, Pending[Answer]]:
    """Marks it as what it is, for mocks and frameworks that ask before they call."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    import asyncio.coroutines

    function._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]
    return function
