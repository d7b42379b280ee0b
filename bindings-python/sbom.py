"""Gives the packages in a wheel's bill of materials a place that says nothing of the machine.

``python sbom.py WHEEL FOLDER``: FOLDER is what the references begin with.
"""

import base64
import csv
import hashlib
import io
import sys
import zipfile
from pathlib import Path


def main(wheel: Path, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    changed: dict[str, bytes] = {}
    for info, content in entries:
        if "/sboms/" in info.filename:
            changed[info.filename] = content.replace(f"file://{folder}/".encode(), b"file:///keyfob/")
    for info, content in entries:
        if info.filename.endswith(".dist-info/RECORD"):
            changed[info.filename] = record(content.decode(), changed).encode()
    with zipfile.ZipFile(wheel, "w") as archive:
        for info, content in entries:
            archive.writestr(info, changed.get(info.filename, content))


def record(text: str, changed: dict[str, bytes]) -> str:
    """The list of files, with what the changed ones are now."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for name, digest, size in csv.reader(text.splitlines()):
        if name in changed:
            hashed = base64.urlsafe_b64encode(hashlib.sha256(changed[name]).digest())
            digest, size = f"sha256={hashed.decode().rstrip('=')}", str(len(changed[name]))
        writer.writerow([name, digest, size])
    return lines.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].rstrip("/"))
