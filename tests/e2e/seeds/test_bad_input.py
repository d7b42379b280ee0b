"""What a client can get wrong is answered with a problem that names the field, and
changes nothing."""

import json
import socket

import pytest
from support.client import BASE, Client
from support.device import Device

NOWHERE = "cabcc674-a328-432d-b925-0d5c3e79a183"


@pytest.fixture(scope="module")
def bench(service):
    """One domain with one user whose state every refused request must leave alone."""
    client = service.client
    return client, client.new_user(client.new_domain())


def fields_for(path, user):
    domain, user_id = user["domain"], user["user_id"]
    return {
        "domain/": {"name": "Example"},
        "user/": {"domain": domain, "user_id": "newcomer", "return_secret": True},
        "totp/": {"domain": domain, "user_id": user_id, "code": "000000"},
        "send/": {"domain": domain, "channel": "email", "to": "bad@example.com"},
        "verify/": {"otp_id": NOWHERE, "code": "000000"},
        "resend/": {"otp_id": NOWHERE},
        "cancel/": {"otp_id": NOWHERE},
        "sim-swap/": {"to": "+447700900123"},
        "erase/": {"domain": domain, "to": "+447700900123"},
    }[path]


PATHS = ["user/", "totp/", "send/", "verify/", "resend/", "cancel/", "sim-swap/", "erase/"]
REQUIRED = [
    ("user/", "domain"), ("user/", "user_id"), ("totp/", "domain"), ("totp/", "user_id"),
    ("totp/", "code"), ("send/", "domain"), ("send/", "channel"), ("send/", "to"),
    ("verify/", "otp_id"), ("verify/", "code"), ("resend/", "otp_id"), ("cancel/", "otp_id"),
    ("sim-swap/", "to"), ("erase/", "domain"), ("erase/", "to"),
]
WRONG_TYPES = [7041234, 1.5, None, True, [], ["000000"], {}, {"a": "b"}]


def unchanged(client, user):
    status = client.user_status(user)
    assert (status["status"], status["failures"]) == ("active", 0), "a bad request counted"
    assert client.get(f"user/{user['domain']}/newcomer/").status == 404, "a bad request created"


@pytest.mark.parametrize("path, field", REQUIRED)
def test_a_field_of_a_wrong_type_is_named(bench, path, field):
    client, user = bench
    for value in WRONG_TYPES:
        if field == "channel" and value == []:
            continue  # a list of channels is one of its types; an empty one is refused below
        problem = client.post(path, {**fields_for(path, user), field: value}).problem(400)
        assert problem["field"].split("[")[0] == field, (value, problem)
        assert "7041234" not in json.dumps(problem), "a value was repeated"
    unchanged(client, user)


@pytest.mark.parametrize("path, field", REQUIRED)
def test_a_missing_field_is_named(bench, path, field):
    client, user = bench
    fields = fields_for(path, user)
    del fields[field]
    problem = client.post(path, fields).problem(400)
    is_choice = (path, field) == ("erase/", "to")  # or `user_id`
    code = "one-to-erase" if is_choice else "invalid-request"
    assert (problem["code"], problem["field"]) == (code, field)
    unchanged(client, user)


@pytest.mark.parametrize("path", ["domain/", *PATHS])
def test_an_unknown_field_is_named(bench, path):
    client, user = bench
    problem = client.post(path, {**fields_for(path, user), "admin": True}).problem(400)
    assert (problem["code"], problem["field"]) == ("invalid-request", "admin")
    unchanged(client, user)


@pytest.mark.parametrize("path, field", [*REQUIRED, ("domain/", "name")])
def test_a_duplicate_key_is_named(bench, path, field):
    client, user = bench
    fields = json.dumps(fields_for(path, user))
    twice = fields[:-1] + f", {json.dumps(field)}: {json.dumps(fields_for(path, user)[field])}}}"
    problem = client.post(path, raw=twice.encode()).problem(400)
    assert problem["field"] == field, problem
    unchanged(client, user)


@pytest.mark.parametrize("path", ["domain/", *PATHS])
def test_a_body_that_is_no_json_object_is_refused(bench, path):
    client, user = bench
    good = json.dumps(fields_for(path, user)).encode()
    bodies = [
        b"{", b"[]", b"null", b"true", b'"x"', b"1", good[:-1], good + b"{}", good + b"x",
        b"\xef\xbb\xbf" + good, good.replace(b":", b"=", 1), good.replace(b'"', b"'"),
        b"[" * 10_000, b'{"a":' * 3_000, good.replace(b"}", b",}"), b"\x00" + good,
        json.dumps([*fields_for(path, user).values()]).encode(),
    ]
    for body in bodies:
        problem = client.post(path, raw=body).problem(400)
        assert problem["code"] == "invalid-request", (body[:60], problem)
    unchanged(client, user)


@pytest.mark.parametrize("path", PATHS)
def test_invalid_utf_8_is_refused(bench, path):
    client, user = bench
    for field in fields_for(path, user):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf0\x9f", b"\\ud800"):
            fields = {**fields_for(path, user), field: "PLACE"}
            body = json.dumps(fields).encode().replace(b"PLACE", bad)
            client.post(path, raw=body).problem(400)
    unchanged(client, user)


@pytest.mark.parametrize("path", ["domain/", *PATHS])
def test_a_body_of_17_kib_is_too_large(bench, path):
    client, user = bench
    padded = json.dumps(fields_for(path, user)).encode()
    padded += b" " * (17 * 1024 - len(padded))
    assert client.post(path, raw=padded).problem(413)["code"] == "body-too-large"
    unchanged(client, user)


def test_a_body_of_17_kib_without_a_length_is_too_large(service, bench):
    client, user = bench
    head = (f"POST {BASE}/totp/ HTTP/1.1\r\nhost: localhost\r\nx-api-key: {service.key}\r\nconnection: "
            "close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    with socket.create_connection((client.host, client.port), 10) as connection:
        connection.sendall(head.encode())
        for _ in range(17):
            connection.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413"), answer[:100]


def test_a_body_that_is_not_called_json_is_refused(bench):
    client, user = bench
    for path in PATHS:
        body = json.dumps(fields_for(path, user)).encode()
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "", "text/json",
                             "application/json5", "multipart/form-data; boundary=x"):
            reply = client.post(path, raw=body, content_type=content_type)
            assert reply.problem(415)["code"] == "not-json"
    accepted = client.post("totp/", raw=json.dumps(fields_for("verify/", user)).encode(),
                           content_type="Application/JSON; charset=utf-8")
    assert accepted.problem(400)["field"] == "otp_id", "the content type was not the fault"
    unchanged(client, user)


MALFORMED_CODES = [
    "", " ", "70447", "7044711", "704 471", " 704471", "704471 ", "704471\n", "704471\0", "\0",
    "70447\0", "+704471", "-704471", "+04471", "-04471", "70447.", "0x1234", "7e4471", "704-471",
    "abcdef", "null", "true", "7" * 4096, "\u202e704471", "704\u200b471", "\ufeff704471",
    "\uff17\uff10\uff14\uff14\uff17\uff11",  # full-width digits
    "\u0667\u0660\u0664\u0664\u0667\u0661",  # Arabic-Indic digits
    "\u096d\u0966\u096a\u096a\u096d\u0967",  # Devanagari digits
    "\u2077\u2070\u2074\u2074\u2077\u00b9",  # superscript digits
    "\U0001d7d5\U0001d7ce\U0001d7d2\U0001d7d2\U0001d7d5\U0001d7cf",  # mathematical bold digits
    "\xbc" * 6, "\xe9" * 6,
]


@pytest.mark.parametrize("code", MALFORMED_CODES, ids=lambda code: ascii(code)[:24])
def test_what_is_no_code_is_no_guess(bench, code):
    client, user = bench
    problem = client.totp(user, code).problem(400)
    assert (problem["code"], problem["field"]) == ("malformed-code", "code"), problem
    unchanged(client, user)


def test_the_right_code_in_another_guise_is_not_taken(bench):
    client, _ = bench
    user = client.new_user(client.new_domain())
    code = Device(user["secret"]).code()
    wide = code.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    for guise in (f" {code}", f"{code} ", f"{code[:3]} {code[3:]}", wide, f"+{code}", f"{code}\0",
                  f"{code}\n", f"0{code}"):
        client.totp(user, guise).problem(400)
    assert client.user_status(user)["failures"] == 0
    assert client.totp(user, code).ok() == {"verified": True}, "the code was not burned either"


def test_a_sent_code_in_another_guise_is_no_guess(service, bench):
    client, user = bench
    sent = client.send(user["domain"], "guise@example.com").ok()
    code = service.received_code("guise@example.com")
    for guise in ("", "1", "+" + code[1:], f"{code}\0", f"{code}0", code.translate(
            {ord("0") + digit: 0xFF10 + digit for digit in range(10)}), "-" + code):
        client.verify(sent["otp_id"], guise).problem(400)
    assert client.get(f"send/{sent['otp_id']}/").ok()["attempts_left"] == 5
    assert client.verify(sent["otp_id"], code).ok() == {"verified": True}


BAD_VALUES = [
    ("domain/", "sim_swap", ["x", [], {"on_swap": "pay"}, {"max_age_hours": 0}, {"unknown": 1}]),
    ("domain/", "fallback_after", [0, 9, 301, -1, "20", 20.5]),
    ("user/", "domain", ["", "x", "123", NOWHERE[:-1], NOWHERE + "0", "{" + NOWHERE + "}"]),
    ("user/", "user_id", ["", " ", " x", "x ", "a\nb", "a\0b", "x" * 257, "é" * 129]),
    ("user/", "set_secret", ["", "A", "AAA", "JBSWY3DPEHPK3PX1", "JBSWY3DPEHPK3PXP", "!!!!",
                             "é" * 32, "JBSWY3DP\0HPK3PXPJBSWY3DPEHPK3PXP", "A" * 9_000]),
    ("user/", "return_secret", ["yes", "TRUE", "1", 1, 0, None, "", []]),
    ("user/", "accept_short_secret", ["yes", 1, None]),
    ("user/", "algorithm", ["", "MD5", "sha-3", 1, "SHA1\0"]),
    ("user/", "digits", [0, 5, 9, -1, 256, 6.5, "6", 10**30]),
    ("user/", "interval", [0, -30, 121, 10**20, "30", 30.5]),
    ("send/", "channel", ["", "fax", "SMS", [], ["sms", "fax"], ["sms", 1]]),
    ("send/", "to", ["", "x", "@", "a@b@c", "a b@example.com", "x@example.com\r\nBcc: y@z.org",
                     "+447700900123", "é@", "a" * 400 + "@example.com"]),
    ("send/", "message", ["", "no code", "{{code}} {{other}}", "{{code", "x" * 9_000 + "{{code}}"]),
    ("send/", "length", [0, 3, 13, -4, 255, 256, "6", 6.0]),
    ("send/", "charset", ["", "emoji", "DIGITS", 1, []]),
    ("send/", "expiry", [0, 29, 601, -1, 2**63, 1e300, "300"]),
    ("send/", "context", ["x", [], {"a": 1}, {"": ""}, {"amount": None}]),
    ("send/", "sim_swap", ["x", [], [1], {"on_swap": "pay"}, {"max_age_hours": 0},
                           {"unknown": 1}, {"max_age_hours": 70_000}]),
    ("send/", "fallback_after", [0, 9, 301, -1, "20", 20.5, 20]),  # 20: there is one channel
    ("send/", "origin", ["", "https://example.com", "example", "exa mple.com", 1]),
    ("send/", "app_hash", ["", "short", "FA+9qCX9VSu!", 1]),
    ("verify/", "otp_id", ["", "x", NOWHERE[:-1], f" {NOWHERE}"]),
    ("resend/", "channel", ["fax", 1, []]),
    ("erase/", "to", ["", "x", "12", "a@", "+4477009001234567890"]),
    ("sim-swap/", "to", ["", "x", "12", "a@example.com", "+4477009001234567890"]),
    ("sim-swap/", "max_age_hours", [0, 2401, -1, "10", 1.5]),
]


@pytest.mark.parametrize("path, field, values", BAD_VALUES, ids=lambda value: str(value)[:16])
def test_a_value_that_cannot_be_used_is_named(bench, path, field, values):
    client, user = bench
    for value in values:
        fields = {**fields_for(path, user), field: value}
        if (path, field) == ("send/", "sim_swap"):
            fields |= {"channel": "sms", "to": "+447700900123"}
        problem = client.post(path, fields).problem(400)
        assert problem["field"].split(".")[0].split("[")[0] == field, (value, problem)
    unchanged(client, user)


def test_channels_that_do_not_reach_the_recipient_are_refused(bench):
    client, user = bench
    for channels, to in [(["sms", "email"], "+447700900123"), (["email", "sms"], "a@example.com")]:
        assert client.send(user["domain"], to, channels).problem(400)["field"] == "channel"
    unchanged(client, user)


def test_unknown_domains_users_and_challenges_are_told_apart(bench):
    client, user = bench
    domain, user_id = user["domain"], user["user_id"]
    for reply, code in [
        (client.post("user/", {"domain": NOWHERE, "user_id": "u"}), "domain-not-found"),
        (client.totp({"domain": NOWHERE, "user_id": user_id}, "000000"), "domain-not-found"),
        (client.totp({"domain": domain, "user_id": "nobody"}, "000000"), "user-not-found"),
        (client.send(NOWHERE, "x@example.com"), "domain-not-found"),
        (client.get(f"user/{NOWHERE}/{user_id}/"), "domain-not-found"),
        (client.get(f"user/{domain}/nobody/"), "user-not-found"),
        (client.delete(f"user/{domain}/nobody/"), "user-not-found"),
        (client.post(f"user/{domain}/nobody/enrolment/"), "user-not-found"),
        (client.verify(NOWHERE, "000000"), "challenge-not-found"),
        (client.post("resend/", {"otp_id": NOWHERE}), "challenge-not-found"),
        (client.post("cancel/", {"otp_id": NOWHERE}), "challenge-not-found"),
        (client.get(f"send/{NOWHERE}/"), "challenge-not-found"),
    ]:
        assert reply.problem(404)["code"] == code


def test_a_user_that_exists_is_not_replaced(bench):
    client, user = bench
    for more in ({}, {"return_secret": True}, {"set_secret": "A" * 32}):
        fields = {"domain": user["domain"], "user_id": user["user_id"], **more}
        assert client.post("user/", fields).problem(409)["code"] == "user-exists"
    assert client.totp(user, Device(user["secret"]).code()).ok() == {"verified": True}


def test_another_account_finds_nothing(service, bench):
    client, user = bench
    stranger = Client(service.address, service.new_key("--new-account"))
    sent = client.send(user["domain"], "mine@example.com").ok()
    code = service.received_code("mine@example.com")
    domain, otp_id = user["domain"], sent["otp_id"]
    answers = [
        stranger.totp(user, "000000"),
        stranger.post("user/", {"domain": domain, "user_id": "theirs"}),
        stranger.get(f"user/{domain}/{user['user_id']}/"),
        stranger.delete(f"user/{domain}/{user['user_id']}/"),
        stranger.post(f"user/{domain}/{user['user_id']}/enrolment/", {"revoke": True}),
        stranger.send(domain, "theirs@example.com"),
        stranger.verify(otp_id, code),
        stranger.post("resend/", {"otp_id": otp_id}),
        stranger.post("cancel/", {"otp_id": otp_id}),
        stranger.get(f"send/{otp_id}/"),
    ]
    for reply in answers:
        assert reply.problem(404)["code"] in ("domain-not-found", "challenge-not-found")
    assert client.user_status(user)["status"] == "active"
    assert client.verify(otp_id, code).ok() == {"verified": True}


def test_without_a_good_key_nothing_is_answered(service, bench):
    client, user = bench
    wrong = service.key[:-1] + ("a" if service.key[-1] != "a" else "b")
    other_secret = service.key[:12] + ("a" if service.key[12] != "a" else "b") + service.key[13:]
    for key in ("", "x", wrong, other_secret, service.key.upper(), f"{service.key} x", "kf_"):
        stranger = Client(service.address, key)
        assert stranger.post("domain/").problem(401)["code"] == "api-key-invalid"
        assert stranger.totp(user, "000000").problem(401)
    nobody = client.request("POST", f"{BASE}/domain/")
    assert nobody.problem(401)["code"] == "api-key-missing"
    assert nobody.headers["www-authenticate"]
    unchanged(client, user)


def test_what_is_not_there_and_what_is_not_possible_are_problems(bench):
    client, user = bench
    assert client.post("nothing/").problem(404)["code"] == "not-found"
    assert client.request("GET", "/").status in (200, 404)
    for method, path in [("PUT", "totp/"), ("GET", "totp/"), ("DELETE", "domain/"),
                         ("PATCH", f"user/{user['domain']}/x/"), ("GET", "send/")]:
        reply = client.call(method, path)
        assert reply.problem(405)["code"] == "method-not-allowed"
        assert reply.headers["allow"], "RFC 9110 asks for it"


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "%00", "%ff", "%E2%80%AE", "a" * 8000])
def test_a_hostile_path_is_a_problem(bench, path):
    client, user = bench
    reply = client.get(f"user/{user['domain']}/{path}/")
    assert reply.problem()["status"] in (400, 404, 414, 431)
    assert client.get(f"send/{path}/").problem()["status"] in (400, 404, 414, 431)


def test_an_answer_repeats_no_value(bench):
    """Bodies hold secrets and codes: a problem says what is wrong without them."""
    client, user = bench
    marks = ["canary-7f3a", "9182736455"]
    for path in PATHS:
        for field in fields_for(path, user):
            for mark in marks:
                for value in (mark, [mark], {mark: mark}, int(marks[1])):
                    reply = client.post(path, {**fields_for(path, user), field: value})
                    if reply.status < 400:
                        continue  # a good user id or the like
                    text = reply.body.decode()
                    named = json.loads(text).get("field", "")
                    assert mark not in text.replace(named, ""), (path, field, text)
    unchanged(client, user)
