"""A first start that is killed leaves a folder in which the next start succeeds."""

import subprocess

import pytest
from support.service import Service, binary

KILL_AT = """
"$1" serve --listen 127.0.0.1:0 --data "$2" > /dev/null &
tries=0
while [ ! -e "$3" ] && [ "$tries" -lt 1000000 ]; do tries=$((tries + 1)); done
[ "$4" = 0.0 ] || sleep "$4"
kill -9 $!
wait $! || true
[ "$tries" -lt 1000000 ]
"""  # in the shell, for it watches sooner than Python has started the process
# The files of the folder, in the order in which a first start makes them: it is killed
# as soon as one appears, and a little later.
MILESTONES = ["keyfob.lock", "keyfob.db", "keyfob.db-wal", "master.key"]


@pytest.mark.parametrize("milestone", MILESTONES)
@pytest.mark.parametrize("later", [0.0, 0.001, 0.003, 0.01])
def test_a_first_start_that_was_killed_can_be_repeated(milestone, later):
    with Service(started=False) as service:
        kill_at(service, service.data / milestone, later)
        service.start()
        # The one key is shown only once: if it was shown to nobody, another can be made.
        assert service.client.post("domain/").status == 200


def kill_at(service, file, later):
    done = subprocess.run(["sh", "-c", KILL_AT, "sh", binary(), service.data, file, str(later)],
                          timeout=10, check=False)
    assert done.returncode == 0, f"{file.name} is not made at the first start"
