"""Sends a code and verifies it, with the service component over a SQLite file.

    pip install wasmtime==50.0.1
    python main.py ../../dist/component/keyfob-service.wasm

The component has the rules; this program has the store, the clock, the entropy and the way to
people. Here a person is a list; put your provider there.
"""

import os
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from keyfob_component import Engine, KeyfobError, Variant, field, record
from store import SqliteStore

ACCOUNT = str(uuid.uuid4())
KEYS = record(root=os.urandom(32), sealing=[record(id=1, key=os.urandom(32))])
THREADS = 16


class Application:
    """What every thread shares: the component, the file, and where messages go."""

    def __init__(self, component, database):
        self.engine = Engine(component)
        self.database = database
        self.outbox = []
        self.local = threading.local()

    def flow(self, name, *arguments):
        """Runs a flow of the service in this thread's own instance."""
        if not hasattr(self.local, "otp"):
            self.local.otp = self.engine.instance(self.imports())
            policy = self.local.otp.call("flows", "default-policy")
            self.local.service = self.local.otp.call("flows", "[static]service.create", KEYS, policy, 0)
        return self.local.otp.call("flows", f"[method]service.{name}", self.local.service, *arguments)

    def imports(self):
        return {
            "wasi:clocks/wall-clock@0.2.0": {"now": lambda: record(seconds=int(time.time()), nanoseconds=0)},
            "wasi:random/random@0.2.0": {"get-random-bytes": os.urandom},
            "keyfob:otp/storage@0.1.0": SqliteStore(self.database).functions(),
            "keyfob:otp/delivery@0.1.0": {"deliver": self.deliver},
            "keyfob:otp/sim-swap@0.1.0": {
                "check": lambda *_: Variant("err", "channel-not-configured"),
                "checked": lambda _finding: None,  # counted, if you like
            },
            "keyfob:otp/audit@0.1.0": {"judged": lambda _outcome: None},  # written down, if you like
        }

    def deliver(self, message):
        self.outbox.append(message)
        return Variant("ok", "sent")


def request(domain, recipient):
    nothing = dict.fromkeys([
        "other_recipient", "fallback_after", "template", "language", "policy", "lifetime", "context",
        "sim_swap", "client", "api_key", "destination",
    ])
    return record(domain=domain, channels=["sms"], recipient=recipient, ending=Variant("none"), **nothing)


def main(component, database):
    app = Application(component, database)
    settings = record(sim_swap=None, fallback_after=None)
    domain = app.flow("create-domain", ACCOUNT, "Example Bank", settings)

    sent = app.flow("send", ACCOUNT, request(domain, "+447700900121"))
    otp_id, code = field(sent, "otp-id"), app.outbox[-1].code
    print(f"sent: a code for {otp_id}, by {sent.channel}")

    wrong = ("1" if code[0] == "0" else "0") + code[1:]
    print(f"wrong code: {app.flow('verify', ACCOUNT, otp_id, wrong, None)}")

    # All of them have the right code, each in an instance of its own over one file.
    start = threading.Barrier(THREADS)

    def verify(_):
        start.wait()
        try:
            return app.flow("verify", ACCOUNT, otp_id, code, None).tag
        except KeyfobError as error:
            return error.code

    with ThreadPoolExecutor(THREADS) as pool:
        answers = sorted(pool.map(verify, range(THREADS)))
    print(f"right code, {THREADS} times at once: {answers.count('accepted')} accepted, "
          f"{answers.count('replayed')} replayed")
    once = answers == ["accepted"] + ["replayed"] * (THREADS - 1)
    print("1 passed, 0 failed" if once else "0 passed, 1 failed")
    return 0 if once else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python main.py keyfob-service.wasm, which `cargo xtask wasm component` puts into dist/component")
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(sys.argv[1], os.path.join(folder, "keyfob.db")))
