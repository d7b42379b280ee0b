"""What the application provides to the service.

An object with these methods will do; nothing needs to be inherited. A storage that answers
before its write is durable lets a used code in a second time: that is a breach, not a slow
path. Any exception, and any answer that is not as described, means that it is not known whether the
write took place; the service then reveals nothing. An exception is the cause of the `ServiceError` that
tells of it; an answer that is not as described raises `InvalidType`, which says what is to be answered.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from ._native import Message, Record, Stored

Receipt: TypeAlias = Literal["sent", "queued"] | None
SimSwapAnswer: TypeAlias = Literal["swapped", "not-swapped", "unknown"]


class Storage(Protocol):
    """A key-value store with compare-and-swap and expiry. All bytes in it are sealed."""

    def load(self, key: bytes, now: int) -> Stored | None:
        """The record at ``key``, unless ``expires_at <= now``."""

    def swap(self, key: bytes, expected: bytes | None, record: Record | None, now: int) -> bool:
        """Replaces the record at ``key`` if its version is ``expected``, where ``None`` means
        that there is none which has not expired; a ``record`` of ``None`` removes it. One
        atomic step, durable before it returns. Returns whether it was as expected."""

    def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        """Adds to a counter, from 0 if it is absent or expired, and returns the sum, in one
        atomic step. A sum stops at 0 and at the largest number that the storage can hold, and
        never wraps."""


class AsyncStorage(Protocol):
    """As `Storage`, with ``await``."""

    async def load(self, key: bytes, now: int) -> Stored | None:
        """As `Storage.load`."""

    async def swap(self, key: bytes, expected: bytes | None, record: Record | None, now: int) -> bool:
        """As `Storage.swap`."""

    async def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        """As `Storage.add`."""


class Delivery(Protocol):
    """A way to reach people."""

    def deliver(self, message: Message) -> Receipt:
        """Hands a message over (``"sent"``, or ``None``) or queues it durably (``"queued"``). Raises
        `ChannelNotConfigured` if there is no provider for its channel. Who takes it from the
        queue asks `Service.wanted` before it is sent, and `Service.fall_back` before it goes
        another way."""


class AsyncDelivery(Protocol):
    """As `Delivery`, with ``await``."""

    async def deliver(self, message: Message) -> Receipt:
        """As `Delivery.deliver`."""


class Operator(Protocol):
    """Somebody who knows of SIMs."""

    def sim_swap(self, phone: str, max_age_hours: int) -> SimSwapAnswer:
        """Whether the SIM of a number changed within so many hours. Not to know is
        ``"unknown"``, never ``"not-swapped"``."""


class AsyncOperator(Protocol):
    """As `Operator`, with ``await``."""

    async def sim_swap(self, phone: str, max_age_hours: int) -> SimSwapAnswer:
        """As `Operator.sim_swap`."""
