"""Between the signed report and the publicity the ranking is nobody's who must not have it (招标投标法 44).

Every page and every call of the interface that anybody may ask is asked, as visitor, bidder and another tenderer.
"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import msgspec
import pytest_asyncio
from httpx import AsyncClient, Response
from litestar.routes import HTTPRoute
from sqlalchemy import text

from experts.evaluation import reads
from experts.evaluation.printing import print_report
from experts.proof.documents import Report
from portal.embedded.cluster import DatabaseUrls
from portal.evidence.gathering import published_evaluation
from tests.factories import bidding as make
from tests.factories.evaluation_room import WORKER, Room
from tests.factories.parties import make_actor
from tests.factories.whole_site import WholeSite
from trading.awards import reads as awards
from trading.awards import service as award_service
from trading.awards.rules import propose
from trading.kernel.clock import platform_now
from trading.kernel.settings import ObjectsSettings
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.records import reads as records

OF_THE_OPENING = ("/evidence", "/box")
"""What shows how the bids were opened; in this room they were laid open without trustees."""
MARKS = {0: (2013, 1207), 1: (2309, 1311), 2: (1801, 1499)}


class Evaluated:
    """A lot whose report every member has signed, with the site and what must stay inside."""

    def __init__(self, room: Room, site: WholeSite, report: Report, project_id: UUID) -> None:
        self.room, self.site, self.report = room, site, report
        self.known = {"{lot_id:uuid}": str(room.lot_id), "{project_id:uuid}": str(project_id)}
        self.totals = {line.total or 0 for line in report.lines}
        means = {item.mean for line in report.lines for item in line.items}
        marks = "|".join(rf"{mark // 100}\.{mark % 100:02d}" for mark in self.totals | means)
        # A mark is no second of a time of day (`:20.750Z`).
        self.shown = re.compile(rf"(?<![\d:.])(?:{marks})(?!\d)|{report.salt}")

    def paths(self) -> Iterator[str]:
        """Every address to ask that needs no more than the lot to be known."""
        for route in self.site.app.routes:
            assert isinstance(route, HTTPRoute)
            if "GET" in route.methods and not route.path.endswith(("/events", "/live")):
                path = route.path
                for name, value in self.known.items():
                    path = path.replace(name, value)
                if "{" not in path:
                    yield path

    def betrayed_by(self, answer: Response) -> set[object]:
        """Marks, totals and the report's salt wherever they stand; in data totals as integers too."""
        found: set[object] = set(self.shown.findall(answer.text))
        if "json" in answer.headers.get("content-type", ""):
            found |= self.totals & set(numbers(msgspec.json.decode(answer.content)))
        return found


def numbers(value: Any) -> Iterator[int]:
    """Every integer in it but sizes of files, which may be anything."""
    if isinstance(value, dict):
        value = [item for name, item in value.items() if name != "size"]
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


@pytest_asyncio.fixture
async def evaluated(room: Room, urls: DatabaseUrls, object_settings: ObjectsSettings) -> AsyncIterator[Evaluated]:
    site = WholeSite(urls, object_settings, room.objects)
    await room.reviewed()
    for seat in range(1, 6):
        await room.hand_in(seat, "score", room.scores(MARKS))
    for seat in range(1, 6):
        await room.sign(seat)
    async with site.database.transaction() as session:
        await print_report(
            session, WORKER, lot_id=room.lot_id, objects=room.objects, keys=make.KEYS, base_url="http://platform.local"
        )
        report = (await reads.report_view(session, room.official, room.lot_id)).body
        project_id = (await projects.lot(session, room.lot_id)).project_id
    yield Evaluated(room, site, report, project_id)
    await site.close()


async def strangers(case: Evaluated) -> dict[str, AsyncClient]:
    async with case.site.database.transaction() as session:
        ranked = (await awards.outcome(session, case.room.lot_id)).bidders[0]
        own = await parties.organisation_by_uscc(session, ranked.uscc)
        assert own is not None
        bidder = await make_actor(session, "bidder", org=own)
        tenderer = await make_actor(session, "tenderer")
        expert = await make_actor(session, "expert")
    return {
        "visitor": case.site.client(),
        "bidder": await case.site.as_(bidder),
        "tenderer": await case.site.as_(tenderer),
        "expert": await case.site.as_(expert),
    }


async def test_nothing_tells_the_ranking_before_the_publicity_and_everything_does_after(evaluated: Evaluated) -> None:
    room, site = evaluated.room, evaluated.site
    assert await room.state() == "evaluated"
    base, clients = f"/v1/lots/{room.lot_id}", await strangers(evaluated)
    paths = list(evaluated.paths())
    assert {f"{base}/result", f"{base}/evaluation/report", f"{base}/evidence", "/notices"} <= set(paths)
    async with site.database.transaction() as session:
        filed = await records.records_of(session, f"lot:{room.lot_id}", (reads.PDF_RECORD, reads.JSON_RECORD))
    assert len(filed) == 2
    secret = [f"/records/{record.id}" for record in filed]
    for who, client in clients.items():
        for path in (*paths, *secret):
            answer = await client.get(path, headers={"accept": "application/json" if "/v1/" in path else "text/html"})
            assert answer.status_code < 500 or path.endswith(OF_THE_OPENING), (who, path, answer.text[:500])
            assert evaluated.betrayed_by(answer) == set(), (who, path)
        for path in (f"{base}/result", f"{base}/evaluation", f"{base}/evaluation/document", *secret):
            assert (await client.get(path)).status_code in {401, 403, 404}, (who, path)

    async with site.database.transaction() as session:
        assert await published_evaluation(session, room.lot_id) is None
        entries = list(await session.scalars(text("SELECT convert_from(body, 'UTF8') FROM journal_entries")))
        streams = list(await session.scalars(text("SELECT data::text FROM live_events")))
    for told in (*entries, *streams):
        assert evaluated.shown.search(told) is None, told
        assert not evaluated.totals & set(numbers(msgspec.json.decode(told))), told

    async with site.database.transaction() as session:
        lot = await projects.lot(session, room.lot_id)
        profile = await awards.rules_of(session, lot)
        calendar, today = await projects.calendar(session), local_day(await platform_now(session))
        plan = propose(profile, calendar, today)
        await award_service.plan_publicity(session, room.tenderer, lot_id=room.lot_id, plan=plan)
    assert await room.state() == "publicised"
    result = (await clients["visitor"].get(f"{base}/result")).json()
    assert [bid["total_hundredths"] for bid in result["bidders"]] == sorted(evaluated.totals, reverse=True)
    [begun] = [entry for entry in await room.journal() if entry["action"] == "lot:publicity:begun"]
    assert [item["rank"] for item in begun["payload"]["candidates"]] == [1, 2, 3]
    async with site.database.transaction() as session:
        assert await published_evaluation(session, room.lot_id) is not None
