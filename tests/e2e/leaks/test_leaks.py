"""Nothing that was entrusted to the service stands anywhere in clear: not in the
database, its WAL or any other file, not in the logs at their most talkative, not in
`/metrics`, not in an answer that has no business with it."""

import base64
import json
import re
from urllib.parse import quote

import pytest
from support.canaries import Canary, search
from support.client import Client
from support.device import Device
from support.mail import PASSWORD, Authority, MailServer, plain_text
from support.page import confirm, open_page
from support.service import Service

USER = "canary.user.51f0ab@persons.example"
PENDING = "canary.pending.77c2de@persons.example"
MAIL = "canary.mail.09be44@inbox.example"
PHONE = "+447700900461"
SECRET_BYTES = bytes.fromhex("9d41c7e2b05f3386aa17d4c96eb2f0385c719a04")
SECRET = base64.b32encode(SECRET_BYTES).decode()
PAYEE, TEXT = "Canary Payee 8d1f Ltd", "canary words 6b20 of the message"
ACCOUNT_NAME = "canary account name 2ee9"
WEIRD = "canary-value-c4d8e1"


class Told:
    """A client that keeps every answer."""

    def __init__(self, service):
        self.service, self.answers = service, []
        self.client = Client(service.address, service.key)

    def say(self, path, fields=None, **more):
        reply = self.client.post(path, fields, **more)
        self.answers.append((f"POST {path}", reply))
        return reply

    def ask(self, method, path):
        reply = self.client.call(method, path)
        self.answers.append((f"{method} {path.split('/')[0]}", reply))
        return reply


@pytest.fixture(scope="module", params=["debug", "trace"])
def planted(request, tmp_path_factory):
    """A service that has seen every canary by every route, and what there is to search."""
    folder = tmp_path_factory.mktemp("leaks")
    authority = Authority(folder)
    with MailServer(folder, authority) as server:
        arguments = ["--smtp-url", server.url(), "--smtp-from", "codes@bank.example",
                     "--smtp-ca", authority.certificate]
        environment = {"RUST_LOG": request.param, "KEYFOB_LOG": request.param}
        with Service(dev=False, arguments=arguments, environment=environment) as service:
            told = Told(service)
            canaries = plant(told, server)
            metrics = told.client.request("GET", "/metrics")
            live = files(service.data)
            service.kill()
            killed = files(service.data)
            service.start()
            told.client = Client(service.address, service.key)
            assert told.client.request("GET", "/readyz").status == 200
            assert service.stop() == 0
            yield {
                "canaries": canaries,
                "answers": told.answers,
                "metrics": metrics,
                "files": {**prefixed("live", live), **prefixed("killed", killed),
                          **prefixed("stopped", files(service.data))},
                "stdout": service.stdout.read_bytes(),
                "stderr": service.stderr.read_bytes(),
                "key": service.key,
            }


def plant(told, server):
    domain = told.say("domain/", {"name": "Example Bank"}).ok()["domain"]
    canaries = enrol(told, domain) + send(told, domain, server)
    fail(told, domain)
    return canaries + [
        Canary("user id", USER), Canary("pending user id", PENDING), Canary("email", MAIL),
        Canary("mailbox name", MAIL.split("@")[0]), Canary("phone", PHONE),
        Canary("phone digits", PHONE[1:]), Canary("secret", SECRET_BYTES),
        Canary("secret in base32", SECRET), Canary("payee", PAYEE), Canary("message", TEXT),
        Canary("account name", ACCOUNT_NAME), Canary("odd value", WEIRD),
        Canary("API key", told.service.key), Canary("relay's password", PASSWORD),
        Canary("part of the API key", told.service.key.split("_")[2][:24]),
    ]


def enrol(told, domain):
    user = {"domain": domain, "user_id": USER}
    made = told.say("user/", {**user, "set_secret": SECRET, "return_secret": True, "digits": 8,
                              "account_name": ACCOUNT_NAME}).ok()
    device = Device(made["secret"], digits=8)
    code, later = device.code(), device.code(1)
    told.say("totp/", {**user, "code": code}).ok()
    told.say("totp/", {**user, "code": code}).ok()
    wrong = device.wrong_codes(99_999)[12_345:12_351]
    for guess in wrong:
        told.say("totp/", {**user, "code": guess})
    told.say("totp/", {**user, "code": later}).problem(429)
    told.ask("GET", f"user/{domain}/{quote(USER)}/").ok()
    told.say("user/", {**user, "set_secret": SECRET}).problem(409)

    pending = told.say("user/", {"domain": domain, "user_id": PENDING, "digits": 8}).ok()
    path, secret = open_page(told.client, pending)
    device = Device(secret, digits=8)
    first = device.code()
    confirm(told.client, path, device.wrong_codes(50_000)[41_000])
    assert confirm(told.client, path, first).status == 200
    again = told.say(f"user/{domain}/{quote(PENDING)}/enrolment/", {"account_name": ACCOUNT_NAME})
    other_path, other_secret = open_page(told.client, again.ok())
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return [
        Canary("code of a device", code), Canary("next code of a device", later),
        Canary("wrong code", wrong[0]), Canary("first code", first),
        Canary("generated secret", key), Canary("generated secret in base32", secret),
        Canary("other generated secret", other_secret),
        Canary("ticket", path.rsplit("/", 1)[1]), Canary("open ticket", other_path.rsplit("/", 1)[1]),
    ]


def send(told, domain, server):
    context = {"amount": "EUR 12.00", "payee": PAYEE}
    sent = told.say("send/", {
        "domain": domain, "channel": "email", "to": MAIL, "context": context, "length": 12,
        "charset": "letters", "message": TEXT + " {{code}} {{amount}} {{payee}}",
    }).ok()
    [message] = server.fetch(MAIL)
    assert TEXT in plain_text(message) and PAYEE in plain_text(message)
    code = re.search(r"\b[A-Z]{12}\b", plain_text(message)).group()
    otp_id = sent["otp_id"]
    told.say("verify/", {"otp_id": otp_id, "code": "ABCDEFGHIJKL", "context": context})
    told.say("resend/", {"otp_id": otp_id})
    told.say("verify/", {"otp_id": otp_id, "code": code, "context": context}).ok()
    told.say("verify/", {"otp_id": otp_id, "code": code, "context": context}).ok()
    told.say("cancel/", {"otp_id": otp_id})
    told.ask("GET", f"send/{otp_id}/").ok()
    told.say("send/", {"domain": domain, "channel": "sms", "to": PHONE}).problem(422)
    told.say("sim-swap/", {"to": PHONE})
    server.recorder.refusals = [f"550 5.1.1 no such person <fail.{MAIL}>"]
    told.say("send/", {"domain": domain, "channel": "email", "to": f"fail.{MAIL}"}).ok()
    server.recorder.refusals += [f"451 4.3.0 later <later.{MAIL}>"] * 3
    told.say("send/", {"domain": domain, "channel": "email", "to": f"later.{MAIL}"}).ok()
    return [Canary("sent code", code), Canary("sent code in lower case", code.lower())]


def fail(told, domain):
    """Errors of every kind, each with canaries in the request."""
    marks = [USER, MAIL, PHONE, SECRET, WEIRD]
    shapes = {
        "user/": ["domain", "user_id", "set_secret", "account_name", "algorithm", "digits"],
        "totp/": ["domain", "user_id", "code"],
        "send/": ["domain", "channel", "to", "message", "charset", "context", "origin", "app_hash",
                  "sim_swap", "length", "expiry", "client_address"],
        "verify/": ["otp_id", "code", "context"],
        "resend/": ["otp_id", "channel"],
        "cancel/": ["otp_id"],
        "sim-swap/": ["to", "max_age_hours"],
        "erase/": ["domain", "to"],
        "domain/": ["name", "sim_swap", "fallback_after"],
    }
    for path, names in shapes.items():
        for name in names:
            for mark in marks:
                for value in (mark, [mark], {"x": mark}, f"{mark}\0", f"{mark}:{mark}"):
                    if path == "domain/" and isinstance(value, str):
                        continue  # a domain's name is the issuer, which is for all to see
                    fields = {"domain": domain, "user_id": "someone", "code": "000000",
                              "otp_id": "cabcc674-a328-432d-b925-0d5c3e79a183",
                              "channel": "email", "to": "x@inbox.example"}
                    base = {key: fields[key] for key in names if key in fields}
                    base = {"domain": domain, **base} if "domain" in names else base
                    if path == "send/" and name not in ("to", "channel", "domain"):
                        base["channel"] = "sms"  # not configured: nothing goes out
                        base["to"] = "+447700900002"
                    told.say(path, {**base, name: value})
    for mark in marks:
        told.say("totp/", raw=f'{{"code": "{mark}"'.encode())
        told.say("totp/", raw=f'"{mark}"'.encode())
        told.say("totp/", raw=mark.encode(), content_type="text/plain")
        told.say(f"{quote(mark)}/", {})
        told.ask("GET", f"send/{quote(mark)}/")
        told.ask("GET", f"user/{quote(mark)}/{quote(mark)}/")
        told.ask("GET", f"user/{domain}/{quote(mark + '?')}/")
        told.ask("DELETE", f"user/{domain}/{quote(mark + '?')}/")
        told.ask("PUT", f"user/{domain}/{quote(mark)}/")
        for path in (f"/{quote(mark)}", f"/enrol/{quote(mark)}", f"/docs?{quote(mark)}",
                     f"/metrics?{quote(mark)}"):
            reply = told.client.request("GET", path, headers={"x-api-key": mark, "referer": mark,
                                                              "user-agent": mark, mark[1:6]: mark})
            told.answers.append((f"GET {path[:6]}", reply))
        told.answers.append(("wrong key", Client(told.service.address, mark).post("domain/")))


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def prefixed(name, found):
    return {f"{name} {file}": content for file, content in found.items()}


def test_the_search_finds_whatever_is_planted(planted):
    """Otherwise the other tests here could not fail."""
    for canary in planted["canaries"]:
        value = canary.value
        for text in (value, b"x" + value + b"y", value.hex().encode(),
                     base64.b64encode(b'{"u":"' + value + b'"}'), base64.b64encode(b"ab" + value),
                     base64.b32encode(b"abc" + value), base64.b32encode(b"a" + value).lower()):
            hits = {name for name, _ in search(b"\0\1" + text + b"\2", planted["canaries"])}
            assert canary.name in hits, (canary.name, text)


def test_no_file_of_the_data_folder_holds_a_canary(planted):
    names = set(planted["files"])
    assert {"live keyfob.db", "live keyfob.db-wal", "live keyfob.db-shm", "live master.key",
            "killed keyfob.db-wal", "stopped keyfob.db"} <= names, names
    assert len(planted["files"]["live keyfob.db-wal"]) > 10_000, "nothing was written"
    for name, content in planted["files"].items():
        assert search(content, planted["canaries"]) == [], name


def test_the_logs_hold_no_canary(planted):
    assert len(planted["stderr"]) > 5_000, "the logs were not talkative at all"
    assert search(planted["stderr"], planted["canaries"]) == []
    shown_once = [c for c in planted["canaries"] if "API key" not in c.name]
    assert search(planted["stdout"], shown_once) == []
    assert planted["stdout"].count(planted["key"].encode()) <= 2, "at the first start, once"


def test_the_metrics_hold_no_canary(planted):
    assert planted["metrics"].status == 200 and len(planted["metrics"].body) > 500
    assert search(planted["metrics"].body, planted["canaries"]) == []


def test_answers_hold_only_what_they_are_for(planted):
    assert len(planted["answers"]) > 500
    for route, reply in planted["answers"]:
        text = reply.body + str(reply.headers).encode()
        allowed = set()
        if reply.status == 200 and route in ("POST user/", "GET user"):
            allowed = {"user id", "pending user id", "odd value", "email", "phone", "phone digits",
                       "mailbox name"}
        if reply.status == 200 and route.startswith("POST user/"):
            allowed |= {"user id", "pending user id", "secret", "secret in base32", "ticket",
                        "open ticket", "account name", "odd value", "email", "phone",
                        "phone digits", "mailbox name"}
        hits = {name for name, _ in search(text, planted["canaries"])} - allowed
        assert not hits, (route, reply.status, hits, reply.body[:300])


def test_a_problem_names_no_more_than_the_field(planted):
    problems = [reply for _, reply in planted["answers"] if reply.status >= 400
                and reply.headers["content-type"] == "application/problem+json"]
    assert len(problems) > 400
    for reply in problems:
        assert set(json.loads(reply.body)) <= {"type", "title", "status", "code", "detail",
                                               "field", "retry_after", "limit"}
