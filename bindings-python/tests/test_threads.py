"""Sixteen threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from keyfob import HOTP, TOTP, RecoverySet, pyotp
from support import NOW, SECRET

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
