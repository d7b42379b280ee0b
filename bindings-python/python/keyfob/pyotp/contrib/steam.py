"""Steam's codes as pyotp has them."""

from __future__ import annotations

import hashlib

from ..totp import TOTP, check_interval

STEAM_CHARS = "23456789BCDFGHJKMNPQRTVWXY"
STEAM_DEFAULT_DIGITS = 5


class Steam(TOTP):
    """Steam's codes: five letters and digits. ``digits`` and ``interval`` are taken
    and, as in pyotp, change nothing."""

    def __init__(
        self,
        s: str,
        name: str | None = None,
        issuer: str | None = None,
        interval: int = 30,
        digits: int = 5,
    ) -> None:
        check_interval(interval)
        super().__init__(s, 10, hashlib.sha1, name, issuer)

    def generate_otp(self, input: int) -> str:
        """The code of a step."""
        rest = int(super().generate_otp(input))
        symbols = ""
        for _ in range(STEAM_DEFAULT_DIGITS):
            rest, place = divmod(rest, len(STEAM_CHARS))
            symbols += STEAM_CHARS[place]
        return symbols
