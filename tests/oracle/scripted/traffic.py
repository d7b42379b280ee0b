"""What a policy says of destinations, prices and codes that stay unverified."""

from .steps import ACCEPTED, FEW, NUMBERS, policy, script, send, verify

cases, case = script()

case(
    "policy-places",
    "Numbers of allowed places only, and none of denied ones even there; what is refused takes no"
    " place. Email has no place.",
    [
        policy(0, traffic={"allowed": ["+44"], "denied": ["+4477009002"]}),
        send(0, "a"),
        send(0, "x", {"error": "destination-not-allowed"}, to="+4915112345678"),
        send(0, "x", {"error": "destination-not-allowed"}, to="+447700900201"),
        send(0, "b", to="ann@example.com", channels=["email"]),
        policy(1, traffic={"denied": ["+4477009001"]}),
        send(30, "x", {"error": "destination-not-allowed"}),
        send(30, "c", to="+4915112345678"),
        policy(31),
        send(31, "d", {"resend_at": 61}),
    ],
)
day = {"retry_at": 57_600}
for name, traffic, limit, kw in (
    ("domain", {"per_domain_and_day": 1}, "domain", {}),
    ("client", {"per_client_and_day": 1}, "client-address", {"client": "192.0.2.1"}),
    ("country", {"per_country_and_day": 1}, "country", {}),
    ("prefix", {"per_prefix_and_day": 1}, "prefix", {}),
    ("cost", {"cost_per_day": 5, "prices": {"default": 1, "places": {"+44": 3}}}, "cost", {}),
):
    case(
        f"policy-limit-per-{name}",
        f"The day's limit of the {name} holds for all recipients together, and ends with the day"
        " (UTC).",
        [
            policy(0, traffic=traffic),
            send(0, "a", to=NUMBERS[0], **kw),
            send(1, "x", {"error": "send-limit", "limit": limit, **day}, to=NUMBERS[1], **kw),
            send(57_599, "x", {"error": "send-limit", "limit": limit, **day}, to=NUMBERS[1], **kw),
            send(57_600, "b", to=NUMBERS[1], **kw),
        ],
    )
case(
    "policy-limits-of-others",
    "Another client, country and range of numbers have limits of their own, and a cheaper message"
    " still fits.",
    [
        policy(
            0,
            traffic={
                "per_client_and_day": 1,
                "per_country_and_day": 2,
                "per_prefix_and_day": 1,
                "cost_per_day": 5,
                "prices": {"default": 1, "places": {"+44": 3}},
            },
        ),
        send(0, "a", client="192.0.2.1"),
        send(1, "b", to="+4915112345678", client="192.0.2.2"),
        send(
            2,
            "x",
            {"error": "send-limit", "limit": "client-address"},
            to="+4915222345678",
            client="192.0.2.2",
        ),
        send(3, "c", to="+4915222345678", client="192.0.2.3"),
        send(
            4,
            "x",
            {"error": "send-limit", "limit": "country"},
            to="+4915332345678",
            client="192.0.2.4",
        ),
    ],
)
case(
    "policy-unverified",
    "So many codes may stay unverified; each that is verified makes room for another.",
    [
        policy(0, traffic={"unverified": FEW}),
        send(0, "a", to=NUMBERS[0]),
        send(1, "b", to=NUMBERS[1]),
        send(2, "x", {"error": "unverified-sends", "limit": "unverified-country"}, to=NUMBERS[2]),
        verify(3, "a", "sent", ACCEPTED),
        send(4, "c", to=NUMBERS[2]),
        send(5, "x", {"error": "unverified-sends", "limit": "unverified-country"}, to=NUMBERS[3]),
        policy(6, traffic={"unverified": None}),
        *[send(6, f"d{i}", to=NUMBERS[i]) for i in range(3, 20)],
    ],
)
case(
    "policy-breaker",
    "A range of numbers is stopped for an hour once so many messages went there and fewer than the"
    " share of their codes came back, those too young to have come back apart; without a breaker it"
    " never is.",
    [
        policy(0, traffic={"unverified": None, "breaker": {"sends": 2, "verified": 50}}),
        send(0, "a", to=NUMBERS[0]),
        send(1, "b", to=NUMBERS[1]),
        verify(2, "a", "sent", ACCEPTED),
        send(700, "c", to=NUMBERS[2]),
        send(
            1400,
            "x",
            {"error": "prefix-stopped", "limit": "stopped-prefix", "retry_at": 5000},
            to=NUMBERS[3],
        ),
        send(1401, "y", to="+447911123456"),
        send(4999, "x", {"error": "prefix-stopped", "retry_at": 5000}, to=NUMBERS[3]),
        send(5000, "d", to=NUMBERS[3]),
        policy(7200, traffic={"unverified": None, "breaker": None}),
        *[send(7200, f"e{i}", to=NUMBERS[i]) for i in range(4, 20)],
    ],
)
