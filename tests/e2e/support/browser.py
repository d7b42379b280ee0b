"""Chromium, through the scenarios of the suite `browser`."""

import contextlib
import json
import os
import shutil
import subprocess

from .service import REPOSITORY

SCENARIOS = REPOSITORY / "tests/e2e/browser/scenarios.mjs"
SHOTS = REPOSITORY / "target/e2e/screenshots"
PHONE, DESKTOP = 390, 1280


@contextlib.contextmanager
def running_browser():
    """One browser for all scenarios of a file."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for tool in ("node", "zbarimg", os.environ.get("KEYFOB_CHROMIUM", "/usr/bin/chromium")):
        assert shutil.which(tool), f"this suite needs {tool}"
    with subprocess.Popen(["node", SCENARIOS, "serve"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as server:
        os.environ["KEYFOB_BROWSER"] = server.stdout.readline().strip()
        yield
        server.stdin.close()


def browse(scenario, **given):
    """Plays a scenario and returns what was seen."""
    done = subprocess.run(["node", SCENARIOS, scenario, json.dumps(given)], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["external"] == [], "a page asked somebody else for something"
    assert seen["console"] == [], "the browser complained"
    return seen


def shot(name):
    """Where a screenshot of this name goes."""
    return str(SHOTS / f"{name}.png")
