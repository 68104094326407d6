"""A bank's file is read whole or not at all; a number has its check digit; a commitment opens to one line only."""

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.funds.errors import StatementTooLong, StatementUnreadable
from trading.funds.numbers import LENGTH, new_number, plain, plausible
from trading.funds.proof import commitment
from trading.funds.statement import COLUMNS, MOST_LINES, read_statement
from trading.kernel.errors import Invalid

NOW = dt.datetime(2026, 12, 1, 1, 30, tzinfo=dt.UTC)
HEADER = ",".join(COLUMNS)


def row(**cells: str) -> str:
    given_ = {
        "time": "2026-12-01 09:00:00",
        "amount": "800000.00",
        "payer_name": "甲公司",
        "payer_account": "6222",
        "sub_account": "1",
        "reference": "R",
        **cells,
    }
    return ",".join(given_[name] for name in COLUMNS)


def read(*rows: str) -> tuple[object, ...]:
    return read_statement("\n".join([HEADER, *rows]).encode(), NOW)


def test_a_time_without_a_zone_is_beijings() -> None:
    zoned, bare = (
        read_statement(f"{HEADER}\n{row(time=time)}".encode(), NOW)[0].paid_at
        for time in ("2026-12-01T01:00:00.000Z", "2026/12/01 09:00:00")
    )
    assert zoned == bare == dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("amount", ["0", "-1", "1.005", "1e5", "", "٣", "=1", "１００"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(row(amount=amount))
    assert list(refused.value.fields) == ["rows.2.amount"]


@pytest.mark.parametrize("time", ["", "2026-12-01", "yesterday", "2026-13-01 09:00:00", "2026-12-01 09:40:00"])
def test_what_is_no_time_or_still_to_come_is_refused(time: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(row(time=time))
    assert list(refused.value.fields) == ["rows.2.time"]


def test_the_same_line_twice_is_one() -> None:
    assert len(read(row(), row(), "")) == 1


def test_no_column_more_than_a_bank_knows() -> None:
    for header in (f"{HEADER},lot", "time,amount", HEADER.replace("time", "amount")):
        with pytest.raises(StatementUnreadable):
            read_statement(header.encode(), NOW)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(StatementTooLong):
        read(*[row(reference=str(n)) for n in range(MOST_LINES + 1)])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    with contextlib.suppress(Invalid, StatementUnreadable):
        assert all(line.amount_fen > 0 for line in read_statement(f"{HEADER}\n".encode() + data, NOW))


def test_numbers_are_long_random_and_checked() -> None:
    drawn = {new_number() for _ in range(500)}
    assert len(drawn) == 500
    for number in drawn:
        assert len(number) == LENGTH
        assert plausible(number)
    number = drawn.pop()
    for at in range(LENGTH):
        slip = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        assert not plausible(slip)
    assert plain(" ".join(number[at : at + 4] for at in range(0, LENGTH, 4))) == number


def test_a_commitment_is_of_one_line() -> None:
    one, two = (read_statement(f"{HEADER}\n{row(amount=amount)}".encode(), NOW)[0].facts() for amount in ("1", "2"))
    salt = bytes(32)
    assert commitment(salt, one) != commitment(salt, two)
    assert commitment(salt, one) != commitment(bytes([1]) * 32, one)


def test_full_width_digits_are_the_same_number() -> None:
    """Else a line that names a sub-account would lie in suspense, for the clerk to read who pays."""
    number = new_number()
    wide = "".join(chr(ord(char) - ord("0") + ord("０")) for char in number)
    assert plain(f"{wide[:4]} {wide[4:]}") == number
