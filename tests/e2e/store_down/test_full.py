"""The disk is full: 503, nothing accepted, and normal again by itself. A small file
system in memory stands for the disk; mounting it needs root."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from support.client import READINESS
from support.device import Device
from support.service import Service

MEBIBYTE = 1 << 20


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stderr}(this suite mounts file systems: run it as root)"


@pytest.fixture
def disk(tmp_path):
    """A disk of eight mebibytes, and a service on it."""
    point = tmp_path / "disk"
    point.mkdir()
    mount("-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", point)
    try:
        with Service(data=point / "data") as service:
            yield point, service
    finally:
        subprocess.run(["umount", "-l", str(point)], check=False)


def fill(point: Path):
    """Leaves not one block free."""
    filler = point / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (64 * 1024, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    assert os.statvfs(point).f_bavail == 0
    return filler


def timed(call):
    began = time.monotonic()
    reply = call()
    took = time.monotonic() - began
    assert took < 1.0, f"answered after {took:.2f} s"
    return reply


def refused_until_full(client, domain):
    """Creates users until the store refuses: pages that are allocated may still fill."""
    for number in range(20_000):
        reply = timed(lambda: client.post("user/", {"domain": domain, "user_id": f"fill-{number}",
                                                    "return_secret": True}))
        if reply.status == 503:
            return number
        reply.ok()
    raise AssertionError("the full disk was never noticed")


def test_a_full_disk_refuses_and_recovers(disk):
    point, service = disk
    client, domain = service.client, service.client.new_domain()
    user = client.new_user(domain)
    device = Device(user["secret"])
    filler = fill(point)
    created = refused_until_full(client, domain)
    code = device.code()
    for _ in range(3):
        timed(lambda: client.totp(user, code)).problem(503)
    time.sleep(READINESS)
    assert timed(lambda: client.request("GET", "/readyz")).status == 503
    assert client.get(f"user/{domain}/fill-{created}/").status == 404, "refused, and yet created"
    filler.unlink()
    recovered(client, lambda: client.totp(user, code))
    assert client.totp(user, code).ok()["outcome"] == "replayed"
    for number in range(created):
        assert client.get(f"user/{domain}/fill-{number}/").status == 200, "acknowledged and lost"
    service.kill()
    service.start()
    assert service.client.totp(user, code).ok()["outcome"] == "replayed", "accepted, not kept"


def recovered(client, call):
    """Accepted soon after, with no help."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        reply = timed(call)
        if reply.status == 200:
            assert reply.json == {"verified": True}, "the code was not used up meanwhile"
            time.sleep(READINESS)
            assert client.request("GET", "/readyz").status == 200
            return
        reply.problem(503)
        time.sleep(0.1)
    raise AssertionError("not normal again by itself")
