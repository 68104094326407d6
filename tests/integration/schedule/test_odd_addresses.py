"""Times no calendar has, in addresses anybody may type: refused or passed over, never an incident."""

import pytest

from tests.factories.schedule import make_lot
from tests.integration.projects.conftest import Enter, Platform
from tests.integration.projects.test_api import program

LONG = "9" * 5000


@pytest.mark.parametrize(
    "address",
    [
        "/v1/bookings?since=9999-12-31T23:00:00Z",
        "/v1/bookings?until=0001-01-01T00:00:00Z",
        "/v1/bookings?since=0001-01-01T00:00:00%2B14:00&until=0001-01-02T00:00:00%2B14:00",
        f"/schedule?week={LONG}-W1",
        f"/schedule?week=2026-W{LONG}",
        "/v1/calendar/0",
        "/v1/calendar/99999",
        "/v1/profiles/construction/proposal?notice_on=9999-12-31",
        "/v1/profiles/construction/proposal?notice_on=0001-01-01",
        "/calendar?year=-5&day=x",
    ],
)
async def test_a_visitors_odd_time(enter: Enter, address: str) -> None:
    answer = await (await enter()).get(address)
    assert answer.status_code < 500, answer.text


async def test_an_officials_odd_time(platform: Platform, enter: Enter) -> None:
    caller = await program(await enter("official"))
    async with platform.database.transaction() as session:
        lot, _ = await make_lot(session)
    for time in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:00-14:00", "9999-12-31T23:59:00Z"):
        for address in (f"/v1/lots/{lot.id}/room-proposal?purpose=evaluation&starts_at={time}",):
            answer = await caller.get(address)
            assert answer.status_code < 500, (address, answer.text)
        page = await (await enter("official")).get(f"/lots/{lot.id}/rooms/evaluation?starts_at={time}&minutes={LONG}")
        assert page.status_code < 500, page.text
