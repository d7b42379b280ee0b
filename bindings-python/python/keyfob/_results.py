"""What the service answers. ``repr`` shows no secret, ticket or URI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from ._errors import KeyfobError
from ._native import Secret
from ._policy import SimSwapPolicy, TotpParameters


class _Unpicklable:
    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} is not pickled, for it holds a secret; store what you need by name"
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a code. True if it was accepted."""

    outcome: str
    """``accepted``, ``mismatch``, ``malformed`` (no code at all, not counted), ``replayed``,
    ``expired``, ``cancelled``, ``exhausted``, ``context-mismatch``, ``blocked``, ``disabled`` or
    ``not-enrolled``."""
    attempts_left: int | None = None
    """Wrong codes left before a block, after a mismatch."""
    until: int | None = None
    """The second in which a block ends."""

    def __bool__(self) -> bool:
        return self.outcome == "accepted"


@dataclass(frozen=True)
class DomainView:
    """A set of users."""

    domain: str
    name: str | None
    """The issuer that authenticator apps show."""
    created_at: int
    sim_swap: SimSwapPolicy | None
    """When not to send because of the SIM, where a request does not say."""
    fallback_after: int | None
    """How many seconds to wait for a receipt before the next channel, likewise."""


@dataclass(frozen=True)
class Created(_Unpicklable):
    """A new user: enrolled, with ``secret`` and ``uri``; or to enrol, with a ``ticket``."""

    parameters: TotpParameters
    """Which codes the device is to make."""
    secret: Secret | None = None
    uri: str | None = field(default=None, repr=False)
    ticket: str | None = field(default=None, repr=False)
    expires_at: int | None = None


@dataclass(frozen=True)
class OpenEnrolment(_Unpicklable):
    """An enrolment that the user completes with the ticket."""

    ticket: str = field(repr=False)
    expires_at: int
    parameters: TotpParameters
    """Which codes the device is to make."""


@dataclass(frozen=True)
class EnrolmentView(_Unpicklable):
    """What the owner of a ticket sees, to add it to an authenticator app."""

    account: str
    domain: str
    user_id: str = field(repr=False)
    issuer: str
    account_name: str = field(repr=False)
    secret: Secret
    uri: str = field(repr=False)
    expires_at: int
    blocked_until: int | None
    parameters: TotpParameters


@dataclass(frozen=True)
class UserView:
    """How a user stands."""

    status: str
    """``pending``, ``active``, ``blocked`` or ``disabled``."""
    until: int | None
    """The second in which a block ends."""
    created_at: int
    enrolment_expires_at: int | None
    failures: int
    """Wrong codes in a row."""
    parameters: TotpParameters


@dataclass(frozen=True)
class Sent:
    """A code on its way. Nobody but the recipient has seen it."""

    otp_id: str
    channel: str
    language: str
    delivery: str
    """``queued``, ``sent``, ``delivered``, ``failed`` or ``expired``."""
    expires_at: int
    resend_at: int
    """The second from which another message may be sent."""
    attempts_left: int
    sim_swap: str | None
    """``swapped``, ``not-swapped`` or ``unknown``, if an operator was to be asked."""


@dataclass(frozen=True)
class ChallengeView:
    """How a sent code stands."""

    status: str
    """``pending``, ``verified``, ``cancelled``, ``expired`` or ``exhausted``."""
    channel: str
    calling_code: str | None
    """The calling code of the number that its messages go to, such as ``+44``, if to one."""
    delivery: str
    created_at: int
    expires_at: int
    attempts_left: int
    passages: list[tuple[int, str, str, int]]
    """Message, channel, state and second of each step on the way."""


@dataclass(frozen=True)
class Wanted:
    """Whether somebody waits for a message. True if so: only then may it be sent."""

    wanted: str
    """``yes``; ``replaced`` by a resend, which may yet be taken back if it cannot be sent, so ask
    again; or ``no``, for its challenge was used, cancelled or erased, or is over."""

    def __bool__(self) -> bool:
        return self.wanted == "yes"


@dataclass(frozen=True)
class Way:
    """Whether a message that did not get through may go another way. True if it may."""

    way: str
    """``open``; ``closed`` for this ``reason``, or ``taken`` before, and another may be open;
    ``arrived``, which ends it; or ``replaced`` by a resend that may yet be taken back."""
    reason: KeyfobError | None = None
    """The limit that closes it."""

    def __bool__(self) -> bool:
        return self.way == "open"


@dataclass(frozen=True)
class SimSwapCheck:
    """Whether the SIM of a number changed."""

    answer: str
    """``swapped``, ``not-swapped`` or ``unknown``."""
    source: str
    """``operator``, ``cache`` or ``not-asked``."""
    checked_at: int | None
