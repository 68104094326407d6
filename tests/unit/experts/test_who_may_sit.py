"""Exclusions before opening, recusal after it, the committee's size: against an oracle that thinks differently."""

import inspect
import random

import pytest

from experts import rules
from experts.rules import Party, committee_problem, exclusion, tied
from tests.factories.experts import code_of, record

NAMES = [f"单位{letter}" for letter in "甲乙丙丁戊己庚辛"]
CODES = [code_of(f"91350100MA00{number:05d}") for number in range(len(NAMES))]


def brute_force(graph: dict[str, set[str]], bidders: set[str]) -> set[str]:
    """Who is joined to a bidder by any edge, by walking the edges."""
    return {person for person, units in graph.items() for unit in units if unit in bidders}


@pytest.mark.parametrize("seed", range(200))
def test_r32_recusal_equals_a_brute_force_oracle(seed: int) -> None:
    chance = random.Random(seed)
    units = list(range(len(NAMES)))
    bidders = set(chance.sample(units, chance.randrange(0, 5)))
    graph: dict[str, set[str]] = {}
    recused = set()
    parties = [Party(NAMES[unit] if chance.random() < 0.5 else f" {NAMES[unit]}（）", CODES[unit]) for unit in bidders]
    for number in range(30):
        employer = chance.choice(units)
        avoid = set(chance.sample(units, chance.randrange(0, 3)))
        expert = record(
            number,
            employer=NAMES[employer],
            employer_uscc=CODES[employer],
            avoid=tuple(NAMES[unit] if chance.random() < 0.5 else CODES[unit].lower() for unit in sorted(avoid)),
        )
        graph[expert.number] = {NAMES[unit] for unit in {employer, *avoid}}
        if tied(expert, parties):
            recused.add(expert.number)
    assert recused == brute_force(graph, {NAMES[unit] for unit in bidders})


def test_names_are_compared_as_people_write_them() -> None:
    bidder = Party("江源建设（集团）有限公司", "")
    assert tied(record(employer="江源建设(集团) 有限公司", employer_uscc=CODES[0]), [bidder]) == "employer"
    assert tied(record(employer="江源建设有限公司", employer_uscc=CODES[0]), [bidder]) is None


def test_an_empty_name_ties_nobody() -> None:
    assert tied(record(employer="", employer_uscc="", avoid=("",)), [Party("", "")]) is None


def test_r68_no_rule_before_opening_can_be_told_of_a_bidder() -> None:
    known = set(inspect.signature(exclusion).parameters)
    assert known == {"record", "specialty", "regions", "apart", "absent", "engaged"}
    assert "bidder" not in inspect.getsource(exclusion).replace("never a bidder", "")


def test_each_reason_has_its_code() -> None:
    def code(**changes: object) -> str | None:
        facts: dict[str, object] = {"specialty": "A08", "regions": (), "apart": (), "absent": {}, "engaged": ()}
        return exclusion(record(1), **(facts | changes))  # type: ignore[arg-type]

    owner = Party(record(1).employer, "")
    assert code() is None
    assert code(specialty="A06") == "specialty"
    assert code(regions=("350200",)) == "region"
    assert code(regions=("350100",)) is None
    assert code(absent={"E000001": "leave"}) == "leave"
    assert code(absent={"E000001": "suspended"}) == "suspended"
    assert code(apart=[owner]) == "employer"
    assert code(engaged={"E000001"}) == "engaged"
    assert set(rules.EXCLUSIONS) == {"specialty", "region", "leave", "suspended", "employer", "avoid", "engaged"}


@pytest.mark.parametrize(("seats", "experts", "least"), [(5, 4, 4), (7, 5, 5), (9, 6, 6)])
def test_a_lawful_committee(seats: int, experts: int, least: int) -> None:
    assert committee_problem(seats, experts) is None
    assert committee_problem(seats, least - 1) == "draws.committee_experts"


@pytest.mark.parametrize("seats", [1, 3, 4, 6, 8])
def test_an_even_or_small_committee_is_none(seats: int) -> None:
    assert committee_problem(seats, seats) == "draws.committee_size"
