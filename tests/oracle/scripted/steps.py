"""The steps that the scripts are made of, and what they may answer."""

import base64
import hashlib
import hmac
import struct

START = 1_800_000_000
SECRET = b"12345678901234567890"
OTHER_SECRET = b"abcdefghijabcdefghij"
ACCEPTED = {"outcome": "accepted"}
REPLAYED = {"outcome": "replayed"}
NUMBERS = [f"+4477009001{i:02d}" for i in range(20)]
REFUSING = {"max_age_hours": 240, "on_swapped": "refuse", "on_unknown": "refuse"}
STRICT = {"max_age_hours": 24, "on_swapped": "refuse", "on_unknown": "next-channel"}
FEW = {
    "per_country_and_day": 2,
    "per_country_and_hour": 2,
    "per_client_and_day": 2,
    "share": 0,
    "countries_per_client_and_day": 9,
}


def script():
    """The cases of a script, and what adds one to them."""
    cases = []

    def case(id, comment, steps):
        cases.append({"id": id, "comment": comment, "steps": steps})

    return cases, case


def b32(secret):
    return base64.b32encode(secret).decode().rstrip("=")


def code(when, secret=SECRET):
    """What a device shows then, by RFC 6238."""
    counter = struct.pack(">Q", (START + when) // 30)
    digest = hmac.new(secret, counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return "%06d" % ((number & 0x7FFFFFFF) % 10**6)


def wrong(when):
    """What no device shows within some minutes of then."""
    secrets = (SECRET, OTHER_SECRET)
    shown = {code(when + offset, secret) for offset in range(-120, 121, 30) for secret in secrets}
    return next(other for other in ("000000", "111111", "222222") if other not in shown)


def user(when, name="ann", secret=SECRET, **given):
    return {"at": when, "do": "create-user", "user": name, "secret": b32(secret), **given}


def totp(when, typed, expect, name="ann", **given):
    return {"at": when, "do": "verify-totp", "user": name, "code": typed, "expect": expect, **given}


def policy(when, **chosen):
    return {"at": when, "do": "policy", "policy": chosen}


def mismatch(left):
    return {"outcome": "mismatch", "attempts_left": left}


def five(when):
    return [totp(when, wrong(when), mismatch(left)) for left in (4, 3, 2, 1, 0)]


def send(when, otp, expect=None, to="+447700900121", **given):
    return {"at": when, "do": "send", "to": to, "otp": otp, "expect": expect or {}, **given}


def verify(when, otp, typed, expect, **given):
    return {"at": when, "do": "verify", "otp": otp, "code": typed, "expect": expect, **given}


def at(when, do, expect=None, **given):
    return {"at": when, "do": do, **given, "expect": expect or {}}


def view(when, otp, **expect):
    return at(when, "view-challenge", expect, otp=otp)


def report(when, otp, state, news, channel="sms", **given):
    return at(
        when, "delivery-report", {"news": news}, otp=otp, channel=channel, state=state, **given
    )


def wanted(when, otp, word, **given):
    return at(when, "wanted", {"wanted": word}, otp=otp, **given)


def fall_back(when, otp, channel, expect, **given):
    return at(when, "fall-back", expect, otp=otp, channel=channel, **given)


def check(when, expect, to="+447700900121", **given):
    return at(when, "check-sim-swap", expect, to=to, **given)


def domain(name="Example Bank", sim_swap=None, fallback_after=None):
    return {"name": name, "created_at": 0, "sim_swap": sim_swap, "fallback_after": fallback_after}


def change(when, expect, **changes):
    return at(when, "change-domain", expect, change=changes)


def sim(answer, source, asked):
    return {"answer": answer, "source": source, "checked_at": asked}


def refused(error, **chosen):
    return at(0, "policy", {"error": error}, policy=chosen)
