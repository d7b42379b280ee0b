"""A backup taken under load is whole; after a restore nothing that was used since is
good again (the backup cannot know what was used, so all that may have been counts)."""

import contextlib
import os
import sqlite3
import stat
import time

import pytest
from support.client import Client
from support.device import Device
from support.load import Worker
from support.mail import Authority, MailServer
from support.service import Service, integrity, keyfob
from support.wait import until


@pytest.fixture
def store():
    with Service() as service:
        yield service


def back_up(service, name="backup.db"):
    file = service.folder / name
    keyfob("backup", "--data", service.data, file)
    return file


def restore(service, file, **more):
    return keyfob("restore", "--data", service.data, file, **more)


def restored(service, file):
    """Stops the service, restores, and starts it again."""
    assert service.stop() == 0
    restore(service, file)
    service.start()
    return Client(service.address, service.key)


def test_a_code_used_after_the_backup_stays_used_after_the_restore(store):
    client, domain = store.client, store.client.new_domain()
    user = client.new_user(domain)
    sent = client.send(domain, "open@example.com").ok()
    sent_code = store.received_code("open@example.com")
    other = client.send(domain, "used@example.com").ok()
    other_code = store.received_code("used@example.com")
    file = back_up(store)

    device = Device(user["secret"])
    codes = [device.code(), device.code(1)]
    assert client.totp(user, codes[0]).ok() == {"verified": True}
    assert client.verify(other["otp_id"], other_code).ok() == {"verified": True}
    later = client.new_user(domain)

    client = restored(store, file)
    for code in codes:
        assert client.totp(user, code).ok()["verified"] is False
    assert client.totp(user, codes[0]).ok()["outcome"] == "replayed"
    assert client.user_status(user)["failures"] == 0, "a retry is no guess, here neither"
    for otp_id, code in ((sent["otp_id"], sent_code), (other["otp_id"], other_code)):
        assert client.verify(otp_id, code).ok() == {"verified": False, "outcome": "expired"}
        assert client.get(f"send/{otp_id}/").ok()["status"] == "expired"
    assert client.post("resend/", {"otp_id": sent["otp_id"]}).problem(409)
    gone = client.get(f"user/{domain}/{later['user_id']}/")
    assert gone.problem(404)["code"] == "user-not-found", "made after the backup"


def test_devices_and_messages_work_again_soon_after_a_restore(store):
    """With codes of one second the floor is passed within a few."""
    client, domain = store.client, store.client.new_domain()
    user = client.new_user(domain, interval=1)
    client = restored(store, back_up(store))
    device = Device(user["secret"], period=1)
    until(lambda: client.totp(user, device.code()).ok(), {"verified": True}.__eq__, 8, every=0.2)
    sent = client.send(domain, "again@example.com").ok()
    answer = client.verify(sent["otp_id"], store.received_code("again@example.com")).ok()
    assert answer == {"verified": True}


def test_a_backup_under_load_is_whole(store):
    domain = store.client.new_domain()
    workers = [Worker(store, domain, seed) for seed in range(6)]
    for worker in workers:
        worker.start()
    files = []
    for number in range(5):
        time.sleep(0.3)
        known = [person for worker in workers for person in worker.people[:-1]]
        files.append((back_up(store, f"backup-{number}.db"), known))
    for worker in workers:
        worker.halt.set()
    for worker in workers:
        worker.join(15)
        assert worker.error is None, worker.error
    for file, _ in files:
        assert stat.S_IMODE(os.stat(file).st_mode) == 0o600, "everybody may read it"
        assert integrity(file) == "ok"
    file, known = files[-1]
    used = [(person, code) for person in known for code in person.said_yes]
    assert len(used) > 20, "there was hardly any load"
    client = restored(store, file)
    for person in known:
        assert client.user_status(person.fields)["status"] == "active", "acknowledged, not saved"
    for person, code in used:
        assert client.totp(person.fields, code).ok()["verified"] is False


def test_wrong_codes_that_were_counted_before_the_backup_stay_counted(store):
    client = store.client
    user = client.new_user(client.new_domain())
    for wrong in Device(user["secret"]).wrong_codes(3):
        client.totp(user, wrong).ok()
    client = restored(store, back_up(store))
    assert client.user_status(user)["failures"] == 3


def test_a_key_that_was_revoked_since_stays_revoked(store):
    other = store.new_key()
    file = back_up(store)
    keyfob("key", "revoke", "--data", store.data, other.split("_")[1])
    restored(store, file)
    assert Client(store.address, other).post("domain/").problem(401)
    assert store.client.post("domain/").status == 200


def test_a_restore_is_refused_while_the_service_runs(store):
    client, domain = store.client, store.client.new_domain()
    user = client.new_user(domain)
    file = back_up(store)
    code = Device(user["secret"]).code()
    assert client.totp(user, code).ok() == {"verified": True}
    done = restore(store, file, check=False)
    assert done.returncode != 0 and done.stdout == ""
    assert "stop" in done.stderr.lower(), done.stderr
    assert client.totp(user, code).ok()["outcome"] == "replayed"
    assert client.user_status(user)["status"] == "active"


def test_a_restore_of_what_is_no_backup_changes_nothing(store):
    client = store.client
    user = client.new_user(client.new_domain())
    code = Device(user["secret"]).code()
    assert client.totp(user, code).ok() == {"verified": True}
    whole = back_up(store).read_bytes()
    assert store.stop() == 0
    before = (store.data / "keyfob.db").read_bytes()
    cases = {"empty": b"", "text": b"hello\n" * 500, "half": whole[: len(whole) // 2],
             "foreign": foreign(store), "damaged": whole[:2048] + b"\xff" * 2048 + whole[4096:]}
    for name, content in cases.items():
        file = store.folder / name
        file.write_bytes(content)
        done = restore(store, file, check=False)
        assert done.returncode not in (0, 101) and done.stderr, name
        assert (store.data / "keyfob.db").read_bytes() == before, name
    assert restore(store, store.folder / "none", check=False).returncode != 0
    store.start()
    client = Client(store.address, store.key)
    assert client.totp(user, code).ok()["outcome"] == "replayed"


def foreign(service):
    """A database of another program."""
    file = service.folder / "other.db"
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("create table t (x)")
    return file.read_bytes()


def test_a_backup_never_writes_over_a_file(store):
    file = back_up(store)
    before = file.read_bytes()
    done = keyfob("backup", "--data", store.data, file, check=False)
    assert done.returncode != 0 and "exist" in done.stderr
    assert file.read_bytes() == before


def test_a_message_that_waited_in_the_backup_is_not_sent_after_the_restore(tmp_path):
    """It went out before the restore; its challenge is dead; nobody wants it twice."""
    server = MailServer(tmp_path, Authority(tmp_path))
    arguments = ["--smtp-url", server.url(), "--smtp-from", "codes@bank.example",
                 "--smtp-ca", tmp_path / "authority.pem"]
    with Service(dev=False, arguments=arguments) as service:
        client = service.client
        client.send(client.new_domain(), "waiting@customer.example").ok()
        file = back_up(service)
        client = restored(service, file)
        with server:
            client.send(client.new_domain(), "fresh@customer.example").ok()
            server.fetch("fresh@customer.example")
            time.sleep(1.5)
            assert [message["to"] for message in server.messages()] == ["fresh@customer.example"]
