"""Sixteen threads at once, with the GIL and on a free-threaded build."""

from __future__ import annotations

import inspect
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keyfob
import pytest
from keyfob import HOTP, TOTP, RecoverySet, ServiceError, _native, pyotp
from keyfob.memory import MemoryStorage
from support import NOW, PHONE, SECRET, service

THREADS = 16


def at_once(work: Callable[[int], object]) -> list[object]:
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> object:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_all_get_right_answers_from_shared_objects() -> None:
    totp, hotp, drop_in = TOTP(SECRET), HOTP(SECRET), pyotp.TOTP(SECRET)

    def work(number: int) -> int:
        wrong = 0
        for round_ in range(2_000):
            now = NOW + 30 * (number * 2_000 + round_)
            code, other = totp.at(now), totp.at(now + 300)
            wrong += not totp.verify(code, now)
            wrong += code != other and bool(totp.verify(other, now, state=None))
            wrong += not drop_in.verify(code, now, 1)
            wrong += hotp.verify(hotp.at(round_), round_).next_counter != round_ + 1
        return wrong

    # of 32,000 codes five steps apart one in 300,000 is in the window all the same
    assert sum(at_once(work)) <= 1  # type: ignore[arg-type]


def test_a_recovery_code_is_spent_by_one() -> None:
    codes, recovery = RecoverySet.generate(10)
    for code in codes:
        assert sum(bool(found) for found in at_once(lambda _: recovery.redeem(code))) == 1
    assert recovery.remaining == 0


def test_a_secret_that_changes_meanwhile_is_the_one_that_counts_afterwards() -> None:
    other = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    otp = pyotp.TOTP(SECRET)

    def work(number: int) -> None:
        for _ in range(300):
            if number % 2:
                otp.secret = other
            otp.verify("000000", NOW)

    at_once(work)
    otp.secret = other
    assert otp.verify(pyotp.TOTP(other).at(NOW), NOW)
    assert not otp.verify(pyotp.TOTP(SECRET).at(NOW), NOW)


def test_one_object_of_each_class_is_read_by_all() -> None:
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not vars(sys)["_is_gil_enabled"](), "the module must not bring the GIL back"
    shared = list(one_of_each())
    classes = {member for member in vars(_native).values() if inspect.isclass(member)}
    assert {type(it) for it in shared} == classes
    before = [read(it) for it in shared]

    def work(_: int) -> int:
        return sum([read(it) for it in shared] != before for _ in range(60))

    assert sum(at_once(work)) == 0  # type: ignore[arg-type]


def test_no_object_can_be_changed_from_outside() -> None:
    for it in one_of_each():
        properties = [name for name, kind in vars(type(it)).items() if inspect.isdatadescriptor(kind)]
        for name in [*properties, "anything"]:
            with pytest.raises(AttributeError):
                setattr(it, name, None)


def test_a_flow_that_all_drive_accepts_one_code_once() -> None:
    offered, outbox, _ = service()
    sent = offered.send(offered.create_domain(), PHONE)
    for _ in range(50):
        storage = MemoryStorage()
        storage.records = dict(offered._storage.records)  # type: ignore[attr-defined]
        flow = offered._engine.verify(sent.otp_id, outbox.code, None)
        first = flow.start(NOW)

        def drive(_: int) -> int:
            step, accepted = first, 0
            while not isinstance(step, _native.Done):
                try:
                    step = flow.resume(NOW, carry_out(storage, step))
                except (ServiceError, TypeError):  # another thread was first
                    return accepted
            return int(step.value["outcome"] == "accepted")

        assert sum(at_once(drive)) <= 1  # type: ignore[arg-type]


def carry_out(storage: MemoryStorage, step: Any) -> object:
    match step:
        case keyfob.Load():
            return storage.load(step.key, step.now)
        case keyfob.Swap():
            return storage.swap(step.key, step.expected, step.record, step.now)
        case keyfob.Add():
            return storage.add(step.key, step.amount, step.expires_at, step.now)
    raise AssertionError(step)


def one_of_each() -> Iterator[Any]:
    secret = keyfob.Secret.from_base32(SECRET)
    totp, hotp, codes = TOTP(secret), HOTP(secret), keyfob.CodePolicy()
    yield from (secret, totp, hotp, codes, keyfob.Steam(secret), keyfob.TotpState(5, drift=-1))
    yield totp.verify(totp.at(NOW), NOW)
    yield hotp.verify(hotp.at(5), 5)
    (code, *_), recovery = RecoverySet.generate(3)
    yield from (recovery.redeem(code), recovery)
    enrolment = keyfob.parse_uri(f"otpauth://totp/ann?secret={SECRET}&digits=9", strict=False)
    yield from (enrolment, enrolment.warnings[0])
    migration = keyfob.import_migration(EXPORT)
    yield from (migration, migration.skipped[0])
    yield from (keyfob.messages.Recipient("sms", PHONE), keyfob.messages.segments("x" * 200))
    yield _native.CompatibleKey(b"12345678901234567890", "SHA1", 6)
    yield from effects()


def effects() -> Iterator[Any]:
    """Of each kind the first that a request asks for, the request itself and its engine."""
    offered, outbox, _ = service(MemoryStorage())
    found: dict[type, Any] = {}

    def note(it: Any) -> Any:
        found.setdefault(type(it), it)
        return it

    domain = offered.create_domain()
    policy = keyfob.SimSwapPolicy(on_unknown="flag", on_swapped="flag")
    both = {"phone": PHONE, "email": "ann@example.com"}
    flow = offered._engine.send(
        domain, both, ["sms", "email"], None, None, 6, "digits", None, None, None, None, None, policy, None, None, None
    )  # fmt: skip
    step = note(flow.start(NOW))
    while not isinstance(step, keyfob.Done):
        match step:
            case keyfob.Deliver():
                note(step.message)
                note(step.message.fallbacks[0])
                step = flow.resume(NOW, "sent")
            case keyfob.AskSimSwap():
                step = flow.resume(NOW, "unknown")
            case _:
                answer = carry_out(offered._storage, step)  # type: ignore[arg-type]
                if isinstance(answer, keyfob.Stored):
                    note(answer)
                if isinstance(step, keyfob.Swap) and step.record:
                    note(step.record)
                step = flow.resume(NOW, answer)
        note(step)
    yield from found.values()
    yield from (flow, offered._engine)


# Two accounts, of which one wants MD5.
EXPORT = (
    "otpauth-migration://offline?data=CiMKFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEgVhbGljZSAEKAEwAgohChQxMjM0"
    "NTY3ODkwMTIzNDU2Nzg5MBIDYm9iIAEoATACEAEYASjnJA%3D%3D"
)


def read(it: Any) -> list[str]:
    """What it shows, and each of its properties."""
    properties = [name for name, kind in vars(type(it)).items() if inspect.isdatadescriptor(kind)]
    values = [getattr(it, name) for name in properties]
    if isinstance(it, keyfob.Secret):
        values.append(it.expose_base32())
    return [text_of(value) for value in (it, *values)]


def text_of(value: Any) -> str:
    """Without the address of what has no text of its own."""
    if isinstance(value, list):
        return str([text_of(each) for each in value])
    has_none = vars(type(value)).get("__repr__") is None
    return str(type(value)) if has_none else repr(value)
