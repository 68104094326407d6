"""Check characters and shapes of codes."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.projects import codes

VECTOR = "A01" + "91350100M000100Y43" + "20240115" + "000001" + "6"
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_the_vector_of_the_rulebook() -> None:
    code = codes.unified_code("A01", "91350100M000100Y43", dt.date(2024, 1, 15), 1)
    assert code == VECTOR
    assert len(code) == 36
    assert codes.is_unified_code(code)
    assert codes.show_unified(code) == "A01-91350100M000100Y43-20240115-000001-6"


@given(place=st.integers(min_value=0, max_value=34), char=st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_noticed(place: int, char: str) -> None:
    wrong = VECTOR[:place] + char + VECTOR[place + 1 :]
    assert codes.is_unified_code(wrong) == (wrong == VECTOR)


@given(place=st.integers(min_value=0, max_value=33))
def test_two_neighbours_exchanged_are_noticed(place: int) -> None:
    wrong = VECTOR[:place] + VECTOR[place + 1] + VECTOR[place] + VECTOR[place + 2 :]
    assert codes.is_unified_code(wrong) == (wrong == VECTOR)


@pytest.mark.parametrize(
    ("code", "good"),
    [("2611-350100-04-01-123456", True), ("2611-350100-04-01-12345X", True), ("2611-35010-04-01-123456", False)],
)
def test_project_code_shape(code: str, good: bool) -> None:
    assert codes.is_project_code(code) is good


def test_regions() -> None:
    assert codes.is_region("350100")
    assert not codes.is_region("990000")
    assert not codes.is_region("35010")
    assert codes.region_name("350100", "zh-CN") == "福建省"
    assert codes.region_name("350100", "en") == "Fujian"
