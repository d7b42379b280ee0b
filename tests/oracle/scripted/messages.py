"""What becomes of messages, and what is known of a SIM."""

from .steps import (
    ACCEPTED,
    at,
    check,
    fall_back,
    mismatch,
    policy,
    report,
    script,
    send,
    sim,
    verify,
    view,
    wanted,
)

cases, case = script()

case(
    "delivery-report",
    "A report moves a message's state forwards and is news once; what comes twice, late or out of"
    " order is none. It decides nothing about codes.",
    [
        send(0, "o"),
        view(0, "o", delivery="queued", channel="sms"),
        report(1, "o", "sent", True),
        view(1, "o", delivery="sent"),
        report(2, "o", "sent", False),
        report(2, "o", "queued", False),
        report(3, "o", "failed", True),
        view(3, "o", delivery="failed", status="pending"),
        report(3, "o", "sent", False),
        report(4, "o", "delivered", True),
        view(4, "o", delivery="delivered"),
        *[
            report(5, "o", state, False)
            for state in ("queued", "sent", "delivered", "failed", "expired")
        ],
        report(5, "o", "delivered", False, "voice"),
        view(5, "o", delivery="delivered", attempts_left=5),
        at(
            5,
            "delivery-report",
            {"error": "challenge-not-found"},
            otp="o",
            channel="sms",
            state="failed",
            account="other",
        ),
        verify(6, "o", "sent", ACCEPTED),
        view(6, "o", delivery="delivered", status="verified"),
    ],
)
case(
    "delivery-report-after-resend",
    "A report of a message that a resend replaced is no news and leaves the state of the new one.",
    [
        send(0, "o"),
        report(1, "o", "sent", True),
        at(30, "resend", otp="o"),
        view(30, "o", delivery="queued"),
        report(31, "o", "delivered", False, message="previous"),
        view(31, "o", delivery="queued"),
        report(32, "o", "sent", True),
        view(32, "o", delivery="sent"),
        verify(33, "o", "sent", ACCEPTED),
    ],
)
case(
    "wanted",
    "A message is wanted while its code can be accepted: not once it was used, cancelled, erased or"
    " is over, and a resend replaces it.",
    [
        send(0, "o"),
        wanted(0, "o", "yes"),
        wanted(0, "o", "no", account="other"),
        verify(1, "o", "wrong", mismatch(4)),
        wanted(1, "o", "yes"),
        verify(1, "o", "sent", ACCEPTED),
        wanted(1, "o", "no"),
        send(30, "p"),
        wanted(30, "p", "yes"),
        at(60, "resend", otp="p"),
        wanted(60, "p", "replaced", message="previous"),
        wanted(60, "p", "yes"),
        at(61, "cancel", otp="p"),
        wanted(61, "p", "no"),
        wanted(61, "p", "no", message="previous"),
        send(90, "q"),
        wanted(389, "q", "yes"),
        wanted(390, "q", "no"),
        send(400, "r"),
        at(401, "erase-recipient", to="+447700900121"),
        wanted(401, "r", "no"),
        send(402, "s"),
        *[verify(402, "s", "wrong", mismatch(n)) for n in (4, 3, 2, 1)],
        wanted(402, "s", "yes"),
        verify(402, "s", "wrong", mismatch(0)),
        wanted(402, "s", "no"),
    ],
)
case(
    "fall-back",
    "A message that did not get through goes by the next channel with its code; asked again it is"
    " the same way, where it has been it does not go twice, and it ends when it arrives.",
    [
        send(0, "o", {"channel": "sms"}, channels=["sms", "voice"]),
        report(1, "o", "failed", True),
        fall_back(2, "o", "voice", {"way": "open"}),
        fall_back(2, "o", "voice", {"way": "open"}),
        view(2, "o", channel="voice", delivery="queued", status="pending"),
        report(3, "o", "sent", True, "voice"),
        view(3, "o", channel="voice", delivery="sent"),
        fall_back(4, "o", "voice", {"way": "taken"}),
        fall_back(4, "o", "sms", {"way": "taken"}),
        fall_back(4, "o", "email", {"error": "invalid-channel"}),
        fall_back(4, "o", "voice", {"error": "challenge-not-found"}, account="other"),
        wanted(4, "o", "yes"),
        report(5, "o", "delivered", True, "voice"),
        fall_back(5, "o", "voice", {"way": "arrived"}),
        fall_back(5, "o", "sms", {"way": "arrived"}),
        verify(6, "o", "sent", ACCEPTED),
    ],
)
case(
    "fall-back-after-resend",
    "A message that a resend replaced goes no other way; the new one does.",
    [
        send(0, "o", channels=["sms", "voice"]),
        at(30, "resend", otp="o"),
        fall_back(31, "o", "voice", {"way": "replaced"}, message="previous"),
        view(31, "o", channel="sms", delivery="queued"),
        fall_back(32, "o", "voice", {"way": "open"}),
        verify(33, "o", "sent", ACCEPTED),
    ],
)
case(
    "fall-back-limits",
    "Another way takes its place among the messages of the account: with none left it is closed,"
    " for that reason, and open when there is room again.",
    [
        policy(0, sends={"per_account_and_day": 1}),
        send(57_500, "o", channels=["sms", "voice"], expiry=600),
        report(57_501, "o", "failed", True),
        fall_back(57_599, "o", "voice", {"way": "closed", "reason": "send-limit"}),
        view(57_599, "o", channel="sms", delivery="failed"),
        fall_back(57_600, "o", "voice", {"way": "open"}),
        view(57_600, "o", channel="voice"),
        fall_back(57_601, "o", "voice", {"way": "open"}),
        verify(57_601, "o", "sent", ACCEPTED),
    ],
)
case(
    "check-sim-swap",
    "What the operator says is told with when it was asked; what it knew is told again for ten"
    " minutes; other numbers it is not asked about.",
    [
        check(0, sim("not-swapped", "operator", 0)),
        {"at": 1, "do": "sim", "sim": "swapped"},
        check(599, sim("not-swapped", "cache", 0)),
        check(599, sim("swapped", "operator", 599), to="+447700900122"),
        check(600, sim("swapped", "operator", 600)),
        {"at": 601, "do": "sim", "sim": "unknown"},
        check(601, sim("unknown", "operator", 601), to="+447700900123"),
        check(602, sim("unknown", "operator", 602), to="+447700900123"),
        {"at": 603, "do": "sim", "sim": "not-swapped"},
        check(603, sim("not-swapped", "operator", 603), to="+447700900123"),
        check(604, sim("unknown", "not-asked", None), to="+4915112345678"),
        check(605, {"error": "invalid-max-age"}, max_age_hours=0),
        check(605, {"error": "invalid-max-age"}, max_age_hours=2401),
        check(605, sim("not-swapped", "operator", 605), to="+447700900124", max_age_hours=2400),
    ],
)
case(
    "check-sim-swap-counts",
    "Asking the operator counts as a message of the account; what is answered without asking does"
    " not, and what is refused does not.",
    [
        policy(0, sends={"per_account_and_day": 2}),
        check(0, {"error": "invalid-max-age"}, max_age_hours=0),
        check(0, sim("not-swapped", "operator", 0)),
        *[check(1, sim("not-swapped", "cache", 0))] * 3,
        *[check(1, sim("unknown", "not-asked", None), to="+4915112345678")] * 3,
        send(2, "o"),
        check(
            3, {"error": "send-limit", "limit": "account", "retry_at": 57_600}, to="+447700900122"
        ),
        check(57_600, sim("not-swapped", "operator", 57_600), to="+447700900122"),
    ],
)
