"""The storage, the delivery and the operator of an application: what they may be and may answer."""

from __future__ import annotations

import asyncio
import functools
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import keyfob
import pytest
from keyfob import AsyncService, ServiceError, SimSwapPolicy
from keyfob.memory import MemoryStorage
from support import KEYS, NOW, PHONE, Outbox, service

BOTH: keyfob.PhoneAndEmail = {"phone": PHONE, "email": "ann@example.com"}


class Failing(MemoryStorage):
    """Raises in the place of one of its methods, from the call of that number on."""

    def __init__(self, method: str, error: Exception, after: int = 0) -> None:
        super().__init__()
        self.method, self.error, self.left = method, error, after

    def _fail(self, method: str) -> None:
        if method == self.method:
            self.left -= 1
            if self.left < 0:
                raise self.error

    def load(self, key: bytes, now: int) -> keyfob.Stored | None:
        self._fail("load")
        return super().load(key, now)

    def swap(self, key: bytes, expected: bytes | None, record: keyfob.Record | None, now: int) -> bool:
        self._fail("swap")
        return super().swap(key, expected, record, now)

    def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        self._fail("add")
        return super().add(key, amount, expires_at, now)


@pytest.mark.parametrize("method", ["load", "swap", "add"])
@pytest.mark.parametrize("after", range(3))
def test_a_storage_that_fails_is_no_channel_to_pass_over(method: str, after: int) -> None:
    storage = Failing("", keyfob.ChannelNotConfigured())
    offered, outbox, _ = service(storage)
    domain = offered.create_domain()
    storage.method, storage.left = method, after
    with pytest.raises(ServiceError) as unavailable:
        offered.send(domain, BOTH, channel=["sms", "email"])
    assert unavailable.value.code == "storage-unavailable" and not outbox.messages
    assert unavailable.value.__cause__ is storage.error
    # The same exception of a delivery is one: the next channel is taken.
    storage.method, outbox.channels = "", {"email"}
    other: keyfob.PhoneAndEmail = {"phone": "+447700900122", "email": "bob@example.com"}
    assert offered.send(domain, other, channel=["sms", "email"]).channel == "email"


def test_a_failure_of_the_application_is_the_cause_of_its_refusal_alone() -> None:
    offered, _, _ = service(Failing("load", ConnectionError("no route to the database")))
    with pytest.raises(ServiceError) as unavailable:
        offered.view_domain(str(uuid.uuid4()))
    assert unavailable.value.code == "storage-unavailable"
    assert isinstance(unavailable.value.__cause__, ConnectionError)
    # A SIM that the operator did not tell of is refused for that, not for its exception.
    class Operator:
        def sim_swap(self, phone: str, max_age_hours: int) -> keyfob.SimSwapAnswer:
            raise ConnectionError("no route to the operator")

    offered, _, _ = service(operator=Operator())
    with pytest.raises(ServiceError) as unknown:
        offered.send(offered.create_domain(), PHONE, sim_swap=SimSwapPolicy())
    assert (unknown.value.code, unknown.value.__cause__) == ("sim-swap-unknown", None)
    assert unknown.value.__context__ is None


def test_a_delivery_that_answers_nothing_has_sent() -> None:
    offered, outbox, _ = service()
    outbox.receipt = None
    assert offered.send(offered.create_domain(), PHONE).delivery == "sent"


class Sync:
    """What belongs to `Service`."""

    def deliver(self, message: keyfob.Message) -> keyfob.Receipt:
        return "sent"


class Async:
    """What belongs to `AsyncService`."""

    async def deliver(self, message: keyfob.Message) -> keyfob.Receipt:
        return "sent"


class Operator:
    """Who knows of every SIM that it is the same."""

    def sim_swap(self, phone: str, max_age_hours: int) -> keyfob.SimSwapAnswer:
        return "not-swapped"


@pytest.mark.parametrize(
    ("argument", "given"),
    [("storage", {"storage": None}), ("storage", {"storage": "otp.db"}), ("delivery", {"delivery": print}),
     ("delivery", {"delivery": Async()}), ("operator", {"operator": 7}), ("policy", {"policy": {}}),
     ("keys", {"keys": b"1" * 32}), ("keys", {"keys": None}), ("storage", {"storage": MemoryStorage}),
     ("delivery", {"delivery": Outbox}), ("operator", {"operator": Operator}),
     ("delivery", {"delivery": SimpleNamespace(deliver=lambda: "sent")}),
     ("operator", {"operator": SimpleNamespace(sim_swap=lambda phone, hours, more: "swapped")})],
)  # fmt: skip
def test_what_can_be_no_part_of_a_service_is_refused_by_its_name(argument: str, given: dict[str, Any]) -> None:
    parts: dict[str, Any] = {"storage": MemoryStorage(), "keys": KEYS, **given}
    with pytest.raises(keyfob.InvalidArgument) as refused:
        keyfob.Service(parts.pop("storage"), **parts)
    assert (refused.value.code, refused.value.argument) == ("invalid-argument", argument)


@pytest.mark.parametrize("made", [keyfob.in_threads, keyfob.delivery_in_threads, keyfob.operator_in_threads])
def test_what_is_no_part_is_not_put_into_threads(made: Any) -> None:
    for nonsense in (None, MemoryStorage, Outbox, Operator, object()):
        with pytest.raises(keyfob.InvalidType):
            made(nonsense)


def test_a_part_whose_parameters_are_not_told_or_are_a_decorators_is_taken() -> None:
    def with_connection(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def called(*given: Any) -> Any:
            return method("connection", *given)

        return called

    storage: Any = MemoryStorage()
    load = storage.load
    storage.load = with_connection(lambda connection, key, now: load(key, now))
    storage.swap = functools.partial(storage.swap)
    offered, _, _ = service(storage)
    assert offered.view_domain(offered.create_domain("Bank")).name == "Bank"


@pytest.mark.parametrize(
    ("argument", "parts", "threads"),
    [("storage", {"storage": MemoryStorage()}, "in_threads"), ("delivery", {"delivery": Sync()}, "delivery_in_threads"),
     ("operator", {"operator": Operator()}, "operator_in_threads")],
)  # fmt: skip
def test_a_part_that_is_not_async_is_told_what_it_needs(argument: str, parts: dict[str, Any], threads: str) -> None:
    storage, delivery = keyfob.in_threads(MemoryStorage()), keyfob.delivery_in_threads(Outbox())
    given = {"storage": storage, "delivery": delivery, "operator": keyfob.operator_in_threads(Operator()), **parts}
    offered = AsyncService(given.pop("storage"), keys=KEYS, **given)

    async def send() -> None:
        await offered.send(await offered.create_domain(), PHONE, sim_swap=SimSwapPolicy())

    with pytest.raises(keyfob.InvalidType, match=rf"{argument} must be async; {threads}\(...\)") as refused:
        asyncio.run(send())
    assert (refused.value.code, refused.value.argument) == ("invalid-argument", argument)


@pytest.mark.parametrize("nonsense", [True, "lost", b"sent", 7, object()])
def test_a_delivery_that_answers_nonsense_is_told_what_to_answer(nonsense: Any) -> None:
    offered, outbox, clock = service()
    outbox.receipt = nonsense
    domain = offered.create_domain()
    with pytest.raises(keyfob.InvalidType, match="deliver returns 'sent', 'queued' or None") as refused:
        offered.send(domain, PHONE)
    assert (refused.value.code, refused.value.argument) == ("invalid-argument", "delivery")
    clock.now += 30  # somebody may have got it all the same
    outbox.receipt = "sent"
    assert offered.send(domain, PHONE).delivery == "sent"


NONSENSE = [
    ("load", True), ("load", b"12345678"), ("load", keyfob.Stored(b"1", b"")), ("swap", None),
    ("swap", 1), ("add", None), ("add", -1), ("add", 1.5), ("add", "3"), ("add", True),
]  # fmt: skip


@pytest.mark.parametrize(("method", "nonsense"), NONSENSE)
def test_a_storage_that_answers_nonsense_is_told_what_to_answer(method: str, nonsense: Any) -> None:
    storage = MemoryStorage()
    offered, outbox, _ = service(storage)
    domain = offered.create_domain()
    setattr(storage, method, lambda *_: nonsense)
    with pytest.raises(keyfob.InvalidType, match=f"storage must be such that {method} returns") as refused:
        offered.send(domain, PHONE)
    assert (refused.value.code, refused.value.argument) == ("invalid-argument", "storage")
    assert refused.value.__cause__ is None and not outbox.messages


@pytest.mark.parametrize(("method", "nonsense"), [it for it in NONSENSE if it[0] != "add"])
def test_a_storage_that_answers_nonsense_has_nothing_accepted(method: str, nonsense: Any) -> None:
    storage = MemoryStorage()
    offered, outbox, _ = service(storage)
    sent = offered.send(offered.create_domain(), PHONE)
    setattr(storage, method, lambda *_: nonsense)
    with pytest.raises(keyfob.InvalidType, match="storage"):
        offered.verify(sent.otp_id, outbox.code)


@pytest.mark.parametrize("nonsense", [True, None, "no", "SWAPPED"])
def test_an_operator_that_answers_nonsense_is_told_what_to_answer(nonsense: Any) -> None:
    operator = SimpleNamespace(sim_swap=lambda phone, max_age_hours: nonsense)
    offered, outbox, _ = service(operator=operator)
    domain = offered.create_domain()
    with pytest.raises(keyfob.InvalidType, match="operator must be such that sim_swap returns 'swapped'"):
        offered.send(domain, PHONE, sim_swap=SimSwapPolicy())
    assert not outbox.messages


def test_a_mistake_of_the_functions_inside_of_a_part_is_a_failure_of_it() -> None:
    storage: Any = MemoryStorage()
    offered, _, _ = service(storage)
    domain = offered.create_domain()
    storage.load = lambda key, now: keyfob.Stored(1, 2)  # type: ignore[arg-type]  # as of a column of another type
    with pytest.raises(ServiceError) as unavailable:
        offered.view_domain(domain)
    assert isinstance(unavailable.value.__cause__, TypeError)


def test_a_clock_that_stops_is_told_as_a_clock() -> None:
    times: list[Any] = [NOW, "later"]
    offered, _, _ = service(clock=lambda: times.pop(0))
    with pytest.raises(keyfob.InvalidType) as refused:
        offered.create_domain()
    assert refused.value.argument == "clock"
