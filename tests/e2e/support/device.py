"""A person's authenticator, and an independent reckoning of the same codes."""

import base64
import hashlib
import hmac
import subprocess
import time

DRIFT = 2  # steps to either side whose codes never count as wrong ones


class Device:
    """Makes codes with oathtool. The code of this step stays good in the next one, and
    that of the next is good already, so no test has to wait for a step to begin; that
    of the step before may be too old a moment later, so none is used."""

    def __init__(self, secret, digits=6, period=30, algorithm="SHA1"):
        self.secret, self.digits, self.period = secret, digits, period
        self.algorithm = algorithm.lower()

    def code(self, steps=0):
        """The code of now, or of so many steps after now."""
        at = int(time.time()) + steps * self.period
        return self.codes(at, 1)[0]

    def codes(self, at, count):
        """The codes of `count` steps from the second `at` on."""
        command = ["oathtool", f"--totp={self.algorithm}", "-b", "-d", str(self.digits)]
        command += ["-s", f"{self.period}s", "-N", f"@{at}", "-w", str(count - 1), self.secret]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.split()

    def wrong_codes(self, count):
        """Codes that are good in no step near now."""
        at = int(time.time()) - DRIFT * self.period
        near = set(self.codes(at, 2 * DRIFT + 3))
        every = (f"{number:0{self.digits}}" for number in range(10**self.digits))
        wrong = []
        for code in every:
            if code not in near:
                wrong.append(code)
            if len(wrong) == count:
                return wrong
        raise AssertionError("not so many wrong codes")


def reckon(secret, at, digits=6, period=30):
    """RFC 6238 with HMAC-SHA-1, by the standard library: for codes by the thousand."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(key, (int(at) // period).to_bytes(8, "big"), hashlib.sha1)
    place = mac[-1] & 15
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"
