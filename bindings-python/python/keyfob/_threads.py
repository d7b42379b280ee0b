"""Objects that wait, for code that must not."""

from __future__ import annotations

import asyncio

from ._engine import check_part
from ._native import Message, Record, Stored
from ._ports import (
    AsyncDelivery,
    AsyncOperator,
    AsyncStorage,
    Delivery,
    Operator,
    Receipt,
    SimSwapAnswer,
    Storage,
)


def in_threads(storage: Storage) -> AsyncStorage:
    """A storage that waits, as one with ``await``: each call runs in a thread of the loop's
    default executor. The storage must be thread-safe; `SqliteStorage` is."""
    check_part(storage, "storage", is_async=False)
    return _ThreadedStorage(storage)


def delivery_in_threads(delivery: Delivery) -> AsyncDelivery:
    """As `in_threads`, for a delivery such as `SmtpDelivery`."""
    check_part(delivery, "delivery", is_async=False)
    return _ThreadedDelivery(delivery)


def operator_in_threads(operator: Operator) -> AsyncOperator:
    """As `in_threads`, for an operator."""
    check_part(operator, "operator", is_async=False)
    return _ThreadedOperator(operator)


class _ThreadedStorage:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def load(self, key: bytes, now: int) -> Stored | None:
        return await asyncio.to_thread(self._storage.load, key, now)

    async def swap(self, key: bytes, expected: bytes | None, record: Record | None, now: int) -> bool:
        return await asyncio.to_thread(self._storage.swap, key, expected, record, now)

    async def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        return await asyncio.to_thread(self._storage.add, key, amount, expires_at, now)


class _ThreadedDelivery:
    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def deliver(self, message: Message) -> Receipt:
        return await asyncio.to_thread(self._delivery.deliver, message)


class _ThreadedOperator:
    def __init__(self, operator: Operator) -> None:
        self._operator = operator

    async def sim_swap(self, phone: str, max_age_hours: int) -> SimSwapAnswer:
        return await asyncio.to_thread(self._operator.sim_swap, phone, max_age_hours)
