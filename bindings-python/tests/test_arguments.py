"""An argument that cannot be used is named, and nothing of it is shown."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import keyfob
import pytest
from keyfob import InvalidArgument, InvalidType, TotpParameters, messages
from keyfob.memory import MemoryStorage
from support import KEYS, NOW, PHONE, SECRET, Outbox, service

NIL = "00000000-0000-0000-0000-000000000000"
URI = f"otpauth://totp/ann?secret={SECRET}"
ENROLMENT = keyfob.parse_uri(URI)
MIGRATION = keyfob.export_migration([ENROLMENT])[0]
HALF = "\udc80"  # what `surrogateescape` leaves of a byte that is no UTF-8

# What a user typed: never an error.
TYPED = {"code", "typed", "first", "second"}
CALLS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (keyfob.Secret, {"base32": SECRET}),
    (keyfob.Secret.generate, {"bytes": 20}),
    (keyfob.Secret.from_base32, {"text": SECRET}),
    (keyfob.Secret.from_bytes, {"data": bytes(20)}),
    (keyfob.random_base32, {"bytes": 20}),
    (keyfob.TOTP, {"secret": SECRET, "algorithm": "SHA1", "digits": 6, "period": 30, "window": 1, "epoch": 0,
                   "drift_limit": 0}),
    (keyfob.TOTP(SECRET).at, {"at": NOW}),
    (keyfob.TOTP(SECRET).step, {"at": NOW}),
    (keyfob.TOTP(SECRET).remaining, {"at": NOW}),
    (keyfob.TOTP(SECRET).verify, {"code": "123456", "at": NOW, "state": None}),
    (keyfob.TOTP(SECRET).provisioning_uri, {"account": "ann", "issuer": "Bank"}),
    (keyfob.TotpState, {"last_step": 5, "drift": 0}),
    (keyfob.HOTP, {"secret": SECRET, "algorithm": "SHA1", "digits": 6}),
    (keyfob.HOTP(SECRET).at, {"counter": 1}),
    (keyfob.HOTP(SECRET).verify, {"code": "123456", "counter": 1, "look_ahead": 1}),
    (keyfob.HOTP(SECRET).resynchronise, {"first": "1", "second": "2", "counter": 1, "look_ahead": 1}),
    (keyfob.HOTP(SECRET).provisioning_uri, {"account": "ann", "counter": 1, "issuer": "Bank"}),
    (keyfob.Steam, {"secret": SECRET, "window": 1}),
    (keyfob.Steam(SECRET).at, {"at": NOW}),
    (keyfob.Steam(SECRET).remaining, {"at": NOW}),
    (keyfob.Steam(SECRET).verify, {"code": "123456", "at": NOW, "state": None}),
    (keyfob.CodePolicy, {"length": 6, "alphabet": "digits"}),
    (keyfob.RecoverySet.generate, {"count": 1}),
    (keyfob.RecoverySet.from_json, {"text": keyfob.RecoverySet.generate(1)[1].to_json()}),
    (keyfob.parse_uri, {"uri": URI, "strict": True}),
    (keyfob.provisioning_uri, {"secret": SECRET, "account": "ann", "issuer": "Bank", "algorithm": "SHA1", "digits": 6,
                               "period": 30, "counter": 0, "parameters": {"image": "https://bank.example/a.png"}}),
    (keyfob.qr_svg, {"text": URI, "error_correction": "low", "title": "Scan", "pixels": 100}),
    (keyfob.qr_png, {"text": URI, "error_correction": "low", "scale": 1}),
    (keyfob.qr_text, {"text": URI, "error_correction": "low"}),
    (keyfob.import_migration, {"uri": MIGRATION}),
    (keyfob.export_migration, {"enrolments": [ENROLMENT], "batch_id": 1}),
    (keyfob.Stored, {"version": bytes(8), "data": b""}),
    (messages.Recipient, {"channel": "sms", "text": PHONE}),
    (messages.segments, {"text": "a"}),
    (messages.check_template, {"template": "{{code}}"}),
    (messages.compose, {"template": "{{code}}", "code": "1", "minutes": 5, "context": {"amount": "1", "payee": "Bob"},
                        "origin": "bank.example", "app_hash": None}),
    (messages.speak, {"template": "{{code}}", "code": "1", "minutes": 5, "context": {"amount": "1", "payee": "Bob"}}),
    (messages.ssml, {"spoken": "a"}),
    (messages.context_bytes, {"context": {"amount": "1", "payee": "Bob"}}),
]  # fmt: skip
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("for_account", {"account": NIL}),
    ("create_domain", {"name": "Bank", "sim_swap": None, "fallback_after": 30}),
    ("change_domain", {"domain": NIL, "name": "Bank", "sim_swap": None, "fallback_after": 30}),
    ("view_domain", {"domain": NIL}),
    ("create_user", {"domain": NIL, "user_id": "ann", "secret": SECRET, "accept_short_secret": False,
                     "parameters": TotpParameters(), "account_name": "Ann", "return_secret": False}),
    ("open_enrolment", {"domain": NIL, "user_id": "ann", "secret": SECRET, "accept_short_secret": False,
                        "parameters": TotpParameters(), "account_name": "Ann", "revoke": False}),
    ("view_enrolment", {"ticket": "a" * 32}),
    ("confirm_enrolment", {"ticket": "a" * 32, "code": "123456"}),
    ("verify_totp", {"domain": NIL, "user_id": "ann", "code": "123456"}),
    ("view_user", {"domain": NIL, "user_id": "ann"}),
    ("delete_user", {"domain": NIL, "user_id": "ann"}),
    ("erase_user", {"domain": NIL, "user_id": "ann"}),
    ("erase_recipient", {"domain": NIL, "to": PHONE}),
    ("send", {"domain": NIL, "to": {"phone": PHONE, "email": "ann@example.com"}, "channel": ["sms", "email"],
              "message": "{{code}}", "language": "en", "length": 6, "alphabet": "digits", "expiry": 60,
              "fallback_after": 30, "context": {"amount": "1", "payee": "Bob"}, "origin": "bank.example",
              "app_hash": None, "sim_swap": keyfob.SimSwapPolicy(), "client": "192.0.2.1", "api_key": "a",
              "destination": keyfob.Destination("GB")}),
    ("resend", {"otp_id": NIL, "channel": "sms"}),
    ("verify", {"otp_id": NIL, "code": "123456", "context": {"amount": "1", "payee": "Bob"}}),
    ("cancel", {"otp_id": NIL}),
    ("view_challenge", {"otp_id": NIL}),
    ("delivery_report", {"otp_id": NIL, "message_id": "0" * 32, "channel": "sms", "state": "sent"}),
    ("wanted", {"otp_id": NIL, "message_id": "0" * 32}),
    ("fall_back", {"otp_id": NIL, "message_id": "0" * 32, "channel": "sms"}),
    ("check_sim_swap", {"phone": PHONE, "max_age_hours": 1}),
]  # fmt: skip


def calls() -> Iterator[tuple[Callable[..., Any], dict[str, Any]]]:
    yield from CALLS
    offered, _, _ = service()
    for name, arguments in REQUESTS:
        yield getattr(offered, name), arguments


def test_every_argument_of_everything_public_is_tried_below() -> None:
    for call, arguments in calls():
        assert list(inspect.signature(call).parameters) == list(arguments), call
    methods = {name for name, it in vars(keyfob.Service).items() if inspect.isfunction(it) and name[0] != "_"}
    assert methods == {name for name, _ in REQUESTS}
    functions = {getattr(module, name) for module in (keyfob, messages) for name in module.__all__}
    tried = [call for call, _ in CALLS]
    ours = {it for it in functions if inspect.isbuiltin(it)}
    assert [it for it in ours if it not in tried] == []


@pytest.mark.parametrize("wrong", [object(), b"\x00", 1.5, ["x"], NotImplemented])
def test_an_argument_of_a_wrong_type_is_named(wrong: object) -> None:
    for call, arguments in calls():
        for name, usual in arguments.items():
            if name in TYPED and call not in (messages.compose, messages.speak):
                continue
            if takes(name, usual, wrong):
                continue
            with pytest.raises(InvalidType, match=f"^{name} must be .*, not ") as refused:
                call(**{**arguments, name: wrong})
            assert isinstance(refused.value, (TypeError, ValueError, InvalidArgument))
            assert (refused.value.code, refused.value.argument) == ("invalid-argument", name)


def takes(name: str, usual: object, wrong: object) -> bool:
    """Whether that is no wrong type there."""
    return (
        (name == "at" and isinstance(wrong, float))
        or (isinstance(wrong, bytes) and isinstance(usual, bytes))
        or (isinstance(wrong, list) and name in ("channel", "enrolments") and isinstance(usual, list))
    )


def test_none_is_no_text_and_no_number() -> None:
    for call in (
        lambda none: keyfob.TOTP(none),
        lambda none: keyfob.TOTP(SECRET, digits=none),
        lambda none: keyfob.TotpState(5, none),
        lambda none: keyfob.parse_uri(none),
        lambda none: keyfob.qr_svg(URI, title=none),
        lambda none: keyfob.RecoverySet.generate(none),
    ):
        with pytest.raises(InvalidType, match=" must be .*, not NoneType$"):
            call(None)


def test_texts_that_are_none_in_utf_8_are_named_and_not_shown() -> None:
    for call, arguments in calls():
        for name, usual in arguments.items():
            for value in halved(usual):
                if name in TYPED and call not in (messages.compose, messages.speak):
                    continue
                with pytest.raises(InvalidArgument) as refused:
                    call(**{**arguments, name: value})
                assert refused.value.argument.split(".")[0] == name
                shown = ascii("".join(traceback.format_exception_only(refused.value)))
                shown += ascii((repr(refused.value), refused.value.args, vars(refused.value)))
                assert "udc80" not in shown and SECRET not in shown, call
                assert "Unicode" not in shown


def halved(usual: object) -> Iterator[object]:
    match usual:
        case str():
            yield usual + HALF
        case dict():
            for name, value in usual.items():
                yield {**usual, name: value + HALF}
            yield {**usual, HALF: "x"}
        case list() if isinstance(usual[0], str):
            yield [*usual, HALF]


def test_what_can_be_no_part_of_a_policy_or_of_the_keys_is_named() -> None:
    wrong: Any = {}
    text: Any = "1" * 32
    for policy, argument in (
        (wrong, "policy"),
        (keyfob.ServicePolicy(attempts=wrong), "attempts"),
        (keyfob.ServicePolicy(issuer=wrong), "issuer"),
        (keyfob.ServicePolicy(window=wrong), "window"),
        (keyfob.ServicePolicy(traffic=keyfob.TrafficPolicy(breaker=wrong)), "traffic.breaker"),
        (keyfob.ServicePolicy(traffic=keyfob.TrafficPolicy(allowed="GB")), "traffic.allowed"),
        (keyfob.ServicePolicy(sends=keyfob.SendPolicy([5])), "sends.per_recipient"),  # type: ignore[list-item]
        (keyfob.ServicePolicy(retention=keyfob.RetentionPolicy(accounts=[1])), "retention.accounts"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidType, match=f"^{argument} must be ") as refused:
            service(policy=policy)
        assert refused.value.argument == argument
    for keys, argument in (
        (keyfob.Keys(text, KEYS.sealing), "keys.root"),
        (keyfob.Keys(KEYS.root, text), "keys.sealing"),
        (keyfob.Keys(KEYS.root, {1: text}), "keys.sealing"),
        (keyfob.Keys(KEYS.root, {"1": KEYS.root}), "keys.sealing"),  # type: ignore[dict-item]
    ):
        with pytest.raises(InvalidType, match=f"^{argument} must be ") as refused:
            service(keys=keys)
        assert text not in str(refused.value)


def test_what_is_wrong_inside_an_argument_is_named_by_its_path() -> None:
    offered, _, _ = service()
    wrong: Any = {"amount": 5, "payee": "Bob"}
    image: Any = {"image": 5}
    phone: Any = {"phone": 5, "email": "ann@example.com"}
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: offered.send(NIL, PHONE, context=wrong), "context.amount"),
        (lambda: offered.verify(NIL, "123456", context=wrong), "context.amount"),
        (lambda: messages.context_bytes(wrong), "context.amount"),
        (lambda: keyfob.provisioning_uri(SECRET, "ann", parameters=image), "parameters.image"),
        (lambda: offered.send(NIL, phone), "to.phone"),
    ]
    for call, path in calls:
        with pytest.raises(InvalidType, match=f"^{path} must be a str, not int$") as refused:
            call()
        assert refused.value.argument == path
    for name in (PHONE, "ann@example.com", "5up3r", "a" * 33):  # what is no name is not repeated
        unnamed: Any = {name: 5}
        with pytest.raises(InvalidType, match="^context must be a str, not int$"):
            messages.context_bytes(unnamed)


def test_what_no_thread_can_run_is_named() -> None:
    wrong: Any = keyfob.in_threads(MemoryStorage())  # waits already
    wraps: list[tuple[Callable[[Any], object], str]] = [
        (keyfob.in_threads, "storage"),
        (keyfob.delivery_in_threads, "delivery"),
        (keyfob.operator_in_threads, "operator"),
    ]
    for wrap, argument in wraps:
        for given in (None, "otp.db", wrong):
            with pytest.raises(InvalidType, match=f"^{argument} must be ") as refused:
                wrap(given)
            assert refused.value.argument == argument


def test_half_a_character_in_a_policy_is_named_and_not_shown() -> None:
    policy = keyfob.ServicePolicy(issuer=f"Bank{HALF}")
    with pytest.raises(InvalidArgument, match="^issuer must be text without lone surrogates") as refused:
        service(policy=policy)
    assert "udc80" not in ascii(repr(refused.value))


@pytest.mark.parametrize("time", [float("nan"), float("inf"), None, "noon", True, -1, 2**64])
def test_a_clock_that_tells_no_time_is_named(time: Any) -> None:
    offered = keyfob.Service(MemoryStorage(), Outbox(), keys=KEYS, clock=lambda: time)
    with pytest.raises(InvalidType, match="^clock must be a function that returns Unix seconds") as refused:
        offered.create_domain()
    assert refused.value.argument == "clock"
    with pytest.raises(InvalidType, match="^clock must be a function that returns Unix seconds"):
        keyfob.Service(MemoryStorage(), keys=KEYS, clock=time)


def test_what_is_at_fault_has_the_name_that_it_was_given_by() -> None:
    offered, _, _ = service()
    with pytest.raises(InvalidArgument, match="^the secret has 40 bits") as refused:
        offered.create_user(offered.create_domain(), "ann", secret="GEZDGNBV")
    assert refused.value.argument == "secret"
    for write in (messages.compose, messages.speak):
        with pytest.raises(InvalidArgument, match="^code: give a code of ASCII letters and digits") as refused:
            write("{{code}}", "12 34", 5)
        assert (refused.value.code, refused.value.argument) == ("message-code", "code")
    with pytest.raises(InvalidType, match="^keys.sealing must be a dict whose keys are whole numbers, not str$"):
        service(keys=keyfob.Keys(KEYS.root, {"1": KEYS.root}))  # type: ignore[dict-item]


def test_a_name_is_told_once() -> None:
    for call, text in (
        (lambda: keyfob.TOTP(""), "the secret is empty; give its base32 text or its bytes"),
        (lambda: keyfob.TOTP(SECRET, digits=5), "digits must be 6, 7 or 8"),
        (lambda: keyfob.TOTP(SECRET, algorithm="MD5"), "the algorithm must be SHA1, SHA256 or SHA512"),
        (lambda: keyfob.HOTP(SECRET, digits=-1), "digits must be 6, 7 or 8"),
        (lambda: keyfob.RecoverySet.generate(0), "count: make 1 to 100 recovery codes"),
    ):
        with pytest.raises(InvalidArgument) as refused:
            call()
        assert str(refused.value) == text
