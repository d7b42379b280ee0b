"""What the README says, run."""

from __future__ import annotations

import importlib.metadata
import pathlib
import re
import subprocess
import sys

import keyfob
from support import ROOT

PACKAGE = ROOT / "bindings-python"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.S)


def run(program: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_first_three_lines_work() -> None:
    first = examples()[0]
    assert len(first.splitlines()) == 3 and run(first) == "True\n"


def test_every_example_runs_and_prints_what_it_says() -> None:
    printed = [run(example) for example in examples()]
    assert printed == ["True\n", "replayed\n", "Secret(redacted, 160 bits)\n", "", "True\n"]


def test_every_example_is_strictly_typed(tmp_path: pathlib.Path) -> None:
    files = [tmp_path / f"example_{number}.py" for number in range(len(examples()))]
    for file, example in zip(files, examples(), strict=True):
        file.write_text(example)
    command = [sys.executable, "-m", "mypy", "--strict", *map(str, files)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert told.stdout == f"Success: no issues found in {len(files)} source files\n", told.stdout + told.stderr


def test_the_licences_come_with_the_package() -> None:
    about = importlib.metadata.metadata("keyfob")
    assert about["License-Expression"] == "MIT OR Apache-2.0"
    files = importlib.metadata.files("keyfob") or []
    texts = {file.name: file.read_text() for file in files if "licenses" in file.parts}
    assert texts == {name: (ROOT / name).read_text() for name in ("LICENSE-MIT", "LICENSE-APACHE")}


def test_the_version_is_that_of_the_package() -> None:
    assert keyfob.__version__ == importlib.metadata.version("keyfob")


def test_the_readme_leads_to_what_there_is() -> None:
    """On PyPI there are no folders beside it: links are whole, and what they name is in the repository."""
    text = (PACKAGE / "README.md").read_text()
    links = re.findall(r"\]\(([^)]*)\)", text)
    here = "https://github.com/keyfob/keyfob/tree/main/"
    assert links and all(link.startswith("https://") for link in links)
    assert [link for link in links if link.startswith(here) and not (ROOT / link.removeprefix(here)).exists()] == []
