"""The service as an application uses it: over its own storage, delivery and operator."""

from __future__ import annotations

import asyncio
import inspect
import pathlib
import uuid
from collections.abc import Callable
from typing import Any
from unittest import mock

import keyfob
import pytest
from keyfob import (
    AsyncService,
    InvalidArgument,
    Service,
    ServiceError,
    SimSwapPolicy,
    TotpParameters,
)
from keyfob._engine import carry_out
from keyfob.memory import MemoryStorage
from keyfob.sqlite import SqliteStorage
from support import KEYS, NOW, PHONE, SECRET, Clock, Outbox, service, wrong

ASK: Any = "ask"  # no action that there is
BOTH: keyfob.PhoneAndEmail = {"phone": PHONE, "email": "ann@example.com"}


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
        (lambda it, domain: it.send(domain, PHONE, alphabet="x"), "invalid-alphabet", "alphabet"),
        (lambda it, domain: it.send(domain, PHONE, fallback_after=-1), "invalid-fallback-after", "fallback_after"),
        (lambda it, domain: it.send(domain, PHONE, fallback_after=30), "fallback-without-channel", "fallback_after"),
        (lambda it, domain: it.send(domain, PHONE, client="x"), "invalid-client-address", "client"),
        (lambda it, domain: it.send(domain, PHONE, sim_swap=SimSwapPolicy(-1)), "invalid-max-age", "sim_swap.max_age_hours"),
        (lambda it, domain: it.send(domain, {"phone": PHONE}), "invalid-argument", "to"),
        (lambda it, domain: it.send(domain, {**BOTH, "fax": "1"}), "invalid-argument", "to"),
        (lambda it, domain: it.send(domain, {**BOTH, "phone": "1"}), "phone-format", "to.phone"),
        (lambda it, domain: it.send(domain, PHONE, destination=keyfob.Destination("x")), "invalid-place", "destination.region"),
        (lambda it, domain: it.change_domain(domain, fallback_after=5), "invalid-fallback-after", "fallback_after"),
        (lambda it, domain: it.send("x", PHONE), "invalid-domain", "domain"),
        (lambda it, domain: it.view_domain(domain.replace("-", "")), "invalid-domain", "domain"),
        (lambda it, domain: it.verify("x", "123456"), "invalid-otp-id", "otp_id"),
        (lambda it, domain: it.wanted(domain, "00" * 15), "invalid-message-id", "message_id"),
        (lambda it, domain: it.delivery_report(domain, "00" * 16, "sms", "lost"), "invalid-delivery-state", "state"),
        (lambda it, domain: it.send(domain, PHONE, sim_swap=SimSwapPolicy(1, ASK)), "invalid-sim-swap-action", "sim_swap.on_swapped"),
        (lambda it, domain: it.create_user(domain, ""), "invalid-user-id", "user_id"),
        (lambda it, domain: it.create_user(domain, "a", parameters=TotpParameters(digits=9)), "invalid-digits", "parameters.digits"),
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
    offered.create_user(domain, "ann", secret=SECRET, return_secret=True)
    sent = offered.send(domain, PHONE)
    typed: list[object] = ["", "x" * 10_000, "\ud800", "１２３４５６", None, 123456, b"123456", ["123456"]]
    for it in typed:
        calls: list[Callable[[object], keyfob.Outcome]] = [
            lambda code: offered.verify_totp(domain, "ann", code),
            lambda code: offered.verify(sent.otp_id, code),
        ]
        for call in calls:
            assert (call(it).outcome, call(it).attempts_left) == ("malformed", None)
    assert offered.view_user(domain, "ann").failures == 0


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
    other, _, _ = service(storage, account=str(uuid.UUID(int=1)))
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
    sent = offered.send(domain, BOTH, channel=["sms", "email"])
    assert (sent.channel, outbox.messages[0].recipient) == ("email", "ann@example.com")
    outbox.channels = set()
    with pytest.raises(ServiceError) as nobody:
        offered.send(domain, "+447700900122")
    assert nobody.value.code == "channel-not-configured"


def test_receipts_are_noted_and_fallbacks_asked_for() -> None:
    offered, outbox, _ = service()
    domain = offered.create_domain()
    sent = offered.send(
        domain, BOTH, channel=["sms", "email"], fallback_after=30
    )
    message = outbox.messages[0]
    assert message.fallback_after == 30 and [(it.channel, it.recipient) for it in message.fallbacks] == [
        ("email", "ann@example.com")
    ]
    way = offered.fall_back(sent.otp_id, message.message_id, "email")
    assert way and way == keyfob.Way("open")
    assert offered.delivery_report(sent.otp_id, message.message_id, "email", "delivered")
    view = offered.view_challenge(sent.otp_id)
    assert view.delivery == "delivered"
    assert view.passages[-1] == keyfob.Passage(0, "email", "delivered", NOW) and view.passages[0].channel == "sms"
    with pytest.raises(InvalidArgument, match="state"):
        offered.delivery_report(sent.otp_id, message.message_id, "email", "lost")


def test_a_message_that_waits_is_sent_only_while_it_is_wanted() -> None:
    offered, outbox, clock = service()
    sent = offered.send(offered.create_domain(), PHONE)
    first = outbox.messages[0]
    assert len(first.message_id) == 32 and int(first.message_id, 16)  # as it stands in the provider's report
    assert offered.wanted(sent.otp_id, first.message_id)
    clock.now += 31
    offered.resend(sent.otp_id)
    assert offered.wanted(sent.otp_id, first.message_id) == keyfob.Wanted("replaced")
    second = outbox.messages[1]
    assert offered.wanted(sent.otp_id, second.message_id)
    assert offered.verify(sent.otp_id, second.code)
    assert not offered.wanted(sent.otp_id, second.message_id)


def test_a_way_that_is_closed_says_why_and_one_that_ends_says_so() -> None:
    offered, outbox, clock = service()
    domain = offered.create_domain()
    mailed = offered.send(domain, "ann@example.com", channel="email")
    with pytest.raises(InvalidArgument, match="channel"):
        offered.fall_back(mailed.otp_id, outbox.messages[0].message_id, "sms")
    sent = offered.send(domain, BOTH, channel=["sms", "email"])
    message = outbox.messages[-1]
    closed = offered.fall_back(sent.otp_id, message.message_id, "email")
    assert not closed and closed.way == "closed"
    assert isinstance(closed.reason, ServiceError) and closed.reason.limit == "recipient"
    assert closed.reason.retry_at == clock.now + 30
    offered.delivery_report(sent.otp_id, message.message_id, "sms", "delivered")
    clock.now += 31
    assert offered.fall_back(sent.otp_id, message.message_id, "email") == keyfob.Way("arrived")


def test_an_operator_is_asked_about_sims() -> None:
    class Operator:
        def sim_swap(self, phone: str, max_age_hours: int) -> keyfob.SimSwapAnswer:
            assert (phone, max_age_hours) == (PHONE, 240)
            return "swapped"

    offered, outbox, _ = service(operator=Operator())
    domain = offered.create_domain()
    with pytest.raises(ServiceError) as swapped:
        offered.send(domain, PHONE, sim_swap=SimSwapPolicy())
    assert swapped.value.code == "sim-swapped" and not outbox.messages
    assert offered.check_sim_swap(PHONE).source == "cache"
    without, _, _ = service()
    with pytest.raises(ServiceError) as nobody:
        without.check_sim_swap(PHONE)
    assert nobody.value.code == "sim-swap-not-configured"


def test_the_limits_of_a_person_are_those_of_whom_the_first_channel_reaches() -> None:
    offered, _, clock = service()
    domain = offered.create_domain()
    offered.send(domain, BOTH, channel=["email", "sms"])
    with pytest.raises(ServiceError) as mailed:
        offered.send(domain, BOTH["email"], channel="email")
    assert mailed.value.limit == "recipient"
    offered.send(domain, BOTH["phone"])


def test_a_domain_is_changed_in_what_is_named() -> None:
    offered, _, _ = service()
    domain = offered.create_domain("Example Bank", fallback_after=30)
    policy = SimSwapPolicy(72, on_unknown="flag")
    changed = offered.change_domain(domain, sim_swap=policy)
    assert (changed.name, changed.sim_swap, changed.fallback_after) == ("Example Bank", policy, 30)
    changed = offered.change_domain(domain, name=None, fallback_after=None)
    assert (changed.name, changed.sim_swap, changed.fallback_after) == (None, policy, None)
    assert offered.change_domain(domain, sim_swap=None).sim_swap is None


def test_a_user_enrols_anew_with_another_kind_of_device() -> None:
    offered, _, clock = service()
    domain = offered.create_domain("Example Bank")
    created = offered.create_user(domain, "ann", parameters=TotpParameters(digits=8), return_secret=True)
    assert created.parameters == TotpParameters(digits=8)
    assert offered.open_enrolment(domain, "ann").parameters == TotpParameters(digits=8)
    wanted = TotpParameters("SHA256", 7, 60)
    opened = offered.open_enrolment(domain, "ann", parameters=wanted)
    view = offered.view_enrolment(opened.ticket)
    assert opened.parameters == view.parameters == wanted
    assert view.account == str(uuid.UUID(int=0))
    device = keyfob.parse_uri(view.uri).generator()
    assert isinstance(device, keyfob.TOTP) and (device.digits, device.period) == (7, 60)
    assert offered.confirm_enrolment(opened.ticket, device.at(NOW))
    assert offered.view_user(domain, "ann").parameters == wanted


def test_a_message_says_for_whom_and_a_challenge_where_to() -> None:
    account = str(uuid.UUID(int=5))
    offered, outbox, _ = service(account=account)
    domain = offered.create_domain()
    sent = offered.send(domain, PHONE)
    assert outbox.messages[0].account == account
    assert offered.view_challenge(sent.otp_id).calling_code == "+44"
    mailed = offered.send(domain, "ann@example.com", channel="email")
    assert offered.view_challenge(mailed.otp_id).calling_code is None
    with pytest.raises(ServiceError, match="domain"):
        offered.for_account(str(uuid.UUID(int=6))).view_domain(domain)
    assert offered.for_account(account).view_domain(domain).domain == domain


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
    newest = keyfob.Keys(KEYS.root, {**rotated.sealing, 0: bytes([10] * 32)})  # the last, if not the highest
    newest_service, _, _ = service(storage, keys=newest)
    last = newest_service.create_domain("Last")
    assert newest_service.view_domain(other).name == "Another"
    with pytest.raises(ServiceError) as unknown:
        newer.view_domain(last)
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
        with pytest.raises(TypeError):
            flow.resume(NOW, answer)
    with pytest.raises(ServiceError) as absent:
        flow.resume(NOW, None)
    assert absent.value.code == "domain-not-found"
    with pytest.raises(ServiceError) as over:
        flow.resume(NOW, None)
    assert over.value.code == "flow-misuse"


def test_an_answer_that_comes_back_to_its_flow_is_not_waited_for() -> None:
    """To read an answer can run code of Python's: a lock that were held meanwhile would never open."""
    offered, _, _ = service()
    flow = offered._engine.send(
        offered.create_domain(), PHONE, "sms", None, None, 6, "digits", None, None, None, None, None, None, None, None, None
    )
    step = flow.start(NOW)
    storage = offered._storage
    came_to: list[object] = []

    class Sum:
        def __index__(self) -> int:
            tried: list[Callable[[], object]] = [
                lambda: flow.resume(NOW, 1), lambda: flow.fail(NOW, "storage-unavailable"),
            ]  # fmt: skip
            for again in tried:
                with pytest.raises(ServiceError) as misused:
                    again()
                came_to.append(misused.value.code)
            return 1

    while not isinstance(step, keyfob.Done):
        if isinstance(step, keyfob.Add):
            step = flow.resume(NOW, Sum())
        elif isinstance(step, keyfob.Deliver):
            step = flow.resume(NOW, "sent")
        else:
            step = flow.resume(NOW, carry_out(step, storage, None, None))
    assert step.value["delivery"] == "sent"
    assert came_to and set(came_to) == {"flow-misuse"}


def test_both_services_offer_the_same_and_say_the_same_of_it() -> None:
    def offers(kind: type) -> dict[str, tuple[list[tuple[str, Any, Any]], str | None]]:
        return {
            name: (shape(member), member.__doc__)
            for name, member in vars(kind).items()
            if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_"))
        }

    def shape(member: Any) -> list[tuple[str, Any, Any]]:
        signature = inspect.signature(member)
        found = [(it.name, it.default, synchronous(it.annotation)) for it in signature.parameters.values()]
        return [*found, ("return", None, synchronous(signature.return_annotation))]

    def synchronous(annotation: Any) -> str:
        return str(annotation).replace("Async", "")

    ours, theirs = offers(Service), offers(AsyncService)
    assert list(ours) == list(theirs) and len(ours) == 23
    for name, offered in ours.items():
        assert offered == theirs[name], name
        assert offered[1] or name == "__init__"
    double = mock.create_autospec(AsyncService)  # which asks of each whether it is async
    waiting = {name for name in theirs if isinstance(getattr(double, name, None), mock.AsyncMock)}
    assert set(theirs) - waiting == {"__init__", "for_account"}


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
