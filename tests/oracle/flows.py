"""Writes tests/vectors/flows.json: what the service promises, scripted in time.

    python3 tests/oracle/flows.py            write it
    python3 tests/oracle/flows.py --check    fail if it is stale

The answers are written by hand from the rules; only the device codes are computed,
by RFC 6238 with Python's standard library.
"""

import json
import pathlib
import sys

from scripted import domains, messages, policies, sending, sent, totp, traffic, users

PARTS = (totp, users, sent, sending, domains, messages, policies, traffic)
cases = [case for part in PARTS for case in part.cases]
doc = {
    "family": "flows",
    "source": (
        "Device codes: RFC 6238 computed with Python's hmac and struct modules. Expected answers:"
        " written from the rules (RFC 6238 section 5.2, NIST SP 800-63B section 3.2.2, the"
        " service's documented limits), not taken from a run."
    ),
    "notes": {
        "at": (
            "Seconds after 1800000000, the first of a TOTP step; so are expires_at, resend_at,"
            " retry_at and until. Times may go back, as clocks do."
        ),
        "do": (
            "A flow of the service, by its name in wit/flows.wit; or what happens around it:"
            " `configure` says which channels have a provider, `sim` what the operator says of"
            " every SIM, `policy` what is chosen from now on (the rest is as usual), unless it is"
            " refused."
        ),
        "start": (
            "Each case begins with an empty store, an account with one domain, a provider for every"
            " channel and the default policy."
        ),
        "code": (
            "Of a sent code: `sent` is the last one, `previous` the one before it, `wrong` one that"
            " differs from the last in its first character, `short` the last without it. Of a"
            " device: the code itself."
        ),
        "message": (
            "Of the messages of a challenge: the last one, or the one before it (`previous`)."
        ),
        "change": "What is not named stays; null takes away.",
        "account": (
            "`other` is an account that has no domain; the step uses the first account's ids."
        ),
        "otp, ticket": "Names that a step gives to what it makes, for later steps.",
        "restore": "Puts the last backup back and sets the replay floor to the time of the step.",
        "empty": "Nothing is stored but the domain.",
        "expect": (
            "Only the given parts of an answer are compared; a step without it must not fail."
        ),
    },
    "cases": cases,
}


def heading(name):
    return f'  "{name}": {json.dumps(doc[name])}'


def written(case):
    """A case, with each of its steps on a line of its own."""
    steps = ",\n".join(f"        {json.dumps(step)}" for step in case["steps"])
    named = [f'      "{name}": {json.dumps(case[name])}' for name in ("id", "comment")]
    steps = f'      "steps": [\n{steps}\n      ]'
    return "    {\n" + ",\n".join([*named, steps]) + "\n    }"


out = "{\n" + ",\n".join(heading(name) for name in ("family", "source", "notes"))
out += ',\n  "cases": [\n' + ",\n".join(written(case) for case in cases) + "\n  ]\n}\n"

path = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "flows.json"
if "--check" in sys.argv:
    sys.exit(0 if path.read_text() == out else "flows.json is stale: run tests/oracle/flows.py")
path.write_text(out)
print(len(cases), "cases")
