"""Runs one suite (a folder) with pytest and closes with `N passed, N failed`."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


class Count:
    """Counts tests; one that cannot be set up or collected has failed too."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def pytest_runtest_logreport(self, report):
        self.passed += report.when == "call" and report.passed
        self.failed += not report.passed  # a skipped test is none that passed

    def pytest_collectreport(self, report):
        self.failed += report.failed


def main(suite):
    sys.path.insert(0, str(HERE))
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    count = Count()
    options = [str(HERE / suite), "-q", "-x" if os.environ.get("KEYFOB_STOP_AT_FIRST") else "-v"]
    options += ["-p", "no:cacheprovider", "-W", "ignore", "--rootdir", str(HERE), "-c", os.devnull]
    options += ["--durations=3", *sys.argv[2:]]
    exit_code = pytest.main(options, plugins=[count])
    sys.stdout.flush()
    failed = count.failed or (exit_code != 0) * 1
    print(f"{count.passed} passed, {failed} failed", flush=True)
    return 1 if failed or not count.passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or not (HERE / sys.argv[1]).is_dir():
        sys.exit("name a suite, a folder beside this file: suite.py races -k enrolment")
    sys.exit(main(sys.argv[1]))
