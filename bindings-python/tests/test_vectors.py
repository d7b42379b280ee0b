"""The vector files that every language runs, read in place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from keyfob import (
    HOTP,
    TOTP,
    CodePolicy,
    Enrolment,
    InvalidArgument,
    RecoverySet,
    Secret,
    Steam,
    TotpState,
    import_migration,
    messages,
    parse_uri,
)
from support import ROOT

Case = dict[str, Any]
FOLDER = ROOT / "tests" / "vectors"


def base32(case: Case) -> Case:
    secret = Secret.from_base32(case["text"])
    return {"secret": secret.expose_bytes().hex(), "canonical": secret.expose_base32()}


def hotp(case: Case) -> Case:
    hotp = HOTP(secret(case), algorithm=case["algorithm"], digits=case["digits"])
    if case["kind"] == "generate":
        return {"code": hotp.at(case["counter"])}
    if case["kind"] == "resynchronise":
        first, second = case["codes"]
        found = hotp.resynchronise(first, second, case["counter"], look_ahead=case["look_ahead"])
    else:
        found = hotp.verify(case["code"], case["counter"], look_ahead=case["look_ahead"])
    assert bool(found) == (found.outcome == "accepted")
    return present(outcome=found.outcome, next_counter=found.next_counter)


def totp(case: Case) -> Case:
    kinds = {"algorithm", "digits", "period", "epoch", "drift_limit"} & case.keys()
    window = tuple(case.get("window", (1, 1)))
    totp = TOTP(secret(case), window=window, **{name: case[name] for name in kinds})
    if case["kind"] == "generate":
        return {"code": totp.at(case["time"]), "remaining": totp.remaining(case["time"])}
    return judged(totp, case)


def steam(case: Case) -> Case:
    steam = Steam(secret(case))
    if case["kind"] == "generate":
        return {"code": steam.at(case["time"])}
    return judged(steam, case)


def judged(codes: TOTP | Steam, case: Case) -> Case:
    state = TotpState(**case["state"])
    outcomes = []
    for attempt in case["attempts"]:
        found = codes.verify(attempt["code"], attempt["time"], state=state)
        assert bool(found) == (found.outcome == "accepted")
        outcome = present(outcome=found.outcome, step=found.step, drift=found.drift)
        if found.state is not None:
            state = found.state
            assert state.last_step == found.step
            outcome["state_drift"] = state.drift
        outcomes.append(outcome)
    return {"outcomes": outcomes}


def codes(case: Case) -> Case:
    if case["kind"] == "recovery":
        return recovery(case)
    policy = CodePolicy(case["length"], case["alphabet"])
    if case["kind"] == "policy":
        return {
            "entropy_millibits": policy.entropy_millibits,
            "is_guessable": policy.is_guessable,
        }
    code = policy.normalise(case["typed"])
    return {"outcome": "malformed"} if code is None else {"code": code}


def recovery(case: Case) -> Case:
    entry = {"hash": case["valid"], "used": False}
    found = RecoverySet.from_json(json.dumps({"entries": [entry]})).redeem(case["typed"])
    shown = case["expect"].get("shown")
    if found and shown:  # the same code, as it was shown
        again = RecoverySet.from_json(json.dumps({"entries": [entry]}))
        assert again.redeem(shown)
    return present(outcome=found.outcome, shown=shown if found else None)


def uri(case: Case) -> Case:
    modes = {"strict": [True], "lenient": [False], "both": [True, False]}[case["mode"]]
    found: list[Case] = []
    for strict in modes:
        try:
            enrolment = parse_uri(case["uri"], strict=strict)
        except InvalidArgument as error:
            found.append({"error": error.code})
            continue
        read = described(enrolment)
        read["parameters"] = [list(parameter) for parameter in enrolment.parameters]
        read["warnings"] = [warning.code for warning in enrolment.warnings]
        found.append(read)
        rebuilt = enrolment.to_uri()
        assert rebuilt == case.get("rebuilt", rebuilt)
        assert parse_uri(rebuilt, strict=False) == enrolment
    assert all(other == found[0] for other in found)
    return found[0]


def migration(case: Case) -> Case:
    found = import_migration(case["uri"])
    return {
        "entries": [described(entry) for entry in found.entries],
        "skipped": [
            {"index": it.index, "name": it.name, "reason": it.reason} for it in found.skipped
        ],
        "batch_size": found.batch_size,
        "batch_index": found.batch_index,
        "batch_id": found.batch_id,
    }


def described(enrolment: Enrolment) -> Case:
    return {
        "type": enrolment.kind,
        "issuer": enrolment.issuer,
        "account": enrolment.account,
        "secret": enrolment.secret.expose_base32(),
        "algorithm": enrolment.algorithm,
        "digits": enrolment.digits,
        **present(period=enrolment.period, counter=enrolment.counter),
    }


def message(case: Case) -> Case:
    ending = case.get("ending", {})
    context = case.get("context")
    match case["kind"]:
        case "recipient":
            recipient = messages.Recipient(case["channel"], case["text"])
            return {"canonical": recipient.canonical, "masked": recipient.masked}
        case "template":
            messages.check_template(case["text"])
            return {"accepted": True}
        case "message":
            return {
                "text": messages.compose(
                    case["template"],
                    case["code"],
                    case["minutes"],
                    context=context,
                    origin=ending.get("origin-bound"),
                    app_hash=ending.get("android-app-hash"),
                )
            }
        case "context":
            return {"bytes": messages.context_bytes(case["fields"]).hex()}
        case "segments":
            it = messages.segments(case["text"])
            return {"encoding": it.encoding, "units": it.units, "count": it.count}
        case "speech":
            text = messages.speak(case["template"], case["code"], case["minutes"], context=context)
            return {"text": text, "ssml": messages.ssml(text)}
    raise AssertionError(f"no such kind: {case['kind']}")


FAMILIES: dict[str, Callable[[Case], Case]] = {
    "base32": base32,
    "codes": codes,
    "hotp": hotp,
    "messages": message,
    "migration": migration,
    "steam": steam,
    "totp": totp,
    "uri": uri,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_vector_holds(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    cases = read(f"{family}.json")["cases"]
    total = read("manifest.json")[f"{family}.json"]
    faults = [fault for case in cases if (fault := run(FAMILIES[family], case))]
    with capsys.disabled():
        print(f"\n{family}.json {len(cases)}/{total}")
    assert len(cases) == total
    assert not faults, "\n".join(faults)


def test_no_family_is_left_out() -> None:
    # flows.json is run by test_flows.py
    assert {f"{family}.json" for family in FAMILIES} | {"flows.json"} == read("manifest.json").keys()


def run(family: Callable[[Case], Case], case: Case) -> str | None:
    try:
        found = family(case)
    except InvalidArgument as error:
        found = {"error": error.code}
        if "position" in case["expect"]:
            found["position"] = error.position
    return None if found == case["expect"] else f"{case['id']}: {case['expect']} but {found}"


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def secret(case: Case) -> Secret:
    return Secret.from_bytes(bytes.fromhex(case["secret"]))


def present(**values: Any) -> Case:
    return {name: value for name, value in values.items() if value is not None}
