"""Where an envelope or withdrawal may stand among those already taken in."""

import pytest

from bidding.errors import AlreadyWithdrawn, EnvelopeNumberUsed, Fork, KeyUsed, OtherKey, PredecessorUnknown
from bidding.rules import Held, chain_problem

FIRST = Held("d1", "commit", "e1", "k1", None)
SECOND = Held("d2", "commit", "e2", "k1", "d1")
GONE = Held("w1", "withdraw", "e1", "k1", "d1")


@pytest.mark.parametrize(
    ("new", "box"),
    [
        (FIRST, []),
        (SECOND, [FIRST]),
        (GONE, [FIRST]),
        (Held("d3", "commit", "e3", "k1", "d2"), [FIRST, SECOND]),
        (Held("d4", "commit", "e4", "k2", None), [FIRST, GONE]),
    ],
)
def test_it_follows(new: Held, box: list[Held]) -> None:
    assert chain_problem(new, box) is None


@pytest.mark.parametrize(
    ("new", "box", "refusal"),
    [
        (Held("x", "commit", "e1", "k1", "d1"), [FIRST], EnvelopeNumberUsed),
        (Held("x", "commit", "e9", "k1", None), [FIRST], KeyUsed),
        (Held("x", "commit", "e9", "k1", None), [FIRST, GONE], KeyUsed),
        (Held("x", "commit", "e9", "k1", "d9"), [FIRST], PredecessorUnknown),
        (Held("x", "commit", "e9", "k1", "w1"), [FIRST, GONE], PredecessorUnknown),
        (Held("x", "commit", "e9", "k2", "d1"), [FIRST], OtherKey),
        (Held("x", "commit", "e9", "k1", "d1"), [FIRST, SECOND], Fork),
        (Held("x", "withdraw", "e1", "k1", "d1"), [FIRST, SECOND], Fork),
        (Held("x", "commit", "e9", "k1", "d1"), [FIRST, GONE], AlreadyWithdrawn),
        (Held("x", "withdraw", "e1", "k1", "d1"), [FIRST, GONE], AlreadyWithdrawn),
    ],
)
def test_it_does_not(new: Held, box: list[Held], refusal: type[Exception]) -> None:
    assert type(chain_problem(new, box)) is refusal
