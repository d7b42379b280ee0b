"""The engine, as `keyfob` re-exports it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, final

_Time: TypeAlias = int | float | datetime.datetime | None
_Algorithm: TypeAlias = str
_ErrorCorrection: TypeAlias = Literal["low", "medium", "quartile", "high"]

__version__: str = ...

__all__ = [
    "HOTP",
    "TOTP",
    "Add",
    "AskSimSwap",
    "CodePolicy",
    "CompatibleKey",
    "Deliver",
    "Done",
    "Engine",
    "Enrolment",
    "Fallback",
    "Flow",
    "HotpVerification",
    "Load",
    "Message",
    "Migration",
    "Recipient",
    "Record",
    "RecoveryResult",
    "RecoverySet",
    "Secret",
    "Segments",
    "Skipped",
    "Steam",
    "Stored",
    "Swap",
    "TotpState",
    "UriWarning",
    "Verification",
    "__version__",
    "check_template",
    "compose",
    "context_bytes",
    "defaults",
    "describe_policy",
    "export_migration",
    "import_migration",
    "parse_uri",
    "provisioning_uri",
    "qr_png",
    "qr_svg",
    "qr_text",
    "random_base32",
    "segments",
    "speak",
    "ssml",
]

@final
class Secret:
    """The secret that a device and its verifier share.

    Printed as redacted, compared in constant time, never pickled. It leaves only
    through `expose_bytes()` and `expose_base32()`.
    """

    def __new__(cls, base32: str) -> Secret:
        """Reads base32, as `from_base32` does."""
    @staticmethod
    def generate(bytes: int = 20) -> Secret:
        """A new random secret: 160 bits, or as many bytes from 16 to 256."""
    @staticmethod
    def from_base32(text: str) -> Secret:
        """Reads base32 as people write it: in any case, with spaces and hyphens, padded or not."""
    @staticmethod
    def from_bytes(data: bytes | bytearray) -> Secret:
        """Takes raw bytes, 1 to 256 of them."""
    def expose_base32(self) -> str:
        """Upper-case base32 without padding, as enrolment URIs carry it. Keep it out of logs."""
    def expose_bytes(self) -> bytes:
        """The raw bytes. Keep them out of logs."""
    @property
    def bits(self) -> int:
        """The length in bits."""
    @property
    def is_short(self) -> bool:
        """Whether it has fewer than the 128 bits that RFC 4226 asks for."""
    def __eq__(self, other: object, /) -> bool: ...
    def __copy__(self) -> Secret: ...
    def __deepcopy__(self, _memo: object) -> Secret: ...

def random_base32(bytes: int = 20) -> str:
    """A new random secret as base32: 160 bits, or as many bytes from 16 to 256."""

@final
class TotpState:
    """What a verifier keeps of one credential: the last step accepted, and the drift.

    It holds no secret. Store it by compare-and-swap *before* you let the user in.
    """

    def __new__(cls, last_step: int | None = None, drift: int = 0) -> TotpState: ...
    @property
    def last_step(self) -> int | None:
        """The last step accepted; it and all before it are used up."""
    @property
    def drift(self) -> int:
        """How many steps the user's clock was ahead (negative: behind)."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[int | None, int]: ...

@final
class Verification:
    """What became of a code. True if it was accepted."""

    def __bool__(self) -> bool: ...
    @property
    def outcome(self) -> Literal["accepted", "replayed", "mismatch", "malformed"]:
        """`accepted`, `replayed`, `mismatch` or `malformed`."""
    @property
    def step(self) -> int | None:
        """The step that the code belongs to, if accepted or replayed."""
    @property
    def drift(self) -> int | None:
        """How many steps an accepted code was ahead of the time (negative: behind)."""
    @property
    def state(self) -> TotpState | None:
        """What to keep in place of the state that was passed in, if accepted."""

@final
class TOTP:
    """Time-based one-time passwords (RFC 6238).

    ::

        totp = TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        result = totp.verify(typed, state=TotpState(last_step=user.last_step))
        if result:
            user.last_step = result.step  # store it before you let the user in

    `window` is how many steps to each side of the present are accepted, at most 10, or
    `(before, after)`. `drift_limit` lets it follow a clock that is ahead or behind, by up to
    so many steps, at most 127. `epoch` is the Unix time at which step 0 begins.
    """

    def __new__(
        cls,
        secret: Secret | str,
        *,
        algorithm: _Algorithm = "SHA1",
        digits: int = 6,
        period: int = 30,
        window: int | tuple[int, int] = 1,
        epoch: int = 0,
        drift_limit: int = 0,
    ) -> TOTP: ...
    def now(self) -> str:
        """The code that is current now."""
    def at(self, at: _Time = None) -> str:
        """The code that is current at a time: Unix seconds or an aware `datetime`; now if none."""
    def verify(
        self, code: object, at: _Time = None, *, state: TotpState | None = None
    ) -> Verification:
        """Judges what a user typed, at a time or now.

        The result is true if the code is right and was not used before. Keep its `state`
        and pass it in next time, or codes can be used again while they last.
        """
    def step(self, at: _Time = None) -> int | None:
        """The step that a time lies in; `None` before the epoch."""
    def remaining(self, at: _Time = None) -> int:
        """Seconds until the next code."""
    def provisioning_uri(self, account: str, *, issuer: str | None = None) -> str:
        """The `otpauth://` URI for an authenticator app. It holds the secret."""
    @property
    def algorithm(self) -> str:
        """The hash: `SHA1`, `SHA256` or `SHA512`."""
    @property
    def digits(self) -> int:
        """How many digits a code has."""
    @property
    def period(self) -> int:
        """How many seconds a step lasts."""

@final
class HotpVerification:
    """What became of a counter-based code. True if it was accepted."""

    def __bool__(self) -> bool: ...
    @property
    def outcome(self) -> Literal["accepted", "mismatch", "malformed"]:
        """`accepted`, `mismatch` or `malformed`."""
    @property
    def next_counter(self) -> int | None:
        """The counter to expect next, if accepted. Store it before you let the user in."""

@final
class HOTP:
    """Counter-based one-time passwords (RFC 4226).

    ::

        hotp = HOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        result = hotp.verify(typed, token.counter)
        if result:
            token.counter = result.next_counter  # store it before you let the user in
    """

    def __new__(
        cls, secret: Secret | str, *, algorithm: _Algorithm = "SHA1", digits: int = 6
    ) -> HOTP: ...
    def at(self, counter: int) -> str:
        """The code of a counter."""
    def verify(self, code: object, counter: int, *, look_ahead: int = 10) -> HotpVerification:
        """Judges what a user typed: the code of `counter`, the next one expected, or of one of
        the `look_ahead` (at most 100) after it.
        """
    def resynchronise(
        self, first: object, second: object, counter: int, *, look_ahead: int = 100
    ) -> HotpVerification:
        """Finds a token that ran far ahead, by the codes of two counters in a row."""
    def provisioning_uri(self, account: str, counter: int, *, issuer: str | None = None) -> str:
        """The `otpauth://` URI for an authenticator app. It holds the secret."""
    @property
    def algorithm(self) -> str:
        """The hash: `SHA1`, `SHA256` or `SHA512`."""
    @property
    def digits(self) -> int:
        """How many digits a code has."""

@final
class Steam:
    """Steam's codes: five letters and digits, every 30 seconds."""

    def __new__(cls, secret: Secret | str, *, window: int | tuple[int, int] = 1) -> Steam: ...
    def now(self) -> str:
        """The code that is current now."""
    def at(self, at: _Time = None) -> str:
        """The code that is current at a time: Unix seconds or an aware `datetime`; now if none."""
    def verify(
        self, code: object, at: _Time = None, *, state: TotpState | None = None
    ) -> Verification:
        """Judges what a user typed, as `TOTP.verify` does. Letters may be of either case."""
    def remaining(self, at: _Time = None) -> int:
        """Seconds until the next code."""

@final
class CodePolicy:
    """What codes that are sent to people look like: 4 to 12 characters of `digits`, `letters`,
    `alphanumeric` or `unambiguous`.
    """

    def __new__(
        cls,
        length: int = 6,
        alphabet: Literal["digits", "letters", "alphanumeric", "unambiguous"] = "digits",
    ) -> CodePolicy: ...
    def generate(self) -> str:
        """A new random code. Keep it out of logs."""
    def normalise(self, typed: object) -> str | None:
        """What a user typed as a code of this policy, letters in upper case; `None` if it is
        none. Nothing is trimmed.
        """
    @property
    def length(self) -> int:
        """Characters in a code."""
    @property
    def alphabet(self) -> Literal["digits", "letters", "alphanumeric", "unambiguous"]:
        """The name of the characters that codes are made of."""
    @property
    def characters(self) -> str:
        """The characters that codes are made of."""
    @property
    def entropy_millibits(self) -> int:
        """The entropy of a code in thousandths of a bit."""
    @property
    def is_guessable(self) -> bool:
        """Whether only a strict limit on attempts protects such a code: under 20 bits."""

@final
class RecoveryResult:
    """What became of a recovery code. True if it was accepted."""

    def __bool__(self) -> bool: ...
    @property
    def outcome(self) -> Literal["accepted", "replayed", "mismatch", "malformed"]:
        """`accepted`, `replayed`, `mismatch` or `malformed`."""
    @property
    def remaining(self) -> int | None:
        """How many codes are left after an accepted one; offer new ones before none is."""

@final
class RecoverySet:
    """The recovery codes of one user as a verifier keeps them: hashes, and which are used.

    ::

        codes, recovery = RecoverySet.generate(10)  # show the codes, store the set
        result = RecoverySet.from_json(stored).redeem(typed)
    """

    @staticmethod
    def generate(count: int = 10) -> tuple[list[str], RecoverySet]:
        """New codes (at most 100) to show to the user once, and the set to store."""
    @staticmethod
    def from_json(text: str) -> RecoverySet:
        """Reads what `to_json` wrote."""
    def to_json(self) -> str:
        """The set as text, to store. It holds hashes and no codes."""
    def redeem(self, typed: object) -> RecoveryResult:
        """Uses a code up. Store the changed set by compare-and-swap *before* you let the user
        in, or two requests at once can both spend one code.
        """
    @property
    def remaining(self) -> int:
        """How many codes are left."""

@final
class UriWarning:
    """Something in a URI that was read all the same and deserves a look."""

    @property
    def code(self) -> str:
        """The stable name of the warning."""

@final
class Enrolment:
    """One account as an `otpauth://` URI describes it."""

    def generator(self) -> TOTP | HOTP | Steam:
        """What makes and verifies the codes: a `TOTP`, an `HOTP` or a `Steam`."""
    def to_uri(self) -> str:
        """The URI, with every default spelt out. It holds the secret."""
    def compatibility(self) -> list[tuple[str, str, str]]:
        """The apps that would refuse or misread this enrolment: name, code and what it does."""
    @property
    def kind(self) -> Literal["totp", "hotp", "steam"]:
        """`totp`, `hotp` or `steam`."""
    @property
    def issuer(self) -> str | None:
        """The service that the account is with."""
    @property
    def account(self) -> str:
        """The name of the account."""
    @property
    def secret(self) -> Secret:
        """The shared secret."""
    @property
    def algorithm(self) -> str:
        """`SHA1`, `SHA256` or `SHA512`."""
    @property
    def digits(self) -> int:
        """Characters in a code."""
    @property
    def period(self) -> int | None:
        """How many seconds a code lasts, of a time-based account."""
    @property
    def counter(self) -> int | None:
        """The counter of the next code, of a counter-based account."""
    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Parameters without a meaning here, such as `image`, in their order."""
    @property
    def warnings(self) -> list[UriWarning]:
        """What was guessed when it was read, or is weak."""
    def __eq__(self, other: object, /) -> bool: ...

def parse_uri(uri: str, *, strict: bool = True) -> Enrolment:
    """Reads an `otpauth://` URI. Strict reading refuses whatever needs a guess; the other reads
    what apps read, and warns of each guess.
    """

def provisioning_uri(
    secret: Secret | str,
    account: str,
    *,
    issuer: str | None = None,
    algorithm: _Algorithm = "SHA1",
    digits: int = 6,
    period: int = 30,
    counter: int | None = None,
    parameters: Mapping[str, str] | None = None,
) -> str:
    """Writes an `otpauth://` URI: time-based, or counter-based if a counter is given. It holds
    the secret.
    """

@final
class Skipped:
    """An account of an export that could not be read."""

    @property
    def index(self) -> int:
        """Its place among all accounts of the URI, from 0."""
    @property
    def name(self) -> str:
        """Its name as far as it can be shown."""
    @property
    def reason(self) -> str:
        """The stable name of the reason."""

@final
class Migration:
    """What one `otpauth-migration://` URI holds."""

    @property
    def entries(self) -> list[Enrolment]:
        """The accounts."""
    @property
    def skipped(self) -> list[Skipped]:
        """The accounts that could not be read."""
    @property
    def batch_size(self) -> int:
        """How many URIs the whole export has."""
    @property
    def batch_index(self) -> int:
        """Which of them this is, from 0."""
    @property
    def batch_id(self) -> int:
        """The same number in each URI of one export."""

def import_migration(uri: str) -> Migration:
    """Reads `otpauth-migration://offline?data=…`, one QR code of Google Authenticator's export."""

def export_migration(
    enrolments: Iterable[Enrolment], *, batch_id: int | None = None
) -> list[str]:
    """Writes accounts as such URIs, at most ten to each. They hold the secrets."""

def qr_svg(
    text: str | Enrolment,
    *,
    error_correction: _ErrorCorrection = "medium",
    title: str = "QR code",
    pixels: int | None = None,
) -> str:
    """A QR code as an SVG image, with a title for screen readers, of a text or of an `Enrolment`. It
    holds what that holds."""

def qr_png(
    text: str | Enrolment, *, error_correction: _ErrorCorrection = "medium", scale: int = 8
) -> bytes:
    """A QR code as a PNG image, `scale` (1 to 32) pixels to a module, of a text or of an `Enrolment`."""

def qr_text(text: str | Enrolment, *, error_correction: _ErrorCorrection = "medium") -> str:
    """A QR code for a terminal, of a text or of an `Enrolment`."""

@final
class Recipient:
    """Somebody a code can be sent to, in the one form that limits and wrong codes are kept by."""

    def __new__(cls, channel: Literal["sms", "voice", "email"], text: str) -> Recipient: ...
    @property
    def canonical(self) -> str:
        """The one form that all spellings have in common."""
    @property
    def masked(self) -> str:
        """What may be shown and logged."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Segments:
    """How many text messages a text travels in."""

    @property
    def encoding(self) -> Literal["gsm-7", "ucs-2"]:
        """`gsm-7` or `ucs-2`."""
    @property
    def units(self) -> int:
        """Septets or UTF-16 units."""
    @property
    def count(self) -> int:
        """Messages."""

def segments(text: str) -> Segments:
    """How many text messages a text travels in, and is paid for as."""

def check_template(template: str) -> None:
    """Raises if a text is no template: without `{{code}}`, say."""

def compose(
    template: str,
    code: str,
    minutes: int,
    *,
    context: Mapping[str, str] | None = None,
    origin: str | None = None,
    app_hash: str | None = None,
) -> str:
    """Fills a template: `{{code}}`, `{{minutes}}`, `{{amount}}`, `{{payee}}`. `origin` and
    `app_hash` add the last line that phones fill codes in by.
    """

def speak(
    template: str, code: str, minutes: int, *, context: Mapping[str, str] | None = None
) -> str:
    """Fills a template for a voice, which spells the code, twice."""

def ssml(spoken: str) -> str:
    """Marks up what `speak` wrote for a speech engine (W3C SSML 1.1)."""

def context_bytes(context: Mapping[str, str]) -> bytes:
    """The bytes that a transaction is bound by (PSD2: amount and payee)."""

@final
class CompatibleKey:
    """The codes of one key by counter, from any counter on."""

    def __new__(cls, secret: bytes, algorithm: str, digits: int) -> CompatibleKey: ...
    def generate(self, counter: int) -> str:
        """The code of a counter."""
    def find(self, code: str, first: int, count: int) -> int | None:
        """The first of `count` counters from `first` on that the code belongs to. All of them
        are evaluated.
        """

@final
class Record:
    """A record to be written."""

    @property
    def version(self) -> bytes:
        """8 bytes that the record is stored under; only ever compared."""
    @property
    def data(self) -> bytes:
        """The sealed body."""
    @property
    def expires_at(self) -> int | None:
        """The second from which it counts as absent."""

@final
class Stored:
    """A record as it was found."""

    def __new__(
        cls, version: bytes | bytearray | memoryview, data: bytes | bytearray | memoryview
    ) -> Stored: ...
    @property
    def version(self) -> bytes:
        """The 8 bytes it was stored under."""
    @property
    def data(self) -> bytes:
        """The sealed body."""

@final
class Message:
    """A message for one person. It carries the code in clear: store it sealed or not at all."""

    @property
    def otp_id(self) -> str:
        """The challenge it belongs to."""
    @property
    def message_id(self) -> str:
        """Which of the challenge's messages it is, to report its delivery by."""
    @property
    def account(self) -> str:
        """The account on whose behalf it is sent."""
    @property
    def channel(self) -> Literal["sms", "voice", "email"]:
        """`sms`, `voice` or `email`."""
    @property
    def recipient(self) -> str:
        """To whom."""
    @property
    def language(self) -> str:
        """The language of the text, as a tag such as `en`."""
    @property
    def subject(self) -> str:
        """The subject, for channels that have one."""
    @property
    def text(self) -> str:
        """The text as the person will read or hear it. It holds the code."""
    @property
    def code(self) -> str:
        """The code in the text."""
    @property
    def expires_at(self) -> int:
        """The second from which it must no longer be sent."""
    @property
    def fallback_after(self) -> int | None:
        """How many seconds to wait for a receipt before the next of `fallbacks`."""
    @property
    def fallbacks(self) -> list[Fallback]:
        """The ways it goes when it does not get through, in their order."""

@final
class Fallback:
    """Another way of a message. Its text holds the code."""

    @property
    def channel(self) -> Literal["sms", "voice", "email"]:
        """`sms`, `voice` or `email`."""
    @property
    def recipient(self) -> str:
        """To whom."""
    @property
    def text(self) -> str:
        """The text as the person will read or hear it."""

@final
class Load:
    """Answer with the `Stored` record at `key` unless it has expired at `now`, or `None`."""

    @property
    def key(self) -> bytes:
        """33 bytes."""
    @property
    def now(self) -> int:
        """The time at which expiry is judged."""

@final
class Swap:
    """Put `record` in the place of the one whose version is `expected` (`None`: there is none
    that has not expired at `now`), in one atomic and durable step. A `record` of `None`
    removes it. Answer whether it was as expected.
    """

    @property
    def key(self) -> bytes:
        """33 bytes."""
    @property
    def expected(self) -> bytes | None:
        """8 bytes, or none."""
    @property
    def record(self) -> Record | None:
        """What to store."""
    @property
    def now(self) -> int:
        """The time at which expiry is judged."""

@final
class Add:
    """Add `amount` to a counter in one atomic step, and answer with the sum, at least 0."""

    @property
    def key(self) -> bytes:
        """33 bytes."""
    @property
    def amount(self) -> int:
        """What to add; may be negative."""
    @property
    def expires_at(self) -> int:
        """The second from which the counter starts from 0 again."""
    @property
    def now(self) -> int:
        """The time at which expiry is judged."""

@final
class Deliver:
    """Hand a message over. Answer `sent` or `queued`."""

    @property
    def message(self) -> Message:
        """The message."""

@final
class AskSimSwap:
    """Ask an operator whether the SIM of a number changed. Answer `swapped`, `not-swapped` or
    `unknown`.
    """

    @property
    def phone(self) -> str:
        """The number."""
    @property
    def max_age_hours(self) -> int:
        """How far back to look."""

@final
class Done:
    """The end of a flow."""

    @property
    def value(self) -> Any:
        """What it came to."""

_Step: TypeAlias = Load | Swap | Add | Deliver | AskSimSwap | Done

@final
class Flow:
    """One request to the service, as a value that asks for one effect at a time.

    `start` and `resume` give an effect to carry out or, at the end, `Done`. A flow that is
    dropped half-way has revealed nothing.
    """

    def start(self, now: int) -> _Step:
        """Runs up to the first effect. `now` is the server's time in Unix seconds."""
    def resume(self, now: int, answer: object) -> _Step:
        """Gives the answer to the last effect and runs on. Raises `TypeError` for what cannot be an
        answer to it: give another one, or say that it failed.
        """
    def fail(self, now: int, code: str) -> _Step:
        """Says that the last effect could not be carried out, or that it is not known whether
        it was: `storage-unavailable`, `provider-unavailable` or `channel-not-configured`.
        """

def defaults() -> dict[str, Any]:
    """The engine's defaults, by the names of arguments."""

def describe_policy(given: object) -> str:
    """All of a policy as text, or of the engine's own: what the tests compare."""

@final
class Engine:
    """What `Service` and `AsyncService` have in common: it makes the flows that they drive."""

    def __new__(
        cls,
        root: bytes,
        sealing: Mapping[int, bytes],
        *,
        policy: object,
        account: str,
        replay_floor: int,
    ) -> Engine: ...
    def for_account(self, account: str) -> Engine:
        """The same service for another tenant."""
    def create_domain(
        self, name: str | None, sim_swap: object, fallback_after: int | None
    ) -> Flow: ...
    def change_domain(
        self, domain: str, name: object, sim_swap: object, fallback_after: object
    ) -> Flow: ...
    def view_domain(self, domain: str) -> Flow: ...
    def create_user(
        self,
        domain: str,
        user_id: str,
        secret: Secret | str | None,
        accept_short_secret: bool,
        parameters: object,
        account_name: str | None,
        return_secret: bool,
    ) -> Flow: ...
    def open_enrolment(
        self,
        domain: str,
        user_id: str,
        secret: Secret | str | None,
        accept_short_secret: bool,
        parameters: object,
        account_name: str | None,
        revoke: bool,
    ) -> Flow: ...
    def view_enrolment(self, ticket: str) -> Flow: ...
    def confirm_enrolment(self, ticket: str, code: object) -> Flow: ...
    def verify_totp(self, domain: str, user_id: str, code: object) -> Flow: ...
    def view_user(self, domain: str, user_id: str) -> Flow: ...
    def delete_user(self, domain: str, user_id: str) -> Flow: ...
    def erase_user(self, domain: str, user_id: str) -> Flow: ...
    def erase_recipient(self, domain: str, to: str) -> Flow: ...
    def send(
        self,
        domain: str,
        to: object,
        channel: object,
        message: str | None,
        language: str | None,
        length: int,
        alphabet: str,
        expiry: int | None,
        fallback_after: int | None,
        context: Mapping[str, str] | None,
        origin: str | None,
        app_hash: str | None,
        sim_swap: object,
        client: str | None,
        api_key: str | None,
        destination: object,
    ) -> Flow: ...
    def resend(self, otp_id: str, channel: str | None) -> Flow: ...
    def verify(self, otp_id: str, code: object, context: Mapping[str, str] | None) -> Flow: ...
    def cancel(self, otp_id: str) -> Flow: ...
    def view_challenge(self, otp_id: str) -> Flow: ...
    def delivery_report(self, otp_id: str, message_id: str, channel: str, state: str) -> Flow: ...
    def wanted(self, otp_id: str, message_id: str) -> Flow: ...
    def fall_back(self, otp_id: str, message_id: str, channel: str) -> Flow: ...
    def check_sim_swap(self, phone: str, max_age_hours: int | None) -> Flow: ...
