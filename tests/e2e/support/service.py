"""The service under test: the real binary on a free port and a data folder of its own."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from .client import Client
from .wait import until

REPOSITORY = Path(__file__).resolve().parents[3]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
API_KEY = re.compile(r"\bkf_[a-z2-7]+_[a-z2-7]+\b")
MESSAGE = re.compile(r"^  (sms|voice|email) to (\S+)\n((?:    .*\n)+)", re.MULTILINE)


def binary():
    """The binary, as built for release."""
    return os.environ.get("KEYFOB_BIN") or str(REPOSITORY / "target/release/keyfob")


def environment():
    """The environment without the variables that only these tests read: the service reports
    those that mean nothing to it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KEYFOB_")}


def integrity(file):
    """What SQLite finds wrong with a database that nobody else has open: `ok` if nothing."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute("pragma integrity_check").fetchone()[0]


def keyfob(*arguments, stdin=None, check=True, within=60):
    """Runs a command of the binary and returns its standard output."""
    done = subprocess.run(
        [binary(), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=within,
        env=environment(),
    )
    if check and done.returncode != 0:
        raise AssertionError(f"keyfob {arguments[0]} exited {done.returncode}: {done.stderr}")
    return done.stdout if check else done


class Service:
    """One service and what it printed. Used as a context manager it cleans up."""

    def __init__(self, *, dev=True, arguments=(), environment=None, data=None, started=True):
        self.folder = Path(tempfile.mkdtemp(prefix="keyfob-e2e-"))
        self.data = Path(data) if data else self.folder / "data"
        self.stdout, self.stderr = self.folder / "stdout.log", self.folder / "stderr.log"
        self.arguments = [*(["--dev"] if dev else []), *map(str, arguments)]
        self.environment = environment or {}
        self.started = started
        self.process = self.address = self.key = None

    def __enter__(self):
        return self.start() if self.started else self

    def __exit__(self, failed, *_):
        self.kill()
        if failed:
            said = self.stderr.read_text()[-4000:] if self.stderr.exists() else ""
            print(f"--- standard error of the service:\n{said}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, ready_within=10.0):
        """Starts it, and returns when `/readyz` says so."""
        self.kill()
        began = time.monotonic()
        printed = self.stdout.stat().st_size if self.stdout.exists() else 0
        with self.stdout.open("ab") as out, self.stderr.open("ab") as err:
            self.process = subprocess.Popen(
                [binary(), "serve", "--listen", "127.0.0.1:0", "--data", str(self.data)]
                + self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**environment(), **self.environment},
            )
        while not self._is_ready(printed):
            if self.process.poll() is not None:
                raise AssertionError(
                    f"serve exited {self.process.returncode}: {self.stderr.read_text()[-2000:]}"
                )
            if time.monotonic() - began > ready_within:
                raise AssertionError(f"not ready within {ready_within} s")
            time.sleep(0.005)
        self.ready_after = time.monotonic() - began
        if self.key is None:
            found = API_KEY.search(self.output())
            self.key = found.group() if found else self.new_key()
        return self

    def stop(self, within=15.0):
        """Asks it to stop (SIGTERM), and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def kill(self):
        """Ends it as a power cut would (SIGKILL)."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def new_key(self, *arguments):
        """Another API key, made beside the running service: of the same account, or of
        a new one with `--new-account`."""
        return keyfob("key", "create", "--data", self.data, *arguments).strip()

    @property
    def client(self):
        """A client with the first key."""
        return Client(self.address, self.key)

    def output(self):
        """All that it printed on standard output."""
        return self.stdout.read_text(errors="replace")

    def messages(self, to):
        """The texts that `--dev` showed on the terminal for this recipient, oldest first."""
        found = [m for m in MESSAGE.finditer(self.output()) if m.group(2) == to]
        return ["\n".join(line[4:] for line in m.group(3).splitlines()) for m in found]

    def received_code(self, to, number=1, pattern=r"(?<!\d)\d{4,12}(?!\d)"):
        """The code in the `number`th message to this recipient; waits for it to arrive."""
        messages = until(lambda: self.messages(to), lambda found: len(found) >= number)
        return re.search(pattern, messages[number - 1]).group()

    def readyz(self):
        """What `/readyz` says while it says 200."""
        return self._fetch("readyz")

    def metrics(self):
        """What `/metrics` says."""
        return self._fetch("metrics")

    def message(self, otp_id):
        """What is known of a message."""
        return self.client.get(f"send/{otp_id}/").ok()

    def wait_for(self, otp_id, *states, channel=None, within=15.0):
        """What is known of a message, once it is in one of these states (on this channel)."""
        def is_there(found):
            return found["delivery"] in states and channel in (None, found["channel"])

        return until(lambda: self.message(otp_id), is_there, within, every=0.05)

    def _fetch(self, path):
        with urllib.request.urlopen(f"{self.address}/{path}", timeout=5) as answer:
            return answer.read().decode()

    def _is_ready(self, printed):
        if not self.stdout.exists():
            return False
        with self.stdout.open("rb") as out:
            out.seek(printed)
            found = ADDRESS.search(out.read().decode(errors="replace"))
        if not found:
            return False
        self.address = found.group()
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as reply:
                return reply.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False
