"""An opened lot whose committee was really drawn, one drawn expert working for one of the bidders."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text

from experts.models import CommitteeMember, Draw
from experts.services import after_opening, snapshots
from experts.services.calling import kept_of
from experts.services.unlocking import unlock
from experts.store import seated_members
from tests.factories import bidding as make
from tests.factories.draw_stage import PERSONAL, WORKER, DrawStage, Telephones, import_rows
from tests.factories.evaluation_room import Room, opened_room
from tests.factories.experts import code_of, row, sheet
from tests.factories.parties import make_actor
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.parties import reads as parties

PRICES = (40_000_000_00, 42_000_000_00, 44_000_000_00, 43_000_000_00)
EXPERTS = 40


@dataclass
class DrawnRoom:
    """The room, its draw's stage, and who of the panel works for the first bidder."""

    room: Room
    stage: DrawStage
    draw_id: UUID
    tied: UUID
    """Of the roster's versions."""

    async def look_for_ties(self) -> bool:
        async with self.stage.session() as session:
            return await after_opening.look_for_ties(session, WORKER, lot_id=self.room.lot_id, personal=PERSONAL)

    async def fill(self) -> Draw:
        """Whoever is called accepts."""
        await self.stage.send_calls(self.draw_id)
        await self.stage.all_accept(self.draw_id)
        return await self.stage.draw(self.draw_id)

    async def unlock(self) -> None:
        witness = msgspec.structs.replace(self.stage.witnesses[0], step_up_at=system_now())
        async with self.stage.session() as session:
            await unlock(session, witness, draw_id=self.draw_id, personal=PERSONAL)

    async def seated(self) -> list[CommitteeMember]:
        async with self.stage.session() as session:
            return await seated_members(session, self.draw_id)

    async def enter(self) -> None:
        """Whoever sits in the committee is a member of the room, at the place of the seat."""
        found = {member.seat: member for member in await self.seated()}
        async with self.stage.session() as session:
            for seat in range(len(self.room.members) + 1, max(found) + 1):
                self.room.members.append(await _actor(session, found[seat]))


async def drawn_room(database: Database, objects: ObjectStore) -> DrawnRoom:
    """Opened and minuted; the panel had accepted before anybody could know who bids."""
    kept: list[tuple[DrawStage, UUID, UUID]] = []

    async def draw(lot: make.OpenLot, supervisor: Actor) -> Mapping[int, tuple[str, str]]:
        async with database.transaction() as session:
            centre = await parties.organisation(session, lot.official.org_id)  # type: ignore[arg-type]
            second = await make_actor(session, "official", org=centre)
            notary = await parties.organisation(session, lot.trustees[2].actor.org_id)  # type: ignore[arg-type]
            first_witness = await make_actor(session, "witness", org=notary)
            second_witness = await make_actor(session, "witness", org=notary)
        rows = [
            row(
                n,
                specialties="A08" if n % 2 else "A06",
                employer=f"第{n}工程咨询有限公司",
                employer_uscc=code_of(f"91350100MA{n:07d}"),
            )
            for n in range(1, EXPERTS + 1)
        ]
        await import_rows(database, lot.official, second, sheet(*rows))
        async with database.transaction() as session:
            await snapshots.journal_root(session, WORKER)
            days = timedelta(days=8) // timedelta(milliseconds=1)
            await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": days})
        # Keys of a trustee are for one box; this is another.
        trustees = [make.Seated(held.actor, make.Hands(x)) for x, held in enumerate(lot.trustees, 1)]
        at_draw = make.Lot(lot.id, lot.project_id, lot.official, lot.tenderer, trustees)
        witnesses = (first_witness, second_witness)
        stage = DrawStage(database, objects, at_draw, second, supervisor, witnesses, Telephones())
        drawn = await stage.until_computed()
        await stage.all_accept(drawn.id)
        seated = (await stage.calls(drawn.id, "accepted"))[0]
        async with stage.session() as session:
            record = (await kept_of(session, seated.version_id, PERSONAL)).record
        kept.append((stage, drawn.id, seated.version_id))
        return {0: (record.employer, record.employer_uscc)}

    room = await opened_room(database, objects, PRICES, before_closing=draw)
    stage, draw_id, tied = kept[0]
    return DrawnRoom(replace(room, members=[], keys={}, certificates={}), stage, draw_id, tied)


async def _actor(session: object, member: CommitteeMember) -> Actor:
    held = await parties.membership(session, member.membership_id)  # type: ignore[arg-type]
    return Actor(
        name=held.person_name,
        person_id=held.person_id,
        account_id=member.account_id,
        membership_id=held.id,
        org_id=held.org_id,
        org_name=held.org_name,
        roles=frozenset(held.roles),
        session_id=member.account_id,
        step_up_at=system_now(),
    )
