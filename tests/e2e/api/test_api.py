"""What the description of the API promises, held against 20,000 generated requests:
no 5xx, no status and no content type that is not described, every body of its schema."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.service import REPOSITORY, Service

SEED = 20_261_122
EXAMPLES = int(os.environ.get("KEYFOB_API_EXAMPLES", "1500"))  # of each operation
REQUESTS = 20_000
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "unsupported_method",
    "allow_header_conformance", "ignored_auth", "missing_required_header",
]
REPORT = REPOSITORY / "target/e2e/api.txt"
HOOKS = Path(__file__).with_name("known.py")


@pytest.fixture(scope="module")
def api():
    with Service() as service:
        yield service


def test_the_description_is_openapi_3_1_and_names_every_operation(api):
    document = api.client.request("GET", "/openapi.json").ok()
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"] == "keyfob" and document["info"]["version"]
    base = "/identity/otp/"
    found = {(method, path.removeprefix(base)) for path, methods in document["paths"].items()
             for method in methods if method in ("get", "post", "put", "delete", "patch")}
    assert found >= {
        ("post", "domain/"), ("post", "user/"), ("post", "totp/"), ("post", "send/"),
        ("post", "verify/"), ("post", "resend/"), ("post", "cancel/"), ("post", "sim-swap/"),
        ("get", "send/{otp_id}/"), ("get", "user/{domain}/{user_id}/"),
        ("delete", "user/{domain}/{user_id}/"), ("post", "user/{domain}/{user_id}/enrolment/"),
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_twenty_thousand_requests_are_answered_as_described(api):
    client = api.client
    domain = client.new_domain()
    users = [client.new_user(domain, f"known-{number}")["user_id"] for number in range(20)]
    users.append(client.post("user/", {"domain": domain, "user_id": "waiting"}).ok()["user_id"])
    challenges = [client.send(domain, f"known-{number}@example.com").ok()["otp_id"]
                  for number in range(40)]
    environment = {
        **os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS), "KNOWN_DOMAIN": domain,
        "KNOWN_USERS": ",".join(users), "KNOWN_CHALLENGES": ",".join(challenges),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    before = answered(api)
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{api.address}/openapi.json",
        "--header", f"x-api-key: {api.key}", "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES),
        "--seed", str(SEED), "--no-shrink", "--suppress-health-check", "all", "--workers", "2",
        "--request-timeout", "10", "--no-color", "--warnings", "off",
    ]
    done = subprocess.run(command, cwd=api.folder, env=environment, capture_output=True,
                          text=True, timeout=540)
    statuses = answered(api)
    total = sum(statuses.values()) - sum(before.values())
    print(f"{total} requests: " + json.dumps(statuses))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(done.stdout + done.stderr)
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[:2000]}\nwhole: {REPORT}"
    assert total >= REQUESTS, "fewer requests than promised"
    assert not [status for status in statuses if status >= 500], statuses
    assert statuses[200] > 1_000, "hardly a request got past its validation"
    assert api.client.request("GET", "/readyz").status == 200


def answered(service):
    """How many requests of the API the service has answered, by status: it counts itself."""
    counts = {}
    metrics = service.client.request("GET", "/metrics").body.decode()
    for line in metrics.splitlines():
        found = re.match(r"\w*requests_total\{(.*)\} (\d+)$", line)
        if found and "/identity/otp" in found.group(1):
            status = int(re.search(r'status="(\d+)"', found.group(1)).group(1))
            counts[status] = counts.get(status, 0) + int(found.group(2))
    return dict(sorted(counts.items()))
