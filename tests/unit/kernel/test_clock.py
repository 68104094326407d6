"""The one form of an instant."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.clock import parse_rfc3339, rfc3339

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS)
def test_an_instant_reads_back_to_the_millisecond(instant: datetime) -> None:
    back = parse_rfc3339(rfc3339(instant))
    assert timedelta() <= instant - back < timedelta(milliseconds=1)
    assert rfc3339(back) == rfc3339(instant)


def test_it_is_utc_whatever_the_zone() -> None:
    beijing = datetime(2026, 11, 23, 16, 0, tzinfo=timezone(timedelta(hours=8)))
    assert rfc3339(beijing) == "2026-11-23T08:00:00.000Z"


@pytest.mark.parametrize(
    "text", ["2026-11-23T08:00:00Z", "2026-11-23T08:00:00.000+08:00", "2026-11-23 08:00:00.000Z", ""]
)
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rfc3339(text)
