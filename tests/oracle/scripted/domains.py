"""Domains and their settings, and the erasure of a user."""

from .steps import (
    ACCEPTED,
    OTHER_SECRET,
    REFUSING,
    STRICT,
    at,
    b32,
    change,
    code,
    domain,
    mismatch,
    script,
    send,
    totp,
    user,
    wrong,
)

cases, case = script()

case(
    "domain",
    "A domain shows what it was made with and what was changed of it since; null takes away, what"
    " is not named stays, and a refused change changes nothing.",
    [
        at(1, "view-domain", domain()),
        change(2, domain("Other Bank", None, 60), name="Other Bank", fallback_after=60),
        at(3, "view-domain", domain("Other Bank", None, 60)),
        change(4, domain("Other Bank", STRICT, 60), sim_swap=STRICT),
        change(5, domain("Other Bank", STRICT, 60)),
        change(6, {"error": "invalid-name"}, name="a:b", fallback_after=90),
        change(6, {"error": "invalid-name"}, name=""),
        change(6, {"error": "invalid-fallback-after"}, name="New", fallback_after=9),
        change(6, {"error": "invalid-fallback-after"}, fallback_after=301),
        change(6, {"error": "invalid-max-age"}, sim_swap={**STRICT, "max_age_hours": 2401}),
        at(7, "view-domain", domain("Other Bank", STRICT, 60)),
        at(7, "view-domain", {"error": "domain-not-found"}, account="other"),
        at(
            7,
            "change-domain",
            {"error": "domain-not-found"},
            change={"name": "Theirs"},
            account="other",
        ),
        change(8, domain("Other Bank", None, 60), sim_swap=None),
        change(9, domain(None, None, None), name=None, fallback_after=None),
        at(10, "view-domain", domain(None)),
    ],
)
case(
    "domain-settings-hold",
    "What a domain says of SIMs holds for requests that say nothing, from the moment it is changed"
    " until it is taken away; its name is what apps show that enrol from then on.",
    [
        {"at": 0, "do": "sim", "sim": "swapped"},
        send(0, "a"),
        change(1, domain(sim_swap=REFUSING), sim_swap=REFUSING),
        send(30, "b", {"error": "sim-swapped"}),
        send(60, "b", {"sim_swap": "swapped"}, sim_swap={**REFUSING, "on_swapped": "flag"}),
        change(61, domain(), sim_swap=None),
        send(90, "c", {"sim_swap": None}),
        user(90, enrolled=False, ticket="t"),
        at(90, "view-enrolment", {"issuer": "Example Bank"}, ticket="t"),
        change(91, domain("Other Bank"), name="Other Bank"),
        at(91, "open-enrolment", user="ann", secret=b32(OTHER_SECRET), ticket="u"),
        at(91, "view-enrolment", {"issuer": "Other Bank"}, ticket="u"),
    ],
)
case(
    "domain-with-settings",
    "A domain is made with its settings; one out of range makes none.",
    [
        at(0, "create-domain", {"error": "invalid-fallback-after"}, name="New", fallback_after=301),
        at(0, "view-domain", domain()),
        at(0, "create-domain", {}, name="New", fallback_after=300, sim_swap=STRICT),
        at(0, "view-domain", domain("New", STRICT, 300)),
        at(0, "create-domain", {}),
        at(0, "view-domain", domain(None)),
    ],
)
case(
    "erase-user",
    "Erasing a user leaves nothing: no secret, no open enrolment, no wrong codes. Erasing what is"
    " erased changes nothing, and says nothing of whether it was there.",
    [
        user(0),
        *[totp(0, wrong(0), mismatch(n)) for n in (4, 3)],
        at(1, "open-enrolment", user="ann", secret=b32(OTHER_SECRET), ticket="t"),
        at(1, "erase-user", {"error": "domain-not-found"}, user="ann", account="other"),
        at(1, "view-user", {"status": "active", "failures": 2}, user="ann"),
        at(2, "erase-user", user="ann"),
        at(2, "empty"),
        totp(2, code(2), {"error": "user-not-found"}),
        at(2, "view-user", {"error": "user-not-found"}, user="ann"),
        at(2, "view-enrolment", {"error": "enrolment-not-found"}, ticket="t"),
        at(
            2,
            "confirm-enrolment",
            {"error": "enrolment-not-found"},
            ticket="t",
            code=code(2, OTHER_SECRET),
        ),
        at(3, "erase-user", user="ann"),
        at(3, "erase-user", user="nobody"),
        user(4, secret=OTHER_SECRET),
        at(4, "view-user", {"status": "active", "failures": 0}, user="ann"),
        totp(4, code(4), mismatch(4)),
        totp(4, code(4, OTHER_SECRET), ACCEPTED),
    ],
)
