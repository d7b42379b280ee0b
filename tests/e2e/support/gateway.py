"""A gateway for messages over HTTP that misbehaves on demand, and checks who is calling."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from .wait import until

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512  # a service that comes back opens as many connections as it may


class Gateway:
    """Keeps what it accepts in `messages`, each a dictionary; `fault` is what it does
    instead: a status, `hang`, `half` (accepts, and ends in the middle of the answer),
    `endless` (accepts, and never ends its answer), `drop` (hangs up) or `redirect`."""

    def __init__(self, port=0):
        self.fault, self.answer = None, (200, {})
        self.messages, self.ids, self.attempts = [], [], 0
        self.released = threading.Event()
        self.server = Server(("127.0.0.1", port), handler_of(self))
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def fetch(self, to, within=8.0):
        """The messages to this recipient, once there is one."""
        def found():
            return [message for message in self.messages if message["to"] == to]

        return until(found, within=within)


def receipt(service, provider, message, state, at=None, key=KEY):
    """A gateway reports what became of a message; worked out as `judged_webhook` is."""
    body = json.dumps({"type": "otp.receipt", "data": {"id": message["id"], "state": state}}).encode()
    headers = {"webhook-id": f"receipt-{state}-{message['id']}", "webhook-timestamp": str(int(at or time.time()))}
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
    return service.client.request("POST", f"/callbacks/{provider}", body, headers)


def handler_of(gateway):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.reply(405, b"")

        def do_GET(self):
            self.reply(*self.judged_twilio(b"") or (200, b"{}"))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            gateway.attempts += 1
            gateway.ids.append(self.headers["webhook-id"])
            match gateway.fault:
                case None | "half" | "endless":
                    self.take(body)
                case "hang":
                    gateway.released.wait(30)
                case "drop":
                    self.close_connection = True
                case "redirect":
                    self.send_response(307)
                    self.send_header("location", gateway.elsewhere)
                    self.send_header("content-length", "0")
                    self.end_headers()
                case status:
                    self.reply(status, b"try later")

        def take(self, body):
            is_twilio = self.path.startswith("/2010-04-01/")
            refusal = self.judged_twilio(body) if is_twilio else self.judged_webhook(body)
            if refusal:
                return self.reply(*refusal)
            status, answer = gateway.answer
            if status < 300:
                gateway.messages.append(twilio(body) if is_twilio else webhook(self, body))
            self.reply(status, json.dumps(answer).encode(), cut=gateway.fault in ("half", "endless"))

        def judged_webhook(self, body):
            """Standard Webhooks, worked out from its specification and not with the library
            that the service signs with."""
            parts = [self.headers["webhook-id"], self.headers["webhook-timestamp"]]
            signed = b".".join([*(part.encode() for part in parts), body])
            digest = hmac.new(KEY, signed, hashlib.sha256).digest()
            right = "v1," + base64.b64encode(digest).decode()
            is_new = abs(time.time() - int(parts[1])) < 60
            if self.headers["webhook-signature"] != right or not is_new:
                return 401, b"no such signature"

        def judged_twilio(self, _):
            right = "Basic " + base64.b64encode(b"AC0:token-canary").decode()
            if self.path.startswith("/2010-04-01/") and self.headers["authorization"] != right:
                return 401, b'{"code": 20003, "message": "Authenticate"}'

        def reply(self, status, body, cut=False):
            self.send_response(status)
            self.send_header("content-length", str(len(body) + (100 if cut else 0)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            if gateway.fault == "endless":
                gateway.released.wait(30)
            self.close_connection = self.close_connection or cut

        def log_message(self, *_):
            pass

    return Handler


def webhook(handler, body):
    event = json.loads(body)
    assert event["type"] == "otp.message" and event["data"]["id"] == handler.headers["webhook-id"]
    return {**event["data"], "arrived": time.time()}


def twilio(body):
    form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    return {**form, "to": form["To"], "text": form["Body"]}
