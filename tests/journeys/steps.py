"""Every step of the platform and every refusal, with the tests that take them by page and by API.

`steps.txt` and `refusals.txt` are written by hand; their heads say how. Tests in `tests/architecture/test_steps.py`
compare them with the routes, the refusals and the tests that there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
OWED = "owed"
NEVER = "none:"


@dataclass(frozen=True)
class Way:
    """One way a step is taken: by a page or by a program; `route` is empty where a page's script uses the API."""

    by: Literal["page", "api"]
    route: str
    test: str
    """`file::function` below tests/; `owed`; or `none: why nobody does it this way`."""


@dataclass(frozen=True)
class Step:
    """Something that is done."""

    name: str
    ways: tuple[Way, ...]

    def owed(self) -> tuple[str, ...]:
        """The ways that have no test yet."""
        return tuple(way.route or way.by for way in self.ways if way.test == OWED)


@dataclass(frozen=True)
class Refusal:
    """A refusal's code, and a test that sees it."""

    code: str
    test: str


def _lines(name: str) -> Iterator[str]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def _way(line: str) -> Way:
    what, test = (part.strip() for part in line.split("|"))
    if what in {"page", "api"}:
        return Way("page" if what == "page" else "api", "", test)
    return Way("api" if what.split(" ")[1].startswith("/v1/") else "page", what, test)


def _steps() -> Iterator[Step]:
    name, ways = "", list[Way]()
    for line in _lines("steps.txt"):
        if line.startswith(" "):
            ways.append(_way(line))
        else:
            if name:
                yield Step(name, tuple(ways))
            name, ways = line.strip(), []
    yield Step(name, tuple(ways))


def _refusals() -> Iterator[Refusal]:
    for line in _lines("refusals.txt"):
        code, test = (part.strip() for part in line.split("|"))
        yield Refusal(code, test)


STEPS = tuple(_steps())
REFUSALS = tuple(_refusals())
