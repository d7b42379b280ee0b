#!/usr/bin/env python3
"""Writes the computed test vectors, independently of the code they test.

    python3 tests/oracle/generate.py            write tests/vectors/
    python3 tests/oracle/generate.py --check    fail if a file there is stale

Python's standard library only. The RFC tables are typed in as published and held
against the HMACs computed here; every computed code is held against `oathtool`
(Debian: apt-get install oathtool). Each case states the outcome it is about by
hand; the oracle's own verifier fills in the details and must agree with it.
"""

import base64
import hashlib
import hmac
import json
import math
import pathlib
import re
import subprocess
import sys

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
MAXIMUM = 2**64 - 1

RFC_KEY = b"12345678901234567890"
RFC_KEYS = {  # RFC 6238 errata 2866: the seeds have the length of the hash
    "SHA1": RFC_KEY,
    "SHA256": b"12345678901234567890123456789012",
    "SHA512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
STEAM_ALPHABET = "23456789BCDFGHJKMNPQRTVWXY"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# --- the algorithms, as the RFCs put them ---


def truncate(digest):
    offset = digest[-1] & 0xF
    return int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF


def truncated(key, counter, algorithm):
    return truncate(hmac.new(key, counter.to_bytes(8, "big"), algorithm.lower()).digest())


def hotp(key, counter, digits=6, algorithm="SHA1"):
    return str(truncated(key, counter, algorithm) % 10**digits).zfill(digits)


def steam(key, step):
    value, code = truncated(key, step, "SHA1"), ""
    for _ in range(5):
        value, place = divmod(value, 26)
        code += STEAM_ALPHABET[place]
    return code


def verify_totp(code_at, well_formed, case):
    """Judges the attempts one after the other; returns what is expected of each."""
    state = dict(case["state"])
    outcomes = []
    for attempt in case["attempts"]:
        outcome = verify_once(code_at, well_formed, case, state, attempt)
        outcomes.append(outcome)
        if outcome["outcome"] == "accepted":
            state = {"last_step": outcome["step"], "drift": outcome["state_drift"]}
    return outcomes


def verify_once(code_at, well_formed, case, state, attempt):
    if not well_formed(attempt["code"]):
        return {"outcome": "malformed"}
    if attempt["time"] < case["epoch"]:
        return {"outcome": "mismatch"}
    now = (attempt["time"] - case["epoch"]) // case["period"]
    limit = case["drift_limit"]
    centre = max(0, min(MAXIMUM, now + max(-limit, min(limit, state["drift"]))))
    before, after = case["window"]
    window = range(max(0, centre - before), min(MAXIMUM, centre + after) + 1)
    typed = attempt["code"].upper()
    matching = [step for step in window if code_at(step) == typed]
    last = state["last_step"]
    burned = [step for step in matching if last is not None and step <= last]
    if burned:
        return {"outcome": "replayed", "step": burned[-1]}
    if matching:
        step = matching[-1]
        drift = step - now
        remembered = max(-limit, min(limit, drift))
        return {"outcome": "accepted", "step": step, "drift": drift, "state_drift": remembered}
    return {"outcome": "mismatch"}


def decimal(digits):
    return lambda code: re.fullmatch(r"[0-9]{%d}" % digits, code, re.ASCII) is not None


# --- oathtool, the second opinion ---

oathtool_calls = 0


def cross_check(code, key, counter, digits, algorithm):
    """HOTP is TOTP with a period of one second; oathtool's --hotp knows SHA-1 only."""
    global oathtool_calls
    if algorithm == "SHA1":
        command = ["oathtool", "--hotp", "-c", str(counter), "-d", str(digits), key.hex()]
    elif counter < 2**31:
        command = ["oathtool", f"--totp={algorithm}", "-d", str(digits), "--time-step-size=1s"]
        command += [f"--now=@{counter}", key.hex()]
    else:
        return
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert answer == code, f"oathtool says {answer}, the oracle {code}: {command}"
    oathtool_calls += 1


# --- HOTP ---


def hotp_cases():
    table = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split()
    for counter, code in enumerate(table):
        assert hotp(RFC_KEY, counter) == code
        yield generated(f"rfc_4226_appendix_d_counter_{counter}", "Published.", RFC_KEY, counter, code)

    # Wycheproof's messages of eight bytes are HOTP counters; the codes are the
    # truncations of its published tags.
    for algorithm, key, counter, tag in WYCHEPROOF:
        key, tag = bytes.fromhex(key), bytes.fromhex(tag)
        code = str(truncate(tag) % 10**8).zfill(8)
        assert code == hotp(key, int(counter, 16), 8, algorithm)
        yield generated(
            f"wycheproof_hmac_{algorithm.lower()}_test_9",
            "The published tag of an eight-byte message, truncated to eight digits.",
            key, int(counter, 16), code, 8, algorithm,
        )  # fmt: skip

    for length in (1, 16, 63, 64, 65, 127, 128, 129, 256):
        key = bytes((7 * place + length) % 256 for place in range(length))
        for algorithm in ("SHA1", "SHA256", "SHA512"):
            yield generated(
                f"a_key_of_{length}_bytes_with_{algorithm.lower()}",
                "Keys up to a block are padded, longer ones hashed first (RFC 2104 section 2).",
                key, 10**6 + length, None, 8, algorithm,
            )  # fmt: skip
    zero = next(n for n in range(10**6) if hotp(RFC_KEY, n).startswith("00"))
    yield generated("leading_zeros_are_kept", "Two of them.", RFC_KEY, zero)
    for counter in (2**31, 2**32, 2**63, MAXIMUM):
        yield generated(f"a_counter_of_{counter}", "All 64 bits count.", RFC_KEY, counter)

    def at(counter):
        return hotp(RFC_KEY, counter)

    accepted = [
        ("the_expected_counter", 5, 5, 0),
        ("the_last_counter_of_the_look_ahead", 15, 5, 10),
        ("the_last_counter_of_the_longest_look_ahead", 105, 5, 100),
        ("a_leading_zero_typed_in_full", zero, zero, 0),
        ("the_last_counter_that_has_a_successor", MAXIMUM - 1, MAXIMUM - 1, 100),
    ]
    for name, code_of, counter, look_ahead in accepted:
        yield hotp_verify(name, "", at(code_of), counter, look_ahead, "accepted")
    mismatches = [
        ("the_counter_before_is_never_looked_at", at(4), 5, 10),
        ("a_counter_long_past", at(0), 9, 100),
        ("one_past_the_look_ahead", at(16), 5, 10),
        ("one_past_the_longest_look_ahead", at(106), 5, 100),
        ("no_look_ahead_means_none", at(6), 5, 0),
        ("a_used_code_when_the_counter_has_moved", at(7), 8, 10),
        ("the_very_last_counter_has_no_successor", at(MAXIMUM), MAXIMUM, 100),
        ("the_counter_does_not_wrap_to_zero", at(0), MAXIMUM, 100),
        ("the_counter_does_not_wrap_into_the_look_ahead", at(3), MAXIMUM - 5, 100),
        ("the_code_with_one_digit_changed", at(5)[:5] + str((int(at(5)[5]) + 1) % 10), 5, 10),
        ("the_code_backwards", at(5)[::-1], 5, 10),
        ("all_zeros", "000000", 5, 10),
    ]
    for name, code, counter, look_ahead in mismatches:
        yield hotp_verify(name, "", code, counter, look_ahead, "mismatch")
    for name, code in malformed_codes(at(5)):
        yield hotp_verify(name, "Only exactly six ASCII digits are a code.", code, 5, 10, "malformed")
    yield hotp_verify("a_short_zero_is_not_padded", "", at(zero).lstrip("0"), zero, 10, "malformed")

    pairs = [
        ("two_codes_at_the_start_of_the_range", at(0), at(1), 0, 100, "accepted"),
        ("two_codes_at_the_end_of_the_range", at(100), at(101), 0, 100, "accepted"),
        ("two_codes_far_beyond_the_look_ahead", at(60), at(61), 5, 100, "accepted"),
        ("the_last_pair_that_has_a_successor", at(MAXIMUM - 2), at(MAXIMUM - 1), MAXIMUM - 9, 100, "accepted"),
        ("one_pair_past_the_range", at(101), at(102), 0, 100, "mismatch"),
        ("two_codes_with_a_gap", at(40), at(42), 0, 100, "mismatch"),
        ("two_codes_in_the_wrong_order", at(41), at(40), 0, 100, "mismatch"),
        ("one_code_twice", at(40), at(40), 0, 100, "mismatch"),
        ("only_the_first_code_is_right", at(40), "000000", 0, 100, "mismatch"),
        ("only_the_second_code_is_right", "000000", at(41), 0, 100, "mismatch"),
        ("a_pair_that_begins_before_the_counter", at(9), at(10), 10, 100, "mismatch"),
        ("a_pair_that_was_used", at(8), at(9), 10, 100, "mismatch"),
        ("a_pair_that_ends_at_the_last_counter", at(MAXIMUM - 1), at(MAXIMUM), MAXIMUM - 9, 100, "mismatch"),
        ("a_pair_across_the_wrap", at(MAXIMUM), at(0), MAXIMUM - 9, 100, "mismatch"),
        ("a_malformed_first_code", at(40)[:5], at(41), 0, 100, "malformed"),
        ("a_malformed_second_code", at(40), at(41) + " ", 0, 100, "malformed"),
        ("both_codes_in_one_field", at(40) + at(41), "", 0, 100, "malformed"),
    ]
    for name, first, second, counter, look_ahead, outcome in pairs:
        yield hotp_resynchronise(f"resynchronise_with_{name}", first, second, counter, look_ahead, outcome)


def generated(name, comment, key, counter, code=None, digits=6, algorithm="SHA1"):
    computed = hotp(key, counter, digits, algorithm)
    assert code in (None, computed)
    cross_check(computed, key, counter, digits, algorithm)
    case = parameters(name, comment, "generate", key, algorithm, digits)
    return case | {"counter": counter, "expect": {"code": computed}}


def hotp_verify(name, comment, code, counter, look_ahead, outcome):
    expect = {"outcome": "malformed"}
    if decimal(6)(code):
        counters = range(counter, min(counter + look_ahead, MAXIMUM - 1) + 1)
        matching = [n for n in counters if hotp(RFC_KEY, n) == code]
        expect = accepted_counter(matching[0]) if matching else {"outcome": "mismatch"}
    assert expect["outcome"] == outcome, name
    case = parameters(name, comment, "verify", RFC_KEY, "SHA1", 6)
    return case | {"counter": counter, "look_ahead": look_ahead, "code": code, "expect": expect}


def hotp_resynchronise(name, first, second, counter, look_ahead, outcome):
    expect = {"outcome": "malformed"}
    if decimal(6)(first) and decimal(6)(second):
        counters = range(counter, min(counter + look_ahead, MAXIMUM - 2) + 1)
        pairs = ((hotp(RFC_KEY, n), hotp(RFC_KEY, n + 1)) for n in counters)
        matching = [n for n, pair in zip(counters, pairs) if pair == (first, second)]
        expect = accepted_counter(matching[0] + 1) if matching else {"outcome": "mismatch"}
    assert expect["outcome"] == outcome, name
    case = parameters(name, "RFC 4226 section 7.4.", "resynchronise", RFC_KEY, "SHA1", 6)
    case |= {"counter": counter, "look_ahead": look_ahead, "codes": [first, second]}
    return case | {"expect": expect}


def accepted_counter(counter):
    return {"outcome": "accepted", "next_counter": counter + 1}


def parameters(name, comment, kind, key, algorithm, digits):
    return {
        "id": name,
        "comment": comment,
        "kind": kind,
        "secret": key.hex(),
        "algorithm": algorithm,
        "digits": digits,
    }


WYCHEPROOF = [
    ("SHA1", "e3220700ce24a010cf623f60891e4f298ff26b11", "c97afb5063a9dd0d",
     "383b103ce9054cb74a0431d16da99d8233e94fc2"),
    ("SHA256", "233e4fdee70bcc20235b6977ddfc05b0df66f5635d827c66e5a63cdb16a24938", "fdb2ee4b6d1a0ac2",
     "120b26ee1355c134c262513c7922deb6c4fd90303de4cd61b9f9cd08f22d6e18"),
    ("SHA512", "dd4e05933d09711ee88cb4c1ceb3600b2b33808bc08d499387b331d9c7af49bc"
     "65b55172cf8083385a940e4b864b7b4b73ddf3bd513a6cbcac73878a879b4d06", "66948029351432c3",
     "9968a16eff2b4eeecb2f9d11fcb105e8d8ca59ed4e69131c9de599cd8155fa4f"
     "33def1195a6b452263aad9265e16d4951841d7cd33c74c475da04497c02922ea"),
]  # fmt: skip


def malformed_codes(code):
    """What a code is not, whatever a lenient reader would make of it."""
    full_width = "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in code)
    arabic = "".join(chr(ord(digit) - ord("0") + 0x0660) for digit in code)
    return [
        ("nothing", ""),
        ("one_digit_missing", code[:-1]),
        ("one_digit_too_many", code + "0"),
        ("a_zero_in_front", "0" + code),
        ("a_space_in_front", " " + code),
        ("a_space_behind", code + " "),
        ("a_space_in_place_of_a_digit", code[:3] + " " + code[4:]),
        ("a_space_in_the_middle", code[:3] + " " + code[3:]),
        ("a_hyphen_in_the_middle", code[:3] + "-" + code[3:]),
        ("a_newline_behind", code + "\n"),
        ("a_tab_in_front", "\t" + code),
        ("a_nul_behind", code + "\0"),
        ("a_nul_in_place_of_a_digit", code[:5] + "\0"),
        ("a_plus_sign", "+" + code[1:]),
        ("a_minus_sign", "-" + code[1:]),
        ("a_decimal_point", code[:3] + "." + code[4:]),
        ("an_exponent", code[:4] + "e1"),
        ("hexadecimal", "0x" + code[2:]),
        ("an_underscore", code[:3] + "_" + code[4:]),
        ("letters", "ABCDEF"),
        ("letters_that_look_like_digits", "OlZSBg"),
        ("a_non_breaking_space_behind", code + "\u00a0"),
        ("a_zero_width_space_behind", code + "\u200b"),
        ("a_zero_width_joiner_inside", code[:3] + "\u200d" + code[3:]),
        ("a_byte_order_mark_in_front", "\ufeff" + code),
        ("full_width_digits", full_width),
        ("arabic_indic_digits", arabic),
        ("superscript_digits", "¹²³¹²³"),
        ("two_full_width_digits_of_six_bytes", full_width[:2]),
        ("three_characters_of_six_bytes", "ééé"),
        ("the_word_null", "null"),
        ("a_json_array", f'["{code}"]'),
    ]


# --- TOTP ---


def totp_cases():
    published = {  # RFC 6238, appendix B
        59: ("94287082", "46119246", "90693936"),
        1111111109: ("07081804", "68084774", "25091201"),
        1111111111: ("14050471", "67062674", "99943326"),
        1234567890: ("89005924", "91819424", "93441116"),
        2000000000: ("69279037", "90698825", "38618901"),
        20000000000: ("65353130", "77737706", "47863826"),
    }
    for time, codes in published.items():
        for algorithm, code in zip(RFC_KEYS, codes):
            name = f"rfc_6238_appendix_b_time_{time}_{algorithm.lower()}"
            yield totp_generated(name, "Published.", time, digits=8, algorithm=algorithm, code=code)
    yield totp_generated("the_first_second_of_a_step", "", 60)
    yield totp_generated("the_last_second_of_a_step", "", 89)
    yield totp_generated("a_period_of_60_seconds", "", 59, period=60)
    yield totp_generated("a_period_of_one_second", "", 59, period=1)
    yield totp_generated("an_epoch_other_than_1970", "", 1_000_059, epoch=1_000_000)
    yield totp_generated("seven_digits", "", 1111111109, digits=7)
    yield totp_generated("after_the_signed_32_bits_end_in_2038", "", 2**31)
    yield totp_generated("after_the_unsigned_32_bits_end_in_2106", "", 2**32)
    yield totp_generated("the_last_second_there_is", "", MAXIMUM)

    now = 1_784_300_015  # the middle of a step
    step = now // 30

    def at(offset):
        return hotp(RFC_KEY, step + offset)

    # One code against the clock, second by second around the window of one step.
    for offset in range(-61, 62):
        time = step * 30 + offset
        inside = step - 1 <= time // 30 <= step + 1
        word = "before" if offset < 0 else "after"
        yield sequence(
            f"a_code_judged_{abs(offset)}_seconds_{word}_its_step_begins",
            "The default window of one step to each side.",
            [(time, at(0), "accepted" if inside else "mismatch")],
        )

    yield sequence("the_same_code_again", "", [(now, at(0), "accepted"), (now, at(0), "replayed")])
    yield sequence(
        "the_same_code_again_one_step_later",
        "It is still in the window, but burned.",
        [(now, at(0), "accepted"), (now + 30, at(0), "replayed")],
    )
    yield sequence(
        "the_same_code_again_when_it_has_left_the_window",
        "",
        [(now, at(0), "accepted"), (now + 60, at(0), "mismatch")],
    )
    yield sequence(
        "an_earlier_unused_code_after_a_later_one",
        "Accepting a step burns every step before it.",
        [(now, at(0), "accepted"), (now, at(-1), "replayed"), (now, at(1), "accepted")],
    )
    yield sequence(
        "two_codes_in_turn_are_each_accepted_once",
        "A, B, A, B: remembering only the last code would let A in again.",
        [(now, at(0), "accepted"), (now, at(1), "accepted"), (now, at(0), "replayed"), (now, at(1), "replayed")],
    )
    yield sequence(
        "a_code_from_the_future_burns_the_present",
        "",
        [(now, at(1), "accepted"), (now, at(0), "replayed"), (now, at(-1), "replayed")],
    )
    yield sequence(
        "wrong_codes_burn_nothing",
        "",
        [(now, "000000", "mismatch"), (now, "", "malformed"), (now, at(0), "accepted")],
    )
    yield sequence(
        "a_clock_set_back_accepts_nothing_twice",
        "",
        [(now, at(0), "accepted"), (now - 30, at(0), "replayed"), (now - 30, at(-1), "replayed")],
    )
    yield sequence(
        "a_state_from_the_far_future_lets_nothing_in",
        "A server clock that jumped ahead and back; a code must not be usable twice for it.",
        [(now, at(0), "replayed")],
        state={"last_step": step + 1000, "drift": 0},
    )
    yield sequence(
        "a_state_whose_last_step_is_the_last_there_is",
        "",
        [(now, at(0), "replayed")],
        state={"last_step": MAXIMUM, "drift": 0},
    )
    yield sequence(
        "step_zero_is_burned_like_any_other",
        "",
        [(5, hotp(RFC_KEY, 0), "accepted"), (5, hotp(RFC_KEY, 0), "replayed")],
    )
    yield sequence("a_used_code_with_a_space", "", [(now, at(0), "accepted"), (now, at(0) + " ", "malformed")])

    strict = {"window": (0, 0)}
    yield sequence("a_strict_window_takes_the_current_code", "", [(now, at(0), "accepted")], **strict)
    yield sequence("a_strict_window_refuses_the_code_before", "", [(now, at(-1), "mismatch")], **strict)
    yield sequence("a_strict_window_refuses_the_code_after", "", [(now, at(1), "mismatch")], **strict)
    late = {"window": (2, 0)}
    yield sequence("a_window_only_backwards_takes_the_past", "", [(now, at(-2), "accepted")], **late)
    yield sequence("a_window_only_backwards_refuses_the_future", "", [(now, at(1), "mismatch")], **late)
    yield sequence("a_window_only_backwards_ends", "", [(now, at(-3), "mismatch")], **late)
    wide = {"window": (10, 10)}
    for offset, outcome in ((-11, "mismatch"), (-10, "accepted"), (10, "accepted"), (11, "mismatch")):
        word = "before" if offset < 0 else "after"
        name = f"the_widest_window_and_a_code_{abs(offset)}_steps_{word}"
        yield sequence(name, "", [(now, at(offset), outcome)], **wide)

    twins = next(
        (key, n)
        for key in (bytes([a, b]) * 10 for a in range(256) for b in range(256))
        for n in range(60)
        if hotp(key, n) == hotp(key, n + 1)
    )
    key, twin = twins
    code = hotp(key, twin)
    yield sequence(
        "a_code_of_two_steps_is_good_once",
        "Two neighbouring steps happen to have the same code: it burns both.",
        [(30 * twin + 15, code, "accepted"), (30 * twin + 15, code, "replayed"), (30 * twin + 45, code, "replayed")],
        key=key,
    )

    drifting = {"window": (1, 1), "drift_limit": 5}
    yield sequence(
        "drift_is_not_remembered_unless_asked_for",
        "",
        [(now, at(1), "accepted"), (now + 60, at(4), "mismatch")],
    )
    yield sequence(
        "a_clock_that_runs_ahead_is_followed",
        "Each accepted code moves the centre of the window.",
        [(now, at(1), "accepted"), (now + 60, at(4), "accepted"), (now + 120, at(7), "accepted")],
        **drifting,
    )
    yield sequence(
        "a_clock_that_runs_behind_is_followed",
        "",
        [(now, at(-1), "accepted"), (now + 90, at(1), "accepted"), (now + 180, at(3), "accepted")],
        **drifting,
    )
    yield sequence(
        "a_followed_window_keeps_its_width",
        "With a drift of 3 the window is 2 to 4; the server's own step is outside.",
        [(now, at(0), "mismatch"), (now, at(1), "mismatch"), (now, at(5), "mismatch"), (now, at(2), "accepted")],
        state={"last_step": None, "drift": 3},
        **drifting,
    )
    yield sequence(
        "drift_stops_at_the_limit",
        "The code is accepted, but the window follows no further.",
        [(now, at(6), "accepted"), (now + 30, at(8), "mismatch"), (now + 30, at(7), "accepted")],
        state={"last_step": None, "drift": 5},
        **drifting,
    )
    yield sequence(
        "a_remembered_drift_beyond_the_limit_is_cut_to_it",
        "",
        [(now, at(100), "mismatch"), (now, at(6), "accepted")],
        state={"last_step": None, "drift": 100},
        **drifting,
    )
    yield sequence(
        "a_remembered_drift_is_ignored_when_none_is_allowed",
        "",
        [(now, at(100), "mismatch"), (now, at(0), "accepted")],
        state={"last_step": None, "drift": 100},
    )
    yield sequence(
        "a_followed_window_burns_codes_too",
        "",
        [(now, at(1), "accepted"), (now, at(1), "replayed"), (now, at(0), "replayed")],
        **drifting,
    )

    yield sequence("before_the_epoch_nothing_matches", "", [(99, hotp(RFC_KEY, 0), "mismatch")], epoch=100)
    yield sequence("the_epoch_begins_step_zero", "", [(100, hotp(RFC_KEY, 0), "accepted")], epoch=100)
    yield sequence("the_window_ends_at_step_zero", "", [(0, hotp(RFC_KEY, MAXIMUM), "mismatch")])
    yield sequence("the_window_begins_at_step_zero", "", [(0, hotp(RFC_KEY, 1), "accepted")])
    yield sequence(
        "the_drift_does_not_lead_below_step_zero",
        "The window is centred on step 0 then.",
        [(0, hotp(RFC_KEY, 0), "accepted")],
        state={"last_step": None, "drift": -5},
        **drifting,
    )
    end = {"period": 1, "window": (1, 10)}
    yield sequence("the_last_step_there_is", "", [(MAXIMUM, hotp(RFC_KEY, MAXIMUM), "accepted")], **end)
    yield sequence("the_window_does_not_wrap_at_the_end", "", [(MAXIMUM, hotp(RFC_KEY, 0), "mismatch")], **end)
    yield sequence(
        "the_last_step_is_burned_for_ever",
        "",
        [(MAXIMUM, hotp(RFC_KEY, MAXIMUM), "accepted"), (MAXIMUM, hotp(RFC_KEY, MAXIMUM), "replayed")],
        **end,
    )
    yield sequence("the_right_code_in_eight_digits_for_six", "", [(59, "94287082", "malformed")])
    yield sequence("the_right_code_in_six_digits_for_eight", "", [(59, "287082", "malformed")], digits=8)
    yield sequence("a_sha_1_code_for_sha_256", "", [(59, "94287082", "mismatch")], digits=8, algorithm="SHA256")
    yield sequence("the_code_of_another_secret", "", [(now, hotp(b"another secret of 23 b.", step), "mismatch")])
    for name, code in malformed_codes(at(0)):
        yield sequence(f"malformed_{name}", "", [(now, code, "malformed")])


def totp_generated(name, comment, time, digits=6, algorithm="SHA1", period=30, epoch=0, code=None):
    key, step = RFC_KEYS[algorithm], (time - epoch) // period
    computed = hotp(key, step, digits, algorithm)
    assert code in (None, computed)
    cross_check(computed, key, step, digits, algorithm)
    case = parameters(name, comment, "generate", key, algorithm, digits)
    case |= {"period": period, "epoch": epoch, "time": time}
    return case | {"expect": {"code": computed, "remaining": period - (time - epoch) % period}}


def sequence(name, comment, attempts, key=None, digits=6, algorithm="SHA1", **settings):
    key = key or RFC_KEYS[algorithm]
    case = parameters(name, comment, "verify", key, algorithm, digits)
    case |= {"period": 30, "epoch": 0, "window": (1, 1), "drift_limit": 0}
    case |= {"state": {"last_step": None, "drift": 0}} | settings
    case["attempts"] = [{"time": time, "code": code} for time, code, _ in attempts]
    outcomes = verify_totp(lambda step: hotp(key, step, digits, algorithm), decimal(digits), case)
    assert [each["outcome"] for each in outcomes] == [stated for _, _, stated in attempts], (name, outcomes)
    return case | {"expect": {"outcomes": outcomes}}


# --- Steam ---


def steam_cases():
    known = {  # as pyotp's tests have them
        "BASE32SECRET3232": ("2TC8B", "YKKK4", "M4HQB", "DTVB3"),
        "FMXNK4QEGKVPULRTADY6JIDK5VHUBGZW": ("C5V56", "QJY8Y", "R3WQY", "JG3T3"),
    }
    for secret, codes in known.items():
        for step, code in enumerate(codes):
            key = base64.b32decode(secret)
            assert steam(key, step) == code, (secret, step, steam(key, step))
            name = f"pyotp_{secret.lower()[:8]}_time_{30 * step}"
            yield steam_generated(name, "As in pyotp's tests.", key, 30 * step)
    for time in (59, 1111111109, 2000000000, 2**32, MAXIMUM):
        yield steam_generated(f"the_rfc_key_at_{time}", "", RFC_KEY, time)

    now = 1_784_300_015
    step = now // 30
    code = steam(RFC_KEY, step)
    swapped = "2" if code[4] != "2" else "3"
    for name, attempts in [
        ("the_current_code", [(now, code, "accepted")]),
        ("lower_case", [(now, code.lower(), "accepted")]),
        ("one_step_late", [(now + 30, code, "accepted")]),
        ("two_steps_late", [(now + 60, code, "mismatch")]),
        ("two_steps_early", [(now - 60, code, "mismatch")]),
        ("the_same_code_again", [(now, code, "accepted"), (now, code, "replayed")]),
        ("the_same_code_again_in_lower_case", [(now, code, "accepted"), (now, code.lower(), "replayed")]),
        ("the_last_character_wrong", [(now, code[:4] + swapped, "mismatch")]),
        ("the_code_backwards", [(now, code[::-1], "mismatch")]),
        ("the_decimal_code_in_five_digits", [(now, "23456", "mismatch")]),
        ("nothing", [(now, "", "malformed")]),
        ("four_characters", [(now, code[:4], "malformed")]),
        ("six_characters", [(now, code + "2", "malformed")]),
        ("a_space_behind", [(now, code + " ", "malformed")]),
        ("a_space_in_place_of_a_character", [(now, code[:4] + " ", "malformed")]),
        ("a_zero", [(now, code[:4] + "0", "malformed")]),
        ("a_letter_outside_the_alphabet", [(now, code[:4] + "A", "malformed")]),
        ("a_full_width_character", [(now, "２" + code[3:], "malformed")]),
        ("a_kelvin_sign_is_not_a_k", [(now, "K2\u212a", "malformed")]),
        ("a_nul_behind", [(now, code[:4] + "\0", "malformed")]),
    ]:
        yield steam_sequence(name, attempts)


def steam_generated(name, comment, key, time):
    case = {"id": name, "comment": comment, "kind": "generate", "secret": key.hex(), "time": time}
    return case | {"expect": {"code": steam(key, time // 30)}}


def steam_sequence(name, attempts):
    case = {"id": name, "comment": "", "kind": "verify", "secret": RFC_KEY.hex()}
    settings = {"period": 30, "epoch": 0, "window": (1, 1), "drift_limit": 0}
    case["state"] = {"last_step": None, "drift": 0}
    case["attempts"] = [{"time": time, "code": code} for time, code, _ in attempts]

    def well_formed(code):
        return len(code) == 5 and code.isascii() and all(c in STEAM_ALPHABET for c in code.upper())

    outcomes = verify_totp(lambda step: steam(RFC_KEY, step), well_formed, case | settings)
    assert [each["outcome"] for each in outcomes] == [stated for _, _, stated in attempts], (name, outcomes)
    return case | {"expect": {"outcomes": outcomes}}


# --- base32 ---


def base32_cases():
    for text in ("f", "fo", "foo", "foob", "fooba", "foobar"):
        encoded = base64.b32encode(text.encode()).decode()
        yield base32_read(f"rfc_4648_section_10_{text}", encoded, text.encode())
        yield base32_read(f"rfc_4648_section_10_{text}_without_padding", encoded.rstrip("="), text.encode())
    key = b"12345678901234567890"
    text = base64.b32encode(key).decode()
    groups = " ".join(text[i : i + 4] for i in range(0, len(text), 4))
    yield base32_read("lower_case", text.lower(), key)
    yield base32_read("mixed_case", text[:9].lower() + text[9:], key)
    yield base32_read("groups_of_four", groups, key)
    yield base32_read("groups_of_four_in_lower_case", groups.lower(), key)
    yield base32_read("hyphens", groups.replace(" ", "-"), key)
    yield base32_read("spaces_around", f"  {text} ", key)
    yield base32_read("too_much_padding", "MZXW6===========", b"foo")
    yield base32_read("padding_after_a_space", "MZXW6 ===", b"foo")
    yield base32_read("the_80_bits_that_many_sites_give", "JBSWY3DPEHPK3PXP", b"Hello!\xde\xad\xbe\xef")
    yield base32_read("256_bytes", base64.b32encode(bytes(range(256))).decode(), bytes(range(256)))
    for character, where, position in [
        ("0", "GEZDGNBV0Y3TQOJQ", 8),
        ("1", "1EZDGNBV", 0),
        ("8", "GEZDGNB8", 7),
        ("9", "GE9DGNBV", 2),
        ("an_exclamation_mark", "GEZ!GNBV", 3),
        ("a_tab", "GEZD\tGNBV", 4),
        ("a_newline", "GEZDGNBV\n", 8),
        ("a_nul", "GEZDGNB\0", 7),
        ("a_slash", "GEZD/NBV", 4),
        ("an_underscore", "GEZD_GNBV", 4),
        ("a_full_stop_after_spaces", " G E .", 5),
        ("an_umlaut", "GÄZDGNBV", 1),
        ("a_full_width_letter", "GEＺDGNBV", 2),
        ("a_long_s", "GEZDGNBſ", 7),
        ("a_dotless_i", "GEZDGNBı", 7),
        ("a_non_breaking_space", "GEZD\u00a0GNBV", 4),
        ("a_zero_width_space", "GEZD\u200bGNBV", 4),
        ("an_emoji", "GEZDGNB🔑", 7),
        ("padding_in_front", "=GEZDGNBV", 0),
        ("padding_in_the_middle", "MZXW6===MZXW6===", 5),
    ]:
        expect = {"error": "secret-character", "position": position}
        yield base32_refused(f"a_foreign_character_{character}", where, expect)
    for length in (1, 3, 6, 9, 11, 14):
        expect = {"error": "secret-length"}
        yield base32_refused(f"no_bytes_have_{length}_characters", "A" * length, expect)
    for name, bad in (("two", "MZ"), ("four", "MZXX"), ("five", "MZXW7"), ("seven", "MZXW6YR")):
        yield base32_refused(f"trailing_bits_in_{name}_characters", bad, {"error": "secret-trailing-bits"})
    for name, empty in (("nothing", ""), ("only_spaces", "   "), ("only_padding", "===="), ("a_hyphen", "-")):
        yield base32_refused(f"empty_{name}", empty, {"error": "secret-empty"})
    yield base32_refused("257_bytes", base64.b32encode(bytes(257)).decode(), {"error": "secret-too-long"})


def base32_read(name, text, value):
    bare = re.sub(r"[ -]", "", text).rstrip("=").upper()
    assert base64.b32decode(bare + "=" * (-len(bare) % 8)) == value, name
    canonical = base64.b32encode(value).decode().rstrip("=")
    expect = {"secret": value.hex(), "canonical": canonical}
    return {"id": name, "comment": "", "kind": "read", "text": text, "expect": expect}


def base32_refused(name, text, expect):
    return {"id": name, "comment": "", "kind": "read", "text": text, "expect": expect}


# --- sent codes and recovery codes ---

ALPHABETS = {
    "digits": "0123456789",
    "letters": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "alphanumeric": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "unambiguous": STEAM_ALPHABET,
}


def code_cases():
    for alphabet, characters in ALPHABETS.items():
        for length in (4, 6, 8, 12):
            millibits = math.floor(length * math.log2(len(characters)) * 1000)
            expect = {"entropy_millibits": millibits, "is_guessable": millibits < 20_000}
            yield policy(f"{length}_{alphabet}", length, alphabet, expect)
        for length in (0, 1, 3, 13, 255):
            expect = {"error": "invalid-code-length"}
            yield policy(f"{length}_{alphabet}_are_refused", length, alphabet, expect)

    readings = [
        ("six_digits", 6, "digits", "012345", "012345"),
        ("letters_in_lower_case", 6, "letters", "abcxyz", "ABCXYZ"),
        ("letters_in_mixed_case", 4, "alphanumeric", "a1B2", "A1B2"),
        ("unambiguous_in_lower_case", 8, "unambiguous", "bcdf2345", "BCDF2345"),
        ("twelve_characters", 12, "alphanumeric", "0123456789AZ", "0123456789AZ"),
        ("a_letter_among_digits", 6, "digits", "01234A", None),
        ("a_digit_among_letters", 6, "letters", "ABCDE1", None),
        ("a_zero_among_unambiguous", 6, "unambiguous", "BCDF20", None),
        ("an_i_among_unambiguous", 6, "unambiguous", "BCDF2I", None),
        ("an_l_among_unambiguous", 6, "unambiguous", "BCDF2l", None),
        ("a_vowel_among_unambiguous", 6, "unambiguous", "BCDF2A", None),
        ("one_too_many_letters", 6, "letters", "ABCDEFG", None),
        ("one_too_few_letters", 6, "letters", "ABCDE", None),
        ("a_space_behind_letters", 6, "letters", "ABCDEF ", None),
        ("a_long_s_is_no_s", 6, "letters", "ABCDſ", None),
        ("a_kelvin_sign_is_no_k", 6, "letters", "ABC\u212a", None),
        ("a_full_width_letter", 6, "letters", "ＡBCD", None),
        ("a_sharp_s_does_not_become_two", 6, "letters", "ABCDß", None),
    ]
    readings += [(f"malformed_{name}", 6, "digits", code, None) for name, code in malformed_codes("012345")]
    for name, length, alphabet, typed, code in readings:
        fold = "".join(c.upper() if c.isascii() else c for c in typed)
        fits = len(fold) == length and all(c in ALPHABETS[alphabet] for c in fold)
        assert code == (fold if fits else None), name
        case = {"id": name, "comment": "", "kind": "normalise", "length": length}
        case |= {"alphabet": alphabet, "typed": typed}
        yield case | {"expect": {"code": code} if code else {"outcome": "malformed"}}

    value = bytes.fromhex("00112233445566778899aabbccddeeff")
    text = recovery_text(value)
    bare = text.replace("-", "")
    for name, typed, read in [
        ("as_shown", text, value),
        ("without_hyphens", bare, value),
        ("in_lower_case", text.lower(), value),
        ("with_spaces", f" {bare[:13]}  {bare[13:]} ", value),
        ("with_o_for_zero", text.replace("0", "O"), value),
        ("with_i_for_one", text.replace("1", "I"), value),
        ("with_l_for_one", text.replace("1", "l"), value),
        ("all_zeros", "0" * 26, bytes(16)),
        ("all_ones", "7" + "Z" * 25, b"\xff" * 16),
        ("with_a_character_wrong", bare[:-1] + ("0" if bare[-1] != "0" else "2"), None),
        ("of_more_than_128_bits", "8" + "0" * 25, "malformed"),
        ("of_25_characters", bare[:25], "malformed"),
        ("of_27_characters", bare + "0", "malformed"),
        ("with_a_u", bare[:25] + "U", "malformed"),
        ("with_nothing", "", "malformed"),
        ("with_only_hyphens", "-" * 26, "malformed"),
        ("with_a_newline", bare + "\n", "malformed"),
        ("with_a_nul", bare[:25] + "\0", "malformed"),
        ("with_a_full_width_digit", "０" + bare[1:], "malformed"),
        ("with_a_dotted_capital_i", "\u0130" + bare[1:], "malformed"),
        ("with_a_non_breaking_space", bare[:13] + "\u00a0" + bare[13:], "malformed"),
    ]:
        case = {"id": f"a_recovery_code_{name}", "comment": "", "kind": "recovery", "typed": typed}
        case["valid"] = hashlib.sha256(value).hexdigest()
        outcome = {value: "accepted", None: "mismatch", "malformed": "malformed"}.get(read, "mismatch")
        shown = {"shown": text} if outcome == "accepted" else {}
        yield case | {"expect": {"outcome": outcome} | shown}


def policy(name, length, alphabet, expect):
    case = {"id": f"a_policy_of_{name}", "comment": "", "kind": "policy"}
    return case | {"length": length, "alphabet": alphabet, "expect": expect}


def recovery_text(value):
    number, text = int.from_bytes(value, "big"), ""
    for place in range(26):
        text += CROCKFORD[number >> 5 * (25 - place) & 31]
    bounds = (0, 4, 8, 13, 17, 21, 26)
    return "-".join(text[a:b] for a, b in zip(bounds, bounds[1:]))


# --- files ---

FAMILIES = {
    "hotp": (
        hotp_cases,
        "RFC 4226 appendix D; Wycheproof hmac_sha{1,256,512}_test.json (C2SP, dac1dd47); computed",
        {
            "kind": "what runs: generate, verify or resynchronise (RFC 4226 section 7.4)",
            "secret": "in hexadecimal",
            "counter": "64 bits, to be read without loss; for verify and resynchronise the one expected next",
        },
    ),
    "totp": (
        totp_cases,
        "RFC 6238 appendix B; computed",
        {
            "kind": "what runs: generate or verify",
            "secret": "in hexadecimal",
            "time": "Unix seconds; like steps and the epoch 64 bits, to be read without loss",
            "window": "steps before and after",
            "attempts": "judged in turn, each with the state that the accepted one before it left",
            "drift": "steps between the code and the server's time",
            "state_drift": "what of the drift is remembered",
        },
    ),
    "steam": (
        steam_cases,
        "pyotp's tests (test.py, contrib.Steam); computed",
        {"kind": "as in totp.json, with 30 seconds and a window of one step to each side"},
    ),
    "base32": (
        base32_cases,
        "RFC 4648 section 10; computed",
        {"position": "in characters of the text as given, from 0", "canonical": "upper-case, unpadded"},
    ),
    "codes": (
        code_cases,
        "computed",
        {
            "kind": "what runs: policy makes one, normalise reads what a user typed, recovery redeems "
            "a recovery code against a set of one",
            "valid": "the SHA-256 of the only recovery code in the set",
        },
    ),
}


def render(content):
    """One case a line: a change is a line in a diff."""
    cases = content.pop("cases")
    head = json.dumps(content, indent=2).removesuffix("\n}")
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    return f'{head},\n  "cases": [\n{lines}\n  ]\n}}\n'


def family(name):
    cases, source, notes = FAMILIES[name]
    cases = [case | {"id": case["id"].replace("_", "-")} for case in cases()]
    return {"family": name, "source": source, "notes": notes, "cases": cases}


def validate(name, content):
    """What schema.json says, as far as every family shares it."""
    assert set(content) == {"family", "source", "notes", "cases"}, name
    assert content["family"] == name and content["cases"], name
    seen = set()
    for case in content["cases"]:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", case["id"]), (name, case["id"])
        assert case["id"] not in seen, (name, "twice", case["id"])
        seen.add(case["id"])
        assert isinstance(case["comment"], str), case
        assert isinstance(case.get("expect"), dict) != isinstance(case.get("steps"), list), case


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    files = {f"{name}.json": render(family(name)) for name in FAMILIES}
    counts = {}
    written = {path.name: path.read_text() for path in sorted(VECTORS.glob("*.json"))}
    for name, text in (written | files).items():
        if name in ("schema.json", "manifest.json"):
            continue
        content = json.loads(text)
        validate(name.removesuffix(".json"), content)
        counts[name] = len(content["cases"])
    files["manifest.json"] = json.dumps(dict(sorted(counts.items())), indent=2) + "\n"

    stale = [name for name, text in files.items() if written.get(name) != text]
    if check and stale:
        sys.exit(f"stale: {', '.join(stale)}; run python3 tests/oracle/generate.py")
    for name in stale:
        (VECTORS / name).write_text(files[name])
    print(f"{sum(counts.values())} cases in {len(counts)} files, {oathtool_calls} codes agree with oathtool")


if __name__ == "__main__":
    main()
