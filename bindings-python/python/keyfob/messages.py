"""Recipients, and the texts they get."""

from ._native import (
    Recipient,
    Segments,
    check_template,
    compose,
    context_bytes,
    segments,
    speak,
    ssml,
)

__all__ = [
    "Recipient",
    "Segments",
    "check_template",
    "compose",
    "context_bytes",
    "segments",
    "speak",
    "ssml",
]
