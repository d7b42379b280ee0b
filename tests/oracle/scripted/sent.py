"""Sent codes: their life, wrong ones, resends, and the transactions they are for."""

from .steps import ACCEPTED, REPLAYED, at, mismatch, script, send, verify

cases, case = script()

case(
    "sent-once",
    "A sent code is accepted once; sent again it is replayed and counts for nothing.",
    [
        send(0, "o", {"channel": "sms", "expires_at": 300, "resend_at": 30, "attempts_left": 5}),
        verify(1, "o", "wrong", mismatch(4)),
        verify(1, "o", "sent", ACCEPTED),
    ]
    + [verify(a, "o", "sent", REPLAYED) for a in (1, 2, 299, 300, 3600)]
    + [at(3600, "view-challenge", {"status": "verified"}, otp="o")],
)
case(
    "sent-malformed-is-no-guess",
    "What this challenge cannot have sent is refused as malformed and counts for nothing, also"
    " after the code was used.",
    [send(0, "o")]
    + [verify(1, "o", "short", {"outcome": "malformed"})] * 6
    + [
        verify(1, "o", "wrong", mismatch(4)),
        verify(1, "o", "short", {"outcome": "malformed"}),
        at(1, "view-challenge", {"status": "pending", "attempts_left": 4}, otp="o"),
        verify(1, "o", "sent", ACCEPTED),
        verify(1, "o", "short", {"outcome": "malformed"}),
        at(1, "view-challenge", {"status": "verified"}, otp="o"),
    ],
)
case(
    "sent-expiry",
    "A code is good up to the second before it expires.",
    [
        send(0, "o"),
        at(299, "view-challenge", {"status": "pending", "attempts_left": 5}, otp="o"),
        send(40, "p", {"expires_at": 340}),
        verify(299, "o", "sent", ACCEPTED),
        verify(340, "p", "sent", {"outcome": "expired"}),
        verify(341, "p", "wrong", {"outcome": "expired"}),
        at(341, "view-challenge", {"status": "expired", "attempts_left": 0}, otp="p"),
        send(400, "q", {"expires_at": 430}, expiry=30),
        verify(430, "q", "sent", {"outcome": "expired"}),
        send(500, "r", {"expires_at": 1100}, expiry=600),
        verify(1099, "r", "sent", ACCEPTED),
        send(2000, "s", {"error": "invalid-expiry"}, expiry=29),
        send(2000, "s", {"error": "invalid-expiry"}, expiry=601),
    ],
)
case(
    "sent-five-wrong",
    "The fifth wrong code ends the challenge and blocks the recipient for 30 seconds: nothing is"
    " sent meanwhile, and another challenge's right code is refused.",
    [send(0, "o"), send(30, "p")]
    + [verify(30, "o", "wrong", mismatch(n)) for n in (4, 3, 2, 1, 0)]
    + [
        verify(30, "o", "sent", {"outcome": "exhausted"}),
        verify(59, "p", "sent", {"outcome": "blocked", "until": 60}),
        send(59, "q", {"error": "recipient-blocked", "until": 60}),
        at(59, "resend", {"error": "recipient-blocked", "until": 60}, otp="p"),
        at(59, "view-challenge", {"status": "exhausted", "attempts_left": 0}, otp="o"),
        at(59, "view-challenge", {"status": "pending", "attempts_left": 0}, otp="p"),
        verify(60, "p", "sent", ACCEPTED),
        verify(61, "o", "sent", {"outcome": "exhausted"}),
    ],
)
case(
    "sent-new-challenge-no-new-attempts",
    "A new challenge brings no new attempts: wrong codes belong to the recipient.",
    [
        send(0, "a"),
        send(30, "b", {"attempts_left": 5}),
        verify(30, "a", "wrong", mismatch(4)),
        verify(30, "b", "wrong", mismatch(3)),
        verify(30, "a", "wrong", mismatch(2)),
        send(60, "c", {"attempts_left": 2}),
        verify(60, "c", "wrong", mismatch(1)),
        verify(60, "b", "wrong", mismatch(0)),
        verify(60, "c", "sent", {"outcome": "blocked", "until": 90}),
        verify(90, "c", "sent", ACCEPTED),
    ],
)
case(
    "resend",
    "A resend makes a new code, voids the old one, and keeps the lifetime and the wrong codes.",
    [
        send(0, "o", {"expires_at": 300, "resend_at": 30}),
        *[verify(1, "o", "wrong", mismatch(n)) for n in (4, 3, 2)],
        at(29, "resend", {"error": "send-limit", "limit": "recipient", "retry_at": 30}, otp="o"),
        at(
            30,
            "resend",
            {"expires_at": 300, "resend_at": 60, "attempts_left": 2, "channel": "sms"},
            otp="o",
        ),
        verify(31, "o", "previous", mismatch(1)),
        verify(31, "o", "sent", ACCEPTED),
        at(70, "resend", {"error": "challenge-over"}, otp="o"),
    ],
)
case(
    "resend-four-then-one",
    "Four wrong codes, a resend and one more: blocked.",
    [
        send(0, "o"),
        *[verify(1, "o", "wrong", mismatch(n)) for n in (4, 3, 2, 1)],
        at(30, "resend", {"attempts_left": 1}, otp="o"),
        verify(30, "o", "wrong", mismatch(0)),
        at(30, "resend", {"error": "challenge-over"}, otp="o"),
        verify(30, "o", "sent", {"outcome": "exhausted"}),
        send(31, "p", {"error": "recipient-blocked", "until": 60}),
    ],
)
case(
    "resend-does-not-extend",
    "A code sent again dies with its challenge.",
    [
        send(0, "o"),
        at(299, "resend", {"expires_at": 300}, otp="o"),
        verify(300, "o", "sent", {"outcome": "expired"}),
        at(330, "resend", {"error": "challenge-over"}, otp="o"),
    ],
)
case(
    "resend-that-cannot-travel",
    "A resend by a channel without a provider leaves the code before it as it was, and takes no"
    " place among the sends.",
    [
        send(0, "o"),
        {"at": 1, "do": "configure", "channels": ["sms", "email"]},
        at(30, "resend", {"error": "channel-not-configured"}, otp="o", channel="voice"),
        at(31, "view-challenge", {"status": "pending", "channel": "sms"}, otp="o"),
        at(31, "resend", {"channel": "sms"}, otp="o"),
        verify(31, "o", "sent", ACCEPTED),
        send(62, "p"),
        at(100, "resend", {"error": "channel-not-configured"}, otp="p", channel="voice"),
        verify(101, "p", "sent", ACCEPTED),
        at(102, "resend", {"error": "invalid-channel"}, otp="p", channel="email"),
    ],
)
case(
    "cancel",
    "A cancelled challenge accepts nothing and counts nothing; a used one is not undone.",
    [
        send(0, "o"),
        at(1, "cancel", otp="o"),
        at(1, "cancel", otp="o"),
        verify(1, "o", "sent", {"outcome": "cancelled"}),
        verify(1, "o", "wrong", {"outcome": "cancelled"}),
        at(1, "view-challenge", {"status": "cancelled", "attempts_left": 0}, otp="o"),
        send(30, "p", {"attempts_left": 5}),
        verify(31, "p", "sent", ACCEPTED),
        at(31, "cancel", {"error": "challenge-over"}, otp="p"),
        verify(31, "p", "sent", REPLAYED),
    ],
)
CONTEXT = {"amount": "EUR 25.00", "payee": "Noir"}
for k, other in (
    ("amount", {"amount": "EUR 25.01", "payee": "Noir"}),
    ("payee", {"amount": "EUR 25.00", "payee": "Noir."}),
    ("more", {**CONTEXT, "ref": "1"}),
    ("less", {"amount": "EUR 25.00"}),
):
    case(
        f"context-{k}",
        "A code for another transaction is refused, counted, and void also for its own.",
        [
            send(0, "o", context=CONTEXT),
            verify(1, "o", "sent", {"error": "context-required"}),
            verify(1, "o", "sent", {"outcome": "context-mismatch"}, context=other),
            verify(2, "o", "sent", {"outcome": "exhausted"}, context=CONTEXT),
            send(30, "p", {"attempts_left": 4}, context=CONTEXT),
            verify(31, "p", "sent", ACCEPTED, context=CONTEXT),
        ],
    )
case(
    "context-unasked",
    "A code that was sent for no transaction approves none.",
    [
        send(0, "o"),
        verify(1, "o", "sent", {"outcome": "context-mismatch"}, context=CONTEXT),
        verify(2, "o", "sent", {"outcome": "exhausted"}),
    ],
)
