"""What time-based and counter-based codes have in common."""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
import unicodedata
from typing import Any

from .._native import CompatibleKey
from . import utils

_TOO_SHORT = "selected digest function must generate digest size greater than or equals to 18 bytes"
_ENGINE_NAMES = {hashlib.sha1: "SHA1", hashlib.sha256: "SHA256", hashlib.sha512: "SHA512"}
_ENGINE_DIGITS = (6, 7, 8)
_MAKERS = frozenset({"byte_secret", "generate_otp"})  # what tests put in an object's place
_MADE_FROM = _MAKERS | {"secret", "digits", "digest"}


class OTP:
    """The codes of one secret by counter. The secret is checked at construction and, if it is
    changed, before it is used again."""

    _kept: CompatibleKey | None = None

    def __init__(
        self,
        s: str,
        digits: int = 6,
        digest: Any = hashlib.sha1,
        name: str | None = None,
        issuer: str | None = None,
    ) -> None:
        self.digits = digits
        if not 6 <= digits <= 10:
            raise ValueError("digits must be between 6 and 10")
        self.digest = digest
        refuse_short(digest)
        self.secret = s
        self.name: str = name or "Secret"
        self.issuer = issuer
        self.byte_secret()

    def generate_otp(self, input: int) -> str:
        """The code of a counter."""
        if input < 0:
            raise ValueError("input must be positive integer")
        key = self._kept or self._engine_key()
        if key is not None and input < 2**64 and type(self).byte_secret is _BYTE_SECRET:
            return key.generate(input)
        return self._generate_by_hand(input)

    def byte_secret(self) -> bytes:
        """The decoded secret, of at least ``keyfob.pyotp.minimum_secret_bits``."""
        secret = self.secret
        missing = len(secret) % 8
        if missing:
            secret += "=" * (8 - missing)
        decoded = base64.b32decode(secret, casefold=True)
        minimum = sys.modules[__package__].minimum_secret_bits
        if len(decoded) * 8 < minimum:
            raise ValueError(f"Secrets must be at least {minimum} bits after decoding")
        return decoded

    @staticmethod
    def int_to_bytestring(i: int, padding: int = 8) -> bytes:
        """A counter as HOTP hashes it."""
        return i.to_bytes(max(padding, (i.bit_length() + 7) // 8), "big")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.digits} digits, secret not shown>"

    def _find(self, otp: str, first: int, count: int) -> int | None:
        """The first of so many counters that a code belongs to."""
        key = self._kept or self._engine_key()
        kind = type(self)
        is_own = kind.generate_otp is _GENERATE_OTP and kind.byte_secret is _BYTE_SECRET
        if key is None or not is_own or first < 0 or count < 1:
            return self._find_by_hand(otp, first, count)
        if otp.isascii():
            return key.find(otp, first, count)
        if len(otp) > utils.LONGEST:
            return None
        typed = unicodedata.normalize("NFKC", otp)
        typed.encode("utf-8")  # a lone surrogate raises here, as it does in pyotp
        return key.find(typed, first, count)

    def _find_by_hand(self, otp: str, first: int, count: int) -> int | None:
        for counter in range(first, first + count):
            if utils.strings_equal(otp, str(self.generate_otp(counter))):
                return counter
        return None

    def _engine_key(self) -> CompatibleKey | None:
        """The engine's key of this secret; ``None`` where the engine has no such codes, and
        where something else makes them. Kept until what it was made from changes."""
        made_from = (self.secret, self.digits, self.digest)
        secret = self.byte_secret()
        name = _ENGINE_NAMES.get(self.digest)
        fits = self.digits in _ENGINE_DIGITS and len(secret) <= 256
        if name is None or not fits or not _MAKERS.isdisjoint(vars(self)):
            return None
        key = self._kept = CompatibleKey(secret, name, self.digits)
        if made_from != (self.secret, self.digits, self.digest):  # by another thread, meanwhile
            self._kept = None
        return key

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name in _MADE_FROM:
            object.__setattr__(self, "_kept", None)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        if name in _MADE_FROM:
            object.__setattr__(self, "_kept", None)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "_kept"}

    def _generate_by_hand(self, input: int) -> str:
        """For what the engine has not: 9 and 10 digits, and digests of OpenSSL's choice."""
        hasher = hmac.new(self.byte_secret(), self.int_to_bytestring(input), self.digest)
        if hasher.digest_size < 18:
            raise ValueError(
                "digest size is lower than 18 bytes, which will trigger error on otp generation"
            )
        digest = hasher.digest()
        offset = digest[-1] & 0xF
        code = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
        return str(code % 10**self.digits).zfill(self.digits)


_GENERATE_OTP, _BYTE_SECRET = OTP.generate_otp, OTP.byte_secret


def refuse_short(digest: Any) -> None:
    """Digests that RFC 4226 cannot truncate."""
    if digest in (hashlib.md5, hashlib.shake_128):
        raise ValueError(_TOO_SHORT)
