"""The document of a lot's refunds (`refunds.json`): what the journal told of them, and the ledger."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds.proof import commitment
from trading.funds.proof import refunds as facts
from trading.funds.rules import rates_of
from trading.kernel.journal import reads as journal
from trading.kernel.journal.entry import Entry
from trading.projects import reads as projects
from trading.projects.profile import load_profile

_POSTINGS = text(
    "SELECT coalesce(p.payment_id, p.withheld_id) AS of, p.line_id, coalesce(p.step, 'line') AS step, "
    "p.withheld_id IS NOT NULL AS withheld, a.kind, e.amount_fen, l.salt, l.facts FROM ledger_postings p "
    "JOIN ledger_entries e ON e.posting_id = p.id JOIN ledger_accounts a ON a.id = e.account_id "
    "LEFT JOIN refund_payments y ON y.id = p.payment_id "
    "LEFT JOIN refunds r ON r.id = coalesce(y.refund_id, p.withheld_id) "
    "JOIN bank_lines l ON l.id = coalesce(p.line_id, r.line_id) WHERE l.lot_id = :lot ORDER BY p.id, a.kind"
)


async def refunds_document(session: AsyncSession, lot_id: UUID) -> facts.RefundsDocument | None:
    """None for a lot whose box is not closed, or where no money came in."""
    told = await _told(session, f"lot:{lot_id}")
    lines = [item for entry in told if entry.action == facts.POSTED for item in entry.payload.get("of", ())]
    if not lines:
        return None
    await projects.see_participations_of(session, None)
    calendar = await projects.calendar(session)
    rates, basis = rates_of(load_profile((await projects.lot(session, lot_id)).profile))

    def those(action: str) -> list[dict[str, Any]]:
        return [entry.payload for entry in told if entry.action == action]

    planned = [item for payload in those(facts.PLANNED) for item in payload["refunds"]]
    ends = [entry.payload for entry in told if entry.action in {facts.PAID, facts.REFUSED}]
    document = {
        "v": facts.VERSION,
        "subject": f"lot:{lot_id}",
        "lines": lines,
        "planned": [*planned, *those(facts.WITHHELD)],
        "batches": those(facts.PREPARED),
        "approved": those(facts.APPROVED),
        "sent": [item for payload in those(facts.SENT) for item in payload["payments"]],
        "ended": ends,
        "basis": basis,
        "rates": [msgspec.to_builtins(rate) for rate in rates],
        "rest_days": sorted(day.isoformat() for day, works in calendar.exceptions.items() if not works),
        "work_days": sorted(day.isoformat() for day, works in calendar.exceptions.items() if works),
        "postings": [facts.plain(item) for item in await _postings(session, lot_id)],
    }
    return msgspec.convert(document, facts.RefundsDocument)


async def _told(session: AsyncSession, subject: str) -> list[Entry]:
    found: list[Entry] = []
    after = -1
    while True:
        page = await journal.entries_of(session, subject, after=after)
        found.extend(item.entry for item in page)
        indexes = [item.index for item in page if item.index is not None]
        if len(indexes) < len(page) or len(page) < _PAGE:
            return found
        after = indexes[-1]


_PAGE = 200


async def _postings(session: AsyncSession, lot_id: UUID) -> list[facts.Posting]:
    halves: dict[tuple[str, Any], dict[str, int]] = {}
    for row in await session.execute(_POSTINGS, {"lot": lot_id}):
        line = commitment(bytes(row.salt), bytes(row.facts))
        account = f"{row.kind}:{line}" if row.kind in {"deposit", "return"} else row.kind
        key = (str(row.of) if row.of else line, "withheld" if row.withheld else row.step)
        halves.setdefault(key, {})[account] = row.amount_fen
    found = [facts.posting(of, step, shown) for (of, step), shown in halves.items()]
    return sorted(found, key=lambda item: (item.of, item.step))
