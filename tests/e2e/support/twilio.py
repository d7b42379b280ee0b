"""A stand-in for Twilio, written from its documentation: it takes messages and calls over its
API, carries TwiML out as a phone would hear it, and signs what it asks and reports.

Nothing here shares code or a library with the service."""

import base64
import hashlib
import hmac
import json
import threading
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from .wait import until

ACCOUNT, TOKEN = "AC" + "5" * 32, "twilio-token-canary"
PUBLIC = "https://otp.bank.example/keyfob"
CALLER = "+15005550006"


def signature(url, parameters, token=TOKEN):
    """https://www.twilio.com/docs/usage/security: the URL, then each name and value, sorted."""
    signed = url + "".join(name + value for name, value in sorted(parameters))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class Twilio:
    """Keeps `messages` and `calls`. `refusal` is a status and an error that it answers with;
    `early` reports of each message before it answers that it has it."""

    def __init__(self):
        self.messages, self.calls, self.urls = [], [], []
        self.service = self.refusal = self.early = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def fetch(self, of, number=1, within=8.0):
        """The `number`th of `messages` or `calls`, once it is there."""
        found = until(lambda: getattr(self, of), lambda found: len(found) >= number, within)
        return found[number - 1]

    def ask(self, url, parameters, token=TOKEN, account=ACCOUNT, signed_url=None, tag=None):
        """Calls the service back. What stands before it hands the path on as it is."""
        parameters = [*parameters, ("AccountSid", account), ("ApiVersion", "2010-04-01")]
        assert url.startswith(PUBLIC), url
        self.urls.append(url)
        headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8",
                   "x-twilio-signature": tag or signature(signed_url or url, parameters, token)}
        path = urlsplit(url.removeprefix(PUBLIC)).path
        body = urlencode(parameters).encode()
        return self.service.client.request("POST", path, body, headers)

    def report(self, message, status, **forged):
        """Reports what became of a message."""
        return self.ask(message["StatusCallback"], [
            ("MessageSid", message["sid"]), ("MessageStatus", status), ("SmsSid", message["sid"]),
            ("SmsStatus", status), ("To", message["To"]), ("RawDlrDoneDate", "2611221400"),
        ], **forged)


class Call:
    """A call that rings until somebody, or a mailbox, picks up."""

    def __init__(self, twilio, form):
        self.twilio, self.form, self.sid = twilio, form, form["sid"]
        self.twiml = ElementTree.fromstring(form["Twiml"].encode())
        self.heard, self.languages, self.over = [], set(), None

    def common(self, status):
        return [("CallSid", self.sid), ("CallStatus", status), ("To", self.form["To"]),
                ("From", self.form["From"]), ("Direction", "outbound-api")]

    def end(self, status, **forged):
        """The call is over; reported as it was asked for."""
        assert self.form["StatusCallbackEvent"] == "completed"
        self.over = status
        more = [("CallDuration", "12"), ("SequenceNumber", "0")]
        return self.twilio.ask(self.form["StatusCallback"], self.common(status) + more, **forged)

    def pick_up(self, key=None):
        """Hears what is said; presses a key when asked, or none, as a mailbox. Returns the
        service's last answer to the key, if one was pressed."""
        document, answer = self.twiml, None
        while document is not None:
            document, pressed = self.hear(document, key if answer is None else None)
            if document is not None:
                answer = pressed
        return answer

    def hear(self, document, key):
        assert document.tag == "Response"
        for verb in document:
            if verb.tag == "Say":
                self.say(verb)
            elif verb.tag == "Gather":
                assert verb.attrib["input"] == "dtmf" and verb.attrib["method"] == "POST"
                for nested in verb:
                    self.say(nested)
                if key is not None and (key != "#" or verb.attrib.get("finishOnKey", "#") == ""):
                    answer = self.press(key)
                    assert answer.status == 200, answer.body
                    assert answer.headers["content-type"].startswith("text/xml")
                    return ElementTree.fromstring(answer.body), answer
            elif verb.tag == "Hangup":
                return None, None
            else:
                assert verb.tag == "Pause" and int(verb.attrib["length"]) > 0, verb.tag
        return None, None

    def say(self, verb):
        assert verb.tag == "Say" and len(verb) == 0, "markup that not every voice knows"
        self.heard.append(verb.text)
        self.languages.add(verb.attrib["language"])

    def action(self):
        return self.twiml.find("Gather").attrib["action"]

    def press(self, key, **forged):
        """What Twilio asks once a key is pressed."""
        more = [("Digits", key), ("msg", "Gather End"), ("FinishedOnKey", "")]
        return self.twilio.ask(self.action(), self.common("in-progress") + more, **forged)


def handler_of(twilio):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.reply(200 if self.is_known() else 401, {})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            if not self.is_known():
                return self.reply(401, {"code": 20003, "message": "Authenticate"})
            pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
            form = dict(pairs)
            if twilio.refusal:
                status, code = twilio.refusal
                return self.reply(status, {"code": code, "message": f"Not {form['To']}"})
            kind = self.path.rsplit("/", 1)[1]
            if kind == "Messages.json":
                form["sid"] = f"SM{len(twilio.messages):032x}"
                if twilio.early:
                    assert twilio.report(form, twilio.early).status == 204
                twilio.messages.append(form)
            else:
                assert kind == "Calls.json" and len(form["Twiml"]) <= 4000
                form["sid"] = f"CA{len(twilio.calls):032x}"
                twilio.calls.append(Call(twilio, form))
            self.reply(201, {"sid": form["sid"], "status": "queued", "error_code": None})

        def is_known(self):
            right = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
            is_ours = self.path.startswith(f"/2010-04-01/Accounts/{ACCOUNT}")
            return is_ours and self.headers["authorization"] == right

        def reply(self, status, fields):
            body = json.dumps(fields).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler
