"""Keys and policy: what `Service` and `AsyncService` are made of alike."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ._native import AskSimSwap, Deliver, Done, Engine, Flow


@dataclass(frozen=True)
class Keys:
    """The keys of a service, 32 random bytes each. ``repr`` shows none.

    ``root`` names users and recipients in the store and stays for its life. ``sealing`` holds
    the keys that seal records, by number: the highest seals, the others still open.
    """

    root: bytes = field(repr=False)
    sealing: Mapping[int, bytes] = field(repr=False)

    @classmethod
    def generate(cls) -> Keys:
        """New keys. Keep them where the application keeps its secrets: without them nothing
        in the store can be read."""
        return cls(secrets.token_bytes(32), {1: secrets.token_bytes(32)})

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled; keep `root` and `sealing` in a place for secrets")


@dataclass(frozen=True)
class Policy:
    """What can be chosen about a service. The defaults are those of the engine."""

    issuer: str = "keyfob"
    """What authenticator apps show for domains without a name."""
    window: int | tuple[int, int] = 1
    """Which steps around now a device's code may come from."""
    code_lifetime: int = 300
    """The life of a sent code in seconds where a request gives none."""
    enrolment_lifetime: int = 86_400
    """How long an enrolment stays open, in seconds."""
    attempts: tuple[int, int, int, int] = (5, 30, 3_600, 100)
    """Wrong codes in a row before a block, the seconds of the first and of the longest block,
    and the wrong codes in a row that disable."""
    sends: Sequence[tuple[int, int]] = ((30, 1), (600, 5), (86_400, 10))
    """To one recipient: within so many seconds, so many messages."""
    sends_per_day: int | None = 10_000
    """Messages of the account in a day (UTC). ``None`` is no limit."""
    allowed: Sequence[str] = ()
    """If there are any, only these places are sent to: countries like ``GB``, or the beginnings
    of numbers like ``+44``."""
    denied: Sequence[str] = ()
    """These are not, even where they are allowed."""
    sim_swap_prefixes: Sequence[str] = ("+44",)
    """How the numbers begin that the operator is asked about."""
    sim_swap_cache: int = 600
    """For how many seconds its answer is used again."""


def engine(keys: Keys, policy: Policy, account: uuid.UUID, replay_floor: int) -> Engine:
    """The engine that makes the flows."""
    return Engine(
        keys.root,
        dict(keys.sealing),
        account=str(account),
        issuer=policy.issuer,
        window=policy.window,
        code_lifetime=policy.code_lifetime,
        enrolment_lifetime=policy.enrolment_lifetime,
        attempts=policy.attempts,
        sends=list(policy.sends),
        sends_per_day=policy.sends_per_day,
        allowed=list(policy.allowed),
        denied=list(policy.denied),
        sim_swap_prefixes=list(policy.sim_swap_prefixes),
        sim_swap_cache=policy.sim_swap_cache,
        replay_floor=replay_floor,
    )


def channels(channel: str | Sequence[str]) -> list[str]:
    """One channel or several, in the order of preference."""
    return [channel] if isinstance(channel, str) else list(channel)


def failure_code(effect: object, error: Exception) -> str:
    """What an exception of the application means to the flow."""
    from ._errors import ChannelNotConfigured

    if isinstance(error, ChannelNotConfigured):
        return "channel-not-configured"
    if isinstance(effect, (Deliver, AskSimSwap)):
        return "provider-unavailable"
    return "storage-unavailable"


__all__ = ["Done", "Flow", "Keys", "Policy", "channels", "engine", "failure_code"]
