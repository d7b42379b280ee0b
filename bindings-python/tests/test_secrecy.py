"""No secret and no code is shown unless it is asked for by name."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any, cast

import keyfob
import pytest
from keyfob import pyotp
from keyfob.smtp import SmtpDelivery
from support import KEYS, NOW, PHONE, ROOT, SECRET, service

RAW = b"12345678901234567890"  # what SECRET encodes


def holders() -> Iterator[Any]:
    """Everything that holds a secret, a code, or what they can be had from."""
    secret = keyfob.Secret.from_base32(SECRET)
    totp = keyfob.TOTP(secret)
    yield from (secret, totp, keyfob.HOTP(SECRET), keyfob.Steam(SECRET), KEYS)
    enrolment = keyfob.parse_uri(totp.provisioning_uri("ann"))
    yield enrolment
    yield keyfob.import_migration(keyfob.export_migration([enrolment])[0])
    yield keyfob.RecoverySet.generate(1)[1]
    offered, outbox, _ = service()
    domain = offered.create_domain()
    yield offered
    yield offered.create_user(domain, "ann", secret=SECRET, return_secret=True)
    pending = offered.create_user(domain, "bob", secret=SECRET)
    yield pending
    assert pending.ticket
    yield offered.view_enrolment(pending.ticket)
    yield offered._engine.verify_totp(domain, "ann", totp.at(NOW))
    offered.send(domain, {"phone": PHONE, "email": "ann@example.com"}, channel=["sms", "email"])
    yield outbox.messages[-1]
    yield outbox.messages[-1].fallbacks[0]


def spellings() -> list[str]:
    return [SECRET, SECRET.lower(), RAW.decode(), RAW.hex(), str(list(RAW))[1:-1], repr(RAW)]


def test_repr_str_and_format_show_none() -> None:
    for holder in holders():
        shown = f"{holder!r} {holder!s} {holder} {[holder]!r}"
        for spelling in spellings():
            assert spelling not in shown, type(holder)
    text = repr(list(holders())[-1])
    assert "redacted" in text and "ann@" not in text


def test_keys_leave_by_name_and_come_back() -> None:
    kept = KEYS.expose_json()
    assert json.loads(kept) == {"root": "01" * 32, "sealing": {"1": "02" * 32}}
    assert keyfob.Keys.from_json(kept) == KEYS
    doubled = kept.replace('"1": ', f'"1": "{"03" * 32}", "1": ')
    renamed = doubled.replace('"1"', '"01"', 1)
    assert doubled.count("1\":") == renamed.count("1\":") == 2
    for wrong in (doubled, renamed, "", "[]", "{}", kept[:-1], kept.replace("01", "zz"), '{"root": 5, "sealing": {}}'):
        with pytest.raises(keyfob.InvalidArgument, match="not what Keys.expose_json wrote") as refused:
            keyfob.Keys.from_json(wrong)
        assert refused.value.__cause__ is None and refused.value.__context__ is None
        ours = refused.value.__traceback__ and refused.value.__traceback__.tb_next  # all but the frame of this test
        told = "".join(traceback.TracebackException(type(refused.value), refused.value, ours, capture_locals=True).format())
        assert "from_json" in told and "wanted = " in told
        assert "01" * 16 not in told and "02" * 16 not in told and "sealing" not in told


def test_a_message_shows_neither_code_nor_recipient() -> None:
    offered, outbox, _ = service()
    offered.send(offered.create_domain(), PHONE)
    shown = repr(outbox.messages[-1])
    assert outbox.code not in shown and PHONE not in shown and "0121" not in shown


def test_pickle_and_json_refuse() -> None:
    for holder in holders():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(holder, protocol)
        with pytest.raises(TypeError):
            json.dumps(holder)


def test_what_holds_no_secret_can_be_pickled() -> None:
    state = keyfob.TotpState(5, drift=-1)
    assert pickle.loads(pickle.dumps(state)) == state
    outcome = keyfob.Outcome("blocked", until=NOW)
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    for error in (
        keyfob.InvalidArgument("digits: no", "invalid-digits", "digits"),
        keyfob.ServiceError("no", "send-limit", None, "recipient", 5),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), vars(again)) == (str(error), vars(error))


def test_errors_and_tracebacks_quote_nothing() -> None:
    misspelt = SECRET[:-1] + "1"
    for call in (
        lambda: keyfob.TOTP(misspelt),
        lambda: keyfob.Secret.from_base32(misspelt),
        lambda: keyfob.parse_uri(f"otpauth://totp/a?secret={misspelt}"),
        lambda: keyfob.import_migration(f"otpauth-migration://offline?data={SECRET}!"),
    ):
        with pytest.raises(ValueError) as refused:
            call()
        assert SECRET[:-1] not in "".join(traceback.format_exception_only(refused.value))
        assert SECRET[:-1] not in repr(vars(refused.value))


def test_no_error_of_a_service_quotes_a_key_a_ticket_or_what_was_to_be_sent() -> None:
    told = "hunter2-4711"
    offered, _, _ = service()
    domain = offered.create_domain()
    wrong: list[Any] = [told, told.encode(), [told], {told: told}, {"phone": told, "email": told}, {1: told}]
    for value in wrong:
        for call in (
            lambda: service(keys=value),
            lambda: service(keys=keyfob.Keys(value, KEYS.sealing)),
            lambda: service(keys=keyfob.Keys(KEYS.root, value)),
            lambda: service(keys=keyfob.Keys(KEYS.root, {1: value})),
            lambda: keyfob.Keys.from_json(value),
            lambda: offered.view_enrolment(value),
            lambda: offered.confirm_enrolment(value, "123456"),
            lambda: offered.verify(value, "123456"),
            lambda: offered.create_user(domain, "ann", secret=value),
            lambda: offered.create_user(value, "ann"),
            lambda: offered.send(domain, value, channel="email"),
            lambda: offered.send(domain, "ann@example.com", channel="email", client=value),
            lambda: offered.send(domain, "ann@example.com", channel="email", language=value),
            lambda: offered.send(domain, "ann@example.com", channel="email", message=f"{{{{code {value}"),
            lambda: offered.send(domain, "ann@example.com", channel="email", api_key=cast(Any, [value])),
            lambda: keyfob.RecoverySet.from_json(value),
        ):
            with pytest.raises((keyfob.InvalidArgument, keyfob.ServiceError)) as refused:
                call()
            shown = "".join(traceback.format_exception_only(refused.value)) + repr(vars(refused.value))
            assert told not in shown and refused.value.__cause__ is None


def test_nothing_is_logged() -> None:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        list(holders())
    finally:
        logging.getLogger().removeHandler(handler)
    assert log.getvalue() == ""


def test_a_secret_is_copied_without_leaving_and_compared() -> None:
    secret = keyfob.Secret.from_base32(SECRET)
    assert copy.deepcopy({"secret": secret})["secret"] is secret
    assert copy.copy(secret) == secret != keyfob.Secret.generate()
    assert secret != SECRET
    with pytest.raises(TypeError):
        hash(secret)


def test_a_drop_in_is_pickled_with_its_secret_as_pyotps_own_is_and_says_so() -> None:
    for drop_in in (pyotp.TOTP(SECRET), pyotp.HOTP(SECRET), pyotp.contrib.Steam(SECRET)):
        assert pickle.loads(pickle.dumps(drop_in)).secret == SECRET
    told = "an object of `keyfob.pyotp` is pickled with its secret, as pyotp's own is"
    for page in ("README.md", "docs/pyotp.rst"):
        text = (ROOT / "bindings-python" / page).read_text(encoding="utf-8")
        assert told in " ".join(text.replace("``", "`").split()), page


def test_passwords_and_drop_in_secrets_are_not_shown() -> None:
    delivery = SmtpDelivery("localhost", sender="a@example.com", username="u", password="hunter2")
    assert "hunter2" not in repr(delivery)
    assert SECRET not in repr(pyotp.TOTP(SECRET))
