"""R40: what is another organisation's is not there, or not for you; asked one by one, and nothing changes by asking.

A role that passes the permit (`roles.txt`) still meets the owner's question behind it. Each line names the owner, who
is answered, and strangers, most of them with the owner's own role. A new route with an owner gets a line here.
"""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest_asyncio

from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories.awards import set_award_stage
from tests.factories.evaluation_room import PAPER, opened_room
from tests.factories.notices import TEXTS
from tests.factories.whole_site import WholeSite
from tests.integration.bidding.conftest import box, set_lot
from tests.integration.bidding.hall import Hall, hall
from tests.integration.portal.asking import ask, kept
from tests.integration.portal.others_things import WORDS, World, signed_in, strangers
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings

__all__ = ["box", "hall", "set_lot"]

DONE = ""  # the owner has ended it by the line before
SIDE = ("other tenderer", "other agency")
BIDDERS = ("winner", "outsider", "other bidder")
EVERYBODY = ("nobody", "other tenderer", "other agency", "other bidder", "other expert", "other finance", "winner")
FILE = {"name": "合同.pdf", "media_type": "application/pdf", "data": base64.b64encode(b"%PDF-1.7").decode()}
PLAN = {"starts_on": "2020-01-01", "ends_on": "2020-01-07"}
AWARD = {"rank": 1, "reasons": WORDS}
CONTRACT = {"file": FILE, "amount_fen": 100, "signed_on": "2026-12-01"}
ANSWER = {"outcome": "dismissed", "text": WORDS}
ANNUL = {"ground": "gave_up", "reason": WORDS}
DATES = {"notice_on": "2027-03-01", "issue_from": "2027-03-01", "issue_to": "2027-03-08"}
DATES |= {"deadline_at": "2027-04-01T01:00:00.000Z"}
FORM = {"_then": "draft", "name": "换了名字"}  # of a page that reads nothing but forms
TEXT = {name: getattr(TEXTS, name) for name in TEXTS.__struct_fields__}


@dataclass(frozen=True)
class Line:
    """The owner is answered; each stranger is told that it is not there (404) or not his (403)."""

    owner: str
    strangers: tuple[str, ...]
    asked: str
    body: dict[str, Any] | None = None


def lines(owner: str, strangers: tuple[str, ...], *asked: str, body: dict[str, Any] | None = None) -> list[Line]:
    return [Line(owner, strangers, item, body) for item in asked]


def both(owner: str, strangers: tuple[str, ...], method: str, path: str, body: dict[str, Any]) -> list[Line]:
    """By page and by API, with the same words."""
    return lines(owner, strangers, f"{method} /{path}", f"{method} /v1/{path}", body=body)


UNPUBLISHED = [
    *lines("tenderer", EVERYBODY, "GET /projects/{draft}", "GET /v1/projects/{draft}"),
    *lines("tenderer", EVERYBODY, "GET /projects/{project}", "GET /v1/projects/{project}", "GET /records/{document}"),
    *lines("tenderer", EVERYBODY, "GET /lots/{planned}", "GET /v1/lots/{planned}", "GET /projects/{project}/notices"),
    *lines("tenderer", EVERYBODY, "GET /notices/{notice}", "GET /v1/notices/{notice}"),
    *lines("tenderer", SIDE, "GET /projects/{draft}/edit", "GET /projects/{draft}/discard"),
    *lines("tenderer", SIDE, "GET /projects/{draft}/register", "GET /projects/{project}/timetable"),
    *lines("tenderer", SIDE, "GET /projects/{project}/notices/new"),
    *lines("tenderer", SIDE, "PATCH /v1/projects/{draft}", body={"name": "换了名字"}),
    *lines("tenderer", SIDE, "POST /projects/{draft}/edit", body=FORM),
    *both("tenderer", SIDE, "POST", "projects/{project}/timetable", DATES),
    *both("tenderer", SIDE, "POST", "projects/{project}/documents", {"file": FILE}),
    *lines("tenderer", SIDE, "POST /projects/{project}/notices/new", "POST /v1/projects/{project}/notices", body=TEXT),
    *both("tenderer", SIDE, "POST", "projects/{draft}/register", {}),
    *lines("tenderer", SIDE, "POST /projects/{draft}/discard", body={}),
    *lines(DONE, SIDE, "DELETE /v1/projects/{draft}"),
]
OWN = [
    *lines("loser", ("winner", "tenderer"), "GET /me/certificates/{certificate}/file"),
    *lines("loser", ("winner", "tenderer"), "GET /invitations/{invitation}/revoke"),
    *lines("loser", ("winner", "tenderer"), "POST /me/tokens/{token}/end", body={}),
    *lines(DONE, ("winner", "tenderer"), "DELETE /v1/tokens/{token}"),
    *both("loser", ("winner", "tenderer"), "POST", "invitations/{invitation}/revoke", {}),
    *lines("loser", ("winner", "tenderer"), "POST /me/certificates/{certificate}/revoke", body={}),
    *lines("loser", ("winner", "tenderer"), "DELETE /v1/certificates/{certificate}", body={}),
]
SECRET_RESULT = [
    *lines("tenderer", EVERYBODY, "GET /lots/{lot}/result", "GET /v1/lots/{lot}/result"),
    *lines("tenderer", SIDE, "GET /lots/{lot}/result/publicity"),
    *both("tenderer", SIDE, "POST", "lots/{lot}/result/publicity", PLAN),
]
OBJECTED = [
    *lines("loser", BIDDERS, "GET /v1/lots/{lot}/result/objections/{objection}/receipt"),
    *lines("loser", BIDDERS, "GET /lots/{lot}/result/objections/{objection}/withdraw"),
    *lines("tenderer", SIDE, "GET /lots/{lot}/result/objections/{objection}/answer"),
    *both("tenderer", SIDE, "POST", "lots/{lot}/result/objections/{objection}/answer", ANSWER),
    *both("loser", BIDDERS, "POST", "lots/{lot}/result/objections/{objection}/withdraw", {}),
    *lines("tenderer", ("other tenderer",), "GET /lots/{lot}/result/award"),
    *both("tenderer", ("other tenderer",), "POST", "lots/{lot}/result/award", AWARD),
    *both("tenderer", ("other tenderer",), "POST", "lots/{lot}/result/contract", CONTRACT),
    *both("tenderer", SIDE, "POST", "lots/{lot}/result/publicity", PLAN),
]
AWARDED = [
    *lines("winner", (*EVERYBODY[:-1], "loser", "outsider"), "GET /letters/{letter}", "GET /letters/{letter}/file"),
    *lines("winner", (*EVERYBODY[:-1], "loser", "outsider"), "GET /v1/letters/{letter}"),
    *lines("tenderer", ("other tenderer",), "GET /lots/{lot}/result/contract", "GET /lots/{lot}/result/award/annul"),
    *lines("tenderer", SIDE, "GET /lots/{lot}/result/report"),
    *lines("winner", ("loser", "outsider", "other bidder"), "GET /lots/{lot}/result/contract/answer"),
    *both("tenderer", SIDE, "POST", "lots/{lot}/result/report", {"remarks": "无"}),
    *both("tenderer", ("other tenderer",), "POST", "lots/{lot}/result/contract", CONTRACT),
    *both(
        "winner",
        ("loser", "outsider"),
        "POST",
        "lots/{lot}/result/contract/{contract}/answer",
        {"outcome": "confirmed"},
    ),
    *both("tenderer", ("other tenderer",), "POST", "lots/{lot}/result/award/annul", ANNUL),
]
STRANGERS_TOLD = {
    *("projects.unknown", "projects.lot_unknown", "records.unknown", "notices.unknown", "parties.token_unknown"),
    *("parties.certificate_unknown", "parties.invitation_unknown", "awards.unknown", "awards.letter_unknown"),
    *("awards.not_your_lot", "awards.not_the_tenderer", "awards.objection_unknown", "awards.contract_unknown"),
}
OWNERS_TOLD = {
    *("records.already_kept", "parties.invitation_over", "awards.publicity_running", "awards.objection_ended"),
    *("awards.already_planned", "awards.not_awarded", "awards.already_reported", "awards.contract_answered"),
    "awards.contract_standing",
}
IN = "lots/{lot}/evaluation"
NO_MEMBERS = ("nobody", "other expert", "other tenderer", "other agency", "other bidder", "other finance")
IN_THE_ROOM = [
    *lines("member", NO_MEMBERS, f"GET /{IN}", f"GET /v1/{IN}", f"GET /{IN}/events"),
    *lines("member", ("other expert",), f"GET /v1/{IN}/desk", f"GET /{IN}/discipline", f"GET /{IN}/sheets/review"),
    *lines("member", ("other expert",), f"GET /v1/{IN}/sheets/review", f"GET /{IN}/sheets/review/submission"),
    *lines("member", ("other expert",), f"GET /{IN}/files/{{env}}/{{paper}}"),
    *lines("member", ("other expert",), f"POST /{IN}/sheets/review", f"POST /{IN}/sheets/review/draft", body={}),
    *lines("member", ("other expert",), f"PUT /v1/{IN}/sheets/review", body={}),
    *both("member", ("other expert",), "POST", f"{IN}/sheets/review/submission", {}),
    *both("member", ("other expert",), "POST", f"{IN}/report", {}),
    *both("member", ("other expert",), "POST", f"{IN}/discipline", {}),
]
AT_THE_OPENING = [
    *lines("a", ("b", "stranger"), "GET /v1/lots/{lot}/objections/{objection}/receipt"),
    *both("a", ("b", "stranger"), "POST", "lots/{lot}/objections/{objection}/withdraw", {}),
    *both("tenderer", ("other",), "POST", "lots/{lot}/objections/{objection}/answer", ANSWER),
]


async def compare(
    site: WholeSite, who: dict[str, dict[str, str]], what: dict[str, Any], table: list[Line]
) -> tuple[set[str], set[str]]:
    """Every stranger first, then that nothing has changed, then each owner; what strangers and owners were told."""
    wrong, strangers_told, owners_told = [], set[str](), set[str]()

    async def told(person: str, line: Line) -> tuple[int, str]:
        method, path = line.asked.format(**what).split(" ")
        headers, body = who[person], b"" if line.body is None else json.dumps(line.body).encode()
        if line.body is FORM:
            headers, body = headers | {"content-type": "application/x-www-form-urlencoded"}, urlencode(FORM).encode()
        answer = await ask(site.app, method, path, headers, body)
        return answer.status, answer.code

    before = kept(site.urls)
    for line in table:
        for stranger in line.strangers:
            status, code = await told(stranger, line)
            strangers_told.add(code)
            if status not in ({401, 404} if stranger == "nobody" else {403, 404}) or code == "web.csrf":
                wrong.append(f"{stranger}: {line.asked}: {status} {code}")
    assert not wrong, "\n".join(wrong)
    assert kept(site.urls) == before
    for line in filter(lambda line: line.owner != DONE, table):
        status, code = await told(line.owner, line)
        owners_told.add(code)
        if status in {401, 403, 404} or status >= 500:
            wrong.append(f"{line.owner}: {line.asked}: {status} {code}")
    assert not wrong, "\n".join(wrong)
    return strangers_told - {""}, owners_told - {""}


@pytest_asyncio.fixture
async def site(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
) -> AsyncIterator[WholeSite]:
    with new_database() as urls:
        install(urls.owner_dsn)
        site = WholeSite(urls, object_settings, objects)
        await site.app.state.hub.start()
        yield site
        await site.app.state.hub.stop()
        await site.close()


async def test_a_tenderers_and_a_bidders_things_are_no_other_organisations(site: WholeSite) -> None:
    world = World(site, await set_award_stage(site))
    await world.settle()
    seen = [await compare(site, world.who, world.what, UNPUBLISHED + OWN)]
    seen.append(await compare(site, world.who, world.what, SECRET_RESULT))
    await world.publicise()
    seen.append(await compare(site, world.who, world.what, OBJECTED))
    await world.award()
    seen.append(await compare(site, world.who, world.what, AWARDED))
    assert set[str]().union(*(strangers for strangers, _ in seen)) >= STRANGERS_TOLD
    assert set[str]().union(*(owners for _, owners in seen)) >= OWNERS_TOLD


async def test_an_evaluation_is_its_members(site: WholeSite) -> None:
    room = await opened_room(site.database, site.resources.objects, (40_000_000_00, 42_000_000_00, 44_000_000_00))
    await room.begin()
    await room.accept()
    async with site.database.transaction() as session:
        people = {"member": room.logins[0], **await strangers(session)}
        who = {"nobody": {}, **{name: await signed_in(session, person) for name, person in people.items()}}
    what = {"lot": room.lot_id, "env": room.envs[0], "paper": sha256(PAPER).hexdigest()}
    await compare(site, who, what, IN_THE_ROOM)


async def test_an_objection_and_a_deposit_are_their_bidders(hall: Hall) -> None:
    deposit = f"{hall.api}/deposit"
    number = (await hall["a"].post(deposit)).json()["number"]
    assert number in (await hall["a"].get(deposit)).text
    for stranger in ("b", "stranger"):
        assert number not in (await hall[stranger].get(deposit)).text
    await hall.close()
    told = await hall.object_("a")
    who = {name: {**client.headers, "content-type": "application/json"} for name, client in hall.clients.items()}
    await compare(hall.site, who, {"lot": hall.box.lot.id, "objection": told["objection"]["id"]}, AT_THE_OPENING)
