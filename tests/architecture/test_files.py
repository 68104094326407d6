"""Size, names, lock files, and the one line that installs what the system must give."""

import json
import re
from pathlib import Path

import pytest

from portal.bootstrap import apt_line
from tests.architecture.source import ROOT, TOP_PACKAGES

LONGEST = 400
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
HAND_WRITTEN = [
    path
    for top in (*TOP_PACKAGES, "web", "tests", "benchmarks")
    for kind in ("*.py", "*.js", "*.mjs", "*.css", "*.html", "*.toml")
    for path in sorted((ROOT / top).rglob(kind))
    if not {"node_modules", "dist", "vectors"}.intersection(path.parts)
]


def test_no_file_outgrows_its_reader() -> None:
    long = {str(p.relative_to(ROOT)): n for p in HAND_WRITTEN if (n := len(p.read_text().splitlines())) > LONGEST}
    assert long == {}


def test_no_name_says_nothing() -> None:
    vague = [p for p in HAND_WRITTEN if VAGUE.intersection({*p.relative_to(ROOT).parts[:-1], p.stem})]
    assert vague == []


def test_nothing_is_left_to_be_done() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    this = Path(__file__)
    assert [p for p in HAND_WRITTEN if p != this and marks.search(p.read_text())] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-node.lock"])
def test_python_locks_pin_by_hash_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9_.-]+(?:\[.*\])?==.*", text, flags=re.MULTILINE | re.IGNORECASE)
    assert pins
    assert [pin for pin in pins if not pin.endswith("\\")] == []


def test_the_javascript_lock_names_no_host() -> None:
    text = (ROOT / "web" / "package-lock.json").read_text()
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []


def test_the_readme_shows_the_line_that_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    assert "<.ci/apt-packages" in ci
    assert apt_line() in (ROOT / "README.md").read_text()
