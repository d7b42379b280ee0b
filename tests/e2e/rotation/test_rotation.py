"""A new sealing key under load: no request fails, no code is accepted twice, and a rotation
that is killed again and again comes to its end."""

import base64
import contextlib
import json
import os
import random
import subprocess
import time

from support.device import reckon
from support.load import Worker
from support.service import Service, binary, keyfob
from support.wait import until

USERS = int(os.environ.get("KEYFOB_ROTATION_USERS", "20000"))
CLIENTS = 4
KILLS = 12
LONG = 60 + USERS / 1_000  # seconds
SEED = 20_261_122
SECRET = base64.b32encode(bytes(range(20))).decode()


def test_a_rotation_under_load_fails_no_request_and_accepts_nothing_twice():
    with Service() as service:
        domain = fill(service, USERS)
        with load(service, domain) as workers:
            time.sleep(0.5)
            began = time.monotonic()
            keyfob("key", "rotate", "--data", service.data, within=LONG)
            took = time.monotonic() - began
            time.sleep(1.5)
        answers = check(workers)
        assert sealing_keys(service) == [1, 2]
        assert under(service) == {2}, "nothing is under the old key"
        print(f"{USERS} records in {took:.1f} s beside {answers} answers, none of them a failure")
        assert answers > 100, "there was hardly any load"


def test_the_running_service_takes_a_key_over_and_seals_the_records_by_itself():
    with Service() as service:
        domain = fill(service, 2_000)
        keyfob("key", "rotate", "--background", "--data", service.data)
        with load(service, domain) as workers:
            until(lambda: under(service), {2}.__eq__, within=60, every=0.1)
        check(workers)


def test_a_rotation_killed_at_any_point_goes_on_and_loses_nothing():
    chance = random.Random(SEED)
    with Service() as service:
        domain = fill(service, USERS)
        command = [binary(), "key", "rotate", "--data", str(service.data)]
        with load(service, domain) as workers:
            for _ in range(KILLS):
                before = sealing_keys(service)
                rotation = subprocess.Popen(command, stderr=subprocess.DEVNULL)
                time.sleep(chance.uniform(0.0, 0.4))
                rotation.kill()
                rotation.wait()
                keys = sealing_keys(service)
                assert keys[:len(before)] == before and len(keys) <= len(before) + 1
            keyfob("key", "rotate", "--data", service.data)
        check(workers)
        assert under(service) == {sealing_keys(service)[-1]}
        check_users(service, domain, chance)


def test_a_service_killed_at_any_point_of_a_rotation_goes_on_and_loses_nothing():
    chance = random.Random(SEED)
    with Service() as service:
        domain = fill(service, USERS)
        used = {}
        keyfob("key", "rotate", "--background", "--data", service.data)
        for _ in range(KILLS):
            use_codes(service, domain, chance, used)
            time.sleep(chance.uniform(0.0, 0.5))
            service.kill()
            service.start()
        until(lambda: under(service), {2}.__eq__, within=120, every=0.1)
        use_codes(service, domain, chance, used)
        check_users(service, domain, chance, used)
        keyfob("key", "retire", "1", "--data", service.data)
        assert sealing_keys(service) == [2]
        service.kill()
        service.start()
        check_users(service, domain, chance, used)


def test_a_key_is_not_removed_while_it_is_needed():
    with Service(started=False) as service:
        service.start()
        fill(service, 100)
        service.stop()
        refused = keyfob("key", "retire", "1", "--data", service.data, check=False)
        assert refused.returncode == 2 and "sealing-key-in-use" in refused.stderr
        refused = keyfob("key", "retire", "9", "--data", service.data, check=False)
        assert "sealing-key-not-found" in refused.stderr
        keyfob("key", "rotate", "--data", service.data)  # with nobody else there
        before = (service.data / "master.key").read_text()
        keyfob("key", "retire", "1", "--data", service.data)
        after = (service.data / "master.key").read_text()
        assert "seal 1 " in before and "seal 1 " not in after and "root " in after
        assert (service.data / "master.key").stat().st_mode & 0o777 == 0o600
        keyfob("key", "rotate", "--data", service.data)
        assert sealing_keys(service) == [2, 3], "the number of a key is never given twice"


def test_a_backup_from_before_a_rotation_is_restored_with_the_old_key():
    with Service() as service:
        domain = fill(service, 500)
        backup = service.folder / "before.db"
        keyfob("backup", "--data", service.data, backup)
        keyfob("key", "rotate", "--data", service.data)
        service.stop()
        keyfob("restore", "--data", service.data, backup)
        service.start()
        until(lambda: under(service), {2}.__eq__, within=60, every=0.1)
        assert service.client.get(f"user/{domain}/user-7/").status == 200


def fill(service, users):
    """A domain with `users` who all have one secret, and an account with a webhook."""
    webhook = {"url": "https://bank.example/", "events": ["user.blocked"]}
    service.client.call("PUT", "webhook/", webhook).ok()
    domain = service.client.new_domain()
    lines = "".join(
        json.dumps({"user_id": f"user-{number}", "secret": SECRET}) + "\n"
        for number in range(users)
    )
    keyfob("user", "import", "--data", service.data, "--domain", domain, "-", stdin=lines,
           within=LONG)
    return domain


class Clerk(Worker):
    """A worker who also uses codes of the users that were there before, each once, several
    times at once by several clerks."""

    def __init__(self, service, domain, seed, used):
        super().__init__(service, domain, seed)
        self.used = used

    def _step(self):
        if self.random.random() < 0.5:
            return super()._step()
        user, code = f"user-{self.random.randrange(50)}", reckon(SECRET, time.time())
        fields = {"domain": self.domain, "user_id": user, "code": code}
        reply = self.post("totp/", fields).ok()
        if reply["verified"]:
            self.used.append((user, code))
        else:
            assert reply["outcome"] == "replayed", reply


@contextlib.contextmanager
def load(service, domain):
    workers = [Clerk(service, domain, SEED + number, []) for number in range(CLIENTS)]
    for worker in workers:
        worker.start()
    try:
        yield workers
    finally:
        for worker in workers:
            worker.halt.set()
        for worker in workers:
            worker.join(30)


def check(workers):
    """Every request was answered as it should be, and every code was accepted once."""
    for worker in workers:
        assert not worker.is_alive()
        assert worker.error is None, worker.error
        assert all(times == 1 for person in worker.people for times in person.said_yes.values())
    accepted = [code for worker in workers for code in worker.used]
    assert len(accepted) == len(set(accepted)), "a code was accepted twice"
    assert accepted
    return sum(worker.answers for worker in workers)


def use_codes(service, domain, chance, used):
    for user in {f"user-{chance.randrange(USERS)}" for _ in range(20)}:
        code = reckon(SECRET, time.time())
        reply = service.client.totp({"domain": domain, "user_id": user}, code).ok()
        assert reply["verified"] != ((user, code) in used), reply
        used[user, code] = True


def check_users(service, domain, chance, used=()):
    for user, code in used:
        reply = service.client.totp({"domain": domain, "user_id": user}, code).ok()
        assert not reply["verified"], "accepted twice"
    for _ in range(100):
        user = f"user-{chance.randrange(USERS)}"
        assert service.client.get(f"user/{domain}/{user}/").status == 200, user
    assert service.client.get("webhook/").ok()["url"] == "https://bank.example/"


def sealing_keys(service):
    return [key["key"] for key in sealing(service)]


def under(service):
    """The keys that anything is under: records, messages, events, settings of webhooks."""
    return {key["key"] for key in sealing(service) if key["records"] or key["others"]}


def sealing(service):
    return json.loads(keyfob("key", "sealing", "--json", "--data", service.data))
