"""A storage that forgets, for the tests of an application."""

from __future__ import annotations

import threading

from ._native import Record, Stored

__all__ = ["MemoryStorage"]

_LARGEST = 2**64 - 1  # that the engine reads: a sum stays there


class MemoryStorage:
    """Keeps the contract of `keyfob.Storage` but durability: a restart lets used codes in again.
    For tests only."""

    def __init__(self) -> None:
        self.records: dict[bytes, Record] = {}
        self.counters: dict[bytes, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def load(self, key: bytes, now: int) -> Stored | None:
        """See `keyfob.Storage`."""
        record = self.records.get(key)
        if record is None or (record.expires_at is not None and record.expires_at <= now):
            return None
        return Stored(record.version, record.data)

    def swap(self, key: bytes, expected: bytes | None, record: Record | None, now: int) -> bool:
        """See `keyfob.Storage`."""
        with self._lock:
            found = self.load(key, now)
            if (found.version if found else None) != expected:
                return False
            if record is None:
                self.records.pop(key, None)
            else:
                self.records[key] = record
            return True

    def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        """See `keyfob.Storage`."""
        with self._lock:
            total, end = self.counters.get(key, (0, 0))
            total = min(max(0, (total if now < end else 0) + amount), _LARGEST)
            self.counters[key] = (total, expires_at)
            return total
