"""A load of mixed requests by several clients, which remember what they were told."""

import http.client
import json
import random
import threading
import time
import uuid

from .client import BASE, Reply
from .device import reckon

BROKEN = (http.client.HTTPException, OSError)


class Person:
    """A user, and what the service acknowledged about them."""

    def __init__(self, fields):
        self.fields, self.secret = fields, fields["secret"]
        self.failures = {0}  # what may be recorded: one more if an answer was lost
        self.said_yes = {}  # code -> how often it was accepted
        self.unanswered = []  # codes whose answer was lost

    def code(self, at):
        return reckon(self.secret, at)

    def wrong_code(self, at):
        near = {self.code(at + 30 * step) for step in range(-3, 4)} | set(self.said_yes)
        return next(code for code in map("{:06}".format, range(20)) if code not in near)


class Worker(threading.Thread):
    """One client on a keep-alive connection, until the connection breaks for good."""

    def __init__(self, service, domain, seed):
        super().__init__(daemon=True)
        self.service, self.domain = service, domain
        self.address, self.key = service.client.host, service.key
        self.port = service.client.port
        self.random = random.Random(seed)
        self.people, self.sent, self.answers = [], [], 0
        self.connection, self.halt, self.error = None, threading.Event(), None

    def run(self):
        try:
            while not self.halt.is_set():
                self._step()
        except BROKEN:
            pass  # the service is gone: that is what the suite is about
        except Exception as error:  # reported by the test, not lost with the thread
            self.error = error
        finally:
            if self.connection:
                self.connection.close()

    def post(self, path, fields):
        """One request; an idle connection that the service closed is opened again."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address, self.port, timeout=10)
        headers = {"x-api-key": self.key, "content-type": "application/json"}
        self.connection.request("POST", f"{BASE}/{path}", json.dumps(fields), headers)
        answer = self.connection.getresponse()
        reply = Reply(answer.status, answer.headers, answer.read())
        if answer.headers.get("connection") == "close":
            self.connection.close()
        self.answers += 1
        return reply

    def _step(self):
        at = self.random.random()
        if at < 0.25 or not self.people:
            self._create()
        elif at < 0.55:
            self._use(self.random.choice(self.people[-10:]))
        elif at < 0.85:
            self._fail(self.random.choice(self.people[-10:]))
        else:
            self._send()

    def _create(self):
        fields = {"domain": self.domain, "user_id": f"load-{uuid.uuid4()}", "return_secret": True}
        self.people.append(Person(self.post("user/", fields).ok()))

    def _use(self, person):
        self.submit(person, person.code(time.time()))

    def submit(self, person, code):
        """Puts forward a good code, and notes what was said of it."""
        fields = {"domain": self.domain, "user_id": person.fields["user_id"], "code": code}
        try:
            reply = self.post("totp/", fields)
        except BROKEN:
            person.unanswered.append(code)
            person.failures |= {0}
            raise
        if reply.status == 200 and reply.json["verified"]:
            person.said_yes[code] = person.said_yes.get(code, 0) + 1
            person.failures = {0}
        return reply

    def _fail(self, person):
        if max(person.failures) >= 4:
            return  # the next would block, and blocks are another suite's
        code = person.wrong_code(time.time())
        fields = {"domain": self.domain, "user_id": person.fields["user_id"], "code": code}
        try:
            reply = self.post("totp/", fields).ok()
        except BROKEN:
            person.failures |= {count + 1 for count in person.failures}
            raise
        assert reply["outcome"] == "mismatch", reply
        person.failures = {count + 1 for count in person.failures}

    def _send(self):
        to = f"{uuid.uuid4()}@example.com"
        sent = self.post("send/", {"domain": self.domain, "channel": "email", "to": to})
        fields = {"otp_id": sent.ok()["otp_id"], "code": self._read(to)}
        note = {"fields": fields, "yes": 0}
        if fields["code"] is None:
            return
        self.sent.append(note)
        note["yes"] += self.post("verify/", fields).ok()["verified"]

    def _read(self, to):
        """The code in the message; none if the service died before it went out."""
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline and self.service.process.poll() is None:
            if self.service.messages(to):
                return self.service.received_code(to)
            time.sleep(0.02)
        return None
