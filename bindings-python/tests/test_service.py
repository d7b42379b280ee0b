"""The service as an application uses it: over its own storage, delivery and operator."""

from __future__ import annotations

import asyncio
import inspect
import pathlib
import uuid
from collections.abc import Callable
from typing import Any

import keyfob
import pytest
from keyfob import AsyncService, InvalidArgument, Service, ServiceError
from keyfob.memory import MemoryStorage
from keyfob.sqlite import SqliteStorage
from support import KEYS, NOW, PHONE, SECRET, Clock, Outbox, service, wrong


def test_a_code_is_sent_and_verified_once() -> None:
    offered, outbox, _ = service()
    domain = offered.create_domain("Example Bank")
    sent = offered.send(domain, PHONE, message="Your code is {{code}}.", expiry=120)
    message = outbox.messages[0]
    assert (message.channel, message.recipient, sent.expires_at) == ("sms", PHONE, NOW + 120)
    assert message.text == f"Your code is {message.code}."
    assert not offered.verify(sent.otp_id, wrong(outbox.code))
    assert offered.verify(sent.otp_id, outbox.code)
    assert offered.verify(sent.otp_id, outbox.code).outcome == "replayed"
    assert offered.view_challenge(sent.otp_id).status == "verified"


def test_a_transaction_is_approved_as_it_was_shown() -> None:
    offered, outbox, _ = service()
    domain = offered.create_domain()
    context = {"amount": "EUR 25.00", "payee": "Café Noir"}
    sent = offered.send(
        domain, PHONE, message="{{code}} pays {{amount}} to {{payee}}", context=context
    )
    with pytest.raises(InvalidArgument, match="context") as refused:
        offered.verify(sent.otp_id, outbox.code)
    assert refused.value.code == "context-required"
    other = {**context, "amount": "EUR 2500.00"}
    assert offered.verify(sent.otp_id, outbox.code, context=other).outcome == "context-mismatch"


def test_a_user_enrols_with_a_ticket() -> None:
    offered, _, clock = service()
    domain = offered.create_domain("Example Bank")
    created = offered.create_user(domain, "ann")
    assert created.ticket and created.secret is None
    view = offered.view_enrolment(created.ticket)
    device = keyfob.parse_uri(view.uri).generator()
    assert isinstance(device, keyfob.TOTP)
    assert offered.confirm_enrolment(created.ticket, device.at(NOW))
    clock.now += 30
    assert offered.verify_totp(domain, "ann", device.at(clock.now))
    assert offered.view_user(domain, "ann").status == "active"
    offered.erase_user(domain, "ann")
    with pytest.raises(ServiceError) as gone:
        offered.view_user(domain, "ann")
    assert gone.value.code == "user-not-found"


@pytest.mark.parametrize(
    ("call", "code", "argument"),
    [
        (lambda it, domain: it.send(domain, PHONE, expiry=5), "invalid-expiry", "expiry"),
        (lambda it, domain: it.send(domain, PHONE, expiry=10**40), "invalid-expiry", "expiry"),
        (lambda it, domain: it.send(domain, "0123"), "phone-format", "to"),
        (lambda it, domain: it.send(domain, PHONE, channel="post"), "unknown-channel", "channel"),
        (lambda it, domain: it.send(domain, PHONE, channel="email"), "invalid-channel", "channel"),
        (lambda it, domain: it.send(domain, PHONE, message="no"), "template-code-missing", "message"),
        (lambda it, domain: it.send(domain, PHONE, length=3), "invalid-code-length", "length"),
        (lambda it, domain: it.send(domain, PHONE, charset="x"), "invalid-alphabet", "charset"),
        (lambda it, domain: it.send(domain, PHONE, fallback_after=-1), "invalid-fallback-after", "fallback_after"),
        (lambda it, domain: it.send(domain, PHONE, fallback_after=30), "fallback-without-channel", "fallback_after"),
        (lambda it, domain: it.send(domain, PHONE, client_address="x"), "invalid-client-address", "client_address"),
        (lambda it, domain: it.send(domain, PHONE, sim_swap=(-1, "flag", "flag")), "invalid-max-age", "sim_swap.max_age_hours"),
        (lambda it, domain: it.send("x", PHONE), "invalid-domain", "domain"),
        (lambda it, domain: it.view_domain(domain.replace("-", "")), "invalid-domain", "domain"),
        (lambda it, domain: it.verify("x", "123456"), "invalid-otp-id", "otp_id"),
        (lambda it, domain: it.wanted(domain, bytes(15)), "invalid-message-id", "message"),
        (lambda it, domain: it.delivery_report(domain, bytes(16), "sms", "lost"), "invalid-delivery-state", "state"),
        (lambda it, domain: it.send(domain, PHONE, sim_swap=(1, "ask", "flag")), "invalid-sim-swap-action", "sim_swap"),
        (lambda it, domain: it.create_user(domain, ""), "invalid-user-id", "user_id"),
        (lambda it, domain: it.create_user(domain, "a", digits=9), "invalid-digits", "digits"),
        (lambda it, domain: it.check_sim_swap(PHONE, max_age_hours=0), "invalid-max-age", "max_age_hours"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be_used_are_named(call: Any, code: str, argument: str) -> None:
    offered, outbox, _ = service()
    domain = offered.create_domain()
    with pytest.raises(ValueError) as refused:
        call(offered, domain)
    assert isinstance(refused.value, InvalidArgument)
    assert (refused.value.code, refused.value.argument) == (code, argument)
    assert not outbox.messages


def test_what_a_user_types_raises_nothing() -> None:
    offered, _, _ = service()
    domain = offered.create_domain()
    offered.create_user(domain, "ann", set_secret=SECRET, return_secret=True)
    sent = offered.send(domain, PHONE)
    for typed in ("", "x" * 10_000, "\ud800", "１２３４５６"):
        calls: list[Callable[[str], keyfob.Outcome]] = [
            lambda code: offered.verify_totp(domain, "ann", code),
            lambda code: offered.verify(sent.otp_id, code),
        ]
        for call in calls:
            assert (call(typed).outcome, call(typed).attempts_left) == ("malformed", None)
    assert offered.view_user(domain, "ann").failures == 0


@pytest.mark.parametrize(
    ("policy", "argument"),
    [
        ({"attempts": (0, 30, 3_600, 100)}, "attempts"),
        ({"attempts": (5, 30, 3_600, 10**40)}, "attempts"),
        ({"enrolment_lifetime": -1}, "enrolment_lifetime"),
        ({"sends": [(-1, 5)]}, "sends"),
        ({"sends_per_day": 2**64}, "sends_per_day"),
        ({"allowed": ["Britain"]}, "allowed"),
        ({"sim_swap_prefixes": ["44"]}, "sim_swap_prefixes"),
        ({"sim_swap_cache": -1}, "sim_swap_cache"),
        ({"window": 11}, "window"),
    ],
)
def test_policies_that_cannot_be_used_are_named(policy: dict[str, Any], argument: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        service(policy=keyfob.Policy(**policy))
    assert refused.value.argument == argument


def test_only_allowed_places_are_sent_to() -> None:
    offered, outbox, _ = service(policy=keyfob.Policy(allowed=["+44"], denied=["+447700900"]))
    domain = offered.create_domain()
    offered.send(domain, "+447400123456", client_address="192.0.2.1")
    for number in (PHONE, "+4915112345678"):
        with pytest.raises(ServiceError) as refused:
            offered.send(domain, number)
        assert refused.value.code == "destination-not-allowed"
    assert len(outbox.messages) == 1


def test_limits_say_whose_and_until_when() -> None:
    offered, _, _ = service()
    domain = offered.create_domain()
    offered.send(domain, PHONE)
    with pytest.raises(ServiceError) as limited:
        offered.send(domain, PHONE)
    assert (limited.value.code, limited.value.limit) == ("send-limit", "recipient")
    assert limited.value.retry_at == NOW + 30


def test_what_belongs_to_another_account_is_not_there() -> None:
    storage = MemoryStorage()
    offered, outbox, _ = service(storage)
    other, _, _ = service(storage, account=uuid.UUID(int=1))
    domain = offered.create_domain()
    sent = offered.send(domain, PHONE)
    with pytest.raises(ServiceError, match="domain"):
        other.send(domain, PHONE)
    with pytest.raises(ServiceError) as absent:
        other.verify(sent.otp_id, outbox.code)
    assert absent.value.code == "challenge-not-found"


def test_the_next_channel_is_taken_when_one_has_no_provider() -> None:
    offered, outbox, _ = service()
    outbox.channels = {"email"}
    domain = offered.create_domain()
    sent = offered.send(domain, PHONE, channel=["sms", "email"], other_to="ann@example.com")
    assert (sent.channel, outbox.messages[0].recipient) == ("email", "ann@example.com")
    outbox.channels = set()
    with pytest.raises(ServiceError) as nobody:
        offered.send(domain, "+447700900122")
    assert nobody.value.code == "channel-not-configured"


def test_receipts_are_noted_and_fallbacks_asked_for() -> None:
    offered, outbox, _ = service()
    domain = offered.create_domain()
    sent = offered.send(
        domain, PHONE, channel=["sms", "email"], other_to="ann@example.com", fallback_after=30
    )
    message = outbox.messages[0]
    assert message.fallback_after == 30 and message.fallbacks[0][:2] == ("email", "ann@example.com")
    way = offered.fall_back(sent.otp_id, message.id, "email")
    assert way and way == keyfob.Way("open")
    assert offered.delivery_report(sent.otp_id, message.id, "email", "delivered")
    view = offered.view_challenge(sent.otp_id)
    assert view.delivery == "delivered" and [step[1] for step in view.passages][-1] == "email"
    with pytest.raises(InvalidArgument, match="state"):
        offered.delivery_report(sent.otp_id, message.id, "email", "lost")


def test_a_message_that_waits_is_sent_only_while_it_is_wanted() -> None:
    offered, outbox, clock = service()
    sent = offered.send(offered.create_domain(), PHONE)
    first = outbox.messages[0]
    assert offered.wanted(sent.otp_id, first.id)
    clock.now += 31
    offered.resend(sent.otp_id)
    assert offered.wanted(sent.otp_id, first.id) == keyfob.Wanted("replaced")
    second = outbox.messages[1]
    assert offered.wanted(sent.otp_id, second.id)
    assert offered.verify(sent.otp_id, second.code)
    assert not offered.wanted(sent.otp_id, second.id)


def test_a_way_that_is_closed_says_why_and_one_that_ends_says_so() -> None:
    offered, outbox, clock = service()
    domain = offered.create_domain()
    mailed = offered.send(domain, "ann@example.com", channel="email")
    with pytest.raises(InvalidArgument, match="channel"):
        offered.fall_back(mailed.otp_id, outbox.messages[0].id, "sms")
    sent = offered.send(domain, PHONE, channel=["sms", "email"], other_to="ann@example.com")
    message = outbox.messages[-1]
    closed = offered.fall_back(sent.otp_id, message.id, "email")
    assert not closed and closed.way == "closed"
    assert isinstance(closed.reason, ServiceError) and closed.reason.limit == "recipient"
    assert closed.reason.retry_at == clock.now + 30
    offered.delivery_report(sent.otp_id, message.id, "sms", "delivered")
    clock.now += 31
    assert offered.fall_back(sent.otp_id, message.id, "email") == keyfob.Way("arrived")


def test_an_account_without_a_limit_sends_on() -> None:
    for limit, refused in ((1, True), (None, False)):
        offered, _, _ = service(policy=keyfob.Policy(sends_per_day=limit))
        domain = offered.create_domain()
        offered.send(domain, PHONE)
        try:
            offered.send(domain, "+447700900124")
        except ServiceError as error:
            assert refused and (error.code, error.limit) == ("send-limit", "account")
        else:
            assert not refused


def test_an_operator_is_asked_about_sims() -> None:
    class Operator:
        def sim_swap(self, phone: str, max_age_hours: int) -> keyfob.SimSwapAnswer:
            assert (phone, max_age_hours) == (PHONE, 240)
            return "swapped"

    offered, outbox, _ = service(operator=Operator())
    domain = offered.create_domain()
    with pytest.raises(ServiceError) as swapped:
        offered.send(domain, PHONE, sim_swap=(240, "refuse", "refuse"))
    assert swapped.value.code == "sim-swapped" and not outbox.messages
    assert offered.check_sim_swap(PHONE).source == "cache"
    without, _, _ = service()
    with pytest.raises(ServiceError) as nobody:
        without.check_sim_swap(PHONE)
    assert nobody.value.code == "sim-swap-not-configured"


def test_a_failure_of_the_application_is_the_cause_of_the_refusal() -> None:
    class Broken(MemoryStorage):
        def load(self, key: bytes, now: int) -> keyfob.Stored | None:
            raise ConnectionError("no route to the database")

    offered, _, _ = service(Broken())
    with pytest.raises(ServiceError) as unavailable:
        offered.view_domain(str(uuid.uuid4()))
    assert unavailable.value.code == "storage-unavailable"
    assert isinstance(unavailable.value.__cause__, ConnectionError)


def test_a_record_that_was_altered_does_not_open() -> None:
    storage = MemoryStorage()
    offered, _, _ = service(storage)
    domain = offered.create_domain()
    for key, record in storage.records.items():
        changed = keyfob.Stored(record.version, record.data[:-1] + bytes([record.data[-1] ^ 1]))
        storage.records[key] = Changed(changed)  # type: ignore[assignment]
    with pytest.raises(ServiceError) as corrupt:
        offered.view_domain(domain)
    assert corrupt.value.code == "record-corrupt"


class Changed:
    def __init__(self, stored: keyfob.Stored) -> None:
        self.version, self.data, self.expires_at = stored.version, stored.data, None


def test_a_sealing_key_is_rotated() -> None:
    storage = MemoryStorage()
    offered, _, _ = service(storage)
    domain = offered.create_domain("Example Bank")
    rotated = keyfob.Keys(KEYS.root, {**KEYS.sealing, 2: bytes([9] * 32)})
    newer, _, _ = service(storage, keys=rotated)
    assert newer.view_domain(domain).name == "Example Bank"
    other = newer.create_domain("Another")
    with pytest.raises(ServiceError) as unknown:
        offered.view_domain(other)
    assert unknown.value.code == "record-corrupt"
    with pytest.raises(InvalidArgument, match="root"):
        service(keys=keyfob.Keys(b"short", {1: b"short"}))


def test_answers_to_another_question_are_refused_and_nothing_is_accepted() -> None:
    offered, _, _ = service()
    flow = offered._engine.view_domain(offered.create_domain())
    with pytest.raises(ServiceError):
        flow.resume(NOW, None)  # before it asked
    flow = offered._engine.view_domain(offered.create_domain())
    flow.start(NOW)
    for answer in (True, 5, "sent", b"", object()):
        with pytest.raises((TypeError, ValueError)):
            flow.resume(NOW, answer)
    with pytest.raises(ServiceError) as absent:
        flow.resume(NOW, None)
    assert absent.value.code == "domain-not-found"
    with pytest.raises(ServiceError) as over:
        flow.resume(NOW, None)
    assert over.value.code == "flow-misuse"


def test_both_services_offer_the_same() -> None:
    def offers(kind: type) -> dict[str, inspect.Signature]:
        return {
            name: inspect.signature(member)
            for name, member in vars(kind).items()
            if inspect.isfunction(member) and not name.startswith("_")
        }

    assert offers(Service) == offers(AsyncService) and len(offers(Service)) == 20
    assert all(inspect.iscoroutinefunction(getattr(AsyncService, name)) for name in offers(Service))
    assert all(getattr(AsyncService, name).__doc__ for name in offers(Service))


def test_a_storage_that_waits_serves_code_that_must_not(tmp_path: pathlib.Path) -> None:
    async def scenario() -> None:
        outbox = Outbox()
        offered = AsyncService(
            keyfob.in_threads(SqliteStorage(tmp_path / "otp.db")),
            keyfob.delivery_in_threads(outbox),
            keys=KEYS,
            clock=Clock(),
        )
        domain = await offered.create_domain("Example Bank")
        sent = await offered.send(domain, "ann@example.com", channel="email")
        found = await asyncio.gather(
            *(offered.verify(sent.otp_id, outbox.code) for _ in range(20)), return_exceptions=True
        )
        assert sum(isinstance(it, keyfob.Outcome) and bool(it) for it in found) == 1

    asyncio.run(scenario())


def test_nobody_is_asked_about_numbers_abroad_unless_that_is_set() -> None:
    assert keyfob.Policy().sim_swap_prefixes == ("+44",)
