"""The interface `storage` over SQLite: what keyfob asks of a database, in three functions."""

import sqlite3

from wasmtime.component import Variant

from keyfob_component import field, record

LARGEST = 2**64 - 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    key BLOB PRIMARY KEY, version BLOB NOT NULL, bytes BLOB NOT NULL, expires_at INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (
    key BLOB PRIMARY KEY, sum BLOB NOT NULL, expires_at INTEGER NOT NULL
) WITHOUT ROWID;
"""


class SqliteStore:
    """One connection, for one thread. Every write is on disk before it is answered."""

    def __init__(self, path):
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(SCHEMA)

    def functions(self):
        return {"load": self.load, "swap": self.swap, "add": self.add}

    def load(self, key, now):
        found = self.connection.execute(
            "SELECT version, bytes FROM records WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)",
            (key, now),
        ).fetchone()
        return found and record(version=int.from_bytes(found[0], "big"), bytes=found[1])

    def swap(self, key, expected, replacement, now):
        with Writing(self.connection):
            found = self.load(key, now)
            if (found and found.version) != expected:
                return Variant("ok", "conflict")
            if replacement is None:
                self.connection.execute("DELETE FROM records WHERE key = ?", (key,))
            else:
                self.connection.execute(
                    "REPLACE INTO records VALUES (?, ?, ?, ?)",
                    (key, number(replacement.version), replacement.bytes, field(replacement, "expires-at")),
                )
            return Variant("ok", "swapped")

    def add(self, additions, now):
        with Writing(self.connection):
            return [self.add_one(addition, now) for addition in additions]

    def add_one(self, addition, now):
        found = self.connection.execute(
            "SELECT sum FROM counters WHERE key = ? AND expires_at > ?", (addition.key, now)
        ).fetchone()
        before = int.from_bytes(found[0], "big") if found else 0
        total = min(max(before + addition.amount, 0), LARGEST)
        self.connection.execute(
            "REPLACE INTO counters VALUES (?, ?, ?)",
            (addition.key, number(total), field(addition, "expires-at")),
        )
        return total


class Writing:
    """A transaction that keeps other writers out from its start, so that what it read still holds
    when it writes."""

    def __init__(self, connection):
        self.connection = connection

    def __enter__(self):
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind, *_):
        self.connection.execute("COMMIT" if kind is None else "ROLLBACK")


def number(value):
    """64 bits without a sign, which SQLite's integers have."""
    return value.to_bytes(8, "big")
