"""`keyfob.pyotp` is pyotp: its published suite, and the two side by side."""

from __future__ import annotations

import base64
import binascii
import datetime
import functools
import hashlib
import importlib
import os
import pathlib
import pickle
import random
import subprocess
import sys
import tarfile
import types
from collections.abc import Callable
from typing import Any

import pytest
from keyfob import pyotp
from support import NOW, SECRET

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """pyotp's source distribution, held against its hash."""
    folder = tmp_path_factory.mktemp("pyotp")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    wanted = ["--no-deps", "--no-binary", ":all:", "--require-hashes", "-r", str(HERE / "pyotp-suite.txt")]
    subprocess.run([*pip, *wanted, "--dest", str(folder)], check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="session")
def original(published: pathlib.Path) -> types.ModuleType:
    sys.path.insert(0, str(published / "src"))
    module = importlib.import_module("pyotp")
    assert module.__file__ and str(published) in module.__file__
    return module


def test_the_published_suite_passes_unedited(
    published: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [sys.executable, str(HERE / "run_pyotp_suite.py"), str(published / "test.py")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Ran 61 tests" in run.stderr and "skipped" not in run.stderr, run.stderr
    with capsys.disabled():
        print("\npyotp 2.12.0, published suite 61/61")


def came_to(call: Callable[[], Any]) -> Any:
    """What a call gives or raises, in words that both share."""
    try:
        return call()
    except Exception as error:
        return (type(error).__name__, str(error))


TYPED: list[Any] = [
    "", "x", None, 123456, b"123456", "１２３４５６", "²²²²²²", "٣٣٣٣٣٣", "\ud800", " 123456",
    "1" * 1025, "１" * 1025, 1.5, True, "12345\0",
]  # fmt: skip
TIMES: list[Any] = [
    0, 29, 30, 59.9, NOW, -1, -0.1, 253402300799, 253402300800, float("nan"), float("inf"), "x",
    datetime.datetime(2026, 11, 22, 18, 0, 0, 999999), datetime.datetime.max, datetime.datetime.min,
    datetime.datetime(2026, 11, 22, 18, tzinfo=datetime.timezone.utc),
    datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
]  # fmt: skip
WINDOWS: list[Any] = [0, 1, 2, True, False, -1, 1.5, 60, None]


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512", "md5", "sha3_256", "blake2b"])
@pytest.mark.parametrize("digits", [5, 6, 7, 8, 9, 10, 11])
def test_constructors_codes_and_judgements_are_the_same(
    original: types.ModuleType, digest: str, digits: int
) -> None:
    secret, function = base64.b32encode(os.urandom(20)).decode(), getattr(hashlib, digest)

    def both(call: Callable[[Any], Any]) -> None:
        ours, theirs = came_to(lambda: call(pyotp)), came_to(lambda: call(original))
        assert ours == theirs

    for kind in ("TOTP", "HOTP"):
        made = {"digits": digits, "digest": function}
        both(functools.partial(code_five, kind, secret, made))
    if not 6 <= digits <= 10 or digest == "md5":
        return
    ours = pyotp.TOTP(secret, digits=digits, digest=function)
    theirs = original.TOTP(secret, digits=digits, digest=function)
    for _ in range(50):
        time, ahead = random.randrange(2**33), random.choice([-2, -1, 0, 1, 2])
        code = theirs.at(time + 30 * ahead)
        assert ours.at(time + 30 * ahead) == code
        assert ours.verify(code, for_time=time, valid_window=1) == theirs.verify(
            code, for_time=time, valid_window=1
        )
    assert ours.provisioning_uri("a b/c", "I & ü") == theirs_uri(theirs, "a b/c", "I & ü")


def code_five(kind: str, secret: str, made: dict[str, Any], module: Any) -> Any:
    return getattr(module, kind)(secret, **made).at(5)


def theirs_uri(theirs: Any, name: str, issuer: str) -> Any:
    return theirs.provisioning_uri(name=name, issuer_name=issuer)


@pytest.mark.parametrize("at", TIMES)
def test_whatever_is_typed_at_whatever_time_comes_to_the_same(original: types.ModuleType, at: Any) -> None:
    pairs = [
        (pyotp.TOTP(SECRET), original.TOTP(SECRET)),
        (pyotp.contrib.Steam(SECRET), original.contrib.Steam(SECRET)),
    ]
    for ours, theirs in pairs:
        right = came_to(lambda: theirs.at(at))
        for typed in [*TYPED, right]:
            for window in WINDOWS:
                given = {"for_time": at, "valid_window": window}
                for name in ("verify", "verify_and_get_timecode"):
                    mine = came_to(lambda: getattr(ours, name)(typed, **given))
                    other = came_to(lambda: getattr(theirs, name)(typed, **given))
                    if isinstance(other, tuple) and other[0] == "TypeError":
                        assert mine[0] == "TypeError", (typed, given)
                    else:
                        assert mine == other, (typed, given)


@pytest.mark.parametrize(
    "uri",
    [
        "otpauth://totp/Acme:ann?secret={s}&issuer=Acme",
        "otpauth://totp/Acme:ann?secret={s}&issuer=Other",
        "otpauth://totp/Acme%3Aann?secret={s}",
        "otpauth://totp/:ann?secret={s}&issuer=Acme",
        "otpauth://totp/?secret={s}",
        "otpauth://hotp/ann?secret={s}&counter=7",
        "otpauth://hotp/ann?secret={s}&period=7",
        "otpauth://totp/ann?secret={s}&counter=7",
        "otpauth://totp/ann?secret={s}&digits=9",
        "otpauth://totp/ann?secret={s}&digits=x",
        "otpauth://totp/ann?secret={s}&algorithm=sha1",
        "otpauth://totp/ann?secret={s}&algorithm=SHA512&digits=8&period=60&image=x&lock=1",
        "otpauth://totp/ann?secret={s}&encoder=steam&digits=7&period=60",
        "otpauth://totp/ann?secret={s}&secret={s}",
        "otpauth://totp/ann?secret={s}&issuer=&issuer=",
        "otpauth://totp/ann?algorithm=MD5&digits=6&digits=6",
        "otpauth://totp/ann?digits=9",
        "otpauth://totp/ann?issuer=a",
        "otpauth://totp/ann?secret=&digits=7",
        "otpauth://totp/ann?secret=JBSWY3DPEHPK3PXP",
        "otpauth://yaotp/ann?secret=JBSWY3DPEHPK3PXP",
        "otpauth://totp/ann?secret=a b",
        "http://totp/ann?secret={s}",
        "",
        "otpauth:",
    ],
)
def test_uris_are_read_and_refused_alike(original: types.ModuleType, uri: str) -> None:
    def described(module: Any) -> Any:
        read = module.parse_uri(uri.format(s=SECRET))
        fields = ("secret", "digits", "name", "issuer", "interval", "initial_count")
        found = {field: getattr(read, field, None) for field in fields}
        return type(read).__name__, found, read.digest().name, read.at(NOW), read.provisioning_uri()

    assert came_to(lambda: described(pyotp)) == came_to(lambda: described(original))


@pytest.mark.parametrize("secret", ["", "abc", "SOME_SECRET", "gezd gnbv gy3t qojq gezd gnbv", "GEZDGNBVGY3TQOJQ",
                                    SECRET.lower(), SECRET.encode(), SECRET + "=", 5])  # fmt: skip
def test_secrets_are_taken_and_refused_alike(original: types.ModuleType, secret: Any) -> None:
    def code(module: Any) -> Any:
        return module.TOTP(secret).at(NOW)

    ours, theirs = came_to(lambda: code(pyotp)), came_to(lambda: code(original))
    assert ours == theirs


def test_positional_arguments_are_taken_as_earlier_versions_took_them() -> None:
    totp = pyotp.TOTP(SECRET, 8, hashlib.sha256, "ann", "Acme", 60)
    assert (totp.digits, totp.name, totp.issuer, totp.interval) == (8, "ann", "Acme", 60)
    assert totp.verify(totp.at(NOW, 1), NOW, 1)
    assert totp.provisioning_uri("bob", "Other").startswith("otpauth://totp/Other:bob?")
    assert pyotp.HOTP(SECRET, 6, None, None, None, 7).at(0) == pyotp.HOTP(SECRET).at(7)


def test_secrets_of_80_bits_are_taken_once_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="at least 112 bits after decoding"):
        pyotp.TOTP("JBSWY3DPEHPK3PXP")
    monkeypatch.setattr(pyotp, "minimum_secret_bits", 80)
    assert pyotp.TOTP("JBSWY3DPEHPK3PXP").at(0) == "282760"
    with pytest.raises(ValueError, match="at least 80 bits"):
        pyotp.TOTP("JBSWY3DP")


def test_what_subclasses_and_tests_put_in_place_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Raw(pyotp.TOTP):
        def byte_secret(self) -> bytes:
            return b"12345678901234567890"

    assert Raw("anything").at(59) == pyotp.TOTP(SECRET).at(59)
    assert Raw("anything").verify(pyotp.TOTP(SECRET).at(59), 59)
    totp = pyotp.TOTP(SECRET)
    assert not totp.verify("abc", NOW)
    with monkeypatch.context() as patch:
        patch.setattr(totp, "generate_otp", lambda counter: "abc", raising=False)
        assert totp.verify("abc", NOW) and not totp.verify("other", NOW)
    assert not totp.verify("abc", NOW)
    with monkeypatch.context() as patch:
        patch.setattr(pyotp.OTP, "generate_otp", lambda self, counter: "abc")
        assert totp.verify("abc", NOW)
    monkeypatch.setattr("keyfob.pyotp.totp.time.time", lambda: float(NOW))
    assert totp.now() == totp.at(NOW) and totp.verify(totp.at(NOW))


def test_it_is_pickled_as_pyotp_is_and_still_works() -> None:
    totp = pyotp.TOTP(SECRET)
    assert totp.verify(totp.at(NOW), NOW)
    assert pickle.loads(pickle.dumps(totp)).verify(totp.at(NOW), NOW)


def test_errors_are_of_the_classes_that_people_catch() -> None:
    with pytest.raises(binascii.Error):
        pyotp.TOTP("gezd-gnbv")
    with pytest.raises(pyotp.PyOTPError):
        pyotp.TOTP(SECRET).verify_and_get_timecode("x")
    assert issubclass(pyotp.OTPVerificationError, pyotp.PyOTPError)
    assert len(pyotp.random_base32()) == 32 and len(pyotp.random_hex()) == 40
