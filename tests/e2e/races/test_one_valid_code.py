"""A thousand submissions of one valid code at once: one is accepted, by whatever way
they come, and also when the service is killed in the middle."""

from support.device import Device
from support.page import open_page
from support.service import Service
from support.storm import kill_after, submit, submit_forms, tally

STORM = 1_000


def test_totp_accepts_one_of_a_thousand(service, client, domain):
    for _ in range(3):
        user = client.new_user(domain)
        fields = {"domain": domain, "user_id": user["user_id"],
                  "code": Device(user["secret"]).code()}
        answers = submit(service.address, service.key, "totp/", [fields] * STORM)
        assert tally(answers) == {"accepted": 1, "replayed": STORM - 1}
        assert {answer.status for answer in answers} == {200}
        assert client.user_status(user)["failures"] == 0


def test_verify_accepts_one_of_a_thousand(service, client, domain):
    for number in range(3):
        to = f"storm-{number}@example.com"
        fields = {"otp_id": client.send(domain, to).ok()["otp_id"],
                  "code": service.received_code(to)}
        answers = submit(service.address, service.key, "verify/", [fields] * STORM)
        assert tally(answers) == {"accepted": 1, "replayed": STORM - 1}


def test_the_enrolment_page_accepts_one_of_a_thousand(service, client, domain):
    user = client.post("user/", {"domain": domain, "user_id": "page-storm"}).ok()
    path, secret = open_page(client, user)
    code = Device(secret).code()
    answers = submit_forms(service.address, path, [f"code={code}".encode()] * STORM)
    accepted = [answer for answer in answers if 200 <= answer.status < 400]
    assert len(accepted) == 1
    refused = {answer.status for answer in answers} - {accepted[0].status}
    assert refused <= {404, 410}, "the link was used up by the one that was first"
    assert client.totp(user, code).ok()["outcome"] == "replayed", "confirming burned the code"
    assert client.user_status(user)["status"] == "active"


def test_one_of_a_thousand_also_across_a_kill():
    """Killed in the middle, started again, and the storm goes on: one in all."""
    for delay in (0.0, 0.01, 0.03, 0.08):
        with Service() as service:
            domain = service.client.new_domain()
            user = service.client.new_user(domain)
            fields = {"domain": domain, "user_id": user["user_id"],
                      "code": Device(user["secret"]).code()}
            before = submit(service.address, service.key, "totp/", [fields] * STORM,
                            on_released=kill_after(service, delay))
            service.start()
            after = submit(service.address, service.key, "totp/", [fields] * STORM)
            counts, later = tally(before), tally(after)
            accepted = counts.get("accepted", 0) + later.get("accepted", 0)
            # The one answer that said yes can be lost with the process, never doubled.
            assert accepted <= 1, (delay, counts, later)
            assert later.get("accepted", 0) + later.get("replayed", 0) == STORM, later
            if counts.get("accepted", 0) + counts.get("replayed", 0) > 0:
                assert later.get("accepted", 0) == 0, (delay, counts, later)


def test_one_sent_code_also_across_a_kill():
    for delay in (0.0, 0.02, 0.06):
        with Service() as service:
            sent = service.client.send(service.client.new_domain(), "kill@example.com").ok()
            fields = {"otp_id": sent["otp_id"], "code": service.received_code("kill@example.com")}
            before = submit(service.address, service.key, "verify/", [fields] * STORM,
                            on_released=kill_after(service, delay))
            service.start()
            after = submit(service.address, service.key, "verify/", [fields] * STORM)
            counts, later = tally(before), tally(after)
            assert counts.get("accepted", 0) + later.get("accepted", 0) <= 1, (counts, later)
            assert later.get("accepted", 0) + later.get("replayed", 0) == STORM, later


def test_a_used_code_stays_used_after_a_kill_and_is_not_counted():
    with Service() as service:
        domain = service.client.new_domain()
        user = service.client.new_user(domain)
        code = Device(user["secret"]).code()
        assert service.client.totp(user, code).ok() == {"verified": True}
        sent = service.client.send(domain, "used@example.com").ok()
        sent_code = service.received_code("used@example.com")
        assert service.client.verify(sent["otp_id"], sent_code).ok() == {"verified": True}
        service.kill()
        service.start()
        assert service.client.totp(user, code).ok()["outcome"] == "replayed"
        assert service.client.verify(sent["otp_id"], sent_code).ok()["outcome"] == "replayed"
        assert service.client.user_status(user)["failures"] == 0


def test_a_retry_storm_of_a_used_code_never_blocks_its_user(service, client, domain):
    user = client.new_user(domain)
    device = Device(user["secret"])
    used = device.code()
    assert client.totp(user, used).ok() == {"verified": True}
    fields = {"domain": domain, "user_id": user["user_id"], "code": used}
    assert tally(submit(service.address, service.key, "totp/", [fields] * STORM)) == {
        "replayed": STORM
    }
    assert client.user_status(user)["status"] == "active"
    assert client.totp(user, device.code(1)).ok() == {"verified": True}
