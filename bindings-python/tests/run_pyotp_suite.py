"""Runs pyotp's own test program, unedited, against `keyfob.pyotp` under the name of pyotp."""

from __future__ import annotations

import importlib
import runpy
import sys

import keyfob.pyotp

MODULES = ("totp", "hotp", "otp", "utils", "compat", "exceptions", "contrib", "contrib.steam")

if __name__ == "__main__":
    program = sys.argv.pop(1)
    sys.modules["pyotp"] = keyfob.pyotp
    for name in MODULES:
        sys.modules[f"pyotp.{name}"] = importlib.import_module(f"keyfob.pyotp.{name}")
    runpy.run_path(program, run_name="__main__")
