#!/usr/bin/env python3
"""Holds what was built against what was promised: each component imports what its world says and
nothing else, is as small as it is to be, and `wit/deps` is what was published.

    python3 tests/component/worlds.py dist/component
"""

import hashlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPS = ROOT / "wit" / "deps"
sys.path.insert(0, str(ROOT / "examples" / "python-component"))

from keyfob_component import Engine  # noqa: E402

WORLDS = {
    "keyfob-generator.wasm": (64 * 1024, []),
    "keyfob-authenticator.wasm": (136 * 1024, []),
    "keyfob-service.wasm": (
        512 * 1024,  # docs/decisions says why it is not half of it
        [
            "keyfob:otp/audit@0.1.0",
            "keyfob:otp/delivery@0.1.0",
            "keyfob:otp/sim-swap@0.1.0",
            "keyfob:otp/storage@0.1.0",
            "wasi:clocks/wall-clock@0.2.0",
            "wasi:random/random@0.2.0",
        ],
    ),
}


def main(folder):
    faults = [fault for name, world in WORLDS.items() for fault in of_component(folder / name, *world)]
    faults += of_deps()
    for fault in faults:
        print(fault)
    checks = 2 * len(WORLDS) + len(list(DEPS.rglob("*.wit")))
    print(f"{checks - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


def of_component(file, limit, promised):
    size, imports = file.stat().st_size, Engine(file).imports()
    print(f"{file.name} {size / 1024:.1f} of {limit // 1024} KiB, imports {len(imports)}/{len(promised)}")
    if size > limit:
        yield f"{file.name} has {size} bytes and may have {limit}"
    if imports != promised:
        yield f"{file.name} imports {imports}, and its world says {promised}"


def of_deps():
    lines = (DEPS / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    promised = {name: digest for digest, name in (line.split() for line in lines)}
    found = {
        str(path.relative_to(DEPS)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in DEPS.rglob("*.wit")
    }
    print(f"wit/deps {len(found)}/{len(promised)} files")
    for name in sorted(promised.keys() | found.keys()):
        if promised.get(name) != found.get(name):
            yield f"wit/deps/{name} is not what SHA256SUMS says"


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
