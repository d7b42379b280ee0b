"""The pages as people see them, in Chromium: what is shown, scanned, typed and said."""

import subprocess

import pytest
from support.browser import DESKTOP, PHONE, browse, shot
from support.device import Device
from support.mail import Authority, MailServer, html
from support.page import confirm, open_page, path_of
from support.service import Service


@pytest.fixture
def bank(client):
    return client.post("domain/", {"name": "Example Bank"}).ok()["domain"]


def waiting(client, bank, user_id, **fields):
    """A user who has not enrolled yet."""
    return client.post("user/", {"domain": bank, "user_id": user_id, **fields}).ok()


def scan(name):
    """What a camera reads from the screenshot."""
    done = subprocess.run(["zbarimg", "--raw", "-q", shot(name)], capture_output=True, text=True)
    assert done.returncode == 0, f"no QR code can be read in {shot(name)}"
    return done.stdout.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_page_is_shown_and_scanned(client, bank, width, scheme):
    user = waiting(client, bank, f"alice-{width}-{scheme}@example.com")
    name = f"enrol-{width}-{scheme}"
    seen = browse("look", url=user["enrolment_url"], width=width, height=844, scheme=scheme,
                  scale=2 if width == PHONE else 1, shot=shot(name))
    assert seen["status"] == 200
    assert seen["heading"] == "Set up your authenticator app"
    assert seen["width"][0] <= seen["width"][1], "it scrolls sideways"
    assert "Example Bank" in seen["text"] and f"alice-{width}-{scheme}@example.com" in seen["text"]
    uri = scan(name)
    assert uri == seen["uri"], "the picture and the link differ"
    assert uri.startswith("otpauth://totp/Example%20Bank:alice-")
    secret = uri.split("secret=")[1].split("&")[0]
    assert secret == open_page(client, user)[1], "the key to type by hand differs"
    done = browse("confirm", url=user["enrolment_url"], width=width, scheme=scheme,
                  code=Device(secret).code(), shot=shot(f"done-{width}-{scheme}"))
    assert client.user_status(user)["status"] == "active", done["text"]


def test_the_answer_allows_nothing_and_is_kept_nowhere(client, bank):
    user = waiting(client, bank, "headers")
    headers = browse("look", url=user["enrolment_url"])["headers"]
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy and "*" not in policy and "script-src" not in policy
    assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
    assert "no-store" in headers["cache-control"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_opening_the_page_changes_nothing(client, bank):
    user = waiting(client, bank, "scanned-by-the-mail-server")
    first = open_page(client, user)
    before = client.user_status(user)
    for _ in range(20):
        assert open_page(client, user) == first
    path = first[0]
    assert client.request("HEAD", path).status == 200
    assert client.user_status(user) == before and before["status"] == "pending"


def test_the_keyboard_alone_is_enough_and_the_code_is_used_up(client, bank):
    user = waiting(client, bank, "keyboard")
    code = Device(open_page(client, user)[1]).code()
    seen = browse("confirm", url=user["enrolment_url"], code=code, keyboard=True,
                  shot=shot("done-keyboard"), focusShot=shot("focus"))
    assert seen["tabs"] <= 6, "the field is far away"
    assert seen["alert"] is None
    assert client.user_status(user)["status"] == "active"
    assert client.totp(user, code).ok()["outcome"] == "replayed", "confirming burns the code"


def test_it_works_without_javascript(client, bank):
    user = waiting(client, bank, "no-scripts")
    code = Device(open_page(client, user)[1]).code()
    browse("confirm", url=user["enrolment_url"], code=code, scripts=False)
    assert client.user_status(user)["status"] == "active"


@pytest.mark.parametrize("typed", ["{} ", " {}", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}"])
def test_a_code_may_be_typed_with_spaces_as_apps_show_it(client, bank, typed):
    user = waiting(client, bank, f"spaces {len(typed)}")
    code = Device(open_page(client, user)[1]).code()
    browse("confirm", url=user["enrolment_url"], code=typed.format(code))
    assert client.user_status(user)["status"] == "active"


def test_a_used_link_opens_nothing_again(client, bank):
    user = waiting(client, bank, "used")
    code = Device(open_page(client, user)[1]).code()
    browse("confirm", url=user["enrolment_url"], code=code)
    seen = browse("look", url=user["enrolment_url"], shot=shot("gone"))
    assert seen["status"] == 404 and seen["forms"] == 0 and seen["uri"] is None
    never = browse("look", url=user["enrolment_url"][:-32] + "a" * 32)
    assert (never["status"], never["text"]) == (404, seen["text"]), "a stranger learns nothing"


def test_a_wrong_code_is_said_and_can_be_mended(client, bank):
    user = waiting(client, bank, "wrong")
    device = Device(open_page(client, user)[1])
    wrong = device.wrong_codes(1)[0]
    seen = browse("confirm", url=user["enrolment_url"], code=wrong, shot=shot("wrong-code"))
    assert seen["alert"] and seen["title"].startswith("Error")
    assert seen["focused"] == "code" and "code-error" in seen["described"]
    assert wrong not in seen["text"]
    assert client.user_status(user)["status"] == "pending"
    browse("confirm", url=user["enrolment_url"], width=PHONE, scheme="dark", code=wrong,
           shot=shot("wrong-code-390-dark"))
    browse("confirm", url=user["enrolment_url"], code=device.code())
    assert client.user_status(user)["status"] == "active"


def test_five_wrong_codes_block_and_the_page_says_for_how_long(client, bank):
    user = waiting(client, bank, "blocked")
    device = Device(open_page(client, user)[1])
    for wrong in device.wrong_codes(5):
        confirm(client, path_of(user), wrong)
    seen = browse("confirm", url=user["enrolment_url"], code=device.code(), shot=shot("blocked"))
    assert "second" in seen["text"] or "minute" in seen["text"]
    assert client.user_status(user)["status"] != "active"


@pytest.mark.parametrize("width", [DESKTOP // 2, DESKTOP // 4])
def test_zoomed_to_200_and_400_per_cent_nothing_scrolls_sideways(client, bank, width):
    long = "a-rather-long-user-name-without-any-space-in-it-" + "x" * 60 + "@example.com"
    user = waiting(client, bank, f"{width}{long}")
    seen = browse("look", url=user["enrolment_url"], width=width, scale=DESKTOP // width,
                  shot=shot(f"zoom-{100 * DESKTOP // width}"))
    assert seen["width"][0] <= seen["width"][1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_description_of_the_api_is_shown(service, scheme):
    for width in (PHONE, DESKTOP):
        seen = browse("look", url=f"{service.address}/docs", width=width, scheme=scheme,
                      shot=shot(f"docs-{width}-{scheme}"), top=True)
        assert seen["status"] == 200
        for path in ("domain/", "user/", "totp/", "send/", "verify/", "resend/", "cancel/"):
            assert f"/identity/otp/{path}" in seen["text"]
        assert seen["width"][0] <= seen["width"][1]
        assert width != PHONE or seen["cut"] == 0, "examples that scroll sideways on a phone"


def test_a_problem_links_to_its_explanation(service, client):
    """`type` in a problem body leads to a place in the page that exists."""
    page = client.request("GET", "/docs").body.decode()
    for reply in (client.totp({"domain": "x", "user_id": "x"}, "000000"), client.post("nothing/")):
        kind = reply.problem()["type"]
        assert kind.startswith("/docs#") and f'id="{kind[6:]}"' in page, kind


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_developers_inbox_shows_messages(service, client, bank, scheme):
    mail, phone = f"inbox-{scheme}@example.com", {"light": "+447700900301", "dark": "+447700900302"}
    text = "<script>alert(1)</script> & {{code}} for you"
    client.send(bank, mail, message=text).ok()
    client.send(bank, phone[scheme], "sms").ok()
    code = service.received_code(mail)
    service.received_code(phone[scheme])
    for width in (PHONE, DESKTOP):
        seen = browse("look", url=f"{service.address}/dev/inbox", width=width, scheme=scheme,
                      shot=shot(f"inbox-{width}-{scheme}"))
        assert f"<script>alert(1)</script> & {code} for you" in seen["text"]
        assert mail in seen["text"] and phone[scheme] in seen["text"]
        assert seen["width"][0] <= seen["width"][1]


@pytest.fixture(scope="module")
def emails(tmp_path_factory):
    """The HTML of an email that approves a payment, by its language."""
    folder = tmp_path_factory.mktemp("mail")
    authority = Authority(folder)
    with MailServer(folder, authority) as server:
        arguments = ["--smtp-url", server.url(), "--smtp-from", "Example Bank <codes@bank.example>",
                     "--smtp-ca", authority.certificate]
        with Service(dev=False, arguments=arguments) as service:
            domain = service.client.new_domain()
            found = {}
            for language in ("en", "de", "ar", "hi", "zh-Hans"):
                to = f"{language.lower()}@customer.example"
                context = {"amount": "EUR 1,000.00", "payee": "Ann & Sons <Ltd>"}
                service.client.send(domain, to, language=language, context=context).ok()
                found[language] = html(server.fetch(to)[0])
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("language", ["en", "de", "ar", "hi", "zh-Hans"])
def test_an_email_shows_its_code_large_and_asks_nobody_for_anything(emails, language, width, scheme):
    seen = browse("read", html=emails[language], width=width, scheme=scheme,
                  shot=shot(f"email-{language}-{width}-{scheme}"))
    assert len(seen["code"]) == 6 and seen["code"].isdigit() and seen["size"] >= 28
    assert seen["direction"] == ("rtl" if language == "ar" else "ltr")
    assert seen["codeDirection"] == "ltr"
    assert "Ann & Sons <Ltd>" in seen["text"] and "EUR 1,000.00" in seen["text"]
    assert seen["width"][0] <= seen["width"][1], "it scrolls sideways"
    assert seen["active"] == 0
