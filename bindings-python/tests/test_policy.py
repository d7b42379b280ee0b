"""What is chosen about a service reaches the engine, and what is not is as the engine has it."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from typing import Any

import keyfob
import pytest
from keyfob import (
    AttemptPolicy,
    BreakerPolicy,
    Destination,
    InvalidArgument,
    Prices,
    RetentionPolicy,
    SendPolicy,
    ServiceError,
    ServicePolicy,
    SimSwapCoverage,
    TrafficPolicy,
    UnverifiedPolicy,
)
from keyfob._native import describe_policy
from support import PHONE, service

NEIGHBOUR, ABROAD = "+447700900122", "+4915112345678"
ACCOUNT = str(uuid.UUID(int=7))


def test_a_policy_is_the_engines_own_where_nothing_is_chosen() -> None:
    assert describe_policy(ServicePolicy()) == describe_policy(None)


def test_a_policy_shows_what_was_chosen() -> None:
    assert repr(ServicePolicy()) == "ServicePolicy()"
    chosen = ServicePolicy(issuer="Bank", traffic=TrafficPolicy(allowed=["GB"], breaker=None))
    assert repr(chosen) == "ServicePolicy(traffic=TrafficPolicy(allowed=['GB'], breaker=None), issuer='Bank')"
    assert eval(repr(chosen), vars(keyfob)) == chosen
    assert repr(Prices(0, {"GB": 4})) == "Prices(places={'GB': 4})"


def test_every_field_reaches_the_engine() -> None:
    usual = describe_policy(None)
    names = dict(changed(ServicePolicy()))
    assert len(names) == 37
    told = {name: describe_policy(policy) for name, policy in names.items()}
    assert [name for name, text in told.items() if text == usual] == []
    assert len(set(told.values())) == len(told), "two fields are read as one"


def changed(policy: Any) -> Iterator[tuple[str, Any]]:
    """Each field by its path, and a policy in which it alone is another."""
    for field in dataclasses.fields(policy):
        value = getattr(policy, field.name)
        if dataclasses.is_dataclass(value):
            for name, inner in changed(value):
                yield f"{field.name}.{name}", dataclasses.replace(policy, **{field.name: inner})
        else:
            yield field.name, dataclasses.replace(policy, **{field.name: other(field.name, value)})
        if value is not None and "None" in str(field.type):
            yield f"{field.name}=None", dataclasses.replace(policy, **{field.name: None})


def other(name: str, value: object) -> object:
    match name, value:
        case ("per_recipient", _):
            return ((7, 77),)
        case ("places", _):
            return {"GB": 4, "+4477": 9}
        case ("accounts", _):
            return {ACCOUNT: 5}
        case ("allowed" | "denied" | "premium" | "prefixes", _):
            return ("+88",)
        case ("hours", _):
            return 3
        case (_, int()):
            return value + 1 if name != "disable_after" else 99
        case (_, None):
            return 12_345
    return f"{value} and more"


@pytest.mark.parametrize(
    ("policy", "argument"),
    [
        (ServicePolicy(attempts=AttemptPolicy(per_block=0)), "attempts"),
        (ServicePolicy(attempts=AttemptPolicy(disable_after=10**6)), "attempts"),
        (ServicePolicy(attempts=AttemptPolicy(first_block=-1)), "attempts.first_block"),
        (ServicePolicy(sends=SendPolicy([(-1, 5)])), "sends.per_recipient"),
        (ServicePolicy(sends=SendPolicy([(60, 5), (0, 5)])), "sends.per_recipient"),
        (ServicePolicy(sends=SendPolicy(per_account_and_day=2**64)), "sends.per_account_and_day"),
        (ServicePolicy(traffic=TrafficPolicy(allowed=["Britain"])), "traffic.allowed"),
        (ServicePolicy(traffic=TrafficPolicy(prices=Prices(-1))), "traffic.prices.default"),
        (ServicePolicy(traffic=TrafficPolicy(prices=Prices(0, {"+": 1}))), "traffic.prices.places"),
        (
            ServicePolicy(traffic=TrafficPolicy(unverified=UnverifiedPolicy(share=101))),
            "traffic.unverified.share",
        ),
        (
            ServicePolicy(traffic=TrafficPolicy(breaker=BreakerPolicy(verified=10**6))),
            "traffic.breaker.verified",
        ),
        (ServicePolicy(sim_swap=SimSwapCoverage(["44"])), "sim_swap.prefixes"),
        (ServicePolicy(sim_swap=SimSwapCoverage(cache=-1)), "sim_swap.cache"),
        (ServicePolicy(retention=RetentionPolicy(25)), "retention.hours"),
        (ServicePolicy(retention=RetentionPolicy(accounts={ACCOUNT: 0})), "retention.accounts"),
        (ServicePolicy(retention=RetentionPolicy(accounts={str(uuid.UUID(int=10)): 1, str(uuid.UUID(int=10)).upper(): 2})), "retention.accounts"),
        (ServicePolicy(traffic=TrafficPolicy(prices=Prices(0, {"GB": 4, "gb": 1}))), "traffic.prices.places"),
        (ServicePolicy(enrolment_lifetime=-1), "enrolment_lifetime"),
        (ServicePolicy(enrolment_lifetime=10**9), "enrolment_lifetime"),
        (ServicePolicy(default_lifetime=5), "default_lifetime"),
        (ServicePolicy(default_lifetime=10**6), "default_lifetime"),
        (ServicePolicy(window=11), "window"),
    ],
)
def test_policies_that_cannot_be_used_are_named(policy: ServicePolicy, argument: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        service(policy=policy)
    assert refused.value.argument == argument


def test_a_limit_of_no_messages_lets_none_be_sent() -> None:
    offered, outbox, _ = service(policy=ServicePolicy(sends=SendPolicy([(30, 0)])))
    domain = offered.create_domain()
    with pytest.raises(ServiceError) as limited:
        offered.send(domain, PHONE)
    assert (limited.value.code, limited.value.limit) == ("send-limit", "recipient")
    assert limited.value.retry_at == 2**64 - 1 and not outbox.messages


def test_a_text_in_the_place_of_a_number_is_named() -> None:
    wrong: Any = TrafficPolicy(cost_per_day="lots")  # type: ignore[arg-type]
    with pytest.raises(keyfob.InvalidType, match="^traffic.cost_per_day must be a whole number, not str$"):
        service(policy=ServicePolicy(traffic=wrong))


@pytest.mark.parametrize(
    ("limit", "scope", "free"),
    [
        ({"per_domain_and_day": 1}, "domain", None),
        ({"per_api_key_and_day": 1}, "api-key", {"api_key": "another"}),
        ({"per_client_and_day": 1}, "client-address", {"client": "192.0.2.2"}),
        ({"per_country_and_day": 1}, "country", {"to": ABROAD, "destination": Destination("DE")}),
        ({"per_prefix_and_day": 1}, "prefix", {"to": "+447700800122"}),
        ({"cost_per_day": 9, "prices": Prices(5, {"DE": 4})}, "cost", {"to": ABROAD, "destination": Destination("DE")}),
        ({"unverified": UnverifiedPolicy(1, share=0)}, "unverified-country", {"to": ABROAD, "destination": Destination("DE")}),
    ],
)  # fmt: skip
def test_each_limit_stops_the_message_after_the_last(
    limit: dict[str, Any], scope: str, free: dict[str, Any] | None
) -> None:
    offered, _, _ = service(policy=ServicePolicy(traffic=TrafficPolicy(**limit)))
    domain = offered.create_domain()
    asked: dict[str, Any] = {"client": "192.0.2.1", "api_key": "a", "destination": Destination("GB")}
    offered.send(domain, PHONE, **asked)
    code = "unverified-sends" if scope.startswith("unverified") else "send-limit"
    with pytest.raises(ServiceError) as refused:
        offered.send(domain, NEIGHBOUR, **asked)
    assert (refused.value.code, refused.value.limit) == (code, scope)
    if free is None:
        domain, free = offered.create_domain(), {}
    offered.send(domain, **{"to": NEIGHBOUR, **asked, **free})


def test_premium_numbers_are_refused_unless_their_place_is_named() -> None:
    premium = Destination("GB", premium=True)
    for places, allowed in (((), False), (("+4477009",), True)):
        offered, outbox, _ = service(policy=ServicePolicy(traffic=TrafficPolicy(premium=places)))
        domain = offered.create_domain()
        if allowed:
            offered.send(domain, PHONE, destination=premium)
        else:
            with pytest.raises(ServiceError) as refused:
                offered.send(domain, PHONE, destination=premium)
            assert refused.value.code == "premium-number"
        assert len(outbox.messages) == allowed


def test_only_allowed_places_are_sent_to() -> None:
    traffic = TrafficPolicy(allowed=["+44"], denied=["+447700900"])
    offered, outbox, _ = service(policy=ServicePolicy(traffic=traffic))
    domain = offered.create_domain()
    offered.send(domain, "+447400123456", client="192.0.2.1")
    for number in (PHONE, ABROAD):
        with pytest.raises(ServiceError) as refused:
            offered.send(domain, number)
        assert refused.value.code == "destination-not-allowed"
    assert len(outbox.messages) == 1


def test_an_account_without_a_limit_sends_on() -> None:
    for limit, refused in ((1, True), (None, False)):
        offered, _, _ = service(policy=ServicePolicy(sends=SendPolicy(per_account_and_day=limit)))
        domain = offered.create_domain()
        offered.send(domain, PHONE)
        try:
            offered.send(domain, NEIGHBOUR)
        except ServiceError as error:
            assert refused and (error.code, error.limit) == ("send-limit", "account")
        else:
            assert not refused


def test_nobody_is_asked_about_numbers_abroad_unless_that_is_set() -> None:
    asked: list[str] = []

    class Operator:
        def sim_swap(self, phone: str, max_age_hours: int) -> keyfob.SimSwapAnswer:
            asked.append(phone)
            return "not-swapped"

    offered, _, _ = service(operator=Operator())
    assert offered.check_sim_swap(ABROAD).source == "not-asked" and not asked
    everywhere = ServicePolicy(sim_swap=SimSwapCoverage(prefixes=["+"]))
    offered, _, _ = service(operator=Operator(), policy=everywhere)
    assert offered.check_sim_swap(ABROAD).source == "operator" and asked == [ABROAD]
