"""Values that a service is told, and tells, in the engine's words. Their defaults are its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal, TypeAlias, TypedDict

Channel: TypeAlias = Literal["sms", "voice", "email"]
DeliveryState: TypeAlias = Literal["queued", "sent", "delivered", "failed", "expired"]
SimSwapAction: TypeAlias = Literal["refuse", "flag", "next-channel"]


class _Brief:
    """Shows what differs from the engine's own: a whole policy is two screens long."""

    def __repr__(self) -> str:
        chosen = [it for it in fields(self) if getattr(self, it.name) != _usual(it)]  # type: ignore[arg-type]
        shown = ", ".join(f"{it.name}={getattr(self, it.name)!r}" for it in chosen)
        return f"{type(self).__name__}({shown})"


def _usual(it: Field[Any]) -> object:
    return it.default if it.default_factory is MISSING else it.default_factory()


@dataclass(frozen=True, repr=False)
class AttemptPolicy(_Brief):
    """How many wrong codes a credential bears, and how long it rests after them."""

    per_block: int = 5
    """Wrong codes in a row before a block: 1 to 100."""
    first_block: int = 30
    """The length of the first block in seconds; each next one is twice as long."""
    longest_block: int = 3_600
    """The longest a block gets, in seconds."""
    disable_after: int = 100
    """Wrong codes in a row that disable: 1 to 100 (NIST SP 800-63B, section 3.2.2)."""


@dataclass(frozen=True, repr=False)
class SendPolicy(_Brief):
    """How often messages are sent."""

    per_recipient: Sequence[tuple[int, int]] = ((30, 1), (600, 5), (86_400, 10))
    """To one recipient: within so many seconds, of which there is at least 1, so many messages; with 0
    messages none is ever sent."""
    per_account_and_day: int | None = 10_000
    """Messages of the account in a day (UTC). ``None`` is no limit."""


@dataclass(frozen=True, repr=False)
class Prices(_Brief):
    """What a message to a number costs, in any unit that all prices share."""

    default: int = 0
    """To a number of no place below."""
    places: Mapping[str, int] = field(default_factory=dict)
    """To a number of a place, such as ``GB`` or ``+4477``; the closest place counts."""


@dataclass(frozen=True, repr=False)
class UnverifiedPolicy(_Brief):
    """How many of the codes that were sent may stay unverified: a few, and a share of those that
    are verified."""

    per_country_and_day: int = 20
    """For each country and day, however few are verified."""
    per_country_and_hour: int = 10
    """For each country and hour, however few are verified."""
    per_client_and_day: int = 10
    """For each client address and day, however few are verified."""
    share: int = 50
    """In percent of the verified ones: 0 to 100."""
    countries_per_client_and_day: int = 3
    """Countries that one client address may send to in a day and verify nothing in."""


@dataclass(frozen=True, repr=False)
class BreakerPolicy(_Brief):
    """When a range of numbers is stopped for an hour."""

    sends: int = 20
    """From so many messages within a clock hour on."""
    verified: int = 20
    """With fewer than so many percent verified: 0 to 100."""


@dataclass(frozen=True, repr=False)
class TrafficPolicy(_Brief):
    """Where messages may go, and how many of them.

    All limits are those of the account, a day is one of UTC, and ``None`` is no limit. A place is a
    country like ``GB``, or how numbers begin, like ``+44``. Which country a number belongs to, and
    whether it costs more than others, is what `Destination` says; without one, limits per country
    hold by the calling code.
    """

    per_domain_and_day: int | None = None
    """Messages of one domain in a day."""
    per_api_key_and_day: int | None = None
    """Messages asked for with one API key in a day."""
    per_client_and_day: int | None = 1_000
    """Messages asked for from one client address in a day."""
    per_country_and_day: int | None = None
    """Messages to the numbers of one country in a day."""
    per_prefix_and_day: int | None = 1_000
    """Messages to one range of ten thousand numbers in a day."""
    cost_per_day: int | None = None
    """What messages to numbers may cost in a day, in the unit of ``prices``."""
    prices: Prices = Prices()
    """What a message to a number costs."""
    allowed: Sequence[str] = ()
    """If there are any, numbers of these places only."""
    denied: Sequence[str] = ()
    """No numbers of these places, even where they are allowed."""
    premium: Sequence[str] = ()
    """Places whose numbers may be sent to though they cost more than others."""
    unverified: UnverifiedPolicy | None = UnverifiedPolicy()
    """How many codes may stay unverified. ``None`` is any number."""
    breaker: BreakerPolicy | None = BreakerPolicy()
    """When a range of numbers is stopped. ``None`` is never."""


@dataclass(frozen=True, repr=False)
class SimSwapCoverage(_Brief):
    """Which numbers the operator is asked about, and how long what it said holds."""

    prefixes: Sequence[str] = ("+44",)
    """How the numbers begin that it is asked about; ``+`` is all of them."""
    cache: int = 600
    """For how many seconds an answer is used again; 0 for never."""


@dataclass(frozen=True, repr=False)
class RetentionPolicy(_Brief):
    """How long messages and their challenges are remembered. Then the number or address is gone
    from the store."""

    hours: int = 24
    """1 to 24, for every account without hours of its own."""
    accounts: Mapping[str, int] = field(default_factory=dict)
    """Hours of single accounts."""


@dataclass(frozen=True, repr=False)
class ServicePolicy(_Brief):
    """What can be chosen about a service.

    ::

        ServicePolicy(issuer="Example Bank", traffic=TrafficPolicy(allowed=["GB", "+353"]))
    """

    attempts: AttemptPolicy = AttemptPolicy()
    """Wrong codes: how many, and what follows."""
    sends: SendPolicy = SendPolicy()
    """How often messages are sent."""
    traffic: TrafficPolicy = TrafficPolicy()
    """Where messages may go, and how many of their codes may stay unverified."""
    window: int | tuple[int, int] = 1
    """Which steps around now a device's code may come from."""
    default_lifetime: int = 300
    """The life of a sent code in seconds, 30 to 600, where a request gives none."""
    enrolment_lifetime: int = 86_400
    """How long an enrolment stays open, in seconds: 60 to 2592000, thirty days."""
    sim_swap: SimSwapCoverage = SimSwapCoverage()
    """Which numbers the operator is asked about."""
    retention: RetentionPolicy = RetentionPolicy()
    """How long messages and their challenges are remembered."""
    issuer: str = "keyfob"
    """What authenticator apps show for domains without a name."""


@dataclass(frozen=True, repr=False)
class TotpParameters(_Brief):
    """Which codes a device makes."""

    algorithm: str = "SHA1"
    """The hash: ``SHA1``, which every app has, ``SHA256`` or ``SHA512``."""
    digits: int = 6
    """How many digits a code has: 6, 7 or 8."""
    period: int = 30
    """How many seconds a code lasts: 1 to 120."""


@dataclass(frozen=True, repr=False)
class SimSwapPolicy(_Brief):
    """When not to send because of the SIM."""

    max_age_hours: int = 240
    """How far back a change matters, in hours: 1 to 2400."""
    on_swapped: SimSwapAction = "refuse"
    """What to do if the SIM changed."""
    on_unknown: SimSwapAction = "refuse"
    """What to do if that is not known."""


class PhoneAndEmail(TypedDict):
    """One person by two ways."""

    phone: str
    """In E.164 form."""
    email: str
    """An address."""


@dataclass(frozen=True, repr=False)
class Destination(_Brief):
    """What is known of a number besides its digits, as a library of numbering plans tells."""

    region: str | None = None
    """The country or territory it belongs to: two letters of ISO 3166-1."""
    premium: bool = False
    """Whether its range costs more than others: premium rate, shared cost and the like."""
