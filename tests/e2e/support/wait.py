"""Waiting for what others do."""

import time


def until(read, holds=bool, within=10.0, every=0.02):
    """What `read()` returns, once it is as `holds` wants it; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not holds(found := read()):
        assert time.monotonic() < deadline, f"after {within} s still {found!r}"
        time.sleep(every)
    return found
