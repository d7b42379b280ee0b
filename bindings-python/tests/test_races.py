"""The two promises, under parallel requests over storages that are slow, fail, and lose answers.

I1  No outcome is revealed before its attempt is durably recorded.
I2  Acceptance and consumption are one compare-and-swap: of any number at once one is accepted.

Each has a control: the same attack on the way such code is usually written succeeds.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keyfob
import pytest
from keyfob import TOTP, AsyncService, ServiceError
from keyfob.memory import MemoryStorage
from support import KEYS, NOW, PHONE, SECRET, Clock, Outbox, wrong

AT_ONCE = 50


class Slow:
    """A storage that takes its time, and gives others theirs."""

    def __init__(self, kept: MemoryStorage | None = None, seed: int = 1) -> None:
        self.kept = kept or MemoryStorage()
        self.random = random.Random(seed)

    async def load(self, key: bytes, now: int) -> keyfob.Stored | None:
        await asyncio.sleep(self.random.random() / 100)
        found = self.kept.load(key, now)
        await asyncio.sleep(self.random.random() / 100)
        return found

    async def swap(
        self, key: bytes, expected: bytes | None, record: keyfob.Record | None, now: int
    ) -> bool:
        await asyncio.sleep(self.random.random() / 100)
        swapped = self.kept.swap(key, expected, record, now)
        await asyncio.sleep(self.random.random() / 100)
        return swapped

    async def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        await asyncio.sleep(0)
        return self.kept.add(key, amount, expires_at, now)


class Failing(Slow):
    """Every third swap fails: half of those before it was written, half after."""

    swaps = 0

    async def swap(
        self, key: bytes, expected: bytes | None, record: keyfob.Record | None, now: int
    ) -> bool:
        self.swaps += 1
        if self.swaps % 6 == 3:
            raise ConnectionError("lost before the write")
        swapped = await super().swap(key, expected, record, now)
        if self.swaps % 6 == 0:
            raise ConnectionError("lost after the write")
        return swapped


class AsyncOutbox:
    def __init__(self) -> None:
        self.outbox = Outbox()

    async def deliver(self, message: keyfob.Message) -> keyfob.Receipt:
        await asyncio.sleep(0)
        return self.outbox.deliver(message)


async def enrolled(kept: MemoryStorage) -> tuple[AsyncService, str]:
    """A user, enrolled while the storage was well."""
    offered = AsyncService(Slow(kept), AsyncOutbox(), keys=KEYS, clock=Clock())
    domain = await offered.create_domain()
    await offered.create_user(domain, "ann", secret=SECRET, return_secret=True)
    return offered, domain


def over(storage: keyfob.AsyncStorage) -> AsyncService:
    return AsyncService(storage, AsyncOutbox(), keys=KEYS, clock=Clock())


async def at_once(call: Callable[[], Awaitable[keyfob.Outcome]], times: int = AT_ONCE) -> Counter[str]:
    """What each came to: its outcome or the code of its error."""

    async def one() -> str:
        try:
            return (await call()).outcome
        except ServiceError as error:
            return error.code

    return Counter(await asyncio.gather(*(one() for _ in range(times))))


def test_of_codes_at_once_one_is_accepted() -> None:
    async def scenario() -> None:
        kept = MemoryStorage()
        _, domain = await enrolled(kept)
        code = TOTP(SECRET).at(NOW)
        found = await at_once(lambda: over(Slow(kept)).verify_totp(domain, "ann", code))
        assert found["accepted"] == 1
        assert found.keys() <= {"accepted", "replayed", "contention"}

    asyncio.run(scenario())


def test_of_sent_codes_at_once_one_is_accepted() -> None:
    async def scenario() -> None:
        outbox, storage = AsyncOutbox(), Slow()
        offered = AsyncService(storage, outbox, keys=KEYS, clock=Clock())
        sent = await offered.send(await offered.create_domain(), PHONE)
        code = outbox.outbox.code
        found = await at_once(lambda: offered.verify(sent.otp_id, code))
        assert found["accepted"] == 1
        assert found.keys() <= {"accepted", "replayed", "contention"}

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", range(8))
def test_a_storage_that_fails_accepts_no_code_twice(seed: int) -> None:
    async def scenario() -> None:
        kept = MemoryStorage()
        _, domain = await enrolled(kept)
        storage = Failing(kept, seed)
        code = TOTP(SECRET).at(NOW)
        found = await at_once(lambda: over(storage).verify_totp(domain, "ann", code))
        found += await at_once(lambda: over(storage).verify_totp(domain, "ann", code))
        assert found["accepted"] <= 1  # none if the answer to the one that counted was lost
        assert found["storage-unavailable"] > 0, "the storage did fail"
        last = await over(Slow(kept)).verify_totp(domain, "ann", code)
        assert found["accepted"] + bool(last) <= 1

    asyncio.run(scenario())


def test_guesses_at_once_get_no_more_than_the_limit() -> None:
    async def scenario() -> None:
        kept = MemoryStorage()
        offered, domain = await enrolled(kept)
        right = TOTP(SECRET).at(NOW)
        found = await at_once(lambda: over(Slow(kept)).verify_totp(domain, "ann", wrong(right)))
        assert found["mismatch"] <= 5, "five guesses, then a block"
        assert (await offered.view_user(domain, "ann")).failures == found["mismatch"] == 5

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", range(8))
def test_no_failure_of_the_storage_gives_a_guess_back(seed: int) -> None:
    async def scenario() -> None:
        kept = MemoryStorage()
        offered, domain = await enrolled(kept)
        storage, right = Failing(kept, seed), TOTP(SECRET).at(NOW)
        found = await at_once(lambda: over(storage).verify_totp(domain, "ann", wrong(right)))
        counted = (await offered.view_user(domain, "ann")).failures
        assert found["mismatch"] <= counted <= 5, "each guess that was answered was counted"

    asyncio.run(scenario())


def test_a_request_that_is_cancelled_has_revealed_nothing_and_its_guess_counts() -> None:
    async def scenario() -> None:
        kept = MemoryStorage()
        offered, domain = await enrolled(kept)
        right = TOTP(SECRET).at(NOW)
        for _ in range(30):  # an attacker who hangs up before the answer
            call = over(Slow(kept)).verify_totp(domain, "ann", wrong(right))
            task = asyncio.ensure_future(call)
            await asyncio.sleep(0.025)
            task.cancel()
            try:
                assert not await task
            except asyncio.CancelledError:
                pass
        user = await offered.view_user(domain, "ann")
        assert 0 < user.failures <= 5

    asyncio.run(scenario())


def test_an_outcome_is_told_only_after_its_swap() -> None:
    """Steps the flow by hand: until the swap is answered there is nothing to be read of it."""
    kept = MemoryStorage()
    asyncio.run(enrolled(kept))
    storage, order = kept, []
    offered = keyfob.Service(storage, keys=KEYS, clock=Clock())
    domain = offered.create_domain()
    offered.create_user(domain, "bob", secret=SECRET, return_secret=True)
    flow = offered._engine.verify_totp(domain, "bob", TOTP(SECRET).at(NOW))
    step = flow.start(NOW)
    while not isinstance(step, keyfob.Done):
        order.append(type(step).__name__)
        if isinstance(step, keyfob.Load):
            step = flow.resume(NOW, storage.load(step.key, step.now))
        elif isinstance(step, keyfob.Swap):
            assert repr(flow) == "Flow(redacted)"
            step = flow.resume(NOW, storage.swap(step.key, step.expected, step.record, step.now))
    assert order[-1] == "Swap" and step.value["outcome"] == "accepted"


def test_threads_over_a_slow_storage_accept_once() -> None:
    class SlowMemory(MemoryStorage):
        def load(self, key: bytes, now: int) -> keyfob.Stored | None:
            found = super().load(key, now)
            time.sleep(0.005)
            return found

    storage = SlowMemory()
    offered = keyfob.Service(storage, Outbox(), keys=KEYS, clock=Clock())
    domain = offered.create_domain()
    offered.create_user(domain, "ann", secret=SECRET, return_secret=True)
    code = TOTP(SECRET).at(NOW)

    def one(_: int) -> str:
        try:
            return offered.verify_totp(domain, "ann", code).outcome
        except ServiceError as error:
            return error.code

    with ThreadPoolExecutor(16) as pool:
        found = Counter(pool.map(one, range(AT_ONCE)))
    assert found["accepted"] == 1 and found.keys() <= {"accepted", "replayed", "contention"}


class Naive:
    """The control: what the promises are there to prevent. Load, judge, then write."""

    def __init__(self, storage: Any) -> None:
        self.storage, self.totp = storage, TOTP(SECRET)
        self.used: set[int] = set()
        self.failures = 0

    async def verify(self, code: str) -> keyfob.Outcome:
        if self.failures >= 5:
            return keyfob.Outcome("blocked")
        used = set(self.used)
        await self.storage.load(b"", NOW)
        found = self.totp.verify(code, NOW)
        accepted = bool(found) and found.step not in used
        await self.storage.load(b"", NOW)  # the write takes as long as the read
        if found.step is not None:
            self.used.add(found.step)
        if not accepted:
            self.failures += 1
        return keyfob.Outcome("accepted" if accepted else "mismatch")


def test_the_naive_way_loses_both() -> None:
    async def scenario() -> None:
        code = TOTP(SECRET).at(NOW)
        naive = Naive(Slow())
        accepted = await at_once(lambda: naive.verify(code))
        assert accepted["accepted"] > 1
        guessed = Naive(Slow())
        guesses = await at_once(lambda: guessed.verify(wrong(code)))
        assert guesses["mismatch"] > 5

    asyncio.run(scenario())


def test_a_storage_without_its_promise_is_a_breach_and_seen_as_one() -> None:
    """The test of the test: a swap that always succeeds lets a code in many times."""

    class Forgetful(Slow):
        async def swap(
            self, key: bytes, expected: bytes | None, record: keyfob.Record | None, now: int
        ) -> bool:
            await asyncio.sleep(0.01)
            if record is not None:
                self.kept.records[key] = record
            return True

    async def scenario() -> None:
        kept = MemoryStorage()
        _, domain = await enrolled(kept)
        code = TOTP(SECRET).at(NOW)
        offered = over(Forgetful(kept))
        found = await at_once(lambda: offered.verify_totp(domain, "ann", code))
        assert found["accepted"] > 1

    asyncio.run(scenario())
