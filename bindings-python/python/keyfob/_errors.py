"""What keyfob raises. Nothing that a user typed as a code raises anything."""

from __future__ import annotations


class KeyfobError(Exception):
    """Anything that keyfob refuses. ``code`` is its stable name, the same in every language."""

    code: str

    def __init__(self, message: str, code: str, *details: object) -> None:
        super().__init__(message, code, *details)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


class InvalidArgument(KeyfobError, ValueError):
    """An argument that cannot be used.

    ``argument`` names it, and what in it, as in ``context.amount``; ``code`` says what is wrong, and ``position`` is where in it, in
    characters from 0, if at one place. None of them repeats a value.
    """

    argument: str
    position: int | None

    def __init__(self, message: str, code: str, argument: str, position: int | None = None) -> None:
        super().__init__(message, code, argument, position)
        self.argument = argument
        self.position = position


class InvalidType(InvalidArgument, TypeError):
    """An argument of a type that it cannot have: a ``TypeError`` too, and its ``code`` is
    ``invalid-argument``."""


class ServiceError(KeyfobError):
    """Why a request to the service gave no outcome. Nothing was accepted.

    ``until`` is the second in which a block ends, ``limit`` whose limit on sending was
    reached, and ``retry_at`` the second from which there is room again; ``None`` for others.
    """

    until: int | None
    limit: str | None
    retry_at: int | None

    def __init__(
        self,
        message: str,
        code: str,
        until: int | None = None,
        limit: str | None = None,
        retry_at: int | None = None,
    ) -> None:
        super().__init__(message, code, until, limit, retry_at)
        self.until = until
        self.limit = limit
        self.retry_at = retry_at


class ChannelNotConfigured(Exception):
    """Raise this in a delivery that has no provider for a message's channel: the next one is
    tried. Nobody was reached by any other exception either, but that may have been bad luck."""
