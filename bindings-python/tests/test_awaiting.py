"""What `AsyncService` answers has no truth before it is awaited."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from unittest import mock

import anyio
import keyfob
import pytest
from keyfob import AsyncService
from keyfob.memory import MemoryStorage
from support import KEYS, PHONE, SECRET, Clock, Outbox, wrong

ID = "00000000-0000-4000-8000-000000000000"
JUDGED: dict[str, Callable[[AsyncService], Coroutine[Any, Any, object]]] = {
    "verify": lambda it: it.verify(ID, "123456"),
    "verify_totp": lambda it: it.verify_totp(ID, "ann", "123456"),
    "confirm_enrolment": lambda it: it.confirm_enrolment("ticket", "123456"),
    "delivery_report": lambda it: it.delivery_report(ID, "00" * 16, "sms", "sent"),
    "wanted": lambda it: it.wanted(ID, "00" * 16),
    "fall_back": lambda it: it.fall_back(ID, "00" * 16, "sms"),
}


def offered() -> tuple[AsyncService, Outbox]:
    outbox = Outbox()
    storage, delivery = keyfob.in_threads(MemoryStorage()), keyfob.delivery_in_threads(outbox)
    return AsyncService(storage, delivery, keys=KEYS, clock=Clock()), outbox


def test_each_answer_that_is_true_or_not_is_one_to_await() -> None:
    truths = {"bool"} | {name for name in keyfob.__all__ if hasattr(getattr(keyfob, name), "__bool__")}
    told = {name: it.__annotations__.get("return") for name, it in inspect.getmembers(AsyncService, inspect.isfunction)}
    assert {name for name, answer in told.items() if answer in truths} == set(JUDGED)


@pytest.mark.parametrize("name", list(JUDGED))
def test_a_forgotten_await_lets_nobody_in(name: str) -> None:
    service, _ = offered()
    asked: list[Callable[[Any], object]] = [bool, lambda it: not it, lambda it: 1 if it else 2]
    for ask in asked:
        begun = JUDGED[name](service)
        with pytest.raises(TypeError, match=rf"`await service\.{name}\(\.\.\.\)`"):
            ask(begun)
        begun.close()


@pytest.mark.parametrize("name", list(JUDGED))
def test_an_answer_that_is_dropped_is_warned_of(name: str) -> None:
    service, _ = offered()
    with pytest.warns(RuntimeWarning, match=f"coroutine 'AsyncService.{name}' was never awaited"):
        begun = JUDGED[name](service)
        del begun


def run_as_task(answer: Coroutine[Any, Any, Any]) -> Awaitable[Any]:
    task = asyncio.create_task(answer)
    assert "AsyncService.verify" in repr(task)
    return task


def test_asyncio_alone_may_ask_whether_there_is_a_coroutine() -> None:
    """From Python 3.12 on the repr of a task does, and `asyncio.run` makes one."""
    service, _ = offered()
    begun = service.verify(ID, "123456")
    assert eval("1 if begun else 2", {"__name__": "asyncio.base_tasks", "begun": begun}) == 1
    for module in ({"__name__": "asyncio_of_mine"}, {}):
        with pytest.raises(TypeError, match="await it first"):
            eval("1 if begun else 2", {**module, "begun": begun})
    begun.close()


async def first_of(answer: Coroutine[Any, Any, Any]) -> Any:
    (found,) = await asyncio.gather(answer)
    return found


@pytest.mark.parametrize(
    "awaited",
    [lambda it: it, run_as_task, asyncio.ensure_future, first_of, lambda it: asyncio.wait_for(it, 10)],
)
def test_it_is_awaited_as_any_coroutine_is(awaited: Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]) -> None:
    service, outbox = offered()

    async def scenario() -> None:
        domain = await service.create_domain()
        sent = await service.send(domain, PHONE)
        assert not await awaited(service.verify(sent.otp_id, wrong(outbox.code)))
        assert await awaited(service.verify(sent.otp_id, code=outbox.code))
        with pytest.raises(keyfob.ServiceError, match="challenge"):
            await awaited(service.verify(domain, outbox.code))

    asyncio.run(scenario())


def test_it_is_cancelled_and_started_as_any_coroutine_is() -> None:
    service, _ = offered()
    with pytest.raises(keyfob.ServiceError):
        asyncio.run(service.verify(ID, "123456"))

    async def scenario() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(service.verify_totp, await with_user(service), "ann", "123456")
        task = asyncio.create_task(service.verify(ID, "123456"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        service.verify(ID, "123456").close()


async def with_user(service: AsyncService) -> str:
    domain = await service.create_domain()
    await service.create_user(domain, "ann", secret=SECRET, return_secret=True)
    return domain


def test_a_double_of_the_service_is_awaited_too() -> None:
    double = mock.create_autospec(AsyncService, instance=True)
    for name in JUDGED:
        assert isinstance(getattr(double, name), mock.AsyncMock)
