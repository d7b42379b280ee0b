"""What the service component runs over in tests: a store in memory, a clock that stands where it
is put, seeded entropy, and an outbox to read codes from."""

import copy
import random

from wasmtime.component import Variant

from keyfob_component import field, record

LARGEST = 2**64 - 1


class Outside:
    def __init__(self, seed=1, now=1_800_000_000):
        self.now = now
        self.random = random.Random(seed)
        self.records = {}
        self.counters = {}
        self.outbox = []
        self.judged = []
        self.configured = ["sms", "voice", "email"]
        self.sim = "not-swapped"

    def imports(self):
        return {
            "wasi:clocks/wall-clock@0.2.0": {"now": lambda: record(seconds=self.now, nanoseconds=0)},
            "wasi:random/random@0.2.0": {"get-random-bytes": self.random.randbytes},
            "keyfob:otp/storage@0.1.0": {"load": self.load, "swap": self.swap, "add": self.add},
            "keyfob:otp/delivery@0.1.0": {"deliver": self.deliver},
            "keyfob:otp/sim-swap@0.1.0": {
                "check": lambda *_: Variant("ok", self.sim),
                "checked": lambda _finding: None,
            },
            "keyfob:otp/audit@0.1.0": {"judged": self.judged.append},
        }

    def load(self, key, now):
        found = self.records.get(key)
        is_there = found and not (found[2] is not None and found[2] <= now)
        return record(version=found[0], bytes=found[1]) if is_there else None

    def swap(self, key, expected, replacement, now):
        found = self.load(key, now)
        if (found and found.version) != expected:
            return Variant("ok", "conflict")
        if replacement is None:
            self.records.pop(key, None)
        else:
            expires_at = field(replacement, "expires-at")
            self.records[key] = replacement.version, replacement.bytes, expires_at
        return Variant("ok", "swapped")

    def add(self, additions, now):
        return [self.add_one(addition, now) for addition in additions]

    def add_one(self, addition, now):
        total, expires_at = self.counters.get(addition.key, (0, 0))
        before = total if now < expires_at else 0
        total = min(max(before + addition.amount, 0), LARGEST)
        self.counters[addition.key] = total, field(addition, "expires-at")
        return total

    def deliver(self, message):
        if message.channel not in self.configured:
            return Variant("err", "channel-not-configured")
        self.outbox.append(message)
        return Variant("ok", "queued")

    def backup(self):
        return copy.copy(self.records), copy.copy(self.counters)

    def restore(self, backup):
        self.records, self.counters = (copy.copy(it) for it in backup)
