"""The service is killed at random moments under load, again and again: what it
acknowledged stands, and no code is accepted twice."""

import random
import shutil
import time

from support.client import Client
from support.load import Worker
from support.service import Service, integrity

ROUNDS = 15
CLIENTS = 8
SEED = 20_261_122


def test_fifteen_kills_under_load_lose_nothing_and_accept_nothing_twice():
    chance = random.Random(SEED)
    with Service() as service:
        domain = service.client.new_domain()
        workers, answers, yes, slowest = [], 0, 0, 0.0
        for round_number in range(ROUNDS):
            fresh = run_until_killed(service, domain, chance)
            workers += fresh
            check_integrity(service)
            service.start()
            slowest = max(slowest, service.ready_after)
            assert service.ready_after <= 2.0, f"ready after {service.ready_after:.2f} s"
            for worker in fresh:
                check_acknowledged(service, worker)
            # And what earlier rounds used stays used.
            for worker in chance.sample(workers, min(len(workers), CLIENTS)):
                check_used(service, worker)
        for worker in workers:
            answers += worker.answers
            for person in worker.people:
                yes += sum(person.said_yes.values())
                assert all(times == 1 for times in person.said_yes.values()), "accepted twice"
            assert all(note["yes"] <= 1 for note in worker.sent), "accepted twice"
        print(f"{ROUNDS} kills, {answers} answers, {yes} codes accepted, ready in {slowest:.2f} s")
        assert yes > ROUNDS * 5, "there was hardly any load"


def run_until_killed(service, domain, chance):
    workers = [Worker(service, domain, chance.random()) for _ in range(CLIENTS)]
    for worker in workers:
        worker.start()
    time.sleep(chance.uniform(0.05, 0.8))
    service.kill()
    for worker in workers:
        worker.join(15)
        assert not worker.is_alive()
        assert worker.error is None, worker.error
    return workers


def check_integrity(service):
    """SQLite's own check, on a copy: the service must mend its WAL by itself."""
    copy = service.folder / "copy"
    shutil.copytree(service.data, copy)
    found = integrity(copy / "keyfob.db")
    shutil.rmtree(copy)
    assert found == "ok"


def check_acknowledged(service, worker):
    client = Client(service.address, service.key)
    for person in worker.people:
        failures = client.user_status(person.fields)["failures"]
        assert failures in person.failures, f"{failures} recorded, {person.failures} possible"
    check_used(service, worker)


def check_used(service, worker):
    client = Client(service.address, service.key)
    for person in worker.people:
        for code in [*person.said_yes, *person.unanswered]:
            if code not in person.said_yes and max(person.failures) >= 4:
                continue
            reply = client.totp(person.fields, code)
            if reply.status == 200 and reply.json["verified"]:
                person.said_yes[code] = person.said_yes.get(code, 0) + 1
                person.failures = {0}
            elif reply.status == 200 and reply.json["outcome"] == "mismatch":
                person.failures = {count + 1 for count in person.failures}  # out of its window
            assert person.said_yes.get(code, 0) <= 1, "accepted before the kill and after it"
    for note in worker.sent:
        reply = client.verify(note["fields"]["otp_id"], note["fields"]["code"])
        note["yes"] += reply.status == 200 and reply.json["verified"]
        assert note["yes"] <= 1, "accepted before the kill and after it"
