"""Time-based codes as pyotp has them."""

from __future__ import annotations

import calendar
import datetime
import hashlib
import time
from operator import index
from typing import Any

from . import utils
from .exceptions import OTPVerificationError
from .otp import OTP, refuse_short

_END = 253402300800  # the first second of the year 10000
_OUT_OF_RANGE = "for_time must be at or after the Unix epoch and before year 10000 UTC"


class TOTP(OTP):
    """Time-based codes. A code that was accepted is accepted again while it lasts; to refuse
    that, keep the last ``verify_and_get_timecode`` or use `keyfob.TOTP`."""

    def __init__(
        self,
        s: str,
        digits: int = 6,
        digest: Any = None,
        name: str | None = None,
        issuer: str | None = None,
        interval: int = 30,
    ) -> None:
        digest = digest or hashlib.sha1
        refuse_short(digest)
        check_interval(interval)
        self.interval = interval
        super().__init__(s, digits, digest, name, issuer)

    def at(self, for_time: int | float | datetime.datetime, counter_offset: int = 0) -> str:
        """The code at a time: Unix seconds or a ``datetime``, local if it has no time zone."""
        return self.generate_otp(self.timecode(for_time) + counter_offset)

    def now(self) -> str:
        """The code that is current now."""
        return self.generate_otp(self.timecode(time.time()))

    def verify(
        self,
        otp: str,
        for_time: int | float | datetime.datetime | None = None,
        valid_window: int = 0,
    ) -> bool:
        """Whether a code is right, now or at a time, give or take ``valid_window`` steps."""
        timecode = self.timecode(time.time() if for_time is None else for_time)
        window = index(valid_window or 0)
        return self._find(str(otp), timecode - window, 2 * window + 1) is not None

    def verify_and_get_timecode(
        self,
        otp: str,
        for_time: int | float | datetime.datetime | None = None,
        valid_window: int = 0,
    ) -> int:
        """As ``verify``, and says which step the code belongs to; raises if to none."""
        if valid_window < 0:
            raise ValueError("valid_window cannot be negative")
        timecode = self.timecode(time.time() if for_time is None else for_time)
        window = index(valid_window)
        found = self._find(str(otp), timecode - window, 2 * window + 1)
        if found is None:
            raise OTPVerificationError("OTP verification failed")
        return found

    def provisioning_uri(
        self, name: str | None = None, issuer_name: str | None = None, **kwargs: Any
    ) -> str:
        """The URI for an authenticator app."""
        return utils.build_uri(
            self.secret,
            name or self.name,
            issuer=issuer_name or self.issuer,
            algorithm=self.digest().name,
            digits=self.digits,
            period=self.interval,
            **kwargs,
        )

    def timecode(self, for_time: int | float | datetime.datetime) -> int:
        """The step that a time lies in."""
        seconds = _seconds(for_time) if isinstance(for_time, datetime.datetime) else for_time
        if not 0 <= seconds < _END:
            raise ValueError(_OUT_OF_RANGE)
        return int(int(seconds) / self.interval)


def check_interval(interval: float) -> None:
    """NIST SP 800-63B-4 asks for a new code every two minutes at least."""
    if not 0 < interval <= 120:
        raise ValueError("interval must be positive and at most 120 seconds")


def _seconds(moment: datetime.datetime) -> int | float:
    try:
        if moment.tzinfo:
            return calendar.timegm(moment.utctimetuple())
        return moment.replace(microsecond=0).timestamp()
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError(_OUT_OF_RANGE) from error
