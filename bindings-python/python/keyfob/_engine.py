"""Keys, and the course of a request: what `Service` and `AsyncService` have in common."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._errors import ChannelNotConfigured, KeyfobError
from ._native import AskSimSwap, Deliver, Done, Engine, Flow
from ._policy import ServicePolicy


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


def engine(keys: Keys, policy: ServicePolicy, account: uuid.UUID, replay_floor: int) -> Engine:
    """The engine that makes the flows."""
    return Engine(
        keys.root,
        dict(keys.sealing),
        policy=policy,
        account=str(account),
        replay_floor=replay_floor,
    )


def channels(channel: str | Sequence[str]) -> list[str]:
    """One channel or several, in the order of preference."""
    return [channel] if isinstance(channel, str) else list(channel)


class Course:
    """A flow on its way: the effect that it asks for, until there is none, and then its value."""

    def __init__(self, flow: Flow, clock: Callable[[], float]) -> None:
        self._flow = flow
        self._clock = clock
        self._causes: dict[str, Exception] = {}
        self._proceed(flow.start, self._now())

    def answer(self, answer: object) -> None:
        """What the application answered. What cannot be an answer is a failure."""
        try:
            self._proceed(self._flow.resume, self._now(), answer)
        except TypeError as error:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """The application raised an exception in place of an answer."""
        code = failure_code(self.effect, error)
        self._causes[code] = error
        self._proceed(self._flow.fail, self._now(), code)

    def _proceed(self, proceed: Callable[..., Any], *given: object) -> None:
        """A refusal that says that the application failed says by which exception."""
        try:
            step = proceed(*given)
        except KeyfobError as refusal:
            if refusal.code in self._causes:
                raise refusal from self._causes[refusal.code]
            raise
        self.effect = None if isinstance(step, Done) else step
        self.value = step.value if isinstance(step, Done) else None

    def _now(self) -> int:
        return max(0, int(self._clock()))


def failure_code(effect: object, error: Exception) -> str:
    """What an exception of the application means to the flow. Only a delivery or an operator can
    be one that there is none of; any exception of a storage is a write that may have failed."""
    if not isinstance(effect, (Deliver, AskSimSwap)):
        return "storage-unavailable"
    is_unset = isinstance(error, ChannelNotConfigured)
    return "channel-not-configured" if is_unset else "provider-unavailable"
