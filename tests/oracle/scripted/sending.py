"""What is sent: limits, channels, languages, SIMs, erasure; and clocks that are wrong."""

from .steps import (
    ACCEPTED,
    NUMBERS,
    REFUSING,
    REPLAYED,
    SECRET,
    at,
    b32,
    code,
    five,
    mismatch,
    policy,
    script,
    send,
    totp,
    user,
    verify,
    wrong,
)

cases, case = script()

case(
    "send-limits",
    "One message in 30 seconds, five in ten minutes, ten in a day, to the second; a refused one"
    " takes no place.",
    [
        send(0, "a", {"resend_at": 30}),
        send(29, "x", {"error": "send-limit", "limit": "recipient", "retry_at": 30}),
    ]
    + [send(30 * i, f"b{i}") for i in (1, 2, 3)]
    + [
        send(120, "c", {"resend_at": 600}),
        send(150, "x", {"error": "send-limit", "retry_at": 600}),
        send(599, "x", {"error": "send-limit", "retry_at": 600}),
        send(600, "d", {"resend_at": 630}),
        *[send(600 + 30 * i, f"e{i}") for i in (1, 2, 3)],
        send(720, "f", {"resend_at": 86_400}),
        send(5000, "x", {"error": "send-limit", "retry_at": 86_400}),
        send(86_399, "x", {"error": "send-limit", "retry_at": 86_400}),
        send(86_400, "g", {"resend_at": 86_430}),
    ],
)
case(
    "send-limit-one-mailbox",
    "The spellings of one mailbox share one limit; another mailbox has its own.",
    [
        send(0, "a", to="Ann.Lee@Example.COM", channels=["email"]),
        send(
            1,
            "b",
            {"error": "send-limit", "retry_at": 30},
            to="ann.lee@example.com",
            channels=["email"],
        ),
        send(
            1,
            "b",
            {"error": "send-limit", "retry_at": 30},
            to="ANN.LEE@EXAMPLE.com",
            channels=["email"],
        ),
        send(1, "c", to="bob.lee@example.com", channels=["email"]),
        verify(2, "a", "sent", ACCEPTED),
    ],
)
case(
    "account-limit",
    "An account's daily limit counts messages, not refusals: a storm of refused requests uses none"
    " of it up. It ends with the day (UTC).",
    [policy(0, sends={"per_account_and_day": 3})]
    + [send(0, "a", to=NUMBERS[0])]
    + [send(1, "x", {"error": "send-limit", "limit": "recipient", "retry_at": 30}, to=NUMBERS[0])]
    * 6
    + [at(1, "resend", {"error": "send-limit", "limit": "recipient", "retry_at": 30}, otp="a")] * 6
    + [
        send(1, "b", to=NUMBERS[1]),
        send(1, "c", to=NUMBERS[2]),
        send(
            2, "d", {"error": "send-limit", "limit": "account", "retry_at": 57_600}, to=NUMBERS[3]
        ),
        at(40, "resend", {"error": "send-limit", "limit": "account", "retry_at": 57_600}, otp="a"),
        verify(41, "a", "sent", ACCEPTED),
        send(
            57_599,
            "d",
            {"error": "send-limit", "limit": "account", "retry_at": 57_600},
            to=NUMBERS[3],
        ),
        send(57_600, "d", to=NUMBERS[3]),
    ],
)
case(
    "fallback",
    "A channel without a provider is passed over; with none left nothing is sent, no place is"
    " taken, and the challenge is not there.",
    [
        {"at": 0, "do": "configure", "channels": ["voice"]},
        send(0, "a", {"channel": "voice"}, channels=["sms", "voice"]),
        at(0, "view-challenge", {"channel": "voice", "status": "pending"}, otp="a"),
        verify(1, "a", "sent", ACCEPTED),
        send(30, "b", {"error": "channel-not-configured"}, channels=["sms"]),
        send(30, "b", {"error": "channel-not-configured"}, channels=["sms"]),
        send(30, "c", {"channel": "voice"}, channels=["sms", "voice"]),
    ],
)
case(
    "language",
    "A message is in the nearest language that has texts: subtags are taken off a tag's end, and"
    " with none left it is English. A resend keeps it; what is no tag sends nothing.",
    [
        send(0, "x", {"error": "invalid-language"}, language="de_AT"),
        send(0, "a", {"language": "de"}, language="de-AT"),
        at(30, "resend", {"language": "de", "channel": "voice"}, otp="a", channel="voice"),
        verify(31, "a", "sent", ACCEPTED),
        send(60, "b", {"language": "pt-BR"}, language="PT-br"),
        send(90, "c", {"language": "zh-Hant"}, language="zh-TW"),
        send(120, "d", {"language": "en"}, language="fi"),
        send(600, "e", {"language": "en"}),
    ],
)
case(
    "sim-swap",
    "A SIM of which nothing is known, or that changed, is refused where asked to be; a question"
    " that cannot be asked changes nothing.",
    [
        {"at": 0, "do": "sim", "sim": "unknown"},
        send(
            0,
            "a",
            {"error": "sim-swap-unknown"},
            sim_swap={"max_age_hours": 240, "on_swapped": "flag", "on_unknown": "next-channel"},
        ),
        send(
            30,
            "a",
            {"error": "sim-swap-unknown"},
            sim_swap={"max_age_hours": 240, "on_swapped": "flag", "on_unknown": "refuse"},
        ),
        send(
            60,
            "a",
            {"sim_swap": "unknown"},
            sim_swap={"max_age_hours": 240, "on_swapped": "refuse", "on_unknown": "flag"},
        ),
        send(
            90,
            "b",
            {"error": "invalid-max-age"},
            sim_swap={"max_age_hours": 2401, "on_swapped": "refuse", "on_unknown": "flag"},
        ),
        send(
            90,
            "b",
            {"error": "invalid-channel"},
            to="ann@example.com",
            channels=["email"],
            sim_swap={"max_age_hours": 240, "on_swapped": "refuse", "on_unknown": "flag"},
        ),
        send(90, "b", to="ann@example.com", channels=["email"]),
        send(90, "c", {"resend_at": 120}),
        {"at": 120, "do": "sim", "sim": "swapped"},
        send(
            120,
            "d",
            {"error": "sim-swapped"},
            sim_swap={"max_age_hours": 240, "on_swapped": "refuse", "on_unknown": "flag"},
        ),
        send(
            600,
            "d",
            {"error": "sim-swapped"},
            channels=["voice", "sms"],
            sim_swap={"max_age_hours": 240, "on_swapped": "next-channel", "on_unknown": "flag"},
        ),
    ],
)
case(
    "sim-swap-remembered",
    "What an operator knew is used again for ten minutes, to the second, for as many hours and what"
    " follows from them; what it did not know is not kept.",
    [
        {"at": 0, "do": "sim", "sim": "unknown"},
        send(0, "a", {"error": "sim-swap-unknown"}, sim_swap=REFUSING),
        {"at": 30, "do": "sim", "sim": "not-swapped"},
        send(30, "a", {"sim_swap": "not-swapped"}, sim_swap=REFUSING),
        {"at": 31, "do": "sim", "sim": "swapped"},
        send(60, "b", {"sim_swap": "not-swapped"}, sim_swap={**REFUSING, "max_age_hours": 24}),
        send(60, "x", {"error": "sim-swapped"}, to="+447700900122", sim_swap=REFUSING),
        send(629, "c", {"sim_swap": "not-swapped"}, sim_swap=REFUSING),
        send(1229, "d", {"error": "sim-swapped"}, sim_swap=REFUSING),
        {"at": 1230, "do": "sim", "sim": "not-swapped"},
        send(1828, "e", {"error": "sim-swapped"}, sim_swap={**REFUSING, "max_age_hours": 2400}),
        send(2428, "f", {"sim_swap": "not-swapped"}, sim_swap=REFUSING),
    ],
)
case(
    "erase",
    "Erasing a user or a recipient leaves nothing to verify against.",
    [
        user(0, enrolled=False, ticket="t"),
        at(0, "delete-user", user="ann"),
        at(0, "view-enrolment", {"error": "enrolment-not-found"}, ticket="t"),
        totp(0, code(0), {"error": "user-not-found"}),
        send(0, "o"),
        at(1, "erase-recipient", to="+447700900121"),
        verify(1, "o", "sent", {"error": "challenge-not-found"}),
        at(1, "empty"),
    ],
)
case(
    "clock-ahead",
    "What a clock that ran ahead by years wrote locks nobody out once it is set back, and no code"
    " outlives its lifetime.",
    [{"at": 3_000_000_000, "do": "create-user", "user": "ann", "secret": b32(SECRET)}]
    + [totp(3_000_000_000, wrong(3_000_000_000), mismatch(n)) for n in (4, 3, 2, 1, 0)]
    + [
        totp(3_000_000_000, code(3_000_000_000), {"outcome": "blocked", "until": 3_000_000_030}),
        send(3_000_000_000, "o"),
        totp(0, code(0), ACCEPTED),
        verify(0, "o", "sent", {"outcome": "expired"}),
        send(0, "p", {"expires_at": 300}),
        verify(1, "p", "sent", ACCEPTED),
    ],
)
case(
    "clock-ahead-login",
    "A code accepted while the clock ran ahead burns what can be accepted once it is set back, and"
    " itself for good, and nothing else: nobody is locked out until the calendar gets there.",
    [
        user(0),
        totp(2_592_000, code(2_592_000), ACCEPTED),
        totp(0, code(0), REPLAYED),
        totp(30, code(30), REPLAYED),
        totp(60, code(60), ACCEPTED),
        totp(60, code(60), REPLAYED),
        totp(2_592_000, code(2_592_000), REPLAYED),
        totp(2_592_030, code(2_592_030), ACCEPTED),
    ],
)
case(
    "clock-corrected",
    "A clock set back by a few seconds ends no block and forgets no message.",
    [user(100)]
    + five(100)
    + [
        totp(95, code(95), {"outcome": "blocked", "until": 130}),
        send(100, "o"),
        send(95, "p", {"error": "send-limit", "retry_at": 130}),
    ],
)
