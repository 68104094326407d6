"""The written report on the tender (招标投标情况书面报告) to the supervisor, within fifteen days (招标投标法 47).

The platform puts it together from what it has recorded; the tenderer adds remarks and submits it.
"""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import entries
from trading.awards.errors import AlreadyReported
from trading.awards.models import ReportRow
from trading.awards.reads import outcome
from trading.awards.store import demand_side, locked_lot, row_of, standing_decision
from trading.kernel.canonical import canonical
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore
from trading.projects import service as project_service
from trading.records import service as records

REPORT_RECORD = "award-report"


async def submit_report(
    session: AsyncSession, actor: Actor, objects: ObjectStore, *, lot_id: UUID, remarks: str
) -> None:
    """File the report for the supervisor; a late one is taken and marked."""
    lot = await locked_lot(session, lot_id)
    demand_side(actor, lot)
    decision = await standing_decision(session, lot_id)
    if await row_of(session, ReportRow, decision.id) is not None:
        raise AlreadyReported
    now = await platform_now(session)
    found = await outcome(session, lot_id)
    told = {
        "format": "trading-award-report/1",
        "lot": {"id": str(lot.id), "number": lot.number, "name": lot.name, "project": lot.project_code},
        "tenderer": lot.tenderer_name,
        "report": found.report_digest,
        "outcome": msgspec.json.decode(msgspec.json.encode((found.bidders, found.publicity, found.award))),
        "objections": [
            {"raised_at": rfc3339(item.raised_at), "outcome": item.outcome, "late": item.late}
            for item in found.objections
        ],
        "remarks": remarks,
        "made_at": rfc3339(now),
    }
    data = canonical(told)
    digest = await objects.put(data, "application/json")
    subject = f"lot:{lot_id}"
    readers = {lot.tenderer_org_id, *([lot.agency_org_id] if lot.agency_org_id else [])}
    record = await records.keep(
        session,
        actor,
        subject=subject,
        kind=REPORT_RECORD,
        name=f"招标投标情况报告-{lot.number}.json",
        media_type="application/json",
        digest=digest,
        size=len(data),
        readers=readers,
    )
    late = now >= decision.report_by
    entry = await append(
        session, actor, entries.REPORTED, subject=subject, payload={"digest": digest, "late": late}, at=now
    )
    session.add(
        ReportRow(decision_id=decision.id, record_id=record, digest=digest, late=late, submitted_at=now, entry_id=entry)
    )
    await session.flush()
    await project_service.mark_milestone(session, actor, subject=subject, key="award_report", entry_id=entry)
