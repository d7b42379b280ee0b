#!/usr/bin/env python3
"""Holds every vector file against schema.json and manifest.json.

    pip install -r tests/oracle/requirements.txt
    python3 tests/vectors/validate.py
"""

import json
import pathlib
import sys

import jsonschema

FOLDER = pathlib.Path(__file__).resolve().parent
SUPPORT = {"schema.json", "manifest.json"}


def main():
    schema = load("schema.json")
    manifest = load("manifest.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    names = {path.name for path in FOLDER.glob("*.json")} - SUPPORT
    faults = [f"manifest.json: {name} is not in this folder" for name in sorted(set(manifest) - names)]
    for name in sorted(names):
        faults += [f"{name}: {fault}" for fault in faults_of(name, validator, manifest)]
    for fault in faults:
        print(fault)
    print(f"{len(names)} files, {sum(manifest.values())} cases, {len(faults)} faults")
    return 1 if faults else 0


def faults_of(name, validator, manifest):
    vectors = load(name)
    for error in validator.iter_errors(vectors):
        yield f"{error.json_path}: {error.message}"
    cases = vectors.get("cases", [])
    ids = [case.get("id") for case in cases]
    for repeated in sorted({id for id in ids if ids.count(id) > 1}):
        yield f"the id {repeated} is there twice"
    if vectors.get("family") != name.removesuffix(".json"):
        yield "the family is not the name of the file"
    if manifest.get(name) != len(cases):
        yield f"{len(cases)} cases, but the manifest says {manifest.get(name)}"


def load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"), object_pairs_hook=unique)


def unique(pairs):
    """A key given twice would hide one of its values."""
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise SystemExit(f"a key is there twice: {sorted({k for k in keys if keys.count(k) > 1})}")
    return dict(pairs)


if __name__ == "__main__":
    sys.exit(main())
