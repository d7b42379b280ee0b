"""The requests that the service's description publishes, typed as they stand there: only
the host, the key, the domain's id and the code are replaced."""

import ast
import json
import re
import shlex
import subprocess
import sys
import uuid

import pytest
from support.device import Device

HOST = "https://api.melroselabs.com"
DOMAIN = """\
curl https://api.melroselabs.com/identity/otp/domain/ \\
--header 'x-api-key: [API_KEY]'"""
USER = """\
curl https://api.melroselabs.com/identity/otp/user/ \\
--header 'x-api-key: [API_KEY]' --header 'Content-Type: application/json' \\
--data-raw '{"domain": "cabcc674-a328-432d-b925-0d5c3e79a183", "user_id": "john.grant@melroselabs.com", "return_secret": true}'"""
TOTP = """\
curl https://api.melroselabs.com/identity/otp/totp/ \\
--header 'x-api-key: [API_KEY]' --header 'Content-Type: application/json' \\
--data-raw '{"user_id": "john.grant@melroselabs.com", "code": "704471", "domain": "f5af5a70-e34c-40ad-8e6b-9e2cc883364f"}'"""

NODE = """
const http = require('http');
// What the retired package `request` does with these options.
function request(options, callback) {
  const sent = http.request(options.url, {method: options.method, headers: {
    ...options.headers, 'content-length': Buffer.byteLength(options.body || '')}}, answer => {
    let body = '';
    answer.on('data', part => body += part);
    answer.on('end', () => callback(null, {statusCode: answer.statusCode, body}));
  });
  sent.on('error', callback);
  sent.end(options.body);
}
"""
NODE_DOMAIN = NODE + """
var options = {
'method': 'POST',
'url': 'https://api.melroselabs.com/identity/otp/domain/',
'headers': {
'x-api-key': '[API_KEY]'
}
};
request(options, function (error, response) {
if (error) throw new Error(error);
console.log(response.body); // response is of type application/json
});
"""
NODE_USER = NODE + """
var options = {
'method': 'POST',
'url': 'https://api.melroselabs.com/identity/otp/user/',
'headers': {
'x-api-key': '[API_KEY]',
'Content-Type': 'application/json'
},
body: JSON.stringify({"domain": "cabcc674-a328-432d-b925-0d5c3e79a183", "user_id": "john.grant@melroselabs.com", "return_secret": true})
};
request(options, function (error, response) {
if (error) throw new Error(error);
console.log(response.body); // response is of type application/json
});
"""
NODE_TOTP = NODE + """
var options = {
'method': 'POST',
'url': 'https://api.melroselabs.com/identity/otp/totp/',
'headers': {
'x-api-key': '[API_KEY]',
'Content-Type': 'application/json'
},
body: JSON.stringify({"user_id": "john.grant@melroselabs.com", "code": "704471", "domain": "f5af5a70-e34c-40ad-8e6b-9e2cc883364f"})
};
request(options, function (error, response) {
if (error) throw new Error(error);
console.log(response.body); // response is of type application/json
});
"""
PYTHON_DOMAIN = """
import requests
import json
url = "https://api.melroselabs.com/identity/otp/domain/"
headers = {
'x-api-key': '[API_KEY]'
}
response = requests.request("POST", url, headers=headers)
# response is of type application/json
print(response.text.encode('utf8'))
"""
# As published these two are no Python (a set of a dictionary, `true`): mended here.
PYTHON_USER = """
import requests
import json
url = "https://api.melroselabs.com/identity/otp/user/"
payload = {"domain": "cabcc674-a328-432d-b925-0d5c3e79a183", "user_id": "john.grant@melroselabs.com", "return_secret": True}
headers = {
'x-api-key': '[API_KEY]',
'Content-Type': 'application/json'
}
response = requests.request("POST", url, headers=headers, data = json.dumps(payload))
# response is of type application/json
print(response.text.encode('utf8'))
"""
PYTHON_TOTP = """
import requests
import json
url = "https://api.melroselabs.com/identity/otp/totp/"
payload = {"user_id": "john.grant@melroselabs.com", "code": "704471", "domain": "f5af5a70-e34c-40ad-8e6b-9e2cc883364f"}
headers = {
'x-api-key': '[API_KEY]',
'Content-Type': 'application/json'
}
response = requests.request("POST", url, headers=headers, data = json.dumps(payload))
# response is of type application/json
print(response.text.encode('utf8'))
"""
# What PHP's curl puts on the wire: CUSTOMREQUEST POST, and without POSTFIELDS neither
# a length nor a content type.
PHP_DOMAIN = ["-X", "POST", "-H", "User-Agent:", "-H", "x-api-key: [API_KEY]"]
PHP_BODY = [*PHP_DOMAIN, "-H", "Content-Type: application/json", "--data-binary"]


@pytest.fixture
def typed(service):
    """Replaces what a reader of the description replaces."""

    def replace(text, domain=None, code=None):
        text = text.replace(HOST, service.address).replace("[API_KEY]", service.key)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", domain or "no domain", text)
        return text.replace("704471", code or "no code")

    return replace


def shell(text):
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def node(text):
    return shell(f"node -e {shlex.quote(text)}")


def python(text):
    printed = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=20)
    assert printed.returncode == 0, printed.stderr
    return json.loads(ast.literal_eval(printed.stdout))  # the published print shows bytes


def php(arguments):
    return shell(shlex.join(["curl", "-sS", *arguments]))


def check_domain(fields):
    assert isinstance(fields["domain"], str)
    assert str(uuid.UUID(fields["domain"])) == fields["domain"]
    return fields["domain"]


def check_user(fields, domain):
    assert fields["domain"] == domain
    assert fields["user_id"] == "john.grant@melroselabs.com"
    assert fields["type"] == "totp"
    assert fields["interval"] == 30 and isinstance(fields["interval"], int)
    assert re.fullmatch(r"[A-Z2-7]{16,}", fields["secret"])
    return Device(fields["secret"])


def test_the_curl_lines_work_as_published(typed):
    domain = check_domain(shell(typed(DOMAIN).replace("curl ", "curl -sS ")))
    device = check_user(shell(typed(USER, domain).replace("curl ", "curl -sS ")), domain)
    line = typed(TOTP, domain, device.code()).replace("curl ", "curl -sS ")
    assert shell(line) == {"verified": True}
    again = shell(line)
    assert again["verified"] is False
    assert again["outcome"] == "replayed", "a used code is refused, and told from a guess"


def test_the_node_requests_work_as_published(typed):
    domain = check_domain(node(typed(NODE_DOMAIN)))
    device = check_user(node(typed(NODE_USER, domain)), domain)
    script = typed(NODE_TOTP, domain, device.code())
    assert node(script) == {"verified": True}
    assert node(script)["verified"] is False


def test_the_python_requests_work_as_meant(typed):
    domain = check_domain(python(typed(PYTHON_DOMAIN)))
    device = check_user(python(typed(PYTHON_USER, domain)), domain)
    script = typed(PYTHON_TOTP, domain, device.code())
    assert python(script) == {"verified": True}
    assert python(script)["verified"] is False


def test_the_php_requests_work_as_they_are_on_the_wire(typed, service):
    base = f"{service.address}/identity/otp"
    domain = check_domain(php([*map(typed, PHP_DOMAIN), f"{base}/domain/"]))
    user = json.dumps({"domain": domain, "user_id": "john.grant@melroselabs.com",
                       "return_secret": True})
    device = check_user(php([*map(typed, PHP_BODY), user, f"{base}/user/"]), domain)
    totp = json.dumps({"user_id": "john.grant@melroselabs.com", "code": device.code(),
                       "domain": domain})
    assert php([*map(typed, PHP_BODY), totp, f"{base}/totp/"]) == {"verified": True}
    assert php([*map(typed, PHP_BODY), totp, f"{base}/totp/"])["verified"] is False


def test_the_curl_lines_unchanged_but_for_host_and_key_find_no_such_domain(service):
    """The published ids belong to nobody here: a 404 that says so, and nothing else."""
    for line in (USER, TOTP):
        line = line.replace(HOST, service.address).replace("[API_KEY]", service.key)
        fields = shell(line.replace("curl ", "curl -sS "))
        assert (fields["status"], fields["code"]) == (404, "domain-not-found")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_trailing_slash_makes_no_difference(client, slash):
    domain = client.post(f"domain{slash}").ok()["domain"]
    user = client.post(f"user{slash}", {"domain": domain, "user_id": "u", "return_secret": True})
    code = Device(user.ok()["secret"]).code()
    fields = {"domain": domain, "user_id": "u", "code": code}
    assert client.post(f"totp{slash}", fields).ok() == {"verified": True}
    assert client.get(f"user/{domain}/u{slash}").ok()["status"] == "active"
    sent = client.post(f"send{slash}", {"domain": domain, "channel": "sms", "to": "+447700900001"
                                        if slash else "+447700900002"}).ok()
    assert client.get(f"send/{sent['otp_id']}{slash}").ok()["status"] == "pending"
    assert client.post(f"cancel{slash}", {"otp_id": sent["otp_id"]}).status == 204


def test_booleans_may_be_strings(client, domain):
    yes = client.post("user/", {"domain": domain, "user_id": "yes", "return_secret": "true"})
    assert re.fullmatch(r"[A-Z2-7]{32}", yes.ok()["secret"])
    no = client.post("user/", {"domain": domain, "user_id": "no", "return_secret": "false"}).ok()
    assert no["secret"] is None and no["enrolment_url"].startswith("http")
    omitted = client.post("user/", {"domain": domain, "user_id": "omitted"}).ok()
    assert omitted["secret"] is None and omitted["enrolment_url"] != no["enrolment_url"]


def test_a_secret_may_be_given(client, domain):
    given = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    fields = {"domain": domain, "user_id": "given", "set_secret": given, "return_secret": True}
    user = client.post("user/", fields).ok()
    assert user["secret"] == given
    assert client.totp(user, Device(given).code()).ok() == {"verified": True}


def test_a_sent_code_is_accepted_once(service, client, domain):
    fields = {"domain": domain, "channel": "email", "to": "once@example.com",
              "message": "{{code}} is your code, good for {{minutes}} minutes."}
    sent = client.post("send/", fields).ok()
    assert set(sent) >= {"otp_id", "status", "expires_at", "resend_after", "attempts_left"}
    assert (sent["attempts_left"], sent["resend_after"]) == (5, 30)
    code = service.received_code("once@example.com")
    assert service.messages("once@example.com") == [f"{code} is your code, good for 5 minutes."]
    assert client.verify(sent["otp_id"], code).ok() == {"verified": True}
    assert client.verify(sent["otp_id"], code).ok()["outcome"] == "replayed"
    assert client.get(f"send/{sent['otp_id']}/").ok()["status"] == "verified"


def test_a_code_approves_its_own_transaction_only(service, client, domain):
    context = {"amount": "EUR 100.00", "payee": "Alice Ltd"}
    for to, given, outcome in [
        ("own@example.com", context, None),
        ("other@example.com", {**context, "amount": "EUR 900.00"}, "context-mismatch"),
    ]:
        sent = client.send(domain, to, context=context).ok()
        code = service.received_code(to, pattern=r"(?<![\d.])\d{6}(?!\d)")
        assert "EUR 100.00" in service.messages(to)[0] and "Alice Ltd" in service.messages(to)[0]
        assert client.verify(sent["otp_id"], code, context=given).ok().get("outcome") == outcome


def test_every_answer_is_kept_out_of_caches(client, domain):
    for reply in (client.post("domain/"), client.get(f"user/{domain}/nobody/"), client.post("x/")):
        assert reply.headers["cache-control"] == "no-store"
