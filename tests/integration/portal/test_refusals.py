"""What is not there, or cannot be read, is told by its own code: asked of every package over HTTP."""

import json
import uuid
from typing import Any

import msgspec
import pytest
from httpx import ASGITransport, AsyncClient

from bidding.errors import LotNotPublished
from bidding.services import lots
from tests.factories.bidding import JOURNAL, KEYS
from tests.factories.parties import PASSWORD, SETUP, make_actor, make_member
from tests.factories.projects import LOT, make_official, make_project
from tests.factories.site import ORIGIN
from tests.integration.portal.asking import Answered, ask
from tests.integration.portal.others_things import CSRF
from tests.integration.portal.test_roles import House, house
from trading.funds import services as funds
from trading.funds.errors import NoDepositAsked, NotABank
from trading.kernel.identity import ANONYMOUS
from trading.parties import services

__all__ = ["house"]

NO = uuid.UUID(int=(1 << 127) + 9)
TABLE = [
    ("admin", "GET /admin/people/{no}", "parties.person_unknown"),
    ("admin", "GET /admin/accounts/{no}/disable", "parties.account_unknown"),
    ("admin", "GET /admin/memberships/{no}/end", "parties.membership_unknown"),
    ("bidder", "DELETE /v1/tokens/{no}", "parties.token_unknown"),
    ("bidder", "DELETE /v1/certificates/{no}", "parties.certificate_unknown"),
    ("bidder", "GET /v1/letters/{no}", "awards.letter_unknown"),
    ("tenderer", "GET /projects/{no}", "projects.unknown"),
    ("tenderer", "GET /lots/{no}", "projects.lot_unknown"),
    ("", "GET /v1/profiles/no_such_procedure", "projects.profile_unknown"),
    ("", "GET /v1/rooms/{no}", "schedule.room_unknown"),
    ("", "GET /v1/bookings/{no}", "schedule.booking_unknown"),
    ("", "GET /proof/" + "0" * 32, "records.proof_unknown"),
    ("", "GET /records/{no}", "records.unknown"),
    ("", "GET /notices/{no}", "notices.unknown"),
    ("", "GET /v1/draws/{no}", "draws.unknown"),
    ("official", "GET /experts/roster/changes/{no}", "roster.change_unknown"),
    ("official", "GET /v1/archive/packages/{no}", "archive.unknown"),
]
"""Role, request, code."""


async def told(house: House, role: str, asked: str, body: Any = None) -> Answered:
    """The answer to a request with a page's token."""
    cookie = "; ".join(filter(None, [house.keys[role].get("cookie"), f"csrf={CSRF}"]))
    sent = {"cookie": cookie, "x-csrf-token": CSRF, "content-type": "application/json"}
    method, path = asked.format(no=NO).split(" ")
    return await ask(house.app, method, path, sent, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(("role", "asked", "code"), TABLE, ids=[code for _, _, code in TABLE])
async def test_what_is_not_there_is_told_by_its_code(house: House, role: str, asked: str, code: str) -> None:
    answer = await told(house, role, asked)
    assert (answer.status, answer.code) == (404, code)


async def test_the_clock_of_a_demonstration_goes_forward_only(house: House) -> None:
    answer = await told(house, "", "POST /demo/clock", {"to": "2001-01-01T00:00:00.000Z"})
    assert (answer.status, answer.code) == (409, "portal.clock_backwards")


async def test_a_statement_is_a_banks_and_the_ceremony_a_published_lots(house: House) -> None:
    """Behind the permit the service asks again: nobody comes in by another door."""
    async with house.app.state.database.transaction() as session:
        official, finance = await make_official(session), await make_actor(session, "finance")
        tenderer = await make_actor(session, "tenderer")
        free = msgspec.structs.replace(LOT, deposit_fen=0)
        project, _ = await make_project(session, tenderer, lots=(free,), code="2611-350100-04-01-123458")
        lot_id, bidder = project.lots[0].id, await make_actor(session, "bidder")
        with pytest.raises(NotABank):
            await funds.receive_statement(session, finance, data=b"")
        with pytest.raises(NoDepositAsked):
            await funds.draw_sub_account(session, bidder, lot_id=lot_id)
        with pytest.raises(LotNotPublished):
            await lots.start_ceremony(
                session, official, lot_id=lot_id, seats=(), t=2, journal_settings=JOURNAL, keys=KEYS
            )


async def test_a_holder_of_no_standing_membership_makes_no_token(house: House) -> None:
    async with house.app.state.database.transaction() as session:
        gone = await make_member(session, "bidder", login="gone")
        held = await services.sign_in(session, ANONYMOUS, login="gone", password=PASSWORD)
        await services.end_membership(session, SETUP, membership_id=gone.membership_id)
    house.keys["gone"] = {"cookie": f"session={held.token}"}
    answer = await told(house, "gone", "POST /v1/tokens", {"name": "x", "scopes": ["bidder"]})
    assert (answer.status, answer.code) == (409, "parties.membership_needed")


async def test_by_api_one_proves_oneself_switches_makes_and_ends_a_token_and_leaves_everywhere(house: House) -> None:
    async with house.app.state.database.transaction() as session:
        who = await make_member(session, "bidder", login="by-program")
    transport = ASGITransport(house.app)  # type: ignore[arg-type]  # two spellings of the same ASGI types
    async with AsyncClient(transport=transport, base_url=ORIGIN, headers={"origin": ORIGIN}) as client:

        async def send(method: str, path: str, status: int, body: Any = None) -> Any:
            csrf = (await client.get("/v1/session")).json()["csrf"]
            answer = await client.request(method, path, json=body, headers={"x-csrf-token": csrf})
            assert answer.status_code == status, answer.text
            return answer.json() if answer.content else None

        await send("POST", "/v1/session", 201, {"login": "by-program", "password": PASSWORD})
        before = client.cookies["session"]
        refused = await send("POST", "/v1/session/step-up", 401, {"password": "not mine"})
        assert refused["code"] == "parties.sign_in_refused"
        await send("POST", "/v1/session/step-up", 201, {"password": PASSWORD})
        proved = client.cookies["session"]
        await send("PATCH", "/v1/session", 201, {"membership_id": str(who.membership_id)})
        assert len({before, proved, client.cookies["session"]}) == 3
        unknown = await send("PATCH", "/v1/session", 404, {"membership_id": str(NO)})
        assert unknown["code"] == "parties.membership_unknown"
        made = await send("POST", "/v1/tokens", 201, {"name": "program", "scopes": ["bidder"]})
        bearer = {"authorization": f"Bearer {made['secret']}"}
        assert (await ask(house.app, "GET", "/v1/me", bearer)).status == 200
        await send("DELETE", f"/v1/tokens/{made['id']}", 204)
        assert (await ask(house.app, "GET", "/v1/me", bearer)).status == 401
        cookie = {"cookie": f"session={client.cookies['session']}"}
        await send("DELETE", "/v1/sessions", 204)
        assert (await ask(house.app, "GET", "/v1/me", cookie)).status == 401


async def test_by_api_an_official_keeps_the_calendar(house: House) -> None:
    day = {"day": "2031-10-01", "working": False, "name": "国庆节", "until": "2031-10-07"}
    entered = await told(house, "official", "POST /v1/calendar/days", day)
    assert entered.status == 200, entered.body
    assert "2031-10-07" in {item["day"] for item in json.loads(entered.body)["days"]}
    published = await told(house, "official", "POST /v1/calendar/years", {"year": 2031, "source": "国务院办公厅通知"})
    assert json.loads(published.body)["published"], published.body
