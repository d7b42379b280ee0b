"""The vector files, read in place, through the Python that UniFFI generates.

PYTHONPATH names the folder with keyfob_mobile.py and its library; the argument is the folder of the
vectors.
"""

import json
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import keyfob_mobile as keyfob
from keyfob_mobile import (
    Algorithm,
    Alphabet,
    Channel,
    CodePolicy,
    EnrolmentKind,
    Hotp,
    HotpOutcome,
    KeyfobError,
    Ending,
    ReadingMode,
    RecoveryEntry,
    RecoverySet,
    Secret,
    Steam,
    Totp,
    TotpOutcome,
    TotpState,
    Window,
)

LAST_SECOND = 253_402_300_799  # of the year 9999, the last of `datetime`


def base32(case):
    secret = Secret.from_base32(case["text"])
    return {"secret": secret.expose_bytes().hex(), "canonical": secret.expose_base32()}


def hotp(case):
    made = Hotp(secret(case), algorithm(case), case.get("digits"))
    if case["kind"] == "generate":
        return {"code": made.generate(case["counter"])}
    if case["kind"] == "verify":
        found = made.verify(case["code"], case["counter"], case.get("look_ahead"))
    else:
        found = made.resynchronise(*case["codes"], case["counter"], case["look_ahead"])
    accepted = isinstance(found, HotpOutcome.ACCEPTED)
    assert found.is_accepted() == accepted
    return present(outcome=found.code(), next_counter=found.next_counter if accepted else None)


def totp(case):
    window, period, epoch = case.get("window"), case.get("period"), case.get("epoch")
    made = Totp(
        secret(case),
        algorithm(case),
        case.get("digits"),
        None if period is None else timedelta(seconds=period),
        None if window is None else Window(before=window[0], after=window[1]),
        None if epoch is None else moment(epoch),
        case.get("drift_limit"),
    )
    if case["kind"] == "verify":
        return judged(case, made)
    time = moment(case["time"])
    return {"code": made.generate(time), "remaining": int(made.remaining(time).total_seconds())}


def steam(case):
    made = Steam(secret(case))
    if case["kind"] == "verify":
        return judged(case, made)
    return {"code": made.generate(moment(case["time"]))}


def judged(case, verifier):
    given = case["state"]
    state = TotpState(last_step=given["last_step"], drift=given["drift"])
    outcomes = []
    for attempt in case["attempts"]:
        found = verifier.verify(attempt["code"], moment(attempt["time"]), state)
        outcome = {"outcome": found.code()}
        assert found.is_accepted() == isinstance(found, TotpOutcome.ACCEPTED)
        if isinstance(found, TotpOutcome.ACCEPTED):
            state = found.state
            assert found.step == state.last_step
            outcome |= {"step": found.step, "drift": found.drift, "state_drift": state.drift}
        elif isinstance(found, TotpOutcome.REPLAYED):
            outcome["step"] = found.step
        outcomes.append(outcome)
    return {"outcomes": outcomes}


def codes(case):
    if case["kind"] == "recovery":
        return recovery(case)
    policy = CodePolicy(case.get("length"), Alphabet[case["alphabet"].upper()])
    if case["kind"] == "policy":
        return {"entropy_millibits": policy.entropy_millibits(), "is_guessable": policy.is_guessable()}
    code = policy.normalise(case["typed"])
    return {"outcome": "malformed"} if code is None else {"code": code}


def recovery(case):
    def kept():
        return RecoverySet.from_entries([RecoveryEntry(hash=bytes.fromhex(case["valid"]), used=False)])

    found, shown = kept().redeem(case["typed"]), case["expect"].get("shown")
    if not found.is_accepted() or shown is None:
        return {"outcome": found.code()}
    assert kept().redeem(shown).is_accepted()
    return {"outcome": found.code(), "shown": shown}


def uri(case):
    named = {"strict": [ReadingMode.STRICT], "lenient": [ReadingMode.LENIENT]}
    found = []
    for mode in named.get(case["mode"], list(ReadingMode)):
        try:
            found.append(read(case, keyfob.parse_enrolment(case["uri"], mode)))
        except KeyfobError.Invalid as error:
            found.append({"error": error.code})
    assert all(each == found[0] for each in found), case["id"]
    return found[0]


def read(case, parsed):
    enrolment = parsed.enrolment
    rebuilt = enrolment.to_uri()
    assert case.get("rebuilt", rebuilt) == rebuilt, case["id"]
    assert keyfob.parse_enrolment(rebuilt, ReadingMode.LENIENT).enrolment.is_same_as(enrolment)
    parameters = [[it.name(), it.expose_value()] for it in enrolment.parameters()]
    return described(enrolment) | {"parameters": parameters, "warnings": [it.code for it in parsed.warnings]}


def migration(case):
    found = keyfob.parse_migration(case["uri"])
    return {
        "entries": [described(entry) for entry in found.entries],
        "skipped": [{"index": it.index, "name": it.name, "reason": it.code} for it in found.skipped],
        "batch_size": found.batch_size,
        "batch_index": found.batch_index,
        "batch_id": found.batch_id,
    }


def described(enrolment):
    kind = enrolment.kind()
    shown = {
        "type": kind.code(),
        "issuer": enrolment.issuer(),
        "account": enrolment.account(),
        "secret": enrolment.secret().expose_base32(),
        "algorithm": enrolment.algorithm().code(),
        "digits": enrolment.digits(),
    }
    if isinstance(kind, EnrolmentKind.TOTP):
        shown["period"] = int(kind.period.total_seconds())
    if isinstance(kind, EnrolmentKind.HOTP):
        shown["counter"] = kind.counter
    return shown


def messages(case):
    kind, context = case["kind"], case.get("context")
    if kind == "recipient":
        names = keyfob.parse_recipient(Channel[case["channel"].upper()], case["text"])
        return {"canonical": names.canonical, "masked": names.masked}
    if kind == "template":
        keyfob.check_template(case["text"])
        return {"accepted": True}
    if kind == "message":
        place = (case["template"], case["code"], case["minutes"], context, ending(case))
        return {"text": keyfob.compose_message(*place)}
    if kind == "context":
        return {"bytes": keyfob.context_bytes(case["fields"]).hex()}
    if kind == "segments":
        found = keyfob.count_segments(case["text"])
        return {"encoding": found.encoding, "units": found.units, "count": found.count}
    text = keyfob.speak_message(case["template"], case["code"], case["minutes"], context)
    return {"text": text, "ssml": keyfob.to_ssml(text)}


def ending(case):
    for name, value in (case.get("ending") or {}).items():
        known = {"origin-bound": Ending.ORIGIN_BOUND, "android-app-hash": Ending.ANDROID_APP_HASH}
        return known[name](value)
    return None


def secret(case):
    return Secret.from_bytes(bytes.fromhex(case["secret"]))


def algorithm(case):
    named = {it.code(): it for it in Algorithm}
    return named[case["algorithm"]] if "algorithm" in case else None


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


def present(**values):
    return {name: value for name, value in values.items() if value is not None}


def reason_to_skip(case):
    """What the types of Python have no word for, and so nobody can say."""
    times = [case.get("time"), case.get("epoch")] + [it["time"] for it in case.get("attempts", [])]
    if any(time is not None and time > LAST_SECOND for time in times):
        return "a time after the last datetime, in the year 9999"
    if "channel" in case and case["channel"] not in [channel.name.lower() for channel in Channel]:
        return "a channel that is none of the enum"
    return None


# What is skipped for that, by family: these cases and no others.
UNSAYABLE = {
    "messages": {"channel-unknown", "channel-upper-case"},
    "steam": {"the-rfc-key-at-18446744073709551615"},
    "totp": {
        "the-last-second-there-is",
        "the-last-step-there-is",
        "the-last-step-is-burned-for-ever",
        "the-window-does-not-wrap-at-the-end",
    },
}


def fault(case, judge):
    expected = case["expect"]
    try:
        found = judge(case)
    except KeyfobError.Invalid as error:
        found = {"error": error.code}
        if "position" in expected:
            found["position"] = error.position
    return None if found == expected else f"{case['id']}: {expected} but {found}"


FAMILIES = [base32, codes, hotp, messages, migration, steam, totp, uri]


def main(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    names = {f"{family.__name__}.json" for family in FAMILIES}
    failed = sorted(set(manifest) ^ (names | {"flows.json"}))  # flows are run from Kotlin and Swift
    for family in FAMILIES:
        name = f"{family.__name__}.json"
        cases = json.loads((folder / name).read_text())["cases"]
        skipped = Counter(reason for case in cases if (reason := reason_to_skip(case)))
        run = [case for case in cases if not reason_to_skip(case)]
        faults = [words for case in run if (words := fault(case, family))]
        ids = {case["id"] for case in cases if reason_to_skip(case)}
        misjudged = sorted(ids ^ UNSAYABLE.get(family.__name__, set()))
        faults += [f"{id}: skipped or not, against what is named" for id in misjudged]
        reasons = "".join(f"; {count} skipped: {reason}" for reason, count in skipped.items())
        print(f"{name} {len(run)}/{manifest[name]}{reasons}")
        if faults or len(run) + skipped.total() != manifest[name]:
            failed.append(name)
            print("\n".join(faults))
    print(f"{len(FAMILIES) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
