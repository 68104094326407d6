"""A state machine allows what its table says and nothing else."""

import pytest

from trading.kernel.errors import WrongState
from trading.kernel.states import Transitions

DOOR = Transitions({("open", "close"): "shut", ("shut", "open"): "open", ("shut", "lock"): "locked"})


def test_what_is_in_the_table_is_done() -> None:
    assert DOOR.advance("open", "close") == "shut"
    assert DOOR.states == {"open", "shut", "locked"}


def test_every_other_pair_is_refused_and_said_so() -> None:
    for state in (*DOOR.states, "gone"):
        for verb in ("open", "close", "lock", "paint"):
            if (state, verb) in DOOR.table:
                assert DOOR.allows(state, verb)
                continue
            assert not DOOR.allows(state, verb)
            with pytest.raises(WrongState) as refused:
                DOOR.advance(state, verb)
            assert refused.value.params == {"state": state, "verb": verb}


def test_a_caller_cannot_change_the_table_behind_it() -> None:
    table = {("open", "close"): "shut"}
    door = Transitions(table)
    table["open", "paint"] = "green"
    assert not door.allows("open", "paint")
