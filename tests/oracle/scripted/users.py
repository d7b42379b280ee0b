"""Enrolments, and users that are there, are not, or belong to others."""

from .steps import (
    ACCEPTED,
    OTHER_SECRET,
    REPLAYED,
    SECRET,
    at,
    b32,
    code,
    mismatch,
    script,
    totp,
    user,
    wrong,
)

cases, case = script()

case(
    "enrolment-confirm-burns",
    "The code that confirms an enrolment is used up for verifying too; the ticket works once.",
    [
        user(0, enrolled=False, ticket="t"),
        totp(0, code(0), {"outcome": "not-enrolled"}),
        at(0, "view-enrolment", {"secret": b32(SECRET), "expires_at": 86_400}, ticket="t"),
        at(0, "view-enrolment", {"secret": b32(SECRET), "expires_at": 86_400}, ticket="t"),
        at(1, "confirm-enrolment", mismatch(4), ticket="t", code=wrong(0)),
        at(1, "confirm-enrolment", ACCEPTED, ticket="t", code=code(0)),
        totp(2, code(0), REPLAYED),
        at(2, "confirm-enrolment", {"error": "enrolment-not-found"}, ticket="t", code=code(30)),
        at(2, "view-enrolment", {"error": "enrolment-not-found"}, ticket="t"),
        totp(30, code(30), ACCEPTED),
    ],
)
case(
    "enrolment-blocks",
    "Confirming is guarded like verifying: five wrong codes block, the right one included.",
    [user(0, enrolled=False, ticket="t")]
    + [at(0, "confirm-enrolment", mismatch(n), ticket="t", code=wrong(0)) for n in (4, 3, 2, 1, 0)]
    + [
        at(29, "confirm-enrolment", {"outcome": "blocked", "until": 30}, ticket="t", code=code(29)),
        at(30, "confirm-enrolment", ACCEPTED, ticket="t", code=code(30)),
    ],
)
case(
    "enrolment-expires",
    "A ticket is void from the second in which it expires.",
    [
        user(0, enrolled=False, ticket="t"),
        at(86_399, "view-enrolment", {"secret": b32(SECRET)}, ticket="t"),
        at(86_400, "view-enrolment", {"error": "enrolment-not-found"}, ticket="t"),
        at(
            86_400,
            "confirm-enrolment",
            {"error": "enrolment-not-found"},
            ticket="t",
            code=code(86_400),
        ),
    ],
)
case(
    "enrolment-anew",
    "The old secret works until the new one is confirmed, and never after; an enrolment opened"
    " later voids the one before.",
    [
        user(0),
        at(0, "open-enrolment", user="ann", secret=b32(OTHER_SECRET), ticket="a"),
        totp(0, code(0), ACCEPTED),
        at(1, "open-enrolment", user="ann", secret=b32(OTHER_SECRET), ticket="b"),
        at(
            1,
            "confirm-enrolment",
            {"error": "enrolment-not-found"},
            ticket="a",
            code=code(1, OTHER_SECRET),
        ),
        totp(30, code(30), ACCEPTED),
        at(30, "confirm-enrolment", ACCEPTED, ticket="b", code=code(30, OTHER_SECRET)),
        totp(60, code(60), mismatch(4)),
        totp(60, code(60, OTHER_SECRET), ACCEPTED),
    ],
)
case(
    "enrolment-anew-with-the-same-secret",
    "A secret that is enrolled again spends none of its codes twice.",
    [
        user(0),
        totp(0, code(0), ACCEPTED),
        at(1, "open-enrolment", user="ann", secret=b32(SECRET), ticket="a"),
        at(1, "confirm-enrolment", REPLAYED, ticket="a", code=code(0)),
        totp(1, code(30), ACCEPTED),
        at(2, "confirm-enrolment", REPLAYED, ticket="a", code=code(30)),
        at(60, "confirm-enrolment", ACCEPTED, ticket="a", code=code(60)),
        totp(60, code(60), REPLAYED),
    ],
)
case(
    "enrolment-revoke",
    "Revoking ends the old secret at once.",
    [
        user(0),
        at(0, "open-enrolment", user="ann", secret=b32(OTHER_SECRET), revoke=True, ticket="a"),
        totp(0, code(0), {"outcome": "not-enrolled"}),
        at(0, "confirm-enrolment", ACCEPTED, ticket="a", code=code(0, OTHER_SECRET)),
        totp(30, code(30), mismatch(4)),
        totp(30, code(30, OTHER_SECRET), ACCEPTED),
    ],
)
case(
    "user-exists",
    "A user that exists is not created again: the secret stays.",
    [
        user(0),
        user(0, secret=OTHER_SECRET, expect={"error": "user-exists"}),
        user(0, secret=OTHER_SECRET, enrolled=False, ticket="t", expect={"error": "user-exists"}),
        totp(0, code(0), ACCEPTED),
    ],
)
case(
    "restore-floor",
    "After a restore nothing that could have been accepted before it is: not the used code, nor"
    " those of the steps up to the window's end; challenges from before are over.",
    [
        user(0),
        at(0, "send", to="+447700900121", otp="o"),
        {"at": 0, "do": "backup"},
        totp(1, code(1), ACCEPTED),
        at(1, "verify", ACCEPTED, otp="o", code="sent"),
        {"at": 2, "do": "restore"},
        totp(2, code(1), REPLAYED),
        totp(2, code(30), REPLAYED),
        totp(29, code(30), REPLAYED),
        totp(31, code(30), REPLAYED),
        totp(31, code(60), ACCEPTED),
        at(3, "verify", {"outcome": "expired"}, otp="o", code="sent"),
        at(40, "resend", {"error": "challenge-over"}, otp="o"),
    ],
)
case(
    "other-accounts",
    "What belongs to another account is not there.",
    [
        user(0, enrolled=False, ticket="t"),
        user(0, "bob"),
        at(0, "send", to="+447700900121", otp="o"),
        totp(0, code(0), {"error": "domain-not-found"}, "bob", account="other"),
        at(0, "view-user", {"error": "domain-not-found"}, user="bob", account="other"),
        at(0, "delete-user", {"error": "domain-not-found"}, user="bob", account="other"),
        at(
            0,
            "open-enrolment",
            {"error": "domain-not-found"},
            user="bob",
            secret=b32(OTHER_SECRET),
            ticket="x",
            account="other",
        ),
        user(0, "eve", account="other", expect={"error": "domain-not-found"}),
        at(0, "verify", {"error": "challenge-not-found"}, otp="o", code="sent", account="other"),
        at(40, "resend", {"error": "challenge-not-found"}, otp="o", account="other"),
        at(40, "cancel", {"error": "challenge-not-found"}, otp="o", account="other"),
        at(40, "view-challenge", {"error": "challenge-not-found"}, otp="o", account="other"),
        at(40, "send", {"error": "domain-not-found"}, to="+447700900121", otp="p", account="other"),
        totp(40, code(40), ACCEPTED, "bob"),
        at(40, "verify", ACCEPTED, otp="o", code="sent"),
    ],
)
case(
    "unknown-user",
    "An unknown user is not found; a deleted one is unknown, and one made anew knows nothing of the"
    " old secret.",
    [
        totp(0, code(0), {"error": "user-not-found"}, "nobody"),
        user(0),
        at(0, "delete-user", user="ann"),
        totp(0, code(0), {"error": "user-not-found"}),
        at(0, "delete-user", {"error": "user-not-found"}, user="ann"),
        user(0, secret=OTHER_SECRET),
        totp(0, code(0), mismatch(4)),
        totp(0, code(0, OTHER_SECRET), ACCEPTED),
    ],
)
