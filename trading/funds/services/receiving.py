"""Taking in a bank's file (接收对账单): the caller learns nothing of what its lines named, and nothing is half taken.

Every running lot's lock is held shared, whichever lots the lines name, so that neither locks nor time tell of them;
the database's function then matches, stores and writes blind entries by itself. The journal says that a file came, not
how many lines it had, and not even the digest by which an empty one could be recognised.
"""

import os
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import entries
from trading.funds.errors import NotABank
from trading.funds.services.posting import post_arrived
from trading.funds.statement import Line, read_statement
from trading.funds.types import StatementTaken
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id, random_id
from trading.kernel.journal import blind_streams
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock

_REFERENCE_DIFFERS = "FD001"
_KNOWN = text("SELECT statement_known(:bank, :digest)")
_TAKE = text(
    "SELECT take_statement(:statement, :bank, :digest, :entry, :at, CAST(:lines AS jsonb), CAST(:slots AS jsonb))"
)


async def receive_statement(session: AsyncSession, actor: Actor, *, data: bytes) -> StatementTaken:
    """A statement, once: the same file again is answered as the first time, the same line again changes nothing."""
    if actor.org_id is None or not actor.has("bank"):
        raise NotABank
    digest = sha256(data).digest()
    lines = read_statement(data, await platform_now(session))
    await lock(session, "funds:statements", timeout_ms=20_000)
    before = (await session.execute(_KNOWN, {"bank": actor.org_id, "digest": digest})).scalar_one()
    if before is not None:
        return StatementTaken(digest.hex(), before)
    running = await blind_streams.hold_running(session, "lot")
    now = await platform_now(session)
    slots = {}
    for stream in running:
        slot = stream.timeline.slot_at(now)
        if slot is not None and slot >= stream.sealed:
            end = rfc3339(stream.timeline.bounds(slot)[1])
            slots[stream.subject.removeprefix("lot:")] = {"stream": str(stream.id), "slot": slot, "end": end}
    statement = new_id()
    entry_id = await append(
        session,
        actor,
        entries.STATEMENT_RECEIVED,
        subject=f"statement:{statement}",
        secret={"digest": digest.hex()},
        at=now,
    )
    parameters = {
        "statement": statement,
        "bank": actor.org_id,
        "digest": digest,
        "entry": entry_id,
        "at": now,
        "lines": msgspec.json.encode([_row(line) for line in lines]).decode(),
        "slots": msgspec.json.encode(slots).decode(),
    }
    try:
        async with session.begin_nested():
            await session.execute(_TAKE, parameters)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _REFERENCE_DIFFERS:
            raise
        row = str(error.orig).split("\n")[0]
        raise Invalid({f"rows.{row}.reference": FieldProblem("funds.reference_differs")}) from error
    await post_arrived(session, actor, bank=actor.org_id, statement=statement, entry_id=entry_id)
    return StatementTaken(digest.hex(), now)


def _row(line: Line) -> dict[str, Any]:
    return {
        "row": line.row,
        "id": random_id(),
        "reference": line.reference,
        "facts": line.facts().decode(),
        "salt": os.urandom(32).hex(),
        "blind_salt": os.urandom(32).hex(),
        "paid_at": rfc3339(line.paid_at),
        "amount_fen": line.amount_fen,
        "payer_name": line.payer_name,
        "payer_account": line.payer_account,
        "sub_account": line.sub_account,
    }
