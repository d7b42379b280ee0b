"""What the service answers. ``repr`` shows no secret, ticket or URI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple, NoReturn

from ._errors import KeyfobError
from ._native import Secret
from ._policy import Channel, DeliveryState, SimSwapPolicy, TotpParameters


class _Unpicklable:
    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} is not pickled, for it holds a secret; store what you need by name"
        )


@dataclass(frozen=True)
class Outcome:
    """What became of a code. True if it was accepted."""

    outcome: Literal[
        "accepted", "mismatch", "malformed", "replayed", "expired", "cancelled", "exhausted",
        "context-mismatch", "blocked", "disabled", "not-enrolled",
    ]
    """What it was. ``malformed`` is no code at all, and not counted."""
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

    status: Literal["pending", "active", "blocked", "disabled"]
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
    channel: Channel
    """The first of those asked for that took the message."""
    language: str
    """The tag that was asked for, or what it fell back to: ``en`` for one that there are no texts in."""
    delivery: DeliveryState
    expires_at: int
    resend_at: int
    """The second from which another message may be sent."""
    attempts_left: int
    sim_swap: Literal["swapped", "not-swapped", "unknown"] | None
    """What the operator said, if one was to be asked."""


class Passage(NamedTuple):
    """A step of a message on its way."""

    message: int
    """Which of the challenge's messages, from 0."""
    channel: Channel
    state: DeliveryState
    at: int
    """The second it was noted in."""


@dataclass(frozen=True)
class ChallengeView:
    """How a sent code stands."""

    status: Literal["pending", "verified", "cancelled", "expired", "exhausted"]
    channel: Channel
    calling_code: str | None
    """The calling code of the number that its messages go to, such as ``+44``, if to one."""
    delivery: DeliveryState
    created_at: int
    expires_at: int
    attempts_left: int
    passages: list[Passage]
    """What became of each message on each way, oldest first."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "passages", [Passage(*passage) for passage in self.passages])


@dataclass(frozen=True)
class Wanted:
    """Whether somebody waits for a message. True if so: only then may it be sent."""

    wanted: Literal["yes", "replaced", "no"]
    """``yes``; ``replaced`` by a resend, which may yet be taken back if it cannot be sent, so ask
    again; or ``no``, for its challenge was used, cancelled or erased, or is over."""

    def __bool__(self) -> bool:
        return self.wanted == "yes"


@dataclass(frozen=True)
class Way:
    """Whether a message that did not get through may go another way. True if it may."""

    way: Literal["open", "closed", "taken", "arrived", "replaced"]
    """``open``; ``closed`` for this ``reason``, or ``taken`` before, and another may be open;
    ``arrived``, which ends it; or ``replaced`` by a resend that may yet be taken back."""
    reason: KeyfobError | None = None
    """The limit that closes it."""

    def __bool__(self) -> bool:
        return self.way == "open"


@dataclass(frozen=True)
class SimSwapCheck:
    """Whether the SIM of a number changed."""

    answer: Literal["swapped", "not-swapped", "unknown"]
    source: Literal["operator", "cache", "not-asked"]
    checked_at: int | None
