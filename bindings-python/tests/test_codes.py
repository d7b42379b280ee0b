"""The pure part, as a Python developer meets it."""

from __future__ import annotations

import datetime
import hashlib
import inspect
import json
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import keyfob
import pytest
from keyfob import HOTP, TOTP, CodePolicy, RecoverySet, Secret, Steam, TotpState
from support import NOW, SECRET


def test_a_code_is_accepted_once() -> None:
    totp = TOTP(SECRET)
    first = totp.verify(totp.at(NOW), NOW)
    assert first and (first.outcome, first.step, first.drift) == ("accepted", NOW // 30, 0)
    second = totp.verify(totp.at(NOW), NOW, state=first.state)
    assert not second and second.outcome == "replayed"


def test_time_is_seconds_or_an_aware_datetime() -> None:
    totp = TOTP(SECRET)
    moment = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
    elsewhere = moment.astimezone(datetime.timezone(datetime.timedelta(hours=-7)))
    codes = {totp.at(NOW), totp.at(NOW + 0.9), totp.at(moment), totp.at(elsewhere)}
    assert len(codes) == 1
    with pytest.raises(keyfob.InvalidArgument) as refused:
        totp.at(moment.replace(tzinfo=None))
    assert (refused.value.code, refused.value.argument) == ("invalid-argument", "at")


@pytest.mark.parametrize("at", [-1, -0.5, float("nan"), float("inf"), 2**64, 10**30])
def test_times_that_are_none_are_refused(at: float) -> None:
    with pytest.raises(keyfob.InvalidArgument, match="at: use seconds since 1970") as refused:
        TOTP(SECRET).verify("123456", at)
    assert isinstance(refused.value, ValueError) and refused.value.code == "invalid-argument"


def test_without_a_time_it_is_now() -> None:
    totp = TOTP(SECRET)
    before = time.time()
    code = totp.now()
    assert code in {totp.at(before), totp.at(before + 1)}
    assert totp.verify(code)


@pytest.mark.parametrize(
    "code",
    ["", " ", "12345", "1234567", "12 345", "１２３４５６", "\ud800", "0" * 10_000, "\0" * 6, None,
     123456, b"123456", 1.5, [], object()],
)  # fmt: skip
def test_nothing_that_a_user_types_raises(code: object) -> None:
    for found in (TOTP(SECRET).verify(code, NOW), HOTP(SECRET).verify(code, 0), Steam(SECRET).verify(code, NOW)):
        assert not found and found.outcome in ("malformed", "mismatch")
    assert CodePolicy().normalise(code) is None
    _, recovery = RecoverySet.generate(1)
    assert recovery.redeem(code).outcome == "malformed"
    assert HOTP(SECRET).resynchronise(code, code, 0).outcome in ("malformed", "mismatch")


@pytest.mark.parametrize(
    ("arguments", "code", "argument"),
    [
        ({"digits": 5}, "invalid-digits", "digits"),
        ({"digits": 10**40}, "invalid-digits", "digits"),
        ({"digits": -1}, "invalid-digits", "digits"),
        ({"period": 0}, "invalid-period", "period"),
        ({"period": 121}, "invalid-period", "period"),
        ({"window": 11}, "invalid-window", "window"),
        ({"window": (1, -1)}, "invalid-window", "window"),
        ({"algorithm": "MD5"}, "invalid-algorithm", "algorithm"),
        ({"epoch": -1}, "invalid-argument", "epoch"),
        ({"secret": "A"}, "secret-length", "secret"),
        ({"secret": ""}, "secret-empty", "secret"),
        ({"secret": "GEZD1NBV"}, "secret-character", "secret"),
        ({"secret": "\ud800"}, "secret-character", "secret"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(
    arguments: dict[str, object], code: str, argument: str
) -> None:
    with pytest.raises(ValueError, match=f"^(the )?{argument}(:| )") as refused:
        TOTP(**{"secret": SECRET, **arguments})  # type: ignore[arg-type]
    assert isinstance(refused.value, keyfob.InvalidArgument)
    assert (refused.value.code, refused.value.argument) == (code, argument)


@pytest.mark.parametrize("number", [-(10**40), -1, 2**31, 2**64, 10**40])
def test_no_number_is_too_large_to_be_refused_by_name(number: int) -> None:
    calls: dict[str, Callable[[], object]] = {
        "bytes": lambda: Secret.generate(number),
        "drift": lambda: TotpState(drift=number - 1_000),
        "length": lambda: CodePolicy(number),
        "look_ahead": lambda: HOTP(SECRET).verify("123456", 0, look_ahead=number),
        "scale": lambda: keyfob.qr_png("x", scale=number),
        "digits": lambda: keyfob.provisioning_uri(SECRET, "ann", digits=number),
        "period": lambda: keyfob.provisioning_uri(SECRET, "ann", period=number),
    }
    for argument, call in calls.items():
        with pytest.raises(keyfob.InvalidArgument) as refused:
            call()
        assert refused.value.argument == argument


def test_counters_keep_their_64_bits() -> None:
    hotp = HOTP(SECRET)
    assert hotp.verify(hotp.at(2**64 - 2), 2**64 - 2).next_counter == 2**64 - 1
    for counter in (-1, 2**64):
        with pytest.raises(keyfob.InvalidArgument, match="counter"):
            hotp.verify("123456", counter)


def test_a_device_that_drifts_is_followed() -> None:
    totp = TOTP(SECRET, window=(1, 1), drift_limit=5)
    found = totp.verify(totp.at(NOW + 30), NOW)
    assert found.drift == 1 and found.state == TotpState(NOW // 30 + 1, drift=1)
    assert totp.verify(totp.at(NOW + 3600 + 60), NOW + 3600, state=found.state).drift == 2


def test_enrolment_goes_round() -> None:
    secret = Secret.generate()
    totp = TOTP(secret, algorithm="SHA256", digits=8, period=60)
    uri = totp.provisioning_uri("ann@example.com", issuer="Example & Co")
    read = keyfob.parse_uri(uri)
    assert (read.issuer, read.account, read.secret) == ("Example & Co", "ann@example.com", secret)
    generator = read.generator()
    assert isinstance(generator, TOTP) and generator.verify(totp.at(NOW), NOW)
    hotp = HOTP(secret)
    again = keyfob.parse_uri(hotp.provisioning_uri("ann", 7)).generator()
    assert isinstance(again, HOTP) and again.at(7) == hotp.at(7)
    steam = keyfob.parse_uri("otpauth://steam/ann?secret=" + SECRET).generator()
    assert isinstance(steam, Steam) and steam.at(NOW) == Steam(SECRET).at(NOW)
    built = keyfob.provisioning_uri(
        secret, "ann", issuer="Acme", digits=8, parameters={"image": "https://acme.example/a.png"}
    )
    assert keyfob.parse_uri(built).parameters == [("image", "https://acme.example/a.png")]


def test_an_export_is_read_back() -> None:
    accounts = [keyfob.parse_uri(TOTP(Secret.generate()).provisioning_uri(f"user{i}")) for i in range(25)]
    uris = keyfob.export_migration(accounts)
    read = [keyfob.import_migration(uri) for uri in uris]
    assert [entry for part in read for entry in part.entries] == accounts
    assert {part.batch_size for part in read} == {3} and len({part.batch_id for part in read}) == 1


def test_what_is_out_of_range_is_told_its_own_range_and_no_other() -> None:
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: TOTP(SECRET, window=11), "the window must be 0 to 10 steps to each side"),
        (lambda: TOTP(SECRET, drift_limit=128), "drift_limit: the drift limit must be 0 to 127 steps"),
        (lambda: HOTP(SECRET).verify("1", 0, look_ahead=101), "look_ahead: the look-ahead must be 0 to 100 counters"),
    ]
    for call, text in calls:
        with pytest.raises(keyfob.InvalidArgument) as refused:
            call()
        assert (refused.value.code, str(refused.value)) == ("invalid-window", text)


@pytest.mark.parametrize("number", [-1, 128, 200, 1000, 10**9, 2**64])
def test_a_number_that_does_not_fit_never_becomes_another(number: int) -> None:
    with pytest.raises(keyfob.InvalidArgument) as refused:
        TOTP(SECRET, drift_limit=number)
    assert (refused.value.code, refused.value.argument) == ("invalid-window", "drift_limit")
    with pytest.raises(keyfob.InvalidArgument) as refused:
        RecoverySet.generate(number)
    assert (refused.value.code, refused.value.argument) == ("invalid-recovery-count", "count")


def test_none_is_no_number_of_recovery_codes_and_no_width() -> None:
    with pytest.raises(keyfob.InvalidArgument, match="count: make 1 to 100 recovery codes"):
        RecoverySet.generate(0)
    for pixels in (0, -1, 65536, 2**32, 2**64):
        with pytest.raises(keyfob.InvalidArgument, match="pixels") as refused:
            keyfob.qr_svg("a", pixels=pixels)
        assert refused.value.code == "qr-pixels"


def test_an_enrolment_is_drawn_as_its_uri_is() -> None:
    enrolment = keyfob.parse_uri(f"otpauth://totp/ann?secret={SECRET}")
    draws: list[Callable[[str | keyfob.Enrolment], object]] = [keyfob.qr_svg, keyfob.qr_png, keyfob.qr_text]
    for draw in draws:
        assert draw(enrolment) == draw(enrolment.to_uri())
    wrong: Any = b"otpauth://totp/ann"
    with pytest.raises(keyfob.InvalidType, match="^text must be a str, such as a URI, or an Enrolment, not bytes$"):
        keyfob.qr_svg(wrong)


def test_qr_codes_are_drawn() -> None:
    uri = TOTP(SECRET).provisioning_uri("ann")
    svg = keyfob.qr_svg(uri, title="<Scan>", pixels=200)
    assert svg.startswith("<svg ") and "&lt;Scan&gt;" in svg and 'width="200"' in svg
    png = keyfob.qr_png(uri, scale=3)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", png[start - 8 : start - 4])
    rows = zlib.decompress(png[start : start + length])
    assert width == height and len(rows) == height * (1 + (width + 7) // 8)
    assert "█" in keyfob.qr_text(uri)
    with pytest.raises(keyfob.InvalidArgument, match="scale") as refused:
        keyfob.qr_png(uri, scale=1000)
    assert refused.value.code == "qr-scale"


def test_recovery_codes_are_spent_once_and_survive_storing() -> None:
    codes, recovery = RecoverySet.generate(3)
    assert recovery.redeem(codes[0].lower()).remaining == 2
    kept = RecoverySet.from_json(recovery.to_json())
    assert kept.redeem(codes[0]).outcome == "replayed"
    assert kept.redeem(codes[1]) and kept.remaining == 1
    with pytest.raises(keyfob.InvalidArgument):
        RecoverySet.from_json("{}")


def test_a_stored_set_is_the_same_text_in_every_language() -> None:
    digest = hashlib.sha256(bytes(16)).hexdigest()
    stored = f'{{"entries":[{{"hash":"{digest}","used":false}}]}}'
    recovery = RecoverySet.from_json(stored)
    assert recovery.to_json() == stored
    assert recovery.redeem("0" * 26)
    assert recovery.to_json() == stored.replace("false", "true")
    for other in (digest.upper(), digest[:-1], list(bytes(32))):
        with pytest.raises(keyfob.InvalidArgument):
            RecoverySet.from_json(json.dumps({"entries": [{"hash": other, "used": False}]}))


def test_random_codes_fit_their_policy() -> None:
    policy = CodePolicy(8, "unambiguous")
    codes = {policy.generate() for _ in range(100)}
    assert len(codes) == 100
    assert all(policy.normalise(code.lower()) == code for code in codes)
    with pytest.raises(keyfob.InvalidArgument) as refused:
        CodePolicy(3)
    assert refused.value.code == "invalid-code-length"
    assert len(keyfob.random_base32()) == 32 and keyfob.random_base32() != keyfob.random_base32()
    with pytest.raises(keyfob.InvalidArgument, match="bytes"):
        keyfob.random_base32(15)


def test_help_shows_the_arguments_with_their_defaults() -> None:
    assert str(inspect.signature(TOTP)) == (
        "(secret, *, algorithm='SHA1', digits=6, period=30, window=1, epoch=0, drift_limit=0)"
    )
    assert str(inspect.signature(HOTP.verify)) == "(self, /, code, counter, *, look_ahead=10)"
    assert "scale=8" in str(inspect.signature(keyfob.qr_png))
    public = [getattr(keyfob, name) for name in keyfob.__all__]
    undocumented = [it for it in public if inspect.isclass(it) and not it.__doc__]
    assert not undocumented
