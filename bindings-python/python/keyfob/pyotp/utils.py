"""URIs and comparisons as pyotp has them."""

from __future__ import annotations

import unicodedata
from hmac import compare_digest
from urllib.parse import quote, urlencode, urlparse

__all__ = ["build_uri", "compare_digest", "strings_equal"]

LONGEST = 1024


def build_uri(
    secret: str,
    name: str,
    initial_count: int | None = None,
    issuer: str | None = None,
    algorithm: str | None = None,
    digits: int | None = None,
    period: int | None = None,
    **kwargs: str,
) -> str:
    """An ``otpauth://`` URI with what differs from the defaults. With a counter it is HOTP's."""
    label = quote(name) if issuer is None else f"{quote(issuer)}:{quote(name)}"
    fields: dict[str, object] = {"secret": secret}
    if issuer is not None:
        fields["issuer"] = issuer
    if initial_count is not None:
        fields["counter"] = initial_count
    if algorithm not in (None, "sha1"):
        fields["algorithm"] = str(algorithm).upper()
    if digits not in (None, 6):
        fields["digits"] = digits
    if period not in (None, 30):
        fields["period"] = period
    for key, value in kwargs.items():
        if not isinstance(value, str):
            raise TypeError("All otpauth uri parameters must be strings")
        if key == "image":
            _check_image(value)
        fields[key] = value
    kind = "totp" if initial_count is None else "hotp"
    return f"otpauth://{kind}/{label}?" + urlencode(fields).replace("+", "%20")


def strings_equal(s1: str, s2: str) -> bool:
    """Compares in constant time for a length, after NFKC. Over 1024 characters nothing is equal."""
    if len(s1) > LONGEST or len(s2) > LONGEST:
        return False
    first, second = unicodedata.normalize("NFKC", s1), unicodedata.normalize("NFKC", s2)
    return compare_digest(first.encode("utf-8"), second.encode("utf-8"))


def _check_image(value: str) -> None:
    image = urlparse(value)
    if image.scheme != "https" or not image.netloc or not image.path:
        raise ValueError(f"{image} is not a valid url")
