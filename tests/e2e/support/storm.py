"""Many requests at once: all connections stand and every request lacks its last byte
before the first of them is completed, so that the service sees them together."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from .client import BASE


@dataclass
class Answer:
    """A reply, or `status` 0 where the connection broke first."""

    status: int
    body: bytes = b""
    headers: bytes = b""

    @property
    def outcome(self):
        """What became of the code: `accepted`, an outcome's name, or a problem's code."""
        if self.status == 0:
            return "none"
        fields = json.loads(self.body)
        return "accepted" if fields.get("verified") else fields.get("outcome") or fields["code"]


def tally(answers):
    """How often each outcome came."""
    outcomes = [answer.outcome for answer in answers]
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}


def submit(address, key, path, bodies, on_released=None, within=60):
    """Posts every one of `bodies` (fields) to the API at once, and returns the answers."""
    requests = [
        _request("POST", f"{BASE}/{path}", json.dumps(fields).encode(),
                 {"x-api-key": key, "content-type": "application/json"})
        for fields in bodies
    ]
    return run(address, requests, on_released, within)


def submit_forms(address, path, bodies, on_released=None, within=60):
    """Posts every one of `bodies` (bytes) as a browser posts a form."""
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": address}
    requests = [_request("POST", path, body, headers) for body in bodies]
    return run(address, requests, on_released, within)


def kill_after(service, seconds):
    """For `on_released`: SIGKILL while the answers come in."""

    async def kill():
        await asyncio.sleep(seconds)
        service.process.kill()
        await asyncio.to_thread(service.process.wait)

    return kill


def run(address, requests, on_released=None, within=60):
    return asyncio.run(asyncio.wait_for(_storm(address, requests, on_released), within))


def _request(method, path, body, headers):
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _storm(address, requests, on_released):
    parts = urlsplit(address)
    gate = asyncio.Event()
    standing = asyncio.Semaphore(0)
    some = asyncio.Semaphore(128)  # fewer than any listen queue

    async def one(request):
        writer = None
        try:
            async with some:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.write(request[:-1])
                await writer.drain()
        except OSError:
            standing.release()
            return Answer(0)
        standing.release()
        await gate.wait()
        try:
            writer.write(request[-1:])
            return await _read(reader)
        except (OSError, asyncio.IncompleteReadError):
            return Answer(0)
        finally:
            writer.close()

    tasks = [asyncio.create_task(one(request)) for request in requests]
    for _ in tasks:
        await standing.acquire()
    gate.set()
    if on_released is not None:
        await on_released()
    return await asyncio.gather(*tasks)


async def _read(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return Answer(status, await reader.readexactly(length), head)
