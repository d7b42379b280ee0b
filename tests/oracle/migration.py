#!/usr/bin/env python3
"""Writes tests/vectors/migration.json with Google's own protobuf library.

    pip install protobuf
    python3 tests/oracle/migration.py            # writes the file
    python3 tests/oracle/migration.py --check    # fails if it is stale

The payloads are encoded by `protobuf` from the message definition below, so no code
of keyfob takes part. Cases that no encoder would write are given as raw bytes.
"""

import base64
import json
import pathlib
import sys
import urllib.parse

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FILE = pathlib.Path(__file__).parent.parent / "vectors" / "migration.json"
KEY = b"12345678901234567890"
KEY_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
SHA1, SHA256, SHA512, MD5 = 1, 2, 3, 4
SIX, EIGHT = 1, 2
HOTP, TOTP = 1, 2


def define_messages():
    """MigrationPayload and OtpParameters, with enumerations as plain numbers."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="migration.proto", syntax="proto3")
    account = file.message_type.add(name="OtpParameters")
    for number, (name, kind) in enumerate(
        [("secret", field.TYPE_BYTES), ("name", field.TYPE_STRING), ("issuer", field.TYPE_STRING),
         ("algorithm", field.TYPE_INT32), ("digits", field.TYPE_INT32), ("type", field.TYPE_INT32),
         ("counter", field.TYPE_INT64), ("unique_id", field.TYPE_STRING)], start=1):
        account.field.add(name=name, number=number, type=kind, label=field.LABEL_OPTIONAL)
    payload = file.message_type.add(name="MigrationPayload")
    payload.field.add(name="otp_parameters", number=1, type=field.TYPE_MESSAGE,
                      label=field.LABEL_REPEATED, type_name=".OtpParameters")
    for number, name in enumerate(["version", "batch_size", "batch_index", "batch_id"], start=2):
        payload.field.add(name=name, number=number, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    make = lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    return make("MigrationPayload"), make("OtpParameters")


Payload, Account = define_messages()


def account(**fields):
    return Account(**({"secret": KEY, "name": "alice", "algorithm": SHA1, "digits": SIX, "type": TOTP} | fields))


def payload(*accounts, version=1, batch_size=1, batch_index=0, batch_id=4711):
    return Payload(otp_parameters=accounts, version=version, batch_size=batch_size,
                   batch_index=batch_index, batch_id=batch_id).SerializeToString()


def uri(data, quote=True, strip=False, alphabet=base64.b64encode):
    text = alphabet(data).decode()
    text = text.rstrip("=") if strip else text
    return "otpauth-migration://offline?data=" + (urllib.parse.quote(text, safe="") if quote else text)


def entry(issuer=None, account="alice", secret=KEY_BASE32, kind="totp", algorithm="SHA1", digits=6, **more):
    kept = {"type": kind, "issuer": issuer, "account": account, "secret": secret,
            "algorithm": algorithm, "digits": digits}
    return kept | ({"period": 30} if kind == "totp" else {}) | more


def read(*entries, skipped=(), size=1, index=0, id=4711):
    return {"entries": list(entries), "skipped": list(skipped),
            "batch_size": size, "batch_index": index, "batch_id": id}


def skip(code, index=0, name="alice"):
    return {"index": index, "name": name, "reason": code}


def bytes_field(number, content):
    assert number < 16 and len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def cases():
    def case(id, comment, uri, expect):
        found.append({"id": id, "comment": comment, "uri": uri, "expect": expect})

    def refused(id, comment, uri, code):
        case(id, comment, uri, {"error": code})

    def skipped(id, comment, code, name="alice", **fields):
        data = payload(account(**fields), account(name="bob"))
        case(id, comment, uri(data), read(entry(account="bob"), skipped=[skip(code, name=name)]))

    found = []
    plain = payload(account(name="Acme:alice", issuer="Acme"))
    acme = entry("Acme")

    # What is read
    case("as-google-writes-it", "the issuer stands in the name, too", uri(plain), read(acme))
    case("not-escaped", "padding stands bare", uri(plain, quote=False), read(acme))
    case("not-padded", "padding left out", uri(plain, strip=True), read(acme))
    plusses = payload(account(secret=b"\xfb\xef\xbe" * 8, name=">>>???"))
    assert "+" in base64.b64encode(plusses).decode() and "/" in base64.b64encode(plusses).decode()
    signs = entry(account=">>>???", secret=base64.b32encode(b"\xfb\xef\xbe" * 8).decode().rstrip("="))
    case("standard-alphabet-escaped", "plus and slash escaped", uri(plusses), read(signs))
    case("standard-alphabet-bare", "plus and slash bare", uri(plusses, quote=False), read(signs))
    case("plus-became-space", "a form decoder was at it", uri(plusses).replace("%2B", "%20"), read(signs))
    case("url-alphabet", "RFC 4648 §5", uri(plusses, alphabet=base64.urlsafe_b64encode), read(signs))
    case("scheme-and-host-in-capitals", "both are case-insensitive",
         uri(plain).replace("otpauth-migration://offline", "OTPAUTH-MIGRATION://OFFLINE"), read(acme))
    case("key-in-capitals", "as in enrolment URIs", uri(plain).replace("data=", "DATA="), read(acme))
    case("slash-before-query", "an empty path", uri(plain).replace("offline?", "offline/?"), read(acme))
    case("further-parameters", "passed over", uri(plain) + "&x=1", read(acme))
    case("white-space-around", "not part of it", "\n " + uri(plain) + " \n", read(acme))
    case("counter-based", "with a counter of several bytes", uri(payload(account(type=HOTP, counter=300))),
         read(entry(kind="hotp", counter=300)))
    case("largest-counter", "2^63 - 1, nine bytes", uri(payload(account(type=HOTP, counter=2**63 - 1))),
         read(entry(kind="hotp", counter=2**63 - 1)))
    case("sha256-and-eight-digits", "", uri(payload(account(algorithm=SHA256, digits=EIGHT))),
         read(entry(algorithm="SHA256", digits=8)))
    case("sha512", "", uri(payload(account(algorithm=SHA512))), read(entry(algorithm="SHA512")))
    case("nothing-specified", "zero means SHA1, six digits, time", uri(payload(account(algorithm=0, digits=0, type=0))),
         read(entry()))
    case("short-secret", "80 bits of others are read",
         uri(payload(account(secret=b"Hello!\xde\xad\xbe\xef"))), read(entry(secret="JBSWY3DPEHPK3PXP")))
    case("secret-of-128-bytes", "its length takes two bytes, which some readers get wrong",
         uri(payload(account(secret=b"\xa5" * 128))),
         read(entry(secret=base64.b32encode(b"\xa5" * 128).decode().rstrip("="))))
    case("name-of-300-bytes", "lengths of two bytes, within and without", uri(payload(account(name="n" * 300))),
         read(entry(account="n" * 300)))
    case("issuer-not-in-the-name", "nothing to take off", uri(payload(account(issuer="Acme"))), read(acme))
    case("issuer-in-the-name-alone", "whether its colon separates cannot be known", uri(payload(account(name="Acme:alice"))),
         read(entry(account="Acme:alice")))
    case("other-issuer-in-the-name", "kept", uri(payload(account(name="Other:alice", issuer="Acme"))),
         read(entry("Acme", "Other:alice")))
    case("space-after-the-colon", "dropped as in enrolment URIs", uri(payload(account(name="Acme: alice", issuer="Acme"))),
         read(acme))
    case("arabic-and-emoji", "UTF-8", uri(payload(account(name="بنك:🔑", issuer="بنك"))), read(entry("بنك", "🔑")))
    case("no-name", "as it is", uri(payload(account(name=""))), read(entry(account="")))
    case("unique-id", "newer exports have one", uri(payload(account(unique_id="a1b2c3"), version=2)), read(entry()))
    case("negative-batch-id", "ten bytes", uri(payload(account(), batch_id=-1)), read(entry(), id=-1))
    case("smallest-batch-id", "ten bytes", uri(payload(account(), batch_id=-2**31)), read(entry(), id=-2**31))
    case("third-of-four", "", uri(payload(account(), batch_size=4, batch_index=2)), read(entry(), size=4, index=2))
    case("no-batch-numbers", "zero is not written; a batch has one part at least",
         uri(payload(account(), batch_size=0, batch_id=0)), read(entry(), id=0))
    case("negative-batch-numbers", "not believed", uri(payload(account(), batch_size=-1, batch_index=-1)), read(entry()))
    case("thirty-accounts", "as many as there are", uri(payload(*[account(name=f"user{i}") for i in range(30)])),
         read(*[entry(account=f"user{i}") for i in range(30)]))
    unknown = b"\x78\x01" + bytes_field(14, b"later") + b"\x71" + b"\0" * 8 + b"\x75" + b"\0" * 4
    case("unknown-fields-of-the-payload", "of each wire type, skipped", uri(unknown + plain), read(acme))
    case("unknown-fields-of-an-account", "of each wire type, skipped",
         uri(bytes_field(1, account().SerializeToString() + unknown)), read(entry(), id=0))
    case("fields-in-another-order", "the wire format does not fix it",
         uri(b"\x28\x07" + bytes_field(1, bytes_field(2, b"alice") + bytes_field(1, KEY))), read(entry(), id=7))
    case("varint-longer-than-need-be", "0x80 0x80 0x00 is 0",
         uri(b"\x28\x87\x80\x00" + bytes_field(1, bytes_field(1, KEY) + bytes_field(2, b"alice"))), read(entry(), id=7))

    # Accounts that are skipped, each beside one that is not
    skipped("md5", "no app makes such codes safely", "migration-entry-algorithm", algorithm=MD5)
    skipped("unknown-algorithm", "5 is not defined", "migration-entry-algorithm", algorithm=5)
    skipped("negative-algorithm", "a ten-byte varint", "migration-entry-algorithm", algorithm=-1)
    skipped("unknown-digits", "3 is not defined; nor is 6", "migration-entry-digits", digits=6)
    skipped("unknown-type", "3 is not defined", "migration-entry-type", type=3)
    skipped("negative-counter", "int64", "migration-entry-counter", type=HOTP, counter=-1)
    skipped("no-secret", "nothing in it", "secret-empty", secret=b"")
    skipped("secret-too-long", "257 bytes", "secret-too-long", secret=b"k" * 257)
    escape = payload(account(name="a\x1b[31m"), account(name="bob"))
    case("terminal-escape-in-the-name", "nor is such a name shown", uri(escape),
         read(entry(account="bob"), skipped=[skip("uri-control-character", name="")]))
    blob = bytes_field(1, bytes_field(1, KEY) + bytes_field(2, b"\xff\xfe")) + payload(account(name="bob"))
    case("name-that-is-no-utf8", "nor is such a name shown", uri(blob),
         read(entry(account="bob"), skipped=[skip("uri-not-utf8", name="")]))
    blob = bytes_field(1, b"\x0a\x7fshort") + payload(account(name="bob"))
    case("damaged-account", "a length beyond its end", uri(blob),
         read(entry(account="bob"), skipped=[skip("migration-entry-malformed", name="")]))
    blob = bytes_field(1, b"\x08\x01") + payload(account(name="bob"))
    case("secret-as-a-number", "the wrong wire type", uri(blob),
         read(entry(account="bob"), skipped=[skip("migration-entry-malformed", name="")]))
    case("all-skipped", "still an answer", uri(payload(account(algorithm=MD5))),
         read(skipped=[skip("migration-entry-algorithm")]))

    # What is refused as a whole
    refused("empty", "nothing", "", "migration-scheme")
    refused("enrolment-uri", "one account, not an export", "otpauth://totp/a?secret=AAAAAAAA", "migration-scheme")
    refused("other-host", "not offline", uri(plain).replace("offline", "online"), "migration-scheme")
    refused("no-query", "no data", "otpauth-migration://offline", "migration-data-missing")
    refused("other-parameter-alone", "no data", "otpauth-migration://offline?dat=CgA", "migration-data-missing")
    refused("data-twice", "which one counts would be a guess", uri(plain) + "&data=CgA", "migration-duplicate-data")
    refused("data-empty", "no account in it", "otpauth-migration://offline?data=", "migration-empty")
    refused("not-base64", "foreign characters", "otpauth-migration://offline?data=!!!!", "migration-encoding")
    refused("base64-of-impossible-length", "five characters encode no bytes", "otpauth-migration://offline?data=CgAAA", "migration-encoding")
    refused("base64-with-trailing-bits", "bits that belong to no byte", "otpauth-migration://offline?data=CgB", "migration-encoding")
    refused("broken-escape", "no hexadecimal digits", "otpauth-migration://offline?data=Cg%ZZ", "migration-encoding")
    refused("escaped-line-feed", "a control character", "otpauth-migration://offline?data=Cg%0AA", "migration-encoding")
    refused("no-account", "batch numbers alone", uri(payload()), "migration-empty")
    refused("truncated", "cut off within an account", uri(plain[:20]), "migration-payload")
    refused("length-beyond-the-end", "4 GiB promised", uri(b"\x0a\xff\xff\xff\xff\x0f"), "migration-payload")
    refused("length-of-64-bits", "no slice is as long", uri(b"\x0a" + b"\xff" * 9 + b"\x01"), "migration-payload")
    refused("endless-varint", "eleven bytes that all go on", uri(b"\x28" + b"\xff" * 11), "migration-payload")
    refused("varint-cut-off", "the last byte goes on", uri(plain + b"\x28\xff"), "migration-payload")
    refused("group", "a wire type of the past", uri(b"\x7b\x7c" + plain), "migration-payload")
    refused("unknown-wire-type", "6 is none", uri(b"\x7e" + plain), "migration-payload")
    refused("account-as-a-number", "the wrong wire type", uri(b"\x08\x01" + plain), "migration-payload")
    refused("batch-id-as-bytes", "the wrong wire type", uri(bytes_field(5, b"7") + plain), "migration-payload")
    refused("text-instead", "base64 of words", uri(b"hello, world"), "migration-payload")
    refused("too-long", "16385 bytes", "otpauth-migration://offline?data=" + "A" * (16385 - 33), "migration-too-long")
    return found


def document():
    head = {
        "family": "migration",
        "source": "Google Authenticator's export format. Payloads are encoded by Google's protobuf library for Python: tests/oracle/migration.py.",
        "notes": {"expect": "what is read, or error: the stable code", "counter": "64 bits, to be read without loss"},
    }
    lines = ",\n".join("    " + json.dumps(case, ensure_ascii=False) for case in cases())
    return json.dumps(head, indent=2, ensure_ascii=False)[:-2] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n"


def main():
    if "--check" not in sys.argv:
        FILE.write_text(document())
    elif FILE.read_text() != document():
        sys.exit(f"{FILE.name} is stale; run tests/oracle/migration.py and look at the difference")


if __name__ == "__main__":
    main()
