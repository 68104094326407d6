"""A drawn committee from recusal to report: one member works for a bidder, another stays away in the middle of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx import AsyncClient, Response
from msgspec.structs import replace
from sqlalchemy import text

from bidding.reads import announcement, verified
from experts import reads as committees
from experts.errors import DrawOver, SecondPersonNeeded
from experts.evaluation import reads, services
from experts.evaluation.errors import EvaluationUnknown, NoCommittee, StageOver, TooLateToReplace
from experts.reads import draw_document
from experts.services.cancelling import cancel_draw
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from portal.evidence.layout import KEYS_FORMAT, PlatformKeys
from portal.verify.announced import Announced
from portal.verify.draws import check_draws
from portal.verify.evaluation import check_evaluation
from portal.verify.folder import Folder
from portal.verify.journal import Journal
from portal.verify.report import Report
from tests.factories import bidding as make
from tests.factories.draw_stage import PERSONAL
from tests.factories.drawn_room import DrawnRoom, drawn_room
from tests.factories.memory_log import MemoryLog
from tests.factories.parties import PASSWORD
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.canonical import canonical
from trading.kernel.clock import system_now
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings
from trading.parties.services import authority_certificate

MARKS = {0: (2013, 1207), 1: (2309, 1311), 2: (1801, 1499)}
WHY = "上午十点离场，电话无人接听，见证人在场核实。"


@pytest_asyncio.fixture
async def drawn(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
) -> AsyncIterator[tuple[DrawnRoom, WholeSite]]:
    with new_database() as urls:
        install(urls.owner_dsn)
        site = WholeSite(urls, object_settings, objects)
        yield await drawn_room(site.database, objects), site
        await site.close()


def code(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def examined(case: DrawnRoom, folder: Path, *, without: str = "") -> set[str]:
    """What `trading verify` says of draw and evaluation, the journal as it is but for one action; no witness here."""
    room = case.room
    async with room.database.transaction() as session:
        entries = list(await session.scalars(text("SELECT body FROM journal_entries ORDER BY at, id")))
        documents = {
            "draw/1.json": await draw_document(session, case.draw_id),
            "evaluation.json": await reads.evaluation_document(session, room.lot_id),
        }
        told = verified((await announcement(session, f"lot:{room.lot_id}")).file)
        keys = PlatformKeys(KEYS_FORMAT, make.KEYS.public_keys(), await authority_certificate(session, make.KEYS.ca))
    for path, document in documents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(canonical(msgspec.to_builtins(document)))
    kept = [bytes(body) for body in entries if not without or without.encode() not in bytes(body)]
    journal = Journal(kept, MemoryLog(key=Ed25519PrivateKey.generate()).trust)
    report = Report()
    check_draws(Folder(folder), f"lot:{room.lot_id}", journal, report)
    check_evaluation(Folder(folder), Announced((told,)), journal, rows=None, keys=keys, report=report)
    return set(report.failures)


async def test_one_is_tied_to_a_bidder_another_stays_away_and_the_order_goes_on(
    drawn: tuple[DrawnRoom, WholeSite], tmp_path: Path
) -> None:
    case, site = drawn
    room, lot_id = case.room, case.room.lot_id

    # Recusal: nobody knew before the opening; after it the tied member is out, and the next in the order comes.
    before = {call.version_id for call in await case.stage.calls(case.draw_id, "accepted")}
    assert case.tied in before
    assert await case.look_for_ties()
    [recused] = await case.stage.calls(case.draw_id, "recused")
    assert (recused.version_id, recused.recusal) == (case.tied, "employer")
    with pytest.raises(NoCommittee):
        async with room.database.transaction() as session:
            await services.begin_evaluation(session, room.official, lot_id=lot_id, committee=None)
    assert (await case.fill()).state == "complete"
    await case.unlock()
    seated = await case.seated()
    assert [member.seat for member in seated] == [1, 2, 3, 4, 5]
    assert case.tied not in {member.version_id for member in seated}
    assert len(before & {member.version_id for member in seated}) == 4

    # Evaluation: three of five reject the last bid, two members have scored the others.
    await case.enter()
    async with room.database.transaction() as session:
        committee = await committees.committee_of(session, lot_id)
        await services.begin_evaluation(session, room.official, lot_id=lot_id, committee=committee)
    await room.accept()
    for seat in range(1, 6):
        await room.hand_in(seat, "review", room.review(*((3,) if seat <= 3 else ())))
    for seat in (1, 2):
        await room.hand_in(seat, "score", room.scores(MARKS))

    # The third is gone: declared by one, confirmed by another.
    base = f"/v1/lots/{lot_id}/evaluation"
    official, second = await site.as_(room.official), await site.as_(case.stage.second)
    supervisor = await site.as_(room.supervisor)
    told = {"seat": 3, "code": "absent", "reason": WHY}
    for client in (supervisor, await site.as_(room.tenderer), await site.as_(room.members[0]), site.client()):
        assert (await client.post(f"{base}/absences", json=told)).status_code in {401, 403}
    assert code(await official.post(f"{base}/absences", json=told | {"seat": 9})) == (409, "draws.seat_empty")
    assert code(await official.post(f"{base}/seats", json={})) == (409, "evaluation.no_replacement")
    first = await declared(official, base, told)
    assert code(await official.post(f"{base}/absences", json=told)) == (409, "draws.absence_decided")
    assert (await decide(second, base, first, "reject")).status_code == 200
    assert code(await decide(second, base, first, "reject")) == (409, "draws.absence_decided")
    again = await declared(official, base, told)
    assert code(await decide(official, base, again, "confirm"))[1] == "parties.session_needed"
    own = replace(room.official, step_up_at=system_now())
    with pytest.raises(SecondPersonNeeded):
        async with room.database.transaction() as session:
            await services.confirm_absence(session, own, lot_id=lot_id, absence_id=UUID(again), personal=PERSONAL)
    here = f"/lots/{lot_id}/evaluation/absence"
    async with Browser(site.app) as other:
        login = room.logins[5]
        await other.sign_in(login.login, totp=totp_now(login.totp_secret or ""), password=PASSWORD)
        page = await other.get(here)
        assert "评委3号" in page.text
        assert WHY in page.text
        done = await other.submit(f"{here}/{again}", decision="confirm")
        assert (done.status_code, done.headers["location"]) == (303, here)
        assert "1 个席位空缺" in (await other.get(here)).text
        assert (await other.get(f"{here}/{again}")).status_code == 404  # decided: nothing to ask any more
    shown = (await official.get(f"{base}/absences")).json()
    assert ([chair["seat"] for chair in shown["seats"]], shown["empty"]) == ([1, 2, 4, 5], 1)
    assert (await official.get(base)).json()["stage"] == "seated"

    # His sheets count no more, nobody sees another's until the new member has reviewed, and he himself is out.
    absent = room.members[2]
    async with room.database.transaction() as session:
        assert await committees.committee_of(session, lot_id) is None
        assert await reads.colleagues(session, room.members[0], lot_id, "review") == ()
        assert (await reads.progress(session, room.members[0], lot_id)).reviewed == 4
        with pytest.raises(EvaluationUnknown):
            await reads.desk(session, absent, lot_id)
        with pytest.raises(DrawOver):
            await cancel_draw(session, room.official, draw_id=case.draw_id, reason="换一批")
    with pytest.raises(StageOver):
        await room.write(4, "score", room.scores(MARKS))

    # The next in the order accepts, the witness unlocks again, the official seats him.
    assert (await case.fill()).state == "complete"
    await case.unlock()
    assert [member.seat for member in await case.seated()] == [1, 2, 4, 5, 6]
    assert (await official.get(f"{base}/absences")).json()["replacement_ready"]
    seatless = await official.post(f"{base}/seats", json={})
    assert (seatless.status_code, seatless.json()["empty"]) == (200, 0)
    await case.enter()
    assert code(await official.post(f"{base}/seats", json={})) == (409, "evaluation.no_replacement")
    async with room.database.transaction() as session:
        await services.accept_discipline(session, room.members[5], lot_id=lot_id)
        assert await reads.colleagues(session, room.members[5], lot_id, "review") == ()
    await room.hand_in(6, "review", room.review())

    # Two against three now: the last bid stands, so what two had scored without it is void, and all score again.
    async with room.database.transaction() as session:
        desk = await reads.desk(session, room.members[0], lot_id)
        assert [item.valid for item in desk.decided] == [True] * 4
        assert (await reads.progress(session, room.members[0], lot_id)).scored == 0
        assert desk.me.submitted == ("review",)
    for seat in (1, 2, 4, 5, 6):
        await room.hand_in(seat, "score", room.scores(MARKS | {3: (2107, 1103)}))
    async with room.database.transaction() as session:
        report = (await reads.report_view(session, room.members[5], lot_id)).body
    assert (len(report.sheets), sorted(line.rank or 0 for line in report.lines)) == (10, [1, 2, 3, 4])
    voided = [entry["payload"]["sheets"] for entry in await room.journal() if entry["action"].endswith("sheets:voided")]
    assert [len(sheets) for sheets in voided] == [1, 2]
    assert not {sheet for sheets in voided for sheet in sheets} & set(report.sheets)
    with pytest.raises(TooLateToReplace):
        async with room.database.transaction() as session:
            await services.declare_absence(session, room.official, lot_id=lot_id, seat=6, code="absent", reason=WHY)
    for seat in (1, 2, 4, 5, 6):
        await room.sign(seat)
    assert await room.state() == "evaluated"

    # Everything as `trading verify` has it; only witness and trustees are missing here. What is left out is named.
    unwitnessed = {"draw.unwitnessed", "evaluation.unwitnessed", "draw.recusal"}
    assert await examined(case, tmp_path / "true") == unwitnessed
    for action, named in (
        ("draw:absence:declared", "draw.absence"),
        ("draw:committee:unlocked", "draw.absence"),
        ("evaluation:sheets:voided", "evaluation.sheets"),
        ("draw:member:replaced", "evaluation.voided"),
    ):
        assert named in await examined(case, tmp_path / action.replace(":", "-"), without=action), action
    whole = str(await room.journal())
    assert WHY not in whole


async def declared(client: AsyncClient, base: str, told: dict[str, Any]) -> str:
    answer = await client.post(f"{base}/absences", json=told)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def decide(client: AsyncClient, base: str, absence: str, decision: str) -> Response:
    return await client.post(f"{base}/absences/{absence}/decision", json={"decision": decision})
