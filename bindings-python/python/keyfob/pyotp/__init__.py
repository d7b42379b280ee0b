"""pyotp's names and behaviour (2.12), over keyfob's engine.

    import keyfob.pyotp as pyotp

is the whole move. Codes, URIs, exceptions and their texts are pyotp's; positional arguments are
taken where 2.12 asks for keywords, as earlier versions took them. The engine makes the codes of
SHA-1, SHA-256 and SHA-512 with 6 to 8 digits; the standard library makes those of other digests
and lengths.

Applications whose users still have secrets of 80 bits (16 characters) say so once:

    pyotp.minimum_secret_bits = 80
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlparse

from . import contrib as contrib
from . import utils as utils
from .compat import random as random
from .exceptions import OTPVerificationError as OTPVerificationError
from .exceptions import PyOTPError as PyOTPError
from .hotp import HOTP as HOTP
from .otp import OTP as OTP
from .totp import TOTP as TOTP

minimum_secret_bits = 112
"""The shortest secret that is taken, in bits (NIST SP 800-63B-4 asks for 112)."""

_DIGESTS = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}
_ONCE = frozenset({"secret", "issuer", "algorithm", "encoder", "digits", "period", "counter"})


def random_base32(
    length: int = 32, chars: Sequence[str] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
) -> str:
    """A new secret of so many characters, at least 32."""
    if length < 32:
        raise ValueError("Secrets should be at least 160 bits")
    return "".join(random.choice(chars) for _ in range(length))


def random_hex(length: int = 40, chars: Sequence[str] = "ABCDEF0123456789") -> str:
    """A new secret of so many hexadecimal characters, at least 40."""
    if length < 40:
        raise ValueError("Secrets should be at least 160 bits")
    return random_base32(length=length, chars=chars)


def parse_uri(uri: str) -> OTP:
    """Reads an ``otpauth://`` URI."""
    parsed = urlparse(uri)
    if parsed.scheme != "otpauth":
        raise ValueError("Not an otpauth URI")
    given = _label(parsed.path[1:])
    values = _read_query(parsed.query, given)
    digits = given.get("digits")
    encoder, secret = values.get("encoder"), values.get("secret")
    if encoder != "steam" and digits is not None and digits not in (6, 7, 8):
        raise ValueError("Digits may only be 6, 7, or 8")
    if not secret:
        raise ValueError("No secret found in URI")
    if encoder == "steam":
        return contrib.Steam(secret, **given)
    if parsed.netloc == "totp":
        return TOTP(secret, **given)
    if parsed.netloc == "hotp":
        return HOTP(secret, **given)
    raise ValueError("Not a supported OTP type")


def _label(label: str) -> dict[str, Any]:
    """Only a literal colon separates issuer and account."""
    issuer, colon, account = label.partition(":")
    if not colon:
        return {"name": unquote(label)}
    return {"issuer": unquote(issuer), "name": unquote(account)}


def _read_query(query: str, given: dict[str, Any]) -> dict[str, str]:
    """Value by value in their order: the first that is wrong is the one complained of. An
    empty one counts as absent, but as given."""
    seen: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key in _ONCE and key in seen:
            raise ValueError(f"Duplicate {key} parameter")
        seen[key] = value
        if value:
            _read_value(key, value, given)
    return seen


def _read_value(key: str, value: str, given: dict[str, Any]) -> None:
    if key == "issuer":
        if given.get("issuer", value) != value:
            raise ValueError(
                "If issuer is specified in both label and parameters, it should be equal."
            )
        given["issuer"] = value
    elif key == "algorithm":
        if value not in _DIGESTS:
            raise ValueError("Invalid value for algorithm, must be SHA1, SHA256 or SHA512")
        given["digest"] = _DIGESTS[value]
    elif key == "digits":
        given["digits"] = int(value)
    elif key == "period":
        given["interval"] = int(value)
    elif key == "counter":
        given["initial_count"] = int(value)
