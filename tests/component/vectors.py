#!/usr/bin/env python3
"""Runs every file of tests/vectors through a component, in wasmtime.

    python3 tests/component/vectors.py dist/component/keyfob-service.wasm

Prints `file ran/total` and fails unless all that the manifest counts were run and answered as
written, except those of `UNWRITABLE`, which are left out and no others. Files of interfaces that a
component's world does not have are named and left out.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
sys.path.insert(0, str(ROOT / "examples" / "python-component"))

from keyfob_component import Engine, KeyfobError, Variant, field, record  # noqa: E402
from flows import run_flow  # noqa: E402
from outside import Outside  # noqa: E402

# The interfaces that a family is run through, where not every world has them.
NEEDS = {"uri": "enrolment", "migration": "migration", "messages": "messages", "flows": "flows"}

# What the types of `wit/` leave no way to write: a channel is one of an enum, so nobody can name
# one that there is not.
UNWRITABLE = {"messages.json": {"channel-upper-case", "channel-unknown"}}


class Pure:
    """The pure interfaces, by the kinds of case that there are."""

    def __init__(self, otp):
        self.call = otp.call

    def hotp(self, case):
        options = record(algorithm=case["algorithm"].lower(), digits=case["digits"])
        hotp = self.call("hotp", "[static]hotp.create", bytes.fromhex(case["secret"]), options)
        do = lambda name, *arguments: self.call("hotp", f"[method]hotp.{name}", hotp, *arguments)
        if case["kind"] == "generate":
            return {"code": do("generate", case["counter"])}
        typed = [case["code"]] if case["kind"] == "verify" else case["codes"]
        outcome = do(case["kind"], *typed, case["counter"], case["look_ahead"])
        return {"outcome": outcome.tag} | ({"next_counter": outcome.payload} if outcome.payload else {})

    def totp(self, case):
        before, after = case.get("window", [1, 1])
        options = record(
            parameters=record(
                algorithm=case["algorithm"].lower(), digits=case["digits"], period=case["period"]
            ),
            window=record(before=before, after=after),
            epoch=case["epoch"],
            drift_limit=case.get("drift_limit", 0),
        )
        totp = self.call("totp", "[static]totp.create", bytes.fromhex(case["secret"]), options)
        if case["kind"] == "generate":
            code = self.call("totp", "[method]totp.generate", totp, case["time"])
            return {"code": code, "remaining": self.call("totp", "[method]totp.remaining", totp, case["time"])}
        return self.judged(case, lambda *it: self.call("totp", "[method]totp.verify", totp, *it))

    def steam(self, case):
        window = record(before=1, after=1)
        steam = self.call("totp", "[static]steam.create", bytes.fromhex(case["secret"]), window)
        if case["kind"] == "generate":
            return {"code": self.call("totp", "[method]steam.generate", steam, case["time"])}
        return self.judged(case, lambda *it: self.call("totp", "[method]steam.verify", steam, *it))

    def judged(self, case, verify):
        """The attempts of a case, one after the other, with the state handed on."""
        state = record(last_step=case["state"]["last_step"], drift=case["state"]["drift"])
        outcomes = []
        for attempt in case["attempts"]:
            outcome = verify(attempt["code"], attempt["time"], state)
            found = {"outcome": outcome.tag}
            if outcome.tag == "accepted":
                it = outcome.payload
                state = it.state
                assert field(state, "last-step") == it.step
                found |= {"step": it.step, "drift": it.drift, "state_drift": state.drift}
            if outcome.tag == "replayed":
                found |= {"step": outcome.payload}
            outcomes.append(found)
        return {"outcomes": outcomes}

    def base32(self, case):
        secret = self.call("secrets", "parse-base32", case["text"])
        return {"secret": secret.hex(), "canonical": self.call("secrets", "to-base32", secret)}

    def codes(self, case):
        if case["kind"] == "recovery":
            entry = record(hash=bytes.fromhex(case["valid"]), used=False)
            outcome = self.call("codes", "redeem-recovery", case["typed"], [entry]).outcome
            accepted = isinstance(outcome, Variant) and outcome.tag == "accepted"
            shown = {"shown": self.call("codes", "normalise-recovery", case["typed"])} if accepted else {}
            return {"outcome": outcome.tag} | shown
        policy = record(length=case["length"], alphabet=case["alphabet"])
        if case["kind"] == "policy":
            strength = self.call("codes", "strength-of", policy)
            return {
                "entropy_millibits": field(strength, "entropy-millibits"),
                "is_guessable": field(strength, "is-guessable"),
            }
        code = self.call("codes", "normalise", policy, case["typed"])
        return {"outcome": "malformed"} if code is None else {"code": code}

    def uri(self, case):
        modes = ["strict", "lenient"] if case["mode"] == "both" else [case["mode"]]
        answers = [self.parsed(case, mode) for mode in modes]
        assert all(answer == answers[0] for answer in answers), answers
        return answers[0]

    def parsed(self, case, mode):
        try:
            parsed = self.call("enrolment", "parse", case["uri"], mode)
        except KeyfobError as error:
            return {"error": error.code}
        rebuilt = self.call("enrolment", "[method]enrolment.to-uri", parsed.enrolment)
        assert rebuilt == case.get("rebuilt", rebuilt), rebuilt
        again = self.call("enrolment", "parse", rebuilt, "lenient")
        assert self.details(again.enrolment) == self.details(parsed.enrolment), rebuilt
        details, parameters = self.details(parsed.enrolment)
        warnings = [warning.code for warning in parsed.warnings]
        return details | {"parameters": parameters, "warnings": warnings}

    def details(self, enrolment):
        it = self.call("enrolment", "[method]enrolment.details", enrolment)
        moves_on = {"totp": "period", "hotp": "counter"}.get(it.kind.tag)
        details = {
            "type": it.kind.tag,
            "issuer": it.issuer,
            "account": it.account,
            "secret": self.call("secrets", "to-base32", it.secret),
            "algorithm": it.algorithm.upper(),
            "digits": it.digits,
        }
        parameters = [[parameter.name, parameter.value] for parameter in it.parameters]
        return details | ({moves_on: it.kind.payload} if moves_on else {}), parameters

    def migration(self, case):
        read = self.call("migration", "parse", case["uri"])
        return {
            "entries": [self.details(entry)[0] for entry in read.entries],
            "skipped": [
                {"index": it.index, "name": it.name, "reason": it.fault.code} for it in read.skipped
            ],
            "batch_size": field(read, "batch-size"),
            "batch_index": field(read, "batch-index"),
            "batch_id": field(read, "batch-id"),
        }

    def messages(self, case):
        return getattr(self, "message_" + case["kind"])(case)

    def message_recipient(self, case):
        recipient = self.call("messages", "parse-recipient", channel(case["channel"]), case["text"])
        return {"canonical": recipient.canonical, "masked": recipient.masked}

    def message_template(self, case):
        self.call("messages", "check-template", case["text"])
        return {"accepted": True}

    def message_message(self, case):
        return {"text": self.call("messages", "compose", draft(case))}

    def message_context(self, case):
        return {"bytes": self.call("messages", "context-bytes", fields(case["fields"])).hex()}

    def message_segments(self, case):
        found = self.call("messages", "count-segments", case["text"])
        encoding = {"gsm7": "gsm-7", "ucs2": "ucs-2"}[found.encoding]
        return {"encoding": encoding, "units": found.units, "count": found.count}

    def message_speech(self, case):
        spoken = self.call("messages", "speak", draft(case))
        return {"text": spoken.text, "ssml": spoken.ssml}


def draft(case):
    (kind, text), = case.get("ending", {"none": None}).items()
    return record(
        template=case["template"],
        code=case["code"],
        minutes=case["minutes"],
        context=fields(case.get("context") or {}),
        ending=Variant(kind, text),
    )


def fields(values):
    return [record(name=name, value=value) for name, value in values.items()]


def channel(text):
    if text not in ("sms", "voice", "email"):
        raise Unwritable
    return text


class Unwritable(Exception):
    """A case cannot be put into the types of `wit/`."""


def wrong_of(run, case):
    """What a case finds otherwise than written, or None."""
    try:
        found = run(case)
    except KeyfobError as error:
        found = {"error": error.code}
        if "position" in case["expect"]:
            found["position"] = error.payload.position
    return None if found == case["expect"] else f"{case['expect']} but found {found}"


def main(file):
    engine = Engine(file)
    pure = Pure(engine.instance(Outside().imports() if engine.imports() else None))
    run = {"flows": lambda case: run_flow(engine, case)}
    manifest = json.loads((VECTORS / "manifest.json").read_text(encoding="utf-8"))
    passed = failed = 0
    for name in sorted(manifest):
        family = name.removesuffix(".json")
        if family in NEEDS and NEEDS[family] not in engine.exports():
            print(f"{name} not run: this world has no interface {NEEDS[family]}")
            continue
        judge = run.get(family) or (lambda case: wrong_of(getattr(pure, family), case))
        good, bad = run_file(name, judge, manifest[name])
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def run_file(name, judge, total):
    cases = json.loads((VECTORS / name).read_text(encoding="utf-8"))["cases"]
    ran, good, left_out = 0, 0, set()
    for case in cases:
        try:
            wrong = judge(case)
        except Unwritable:
            left_out.add(case["id"])
            continue
        ran += 1
        good += not wrong
        if wrong:
            print(f"{name}: {case['id']}: {wrong}")
    misjudged = sorted(left_out ^ UNWRITABLE.get(name, set()))
    for id in misjudged:
        print(f"{name}: {id}: " + ("was not to be left out" if id in left_out else "is not left out"))
    because = f", {len(left_out)} that the types leave no way to write" if left_out else ""
    print(f"{name} {ran}/{total}{because}")
    return good, ran - good + len(misjudged) + (ran + len(left_out) != total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
