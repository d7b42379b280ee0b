#!/usr/bin/env python3
"""No argument traps: calls every function of a component with arguments drawn by their types,
likely ones and absurd ones, and takes nothing but an answer or an error of keyfob's.

    python3 tests/component/arguments.py dist/component/keyfob-service.wasm [CALLS [SEED]]
"""

import pathlib
import random
import sys

from wasmtime.component import (
    Bool, EnumType, FuncType, ListType, OptionType, Record, RecordType, S8, S16, S32, S64,
    String, TupleType, U8, U16, U32, U64, Variant, VariantType,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples" / "python-component"))

from keyfob_component import Engine, KeyfobError, record  # noqa: E402
from outside import Outside  # noqa: E402

UNSIGNED = {U8: 8, U16: 16, U32: 32, U64: 64}
SIGNED = {S8: 8, S16: 16, S32: 32, S64: 64}
KEYS = record(root=b"\1" * 32, sealing=[record(id=1, key=b"\2" * 32)])
UUID = "03030303-0303-0303-0303-030303030303"

# What functions look for, so that arguments get past the first check.
TEXTS = [
    "", "0", "123456", "12345678", "000000", UUID, "ann", "a" * 300, "\0", "é", "\u202e", "😀" * 40,
    "+447700900121", "+1", "ann@example.com", "@", "{{code}}", "{{ code }} {{amount}}", "{{", "en",
    "de-AT", "x-", "GB", "+44", "192.0.2.1", "2001:db8::1", "example.com", "FA+9qCX9VSu", "amount",
    "payee", "EUR 25.00", "MFRGGZDF", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "=" * 9, "Steam",
    "otpauth://totp/Acme:alice?secret=GEZDGNBVGY3TQOJQ&issuer=Acme", "otpauth://hotp/a?secret=MY%3",
    "otpauth://totp/%C3%28?secret=MY", "steam://GEZDGNBVGY3TQOJQ", "5J2K-8QWE-RT7YH-0000-00000-0000",
    "otpauth-migration://offline?data=Ci4KFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEgpBY21lOmFsaWNl",
]


class Caller:
    def __init__(self, engine, seed):
        self.random = random.Random(seed)
        self.otp = engine.instance(Outside(seed).imports() if engine.imports() else None)
        self.functions = list(functions_of(engine))
        self.resources = {}
        self.claims = []
        self.domain = UUID
        self.answered = self.refused = 0
        if "flows" in engine.exports():
            self.make_service()

    def make_service(self):
        """One that works; those of random keys and policies come beside it."""
        policy = self.otp.call("flows", "default-policy")
        service = self.otp.call("flows", "[static]service.create", KEYS, policy, 0)
        self.resources["service"] = [service]
        settings = record(sim_swap=None, fallback_after=None)
        self.domain = self.otp.call("flows", "[method]service.create-domain", service, UUID, None, settings)

    def call(self):
        interface, name = self.random.choice(self.functions)
        function, result = self.otp.function(interface, name)
        try:
            self.resource_name = name.split("]")[-1].split(".")[0]
            arguments = [self.argument(*it) for it in function.type(self.otp.store).params]
        except Missing:
            return
        try:
            answer = self.otp.call(interface, name, *arguments)
        except KeyfobError:
            self.refused += 1
            return
        except Exception as error:
            raise SystemExit(f"{interface} {name} {shown(arguments)}: {error!r}\n0 passed, 1 failed")
        self.answered += 1
        self.keep(interface, name, answer)

    def keep(self, interface, name, answer):
        """Resources, and the domain that flows ask for."""
        if name.startswith("[static]"):
            self.resources.setdefault(self.resource_name, []).append(answer)
        if (interface, name) == ("enrolment", "parse"):
            self.resources.setdefault("enrolment", []).append(answer.enrolment)
        if name.endswith("begin-idempotent") and isinstance(answer, Variant) and answer.tag == "run":
            self.claims.append(answer.payload)
        if name.endswith("create-domain"):
            self.domain = answer

    def argument(self, name, kind):
        make = self.random
        if type(kind) in UNSIGNED:
            top = 2 ** UNSIGNED[type(kind)] - 1
            return make.choice([0, 1, 6, 30, 1_800_000_000 % (top + 1), top, make.randint(0, top)])
        if type(kind) in SIGNED:
            half = 2 ** (SIGNED[type(kind)] - 1)
            return make.choice([0, -1, 1, -half, half - 1, make.randint(-half, half - 1)])
        if isinstance(kind, Bool):
            return make.random() < 0.5
        if isinstance(kind, String):
            return self.text(name)
        if isinstance(kind, ListType):
            is_claim = name == "claim" and self.claims and make.random() < 0.7
            return make.choice(self.claims) if is_claim else self.list(kind.element)
        if isinstance(kind, OptionType):
            return None if make.random() < 0.5 else self.argument(name, kind.payload)
        if isinstance(kind, EnumType):
            return make.choice(kind.names)
        if isinstance(kind, TupleType):
            return tuple(self.argument("", it) for it in kind.elements)
        if isinstance(kind, RecordType):
            return record(**{name: self.argument(name, it) for name, it in kind.fields})
        if isinstance(kind, VariantType):
            case, it = make.choice(kind.cases)
            return Variant(case, it and self.argument(case, it))
        return self.resource(name)

    def text(self, name):
        make = self.random
        if make.random() < 0.7:
            likely = {"account": UUID, "domain": self.domain, "user-id": "ann", "code": "123456"}
            return likely.get(name, make.choice(TEXTS))
        return "".join(map(chr, make.choices([*range(1, 0xD800), *range(0xE000, 0x11000)], k=make.randint(0, 40))))

    def list(self, element):
        make = self.random
        if isinstance(element, U8):
            return make.randbytes(make.choice([0, 1, 16, 20, 32, 32, 32, 33, 64, 96, 1000]))
        try:
            return [self.argument("", element) for _ in range(make.choice([0, 1, 1, 2, 17]))]
        except Missing:
            return []

    def resource(self, name):
        kept = self.resources.get(self.resource_name if name == "self" else "enrolment")
        if not kept:
            raise Missing
        return self.random.choice(kept[:5] + kept[-20:])


class Missing(Exception):
    """There is no such resource yet."""


def functions_of(engine):
    for name, interface in engine.component.type.exports(engine.engine).items():
        short = name.split("/")[1].split("@")[0]
        for function, item in interface.ty.exports(engine.engine).items():
            if isinstance(item.ty, FuncType):
                yield short, function


def shown(value):
    if isinstance(value, Record):
        return {name: shown(it) for name, it in vars(value).items()}
    return [shown(it) for it in value] if isinstance(value, list) else value


def main(file, calls="5000", seed="1"):
    caller = Caller(Engine(file), int(seed))
    for _ in range(int(calls)):
        caller.call()
    called = caller.answered + caller.refused
    print(f"{len(caller.functions)} functions, {called} calls, {caller.answered} answered, {caller.refused} refused")
    print(f"{len(caller.functions)} passed, 0 failed")
    return 0 if caller.answered and caller.refused else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
