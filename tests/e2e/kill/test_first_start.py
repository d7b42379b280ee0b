"""A first start that is killed leaves a folder in which the next start succeeds."""

import os
import subprocess
import time

import pytest
from support.service import Service, binary

# The files of the folder, in the order in which a first start makes them: it is killed
# as soon as one appears, and a little later.
MILESTONES = ["keyfob.lock", "keyfob.db", "keyfob.db-wal", "master.key"]


@pytest.mark.parametrize("milestone", MILESTONES)
@pytest.mark.parametrize("later", [0.0, 0.001, 0.003, 0.01])
def test_a_first_start_that_was_killed_can_be_repeated(milestone, later):
    with Service() as service:
        kill_at(service, service.data / milestone, later)
        service.start()
        # The one key is shown only once: if it was shown to nobody, another can be made.
        assert service.client.post("domain/").status == 200


def kill_at(service, file, later):
    arguments = ["serve", "--listen", "127.0.0.1:0", "--data", service.data]
    process = subprocess.Popen([binary(), *map(str, arguments)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 5
    name = str(file)
    while not os.path.exists(name) and time.monotonic() < deadline:
        pass
    if later:
        time.sleep(later)
    process.kill()
    process.wait()
    assert file.exists(), f"{file.name} is not made at the first start"
