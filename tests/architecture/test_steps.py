"""Every step and every refusal has its test, by page and by API: `tests/journeys/steps.txt` and `refusals.txt`."""

import ast
from functools import cache

import pytest
from litestar import Litestar

from tests.architecture.source import ROOT, import_everything, subclasses
from tests.architecture.test_routes import app, handlers
from tests.journeys.steps import NEVER, OWED, REFUSALS, STEPS
from trading.kernel.errors import TradingError

__all__ = ["app"]

SAFE = {"GET", "HEAD"}
# Tests that are owed; the numbers only shrink. What is owed stands in the two files as `owed`.
MOST_STEPS_OWED = 11
MOST_REFUSALS_OWED = 26


@cache
def functions_of(file: str) -> frozenset[str]:
    """The test functions of a file."""
    path = ROOT / "tests" / file
    if not path.is_file():
        return frozenset()
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in found if isinstance(node, kinds) and node.name.startswith("test_"))


@cache
def refusals() -> dict[str, set[str]]:
    """Code → the names of its classes."""
    import_everything()
    found: dict[str, set[str]] = {}
    errors: set[type[TradingError]] = {TradingError, *subclasses(TradingError)}
    for error in errors:
        found.setdefault(error.code, set()).add(error.__name__)
    return found


def missing(tests: set[str]) -> list[str]:
    """Which of these tests there are not."""
    return sorted(test for test in tests if test.split("::")[-1] not in functions_of(test.split("::")[0]))


def test_whatever_changes_something_is_a_step(app: Litestar) -> None:
    there = set()
    for where, handler in handlers(app):
        methods, path = where.split(" ")
        plain = "/".join(part.split(":")[0] + "}" if part.startswith("{") else part for part in path.split("/"))
        there |= {f"{method} {plain}" for method in handler.http_methods - SAFE} if methods else set()
    named = [way.route for step in STEPS for way in step.ways if way.route]
    edit = "edit tests/journeys/steps.txt (its head says how)"
    assert sorted(there - set(named)) == [], f"routes that belong to no step: {edit}"
    assert sorted(set(named) - there) == [], f"steps over routes there are not: {edit}"
    assert len(named) == len(set(named)), f"a route that belongs to two steps: {edit}"


def test_each_step_is_taken_by_page_and_by_api_or_says_why_not() -> None:
    one_way = [step.name for step in STEPS if {way.by for way in step.ways} != {"page", "api"}]
    assert one_way == [], "name the page or the API, or say `page | none: why`, in tests/journeys/steps.txt"
    named = {way.test for step in STEPS for way in step.ways if way.test != OWED}
    silent = [way for step in STEPS for way in step.ways if way.test.startswith(NEVER) and len(way.test) < 15]
    assert silent == []
    gone = missing({test for test in named if not test.startswith(NEVER)})
    assert gone == [], "no such tests: edit tests/journeys/steps.txt"


def test_every_refusal_is_seen_by_a_test() -> None:
    there, edit = refusals(), "edit tests/journeys/refusals.txt (its head says how)"
    named = {refusal.code: refusal.test for refusal in REFUSALS}
    assert sorted(set(there) - set(named)) == [], f"refusals nobody has listed: {edit}"
    assert sorted(set(named) - set(there)) == [], f"refusals there are not: {edit}"
    proved = {code: test for code, test in named.items() if test != OWED and not test.startswith(NEVER)}
    assert missing(set(proved.values())) == [], f"no such tests: {edit}"
    unseen = []
    for code, test in proved.items():
        text = (ROOT / "tests" / test.split("::")[0]).read_text(encoding="utf-8")
        if code not in text and not any(name in text for name in there[code]):
            unseen.append(f"{code}: {test}")
    assert unseen == [], f"the test's file names neither code nor class: {edit}"


@pytest.mark.parametrize(
    ("owed", "most"),
    [
        ([f"{step.name}: {way}" for step in STEPS for way in step.owed()], MOST_STEPS_OWED),
        ([refusal.code for refusal in REFUSALS if refusal.test == OWED], MOST_REFUSALS_OWED),
    ],
    ids=["steps", "refusals"],
)
def test_what_is_owed_only_shrinks(owed: list[str], most: int) -> None:
    assert len(owed) <= most, f"a test is missing; {len(owed)} are owed:\n" + "\n".join(owed)
