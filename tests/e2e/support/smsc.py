"""An SMSC that is not ours (the npm library `smpp`), in a process of its own."""

import json
import os
import re
import subprocess
import threading
import time
from pathlib import Path

USER, PASSWORD = "bank", "pa55-can"  # SMPP has room for eight characters
PROGRAM = Path(__file__).parents[1] / "smpp" / "smsc.cjs"

OK, SYSTEM_ERROR, BAD_DESTINATION, QUEUE_FULL, THROTTLED = 0, 0x08, 0x0B, 0x14, 0x58
NOT_BOUND, BAD_SOURCE, PERMANENT_ERROR, TEMPORARY_ERROR = 0x04, 0x0A, 0x65, 0x64


class Smsc:
    """Starts it, tells it what to do, and keeps what it says happened."""

    def __init__(self, authority=None, **options):
        self.options = {"user": USER, "password": PASSWORD, "port": 0, **options}
        if authority:
            self.options |= {"cert": str(authority.folder / "server.pem"),
                             "key": str(authority.folder / "server.key")}
        self.authority, self.said, self.news = authority, [], threading.Condition()

    def __enter__(self):
        self.process = subprocess.Popen(
            [os.environ.get("KEYFOB_NODE", "node"), PROGRAM, json.dumps(self.options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, daemon=True).start()
        self.port = self.wait("listening")["port"]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(10)

    def tell(self, **commands):
        self.process.stdin.write(json.dumps(commands) + "\n")
        self.process.stdin.flush()

    def behave(self, **behaviour):
        self.tell(behave=behaviour)

    def all(self, event, **fields):
        """What has happened of this kind, oldest first."""
        with self.news:
            return [said for said in self.said if said["event"] == event
                    and all(said.get(key) == value for key, value in fields.items())]

    def wait(self, event, number=1, within=10.0, **fields):
        """The `number`th event of this kind; waits for it."""
        deadline = time.monotonic() + within
        while len(found := self.all(event, **fields)) < number:
            with self.news:
                left = deadline - time.monotonic()
                assert left > 0, f"no {event} {fields} number {number}, only {found[-3:]}"
                self.news.wait(min(left, 0.2))
        return found[number - 1]

    def messages(self, to):
        """The texts to this recipient that came in one part."""
        return [said["text"] for said in self.all("submit", to=to.lstrip("+"))]

    def code(self, to, number=1):
        text = self.wait("submit", number, to=to.lstrip("+"))["text"]
        return re.search(r"(?<!\d)\d{6}(?!\d)", text).group()

    def provider(self, name="smsc", **keys):
        """Its table in a configuration."""
        keys = {"kind": "smpp", "host": "127.0.0.1", "port": self.port, "system_id": USER,
                "tls": bool(self.authority), "password": PASSWORD, "from": "BANK", **keys}
        lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        return "\n".join([f"[providers.{name}]", *lines])

    def _listen(self):
        for line in self.process.stdout:
            with self.news:
                self.said.append(json.loads(line))
                self.news.notify_all()
