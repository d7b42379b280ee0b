"""Codes of devices: the window, blocks, replays, and what can be no code."""

from .steps import (
    ACCEPTED,
    OTHER_SECRET,
    REPLAYED,
    START,
    at,
    b32,
    code,
    five,
    mismatch,
    script,
    totp,
    user,
    wrong,
)

cases, case = script()

for phase in (0, 15, 29):
    steps = []
    for d in range(-61, 62):
        ok = abs((START + phase + d) // 30 - (START + phase) // 30) <= 1
        steps += [
            user(phase, f"u{d}"),
            totp(phase, code(phase + d), ACCEPTED if ok else mismatch(4), f"u{d}"),
        ]
    case(
        f"totp-window-{phase}",
        "Of the codes of every second from 61 before to 61 after, those of one step to each side"
        f" are accepted; the time is {phase} s into a step.",
        steps,
    )
case(
    "totp-five-wrong-block",
    "The fifth wrong code blocks for 30 seconds; the right code is refused meanwhile, does not end"
    " the block, and is accepted after it.",
    [user(0)]
    + five(0)
    + [
        totp(0, code(0), {"outcome": "blocked", "until": 30}),
        totp(29, code(29), {"outcome": "blocked", "until": 30}),
        at(29, "view-user", {"status": "blocked", "failures": 5}, user="ann"),
        totp(30, code(30), ACCEPTED),
        at(30, "view-user", {"status": "active", "failures": 0}, user="ann"),
    ],
)
case(
    "totp-success-clears",
    "An accepted code clears the wrong ones before it: four more are allowed.",
    [user(0)]
    + [totp(0, wrong(0), mismatch(n)) for n in (4, 3, 2, 1)]
    + [totp(0, code(0), ACCEPTED)]
    + [totp(1, wrong(0), mismatch(n)) for n in (4, 3, 2, 1, 0)],
)
t = 0
steps = [user(0)]
tier = 30
for block in range(20):
    last = block == 19
    left = [4, 3, 2, 1, 0]
    steps += [totp(t, wrong(t), mismatch(n)) for n in left]
    if last:
        steps += [
            totp(t, code(t), {"outcome": "disabled"}),
            totp(t + 40 * 86400, code(t + 40 * 86400), {"outcome": "disabled"}),
        ]
        steps += [
            at(t + 40 * 86400, "view-user", {"status": "disabled", "failures": 100}, user="ann")
        ]
        late = t + 40 * 86400
    else:
        steps += [totp(t + tier - 1, code(t + tier - 1), {"outcome": "blocked", "until": t + tier})]
        t += tier
        tier = min(tier * 2, 3600)
steps += [
    at(late, "open-enrolment", user="ann", secret=b32(OTHER_SECRET), ticket="new"),
    at(late, "confirm-enrolment", ACCEPTED, ticket="new", code=code(late, OTHER_SECRET)),
    totp(late + 30, code(late + 30, OTHER_SECRET), ACCEPTED),
]
case(
    "totp-hundred-wrong-disable",
    "Blocks double from 30 seconds to an hour; 100 wrong codes in a row disable for good, whatever"
    " the time, until enrolled anew.",
    steps,
)
case(
    "totp-used-code",
    "A used code is replayed, not wrong: however often and late it comes again it counts for"
    " nothing. So is an older one in the window.",
    [user(0), totp(0, code(0), ACCEPTED)]
    + [totp(a, code(0), REPLAYED) for a in (0, 1, 29, 59, 60, 300, 86_400) for _ in range(3)]
    + [
        at(86_400, "view-user", {"status": "active", "failures": 0}, user="ann"),
        totp(86_400, code(86_400), ACCEPTED),
    ],
)
case(
    "totp-a-b-a",
    "After A and then B neither A nor B nor any step before B is accepted again.",
    [
        user(0),
        totp(0, code(-30), ACCEPTED),
        totp(0, code(0), ACCEPTED),
        totp(1, code(-30), REPLAYED),
        totp(1, code(0), REPLAYED),
        totp(1, code(30), ACCEPTED),
        totp(2, code(0), REPLAYED),
        totp(2, code(30), REPLAYED),
        totp(2, code(-30), REPLAYED),
    ],
)
case(
    "totp-burns-earlier-steps",
    "Accepting the code of a step burns those before it, though they were never used.",
    [
        user(0),
        totp(0, code(30), ACCEPTED),
        totp(0, code(0), REPLAYED),
        totp(0, code(-30), REPLAYED),
        totp(60, code(60), ACCEPTED),
    ],
)
bad = [
    " " + code(0),
    code(0) + " ",
    code(0) + "\n",
    code(0)[:5],
    code(0) + "0",
    "",
    "+12345",
    "-12345",
    "12345\u0000",
    "\uff11\uff12\uff13\uff14\uff15\uff16",
    "1\u200b2345",
    "12 456",
    "0x1234",
    "1e5000",
]
case(
    "totp-malformed-is-no-guess",
    "What cannot be a code is refused as malformed and counts for nothing, also after the code was"
    " used.",
    [user(0)]
    + [totp(0, b, {"outcome": "malformed"}) for b in bad]
    + [totp(0, code(0), ACCEPTED)]
    + [totp(0, b, {"outcome": "malformed"}) for b in bad]
    + [at(0, "view-user", {"status": "active", "failures": 0}, user="ann")],
)
