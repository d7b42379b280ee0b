"""The service, for code that waits."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from types import EllipsisType
from typing import Any

from ._engine import NOBODY, Course, Keys, carry_out, check_parts, engine
from ._native import Flow, Secret
from ._policy import Destination, PhoneAndEmail, ServicePolicy, SimSwapPolicy, TotpParameters
from ._ports import Delivery, Operator, Storage
from ._results import (
    ChallengeView,
    Created,
    DomainView,
    EnrolmentView,
    OpenEnrolment,
    Outcome,
    Sent,
    SimSwapCheck,
    UserView,
    Wanted,
    Way,
)


class Service:
    """One-time passwords as a service inside the application, over its own storage and delivery.

    Thread-safe if the storage and the delivery are; nothing is locked while they work.

    ::

        smtp = SmtpDelivery("localhost", sender="otp@example.com")
        service = Service(SqliteStorage("otp.db"), smtp, keys=keys)
        domain = service.create_domain("Example Bank")
        sent = service.send(domain, "ann@example.com", channel="email")
        if service.verify(sent.otp_id, typed):
            ...

    Two promises hold whatever the storage and the delivery do, as long as the storage keeps
    its own: no outcome is revealed before its attempt is durably recorded, and of any number of
    submissions of one code one is accepted.

    ``account`` is the tenant, a UUID, of zeroes if not given; what belongs to another is simply not there.
    ``operator`` is asked about SIMs. ``clock`` is the server's time. ``replay_floor`` is the second at which the
    storage was last restored from a backup: what could have been accepted up to then counts as used.
    """

    def __init__(
        self,
        storage: Storage,
        delivery: Delivery | None = None,
        *,
        keys: Keys,
        policy: ServicePolicy = ServicePolicy(),
        operator: Operator | None = None,
        account: str = NOBODY,
        clock: Callable[[], float] = time.time,
        replay_floor: int = 0,
    ) -> None:
        check_parts(storage, delivery, operator, clock, is_async=False)
        self._engine = engine(keys, policy, account, replay_floor)
        self._storage = storage
        self._delivery = delivery
        self._operator = operator
        self._clock = clock

    def __repr__(self) -> str:
        return "Service(redacted)"

    def for_account(self, account: str) -> Service:
        """The same service for another tenant."""
        other = copy.copy(self)
        other._engine = self._engine.for_account(account)
        return other

    def create_domain(
        self,
        name: str | None = None,
        *,
        sim_swap: SimSwapPolicy | None = None,
        fallback_after: int | None = None,
    ) -> str:
        """Creates a domain and returns its id. ``name`` is what authenticator apps show as the
        issuer. ``sim_swap`` and ``fallback_after`` (10 to 300 seconds to wait for a receipt before
        the next channel) hold where its requests say nothing."""
        return str(self._run(self._engine.create_domain(name, sim_swap, fallback_after)))

    def change_domain(
        self,
        domain: str,
        *,
        name: str | None | EllipsisType = ...,
        sim_swap: SimSwapPolicy | None | EllipsisType = ...,
        fallback_after: int | None | EllipsisType = ...,
    ) -> DomainView:
        """Changes a domain and returns it as it then is. What is ``...`` stays, and ``None`` takes
        away. Apps that are enrolled already keep the name that they were given."""
        return DomainView(**self._run(self._engine.change_domain(domain, name, sim_swap, fallback_after)))

    def view_domain(self, domain: str) -> DomainView:
        """What is known of a domain."""
        return DomainView(**self._run(self._engine.view_domain(domain)))

    def create_user(
        self,
        domain: str,
        user_id: str,
        *,
        secret: Secret | str | None = None,
        accept_short_secret: bool = False,
        parameters: TotpParameters | None = None,
        account_name: str | None = None,
        return_secret: bool = False,
    ) -> Created:
        """Creates a user. With ``return_secret`` the user counts as enrolled, and ``secret`` and
        ``uri`` come back; otherwise a ``ticket`` does, with which the user enrols."""
        return Created(**self._run(
            self._engine.create_user(
                domain,
                user_id,
                secret,
                accept_short_secret,
                parameters,
                account_name,
                return_secret,
            )
        ))

    def open_enrolment(
        self,
        domain: str,
        user_id: str,
        *,
        secret: Secret | str | None = None,
        accept_short_secret: bool = False,
        parameters: TotpParameters | None = None,
        account_name: str | None = None,
        revoke: bool = False,
    ) -> OpenEnrolment:
        """Opens a new enrolment for a user whose device is lost or replaced. The old secret works
        until the new one is confirmed, or ends at once with ``revoke``. The new device makes the
        codes that the old one made unless ``parameters`` are given."""
        return OpenEnrolment(**self._run(
            self._engine.open_enrolment(
                domain, user_id, secret, accept_short_secret, parameters, account_name, revoke
            )
        ))

    def view_enrolment(self, ticket: str) -> EnrolmentView:
        """Shows an open enrolment. Changes nothing."""
        return EnrolmentView(**self._run(self._engine.view_enrolment(ticket)))

    def confirm_enrolment(self, ticket: str, code: object) -> Outcome:
        """Completes an enrolment with the first code of the device."""
        return Outcome(**self._run(self._engine.confirm_enrolment(ticket, code)))

    def verify_totp(self, domain: str, user_id: str, code: object) -> Outcome:
        """Judges a code of a user's device."""
        return Outcome(**self._run(self._engine.verify_totp(domain, user_id, code)))

    def view_user(self, domain: str, user_id: str) -> UserView:
        """How a user stands."""
        return UserView(**self._run(self._engine.view_user(domain, user_id)))

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
        to: str | PhoneAndEmail,
        *,
        channel: str | Sequence[str] = "sms",
        message: str | None = None,
        language: str | None = None,
        length: int = 6,
        alphabet: str = "digits",
        expiry: int | None = None,
        fallback_after: int | None = None,
        context: Mapping[str, str] | None = None,
        origin: str | None = None,
        app_hash: str | None = None,
        sim_swap: SimSwapPolicy | None = None,
        client: str | None = None,
        api_key: str | None = None,
        destination: Destination | None = None,
    ) -> Sent:
        """Makes a code and sends it to a phone number or an email address, or to one person by both:
        ``{"phone": "+44…", "email": "ann@…"}``. Limits and wrong codes are those of the one that the
        first channel reaches.

        ``channel`` is ``sms``, ``voice`` or ``email``, or several in the order of preference.
        ``message`` is a template with ``{{code}}``, a plain one in ``language`` if not given, and in
        English if there is none in that; ``length`` and ``alphabet`` are those of `CodePolicy`; ``expiry`` is the life of the code in
        seconds, 30 to 600, as the policy has it if not given. ``fallback_after`` is how many seconds
        to wait for a receipt before the next channel. ``context`` is the transaction that the code
        approves: `verify` needs the same. ``origin`` or ``app_hash`` adds the last line that phones
        fill codes in by. ``sim_swap`` holds in place of what the domain says.

        For the limits: ``client`` is the IP address of the client on whose behalf it is
        sent, never one from a header that the client can write; ``api_key`` the name of the key that
        was used; ``destination`` what is known of the number."""
        return Sent(**self._run(
            self._engine.send(
                domain,
                to,
                channel,
                message,
                language,
                length,
                alphabet,
                expiry,
                fallback_after,
                context,
                origin,
                app_hash,
                sim_swap,
                client,
                api_key,
                destination,
            )
        ))

    def resend(self, otp_id: str, *, channel: str | None = None) -> Sent:
        """Sends a new code for a challenge. Its wrong codes stay counted."""
        return Sent(**self._run(self._engine.resend(otp_id, channel)))

    def verify(self, otp_id: str, code: object, *, context: Mapping[str, str] | None = None) -> Outcome:
        """Judges a code that was sent."""
        return Outcome(**self._run(self._engine.verify(otp_id, code, context)))

    def cancel(self, otp_id: str) -> None:
        """Makes a sent code void."""
        self._run(self._engine.cancel(otp_id))

    def view_challenge(self, otp_id: str) -> ChallengeView:
        """How a sent code stands."""
        return ChallengeView(**self._run(self._engine.view_challenge(otp_id)))

    def delivery_report(self, otp_id: str, message_id: str, channel: str, state: str) -> bool:
        """Notes how far a message got, as its provider tells it. ``message_id`` is that of the ``Message``.
        Returns whether that is news."""
        return bool(self._run(self._engine.delivery_report(otp_id, message_id, channel, state)))

    def wanted(self, otp_id: str, message_id: str) -> Wanted:
        """Whether somebody still waits for a message that was queued; ask before it is sent."""
        return Wanted(**self._run(self._engine.wanted(otp_id, message_id)))

    def fall_back(self, otp_id: str, message_id: str, channel: str) -> Way:
        """Asks, before one of ``Message.fallbacks`` is sent, whether it may go that way; takes its
        place among what may be sent, and notes it, if so."""
        return Way(**self._run(self._engine.fall_back(otp_id, message_id, channel)))

    def check_sim_swap(self, phone: str, *, max_age_hours: int | None = None) -> SimSwapCheck:
        """Whether the SIM of a number changed within ``max_age_hours``: 1 to 2400, 240 if not given."""
        return SimSwapCheck(**self._run(self._engine.check_sim_swap(phone, max_age_hours)))

    def _run(self, flow: Flow) -> Any:
        """Carries out what the flow asks for, until it is done."""
        course = Course(flow, self._clock)
        while course.effect is not None:
            try:
                answer = carry_out(course.effect, self._storage, self._delivery, self._operator)
            except Exception as error:
                course.fail(error)
            else:
                course.answer(answer)
        return course.value
