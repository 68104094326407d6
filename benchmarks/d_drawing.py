"""d: a draw from a million experts beside one scan of the roster with one SHA-256 of every record.

Two moments. Announcing (the filter): every sealed record is opened, judged, and the eligible leaves get their root.
Drawing: leaves and lists are read again, the roots confirmed, the seed mixed, the order made, the first ones named.
"""

import asyncio
import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
from sqlalchemy import text

from benchmarks.measuring import Measured, interleaved_async, median_ratio, medians, timed_async
from benchmarks.report import Goal, Line
from benchmarks.running import Run
from experts.draw import Quota, commit_hash, eligible_root, order, panel, roster_root, seed
from experts.forms import BeaconForm, PlanDraw, QuotaForm
from experts.proof.documents import ELIGIBLE
from experts.roster.sealed import fresh, seal
from experts.services.filtering import codes_for
from experts.store import leaves_of
from tests.factories.bidding import KEYS
from tests.factories.experts import record
from tests.factories.parties import make_member
from tests.factories.projects import make_official, make_project
from trading.kernel.clock import platform_now
from trading.kernel.db import Database
from trading.kernel.ids import new_id
from trading.kernel.objects import ObjectStore
from trading.projects.types import LotView

DRAW = Goal("d", "draw-from-roster", 2.0)
FILTER = Goal("d", "filter-of-roster", 2.0)
SPECIALTY = "A08"
_SCAN = text("SELECT leaf, sealed FROM expert_versions")


def measure(run: Run) -> Iterator[Line]:
    """Both moments beside the same scan."""
    count = run.size(1_000_000, 2_000)
    with run.place.database() as urls, asyncio.Runner() as runner:
        database = Database(urls.app_dsn)
        objects = ObjectStore(run.place.objects())
        try:
            lot, people = runner.run(_lot(database, objects))
            roster = _Roster(database, lot, _fill(urls.owner_dsn, count, people))
            found = runner.run(roster.measure(run.rounds))
        finally:
            runner.run(database.close())
    told = {**medians(found), "experts": count, "eligible": roster.eligible}
    yield Line(DRAW, median_ratio(found, "draw", "scan"), told)
    yield Line(FILTER, median_ratio(found, "filter", "scan"), told)


async def _lot(database: Database, objects: ObjectStore) -> tuple[LotView, tuple[UUID, UUID]]:
    await objects.ensure_bucket()
    async with database.transaction() as session:
        await make_official(session)
        project, _ = await make_project(session)
        pair = [await make_member(session, "official") for _ in range(2)]
        return project.lots[0], (pair[0].person_id, pair[1].person_id)


def _fill(address: str, count: int, people: tuple[UUID, UUID]) -> str:
    """A roster of so many, four in five of the specialty; returns its root."""
    change, versions = new_id(), list[tuple[bytes, UUID]]()
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO roster_changes VALUES (%s, 'import', 'confirmed', '', %s, '{}', %s, now(), %s, now())",
            [change, new_id(), *people],
        )
        cursor.execute("CREATE TEMPORARY TABLE made (expert uuid, number text, version uuid, leaf bytea, sealed bytea)")
        with cursor.copy("COPY made FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["uuid", "text", "uuid", "bytea", "bytea"])
            for number in range(count):
                kept = fresh(record(number, specialties=(SPECIALTY if number % 5 else "A09",)))
                version = new_id()
                sealed = seal(kept, KEYS.personal, version)
                copy.write_row((new_id(), kept.record.number, version, kept.leaf, sealed))
                versions.append((kept.leaf, version))
        cursor.execute(
            "INSERT INTO experts (id, number, person_tag, version_id, enrolled_at) "
            "SELECT expert, number, leaf, version, now() FROM made"
        )
        cursor.execute(
            "INSERT INTO expert_versions (id, expert_id, leaf, sealed, change_id) "
            "SELECT version, expert, leaf, sealed, %s FROM made",
            [change],
        )
        versions.sort()
        root = roster_root(leaf for leaf, _ in versions).hex()
        cursor.execute(
            "INSERT INTO roster_snapshots VALUES (%s, %s, %s, now())", [root, count, [item for _, item in versions]]
        )
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE expert_versions, experts")
    return root


@dataclass
class _Roster:
    database: Database
    lot: LotView
    root: str
    eligible: int = 0

    async def measure(self, rounds: int) -> Measured:
        """The two moments and the scan, in turn."""
        codes = await self._filter()
        self.eligible = codes.count(ELIGIBLE)
        return await interleaved_async(
            {
                "scan": lambda: timed_async(self._scan()),
                "filter": lambda: timed_async(self._filter()),
                "draw": lambda: timed_async(self._draw(codes)),
            },
            rounds,
        )

    async def _scan(self) -> None:
        sha256 = hashlib.sha256
        async with self.database.transaction() as session:
            for row in await session.execute(_SCAN):
                sha256(row.sealed).digest()

    async def _filter(self) -> list[str]:
        async with self.database.transaction() as session:
            leaves = await leaves_of(session, self.root)
            codes = await codes_for(
                session,
                _plan(await platform_now(session)),
                self.lot,
                leaves,
                draw_id=new_id(),
                personal=KEYS.personal,
                now=await platform_now(session),
            )
        found = codes[SPECIALTY]
        eligible_root(leaf for (leaf, _), code in zip(leaves, found, strict=True) if code == ELIGIBLE)
        return found

    async def _draw(self, codes: list[str]) -> None:
        async with self.database.transaction() as session:
            leaves = await leaves_of(session, self.root)
        chosen = [leaf for (leaf, _), code in zip(leaves, codes, strict=True) if code == ELIGIBLE]
        _panel(chosen)


def _panel(chosen: list[bytes]) -> None:
    ann, parties = os.urandom(32), []
    for name in ("centre", "supervisor", "tenderer"):
        r = os.urandom(32)
        parties.append((name, commit_hash(ann, name, r), r))
    mixed = seed(ann, [eligible_root(chosen)], parties, ["03 11 17 22 30 31 07", None])
    orders = {SPECIALTY: order(mixed, SPECIALTY, chosen)}
    first = panel(orders, [Quota(SPECIALTY, 5, 2)], {}, declines=10)
    if len(first.call) != 5:
        raise RuntimeError("the panel was not called")


def _plan(now: dt.datetime) -> PlanDraw:
    later = [now + dt.timedelta(days=day) for day in range(1, 6)]
    return PlanDraw(
        quotas=(QuotaForm(SPECIALTY, 5, 2),),
        commit_until=later[0],
        reveal_until=later[1],
        settled_by=later[2],
        beacon_at=later[3],
        beacons=(BeaconForm("双色球", "2026140"), BeaconForm("双色球", "2026141")),
        centre=UUID(int=1),
        supervisor=UUID(int=2),
        tenderer=UUID(int=3),
        meets_at=later[4],
        place="评标室",
    )
