"""A real service and an operator that tells of SIMs: every answer that CAMARA SIM Swap 2.1
has and those that it has not, and what is sent then."""

import re
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone

import pytest
from support.camara import CLIENT, SECRET, Operator, error
from support.gateway import SECRET as KEY
from support.gateway import Gateway
from support.service import Service, keyfob
from support.wait import until

PHONE = "+447700900123"
ASKED = {"max_age_hours": 24}
UNKNOWN = {"swapped": None, "source": "operator"}


@pytest.fixture
def stage(tmp_path):
    """Makes a service that has this configuration."""
    with ExitStack() as stack:
        def start(configuration, **more):
            file = tmp_path / "keyfob.toml"
            file.write_text(configuration)
            return stack.enter_context(Service(arguments=["--config", file], **more))

        yield start


@pytest.fixture
def operator():
    with Operator() as operator:
        yield operator


def ask(service, to=PHONE, hours=24):
    reply = service.client.post("sim-swap/", {"to": to, "max_age_hours": hours}).ok()
    checked_at = reply.pop("checked_at", None)
    assert (checked_at is None) == (reply["source"] == "not-asked")
    return reply


def fetch(service, path):
    with urllib.request.urlopen(service.address + path, timeout=5) as answer:
        return answer.read().decode()


def checks(service, answer, source):
    found = re.findall(
        rf'keyfob_sim_swap_checks_total{{answer="{answer}",source="{source}"}} (\d+)',
        fetch(service, "/metrics"))
    return int(found[0]) if found else 0


def said(service):
    return service.stderr.read_text() + service.output()


def ago(**time_ago):
    return (datetime.now(timezone.utc) - timedelta(**time_ago)).isoformat(timespec="milliseconds")


@pytest.mark.parametrize("answer, swapped", [
    ((200, {"swapped": True}), True),
    ((200, {"swapped": False}), False),
    ((400, error(400, "OUT_OF_RANGE")), None),
    ((400, error(400, "INVALID_ARGUMENT")), None),
    ((401, error(401, "UNAUTHENTICATED")), None),
    ((403, error(403, "PERMISSION_DENIED")), None),
    ((404, error(404, "IDENTIFIER_NOT_FOUND")), None),
    ((404, b"<html>"), None),
    ((422, error(422, "SERVICE_NOT_APPLICABLE")), None),
    ((422, error(422, "MISSING_IDENTIFIER")), None),
    ((422, error(422, "UNNECESSARY_IDENTIFIER")), None),
    ((429, error(429, "TOO_MANY_REQUESTS")), None),
    ((500, error(500, "INTERNAL")), None),
    ((503, b""), None),
    ((204, b""), None),
    ((201, {"swapped": False}), None),
    ((200, b""), None),
    ((200, {}), None),
    ((200, {"swapped": None}), None),
    ((200, {"swapped": "false"}), None),
    ((200, b'{"swapped": fal'), None),
    ((200, b"\xff\xfe"), None),
    ((200, b'{"swapped": false}' + b" " * 20_000), None),
])
def test_every_answer_to_a_check_is_yes_no_or_not_known(stage, operator, answer, swapped):
    operator.answer = answer
    service = stage(operator.configuration())
    assert ask(service) == {"swapped": swapped, "source": "operator"}
    word = {True: "swapped", False: "not-swapped", None: "unknown"}[swapped]
    assert checks(service, word, "operator") == 1
    sent = service.client.send(service.client.new_domain(), PHONE, "sms", sim_swap=ASKED)
    match swapped:
        case False:
            assert sent.ok()["sim_swap"] == "not-swapped"
            service.received_code(PHONE)
        case True:
            assert sent.problem(403)["code"] == "sim-swapped"
        case None:
            assert sent.problem(403)["code"] == "sim-swap-unknown"
    assert bool(service.messages(PHONE)) == (swapped is False)


@pytest.mark.parametrize("change, swapped", [
    ({"latestSimChange": ago(hours=23)}, True),
    ({"latestSimChange": ago(hours=25)}, False),
    ({"latestSimChange": ago(days=-400)}, True),
    ({"latestSimChange": "2024-09-18T07:37:53.471Z"}, False),
    ({"latestSimChange": "2024-09-18T09:37:53.471+02:00", "monitoredPeriod": 10}, False),
    ({"latestSimChange": None}, None),
    ({"latestSimChange": None, "monitoredPeriod": None}, None),
    ({"latestSimChange": None, "monitoredPeriod": 120}, False),
    ({"latestSimChange": None, "monitoredPeriod": 1}, False),
    ({"latestSimChange": None, "monitoredPeriod": 0}, None),
    ({"latestSimChange": None, "monitoredPeriod": -1}, None),
    ({"latestSimChange": "yesterday"}, None),
    ({"latestSimChange": "2024-09-18"}, None),
    ({"monitoredPeriod": 120}, None),
    ({"swapped": False}, None),
    ({}, None),
])
def test_every_answer_to_a_question_for_the_date_is_yes_no_or_not_known(
        stage, operator, change, swapped):
    operator.answer = (200, change)
    service = stage(operator.configuration(method="retrieve-date"))
    assert ask(service) == {"swapped": swapped, "source": "operator"}


def test_a_period_that_is_shorter_than_what_was_asked_says_nothing(stage, operator):
    operator.answer = (200, {"latestSimChange": None, "monitoredPeriod": 10})
    service = stage(operator.configuration(method="retrieve-date"))
    assert ask(service, hours=241)["swapped"] is None
    assert ask(service, hours=240)["swapped"] is False


@pytest.mark.parametrize("fault", ["hang", "drop", "half", "endless", "redirect"])
@pytest.mark.parametrize("of", ["token", "question"])
def test_an_operator_that_misbehaves_does_not_know_and_takes_no_longer_than_it_may(
        stage, operator, fault, of):
    operator.elsewhere = f"{operator.url}/elsewhere"
    setattr(operator, "token_fault" if of == "token" else "fault", fault)
    service = stage(operator.configuration(timeout=0.5))
    began = time.monotonic()
    assert ask(service) == UNKNOWN
    assert time.monotonic() - began < 1.5
    assert not operator.complaints, "a redirect is not followed"


@pytest.mark.parametrize("answer", [
    (400, {"error": "invalid_scope"}), (401, {"error": "invalid_client"}), (500, b""), (200, b""),
    (200, {"access_token": "t", "token_type": "mac"}), (200, {"access_token": "", "token_type": "Bearer"}),
    (200, {"access_token": "a\r\nb: c", "token_type": "Bearer"}), (200, {"token_type": "Bearer"}),
])
def test_without_a_token_nobody_is_asked(stage, operator, answer):
    operator.token_fault = answer
    service = stage(operator.configuration())
    assert ask(service) == UNKNOWN
    assert operator.questions == []


def test_a_token_is_used_again_and_renewed_before_its_end_and_once_when_it_is_not_taken(
        stage, operator):
    service = stage(operator.configuration(cache=0))
    for _ in range(5):
        assert ask(service)["swapped"] is False
    assert (operator.fetched, len(operator.questions)) == (1, 5)
    operator.revoke()
    assert ask(service)["swapped"] is False
    assert (operator.fetched, len(operator.questions)) == (2, 7)
    operator.token_uses = 0
    assert ask(service) == UNKNOWN
    assert (operator.fetched, len(operator.questions)) == (3, 9), "once, and then it is no use"
    operator.token_uses, operator.token_life = None, 2
    operator.revoke()
    assert ask(service)["swapped"] is False
    fetched, questions = operator.fetched, len(operator.questions)
    time.sleep(1.7)  # a quarter of its life is left
    assert ask(service)["swapped"] is False
    assert (operator.fetched, len(operator.questions)) == (fetched + 1, questions + 1)


def test_many_at_once_fetch_one_token_and_put_one_question_for_a_number(stage, operator):
    operator.delay = 0.5
    service = stage(operator.configuration())
    numbers = [PHONE] * 20 + [f"+4477009002{at:02}" for at in range(5)]
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda number: ask(service, number), numbers))
    assert {answer["swapped"] for answer in answers} == {False}
    assert operator.fetched == 1
    asked = [question for question in operator.questions if PHONE in question]
    assert len(asked) <= 2, "one, and another for who came when it was just answered"
    assert len(operator.questions) - len(asked) == 5, "other numbers are other questions"


def test_many_at_once_of_which_nothing_can_be_shared_put_a_question_each(stage, operator):
    """The control of the test before: the same storm, were each question its own."""
    operator.delay = 0.5
    service = stage(operator.configuration(cache=0))
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda hours: ask(service, PHONE, hours), range(24, 44)))
    assert len(operator.questions) == 20


def test_an_answer_is_used_again_for_its_number_and_account_and_no_longer(stage, operator):
    service = stage(operator.configuration(cache=2))
    assert ask(service)["source"] == "operator"
    operator.answer = (200, {"swapped": True})
    assert ask(service) == {"swapped": False, "source": "cache"}
    assert ask(service, hours=23) == {"swapped": False, "source": "cache"}
    assert ask(service, hours=25) == {"swapped": True, "source": "operator"}
    assert ask(service, "+447700900124") == {"swapped": True, "source": "operator"}
    other = service.new_key("--new-account")
    first, service.key = service.key, other
    assert ask(service) == {"swapped": True, "source": "operator"}
    service.key = first
    time.sleep(2.1)
    assert ask(service) == {"swapped": True, "source": "operator"}
    assert checks(service, "not-swapped", "cache") == 2


def test_an_answer_outlives_the_process(stage, operator):
    service = stage(operator.configuration())
    ask(service)
    service.start()
    assert ask(service) == {"swapped": False, "source": "cache"}


def test_a_number_of_another_country_is_not_asked_about(stage, operator):
    service = stage(operator.configuration())
    assert ask(service, "+4915112345678") == {"swapped": None, "source": "not-asked"}
    domain = service.client.new_domain()
    sent = service.client.send(domain, "+4915112345678", "sms", sim_swap={})
    assert sent.problem(403)["code"] == "sim-swap-unknown"
    flagged = service.client.send(domain, "+4915112345679", "sms", sim_swap={"on_unknown": "flag"})
    assert flagged.ok()["sim_swap"] == "unknown"
    assert operator.questions == [] and checks(service, "unknown", "not-asked") == 3


def test_a_dead_operator_is_left_alone_and_asked_again_later(stage, operator):
    operator.fault = "hang"
    service = stage(operator.configuration(timeout=0.3))
    for number in range(3):
        ask(service, f"+4477009001{number:02}")
    began = time.monotonic()
    for number in range(20):
        assert ask(service, f"+4477009002{number:02}") == UNKNOWN
    assert time.monotonic() - began < 2, "nobody waits for it"
    assert len(operator.questions) == 3
    assert "sim_swap: no answer from the operator in time; it is asked again in" in fetch(service, "/readyz")
    operator.fault = None
    operator.released.set()
    knows = lambda answer: answer["swapped"] is not None
    until(lambda: ask(service, "+447700900300"), knows, within=12, every=0.3)
    assert fetch(service, "/readyz") == "ok\n"


def test_a_client_that_hangs_up_leaves_the_question_to_be_answered(stage, operator):
    operator.delay = 1
    service = stage(operator.configuration())
    client = service.client
    client.timeout = 0.3
    with pytest.raises(TimeoutError):
        client.post("sim-swap/", {"to": PHONE, "max_age_hours": 24})
    assert ask(service)["swapped"] is False
    assert len(operator.questions) == 1


def test_a_domains_policy_holds_and_is_shown_and_changed(stage, operator):
    operator.answer = (200, {"swapped": True})
    service = stage(operator.configuration())
    client = service.client
    made = client.post("domain/", {"name": "Bank", "sim_swap": {"on_unknown": "flag"}, "fallback_after": 20}).ok()
    policy = {"max_age_hours": 240, "on_swap": "refuse", "on_unknown": "flag"}
    assert made == {"domain": made["domain"], "name": "Bank", "sim_swap": policy, "fallback_after": 20}
    domain = made["domain"]
    assert client.get(f"domain/{domain}").ok() == made
    assert client.send(domain, PHONE, "sms").problem(403)["code"] == "sim-swapped"
    assert client.send(domain, PHONE, ["sms", "voice"]).problem(429)["code"] == "send-limit"
    flagged = client.send(domain, "+447700900124", "sms", sim_swap={"on_swap": "flag"}).ok()
    assert flagged["sim_swap"] == "swapped", "the request's own policy, and it says so"
    assert client.send(domain, "+447700900125", "sms", sim_swap=False).problem(400)["field"] == "sim_swap"
    assert client.send(domain, "+447700900125", "sms", sim_swap=None).problem(400)["field"] == "sim_swap"
    assert "sim_swap" not in client.send(domain, "ann@example.com").ok()

    def change(**fields):
        return client.call("PATCH", f"domain/{domain}/", fields, content_type="application/merge-patch+json")

    assert change().ok() == made
    assert change(sim_swap={"on_swap": "next-channel", "on_unknown": None}).ok()["sim_swap"] == {
        "max_age_hours": 240, "on_swap": "next-channel", "on_unknown": "refuse"}
    assert client.send(domain, "+447700900126", ["sms", "voice"]).problem(403)["code"] == "sim-swapped"
    assert change(name=None, sim_swap=None, fallback_after=None).ok() == {"domain": domain}
    assert "sim_swap" not in client.send(domain, "+447700900127", "sms").ok()
    for fields, field in [({"fallback_after": 9}, "fallback_after"), ({"fallback_after": "20"}, "fallback_after"),
                          ({"sim_swap": {"max_age_hours": 0}}, "sim_swap.max_age_hours"), ({"sim_swap": []}, "sim_swap"),
                          ({"sim_swap": {"on_swap": "pay"}}, "sim_swap.on_swap"), ({"name": "a:b"}, "name"),
                          ({"nonsense": 1}, "nonsense")]:
        assert change(**fields).problem(400)["field"] == field, fields
    assert client.get(f"domain/{domain}/").ok() == {"domain": domain}
    stranger = Service.new_key(service, "--new-account")
    service.key = stranger
    assert service.client.get(f"domain/{domain}/").problem(404)["code"] == "domain-not-found"
    plain = service.client.call("PATCH", f"domain/{domain}/", {"name": "Mine"})
    assert plain.problem(404)["code"] == "domain-not-found"


def test_a_code_goes_round_a_doubtful_sim_and_stays_there(stage, operator):
    operator.answer = (200, {"swapped": True})
    service = stage(operator.configuration())
    client, domain = service.client, service.client.new_domain()
    person = {"phone": PHONE, "email": "ann@example.com"}
    policy = {"on_swap": "next-channel", "on_unknown": "next-channel"}
    sent = client.send(domain, person, ["sms", "voice", "email"], sim_swap=policy, fallback_after=10).ok()
    assert (sent["channel"], sent["sim_swap"]) == ("email", "swapped")
    code = service.received_code("ann@example.com")
    again = client.post("resend/", {"otp_id": sent["otp_id"], "channel": "sms"})
    assert again.problem(429)["code"] == "send-limit", "and nobody is asked"
    time.sleep(11)  # longer than a fallback waits
    assert service.messages(PHONE) == []
    assert client.verify(sent["otp_id"], code).ok() == {"verified": True}
    alone = client.send(domain, "+447700900124", ["sms", "voice"], sim_swap=policy)
    assert alone.problem(403)["code"] == "sim-swapped", "there is no other way"


def test_without_an_operator_nothing_goes_out_for_which_one_is_to_be_asked(stage):
    broken = '[sim_swap]\nbase_url = "http://operator.example"\ntoken_url = "https://o.example"\n' \
             'client_id = "c"\nclient_secret = "canary"\n'
    for configuration, trouble in [("", ""), (broken, "sim_swap: see `keyfob config check`\n"),
                                   ("[sim_swap]\nurl = 1\n", "sim_swap: see `keyfob config check`\n")]:
        service = stage(configuration)
        assert fetch(service, "/readyz") == "ok\n" + trouble
        domain = service.client.post("domain/", {"sim_swap": {}}).ok()["domain"]
        for _ in range(2):  # it takes no place
            assert service.client.send(domain, PHONE, "sms").problem(422)["code"] == "sim-swap-not-configured"
        assert service.client.post("sim-swap/", {"to": PHONE}).problem(422)["code"] == "sim-swap-not-configured"
        assert service.messages(PHONE) == []


def test_no_number_token_or_secret_is_seen_and_the_correlator_is(stage, operator):
    with Gateway() as gateway:
        channels = f'[channels]\nsms = ["g"]\n[providers.g]\nkind = "webhook"\nurl = "{gateway.url}/"\nsecret = "{KEY}"\n'
        service = stage(channels + operator.configuration(cache=0), dev=False,
                        environment={"KEYFOB_LOG": "trace"})
        domain = service.client.new_domain()
        service.client.send(domain, PHONE, "sms", sim_swap=ASKED).ok()
        gateway.fetch(PHONE)
        for operator.answer in [(500, error(500, "INTERNAL")), (403, error(403, "PERMISSION_DENIED"))]:
            ask(service)
        for operator.answer in [(404, error(404, "IDENTIFIER_NOT_FOUND")),
                                (422, error(422, "SERVICE_NOT_APPLICABLE"))]:
            assert ask(service) == UNKNOWN
        operator.fault = "drop"
        ask(service)
        for correlator in operator.correlators[1:]:
            lines = [line for line in said(service).splitlines() if f"correlator={correlator}" in line]
            assert len(lines) == 1, "what is not clear-cut can be looked for"
        seen = said(service) + fetch(service, "/metrics") + fetch(service, "/readyz")
    for hidden in [PHONE, PHONE[1:], SECRET, "token-canary", "message-canary"]:
        assert hidden not in seen, hidden


def test_the_configuration_is_checked_without_a_question(tmp_path, operator):
    file = tmp_path / "keyfob.toml"

    def check(**more):
        file.write_text(operator.configuration(**more))
        done = keyfob("config", "check", "--config", file, check=False)
        assert SECRET not in done.stdout + done.stderr
        return done

    done = check()
    assert done.returncode == 0 and "sim_swap: ok" in done.stderr, done.stderr
    assert CLIENT in done.stdout and "/sim-swap/v2" in done.stdout
    assert (operator.fetched, operator.questions) == (1, [])
    operator.token_fault = (401, {"error": "invalid_client"})
    done = check()
    assert done.returncode == 1 and "sim_swap: token_url answered 401" in done.stderr, done.stderr
    for key, value, word in [("prefixes", ["44"], "prefixes"), ("prefixes", [], "prefixes"), ("timeout", 11, "timeout"),
                             ("timeout", 0.01, "timeout"), ("cache", 86401, "cache"), ("method", "guess", "method"),
                             ("client_idd", "x", "client_idd")]:
        done = check(**{key: value})
        assert done.returncode == 1 and word in done.stderr, (key, value, done.stderr)
