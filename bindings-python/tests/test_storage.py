"""The contract of a storage, held against those that come with the package."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pathlib
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keyfob
import keyfob.sqlite
import pytest
from keyfob.memory import MemoryStorage
from keyfob.sqlite import SqliteStorage
from support import KEYS, NOW, SECRET, Outbox

Open = Callable[[], keyfob.Storage]


@pytest.fixture(params=["memory", "sqlite"])
def storage(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> keyfob.Storage:
    return MemoryStorage() if request.param == "memory" else SqliteStorage(tmp_path / "otp.db")


def key(number: int) -> bytes:
    return b"u" + bytes([7] * 16) + bytes([number] * 16)


class FakeRecord:
    """A record as the engine makes them."""

    def __init__(self, version: int, data: bytes, expires_at: int | None = None) -> None:
        self.version, self.data, self.expires_at = version.to_bytes(8, "big"), data, expires_at


def record(version: int, data: bytes, expires_at: int | None = None) -> Any:
    return FakeRecord(version, data, expires_at)


def version(number: int) -> bytes:
    return number.to_bytes(8, "big")


def test_a_record_is_absent_until_written_and_comes_back_unchanged(storage: keyfob.Storage) -> None:
    assert storage.load(key(1), NOW) is None
    data = bytes(range(256)) * 3
    assert storage.swap(key(1), None, record(2**64 - 1, data), NOW)
    found = storage.load(key(1), NOW)
    assert found and (found.version, found.data) == (version(2**64 - 1), data)
    assert storage.load(key(2), NOW) is None


def test_a_swap_needs_the_version_it_saw(storage: keyfob.Storage) -> None:
    assert storage.swap(key(1), None, record(40, b"one"), NOW)
    for expected in (None, version(39), version(41)):
        assert not storage.swap(key(1), expected, record(41, b"two"), NOW)
    assert storage.swap(key(1), version(40), record(41, b"two"), NOW)
    assert not storage.swap(key(1), version(40), None, NOW)
    assert storage.swap(key(1), version(41), None, NOW)
    assert storage.load(key(1), NOW) is None
    assert not storage.swap(key(1), version(41), record(42, b"three"), NOW)


def test_expiry_is_exact_to_the_second(storage: keyfob.Storage) -> None:
    assert storage.swap(key(1), None, record(1, b"one", NOW + 10), NOW)
    assert storage.load(key(1), NOW + 9)
    assert storage.load(key(1), NOW + 10) is None
    assert not storage.swap(key(1), version(1), record(2, b"two"), NOW + 10)
    assert not storage.swap(key(1), None, record(2, b"two"), NOW + 9)
    assert storage.swap(key(1), None, record(2, b"two"), NOW + 10)


def test_counters_add_and_expire_and_never_fall_below_zero(storage: keyfob.Storage) -> None:
    assert storage.add(key(1), 2, NOW + 10, NOW) == 2
    assert storage.add(key(1), 3, NOW + 10, NOW + 9) == 5
    assert storage.add(key(1), -9, NOW + 10, NOW + 9) == 0
    assert storage.add(key(1), 4, NOW + 20, NOW + 9) == 4
    assert storage.add(key(1), 1, NOW + 40, NOW + 20) == 1
    assert storage.add(key(2), 0, NOW + 40, NOW) == 0


def test_times_beyond_every_calendar_are_kept(storage: keyfob.Storage) -> None:
    assert storage.swap(key(1), None, record(1, b"one", 2**64 - 1), NOW)
    assert storage.load(key(1), 2**62)
    assert storage.add(key(1), 1, 2**64 - 1, NOW) == 1


def test_a_counter_at_its_end_stays_there(storage: keyfob.Storage) -> None:
    sums = [storage.add(key(1), amount, NOW + 10, NOW) for amount in [2**63 - 1] * 3 + [1]]
    assert sums == sorted(sums) and 2**63 - 1 <= sums[-1] < 2**64, "it neither wraps nor starts anew"
    assert storage.add(key(1), 0, NOW + 10, NOW) == sums[-1] == sums[-2]
    assert storage.add(key(1), -3, NOW + 10, NOW) == sums[-1] - 3
    assert storage.add(key(1), 1, NOW + 20, NOW + 10) == 1


def test_of_swaps_at_once_one_wins_and_all_adds_count(storage: keyfob.Storage) -> None:
    def swap(number: int) -> bool:
        return storage.swap(key(1), None, record(number, b"mine"), NOW)

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(swap, range(16))) == 1
        sums = sorted(pool.map(lambda _: storage.add(key(2), 1, NOW + 10, NOW), range(64)))
    assert sums == list(range(1, 65))


def spend(path: str, domain: str, code: str) -> bool:
    """In another process: the same service over the same file."""
    offered = keyfob.Service(SqliteStorage(path), Outbox(), keys=KEYS, clock=lambda: NOW)
    return bool(offered.verify_totp(domain, "ann", code))


def test_of_processes_at_once_one_spends_the_code(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "otp.db")
    offered = keyfob.Service(SqliteStorage(path), keys=KEYS, clock=lambda: NOW)
    domain = offered.create_domain()
    offered.create_user(domain, "ann", secret=SECRET, return_secret=True)
    code = keyfob.TOTP(SECRET).at(NOW)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        accepted = pool.starmap(spend, [(path, domain, code)] * 8)
    assert sum(accepted) == 1


def in_a_fork(child: Callable[[], bool], parent: Callable[[], None]) -> bool:
    """What `child` answers in a fork of this process, run when `parent` is done in this one."""
    done, go = os.pipe()[::-1], os.pipe()[::-1]
    forked = os.fork()
    if forked == 0:
        os.read(go[1], 1)
        try:
            os.write(done[0], b"y" if child() else b"n")
        except BaseException:
            os.write(done[0], b"e")
        os._exit(0)
    parent()
    os.write(go[0], b".")
    answer = os.read(done[1], 1)
    os.waitpid(forked, 0)
    for end in (*done, *go):
        os.close(end)
    assert answer != b"e", "the child failed"
    return answer == b"y"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("naive", [False, True])
def test_what_a_fork_writes_is_there_for_all_others(tmp_path: pathlib.Path, naive: bool) -> None:
    storage = SqliteStorage(tmp_path / "otp.db")
    assert storage.load(key(1), NOW) is None
    if naive:  # nobody tells it of the fork
        keyfob.sqlite._storages.discard(storage)
    assert in_a_fork(lambda: storage.swap(key(1), None, record(1, b"spent"), NOW), storage.close)
    found = SqliteStorage(tmp_path / "otp.db").load(key(1), NOW)
    assert (found is None) == naive, "the naive storage must lose it, or this test tries nothing"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_storage_in_use_when_the_process_forks_is_refused_in_the_child(tmp_path: pathlib.Path) -> None:
    storage = SqliteStorage(tmp_path / "otp.db")

    def refuses() -> bool:
        with pytest.raises(RuntimeError, match="when the process forked"):
            storage.load(key(1), NOW)
        return refuses_another(tmp_path / "otp.db")

    with storage._connection():
        assert in_a_fork(refuses, lambda: None)
    assert storage.load(key(1), NOW) is None, "the parent's goes on"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_file_that_the_application_has_open_at_a_fork_is_refused_in_the_child(tmp_path: pathlib.Path) -> None:
    (tmp_path / "linked.db").symlink_to(tmp_path / "otp.db")
    SqliteStorage(tmp_path / "otp.db").close()
    own = sqlite3.connect(tmp_path / "otp.db")
    own.execute("SELECT count(*) FROM keyfob_record").fetchone()
    for name in ("otp.db", "linked.db"):
        assert in_a_fork(lambda name=name: refuses_another(tmp_path / name), lambda: None)  # type: ignore[misc]
    own.close()
    assert in_a_fork(lambda: SqliteStorage(tmp_path / "otp.db").load(key(1), NOW) is None, lambda: None)


def refuses_another(file: pathlib.Path) -> bool:
    """What is made in the child has none of SQLite's locks either."""
    with pytest.raises(RuntimeError, match="when the process forked"):
        SqliteStorage(file)
    return True


def test_a_storage_stays_at_its_file_and_is_not_copied(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage = SqliteStorage("otp.db")
    assert storage.swap(key(1), None, record(1, b"spent"), NOW)
    storage.close()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert storage.load(key(1), NOW) is not None
    with pytest.raises(TypeError, match="not copied"):
        copy.copy(storage)


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_only_the_owner_may_read_what_a_storage_makes(tmp_path: pathlib.Path, no_umask: None) -> None:
    (tmp_path / "linked.db").symlink_to(tmp_path / "behind.db")
    for name in ("otp.db", "linked.db"):
        storage = SqliteStorage(tmp_path / name)
        assert storage.swap(key(1), None, record(1, b"one"), NOW)
        storage.backup(tmp_path / f"copy of {name}")
    made = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert {"otp.db", "otp.db-wal", "otp.db-shm", "behind.db", "behind.db-wal", "copy of otp.db"} <= made.keys()
    assert set(made.values()) == {0o600}, made


def test_a_file_keeps_the_mode_that_its_owner_gave_it(tmp_path: pathlib.Path, no_umask: None) -> None:
    (tmp_path / "otp.db").touch(0o660)
    storage = SqliteStorage(tmp_path / "otp.db")
    assert storage.swap(key(1), None, record(1, b"one"), NOW)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o660}


def test_a_folder_that_is_not_there_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere/otp.db"):
        SqliteStorage(tmp_path / "nowhere" / "otp.db")


def test_a_backup_has_all_that_was_answered_and_takes_no_locks(tmp_path: pathlib.Path) -> None:
    storage = SqliteStorage(tmp_path / "otp.db", timeout=0.05)
    assert storage.swap(key(1), None, record(1, b"one"), NOW)
    assert storage.add(key(2), 3, NOW + 10, NOW) == 3
    with storage._writing():
        storage.backup(tmp_path / "copy.db")
        other = subprocess.run([sys.executable, "-c", IS_LOCKED, tmp_path / "otp.db"], check=False)
        assert other.returncode == 0, "another process may write what this one is writing"
    assert storage.swap(key(1), version(1), record(2, b"two"), NOW)
    assert sorted(file.name for file in tmp_path.glob("copy.db*")) == ["copy.db"]
    restored = SqliteStorage(tmp_path / "copy.db")
    found = restored.load(key(1), NOW)
    assert found and (found.version, found.data) == (version(1), b"one")
    assert restored.add(key(2), 1, NOW + 10, NOW) == 4
    assert restored.swap(key(1), version(1), record(3, b"three"), NOW), "a copy is a storage"


IS_LOCKED = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0.05, isolation_level=None).execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError:
    sys.exit(0)
sys.exit(1)
"""


def test_a_backup_is_whole_while_others_write(tmp_path: pathlib.Path) -> None:
    storage = SqliteStorage(tmp_path / "otp.db")
    assert storage.add(key(1), 1, NOW + 10, NOW) == 1

    def write(_: int) -> int:
        return storage.add(key(1), 1, NOW + 10, NOW)

    def copy_to(number: int) -> int:
        storage.backup(tmp_path / f"{number}.db")
        return SqliteStorage(tmp_path / f"{number}.db").add(key(1), 0, NOW + 10, NOW)

    with ThreadPoolExecutor(8) as pool:
        sums = pool.map(write, range(64))
        copies = list(pool.map(copy_to, range(8)))
        assert max(sums) == 65
    assert all(1 <= copied <= 65 for copied in copies), copies


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_made(tmp_path: pathlib.Path) -> None:
    storage = SqliteStorage(tmp_path / "otp.db")
    (tmp_path / "kept.db").write_text("of somebody")
    for name in ("kept.db", "otp.db"):
        with pytest.raises(FileExistsError, match=name):
            storage.backup(tmp_path / name)
    assert (tmp_path / "kept.db").read_text() == "of somebody"
    with pytest.raises(FileNotFoundError, match="nowhere/copy.db"):
        storage.backup(tmp_path / "nowhere" / "copy.db")
    with pytest.raises(keyfob.InvalidArgument, match="path: give a file"):
        storage.backup(":memory:")
    storage._is_inherited = True
    with pytest.raises(RuntimeError, match="when the process forked"):
        storage.backup(tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy.db*"))


def test_the_file_holds_no_secret_and_no_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "otp.db"
    outbox = Outbox()
    storage = SqliteStorage(path)
    offered = keyfob.Service(storage, outbox, keys=KEYS, clock=lambda: NOW)
    domain = offered.create_domain("Example Bank")
    offered.create_user(domain, "ann@example.com", secret=SECRET, return_secret=True)
    offered.send(domain, "bob@example.com", channel="email")
    storage.close()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for text in (SECRET, "12345678901234567890", "ann@", "bob@", outbox.code, "Example Bank"):
        assert text.encode() not in written


def test_a_full_or_locked_file_is_an_error_and_the_next_write_goes_on(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "otp.db"
    storage = SqliteStorage(path, timeout=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError):
        storage.swap(key(1), None, record(1, b"one"), NOW)
    other.execute("ROLLBACK")
    other.close()
    assert storage.load(key(1), NOW) is None
    assert storage.swap(key(1), None, record(1, b"one"), NOW)


def test_what_has_expired_is_purged(tmp_path: pathlib.Path) -> None:
    storage = SqliteStorage(tmp_path / "otp.db")
    storage.swap(key(1), None, record(1, b"one", NOW), NOW - 1)
    storage.swap(key(2), None, record(1, b"two"), NOW - 1)
    storage.add(key(3), 1, NOW, NOW - 1)
    assert storage.purge(NOW) == 2 and storage.purge(NOW) == 0
    assert storage.load(key(2), NOW)


def test_memory_is_refused_for_sqlite() -> None:
    for path in (":memory:", b":memory:", "", b""):
        with pytest.raises(keyfob.InvalidArgument, match="path: give a file") as refused:
            SqliteStorage(path)
        assert (refused.value.code, refused.value.argument) == ("invalid-argument", "path")
    nothing: Any = None
    with pytest.raises(keyfob.InvalidType, match="^path must be that of a file, not NoneType$"):
        SqliteStorage(nothing)
