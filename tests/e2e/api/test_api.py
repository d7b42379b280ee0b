"""What the description of the API promises, held against 20,000 generated requests:
no 5xx, no status and no content type that is not described, every body of its schema."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.service import REPOSITORY, Service

SEED = 20_261_122
# Requests cost twice as much to make up where a run has made a thousand: there are several runs.
ROUNDS = int(os.environ.get("KEYFOB_API_ROUNDS", "5"))
EXAMPLES = 300  # of each operation in a round
REQUESTS = int(os.environ.get("KEYFOB_API_REQUESTS", "20000"))
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "unsupported_method",
    "allow_header_conformance", "ignored_auth", "missing_required_header",
]
REPORTS = REPOSITORY / "target/e2e/api"
HALF = "/(domain|user|totp)/"  # eight of the sixteen operations
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
        ("post", "verify/"), ("post", "resend/"), ("post", "cancel/"), ("post", "sim-swap/"), ("post", "erase/"),
        ("get", "domain/{domain}/"), ("patch", "domain/{domain}/"), ("get", "send/{otp_id}/"), ("get", "user/{domain}/{user_id}/"),
        ("delete", "user/{domain}/{user_id}/"), ("post", "user/{domain}/{user_id}/enrolment/"),
    }
    names = [operation["operationId"] for methods in document["paths"].values()
             for operation in methods.values()]
    assert len(names) == len(set(names)), f"operationId must be unique: {sorted(names)}"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_twenty_thousand_requests_are_answered_as_described(api):
    """Each round asks both halves of the operations anew; one more run follows links."""
    environment = {**os.environ, **known(api), "SCHEMATHESIS_HOOKS": str(HOOKS),
                   "PYTHONDONTWRITEBYTECODE": "1"}
    before = answered(api)
    halves = [("--include-path-regex", HALF), ("--exclude-path-regex", HALF)]
    runs = [("stateful", "stateful", 18 * ROUNDS, SEED, ())]
    for number in range(ROUNDS):
        phases = "fuzzing" if number else "examples,coverage,fuzzing"  # those are the same each time
        runs += [(f"half-{half}-{number}", phases, EXAMPLES, SEED + 2 * number + half, selection)
                 for half, selection in enumerate(halves)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = dict(pool.map(lambda run: generate(api, environment, *run), runs))
    statuses = answered(api)
    total = sum(statuses.values()) - sum(before.values())
    print(f"{total} requests: " + json.dumps(statuses))
    for report, exit_code in outcomes.items():
        assert exit_code == 0, f"{summary(report)}\nwhole: {report}"
    assert total >= REQUESTS, "fewer requests than promised"
    assert not [status for status in statuses if status >= 500], statuses
    assert statuses[200] > REQUESTS / 20, "hardly a request got past its validation"
    assert api.client.request("GET", "/readyz").status == 200


def known(api):
    """Things that exist, for requests to name."""
    client = api.client
    domain = client.new_domain()
    doomed = [client.new_user(domain, f"doomed-{number}")["user_id"] for number in range(400)]
    users = [client.new_user(domain, f"known-{number}")["user_id"] for number in range(20)]
    users.append(client.post("user/", {"domain": domain, "user_id": "waiting"}).ok()["user_id"])
    challenges = [client.send(domain, f"known-{number}@example.com").ok()["otp_id"]
                  for number in range(40)]
    return {"KNOWN_DOMAIN": domain, "KNOWN_DOOMED": ",".join(doomed),
            "KNOWN_USERS": ",".join(users), "KNOWN_CHALLENGES": ",".join(challenges)}


def generate(api, environment, name, phases, examples, seed, selection):
    """Sends made-up requests. Gives the report, and 0 where nothing was found."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.txt"
    folder = api.folder / name
    folder.mkdir()
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{api.address}/openapi.json",
        "--header", f"x-api-key: {api.key}", "--checks", ",".join(CHECKS), "--phases", phases,
        "--max-examples", str(examples), "--seed", str(seed), "--no-shrink",
        "--suppress-health-check", "all", "--request-timeout", "10", "--no-color",
        "--warnings", "off", *selection,
    ]
    with report.open("w") as output:
        ended = subprocess.run(command, cwd=folder, env=environment, stdout=output,
                               stderr=subprocess.STDOUT, timeout=300)
    return report, ended.returncode


def summary(report):
    """What schemathesis found, without the tracebacks of its own making."""
    return report.read_text()[-4000:]


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
