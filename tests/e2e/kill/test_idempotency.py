"""The service is killed while it carries out requests with an `Idempotency-Key`: what it
answered it answers again, and what it did not get to answer it does not do twice."""

import http.client
import random
import threading
import time

from support.service import Service

ROUNDS = 8
CLIENTS = 8
SEED = 20_261_122


def test_after_a_kill_a_request_with_its_key_is_answered_the_same_or_is_in_flight():
    chance = random.Random(SEED)
    with Service() as service:
        domain = service.client.new_domain()
        answered = unanswered = in_flight = 0
        for round_number in range(ROUNDS):
            asked = ask_until_killed(service, domain, round_number, chance)
            service.start()
            for path, fields, key, first in asked:
                again = post(service.client, path, fields, key)
                if first is not None:
                    assert (again.status, again.body) == (first.status, first.body)
                    assert again.headers["Idempotent-Replayed"] == "true"
                    answered += 1
                    continue
                unanswered += 1
                # Had it been forgotten, `user-exists` would tell of one that was half done.
                if again.status != 200:
                    assert again.problem(409)["code"] == "idempotency-in-flight"
                    in_flight += 1
                if path == "send/":
                    assert len(set(service.messages(fields["to"]))) <= 1
        print(f"{ROUNDS} kills, {answered} answered before, {unanswered} not, {in_flight} in flight")
        assert answered > ROUNDS * 5 and unanswered > 0, "there was hardly any load"


def ask_until_killed(service, domain, round_number, chance):
    """Every request that was sent, with its answer if there was one."""
    asked = []

    def work(number):
        client = service.client
        for count in range(10_000):
            name = f"{round_number}-{number}-{count}"
            path, fields = request(domain, name)
            try:
                reply = post(client, path, fields, f"key-{name}")
            except (OSError, http.client.HTTPException):
                asked.append((path, fields, f"key-{name}", None))
                return
            assert reply.status == 200, reply.body
            asked.append((path, fields, f"key-{name}", reply))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for worker in workers:
        worker.start()
    time.sleep(chance.uniform(0.05, 0.5))
    service.kill()
    for worker in workers:
        worker.join(15)
        assert not worker.is_alive()
    return asked


def request(domain, name):
    if name.endswith(("1", "3", "5", "7", "9")):
        return "send/", {"domain": domain, "channel": "email", "to": f"p-{name}@example.com"}
    return "user/", {"domain": domain, "user_id": name, "return_secret": True}


def post(client, path, fields, key):
    return client.post(path, fields, headers={"idempotency-key": key})
