"""How much faster one verification is than pyotp's, with a window of one step to each side.

Run by `cargo xtask bench`, or with keyfob and pyotp installed: `python benches/verify.py`. Each is
measured in turns within one run, so that what else the machine does falls on all of them; the
lowest time of each counts. Lines that begin with `= ` are for the table.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable

import keyfob
import keyfob.pyotp
import pyotp

SECRET, NOW = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1_800_000_015
ROUNDS = 15
ASKED = {"keyfob.TOTP": 20.0, "keyfob.pyotp.TOTP": 20.0 * 2 / 3}


def main() -> int:
    ours, drop_in, theirs = keyfob.TOTP(SECRET), keyfob.pyotp.TOTP(SECRET), pyotp.TOTP(SECRET)
    typed = {"current": NOW, "one step late": NOW - 30, "one step early": NOW + 30}
    codes = {name: theirs.at(at) for name, at in typed.items()}
    codes["wrong"] = "000000"
    ratios: dict[str, list[float]] = {name: [] for name in ASKED}
    for name, code in codes.items():
        calls: dict[str, Callable[[], object]] = {
            "pyotp.TOTP": lambda: theirs.verify(code, for_time=NOW, valid_window=1),
            "keyfob.TOTP": lambda: ours.verify(code, NOW),
            "keyfob.pyotp.TOTP": lambda: drop_in.verify(code, for_time=NOW, valid_window=1),
        }
        assert {bool(call()) for call in calls.values()} == {name != "wrong"}
        seconds = fastest(calls)
        shown = ", ".join(f"{each} {time * 1e9:,.0f} ns" for each, time in seconds.items())
        print(f"{name:15} {shown}")
        for each, found in ratios.items():
            found.append(seconds["pyotp.TOTP"] / seconds[each])
    return report(ratios)


def fastest(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The lowest time of each call, over rounds in which all take turns."""
    found = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            number = 1_000 if name == "pyotp.TOTP" else 10_000
            found[name] = min(found[name], timeit.timeit(call, number=number) / number)
    return found


def report(ratios: dict[str, list[float]]) -> int:
    """The mean over the four codes, as ratios are averaged."""
    reached = True
    for name, found in ratios.items():
        mean = len(found) / sum(1 / ratio for ratio in found)
        verdict = "ok" if mean >= ASKED[name] else "MISSED"
        reached &= verdict == "ok"
        print(f"{name}: " + ", ".join(f"{ratio:.1f}" for ratio in found))
        print(f"= {name}.verify against pyotp 2.12|{mean:.1f} times|at least {ASKED[name]:.1f}|{verdict}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
