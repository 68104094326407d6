"""Money in fen: typed, shown, and in the capital figures of legal documents (大写)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.money import BadAmount, chinese_capital, format_yuan, parse_yuan

FEN = st.integers(min_value=0, max_value=10**16 - 1)


@given(FEN)
def test_what_is_shown_reads_back_to_the_fen(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("0", 0),
        ("1234.5", 123450),
        ("1,234.50", 123450),
        (" ¥1，234.05 ", 123405),
        ("￥0.01", 1),
        ("99999999999999.99", 9_999_999_999_999_999),
    ],
)
def test_amounts_as_people_type_them(typed: str, fen: int) -> None:
    assert parse_yuan(typed) == fen


@pytest.mark.parametrize(
    "typed", ["", "-1", "1.234", "1e3", "1.", ".5", "NaN", "٣", "1 2", "0x10", "100000000000000", "1\n2"]
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(BadAmount):
        parse_yuan(typed)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (5_05, "伍元零伍分"),
        (5_50, "伍元伍角整"),
        (123_450, "壹仟贰佰叁拾肆元伍角整"),
        (1_000_00, "壹仟元整"),
        (1_001_00, "壹仟零壹元整"),
        (10_000_00, "壹万元整"),
        (10_001_00, "壹万零壹元整"),
        (10_100_00, "壹万零壹佰元整"),
        (11_000_00, "壹万壹仟元整"),
        (100_000_00, "壹拾万元整"),
        (1_000_100_00, "壹佰万零壹佰元整"),
        (100_000_000_00, "壹亿元整"),
        (100_000_001_00, "壹亿零壹元整"),
        (100_010_000_00, "壹亿零壹万元整"),
        (128_845_000_00, "壹亿贰仟捌佰捌拾肆万伍仟元整"),
        (1_000_000_000_000_00, "壹万亿元整"),
        (1_000_100_000_000_00, "壹万零壹亿元整"),
        (12_345_678_901_234_56, "壹拾贰万叁仟肆佰伍拾陆亿柒仟捌佰玖拾万壹仟贰佰叁拾肆元伍角陆分"),
        (-5_00, "负伍元整"),
    ],
)
def test_capital_figures(fen: int, words: str) -> None:
    assert chinese_capital(fen) == words


@given(FEN)
def test_capital_figures_say_the_amount_again(fen: int) -> None:
    """Read back by another road: every digit with its unit, zeros aside."""
    assert spoken(chinese_capital(fen)) == fen


@given(FEN)
def test_capital_figures_have_no_zero_twice_and_none_before_a_unit(fen: int) -> None:
    words = chinese_capital(fen)
    assert "零零" not in words
    assert words == "零元整" or not any(f"零{unit}" in words for unit in "万亿元角整")


def spoken(words: str) -> int:
    """The amount a reader understands."""
    digits = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
    units = {"拾": 10, "佰": 100, "仟": 1000}
    total = section = digit = 0
    for sign in words.removesuffix("整"):
        if sign in digits:
            digit = digits[sign]
        elif sign in units:
            section, digit = section + digit * units[sign], 0
        elif sign == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        elif sign == "亿":
            total, section, digit = (total + section + digit) * 100_000_000, 0, 0
        elif sign == "元":
            total, section, digit = (total + section + digit) * 100, 0, 0
        else:
            total, digit = total + digit * (10 if sign == "角" else 1), 0
    return total
