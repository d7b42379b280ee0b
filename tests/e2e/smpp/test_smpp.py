"""Text messages over SMPP, with an SMSC that is not ours: what it gets is what was meant, and
whatever it does the service goes on."""

import re
import subprocess
import time
from contextlib import ExitStack

import pytest
from support.gateway import SECRET, Gateway
from support.mail import Authority, free_port
from support.service import Service, binary, environment
from support.smsc import (BAD_DESTINATION, BAD_SOURCE, NOT_BOUND, OK, PASSWORD, PERMANENT_ERROR, QUEUE_FULL,
                          SYSTEM_ERROR, TEMPORARY_ERROR, THROTTLED, USER, Smsc)
from support.wait import until

PHONE = "+447700900123"


@pytest.fixture
def stage(tmp_path):
    """Makes a service that sends text messages through these providers, in this order."""
    with ExitStack() as stack:
        def start(*providers):
            names = re.findall(r"\[providers\.(\w+)\]", "\n".join(providers))
            file = tmp_path / "keyfob.toml"
            file.write_text("\n".join([f"[channels]\nsms = {names}", *providers]))
            many = {"KEYFOB_LIMITS__UNVERIFIED_PER_COUNTRY_AND_DAY": "off"}  # and none verified
            return stack.enter_context(
                Service(dev=False, arguments=["--config", file], environment=many))

        yield start


@pytest.fixture
def smsc():
    with Smsc() as running:
        yield running


def webhook(gateway):
    return f'[providers.backup]\nkind = "webhook"\nurl = "{gateway.url}/m"\nsecret = "{SECRET}"'


def send(service, to=PHONE, **fields):
    return service.client.send(service.client.new_domain(), to, "sms", **fields).ok()


def ready(service, wanted, within=10.0):
    """What /readyz says once it says this."""
    return until(service.readyz, lambda found: wanted in found, within)


def check(tmp_path, *providers):
    file = tmp_path / "check.toml"
    names = re.findall(r"\[providers\.(\w+)\]", "\n".join(providers))
    file.write_text("\n".join([f"[channels]\nsms = {names}", *providers]))
    return subprocess.run([binary(), "config", "check", "--config", file], capture_output=True,
                          text=True, timeout=60, env=environment())


def test_a_code_goes_out_as_a_plain_text_message_and_is_verified(stage, smsc):
    service = stage(smsc.provider(system_type="OTP"))
    sent = send(service, expiry=90)
    message = smsc.wait("submit")
    assert (message["to"], message["to_type"]) == (PHONE.lstrip("+"), [1, 1])
    assert (message["from"], message["from_type"]) == ("BANK", [5, 0])
    assert (message["data_coding"], message["esm_class"], message["udh"]) == (0, 0, [])
    assert message["registered_delivery"] == 1
    assert smsc.all("bind") == [{"event": "bind", "status": 0, "session": 1, "version": 0x34,
                                 "type": "OTP"}]
    service.wait_for(sent["otp_id"], "sent", "delivered")
    code = smsc.code(PHONE)
    assert service.client.verify(sent["otp_id"], code).ok()["verified"]
    said = service.stderr.read_text() + service.output()
    assert code not in said and PHONE.lstrip("+") not in said and PASSWORD not in said


def test_no_level_of_the_log_shows_a_code_a_number_or_the_password(tmp_path, smsc):
    file = tmp_path / "keyfob.toml"
    file.write_text(f'[channels]\nsms = ["smsc"]\n{smsc.provider()}')
    with Service(dev=False, arguments=["--config", file, "--log", "trace"]) as service:
        sent = send(service)
        code = smsc.code(PHONE)
        smsc.tell(report={"id": "1", "stat": "DELIVRD", "text": f"id:1 stat:DELIVRD text:{code}"})
        smsc.wait("answer", command="deliver_sm_resp")
        service.wait_for(sent["otp_id"], "sent", "delivered")
        said = service.stderr.read_text()
        assert "DEBUG" in said or "TRACE" in said
        for secret in (code, PHONE.lstrip("+"), PASSWORD):
            assert secret not in said and secret.encode().hex() not in said.lower()


@pytest.mark.parametrize("sender, source, kind", [("+15005550006", "15005550006", [1, 1]),
                                                  ("62442", "62442", [3, 0])])
def test_a_sender_is_a_number_or_a_short_code_too(stage, smsc, sender, source, kind):
    service = stage(smsc.provider(**{"from": sender}))
    send(service)
    message = smsc.wait("submit")
    assert (message["from"], message["from_type"]) == (source, kind)


TEXTS = {
    "extension": ("{{code}}: [10 €] ~ \\ ^ | @£é", 0),
    "emoji": ("Ваш код {{code}} 😀", 8),
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_character_arrives(stage, smsc, name):
    text, data_coding = TEXTS[name]
    service = stage(smsc.provider())
    sent = send(service, message=text)
    message = smsc.wait("submit")
    assert message["data_coding"] == data_coding and message["esm_class"] == 0
    code = smsc.code(PHONE)
    assert message["text"] == text.replace("{{code}}", code)
    assert service.client.verify(sent["otp_id"], code).ok()["verified"]


LONG = {
    "gsm-7": ("{{code}} " + "x" * 145 + "€€ and the rest of it, " * 8, 0),
    "ucs-2": ("{{code}} " + "я" * 59 + "😀😀 и всё остальное " * 5, 8),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_is_put_together_again_from_its_parts(stage, smsc, name):
    text, data_coding = LONG[name]
    service = stage(smsc.provider())
    sent = send(service, message=text)
    service.wait_for(sent["otp_id"], "sent", "delivered")
    first = smsc.wait("submit")
    count = int(first["udh"][0][6:8], 16)
    assert count > 1
    smsc.wait("submit", count)
    parts = smsc.all("submit")
    assert len(parts) == count and {part["esm_class"] for part in parts} == {0x40}
    assert {part["data_coding"] for part in parts} == {data_coding}
    reference = first["udh"][0][4:6]
    headers = [f"0003{reference}{count:02x}{number:02x}" for number in range(1, count + 1)]
    assert sorted(part["udh"][0] for part in parts) == headers
    assert [part["registered_delivery"] for part in parts] == [0] * (count - 1) + [1]
    whole = "".join(part["text"] for part in sorted(parts, key=lambda part: part["udh"][0]))
    assert whole == text.replace("{{code}}", whole[:6])
    assert service.client.verify(sent["otp_id"], whole[:6]).ok()["verified"]
    send(service, "+447700900124", message=text)
    assert smsc.wait("submit", count + 1)["udh"][0][4:6] != reference, "parts of another text"


def test_no_message_lives_longer_than_its_code(stage, smsc):
    service = stage(smsc.provider())
    for number, life in enumerate((30, 90, 600)):
        to = f"+4477009001{number:02}"
        send(service, to, expiry=life)
        assert life - 5 <= smsc.wait("submit", to=to.lstrip("+"))["life"] <= life


RECEIPTS = {
    "text": ({"stat": "DELIVRD"}, "delivered"),
    "parameters": ({"state": 2}, "delivered"),
    "parameters alone": ({"state": 2, "esm_class": 0}, "delivered"),
    "both": ({"stat": "DELIVRD", "state": 2}, "delivered"),
    "undelivered": ({"stat": "UNDELIV"}, "failed"),
    "expired": ({"state": 3}, "failed"),
    "under way": ({"stat": "ENROUTE"}, "sent"),
    "of another message": ({"id": "no-such-message", "stat": "DELIVRD"}, "sent"),
    "a person's answer": ({"text": "id:1 stat:DELIVRD", "esm_class": 0}, "sent"),
    "empty": ({"text": ""}, "sent"),
}


@pytest.mark.parametrize("kind", RECEIPTS)
def test_a_receipt_is_answered_and_says_what_became_of_the_message(stage, smsc, kind):
    receipt, state = RECEIPTS[kind]
    service = stage(smsc.provider())
    sent = send(service)
    service.wait_for(sent["otp_id"], "sent")
    smsc.tell(report={"id": smsc.wait("submit")["id"], **receipt})
    assert smsc.wait("answer", command="deliver_sm_resp")["status"] == OK
    if state == "sent":  # what is known to have been noted comes after it
        other = send(service, "+447700900124")
        service.wait_for(other["otp_id"], "sent")
        smsc.tell(report={"id": smsc.wait("submit", 2)["id"], "stat": "DELIVRD"})
        service.wait_for(other["otp_id"], "delivered")
    service.wait_for(sent["otp_id"], state)
    assert len(smsc.all("bind")) == 1


def test_a_receipt_for_the_last_part_is_one_for_the_message(stage, smsc):
    service = stage(smsc.provider())
    sent = send(service, message="{{code}} " + "x" * 200)
    service.wait_for(sent["otp_id"], "sent")
    smsc.tell(report={"id": smsc.wait("submit", 2)["id"], "stat": "DELIVRD"})
    service.wait_for(sent["otp_id"], "delivered")


def test_a_receipt_that_overtakes_the_answer_is_kept(stage, smsc):
    smsc.behave(delay=500)
    service = stage(smsc.provider())
    sent = send(service)
    smsc.tell(report={"id": smsc.wait("submit")["id"], "stat": "DELIVRD"})
    assert smsc.wait("answer", command="deliver_sm_resp")["status"] == OK
    service.wait_for(sent["otp_id"], "delivered")


def test_ids_that_the_smsc_writes_in_two_ways_are_the_same(stage):
    with Smsc(radix=16, first=0xABCD) as smsc:  # its answers; its receipts have decimal ones
        service = stage(smsc.provider(receipt_ids="decimal-to-hex"))
        sent = send(service)
        assert smsc.wait("submit")["id"] == "abcd"
        service.wait_for(sent["otp_id"], "sent")
        smsc.tell(report={"id": f"{0xABCD:010}", "stat": "DELIVRD"})
        service.wait_for(sent["otp_id"], "delivered")


def test_ten_thousand_receipts_of_nothing_disturb_nobody(stage, smsc):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.tell(report={"id": "nothing", "stat": "DELIVRD", "count": 10_000})
    sent = send(service)
    service.wait_for(sent["otp_id"], "sent")
    smsc.wait("answer", 10_000, within=30, command="deliver_sm_resp")
    statuses = {said["status"] for said in smsc.all("answer", command="deliver_sm_resp")}
    assert OK in statuses and statuses <= {OK, TEMPORARY_ERROR}
    assert len(smsc.all("bind")) == 1


def pdu(command, body, status=0, sequence=77):
    head = [16 + len(body), command, status, sequence]
    return b"".join(number.to_bytes(4) for number in head).hex() + body.hex()


UNREADABLE = {
    "a receipt cut short": pdu(5, b"\0\1\1447700900123"),
    "a receipt of nothing but letters": pdu(5, b"x" * 40),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_refused_for_good_and_the_session_goes_on(stage, smsc, kind):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.tell(raw=UNREADABLE[kind])
    assert smsc.wait("answer", command="deliver_sm_resp")["status"] == PERMANENT_ERROR
    send(service)
    smsc.code(PHONE)
    assert len(smsc.all("bind")) == 1


STRANGE = {
    "an answer to nothing": pdu(0x80000004, b"9\0"),
    "a refusal of nothing": pdu(0x80000000, b"", status=3),
    "a command that nobody knows": pdu(0x00000199, b"x"),
    "an answer without its body": pdu(0x80000004, b""),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_what_was_not_asked_for_does_no_harm(stage, smsc, kind):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.tell(raw=STRANGE[kind])
    sent = send(service)
    service.wait_for(sent["otp_id"], "sent", "delivered")
    assert len(smsc.all("bind")) == 1


@pytest.mark.parametrize("garbage", ["ffffffff" * 8, "00000003" * 4, b"HTTP/1.1 400\r\n\r\n".hex()])
def test_what_is_no_smpp_ends_the_session_and_another_begins(stage, smsc, garbage):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.tell(raw=garbage)
    smsc.wait("bind", 2)
    send(service)
    smsc.code(PHONE)


def test_half_a_pdu_ends_with_the_session(stage, smsc):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.tell(raw=pdu(5, b"\0" * 40)[:50])
    smsc.tell(drop=True)
    smsc.wait("bind", 2)
    send(service)
    smsc.code(PHONE)


def test_a_message_waits_for_an_smsc_that_died_and_came_back(stage, smsc):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.tell(die=True)
    smsc.wait("dead")
    assert ready(service, "providers.smsc").startswith("ok\n"), "no reason to ask another service"
    sent = send(service)
    time.sleep(1.5)
    smsc.tell(live=True)
    smsc.wait("bind", 2, within=20)
    service.wait_for(sent["otp_id"], "sent", "delivered", within=30)
    assert service.client.verify(sent["otp_id"], smsc.code(PHONE)).ok()["verified"]
    ready(service, "ok\n")
    assert "providers.smsc" not in service.readyz()


def test_the_service_starts_without_its_smsc(stage, smsc):
    smsc.tell(die=True)
    smsc.wait("dead")
    service = stage(smsc.provider())
    assert "no connection to the SMSC" in ready(service, "providers.smsc")
    smsc.tell(live=True)
    smsc.wait("bind", within=20)
    send(service)
    smsc.code(PHONE)


def test_messages_that_wait_for_an_answer_hear_at_once_that_the_session_is_lost(stage, smsc):
    with Gateway() as backup:
        smsc.behave(silent=True, dropAt=3)
        service = stage(smsc.provider(), webhook(backup))
        began = time.monotonic()
        numbers = [f"+4477009001{number:02}" for number in range(3)]
        for number in numbers:
            send(service, number)
        for number in numbers:
            backup.fetch(number)
        assert time.monotonic() - began < 3, "not when the time for an answer is over"


DOWN = ["closed", "silent", "drop", "deaf to a bind", SYSTEM_ERROR, THROTTLED, QUEUE_FULL,
        BAD_SOURCE, 0x0411]


@pytest.mark.parametrize("fault", DOWN)
def test_when_the_smsc_fails_the_next_provider_sends_within_five_seconds(stage, smsc, fault):
    with Gateway() as backup:
        table = smsc.provider()
        match fault:
            case "closed":
                table = smsc.provider(port=free_port())
            case "silent":
                smsc.behave(silent=True)
            case "drop":
                smsc.behave(silent=True, dropAt=1)
            case "deaf to a bind":
                table = smsc.provider(port=backup.port)  # a port that speaks no SMPP
            case status:
                smsc.behave(status=status)
        service = stage(table, webhook(backup))
        began = time.monotonic()
        sent = send(service)
        backup.fetch(PHONE)
        assert time.monotonic() - began < 5
        service.wait_for(sent["otp_id"], "sent", "delivered")


def test_a_number_that_cannot_receive_switches_no_smsc_off(stage, smsc):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.behave(status=BAD_DESTINATION)
    for number in range(5):
        service.wait_for(send(service, f"+4477009001{number:02}")["otp_id"], "failed")
    assert service.readyz() == "ok\n" and len(smsc.all("submit")) == 5, "nobody is asked again"
    smsc.behave(status=OK)
    send(service)
    smsc.code(PHONE)


def test_an_smsc_that_says_to_wait_gets_the_message_later(stage, smsc):
    service = stage(smsc.provider())
    smsc.behave(status=THROTTLED)
    sent = send(service)
    smsc.wait("submit")
    smsc.behave(status=OK)
    service.wait_for(sent["otp_id"], "sent", "delivered")
    assert service.readyz() == "ok\n"


def test_a_wrong_password_is_seen_and_not_shown(stage, smsc, tmp_path):
    wrong = smsc.provider(password="cana-ry!")
    checked = check(tmp_path, wrong)
    assert checked.returncode == 1
    assert "ESME_RINVPASWD" in checked.stderr and "cana-ry!" not in checked.stdout + checked.stderr
    service = stage(wrong)
    said = ready(service, "ESME_RINVPASWD")
    assert "1 of 1 sessions" in said
    send(service)
    smsc.wait("bind", 3)
    assert "cana-ry!" not in said + service.stderr.read_text() + service.output()


def test_a_check_binds_and_says_goodbye(smsc, tmp_path):
    checked = check(tmp_path, smsc.provider())
    assert checked.returncode == 0, checked.stderr
    assert "providers.smsc: ok" in checked.stderr
    smsc.wait("bind")
    smsc.wait("unbind")
    assert PASSWORD not in checked.stdout and USER in checked.stdout
    unreachable = check(tmp_path, smsc.provider(port=free_port()))
    assert unreachable.returncode == 1 and "no connection to the SMSC" in unreachable.stderr


def test_tls_trusts_an_authority_that_is_named_and_no_other(stage, tmp_path):
    authority = Authority(tmp_path)
    with Smsc(authority) as smsc:
        trusting = smsc.provider(ca_file=str(authority.certificate))
        service = stage(trusting)
        sent = send(service)
        code = smsc.code(PHONE)
        assert service.client.verify(sent["otp_id"], code).ok()["verified"]
        assert check(tmp_path, trusting).returncode == 0
        checked = check(tmp_path, smsc.provider())
        assert checked.returncode == 1 and "certificate is not trusted" in checked.stderr
        plain = check(tmp_path, trusting.replace("tls = true", "tls = false"))
        assert plain.returncode == 1


def test_nothing_goes_out_readable_unless_somebody_wrote_that_it_shall(smsc, tmp_path):
    checked = check(tmp_path, smsc.provider().replace("tls = false\n", ""))
    assert checked.returncode == 1 and smsc.all("bind") == []


def test_every_session_is_used(stage, smsc):
    service = stage(smsc.provider(sessions=3, window=1))
    smsc.wait("bind", 3)
    smsc.behave(delay=300)
    for number in range(6):
        send(service, f"+4477009001{number:02}")
    smsc.wait("submit", 6)
    assert {said["session"] for said in smsc.all("submit")} == {1, 2, 3}


@pytest.mark.parametrize("window, most", [(4, range(4, 5)), (100, range(5, 101))],
                         ids=["narrow", "wide: the control"])
def test_no_more_messages_wait_for_an_answer_than_the_window_has_places(stage, smsc, window, most):
    service = stage(smsc.provider(window=window))
    smsc.wait("bind")
    smsc.behave(delay=300)
    sent = [send(service, f"+4477009001{number:02}")["otp_id"] for number in range(40)]
    for otp_id in sent:
        service.wait_for(otp_id, "sent", "delivered")
    waiting = [said["waiting"] for said in smsc.all("submit")]
    assert max(waiting) in most and len(waiting) == 40, "used, never exceeded, nothing sent twice"


def test_a_session_that_is_dead_is_noticed_when_nobody_sends(stage, smsc):
    service = stage(smsc.provider(enquire_link=1))
    smsc.wait("enquire", 2)
    assert len(smsc.all("bind")) == 1
    smsc.behave(deaf=True)
    smsc.wait("bind", 2)
    smsc.behave(deaf=False)
    send(service)
    smsc.code(PHONE)


def test_the_smsc_may_ask_and_may_end_the_session(stage, smsc):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.tell(ask=True)
    assert smsc.wait("answer", command="enquire_link_resp")["status"] == OK
    smsc.tell(unbind=True)
    assert smsc.wait("answer", command="unbind_resp")["status"] == OK
    smsc.wait("bind", 2)
    send(service)
    smsc.code(PHONE)


def test_a_service_that_stops_says_goodbye(stage, smsc):
    service = stage(smsc.provider(sessions=2))
    smsc.wait("bind", 2)
    assert service.stop() == 0
    smsc.wait("unbind", 2)
    stopped_late = stage(smsc.provider(port=free_port()))
    began = time.monotonic()
    assert stopped_late.stop() == 0 and time.monotonic() - began < 3, "with no session to end"


def test_a_service_that_stops_while_it_binds_leaves_no_session_bound(stage, smsc):
    smsc.behave(bindDelay=500)
    service = stage(smsc.provider(sessions=2))
    smsc.wait("bind", 2)
    assert service.stop() == 0
    smsc.wait("unbind", 2)


def test_a_session_that_the_smsc_has_forgotten_begins_anew(stage, smsc):
    service = stage(smsc.provider())
    smsc.wait("bind")
    smsc.behave(status=NOT_BOUND)
    sent = send(service)
    smsc.wait("submit")
    smsc.behave(status=OK)
    smsc.wait("bind", 2)
    service.wait_for(sent["otp_id"], "sent")
