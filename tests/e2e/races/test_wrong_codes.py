"""A thousand wrong codes at once: five are evaluated, by whatever way they come, and
also when the service is killed in the middle."""

import re

from support.device import Device
from support.page import confirm, open_page
from support.service import Service, keyfob
from support.storm import kill_after, submit, submit_forms, tally

STORM = 1_000
LIMIT = 5


def guesses(user, device, count=STORM):
    return [{"domain": user["domain"], "user_id": user["user_id"], "code": code}
            for code in device.wrong_codes(count)]


def test_totp_evaluates_five_of_a_thousand(service, client, domain):
    user = client.new_user(domain)
    device = Device(user["secret"])
    answers = submit(service.address, service.key, "totp/", guesses(user, device))
    assert tally(answers) == {"blocked": STORM - LIMIT, "mismatch": LIMIT}
    for answer in answers:
        if answer.outcome == "blocked":
            assert answer.status == 429
            wait = int(re.search(rb"\r\nretry-after: (\d+)", answer.headers.lower()).group(1))
            assert 1 <= wait <= 30
    assert client.user_status(user)["failures"] == LIMIT
    blocked = client.totp(user, device.code()).problem(429)
    assert blocked["code"] == "blocked", "not even the right code, while blocked"
    assert client.user_status(user)["failures"] == LIMIT


def test_five_wrong_codes_one_by_one_block(client, domain):
    user = client.new_user(domain)
    device = Device(user["secret"])
    left = [client.totp(user, code).ok()["attempts_left"] for code in device.wrong_codes(LIMIT)]
    assert left == [4, 3, 2, 1, 0]
    reply = client.totp(user, device.code())
    problem = reply.problem(429)
    assert problem["code"] == "blocked"
    assert 28 <= int(reply.headers["retry-after"]) <= 30
    assert problem["retry_after"] == int(reply.headers["retry-after"])
    status = client.user_status(user)
    assert (status["status"], status["failures"]) == ("blocked", LIMIT)
    assert status["blocked_until"]


def test_the_right_code_clears_the_count(client, domain):
    user = client.new_user(domain)
    device = Device(user["secret"])
    for code in device.wrong_codes(4):
        assert client.totp(user, code).ok()["outcome"] == "mismatch"
    assert client.totp(user, device.code()).ok() == {"verified": True}
    assert client.user_status(user)["failures"] == 0


def test_verify_evaluates_five_of_a_thousand_and_a_resend_gives_none_back(
    service, client, domain
):
    to = "guesses@example.com"
    otp_id = client.send(domain, to).ok()["otp_id"]
    code = service.received_code(to)
    wrong = [f"{number:06}" for number in range(STORM + 1) if f"{number:06}" != code][:STORM]
    bodies = [{"otp_id": otp_id, "code": guess} for guess in wrong]
    counts = tally(submit(service.address, service.key, "verify/", bodies))
    assert counts.pop("mismatch") == LIMIT
    assert set(counts) <= {"exhausted", "blocked"} and sum(counts.values()) == STORM - LIMIT
    reply = client.verify(otp_id, code)
    assert reply.json.get("verified") is not True, "the right code, after five wrong ones"
    assert client.get(f"send/{otp_id}/").ok()["attempts_left"] == 0
    assert client.post("resend/", {"otp_id": otp_id}).problem()["status"] in (409, 429)
    again = client.send(domain, to)
    assert again.problem(429)["retry_after"] >= 1, "nor does a new challenge"


def test_the_enrolment_page_evaluates_five_of_a_thousand(service, client, domain):
    user = client.post("user/", {"domain": domain, "user_id": "page-guesses"}).ok()
    path, secret = open_page(client, user)
    device = Device(secret)
    bodies = [f"code={code}".encode() for code in device.wrong_codes(STORM)]
    answers = submit_forms(service.address, path, bodies)
    statuses = [answer.status for answer in answers]
    assert statuses.count(429) == STORM - LIMIT, {s: statuses.count(s) for s in set(statuses)}
    assert not any(200 <= status < 400 for status in statuses)
    assert confirm(client, path, device.code()).status == 429, "the right code, while blocked"
    assert client.user_status(user)["status"] in ("pending", "blocked")


def test_five_of_a_thousand_also_across_a_kill():
    for delay in (0.0, 0.01, 0.03, 0.08):
        with Service() as service:
            user = service.client.new_user(service.client.new_domain())
            device = Device(user["secret"])
            bodies = guesses(user, device, 2 * STORM)
            before = tally(submit(service.address, service.key, "totp/", bodies[:STORM],
                                  on_released=kill_after(service, delay)))
            service.start()
            after = tally(submit(service.address, service.key, "totp/", bodies[STORM:]))
            evaluated = before.get("mismatch", 0) + after.get("mismatch", 0)
            # An answer can be lost with the process: its attempt is counted all the same.
            assert evaluated <= LIMIT, (delay, before, after)
            assert service.client.user_status(user)["failures"] == LIMIT
            assert service.client.totp(user, device.code()).problem(429)


def test_five_guesses_at_a_sent_code_also_across_a_kill():
    for delay in (0.0, 0.02, 0.06):
        with Service() as service:
            otp_id = service.client.send(service.client.new_domain(), "k@example.com").ok()["otp_id"]
            code = service.received_code("k@example.com")
            wrong = [f"{n:06}" for n in range(2 * STORM + 1) if f"{n:06}" != code]
            bodies = [{"otp_id": otp_id, "code": guess} for guess in wrong]
            before = tally(submit(service.address, service.key, "verify/", bodies[:STORM],
                                  on_released=kill_after(service, delay)))
            service.start()
            after = tally(submit(service.address, service.key, "verify/", bodies[STORM : 2 * STORM]))
            assert before.get("mismatch", 0) + after.get("mismatch", 0) <= LIMIT, (before, after)
            assert service.client.verify(otp_id, code).json.get("verified") is not True


def test_an_operator_can_erase_a_blocked_recipient(service, client, domain):
    to = "erase-me@example.com"
    otp_id = client.send(domain, to).ok()["otp_id"]
    code = service.received_code(to)
    for _ in range(LIMIT):
        client.verify(otp_id, wrong(code)).ok()
    refused = client.send(domain, to).problem(429)
    assert refused["code"] == "recipient-blocked"
    assert keyfob("erase", "--data", service.data, "--domain", domain, "-", stdin=to + "\n") == ""
    client.send(domain, to).ok()
    assert client.verify(otp_id, code).problem(404)["code"] == "challenge-not-found"


def wrong(code):
    return code[:-1] + str((int(code[-1]) + 1) % 10)
