"""A draw that really commits, on a database with the demonstration clock: everyone who takes part, and a gateway."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.sealing.announcement import sign_announcement
from bidding.services import ceremony, publishing
from experts.answers import Answer, pin_commitment, sign_answer
from experts.draw import commit_hash
from experts.forms import BeaconForm, PlanDraw, QuotaForm
from experts.models import Draw, DrawCall
from experts.services import beacons, calling, committing, drawing, escrow, roster, snapshots
from experts.services.calling import kept_of
from tests.factories import bidding as make
from tests.factories.experts import row, sheet
from tests.factories.parties import make_actor, make_organisation
from trading.kernel.clock import platform_now, rfc3339, system_now
from trading.kernel.db import Database
from trading.kernel.errors import Refused
from trading.kernel.identity import Actor, system_actor
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import GatewaySettings
from trading.parties import reads as parties

PERSONAL = make.KEYS.personal
WORKER = system_actor("worker")
VALUE = "05 11 17 23 28 31 09"


@dataclass
class Telephones:
    """The gateway's part, with its key: rings nobody, signs what the test lets people answer."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def settings(self) -> GatewaySettings:
        return GatewaySettings("http://gateway.test", "token", self.key.public_key().public_bytes_raw().hex())

    async def send_messages(self, messages: list[dict[str, Any]]) -> None:
        self.messages += messages

    async def call(self, call: dict[str, Any]) -> Any:
        return msgspec.convert(self.told.setdefault(call["id"], call), _Window, strict=False)

    def answer(
        self, call_id: str, outcome: str, at: datetime, *, pin: str | None = None, **changes: Any
    ) -> tuple[str, str | None]:
        """The signed file, and the salt of the PIN's commitment."""
        told, salt = self.told[call_id], secrets.token_bytes(32) if outcome == "accepted" else None
        fields = {
            "v": "LBG1",
            "draw": told["draw"],
            "specialty": told["specialty"],
            "position": told["position"],
            "leaf": told["leaf"],
            "call": call_id,
            "outcome": outcome,
            "called_at": told["called_at"],
            "ends_at": told["ends_at"],
            "answered_at": rfc3339(at),
            "reason": "busy" if outcome == "declined" else None,
            "pin": pin_commitment(salt, pin or "") if salt else None,
        }
        return sign_answer(Answer(**(fields | changes)), self.key).decode(), salt.hex() if salt else None


class _Window(msgspec.Struct, frozen=True):
    called_at: str
    ends_at: str


@dataclass
class DrawStage:
    """The people, the lot, the roster, the clock."""

    database: Database
    objects: ObjectStore
    lot: make.Lot
    second: Actor
    supervisor: Actor
    witnesses: tuple[Actor, Actor]
    phones: Telephones
    numbers: dict[str, str] = field(default_factory=dict)

    @property
    def parties(self) -> dict[str, Actor]:
        return {"centre": self.lot.official, "supervisor": self.supervisor, "tenderer": self.lot.tenderer}

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        async with self.database.transaction() as session:
            yield session

    async def now(self) -> datetime:
        async with self.session() as session:
            return await platform_now(session)

    async def move_to(self, instant: datetime) -> None:
        async with self.session() as session:
            ahead = (instant - await platform_now(session)) // timedelta(milliseconds=1) + 1
            await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})

    async def plan(self, **changes: Any) -> PlanDraw:
        begins = await self.now() + timedelta(hours=1)
        fields: dict[str, Any] = {
            "quotas": (QuotaForm("A08", 3, 2), QuotaForm("A06", 2, 1)),
            "commit_until": begins,
            "reveal_until": begins + timedelta(minutes=10),
            "settled_by": begins + timedelta(minutes=20),
            "beacon_at": begins + timedelta(minutes=40),
            "beacons": (BeaconForm("双色球", "2026140"), BeaconForm("大乐透", "26140")),
            "meets_at": begins + timedelta(days=2),
            "place": "评标三室",
            **{name: actor.membership_id for name, actor in self.parties.items()},
        }
        return PlanDraw(**(fields | changes))

    async def propose(self, **changes: Any) -> UUID:
        plan = await self.plan(**changes)
        async with self.session() as session:
            return await drawing.propose_draw(session, self.lot.official, lot_id=self.lot.id, plan=plan)

    async def confirm(self, draw_id: UUID, actor: Actor | None = None) -> Draw:
        async with self.session() as session:
            return await drawing.confirm_draw(
                session,
                msgspec.structs.replace(actor or self.second, step_up_at=system_now()),
                draw_id=draw_id,
                gateway=self.phones.settings,
                personal=PERSONAL,
            )

    async def announce(self, **changes: Any) -> Draw:
        draw = await self.confirm(await self.propose(**changes))
        await self.announce_escrow(draw.id)
        return draw

    async def announce_escrow(self, draw_id: UUID) -> None:
        """The ceremony of three trustees."""
        subject = f"draw:{draw_id}"
        async with self.session() as session:
            begun = await escrow.begin_escrow(
                session,
                self.lot.official,
                draw_id=draw_id,
                seats=self.lot.seats(),
                t=2,
                journal_settings=make.JOURNAL,
                keys=make.KEYS,
            )
            for seated in self.lot.trustees:
                seated.hands.keys = {1: seated.hands.keys[1]}
                card = seated.offer(subject)
                _, challenges = await ceremony.submit_keys(
                    session, seated.actor, ceremony_id=begun.id, offer=card, answers=None
                )
                answers = seated.answers(subject, challenges)
                await ceremony.submit_keys(session, seated.actor, ceremony_id=begun.id, offer=card, answers=answers)
            for seated in self.lot.trustees:
                body = await make.text_to_sign(session, seated.actor, begun.id)
                signature = sign_announcement(body, seated.hands.sign)
                await ceremony.sign(session, seated.actor, ceremony_id=begun.id, x=seated.hands.x, signature=signature)
            await publishing.publish(session, self.lot.official, ceremony_id=begun.id, objects=self.objects)

    async def commit(self, draw: Draw, party: str) -> None:
        number = self.numbers.setdefault(f"{draw.id}/{party}", secrets.token_hex(32))
        digest = commit_hash(bytes.fromhex(draw.ann or ""), party, bytes.fromhex(number)).hex()
        async with self.session() as session:
            await committing.commit(session, self.parties[party], draw_id=draw.id, digest=digest)

    async def reveal(self, draw: Draw, party: str, number: str | None = None) -> Refused | None:
        async with self.session() as session:
            done = await committing.reveal(
                session,
                self.parties[party],
                draw_id=draw.id,
                r=number or self.numbers[f"{draw.id}/{party}"],
            )
        return done if isinstance(done, Refused) else None

    async def type_beacon(self, draw_id: UUID, witness: int, value: str | None = VALUE, beacon: int = 0) -> Any:
        async with self.session() as session:
            return await beacons.type_beacon(
                session, self.witnesses[witness], draw_id=draw_id, beacon=beacon, value=value, personal=PERSONAL
            )

    async def until_computed(self, **changes: Any) -> Draw:
        """Announced, three commitments, two reveals, beacon, order, first calls sent."""
        draw = await self.announce(**changes)
        for party in self.parties:
            await self.commit(draw, party)
        plan = msgspec.convert(draw.plan, PlanDraw)
        await self.move_to(plan.commit_until)
        await self.reveal(draw, "centre")
        await self.reveal(draw, "supervisor")
        await self.move_to(plan.beacon_at)
        await self.type_beacon(draw.id, 0)
        await self.type_beacon(draw.id, 1)
        await self.send_calls(draw.id)
        return draw

    async def calls(self, draw_id: UUID, *states: str) -> list[DrawCall]:
        async with self.session() as session:
            rows = await session.scalars(
                select(DrawCall)
                .where(DrawCall.draw_id == draw_id, DrawCall.state.in_(states or ("sent",)))
                .order_by(DrawCall.specialty, DrawCall.position)
            )
            return list(rows)

    async def send_calls(self, draw_id: UUID) -> None:
        for call in await self.calls(draw_id, "made"):
            async with self.session() as session:
                await calling.send_call(session, WORKER, call_id=call.id, gateway=self.phones, personal=PERSONAL)  # type: ignore[arg-type]

    async def pin_of(self, call: DrawCall) -> str:
        async with self.session() as session:
            return (await kept_of(session, call.version_id, PERSONAL)).pin

    async def take(self, file: str, pin: str | None = None, salt: str | None = None) -> Any:
        async with self.session() as session:
            return await calling.take_answer(session, WORKER, file=file, pin=pin, salt=salt, personal=PERSONAL)

    async def accept(self, call: DrawCall, pin: str | None = None) -> Any:
        given = await self.pin_of(call) if pin is None else pin
        file, salt = self.phones.answer(call.id, "accepted", await self.now(), pin=given)
        return await self.take(file, given, salt)

    async def decline(self, call: DrawCall) -> Any:
        file, _ = self.phones.answer(call.id, "declined", await self.now())
        return await self.take(file)

    async def all_accept(self, draw_id: UUID) -> None:
        while waiting := await self.calls(draw_id):
            for call in waiting:
                assert not isinstance(await self.accept(call), Refused)
            await self.send_calls(draw_id)

    async def draw(self, draw_id: UUID) -> Draw:
        async with self.session() as session:
            return await session.get_one(Draw, draw_id)


async def import_rows(database: Database, first: Actor, second: Actor, data: bytes) -> None:
    async with database.transaction() as session:
        change = await roster.propose_import(session, first, data=data, personal=PERSONAL)
    async with database.transaction() as session:
        await roster.decide(session, second, change_id=change.id, confirm=True, personal=PERSONAL)


async def set_stage(database: Database, objects: ObjectStore, *, experts: int = 40) -> DrawStage:
    """A roster of experts of both specialties, its root eight days old; a lot, and everyone a draw needs."""
    async with database.transaction() as session:
        centre = await make_organisation(session, kind="centre")
        first = await make_actor(session, "official", org=centre)
        second = await make_actor(session, "official", org=centre)
    rows = [row(n, specialties="A08" if n % 2 else "A06") for n in range(1, experts + 1)]
    await import_rows(database, first, second, sheet(*rows))
    async with database.transaction() as session:
        await snapshots.journal_root(session, WORKER)
        await session.execute(text("SELECT demo_move_clock(:ms)"), {"ms": 8 * 86_400_000})
    async with database.transaction() as session:
        lot = await make.make_lot(session, objects)
        lot.official = first
        authority = await parties.organisation(session, lot.trustees[1].actor.org_id or UUID(int=0))
        supervisor = await make_actor(session, "supervisor", org=authority)
        notary = await parties.organisation(session, lot.trustees[2].actor.org_id or UUID(int=0))
        witnesses = (await make_actor(session, "witness", org=notary), await make_actor(session, "witness", org=notary))
    return DrawStage(database, objects, lot, second, supervisor, witnesses, Telephones())
