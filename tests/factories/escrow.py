"""A draw's escrow with its keys announced: no lot's state, table or record behind it, one part, nobody named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import reads
from bidding.sealing.announcement import verify_announcement
from bidding.sealing.objects import Source
from bidding.sealing.sealer import Sealer
from bidding.services import ceremony, publishing
from bidding.subjects import DRAW, Subject
from bidding.terms import Terms
from bidding.trustee.kinds import ESCROW
from tests.factories import bidding as make
from tests.factories.sealing import Hands, Sealed, World
from trading.kernel.clock import platform_now
from trading.kernel.ids import new_id
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import JournalSettings

FILE = "commitment.json"


def seal_number(
    world: World, number: bytes = b"", *, key: Ed25519PrivateKey | None = None, prev: str | None = None
) -> Sealed:
    """A party's number, sealed as the party's program does it."""
    submission, out = key or Ed25519PrivateKey.generate(), BytesIO()
    sealer = Sealer(world.announcement, key=submission, prev=prev)
    sealer.add(ESCROW[0].id, [Source.of_bytes(FILE, number or os.urandom(32))], out)
    return Sealed(sealer.finish(), {ESCROW[0].id: out.getvalue()}, submission)


@dataclass
class OpenEscrow(make.OpenLot):
    """A box of the kind `draw`."""

    @property
    def subject(self) -> str:
        return str(Subject(DRAW, self.id))

    def seal(self, number: bytes = b"", **how: object) -> Sealed:
        return seal_number(self.world, number, **how)  # type: ignore[arg-type]


def terms(lot: make.Lot, deadline: datetime) -> Terms:
    """As `experts` asks for it."""
    return Terms(
        deadline=deadline,
        parts=ESCROW,
        min_envelopes=1,
        documents="ab" * 32,
        profile="cd" * 32,
        title="抽取评标专家",
        allowed_seats={"tenderer": lot.tenderer.org_id or UUID(int=0)},
    )


async def open_escrow(
    session: AsyncSession,
    objects: ObjectStore,
    lot: make.Lot,
    *,
    lasts: timedelta = timedelta(hours=1),
    journal: JournalSettings = make.JOURNAL,
) -> OpenEscrow:
    """The whole ceremony for a draw, by the trustees of a lot, with keys for this draw alone."""
    fresh = [make.Seated(seated.actor, Hands(seated.hands.x)) for seated in lot.trustees]
    for seated in fresh:
        seated.hands.keys = {1: seated.hands.keys[1]}
    base = make.Lot(new_id(), lot.project_id, lot.official, lot.tenderer, fresh)
    unsealed = World([seated.hands for seated in fresh], Ed25519PrivateKey.generate(), None)  # type: ignore[arg-type]
    escrow = OpenEscrow(**vars(base), world=unsealed)
    begun = await ceremony.start_ceremony(
        session,
        lot.official,
        subject=escrow.subject,
        terms=terms(lot, await platform_now(session) + lasts),
        seats=escrow.seats(),
        t=2,
        journal_settings=journal,
        keys=make.KEYS,
    )
    for seated in fresh:
        await make.bring_keys(session, escrow, begun, seated)
    for seated in fresh:
        await make.sign(session, begun, seated)
    await publishing.publish(session, lot.official, ceremony_id=begun.id, objects=objects)
    unsealed.announcement = verify_announcement((await reads.announcement(session, escrow.subject)).file)
    return escrow
