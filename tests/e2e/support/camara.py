"""A mobile operator with CAMARA SIM Swap 2.1 and OAuth 2 client credentials, written from
the specification: strict about what it is asked, and failing on demand."""

import base64
import json
import re
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_plus

CLIENT, SECRET = "bank:one", "secret-canary/+ %"
NUMBER = re.compile(r"^\+[1-9][0-9]{4,14}$")
CORRELATOR = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


class Operator:
    """Answers every number with `answer`, which is a status and a body: a value to be sent
    as JSON, or bytes. `fault` is what it does instead: `hang`, `drop` (hangs up), `half`
    (ends in the middle of the answer), `endless` (goes on for ever) or `redirect`.
    `token_fault` is the same for tokens, or a status and a body. A token is good for
    `token_life` seconds and `token_uses` questions."""

    def __init__(self):
        self.answer, self.fault = (200, {"swapped": False}), None
        self.token_fault, self.token_life, self.token_uses = None, 3600, None
        self.delay = 0
        self.tokens, self.uses, self.fetched = {}, {}, 0
        self.questions, self.complaints, self.correlators = [], [], []
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, failed, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        assert failed or not self.complaints, self.complaints

    def revoke(self):
        """No token that was given out is good any more."""
        with self.lock:
            self.tokens.clear()

    def configuration(self, **more):
        lines = [
            "[sim_swap]", f'base_url = "{self.url}/sim-swap/v2"', f'token_url = "{self.url}/token"',
            f'client_id = "{CLIENT}"', f'client_secret = "{SECRET}"',
        ]
        return "\n".join(lines + [f"{key} = {json.dumps(value)}" for key, value in more.items()])


def handler_of(operator):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            if self.path == "/token":
                with operator.lock:
                    operator.fetched += 1
                self.misbehave(operator.token_fault) or self.token(body)
            elif self.path in ("/sim-swap/v2/check", "/sim-swap/v2/retrieve-date"):
                with operator.lock:
                    operator.questions.append(body.decode())
                    operator.correlators.append(self.headers["x-correlator"])
                time.sleep(operator.delay)
                self.misbehave(operator.fault) or self.sim_swap(body)
            else:
                self.complain(404, "NOT_FOUND", f"path {self.path}")

        def token(self, body):
            scheme, _, credentials = (self.headers["authorization"] or "").partition(" ")
            # RFC 6749, section 2.3.1: both are form-encoded before they are joined.
            given = [unquote_plus(part) for part in base64.b64decode(credentials).decode().split(":")]
            form = parse_qs(body.decode(), strict_parsing=True)
            asked = {"grant_type": ["client_credentials"], "scope": ["sim-swap"]}
            if scheme != "Basic" or given != [CLIENT, SECRET]:
                return self.reply(401, {"error": "invalid_client"})
            if form != asked or self.headers["content-type"] != "application/x-www-form-urlencoded":
                operator.complaints.append(f"token request {form}")
                return self.reply(400, {"error": "invalid_request"})
            token = f"token-canary-{uuid.uuid4()}"
            with operator.lock:
                operator.tokens[token] = time.monotonic() + operator.token_life
            self.reply(200, {"access_token": token, "token_type": "Bearer",
                             "expires_in": operator.token_life})

        def sim_swap(self, body):
            scheme, _, token = (self.headers["authorization"] or "").partition(" ")
            with operator.lock:
                good = scheme == "Bearer" and operator.tokens.get(token, 0) > time.monotonic()
                used = operator.uses[token] = operator.uses.get(token, 0) + 1
            if not good or (operator.token_uses is not None and used > operator.token_uses):
                return self.reply(401, error(401, "UNAUTHENTICATED"))
            if self.headers["content-type"] != "application/json":
                return self.complain(400, "INVALID_ARGUMENT", "content-type")
            if not CORRELATOR.match(self.headers["x-correlator"] or ""):
                return self.complain(400, "INVALID_ARGUMENT", "x-correlator")
            question = json.loads(body)
            fields = {"phoneNumber", "maxAge"} if self.path.endswith("check") else {"phoneNumber"}
            if set(question) != fields or not NUMBER.match(question["phoneNumber"]):
                return self.complain(400, "INVALID_ARGUMENT", f"fields {sorted(question)}")
            if type(question.get("maxAge", 1)) is not int or not 1 <= question.get("maxAge", 1) <= 2400:
                return self.complain(400, "OUT_OF_RANGE", "maxAge")
            self.reply(*operator.answer)

        def misbehave(self, fault):
            match fault:
                case None:
                    return False
                case "hang":
                    operator.released.wait(30)
                case "drop":
                    self.close_connection = True
                case "half":
                    self.reply(200, {"swapped": False}, more=40)
                case "endless":
                    self.send_response(200)
                    self.send_header("content-length", str(10**9))
                    self.end_headers()
                    self.flood()
                case "redirect":
                    self.send_response(307)
                    self.send_header("location", operator.elsewhere)
                    self.send_header("content-length", "0")
                    self.end_headers()
                case status, answer:
                    self.reply(status, answer)
            return True

        def flood(self):
            self.close_connection = True
            try:
                while not operator.released.is_set():
                    self.wfile.write(b" " * 4096)
            except OSError:
                pass  # the reader has had enough

        def complain(self, status, code, about):
            operator.complaints.append(about)
            self.reply(status, error(status, code))

        def reply(self, status, answer, more=0):
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body) + more))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or bool(more)

        def log_message(self, *_):
            pass

    return Handler


def error(status, code):
    return {"status": status, "code": code, "message": "message-canary"}
