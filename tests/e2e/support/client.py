"""HTTP with the standard library alone: what is sent is what is written here."""

import http.client
import json
import uuid
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

BASE = "/identity/otp"
READINESS = 0.6  # seconds after which /readyz asks the disk again


@dataclass
class Reply:
    """An answer of the service."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    def ok(self):
        """The body of an answer that must be 200."""
        assert self.status == 200, f"{self.status}: {self.body.decode(errors='replace')}"
        return self.json

    def problem(self, status=None):
        """The body of an answer that must be an RFC 9457 problem."""
        text = f"{self.status}: {self.body.decode(errors='replace')}"
        assert 400 <= self.status <= 599, text
        assert status is None or self.status == status, text
        assert self.headers["content-type"] == "application/problem+json", text
        problem = self.json
        assert problem["status"] == self.status, text
        assert problem["code"] and problem["detail"] and problem["title"] and problem["type"], text
        return problem


class Client:
    """One application, by its API key."""

    def __init__(self, address, key, timeout=30):
        parts = urlsplit(address)
        self.host, self.port = parts.hostname, parts.port
        self.key, self.timeout = key, timeout

    def request(self, method, path, body=None, headers=None):
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def call(self, method, path, fields=None, *, raw=None, content_type="application/json",
             headers=None):
        """A request of the API; `raw` bytes in place of `fields` go out as they are."""
        headers = {"x-api-key": self.key, **(headers or {})}
        body = raw if fields is None else json.dumps(fields).encode()
        if body is not None and content_type:
            headers["content-type"] = content_type
        return self.request(method, f"{BASE}/{path}", body, headers)

    def post(self, path, fields=None, **more):
        return self.call("POST", path, fields, **more)

    def get(self, path):
        return self.call("GET", path)

    def delete(self, path):
        return self.call("DELETE", path)

    def new_domain(self):
        return self.post("domain/").ok()["domain"]

    def new_user(self, domain, user_id=None, **fields):
        """A user who is enrolled; the answer holds the secret."""
        fields = {"domain": domain, "user_id": user_id or f"user-{uuid.uuid4()}", **fields}
        return self.post("user/", {"return_secret": True, **fields}).ok()

    def totp(self, user, code):
        """Puts forward a code of a `user` that `new_user` returned."""
        fields = {"domain": user["domain"], "user_id": user["user_id"], "code": code}
        return self.post("totp/", fields)

    def user_status(self, user):
        return self.get(f"user/{user['domain']}/{quote(user['user_id'], safe='')}/").ok()

    def send(self, domain, to, channel="email", **fields):
        return self.post("send/", {"domain": domain, "channel": channel, "to": to, **fields})

    def verify(self, otp_id, code, **fields):
        return self.post("verify/", {"otp_id": otp_id, "code": code, **fields})
