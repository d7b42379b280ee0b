"""Hooks for schemathesis: most requests name things that exist, or none would get past
`domain-not-found`. The choice is made from the generated values, so a seed repeats it."""

import os
import zlib

import schemathesis

DOMAIN, USERS, DOOMED, CHALLENGES = (
    os.environ[name].split(",")
    for name in ("KNOWN_DOMAIN", "KNOWN_USERS", "KNOWN_DOOMED", "KNOWN_CHALLENGES")
)


def replace(fields, users=USERS):
    """Three of four times something known in place of what was generated."""
    number = zlib.crc32(repr(fields).encode())
    for name, known in (("domain", DOMAIN), ("user_id", users), ("otp_id", CHALLENGES)):
        if isinstance(fields.get(name), str) and number % 4:
            fields[name] = known[number // 4 % len(known)]
    return fields


@schemathesis.hook
def map_body(context, body):
    return replace(dict(body)) if isinstance(body, dict) else body


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if not path_parameters:
        return path_parameters
    doomed = context.operation.method.lower() == "delete"  # or soon nobody would be left
    return replace(dict(path_parameters), DOOMED if doomed else USERS)
