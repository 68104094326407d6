"""An opened lot with its committee at the door: bids at the prices a test wants, five members with their own keys."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.closing import close_box
from bidding.opening.recording import make_record
from bidding.opening.state import opening
from bidding.sealing.signatures import public_raw
from experts.evaluation import drafting, services
from experts.evaluation.forms import BidScores, ChoiceForm, GivenScore, ReviewForm, ScoreForm, Sheet, Verdict
from experts.evaluation.services.signing import report_of
from experts.proof.documents import member_message
from experts.types import Committee, Member
from tests.factories import bidding as make
from tests.factories.parties import actor_for, make_actor, make_member, make_organisation
from tests.factories.projects import LOT, add_document, make_official, make_project
from trading.kernel.clock import platform_now, system_now
from trading.kernel.db import Database
from trading.kernel.identity import Actor, system_actor
from trading.kernel.ids import new_id
from trading.kernel.objects import ObjectStore
from trading.parties import reads as parties
from trading.parties.certificates import possession_message
from trading.parties.services import issue_certificate
from trading.parties.types import Enrolled
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.forms import LotDraft

WORKER = system_actor("worker")
PAPER = b"%PDF-1.7\n% technical\n%%EOF\n"
_SETTLED = text(
    "INSERT INTO settlements (subject_kind, subject_id, phase, digest, file, settled_at, entry_id) "
    "VALUES ('lot', :lot, :phase, repeat('ab', 32), ''::bytea, :at, :entry)"
)
_REVEALED = text(
    "INSERT INTO reveals (subject_kind, subject_id, phase, valid, revealed_at, entry_id) "
    "VALUES ('lot', :lot, :phase, 3, :at, :entry)"
)
_PART = text(
    "INSERT INTO opened_parts (subject_kind, subject_id, phase, position, env, part, code, facts, files) VALUES "
    "('lot', :lot, :phase, :position, :env, :part, :code, CAST(:facts AS jsonb), CAST(:files AS jsonb))"
)


@dataclass
class Room:
    """The lot, its people, and the keys of its members by seat."""

    database: Database
    objects: ObjectStore
    lot_id: UUID
    official: Actor
    tenderer: Actor
    supervisor: Actor
    members: list[Actor]
    envs: list[str]
    logins: list[Enrolled]
    """Of the members by seat, and after them of the official and the tenderer."""
    keys: dict[int, Ed25519PrivateKey] = field(default_factory=dict)
    certificates: dict[int, str] = field(default_factory=dict)

    def committee(self, count: int = 5) -> Committee:
        seats = [
            Member(seat, f"评委{seat}", "A08", actor.person_id, actor.account_id, actor.membership_id)  # type: ignore[arg-type]
            for seat, actor in enumerate(self.members[:count], 1)
        ]
        return Committee(new_id(), self.lot_id, system_now(), tuple(seats))

    async def begin(self) -> None:
        async with self.database.transaction() as session:
            await services.begin_evaluation(session, self.official, lot_id=self.lot_id, committee=self.committee())

    async def accept(self) -> None:
        async with self.database.transaction() as session:
            for member in self.members:
                await services.accept_discipline(session, member, lot_id=self.lot_id)

    async def write(self, seat: int, kind: str, sheet: Sheet) -> None:
        async with self.database.transaction() as session:
            await drafting.save_draft(session, self.members[seat - 1], lot_id=self.lot_id, kind=kind, sheet=sheet)

    async def submit(self, seat: int, kind: str) -> None:
        async with self.database.transaction() as session:
            await services.submit_sheet(session, self.members[seat - 1], lot_id=self.lot_id, kind=kind)

    async def hand_in(self, seat: int, kind: str, sheet: Sheet) -> None:
        await self.write(seat, kind, sheet)
        await self.submit(seat, kind)

    def review(self, *rejected: int, reason: str = "无资质证书", ground: str = "unqualified") -> ReviewForm:
        """Every bid passes but these, counted from 0."""
        return ReviewForm(
            tuple(
                Verdict(env, "reject", (ground,), reason) if at in rejected else Verdict(env, "pass")
                for at, env in enumerate(self.envs)
            )
        )

    def scores(self, marks: Mapping[int, Sequence[int]]) -> ScoreForm:
        """Hundredths by bid (counted from 0) and item."""
        return ScoreForm(
            tuple(
                BidScores(self.envs[at], tuple(GivenScore(f"item-{n}", score) for n, score in enumerate(given, 1)))
                for at, given in marks.items()
            )
        )

    async def reviewed(self, *rejected: int) -> None:
        """Up to where every review is in."""
        await self.begin()
        await self.accept()
        for seat in range(1, 6):
            await self.hand_in(seat, "review", self.review(*rejected))

    async def chosen(self, *against: int) -> None:
        """These seats reject all, the others go on."""
        for seat in range(1, 6):
            choice = "reject_all" if seat in against else "continue"
            await self.hand_in(seat, "choice", ChoiceForm(choice, "已说明"))  # type: ignore[arg-type]

    async def certify(self, session: AsyncSession, seat: int) -> None:
        """A key made by the member, certified under the pseudonym."""
        member, key = self.members[seat - 1], Ed25519PrivateKey.generate()
        public = public_raw(key)
        proof = key.sign(possession_message(str(member.membership_id), public))
        made = await issue_certificate(session, member, public_key=public, possession=proof, ca=make.KEYS.ca)
        self.keys[seat], self.certificates[seat] = key, made.fingerprint

    async def sign(self, seat: int, dissent: str | None = None) -> None:
        async with self.database.transaction() as session:
            if seat not in self.keys:
                await self.certify(session, seat)
            digest = (await report_of(session, self.lot_id)).digest
            await services.sign_report(
                session,
                self.members[seat - 1],
                lot_id=self.lot_id,
                fingerprint=self.certificates[seat],
                signature=self.keys[seat].sign(member_message(digest, dissent)).hex(),
                dissent=dissent,
            )

    async def state(self) -> str:
        async with self.database.transaction() as session:
            return (await projects.lot(session, self.lot_id)).state

    async def journal(self) -> list[dict[str, Any]]:
        """Every entry about the lot, in order."""
        async with self.database.transaction() as session:
            rows = await session.execute(
                text("SELECT body FROM journal_entries WHERE subject = :subject ORDER BY id"),
                {"subject": f"lot:{self.lot_id}"},
            )
            return [json.loads(row.body) for row in rows]


async def _lot(session: AsyncSession, objects: ObjectStore, lot: LotDraft) -> make.Lot:
    official = await make_official(session)
    tenderer = await make_actor(session, "tenderer")
    project, _ = await make_project(session, tenderer, lots=(lot,))
    await add_document(session, objects, tenderer, project)
    opened = project.lots[0]
    await project_service.advance_lot(session, official, lot_id=opened.id, verb="publish")
    trustees = []
    for x, kind in enumerate(("", "authority", "notary"), 1):
        if kind:
            org = await make_organisation(session, kind=kind)
        else:
            org = await parties.organisation(session, project.tenderer_org_id)
        trustees.append(make.Seated(await make_actor(session, "trustee", org=org), make.Hands(x)))
    return make.Lot(opened.id, project.id, official, tenderer, trustees)


async def _members(session: AsyncSession) -> tuple[list[Actor], list[Enrolled]]:
    centre = await make_organisation(session, kind="institution")
    found, logins = [], []
    for seat in range(1, 6):
        member = await make_member(session, "expert", org=centre, person=f"专家E{seat:04d}")
        found.append(replace(await actor_for(session, member), step_up_at=system_now()))
        logins.append(member)
    return found, logins


async def opened_room(
    database: Database,
    objects: ObjectStore,
    prices: Sequence[int | None],
    *,
    deposit_fen: int = 0,
    before_closing: Callable[[make.OpenLot, Actor], Awaitable[Mapping[int, tuple[str, str]]]] | None = None,
    **change: Any,
) -> Room:
    """A lot opened with bids at these prices (None: its price part could not be opened).

    `before_closing` plays while bids are taken and names bidders by their bids' places; the opening is minuted then.
    """
    draft = msgspec.structs.replace(LOT, deposit_fen=deposit_fen, **change)
    async with database.transaction() as session:
        lot = await make.announce(session, objects, await _lot(session, objects, draft), journal=make.JOURNAL)
        for _ in prices:
            await make.submit(session, objects, lot, lot.bid())
        supervisor = await make_actor(session, "supervisor")
        members, logins = await _members(session)
        for role, actor in (("official", lot.official), ("tenderer", lot.tenderer)):
            assert actor.org_id is not None
            logins.append(await make_member(session, role, org=await parties.organisation(session, actor.org_id)))
    named_bidders = await before_closing(lot, supervisor) if before_closing else {}
    async with database.transaction() as session:
        ahead = lot.world.announcement.deadline - await platform_now(session) + timedelta(seconds=1)
        milliseconds = ahead // timedelta(milliseconds=1)
        await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": milliseconds})
    paper = await objects.put(PAPER, "application/pdf")
    async with database.transaction() as session:
        await close_box(session, WORKER, subject=lot.subject, objects=objects)
        found, now = await opening(session, lot.subject), await platform_now(session)
        for phase in (1, 2):
            row = {"lot": lot.id, "phase": phase, "at": now, "entry": new_id()}
            await session.execute(_SETTLED, row)
            await session.execute(_REVEALED, row)
        envs = []
        for position, (envelope, price) in enumerate(zip(found.box.envelopes, prices, strict=True)):
            envs.append(envelope.env)
            bidder = await make_organisation(session)
            name, uscc = named_bidders.get(position, (bidder.name, bidder.uscc))
            named = {"organisation": name, "uscc": uscc}
            told = {"price_fen": price, "duration_days": 300, "quality": "合格", "manager": "王工"}
            file = {"name": f"施工组织设计{position}.pdf", "size": len(PAPER), "sha256": paper}
            parts = (
                (1, "identity", None, named, []),
                (
                    2,
                    "price",
                    None if price is not None else "sealing.object.root",
                    told if price is not None else {},
                    [],
                ),
                (2, "technical", None, {}, [file]),
            )
            for phase, part, code, facts, files in parts:
                shown = {"phase": phase, "position": position, "env": envelope.env, "part": part, "code": code}
                stored = {"facts": json.dumps(facts), "files": json.dumps(files)}
                await session.execute(_PART, {"lot": lot.id, **shown, **stored})
        await project_service.advance_lot(session, WORKER, lot_id=lot.id, verb="finish_opening")
        if before_closing:
            await make_record(session, WORKER, lot_id=lot.id, objections=(), keys=make.KEYS)
    return Room(database, objects, lot.id, lot.official, lot.tenderer, supervisor, members, envs, logins)
