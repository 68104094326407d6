"""R68 as a property: whoever bids, the same experts are eligible, and the same root is announced."""

from hypothesis import given
from hypothesis import strategies as st

from experts import draw
from experts.rules import Party, exclusion, tied
from tests.factories.draws import pinned
from tests.factories.experts import code_of, record

NAMES = [f"单位{letter}" for letter in "甲乙丙丁戊己庚辛"]
CODES = [code_of(f"91350100MA00{number:05d}") for number in range(len(NAMES))]
APART = [Party(NAMES[0], CODES[0]), Party(NAMES[1], "")]
UNITS = st.integers(0, len(NAMES) - 1)


def eligible_root(employers: list[int], avoided: list[int]) -> bytes:
    """The list of an expert roster whose experts work for and keep away from these."""
    kept = []
    for number, (employer, avoid) in enumerate(zip(employers, avoided, strict=True)):
        found = record(number, employer=NAMES[employer], employer_uscc=CODES[employer], avoid=(CODES[avoid],))
        code = exclusion(found, specialty="A08", regions=(), apart=APART, absent={}, engaged=())
        if code is None:
            kept.append(draw.roster_leaf(pinned(str(number)), {"number": number}))
    return draw.eligible_root(kept)


@given(st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=20), st.sets(st.integers(2, len(NAMES) - 1)))
def test_r68_the_eligible_list_is_the_same_whoever_bids(experts: list[tuple[int, int]], bidders: set[int]) -> None:
    """Moving everyone who is tied to a bidder over to an organisation that does not bid changes nothing."""
    free = next(iter(set(range(2, len(NAMES))) - bidders), None)
    employers, avoided = [employer for employer, _ in experts], [avoid for _, avoid in experts]
    if free is None:
        return
    moved = [free if employer in bidders else employer for employer in employers]
    kept_away = [free if avoid in bidders else avoid for avoid in avoided]
    assert eligible_root(employers, avoided) == eligible_root(moved, kept_away)


def test_after_the_opening_the_same_expert_is_recused() -> None:
    """The fact is the same; only the time at which it may be asked differs."""
    found = record(1, employer=NAMES[5], employer_uscc=CODES[5])
    assert exclusion(found, specialty="A08", regions=(), apart=APART, absent={}, engaged=()) is None
    assert tied(found, [Party(NAMES[5], CODES[5])]) == "employer"
