"""The scripted flows that every language runs: what the service promises, step by step."""

from __future__ import annotations

import copy
import dataclasses
import json
import uuid
from collections.abc import Callable
from typing import Any

import keyfob
import pytest
from keyfob import InvalidArgument, KeyfobError, Service, ServiceError
from keyfob.memory import MemoryStorage
from support import KEYS, ROOT, Clock, Outbox, wrong

START = 1_800_000_000
Step = dict[str, Any]


def test_every_scripted_flow_goes_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    folder = ROOT / "tests" / "vectors"
    cases = json.loads((folder / "flows.json").read_text(encoding="utf-8"))["cases"]
    total = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["flows.json"]
    for case in cases:
        stage = Stage()
        for number, step in enumerate(case["steps"]):
            answer = stage.play(step)
            place = f"{case['id']}, step {number}: {step} came to {answer}"
            expected = step.get("expect", {})
            assert ("error" in answer) == ("error" in expected), place
            for name, value in expected.items():
                assert answer.get(name) == value, f"{name} of {place}"
    with capsys.disabled():
        print(f"\nflows.json {len(cases)}/{total}")
    assert len(cases) == total


class Stage:
    """One case: a service with one domain, and what the case gave names to."""

    def __init__(self) -> None:
        self.storage, self.outbox, self.clock = MemoryStorage(), Outbox(), Clock(START)
        self.sim = "not-swapped"
        self.policy, self.floor = keyfob.ServicePolicy(), 0
        self.tickets: dict[str, str] = {}
        self.challenges: dict[str, tuple[str, list[keyfob.Message]]] = {}
        self.backup: MemoryStorage | None = None
        self.domain = self.service().create_domain("Example Bank")

    def service(self, account: int = 3) -> Service:
        return Service(
            self.storage,
            self.outbox,
            keys=KEYS,
            policy=self.policy,
            operator=self,
            account=str(uuid.UUID(bytes=bytes([account] * 16))),
            clock=self.clock,
            replay_floor=self.floor,
        )

    def sim_swap(self, phone: str, max_age_hours: int) -> Any:
        return self.sim

    def play(self, step: Step) -> Step:
        self.clock.now = START + step["at"]
        service = self.service(4 if step.get("account") == "other" else 3)
        try:
            perform = getattr(self, "do_" + step["do"].replace("-", "_"))
            return perform(service, step) or {}
        except KeyfobError as error:
            return refusal(error)

    def do_create_domain(self, service: Service, step: Step) -> None:
        self.domain = service.create_domain(step.get("name"), **settings(step))

    def do_view_domain(self, service: Service, step: Step) -> Step:
        return domain(service.view_domain(self.domain))

    def do_change_domain(self, service: Service, step: Step) -> Step:
        change = step["change"]
        name = {"name": change["name"]} if "name" in change else {}
        return domain(service.change_domain(self.domain, **name, **settings(change)))

    def do_create_user(self, service: Service, step: Step) -> None:
        created = service.create_user(
            self.domain,
            step["user"],
            secret=step["secret"],
            return_secret=step.get("enrolled") is not False,
        )
        if created.ticket:
            self.tickets[step["ticket"]] = created.ticket

    def do_open_enrolment(self, service: Service, step: Step) -> None:
        opened = service.open_enrolment(
            self.domain, step["user"], secret=step["secret"], revoke=step.get("revoke", False)
        )
        self.tickets[step["ticket"]] = opened.ticket

    def do_view_enrolment(self, service: Service, step: Step) -> Step:
        view = service.view_enrolment(self.tickets[step["ticket"]])
        return {
            "secret": view.secret.expose_base32(),
            "issuer": view.issuer,
            "expires_at": view.expires_at - START,
        }

    def do_confirm_enrolment(self, service: Service, step: Step) -> Step:
        return outcome(service.confirm_enrolment(self.tickets[step["ticket"]], step["code"]))

    def do_verify_totp(self, service: Service, step: Step) -> Step:
        return outcome(service.verify_totp(self.domain, step["user"], step["code"]))

    def do_view_user(self, service: Service, step: Step) -> Step:
        user = service.view_user(self.domain, step["user"])
        until = None if user.until is None else user.until - START
        return {"status": user.status, "failures": user.failures, "until": until}

    def do_delete_user(self, service: Service, step: Step) -> None:
        service.delete_user(self.domain, step["user"])

    def do_erase_user(self, service: Service, step: Step) -> None:
        service.erase_user(self.domain, step["user"])

    def do_erase_recipient(self, service: Service, step: Step) -> None:
        service.erase_recipient(self.domain, step["to"])

    def do_send(self, service: Service, step: Step) -> Step:
        names = ("language", "expiry", "context", "client")
        given = {name: step[name] for name in names if name in step}
        if policy := step.get("sim_swap"):
            given["sim_swap"] = keyfob.SimSwapPolicy(**policy)
        channels = step.get("channels", ["sms"])
        sent = service.send(self.domain, step["to"], channel=channels, **given)
        self.challenges[step["otp"]] = (sent.otp_id, [self.outbox.messages[-1]])
        return answer(sent)

    def do_resend(self, service: Service, step: Step) -> Step:
        otp_id, messages = self.challenges[step["otp"]]
        sent = service.resend(otp_id, channel=step.get("channel"))
        messages.append(self.outbox.messages[-1])
        return answer(sent)

    def do_verify(self, service: Service, step: Step) -> Step:
        otp_id, messages = self.challenges[step["otp"]]
        last = messages[-1].code
        code = {"sent": last, "previous": messages[-2:][0].code, "wrong": wrong(last), "short": last[1:]}
        return outcome(service.verify(otp_id, code[step["code"]], context=step.get("context")))

    def do_cancel(self, service: Service, step: Step) -> None:
        service.cancel(self.challenges[step["otp"]][0])

    def do_view_challenge(self, service: Service, step: Step) -> Step:
        view = service.view_challenge(self.challenges[step["otp"]][0])
        names = ("status", "channel", "delivery", "attempts_left")
        return {name: getattr(view, name) for name in names}

    def do_delivery_report(self, service: Service, step: Step) -> Step:
        return {"news": service.delivery_report(*self.message(step), step["channel"], step["state"])}

    def do_wanted(self, service: Service, step: Step) -> Step:
        return {"wanted": service.wanted(*self.message(step)).wanted}

    def do_fall_back(self, service: Service, step: Step) -> Step:
        found = service.fall_back(*self.message(step), step["channel"])
        return {"way": found.way, "reason": found.reason and found.reason.code}

    def do_check_sim_swap(self, service: Service, step: Step) -> Step:
        check = service.check_sim_swap(step["to"], max_age_hours=step.get("max_age_hours"))
        checked_at = None if check.checked_at is None else check.checked_at - START
        return {"answer": check.answer, "source": check.source, "checked_at": checked_at}

    def do_configure(self, service: Service, step: Step) -> None:
        self.outbox.channels = set(step["channels"])

    def do_sim(self, service: Service, step: Step) -> None:
        self.sim = step["sim"]

    def do_policy(self, service: Service, step: Step) -> None:
        kept, self.policy = self.policy, policy(step["policy"])
        try:
            self.service()
        except KeyfobError:
            self.policy = kept
            raise

    def do_backup(self, service: Service, step: Step) -> None:
        self.backup = MemoryStorage()
        self.backup.records = copy.copy(self.storage.records)
        self.backup.counters = copy.copy(self.storage.counters)

    def do_restore(self, service: Service, step: Step) -> None:
        assert self.backup
        self.storage, self.floor = self.backup, self.clock.now

    def do_empty(self, service: Service, step: Step) -> None:
        assert len(self.storage.records) == 1, "the domain alone is left"


    def message(self, step: Step) -> tuple[str, str]:
        otp_id, messages = self.challenges[step["otp"]]
        return otp_id, messages[-2 if step.get("message") == "previous" else -1].message_id


POLICIES: dict[str, Callable[..., Any]] = {
    "attempts": keyfob.AttemptPolicy,
    "sends": keyfob.SendPolicy,
    "traffic": keyfob.TrafficPolicy,
    "prices": keyfob.Prices,
    "unverified": keyfob.UnverifiedPolicy,
    "breaker": keyfob.BreakerPolicy,
    "sim_swap": keyfob.SimSwapCoverage,
    "retention": keyfob.RetentionPolicy,
}


def policy(chosen: Step) -> keyfob.ServicePolicy:
    return keyfob.ServicePolicy(**{name: part(name, value) for name, value in chosen.items()})


def part(name: str, value: Any) -> Any:
    if name == "per_recipient":
        return [(window["seconds"], window["messages"]) for window in value]
    if name == "window":
        return tuple(value)
    if not isinstance(value, dict) or name not in POLICIES:
        return value
    return POLICIES[name](**{inner: part(inner, it) for inner, it in value.items()})


def settings(given: Step) -> Step:
    found: Step = {name: given[name] for name in ("sim_swap", "fallback_after") if name in given}
    if rule := found.get("sim_swap"):
        found["sim_swap"] = keyfob.SimSwapPolicy(**rule)
    return found


def domain(view: keyfob.DomainView) -> Step:
    return {
        "name": view.name,
        "created_at": view.created_at - START,
        "sim_swap": view.sim_swap and dataclasses.asdict(view.sim_swap),
        "fallback_after": view.fallback_after,
    }


def outcome(found: keyfob.Outcome) -> Step:
    until = None if found.until is None else found.until - START
    assert bool(found) == (found.outcome == "accepted")
    return {"outcome": found.outcome, "attempts_left": found.attempts_left, "until": until}


def answer(sent: keyfob.Sent) -> Step:
    return {
        "channel": sent.channel,
        "language": sent.language,
        "expires_at": sent.expires_at - START,
        "resend_at": sent.resend_at - START,
        "attempts_left": sent.attempts_left,
        "sim_swap": sent.sim_swap,
    }


def refusal(error: KeyfobError) -> Step:
    assert isinstance(error, (ServiceError, InvalidArgument))
    found: Step = {"error": error.code}
    if isinstance(error, ServiceError):
        found["limit"] = error.limit
        found["retry_at"] = error.retry_at and error.retry_at - START
        found["until"] = error.until and error.until - START
    return found
