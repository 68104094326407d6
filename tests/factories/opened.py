"""A lot whose box is closed and whose table stands, without trustees: what follows a reveal can begin."""

import json

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.state import opening
from tests.factories import bidding as make
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.parties import reads as parties

_SETTLED = text(
    "INSERT INTO settlements (subject_kind, subject_id, phase, digest, file, settled_at, entry_id) "
    "VALUES ('lot', :lot, :phase, repeat('ab', 32), ''::bytea, :at, :entry)"
)
_REVEALED = text(
    "INSERT INTO reveals (subject_kind, subject_id, phase, valid, revealed_at, entry_id) "
    "VALUES ('lot', :lot, :phase, 3, :at, :entry)"
)
_PART = text(
    "INSERT INTO opened_parts (subject_kind, subject_id, phase, position, env, part, code, facts, files) "
    "VALUES ('lot', :lot, :phase, :position, :env, :part, NULL, CAST(:facts AS jsonb), '[]')"
)


async def reveal(session: AsyncSession, lot: make.OpenLot, bidders: list[Actor], references: list[str | None]) -> None:
    """Both phases as if they had been settled and revealed now, each bidder with a price and a deposit reference."""
    found, now = await opening(session, lot.subject), await platform_now(session)
    for phase in (1, 2):
        row = {"lot": lot.id, "phase": phase, "at": now, "entry": new_id()}
        await session.execute(_SETTLED, row)
        await session.execute(_REVEALED, row)
    for position, envelope in enumerate(found.box.envelopes):
        bidder = bidders[position]
        assert bidder.org_id is not None
        own = await parties.organisation(session, bidder.org_id)
        identity = {"organisation": own.name, "uscc": own.uscc, "deposit_reference": references[position]}
        price = {"price_fen": 40_000_000_00 + position, "duration_days": 300, "quality": "合格", "manager": "王工"}
        for phase, part, facts in ((1, "identity", identity), (2, "price", price), (2, "technical", {})):
            shown = {"position": position, "env": envelope.env, "part": part, "facts": json.dumps(facts)}
            await session.execute(_PART, {"lot": lot.id, "phase": phase, **shown})
