"""SIGTERM: what is in flight is finished, and no work that was done goes unanswered."""

import json
import socket
import time

from support.client import BASE, Client
from support.device import reckon
from support.load import Worker
from support.service import Service

IN_FLIGHT = 50


def test_requests_in_flight_are_finished():
    with Service() as service:
        client = service.client
        users = [client.new_user(client.new_domain()) for _ in range(IN_FLIGHT)]
        bodies = [json.dumps({"domain": user["domain"], "user_id": user["user_id"],
                              "code": reckon(user["secret"], time.time())}).encode()
                  for user in users]
        connections = [begin(service, body) for body in bodies]
        time.sleep(0.3)
        service.process.terminate()
        time.sleep(0.3)
        for connection, body in zip(connections, bodies):
            connection.sendall(body[-1:])
        for connection in connections:
            answer = read_all(connection)
            assert answer.startswith(b"HTTP/1.1 200"), answer
            assert answer.endswith(b'{"verified":true}'), answer
        assert service.process.wait(10) == 0
        service.start()
        for user in users:
            code = reckon(user["secret"], time.time())
            assert service.client.totp(user, code).status == 200


def test_a_stop_under_load_leaves_no_code_used_without_an_answer():
    with Service() as service:
        domain = service.client.new_domain()
        workers = [Worker(service, domain, seed) for seed in range(8)]
        for worker in workers:
            worker.start()
        time.sleep(1.5)
        assert service.stop() == 0
        for worker in workers:
            worker.join(15)
            assert worker.error is None, worker.error
        service.start()
        client = Client(service.address, service.key)
        for worker in workers:
            assert worker.answers > 10
            for person in worker.people:
                # A request on a connection that closed was not begun: its code is good.
                for code in person.unanswered:
                    if code not in person.said_yes:
                        assert client.totp(person.fields, code).ok() == {"verified": True}


def test_a_stopped_service_listens_no_more_and_stops_within_seconds():
    with Service() as service:
        began = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - began < 3
        try:
            service.client.post("domain/")
            raise AssertionError("still listening")
        except ConnectionRefusedError:
            pass


def begin(service, body):
    """A request that lacks its last byte."""
    client = service.client
    connection = socket.create_connection((client.host, client.port), 10)
    head = (f"POST {BASE}/totp/ HTTP/1.1\r\nhost: localhost\r\nx-api-key: {service.key}\r\ncontent-type: "
            f"application/json\r\ncontent-length: {len(body)}\r\n\r\n")
    connection.sendall(head.encode() + body[:-1])
    return connection


def read_all(connection):
    parts = []
    while part := connection.recv(4096):
        parts.append(part)
    return b"".join(parts)
