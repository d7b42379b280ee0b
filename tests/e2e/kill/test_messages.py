"""Kills in the middle of sending: what was acknowledged reaches its person, a message comes twice
at most once a kill, none comes after its code's end, and no code is accepted twice."""

import os
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPException

from support.gateway import SECRET, Gateway
from support.service import Service

KILLS = int(os.environ.get("KEYFOB_KILLS", "12"))
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Sender(threading.Thread):
    """Sends to one number after another, and remembers which sends were acknowledged."""

    def __init__(self, service, domain, seed):
        super().__init__(daemon=True)
        self.service, self.domain, self.seed = service, domain, seed
        self.acknowledged, self.halt = {}, threading.Event()

    def run(self):
        number = 0
        while not self.halt.is_set():
            number += 1
            to = f"person-{self.seed}-{number}@customer.example"
            try:
                reply = self.service.client.send(self.domain, to, "email")
                if reply.status == 200:
                    self.acknowledged[to] = reply.json["otp_id"]
            except (OSError, HTTPException, ValueError):
                time.sleep(0.01)  # it was killed before it answered, or is not back yet


def test_kills_in_the_middle_of_sending_lose_no_message(tmp_path):
    chance = random.Random(4)
    with Gateway() as gateway:
        file = tmp_path / "keyfob.toml"
        file.write_text(f"""
            [channels]
            email = ["gateway"]
            [providers.gateway]
            kind = "webhook"
            url = "{gateway.url}/messages"
            secret = "{SECRET}"
        """)
        with Service(dev=False, arguments=["--config", file]) as service:
            domain = service.client.new_domain()
            senders = [Sender(service, domain, seed) for seed in range(8)]
            for sender in senders:
                sender.start()
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.05, 0.4))
                service.kill()
                service.start()
            for sender in senders:
                sender.halt.set()
            for sender in senders:
                sender.join(30)
            acknowledged = {to: otp for sender in senders for to, otp in sender.acknowledged.items()}
            assert len(acknowledged) > KILLS, "there was load"
            # What was leased is sent again after half a minute; if that is not answered within ten
            # seconds, again after half a minute.
            deadline = time.monotonic() + 120
            while lost := set(acknowledged) - {message["to"] for message in gateway.messages}:
                assert time.monotonic() < deadline, f"{len(lost)} of {len(acknowledged)} are lost"
                time.sleep(0.2)
            times = {}
            for message in list(gateway.messages):
                times[message["id"]] = times.get(message["id"], 0) + 1
                ends = datetime.fromisoformat(message["expires_at"]).timestamp()
                assert message["arrived"] < ends, "none was sent late"
            twice = [count for count in times.values() if count > 1]
            print(f"{KILLS} kills, {len(acknowledged)} sends acknowledged, {len(times)} messages, "
                  f"{sum(twice) - len(twice)} came again, none more than {max(times.values())} times")
            assert max(times.values()) <= 2, "not again for each kill"
            codes = {message["to"]: CODE.search(message["text"]).group()
                     for message in gateway.messages}
            client = service.client
            with ThreadPoolExecutor(8) as pool:
                asked = [(otp_id, codes[to]) for to, otp_id in acknowledged.items()] * 3
                chance.shuffle(asked)
                replies = list(pool.map(lambda pair: (pair[0], client.verify(*pair).ok()), asked))
            accepted = [otp_id for otp_id, reply in replies if reply["verified"]]
            assert sorted(accepted) == sorted(acknowledged.values()), "each code once"
