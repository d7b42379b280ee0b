"""Marks to plant and every form in which one could leak."""

import base64
import hashlib
from urllib.parse import quote


class Canary:
    """Something that must not be found, as bytes, under a name for the report."""

    def __init__(self, name, value):
        self.name = name
        self.value = value if isinstance(value, bytes) else value.encode()

    def forms(self):
        """(name of the form, bytes to search for)."""
        value = self.value
        yield "clear", value
        yield "upper case", value.upper()
        yield "lower case", value.lower()
        yield "reversed", value[::-1]
        yield "UTF-16", value.decode("latin-1").encode("utf-16-le")
        yield "percent", quote(value, safe="").encode()
        yield "hex", value.hex().encode()
        yield "HEX", value.hex().upper().encode()
        for skipped in range(3):
            yield f"base64 at {skipped}", _middle(base64.b64encode, value, skipped, 3, 4)
            yield f"base64url at {skipped}", _middle(base64.urlsafe_b64encode, value, skipped, 3, 4)
        for skipped in range(5):
            text = _middle(base64.b32encode, value, skipped, 5, 8)
            yield f"base32 at {skipped}", text
            yield f"base32 in lower case at {skipped}", text.lower()
        for name in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(name, value)  # what anybody could compute is no disguise
            yield name, digest.digest()
            yield f"{name} hex", digest.hexdigest().encode()


def _middle(encode, value, skipped, group, characters):
    """The part of an encoding that does not depend on what stands around the value."""
    padded = encode(b"\0" * skipped + value + b"\0" * group)
    first = -(-skipped * characters // group)
    whole = (skipped + len(value)) * characters // group
    return padded[first:whole]


def search(haystack, canaries):
    """The (canary, form) pairs that stand in `haystack`."""
    found = []
    for canary in canaries:
        for form, needle in canary.forms():
            if len(needle) >= 6 and needle in haystack:
                found.append((canary.name, form))
    return found
