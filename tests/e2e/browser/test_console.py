"""The console in Chromium: who gets in, what is shown of what was sent, and what is left when
somebody logs out."""

import contextlib
import json
import re
import sqlite3
import time

import pytest
from support.browser import DESKTOP, PHONE, browse, shot
from support.client import Client
from support.gateway import SECRET, Gateway
from support.mail import free_port
from support.service import Service, keyfob
from support.wait import until

HEAD = "The last 24 hours"


@pytest.fixture
def tenant(service):
    """An account of its own."""
    return Client(service.address, service.new_key("--new-account"))


def operate(service, client, **given):
    return browse("operate", url=f"{service.address}/console", key=client.key, **given)


def sent(client, otp_id, within=10):
    until(lambda: client.get(f"send/{otp_id}/").ok()["delivery"], "sent".__eq__, within)
    return otp_id


def account_of(service, key):
    rows = json.loads(keyfob("key", "list", "--json", "--data", service.data))
    rows = rows if isinstance(rows, list) else rows["keys"]
    return next(row["account"] for row in rows if row["id"] == key.split("_")[1])


def a_days_counts(service, account):
    """A day of another kind than a test can wait for, as the service would have counted it."""
    day = [3, 2, 1, 0, 0, 1, 4, 11, 24, 31, 28, 22, 26, 30, 27, 25, 29, 34, 41, 38, 26, 17, 9, 6]
    now = int(time.time()) // 3600
    with contextlib.closing(sqlite3.connect(service.data / "keyfob.db", timeout=5)) as database:
        for at, count in enumerate(day):
            for channel, country, share, rate in [("sms", "+44", 5, 8), ("sms", "+49", 2, 9),
                                                  ("voice", "+1", 1, 5), ("email", "none", 2, 7)]:
                times, hour = count * share, now - 23 + at
                for event, many in [("sent", times), ("verified", times * rate // 10),
                                    ("failed", times // 25), ("blocked", times // 80)]:
                    if many:
                        database.execute("INSERT INTO hourly VALUES (?, ?, ?, ?, ?, ?)",
                                         (bytes.fromhex(account.replace("-", "")), hour, channel,
                                          country, event, many))
        database.commit()


def test_somebody_logs_in_sees_what_was_sent_and_verified_and_logs_out(service, tenant):
    domain = tenant.new_domain()
    for at in range(3):
        phone = f"+44770090010{at}"
        otp_id = sent(tenant, tenant.send(domain, phone, "sms").ok()["otp_id"])
        if at != 2:
            tenant.verify(otp_id, service.received_code(phone)).ok()
    otp_id = sent(tenant, tenant.send(domain, "console@example.com").ok()["otp_id"])
    right = service.received_code("console@example.com")
    for wrong in [f"{at:06}" for at in range(10) if f"{at:06}" != right][:5]:
        assert not tenant.verify(otp_id, wrong).ok()["verified"]

    seen = operate(service, tenant, shot=shot("console-small-day"))
    assert (seen["status"], seen["heading"]) == (200, HEAD)
    assert seen["login"]["focused"] and seen["login"]["kind"] == "password"
    tables = {table["caption"]: table["rows"] for table in seen["tables"]}
    assert ["sms", "3", "0", "2", "67 %"] in tables["Messages and codes by channel"]
    assert ["email", "1", "0", "0", "0 %"] in tables["Messages and codes by channel"]
    assert tables["Messages and codes by calling code"] == [["+44", "3", "0", "2", "67 %"]]
    assert "Wrong codes blocked a recipient once" in seen["text"]
    assert sum(bar > 0 for bar in seen["bars"]) in (1, 2), "one hour, or two if it has just struck"
    assert sum(int(re.search(r"(\d+) sent", title)[1]) for title in seen["titles"]) == 4
    assert seen["opened"], "the table of hours opens with the keyboard"
    assert "770090010" not in seen["text"] and "console@" not in seen["text"]

    [cookie] = seen["cookies"]
    assert cookie["name"] == "keyfob-console" and cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict" and len(cookie["value"]) == 43
    assert seen["visible_to_scripts"] == "", "no script could read it"
    assert seen["second_tab"] == HEAD
    assert seen["focus_is_seen"]
    for left in (seen["after"], seen["back"], seen["again"]):
        assert left["heading"] == "Log in" and HEAD not in left["text"], "nothing is left to see"
    assert seen["cookies_after"] == []


def test_it_works_without_javascript(service, tenant):
    seen = operate(service, tenant, scripts=False)
    assert seen["heading"] == HEAD and seen["again"]["heading"] == "Log in"


def test_a_wrong_key_is_said_at_the_field(service, tenant):
    for width, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
        seen = browse("operate", url=f"{service.address}/console", key=tenant.key[:-1] + "x",
                      width=width, scheme=scheme, shot=shot(f"console-wrong-{width}-{scheme}"))
        assert seen["status"] == 422 and seen["cookies"] == []
        assert "does not open anything" in seen["alert"] and seen["title"].startswith("Error")
        assert seen["contrast"]["ratio"] >= 4.5, seen["contrast"]


def test_who_sent_nothing_is_told_what_to_do(service, tenant):
    seen = operate(service, tenant, shot=shot("console-empty"))
    assert "Nothing was sent yet" in seen["text"] and "POST /identity/otp/send/" in seen["text"]
    assert seen["width"][0] <= seen["width"][1]


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    """A service that is not a developer's, with a provider that works and one that fails, and
    the client of its operator after a busy day."""
    with Gateway() as gateway, Service(dev=False) as service:
        client, account = service.client, account_of(service, service.key)
        file = tmp_path_factory.mktemp("console") / "keyfob.toml"
        file.write_text(f"""
[console]
operators = ["{account}"]
[channels]
sms = ["gateway"]
email = ["relay"]
[providers.gateway]
kind = "webhook"
url = "{gateway.url}/messages"
secret = "{SECRET}"
[providers.relay]
kind = "smtp"
url = "smtps://127.0.0.1:{free_port()}"
from = "codes@bank.example"
""")
        assert service.stop() == 0
        a_days_counts(service, account)
        service.arguments = ["--config", str(file)]
        service.start()
        client = service.client
        domain = client.new_domain()
        for at in range(8):
            client.send(domain, f"+44770090020{at}", "sms").ok()
            gateway.fetch(f"+44770090020{at}")
        client.send(domain, "relay@example.com").ok()
        rests = lambda found: "providers.relay" in found
        until(lambda: client.request("GET", "/readyz").body.decode(), rests, within=20)
        yield service


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_an_operator_sees_a_busy_day_and_how_providers_do(station, width, scheme):
    name = f"{width}-{scheme}"
    seen = operate(station, station.client, width=width, height=844, scheme=scheme,
                   scale=2 if width == PHONE else 1, shot=shot(f"console-{name}"),
                   loginShot=shot(f"console-login-{name}"), openShot=shot(f"console-open-{name}"))
    assert seen["heading"] == HEAD and seen["width"][0] <= seen["width"][1], "it scrolls sideways"
    assert seen["contrast"]["ratio"] >= 4.5 and seen["login"]["contrast"]["ratio"] >= 4.5, (
        seen["contrast"], seen["login"]["contrast"])
    assert seen["landmarks"] == [1, 1, 1]
    levels = [int(tag[1]) for tag, _ in seen["headings"]]
    assert levels[0] == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])), seen["headings"]
    assert all(table["caption"] and table["heads"] for table in seen["tables"])
    assert seen["pictures"] == ["by-hour plot-note"]
    assert len(seen["bars"]) == 24 and max(seen["bars"]) <= 100
    assert "gateway" in seen["text"] and "100 % of 8" in seen["text"]
    relay = seen["text"].split("\nrelay\n")[1]
    assert ("resting after faults" in relay or "being tried" in relay) and "0 % of" in relay


def test_somebody_who_is_no_operator_sees_no_providers(station):
    client = Client(station.address, station.new_key("--new-account"))
    seen = operate(station, client)
    assert "gateway" not in seen["text"] and "Providers" not in seen["text"]
    assert "Nothing was sent yet" in seen["text"], "another account's day is not shown"


@pytest.mark.parametrize("width", [DESKTOP // 2, DESKTOP // 4])
def test_zoomed_to_200_and_400_per_cent_nothing_scrolls_sideways(station, width):
    seen = operate(station, station.client, width=width, scale=DESKTOP // width,
                   shot=shot(f"console-zoom-{100 * DESKTOP // width}"))
    assert seen["width"][0] <= seen["width"][1]


def test_the_cookie_over_https_is_of_this_host_alone():
    with Service(arguments=["--public-url", "https://otp.example.com"]) as service:
        body = f"key={service.key}".encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        refused = service.client.request("POST", "/console", body, headers)
        assert refused.status == 403 and refused.headers["set-cookie"] is None
        headers["sec-fetch-site"] = "same-origin"
        cookie = service.client.request("POST", "/console", body, headers).headers["set-cookie"]
        assert cookie.startswith("__Host-keyfob=") and "Secure" in cookie
