"""What a benchmark prints and how two sides become one ratio; nothing here asks how long anything takes."""

import json
import re
from pathlib import Path

import click
import pytest

from benchmarks import report
from benchmarks.__main__ import MODULES, wanted
from benchmarks.measuring import in_turn, interleaved, median_ratio, percentile
from benchmarks.report import Goal, Line, machine, markdown, save

LINE = re.compile(r"bench [a-j] [a-z0-9-]+ ratio=[0-9.]+ goal=[≥≤][0-9.]+ (ok|short)")


@pytest.mark.parametrize(
    ("goal", "ratio", "said"),
    [
        (Goal("a", "seal", 1.0, at_least=True), 1.0, "bench a seal ratio=1 goal=≥1 ok"),
        (Goal("a", "seal", 1.0, at_least=True), 0.6666, "bench a seal ratio=0.667 goal=≥1 short"),
        (Goal("d", "draw", 2.0), 2.0, "bench d draw ratio=2 goal=≤2 ok"),
        (Goal("e", "verify-again", 1.5), 12345.6, "bench e verify-again ratio=12346 goal=≤1.5 short"),
    ],
)
def test_a_line_says_its_goal_and_whether_it_is_met(goal: Goal, ratio: float, said: str) -> None:
    line = str(Line(goal, ratio))
    assert line == said
    assert LINE.fullmatch(line)


def test_sides_take_turns_and_the_middle_round_counts() -> None:
    asked: list[str] = []
    given = {"ours": iter([2.0, 90.0, 3.0]), "theirs": iter([1.0, 9.0, 3.0])}

    def side(name: str) -> float:
        asked.append(name)
        return next(given[name])

    found = interleaved({"ours": lambda: side("ours"), "theirs": lambda: side("theirs")}, 3)
    assert asked == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert found == {"ours": [2.0, 90.0, 3.0], "theirs": [1.0, 9.0, 3.0]}
    assert median_ratio(found, "ours", "theirs") == 2.0


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)])
def test_percentiles_are_values_that_were_measured(share: float, expected: int) -> None:
    assert percentile(range(100, 0, -1), share) == expected


def test_orders_turn_round() -> None:
    assert [in_turn(["x", "y"], number) for number in range(3)] == [["x", "y"], ["y", "x"], ["x", "y"]]


def test_letters_name_modules_that_exist() -> None:
    assert wanted("") == list(MODULES)
    assert wanted("b, a") == ["b", "a"]
    with pytest.raises(click.BadParameter):
        wanted("a,z")
    root = Path(report.__file__).parent.parent
    assert all((root / name.replace(".", "/")).with_suffix(".py").exists() for name in MODULES.values())


def test_results_are_kept_for_people_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    facts, line = machine(), Line(Goal("g", "pdf-a-second", 0.9, at_least=True), 0.5, {"cores": 2})
    path = save("run", facts, [line])
    kept = json.loads(path.read_text())
    assert kept["lines"][0]["ratio"] == 0.5
    assert kept["lines"][0]["verdict"] == "short"
    assert kept["machine"]["cores"] >= 1
    assert path.with_suffix(".md").read_text() == markdown(facts, [line])
    assert "| g pdf-a-second | 0.5 | ≥0.9 | short | cores 2 |" in markdown(facts, [line])
