"""Keys, and the course of a request: what `Service` and `AsyncService` have in common."""

from __future__ import annotations

import inspect
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._errors import ChannelNotConfigured, InvalidArgument, InvalidType, KeyfobError
from ._native import Add, AskSimSwap, Deliver, Done, Engine, Flow, Load, Swap
from ._policy import ServicePolicy

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The tenant of an application that has only one."""


@dataclass(frozen=True)
class Keys:
    """The keys of a service, 32 random bytes each. ``repr`` shows none.

    ``root`` names users and recipients in the store and stays for its life. ``sealing`` holds
    the keys that seal records, by number, from the oldest to the newest: the last seals, the
    others still open.
    """

    root: bytes = field(repr=False)
    sealing: Mapping[int, bytes] = field(repr=False)

    @classmethod
    def generate(cls) -> Keys:
        """New keys. Keep them where the application keeps its secrets: without them nothing
        in the store can be read."""
        return cls(secrets.token_bytes(32), {1: secrets.token_bytes(32)})

    def expose_json(self) -> str:
        """All of them as text, to be kept where only the service may read it."""
        sealing = {str(number): key.hex() for number, key in self.sealing.items()}
        return json.dumps({"root": self.root.hex(), "sealing": sealing})

    @classmethod
    def from_json(cls, text: str) -> Keys:
        """Reads what `expose_json` wrote."""
        kept = _kept(text)
        if kept is not None:
            return cls(*kept)
        del text  # a traceback that shows the locals would show it
        wanted = "text: this is not what Keys.expose_json wrote"
        raise InvalidArgument(wanted, "invalid-key", "text")  # its cause would show some of it

    def __reduce__(self) -> str:
        raise TypeError("keys are not pickled; keep `root` and `sealing` in a place for secrets")


def _kept(text: str) -> tuple[bytes, dict[int, bytes]] | None:
    """The keys in what `Keys.expose_json` wrote, if that wrote it."""
    try:
        kept = json.loads(text, object_pairs_hook=_without_doubles)
        sealing = _without_doubles(
            (int(number), bytes.fromhex(key)) for number, key in kept["sealing"].items()
        )
        return bytes.fromhex(kept["root"]), sealing
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _without_doubles(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Of two keys with one number one would be lost, and with it what it sealed."""
    found: dict[Any, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError
        found[name] = value
    return found


def engine(keys: Keys, policy: ServicePolicy, account: str, replay_floor: int) -> Engine:
    """The engine that makes the flows."""
    if not isinstance(keys, Keys):
        raise misuse("keys", "keyfob.Keys, such as Keys.generate() makes once")
    return Engine(
        keys.root, keys.sealing, policy=policy, account=account, replay_floor=replay_floor
    )


def check_parts(
    storage: object,
    delivery: object,
    operator: object,
    clock: Callable[[], float],
    *,
    is_async: bool,
) -> None:
    """Refuses what can be no storage, delivery, operator or clock before anything depends on it."""
    if not callable(clock):
        raise misuse("clock", "a function that returns Unix seconds, such as time.time")
    check_part(storage, "storage", is_async)
    if delivery is not None:
        check_part(delivery, "delivery", is_async)
    if operator is not None:
        check_part(operator, "operator", is_async)


def check_part(part: object, argument: str, is_async: bool) -> None:
    """Refuses what lacks one of its methods, or has an async one where none can be awaited."""
    methods = _METHODS[argument]
    if isinstance(part, type):
        raise misuse(argument, f"an object with {', '.join(methods)}, not a class; make one of it")
    for name, given in methods.items():
        function = getattr(part, name, None)
        if not callable(function):
            raise misuse(argument, f"an object with {', '.join(methods)}")
        if not _takes(function, given):
            raise misuse(argument, f"one whose {name} takes {', '.join(given)}")
        if not is_async and inspect.iscoroutinefunction(function):
            raise misuse(argument, f"one whose {name} is not async; for this one use AsyncService")


def _takes(function: Callable[..., object], given: Sequence[str]) -> bool:
    """Whether it can be called so, as far as it tells."""
    try:
        signature = inspect.signature(function, follow_wrapped=False)  # a decorator may give more
    except (TypeError, ValueError):
        return True
    try:
        signature.bind(*given)
    except TypeError:
        return False
    return True


def carry_out(effect: Any, storage: Any, delivery: Any, operator: Any) -> Any:
    """What the application answers to an effect, or what it is awaited by."""
    match effect:
        case Load():
            return storage.load(effect.key, effect.now)
        case Swap():
            return storage.swap(effect.key, effect.expected, effect.record, effect.now)
        case Add():
            return storage.add(effect.key, effect.amount, effect.expires_at, effect.now)
        case Deliver() if delivery is not None:
            return delivery.deliver(effect.message)
        case AskSimSwap() if operator is not None:
            return operator.sim_swap(effect.phone, effect.max_age_hours)
    raise ChannelNotConfigured


def misuse(argument: str, wanted: str) -> InvalidType:
    """An argument that the types refuse."""
    return InvalidType(f"{argument} must be {wanted}", "invalid-argument", argument)


class Course:
    """A flow on its way: the effect that it asks for, until there is none, and then its value."""

    def __init__(self, flow: Flow, clock: Callable[[], float]) -> None:
        self._flow = flow
        self._clock = clock
        self._causes: dict[str, Exception] = {}
        self._mistakes: dict[str, InvalidType] = {}
        self._proceed(flow.start, self._now())

    def answer(self, answer: object) -> None:
        """What the application answered. What cannot be an answer is a failure."""
        if answer is None and isinstance(self.effect, Deliver):
            answer = "sent"
        now = self._now()
        try:
            return self._proceed(self._flow.resume, now, answer)
        except KeyfobError:  # of which some are a TypeError
            raise
        except TypeError:
            pass
        self._mistaken(_ANSWERS[type(self.effect)])

    def answer_at_once(self) -> None:
        """The application answered where it was to be awaited: a failure too."""
        threads = _THREADS[_PARTS[type(self.effect)]]
        self._mistaken(f"async; {threads}(...) makes it so, or use Service")

    def fail(self, error: Exception) -> None:
        """The application raised an exception in place of an answer."""
        code = failure_code(self.effect, error)
        self._causes[code] = error
        self._mistakes.pop(code, None)
        self._proceed(self._flow.fail, self._now(), code)

    def _mistaken(self, wanted: str) -> None:
        """The application gave what is no answer: a failure to the flow, and to the caller, if it
        ends by that, an argument to mend."""
        mistake = misuse(_PARTS[type(self.effect)], wanted)
        code = failure_code(self.effect, mistake)
        self._mistakes[code] = mistake
        if isinstance(self.effect, AskSimSwap):
            self._mistakes["sim-swap-unknown"] = mistake
        self._proceed(self._flow.fail, self._now(), code)

    def _proceed(self, proceed: Callable[..., Any], *given: object) -> None:
        """A refusal that says that the application failed says by which exception."""
        try:
            step = proceed(*given)
        except KeyfobError as refusal:
            if refusal.code in self._mistakes:
                raise self._mistakes[refusal.code] from None
            if refusal.code in self._causes:
                raise refusal from self._causes[refusal.code]
            raise
        self.effect = None if isinstance(step, Done) else step
        self.value = step.value if isinstance(step, Done) else None

    def _now(self) -> int:
        now = self._clock()
        is_number = isinstance(now, (int, float)) and not isinstance(now, bool)
        if not is_number or not 0 <= now < 2**64:  # nor is NaN
            raise misuse("clock", "a function that returns Unix seconds, such as time.time")
        return int(now)


def failure_code(effect: object, error: Exception) -> str:
    """What an exception of the application means to the flow. Only a delivery or an operator can
    be one that there is none of; any exception of a storage is a write that may have failed."""
    if not isinstance(effect, (Deliver, AskSimSwap)):
        return "storage-unavailable"
    is_unset = isinstance(error, ChannelNotConfigured)
    return "channel-not-configured" if is_unset else "provider-unavailable"


_METHODS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "storage": {
        "load": ("key", "now"),
        "swap": ("key", "expected", "record", "now"),
        "add": ("key", "amount", "expires_at", "now"),
    },
    "delivery": {"deliver": ("message",)},
    "operator": {"sim_swap": ("phone", "max_age_hours")},
}
_PARTS: Mapping[type, str] = {
    Load: "storage", Swap: "storage", Add: "storage", Deliver: "delivery", AskSimSwap: "operator",
}  # fmt: skip
_THREADS: Mapping[str, str] = {
    "storage": "in_threads", "delivery": "delivery_in_threads", "operator": "operator_in_threads",
}  # fmt: skip
_ANSWERS: Mapping[type, str] = {
    Load: "such that load returns a Stored, its version as it was stored, or None",
    Swap: "such that swap returns True or False",
    Add: "such that add returns the sum, a whole number from 0",
    Deliver: "such that deliver returns 'sent', 'queued' or None, and raises if it failed",
    AskSimSwap: "such that sim_swap returns 'swapped', 'not-swapped' or 'unknown'",
}
