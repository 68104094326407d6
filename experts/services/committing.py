"""The parties' randomness: commitments until T0, reveals until T1, the escrow's until T2, nothing after (R69).

A party's number is made on its own machine; here arrive its commitment, later the number itself. What is missing at T2
is empty and hinders nobody.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding import reads as lockbox
from bidding.opening import reads as boxes
from bidding.sealing.framing import format_instant, parse_instant
from bidding.services.uploads import draw_token
from experts import entries
from experts.draw import commit_hash
from experts.errors import (
    AlreadyCommitted,
    AlreadyRevealed,
    CommitTooLate,
    DrawOver,
    EscrowNotReady,
    NotAParty,
    NothingCommitted,
    RevealDiffers,
    RevealTooEarly,
    RevealTooLate,
)
from experts.models import Draw, DrawParty
from experts.proof import facts
from experts.proof.documents import Committed, Missing, Noted, Revealed
from experts.store import announced, locked, parties_of
from trading.kernel import live
from trading.kernel.canonical import CanonicalError, parse_canonical
from trading.kernel.clock import platform_now
from trading.kernel.errors import Refused
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore

PART = "commitment"
FILE = "commitment.json"


async def commit(session: AsyncSession, actor: Actor, *, draw_id: UUID, digest: str) -> DrawParty:
    """A party's commitment; the same again changes nothing, another is refused."""
    draw, mine = await _mine(session, actor, draw_id)
    if mine.commit == digest:
        return mine
    if mine.commit is not None:
        raise AlreadyCommitted
    if await lockbox.announced(session, f"draw:{draw_id}") is None:
        raise EscrowNotReady
    now = await platform_now(session)
    until = parse_instant(announced(draw).commit_until)
    if now > until:
        raise CommitTooLate(until=until)
    nothing = Noted("", "")
    mine.commit, mine.committed_at = digest, now
    mine.commit_entry = await append(
        session,
        actor,
        entries.COMMITTED,
        subject=f"draw:{draw_id}",
        payload=facts.committed(Committed(mine.party, digest, nothing)),
        at=now,
    )
    await session.flush()
    await live.publish(session, f"draw:{draw_id}", "committed", {"party": mine.party})
    return mine


async def reveal(session: AsyncSession, actor: Actor, *, draw_id: UUID, r: str) -> DrawParty | Refused:
    """A party shows its number; a refusal is returned, since it is journalled."""
    draw, mine = await _mine(session, actor, draw_id)
    if mine.reveal == r:
        return mine
    problem = await _reveal_problem(session, draw, mine, r)
    if problem is not None:
        shown = {"party": mine.party, "code": problem.code}
        await append(session, actor, entries.REVEAL_REFUSED, subject=f"draw:{draw_id}", payload=shown)
        return problem
    await _show(session, actor, draw, mine, r=r, source="party")
    return mine


async def escrow_token(session: AsyncSession, actor: Actor, *, draw_id: UUID, secret: str) -> str:
    """An upload token for the escrow's box, for the parties alone."""
    await _mine(session, actor, draw_id)
    return await draw_token(session, subject=f"draw:{draw_id}", secret=secret)


async def take_escrow(session: AsyncSession, actor: Actor, *, draw_id: UUID, objects: ObjectStore) -> int:
    """What the trustees opened: numbers of parties that had not shown theirs; after T2 it changes nothing (R69)."""
    draw = await locked(session, draw_id)
    now = await platform_now(session)
    if draw.announcement is None or draw.settled_at is not None or now > parse_instant(announced(draw).settled_by):
        return 0
    rows = {row.party: row for row in await parties_of(session, draw_id)}
    taken = 0
    for file in await boxes.revealed_files(session, f"draw:{draw_id}"):
        if file.part != PART or file.name != FILE:
            continue
        found = _escrowed(await objects.get(file.sha256), draw.ann or "")
        row = rows.get(found[0]) if found else None
        if found is None or row is None or row.commit is None or row.reveal is not None:
            continue
        if _fits(draw, row, found[1]):
            await _show(session, actor, draw, row, r=found[1], source="escrow")
            taken += 1
    return taken


async def settle_reveals(session: AsyncSession, actor: Actor, *, draw_id: UUID) -> None:
    """T2: the reveal set is fixed and journalled, so that it is witnessed before the beacon."""
    draw = await locked(session, draw_id)
    if draw.state != "announced" or draw.settled_at is not None:
        return
    now = await platform_now(session)
    rows = await parties_of(session, draw_id)
    escrows = await _escrow_state(session, draw_id)
    missing = [
        Missing(row.party, "uncommitted" if row.commit is None else escrows) for row in rows if row.reveal is None
    ]
    shown = [revealed_of(row) for row in rows if row.reveal is not None]
    draw.settled_at, draw.missing = now, [{"party": item.party, "code": item.code} for item in missing]
    draw.settled_entry = await append(
        session,
        actor,
        entries.SETTLED,
        subject=f"draw:{draw_id}",
        payload=facts.settled(shown, missing),
        at=now,
    )
    await session.flush()
    await live.publish(session, f"draw:{draw_id}", "settled", {"shown": len(shown)})


def revealed_of(row: DrawParty) -> Revealed:
    """A party's reveal as the document has it."""
    assert row.reveal is not None
    assert row.revealed_at is not None
    how: Literal["party", "escrow"] = "escrow" if row.source == "escrow" else "party"
    return Revealed(row.party, row.reveal, how, Noted(str(row.reveal_entry), format_instant(row.revealed_at)))


async def _mine(session: AsyncSession, actor: Actor, draw_id: UUID) -> tuple[Draw, DrawParty]:
    draw = await locked(session, draw_id)
    for row in await parties_of(session, draw_id):
        if actor.membership_id is not None and row.membership_id == actor.membership_id:
            if draw.state == "cancelled" or draw.continued:
                raise DrawOver(state=draw.state)
            return draw, row
    raise NotAParty


async def _reveal_problem(session: AsyncSession, draw: Draw, mine: DrawParty, r: str) -> Refused | None:
    announcement = announced(draw)
    now = await platform_now(session)
    if now <= parse_instant(announcement.commit_until):
        return RevealTooEarly(after=parse_instant(announcement.commit_until))
    if now > parse_instant(announcement.reveal_until):
        return RevealTooLate(until=parse_instant(announcement.reveal_until))
    if mine.commit is None:
        return NothingCommitted()
    if mine.reveal is not None:
        return AlreadyRevealed()
    return None if _fits(draw, mine, r) else RevealDiffers()


def _fits(draw: Draw, row: DrawParty, r: str) -> bool:
    return commit_hash(bytes.fromhex(draw.ann or ""), row.party, bytes.fromhex(r)).hex() == row.commit


async def _show(
    session: AsyncSession, actor: Actor, draw: Draw, row: DrawParty, *, r: str, source: Literal["party", "escrow"]
) -> None:
    now = await platform_now(session)
    row.reveal, row.revealed_at, row.source = r, now, source
    row.reveal_entry = await append(
        session,
        actor,
        entries.REVEALED,
        subject=f"draw:{draw.id}",
        payload=facts.revealed(Revealed(row.party, r, source, Noted("", ""))),
        at=now,
    )
    await session.flush()
    await live.publish(session, f"draw:{draw.id}", "revealed", {"party": row.party})


def _escrowed(data: bytes, ann: str) -> tuple[str, str] | None:
    """Party and number of an escrowed file; None for what is not one of this draw."""
    try:
        body = parse_canonical(data)
    except CanonicalError:
        return None
    if not isinstance(body, dict) or body.keys() != {"ann", "party", "r"} or body["ann"] != ann:
        return None
    party, r = body["party"], body["r"]
    if not isinstance(party, str) or not isinstance(r, str) or len(r) != 64 or not set(r) <= set("0123456789abcdef"):
        return None
    return party, r


async def _escrow_state(session: AsyncSession, draw_id: UUID) -> Literal["no_escrow", "unopenable", "other"]:
    """Why the escrow did not help: nothing in the box, not opened in time, or nothing in it that fits."""
    view = await boxes.box_view(session, f"draw:{draw_id}")
    if view is None or view.live == 0:
        return "no_escrow"
    return "other" if any(phase.revealed_at for phase in view.phases) else "unopenable"
