"""A storage over the standard library's ``sqlite3``."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import NoReturn

from ._errors import InvalidArgument, InvalidType
from ._native import Record, Stored

__all__ = ["SqliteStorage"]

_LARGEST = 2**63 - 1  # of SQLite's integers
_SCHEMA = """
CREATE TABLE IF NOT EXISTS keyfob_record (
    key BLOB PRIMARY KEY, version BLOB NOT NULL, data BLOB NOT NULL, expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keyfob_record_expiry ON keyfob_record (expires_at)
    WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS keyfob_counter (
    key BLOB PRIMARY KEY, sum INTEGER NOT NULL, expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keyfob_counter_expiry ON keyfob_counter (expires_at);
"""


class SqliteStorage:
    """Keeps records and counters in a SQLite file, in tables of their own.

    A write is on disk before it is answered (WAL with ``synchronous=FULL``), and of swaps at
    once one wins, among threads and processes. Thread-safe.
    A process may fork: the child opens connections of its own. If the file was open in SQLite at
    that moment, since a thread was using the storage or the application has a connection of its
    own, the child refuses to use it. It knows that only if this module was imported before the
    fork. Nothing may open the file by other means than SQLite in a process that has it, not even
    to copy it, since that would take SQLite's locks away: `backup` copies it.
    ``timeout`` is how many seconds to wait for another process that writes.
    """

    def __init__(self, path: str | bytes | os.PathLike[str], *, timeout: float = 5.0) -> None:
        self._path = _file(path)
        self._timeout = timeout
        self._idle: list[sqlite3.Connection] = []
        self._uses: list[None] = []  # one for each connection in use; lists grow and shrink at once
        self._is_inherited = False
        _storages.add(self)
        with suppress(FileExistsError):
            _create(os.path.realpath(self._path))
        with self._connection() as connection:
            self._log_ahead(connection)
            connection.executescript(_SCHEMA)

    def load(self, key: bytes, now: int) -> Stored | None:
        """See `keyfob.Storage`."""
        with self._connection() as connection:
            return _load(connection, key, now)

    def swap(self, key: bytes, expected: bytes | None, record: Record | None, now: int) -> bool:
        """See `keyfob.Storage`."""
        with self._writing() as connection:
            found = _load(connection, key, now)
            if (found.version if found else None) != expected:
                return False
            if record is None:
                connection.execute("DELETE FROM keyfob_record WHERE key = ?", (key,))
                return True
            expires_at = None if record.expires_at is None else _bounded(record.expires_at)
            connection.execute(
                "REPLACE INTO keyfob_record (key, version, data, expires_at) VALUES (?, ?, ?, ?)",
                (key, record.version, record.data, expires_at),
            )
            return True

    def add(self, key: bytes, amount: int, expires_at: int, now: int) -> int:
        """See `keyfob.Storage`."""
        with self._writing() as connection:
            row = connection.execute(
                "SELECT sum FROM keyfob_counter WHERE key = ? AND expires_at > ?",
                (key, _bounded(now)),
            )
            found = row.fetchone()
            total = max(0, _bounded((found[0] if found else 0) + amount))
            connection.execute(
                "REPLACE INTO keyfob_counter (key, sum, expires_at) VALUES (?, ?, ?)",
                (key, total, _bounded(expires_at)),
            )
            return total

    def purge(self, now: int) -> int:
        """Removes what has expired, and returns how much that was. Run it now and then."""
        with self._writing() as connection:
            tables = ("keyfob_record", "keyfob_counter")
            return sum(
                connection.execute(f"DELETE FROM {table} WHERE expires_at <= ?", (_bounded(now),)).rowcount
                for table in tables
            )

    def backup(self, path: str | bytes | os.PathLike[str]) -> None:
        """Copies all that was answered so far to a new file, which only its owner may read.

        The storage may be used meanwhile. What is there already is not overwritten:
        ``FileExistsError``. A copy that fails leaves no file.
        To a service over a restored copy give the second of the restore as ``replay_floor``.
        """
        file = _file(path)
        _create(file)
        try:
            with self._connection() as connection, closing(sqlite3.connect(file)) as copy:
                connection.backup(copy)
        except BaseException:
            os.unlink(file)
            raise

    def close(self) -> None:
        """Closes the connections that nobody is using."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that writes: committed, so durable, before the block is left."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile. One that failed is not used again."""
        if self._is_inherited:
            raise _inherited()
        self._uses.append(None)
        try:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
        finally:
            self._uses.pop()

    def _log_ahead(self, connection: sqlite3.Connection) -> None:
        """SQLite does not wait by itself for another process that opens the file for the first time."""
        end = time.monotonic() + self._timeout
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
                break
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
        if mode != "wal":
            raise _unusable("SQLite keeps no write-ahead log there; give a file on a local disk")

    def _connect(self) -> sqlite3.Connection:
        if _identity(self._path) in _open_at_fork:
            raise _inherited()
        connection = sqlite3.connect(
            self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous=FULL")
        return connection


    def __reduce__(self) -> NoReturn:
        raise TypeError("a storage is not copied: make another over the same file")


_storages: weakref.WeakSet[SqliteStorage] = weakref.WeakSet()
_open_at_fork: set[tuple[int, int]] = set()


def _before_fork() -> None:
    for storage in list(_storages):
        storage.close()


def _in_child() -> None:
    for storage in list(_storages):
        storage._is_inherited = bool(storage._uses or storage._idle)
    for descriptor in os.listdir("/dev/fd"):
        identity = _identity(int(descriptor))
        if identity is not None:
            _open_at_fork.add(identity)


def _identity(file: str | int) -> tuple[int, int] | None:
    """Which file it is, under whatever name; none, if it is not there."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _inherited() -> RuntimeError:
    return RuntimeError(
        "the storage's file was open in SQLite when the process forked: close it before that,"
        " or start the process by spawn"
    )


# A child has none of its parent's locks. SQLite takes none either, in a connection of the child's
# own, while one to the same file is inherited: the parent could take away the file that the child
# writes to, and with it what was written.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_in_child)


def _file(path: str | bytes | os.PathLike[str]) -> str:
    try:
        file = os.fsdecode(path)
    except TypeError:
        text = f"path must be that of a file, not {type(path).__name__}"
        raise InvalidType(text, "invalid-argument", "path") from None
    if file in ("", ":memory:"):
        raise _unusable("give a file: connections do not share a database in memory")
    return os.path.abspath(file)  # a daemon changes its folder


def _create(file: str) -> None:
    """A file of its owner's alone; those that SQLite puts beside it are then, too.

    It is not opened: to close it would take away the locks of a thread that has it open by now.
    """
    try:
        os.mknod(file, stat.S_IFREG | 0o600)
    except (AttributeError, PermissionError):  # Windows has none; elsewhere it may be root's alone
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise OSError(error.errno, error.strerror, file) from None


def _unusable(text: str) -> InvalidArgument:
    return InvalidArgument(f"path: {text}", "invalid-argument", "path")


def _load(connection: sqlite3.Connection, key: bytes, now: int) -> Stored | None:
    row = connection.execute(
        "SELECT version, data FROM keyfob_record"
        " WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)",
        (key, _bounded(now)),
    )
    found = row.fetchone()
    return None if found is None else Stored(*found)


def _bounded(number: int) -> int:
    return min(number, _LARGEST)
