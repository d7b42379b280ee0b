"""Counter-based codes as pyotp has them."""

from __future__ import annotations

import hashlib
from typing import Any

from . import utils
from .otp import OTP, refuse_short


class HOTP(OTP):
    """Counter-based codes. ``initial_count`` is added to every counter."""

    def __init__(
        self,
        s: str,
        digits: int = 6,
        digest: Any = None,
        name: str | None = None,
        issuer: str | None = None,
        initial_count: int = 0,
    ) -> None:
        digest = digest or hashlib.sha1
        refuse_short(digest)
        self.initial_count = initial_count
        super().__init__(s, digits, digest, name, issuer)

    def at(self, count: int) -> str:
        """The code of a counter."""
        return self.generate_otp(self.initial_count + count)

    def verify(self, otp: str, counter: int) -> bool:
        """Whether a code is that of a counter. There is no look-ahead."""
        return utils.strings_equal(str(otp), str(self.at(counter)))

    def provisioning_uri(
        self,
        name: str | None = None,
        initial_count: int | None = None,
        issuer_name: str | None = None,
        **kwargs: Any,
    ) -> str:
        """The URI for an authenticator app."""
        return utils.build_uri(
            self.secret,
            name or self.name,
            initial_count=self.initial_count if initial_count is None else initial_count,
            issuer=issuer_name or self.issuer,
            algorithm=self.digest().name,
            digits=self.digits,
            **kwargs,
        )
