"""The scripted flows of tests/vectors/flows.json, through the service component."""

from keyfob_component import KeyfobError, Variant, field, record
from outside import Outside

START = 1_800_000_000
ACCOUNT = "03030303-0303-0303-0303-030303030303"
OTHER_ACCOUNT = "04040404-0404-0404-0404-040404040404"
KEYS = record(root=b"\1" * 32, sealing=[record(id=1, key=b"\2" * 32)])


def run_flow(engine, case):
    """The first step that answers otherwise than written, or None."""
    stage = Stage(engine)
    for number, step in enumerate(case["steps"]):
        answer = stage.play(step)
        expected = step.get("expect", {})
        wrong = {name: value for name, value in expected.items() if answer.get(name) != value}
        if wrong or ("error" in answer and "error" not in expected):
            return f"step {number}: {step} but found {answer}"
    return None


class Stage:
    """One case: a service with one domain, and what the case gave names to."""

    def __init__(self, engine):
        self.outside = Outside(now=START)
        self.otp = engine.instance(self.outside.imports())
        self.make_service(0, self.otp.call("flows", "default-policy"))
        self.domain = self.flow("create-domain", ACCOUNT, "Example Bank", settings({}))
        self.tickets, self.challenges, self.saved = {}, {}, None

    def make_service(self, replay_floor, policy):
        create = "[static]service.create"
        self.service = self.otp.call("flows", create, KEYS, policy, replay_floor)
        self.policy = policy

    def flow(self, name, *arguments):
        return self.otp.call("flows", f"[method]service.{name}", self.service, *arguments)

    def play(self, step):
        self.outside.now = START + step["at"]
        try:
            return getattr(self, "do_" + step["do"].replace("-", "_"))(step) or {}
        except KeyfobError as error:
            return refusal(error)

    def do_create_domain(self, step):
        self.domain = self.flow("create-domain", account(step), step.get("name"), settings(step))

    def do_view_domain(self, step):
        return domain(self.flow("view-domain", account(step), self.domain))

    def do_change_domain(self, step):
        given = step["change"]
        change = record(
            name=edit(given, "name"),
            sim_swap=edit(given, "sim_swap", sim_swap_change, "change"),
            fallback_after=edit(given, "fallback_after"),
        )
        return domain(self.flow("change-domain", account(step), self.domain, change))

    def do_create_user(self, step):
        user = record(
            user_id=step["user"],
            secret=self.secret(step),
            accept_short_secret=False,
            parameters=None,
            account_name=None,
            return_secret=step.get("enrolled") is not False,
        )
        created = self.flow("create-user", account(step), self.domain, user)
        if created.tag == "pending":
            self.tickets[step.get("ticket")] = created.payload.ticket

    def do_open_enrolment(self, step):
        enrolment = record(
            user_id=step["user"],
            secret=self.secret(step),
            accept_short_secret=False,
            parameters=None,
            account_name=None,
            revoke=step.get("revoke", False),
        )
        opened = self.flow("open-enrolment", account(step), self.domain, enrolment)
        self.tickets[step["ticket"]] = opened.ticket

    def do_view_enrolment(self, step):
        view = self.flow("view-enrolment", self.tickets[step["ticket"]])
        secret = self.otp.call("secrets", "to-base32", view.secret)
        expires_at = since(field(view, "expires-at"))
        return {"secret": secret, "issuer": view.issuer, "expires_at": expires_at}

    def do_confirm_enrolment(self, step):
        return outcome(self.flow("confirm-enrolment", self.tickets[step["ticket"]], step["code"]))

    def do_verify_totp(self, step):
        return outcome(self.flow("verify-totp", account(step), self.domain, step["user"], step["code"]))

    def do_view_user(self, step):
        view = self.flow("view-user", account(step), self.domain, step["user"])
        return {"status": view.status.tag, "failures": view.failures}

    def do_delete_user(self, step):
        self.flow("delete-user", account(step), self.domain, step["user"])

    def do_erase_user(self, step):
        self.flow("erase-user", account(step), self.domain, step["user"])

    def do_erase_recipient(self, step):
        self.flow("erase-recipient", account(step), self.domain, step["to"])

    def do_send(self, step):
        sent = self.flow("send", account(step), self.request(step))
        self.challenges[step.get("otp")] = field(sent, "otp-id"), [self.outside.outbox[-1]]
        return answer(sent)

    def do_resend(self, step):
        otp_id, messages = self.challenges[step["otp"]]
        sent = self.flow("resend", account(step), otp_id, step.get("channel"))
        messages.append(self.outside.outbox[-1])
        return answer(sent)

    def do_verify(self, step):
        otp_id, messages = self.challenges[step["otp"]]
        last = messages[-1].code
        code = {"sent": last, "previous": messages[-2:][0].code, "wrong": other(last), "short": last[1:]}
        return outcome(self.flow("verify", account(step), otp_id, code[step["code"]], context(step)))

    def do_cancel(self, step):
        self.flow("cancel", account(step), self.challenges[step["otp"]][0])

    def do_view_challenge(self, step):
        view = self.flow("view-challenge", account(step), self.challenges[step["otp"]][0])
        attempts_left = field(view, "attempts-left")
        return {
            "status": view.status,
            "channel": view.channel,
            "delivery": view.delivery,
            "attempts_left": attempts_left,
        }

    def do_delivery_report(self, step):
        message = self.message(step)
        news = self.flow("delivery-report", account(step), *message, step["channel"], step["state"])
        return {"news": news}

    def do_wanted(self, step):
        return {"wanted": self.flow("wanted", account(step), *self.message(step))}

    def do_fall_back(self, step):
        way = self.flow("fall-back", account(step), *self.message(step), step["channel"])
        return {"way": way.tag, "reason": way.payload and way.payload.tag}

    def do_check_sim_swap(self, step):
        check = self.flow("check-sim-swap", account(step), step["to"], step.get("max_age_hours"))
        checked_at = field(check, "checked-at")
        return {
            "answer": check.answer,
            "source": check.source,
            "checked_at": None if checked_at is None else since(checked_at),
        }

    def do_configure(self, step):
        self.outside.configured = step["channels"]

    def do_sim(self, step):
        self.outside.sim = step["sim"]

    def do_policy(self, step):
        policy = self.otp.call("flows", "default-policy")
        choose(policy, step["policy"])
        self.make_service(0, policy)

    def do_backup(self, _step):
        self.saved = self.outside.backup()

    def do_restore(self, _step):
        self.outside.restore(self.saved)
        self.make_service(self.outside.now, self.policy)

    def do_empty(self, _step):
        assert len(self.outside.records) == 1, "the domain alone is left"

    def request(self, step):
        policy = step.get("sim_swap")
        nothing = dict.fromkeys([
            "other_recipient", "fallback_after", "template", "policy", "api_key", "destination",
        ])
        return record(
            domain=self.domain,
            channels=step.get("channels", ["sms"]),
            recipient=step["to"],
            language=step.get("language"),
            lifetime=step.get("expiry"),
            context=context(step),
            ending=Variant("none"),
            client=step.get("client"),
            sim_swap=policy and record(**policy),
            **nothing,
        )

    def secret(self, step):
        return self.otp.call("secrets", "parse-base32", step["secret"])

    def message(self, step):
        otp_id, messages = self.challenges[step["otp"]]
        return otp_id, messages[-2 if step.get("message") == "previous" else -1].id


def settings(step):
    policy = step.get("sim_swap")
    return record(sim_swap=policy and record(**policy), fallback_after=step.get("fallback_after"))


def edit(given, name, read=lambda value: value, given_as="set"):
    if name not in given:
        return Variant("keep")
    return Variant("clear") if given[name] is None else Variant(given_as, read(given[name]))


def sim_swap_change(policy):
    return record(**{name: Variant("set", value) for name, value in policy.items()})


def domain(view):
    policy = field(view.settings, "sim-swap")
    names = ("max_age_hours", "on_swapped", "on_unknown")
    return {
        "name": view.name,
        "created_at": since(field(view, "created-at")),
        "sim_swap": policy and {name: field(policy, name.replace("_", "-")) for name in names},
        "fallback_after": field(view.settings, "fallback-after"),
    }


def choose(policy, chosen):
    """Puts what is chosen in the place of what is usual."""
    for name, value in chosen.items():
        if name == "prices":
            setattr(policy, "default-price", value["default"])
            policy.prices = list(value["places"].items())
        elif name == "window":
            policy.window = record(before=value[0], after=value[1])
        elif name in ("unverified", "breaker"):
            setattr(policy, name, value and record(**value))
        elif isinstance(value, dict):
            choose(field(policy, name.replace("_", "-")), value)
        elif name == "per_recipient":
            setattr(policy, "per-recipient", [record(**window) for window in value])
        else:
            setattr(policy, name.replace("_", "-"), value)


def account(step):
    return OTHER_ACCOUNT if step.get("account") == "other" else ACCOUNT


def context(step):
    fields = step.get("context")
    return fields and [record(name=name, value=value) for name, value in fields.items()]


def other(code):
    return ("1" if code[0] == "0" else "0") + code[1:]


def since(time):
    return time - START


def outcome(outcome):
    answer = {"outcome": outcome.tag}
    if outcome.tag == "mismatch":
        answer["attempts_left"] = outcome.payload
    if outcome.tag == "blocked":
        answer["until"] = since(outcome.payload)
    return answer


def answer(sent):
    return {
        "channel": sent.channel,
        "language": sent.language,
        "expires_at": since(field(sent, "expires-at")),
        "resend_at": since(field(sent, "resend-at")),
        "attempts_left": field(sent, "attempts-left"),
        "sim_swap": field(sent, "sim-swap"),
    }


def refusal(error):
    answer = {"error": error.code}
    if error.code in ("send-limit", "unverified-sends", "prefix-stopped"):
        answer["limit"] = error.payload.scope
        answer["retry_at"] = since(field(error.payload, "retry-at"))
    if error.code == "recipient-blocked" and error.payload is not None:
        answer["until"] = since(error.payload)
    return answer
