"""The service, for code that waits."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ._engine import Keys, Policy, channels, engine, failure_code
from ._errors import ChannelNotConfigured, KeyfobError
from ._native import Add, AskSimSwap, Deliver, Done, Flow, Load, Secret, Swap
from ._ports import Delivery, Operator, Storage
from ._results import (
    Challenge,
    Created,
    Domain,
    EnrolmentView,
    OpenEnrolment,
    Outcome,
    Sent,
    SimSwapCheck,
    User,
    Wanted,
    Way,
)


class Service:
    """One-time passwords as a service inside the application, over its own storage and delivery.

    Thread-safe if the storage and the delivery are; nothing is locked while they work.

    ::

        service = Service(SqliteStorage("otp.db"), SmtpDelivery("localhost"), keys=keys)
        domain = service.create_domain("Example Bank")
        sent = service.send(domain, "ann@example.com", channel="email")
        if service.verify(sent.otp_id, typed):
            ...

    Two promises hold whatever the storage and the delivery do, as long as the storage keeps
    its own: no outcome is revealed before its attempt is durably recorded, and of any number of
    submissions of one code one is accepted.

    ``account`` is the tenant; what belongs to another is simply not there. ``clock`` is the
    server's time. ``replay_floor`` is the second at which the storage was last restored from a
    backup: what could have been accepted up to then counts as used.
    """

    def __init__(
        self,
        storage: Storage,
        delivery: Delivery | None = None,
        *,
        keys: Keys,
        policy: Policy = Policy(),
        operator: Operator | None = None,
        account: uuid.UUID = uuid.UUID(int=0),
        clock: Callable[[], float] = time.time,
        replay_floor: int = 0,
    ) -> None:
        self._engine = engine(keys, policy, account, replay_floor)
        self._storage = storage
        self._delivery = delivery
        self._operator = operator
        self._clock = clock

    def __repr__(self) -> str:
        return "Service(redacted)"

    def create_domain(
        self,
        name: str | None = None,
        *,
        sim_swap: tuple[int, str, str] | None = None,
        fallback_after: int | None = None,
    ) -> str:
        """Creates a domain and returns its id. ``name`` is what authenticator apps show as the
        issuer. ``sim_swap`` is ``(max_age_hours, on_swapped, on_unknown)`` with ``refuse``,
        ``flag`` or ``next-channel`` each."""
        return str(self._run(self._engine.create_domain(name, sim_swap, fallback_after)))

    def view_domain(self, domain: str) -> Domain:
        """What is known of a domain."""
        return Domain(**self._run(self._engine.view_domain(domain)))

    def create_user(
        self,
        domain: str,
        user_id: str,
        *,
        set_secret: Secret | str | None = None,
        accept_short_secret: bool = False,
        algorithm: str = "SHA1",
        digits: int = 6,
        period: int = 30,
        account_name: str | None = None,
        return_secret: bool = False,
    ) -> Created:
        """Creates a user. With ``return_secret`` the user counts as enrolled, and ``secret`` and
        ``uri`` come back; otherwise a ``ticket`` does, with which the user enrols."""
        return Created(**self._run(
            self._engine.create_user(
                domain,
                user_id,
                set_secret,
                accept_short_secret,
                algorithm,
                digits,
                period,
                account_name,
                return_secret,
            )
        ))

    def open_enrolment(
        self,
        domain: str,
        user_id: str,
        *,
        set_secret: Secret | str | None = None,
        accept_short_secret: bool = False,
        account_name: str | None = None,
        revoke: bool = False,
    ) -> OpenEnrolment:
        """Opens a new enrolment for a user whose device is lost or replaced. The old secret works
        until the new one is confirmed, or ends at once with ``revoke``."""
        return OpenEnrolment(**self._run(
            self._engine.open_enrolment(
                domain, user_id, set_secret, accept_short_secret, account_name, revoke
            )
        ))

    def view_enrolment(self, ticket: str) -> EnrolmentView:
        """Shows an open enrolment. Changes nothing."""
        return EnrolmentView(**self._run(self._engine.view_enrolment(ticket)))

    def confirm_enrolment(self, ticket: str, code: str) -> Outcome:
        """Completes an enrolment with the first code of the device."""
        return Outcome(**self._run(self._engine.confirm_enrolment(ticket, code)))

    def verify_totp(self, domain: str, user_id: str, code: str) -> Outcome:
        """Judges a code of a user's device."""
        return Outcome(**self._run(self._engine.verify_totp(domain, user_id, code)))

    def view_user(self, domain: str, user_id: str) -> User:
        """How a user stands."""
        return User(**self._run(self._engine.view_user(domain, user_id)))

    def delete_user(self, domain: str, user_id: str) -> None:
        """Deletes a user. The secret is gone with the record."""
        self._run(self._engine.delete_user(domain, user_id))

    def erase_user(self, domain: str, user_id: str) -> None:
        """Removes all that is known of a user, if anything is."""
        self._run(self._engine.erase_user(domain, user_id))

    def erase_recipient(self, domain: str, to: str) -> None:
        """Removes all that is known of a recipient."""
        self._run(self._engine.erase_recipient(domain, to))

    def send(
        self,
        domain: str,
        to: str,
        *,
        channel: str | Sequence[str] = "sms",
        other_to: str | None = None,
        message: str | None = None,
        language: str | None = None,
        length: int = 6,
        charset: str = "digits",
        expiry: int | None = None,
        fallback_after: int | None = None,
        context: Mapping[str, str] | None = None,
        origin: str | None = None,
        app_hash: str | None = None,
        sim_swap: tuple[int, str, str] | None = None,
        client_address: str | None = None,
    ) -> Sent:
        """Makes a code and sends it to a phone number or an email address.

        ``channel`` is ``sms``, ``voice`` or ``email``, or several in the order of preference, with
        ``other_to`` for those that do not reach ``to``. ``message`` is a template with
        ``{{code}}``; ``context`` the transaction that the code approves. ``client_address`` is the IP address of
        the client on whose behalf it is sent, for the limits; never one from a header that the
        client can write."""
        return Sent(**self._run(
            self._engine.send(
                domain,
                to,
                other_to,
                channels(channel),
                message,
                language,
                length,
                charset,
                expiry,
                fallback_after,
                None if context is None else dict(context),
                origin,
                app_hash,
                sim_swap,
                client_address,
            )
        ))

    def resend(self, otp_id: str, *, channel: str | None = None) -> Sent:
        """Sends a new code for a challenge. Its wrong codes stay counted."""
        return Sent(**self._run(self._engine.resend(otp_id, channel)))

    def verify(self, otp_id: str, code: str, *, context: Mapping[str, str] | None = None) -> Outcome:
        """Judges a code that was sent."""
        return Outcome(**self._run(self._engine.verify(otp_id, code, None if context is None else dict(context))))

    def cancel(self, otp_id: str) -> None:
        """Makes a sent code void."""
        self._run(self._engine.cancel(otp_id))

    def view_challenge(self, otp_id: str) -> Challenge:
        """How a sent code stands."""
        return Challenge(**self._run(self._engine.view_challenge(otp_id)))

    def delivery_report(self, otp_id: str, message: bytes, channel: str, state: str) -> bool:
        """Notes how far a message got, as its provider tells it. ``message`` is ``Message.id``.
        Returns whether that is news."""
        return bool(self._run(self._engine.delivery_report(otp_id, message, channel, state)))

    def wanted(self, otp_id: str, message: bytes) -> Wanted:
        """Whether somebody still waits for a message that was queued; ask before it is sent."""
        return Wanted(**self._run(self._engine.wanted(otp_id, message)))

    def fall_back(self, otp_id: str, message: bytes, channel: str) -> Way:
        """Asks, before one of ``Message.fallbacks`` is sent, whether it may go that way; takes its
        place among what may be sent, and notes it, if so."""
        return Way(**self._run(self._engine.fall_back(otp_id, message, channel)))

    def check_sim_swap(self, to: str, *, max_age_hours: int | None = None) -> SimSwapCheck:
        """Whether the SIM of a number changed within ``max_age_hours``: 1 to 2400, 240 if not given."""
        return SimSwapCheck(**self._run(self._engine.check_sim_swap(to, max_age_hours)))

    def _run(self, flow: Flow) -> Any:
        """Carries out what the flow asks for, until it is done."""
        step, cause = flow.start(self._now()), None
        while not isinstance(step, Done):
            try:
                answer = self._carry_out(step)
            except Exception as error:
                cause = error
                step = self._proceed(flow.fail, failure_code(step, error), cause)
            else:
                step = self._proceed(flow.resume, answer, cause)
        return step.value

    def _proceed(self, proceed: Callable[[int, Any], Any], answer: Any, cause: Exception | None) -> Any:
        """A refusal that follows from an exception of the application says so."""
        try:
            return proceed(self._now(), answer)
        except KeyfobError as error:
            raise error from cause

    def _carry_out(self, effect: Any) -> Any:
        match effect:
            case Load():
                return self._storage.load(effect.key, effect.now)
            case Swap():
                return self._storage.swap(effect.key, effect.expected, effect.record, effect.now)
            case Add():
                return self._storage.add(effect.key, effect.amount, effect.expires_at, effect.now)
            case Deliver() if self._delivery is not None:
                return self._delivery.deliver(effect.message)
            case AskSimSwap() if self._operator is not None:
                return self._operator.sim_swap(effect.phone, effect.max_age_hours)
        raise ChannelNotConfigured

    def _now(self) -> int:
        return max(0, int(self._clock()))
