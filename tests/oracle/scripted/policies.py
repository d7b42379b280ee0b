"""What a policy chooses: attempts, windows, lifetimes, retention."""

from .steps import (
    ACCEPTED,
    FEW,
    REPLAYED,
    at,
    check,
    code,
    mismatch,
    policy,
    refused,
    report,
    script,
    send,
    sim,
    totp,
    user,
    verify,
    view,
    wrong,
)

cases, case = script()

RASH = {"per_block": 2, "first_block": 10, "longest_block": 15, "disable_after": 6}
case(
    "policy-attempts",
    "Two wrong codes block, for 10 seconds, then for 15 and no longer; six disable. So for devices"
    " and for recipients.",
    [policy(0, attempts=RASH), user(0)]
    + [totp(t, wrong(t), mismatch(n)) for t in (0, 10, 25) for n in (1, 0)]
    + [
        totp(25, code(25), {"outcome": "disabled"}),
        totp(100_000, code(100_000), {"outcome": "disabled"}),
        user(0, "bob"),
        totp(0, wrong(0), mismatch(1), "bob"),
        totp(0, wrong(0), mismatch(0), "bob"),
        totp(9, code(9), {"outcome": "blocked", "until": 10}, "bob"),
        totp(10, wrong(10), mismatch(1), "bob"),
        totp(10, wrong(10), mismatch(0), "bob"),
        totp(24, code(24), {"outcome": "blocked", "until": 25}, "bob"),
        totp(25, code(25), ACCEPTED, "bob"),
        send(100, "o", {"attempts_left": 2}),
        verify(101, "o", "wrong", mismatch(1)),
        verify(101, "o", "wrong", mismatch(0)),
        send(110, "p", {"error": "recipient-blocked", "until": 111}),
        send(130, "p", {"attempts_left": 2}),
    ],
)
case(
    "policy-sends",
    "Messages to one recipient by windows of one's own, to the second; without windows and limits"
    " there are none.",
    [
        policy(
            0,
            sends={
                "per_recipient": [{"seconds": 60, "messages": 1}, {"seconds": 3600, "messages": 2}]
            },
        ),
        send(0, "a", {"resend_at": 60}),
        send(59, "x", {"error": "send-limit", "limit": "recipient", "retry_at": 60}),
        send(60, "b", {"resend_at": 3600}),
        send(3599, "x", {"error": "send-limit", "limit": "recipient", "retry_at": 3600}),
        send(3600, "c", {"resend_at": 3660}),
        policy(3600, sends={"per_recipient": [], "per_account_and_day": None}),
        *[send(3600, f"d{i}", {"resend_at": 3600}) for i in range(3)],
    ],
)
case(
    "policy-lifetimes",
    "A code and an enrolment live as long as the policy says, to the second; a request may say"
    " otherwise of its code.",
    [
        policy(0, default_lifetime=60, enrolment_lifetime=120),
        send(0, "a", {"expires_at": 60}),
        send(30, "b", {"expires_at": 90}),
        verify(59, "a", "sent", ACCEPTED),
        verify(90, "b", "sent", {"outcome": "expired"}),
        send(90, "c", {"expires_at": 390}, expiry=300),
        user(100, enrolled=False, ticket="t"),
        at(219, "view-enrolment", {"expires_at": 220}, ticket="t"),
        at(220, "view-enrolment", {"error": "enrolment-not-found"}, ticket="t"),
        verify(389, "c", "sent", ACCEPTED),
    ],
)
steps = []
for before, after in ((0, 0), (2, 0), (0, 3)):
    steps.append(policy(0, window=[before, after]))
    for step in range(-4, 5):
        name = f"{before}-{after}-{step}"
        steps += [
            user(0, name),
            totp(0, code(30 * step), ACCEPTED if -before <= step <= after else mismatch(4), name),
        ]
case(
    "policy-window",
    "The codes of as many steps before and after now are accepted as the policy says, and of no"
    " other.",
    steps,
)
case(
    "policy-sim-swap",
    "The operator is asked about numbers that begin as the policy says, and its answer is used"
    " again for as long; for no time at all, never.",
    [
        policy(0, sim_swap={"prefixes": ["+49", "+3531"], "cache": 30}),
        check(0, sim("unknown", "not-asked", None)),
        check(0, sim("unknown", "not-asked", None), to="+353861234567"),
        check(0, sim("not-swapped", "operator", 0), to="+4915112345678"),
        check(29, sim("not-swapped", "cache", 0), to="+4915112345678"),
        check(30, sim("not-swapped", "operator", 30), to="+4915112345678"),
        policy(31, sim_swap={"prefixes": ["+"], "cache": 0}),
        check(31, sim("not-swapped", "operator", 31)),
        check(31, sim("not-swapped", "operator", 31), to="+4915112345678"),
        policy(32, sim_swap={"prefixes": [], "cache": 600}),
        check(32, sim("unknown", "not-asked", None)),
    ],
)
case(
    "policy-retention",
    "A challenge is remembered for as many hours after its last message as the policy says, to the"
    " second, and then is not there.",
    [
        policy(0, retention={"hours": 1}),
        send(0, "a"),
        verify(1, "a", "sent", ACCEPTED),
        verify(3599, "a", "sent", REPLAYED),
        view(3599, "a", status="verified"),
        view(3600, "a", error="challenge-not-found"),
        verify(3600, "a", "sent", {"error": "challenge-not-found"}),
        policy(3600, retention={"hours": 2}),
        send(3600, "b"),
        at(3630, "resend", otp="b"),
        report(3700, "b", "delivered", True),
        view(10_829, "b", status="expired", delivery="delivered"),
        view(10_830, "b", error="challenge-not-found"),
    ],
)
case(
    "policy-refused",
    "A policy that cannot hold is refused when the service is made, and the one before it stays.",
    [
        policy(0, default_lifetime=60),
        refused("invalid-attempts", attempts={**RASH, "per_block": 0}),
        refused("invalid-attempts", attempts={**RASH, "disable_after": 101}),
        refused("invalid-attempts", attempts={**RASH, "first_block": 16}),
        refused(
            "invalid-send-window",
            sends={
                "per_recipient": [{"seconds": 60, "messages": 1}, {"seconds": 0, "messages": 1}]
            },
        ),
        refused("invalid-expiry", default_lifetime=29),
        refused("invalid-expiry", default_lifetime=601),
        refused("invalid-enrolment-lifetime", enrolment_lifetime=59),
        refused("invalid-enrolment-lifetime", enrolment_lifetime=2_592_001),
        refused("invalid-window", window=[11, 0]),
        refused("invalid-window", window=[0, 11]),
        refused("invalid-prefix", sim_swap={"prefixes": ["44"], "cache": 0}),
        refused("invalid-retention", retention={"hours": 0}),
        refused("invalid-retention", retention={"hours": 25}),
        refused("invalid-place", traffic={"allowed": ["Britain"]}),
        refused("named-twice", traffic={"prices": {"default": 0, "places": {"GB": 4, "gb": 1}}}),
        refused("invalid-percent", traffic={"unverified": {**FEW, "share": 101}}),
        refused("invalid-percent", traffic={"breaker": {"sends": 2, "verified": 101}}),
        send(0, "a", {"expires_at": 60, "resend_at": 30}),
    ],
)
case(
    "policy-issuer",
    "Apps show the policy's issuer for a domain without a name, and the domain's name otherwise.",
    [
        policy(0, issuer="Example Group"),
        user(0, enrolled=False, ticket="t"),
        at(0, "view-enrolment", {"issuer": "Example Bank"}, ticket="t"),
        at(0, "create-domain"),
        user(0, enrolled=False, ticket="u"),
        at(0, "view-enrolment", {"issuer": "Example Group"}, ticket="u"),
    ],
)
