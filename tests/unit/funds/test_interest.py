"""Interest worked by hand: 500 000 元 is 50 000 000 fen; rates in ten-thousandths, a year of 360 days."""

from datetime import date

import pytest

from trading.funds.proof.interest import Rate, interest_fen, stretches
from trading.projects.profile import load_profile

OLD, NEW = Rate(date(2012, 7, 6), 35), Rate(date(2024, 10, 18), 10)
RATES = (NEW, Rate(date(2025, 5, 20), 5), OLD)


@pytest.mark.parametrize(
    ("principal", "starts", "ends", "expected"),
    [
        # 50 000 000 × 0.0035 × 30 ÷ 360 = 14 583.33…
        (50_000_000, date(2023, 4, 1), date(2023, 5, 1), 14_583),
        # A leap year: 28 February to 1 March is two days, 50 000 000 × 0.0035 × 2 ÷ 360 = 972.22…
        (50_000_000, date(2024, 2, 28), date(2024, 3, 1), 972),
        # In another year it is one: 486.11…
        (50_000_000, date(2023, 2, 28), date(2023, 3, 1), 486),
        # Seven days at 0.35 %, then eight at 0.10 %: 3 402.777… + 1 111.111… = 4 513.888…
        (50_000_000, date(2024, 10, 11), date(2024, 10, 26), 4_514),
        # Three rates: 1 day at 0.35 % (486.111…), 214 at 0.10 % (29 722.222…), 2 at 0.05 % (138.888…) = 30 347.222…
        (50_000_000, date(2024, 10, 17), date(2025, 5, 22), 30_347),
        # The day of payment does not count: in and out on one day earns nothing.
        (50_000_000, date(2026, 11, 23), date(2026, 11, 23), 0),
        # Half a fen goes up: 360 × 0.0005 × 1000 ÷ 360 = 0.5.
        (360, date(2026, 1, 1), date(2028, 9, 27), 1),
        # A fen less of principal stays below the half: 0.4986…
        (359, date(2026, 1, 1), date(2028, 9, 27), 0),
        # The demonstration's: 500 000 元 for 70 days at 0.05 % is 48.61 元.
        (50_000_000, date(2026, 11, 24), date(2027, 2, 2), 4_861),
    ],
)
def test_worked_by_hand(principal: int, starts: date, ends: date, expected: int) -> None:
    assert interest_fen(principal, starts, ends, RATES, 360) == expected


def test_the_period_is_cut_where_the_rate_changes() -> None:
    parts = stretches(date(2024, 10, 17), date(2025, 5, 22), RATES)
    assert [(part.days, part.bp) for part in parts] == [(1, 35), (214, 10), (2, 5)]


def test_a_change_on_the_last_day_changes_nothing() -> None:
    assert [part.bp for part in stretches(date(2024, 10, 1), NEW.starts_on, RATES)] == [35]


def test_a_day_without_a_rate_is_no_zero() -> None:
    with pytest.raises(ValueError, match="no rate"):
        interest_fen(1, date(2012, 7, 5), date(2012, 7, 7), RATES, 360)


def test_the_profile_has_every_number_with_its_source() -> None:
    """Numbers that were not read in a statute are marked as such."""
    profile = load_profile("works_open_tender")
    rates = [row for row in profile.parameters if row.key == "interest_rate"]
    assert [row.value for row in sorted(rates, key=lambda row: row.effective_from)] == [35, 25, 20, 15, 10, 5]
    assert {row.flag for row in rates} == {"C"}
    assert {row.unit for row in rates} == {"bp"}
    today = date(2026, 11, 23)
    flags = {
        key: profile.parameter(key, today).flag for key in ("refund_contract", "refund_withdrawn", "interest_days")
    }
    assert flags == {"refund_contract": "V", "refund_withdrawn": "V", "interest_days": "C"}
    assert {ground.id for ground in profile.withholding} == {"revoked", "not_signed", "added_terms", "no_bond"}
