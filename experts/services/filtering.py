"""The filter before any randomness, over a snapshot: a code for every leaf, by facts that know no bidder (R68)."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from experts.forms import PlanDraw
from experts.models import Absence, Draw, DrawCall, Expert, ExpertVersion
from experts.proof.documents import ELIGIBLE
from experts.roster.sealed import unseal
from experts.rules import Party, exclusion
from experts.store import meeting
from trading.kernel.signing import PersonalSeal
from trading.parties import reads as parties
from trading.projects.types import LotView

# An array is one parameter however long it is; a statement takes no more than 65,535 of them.
_SEALED = text(
    "SELECT v.id, v.sealed FROM unnest(CAST(:ids AS uuid[])) AS listed (id) JOIN expert_versions v ON v.id = listed.id"
)


async def codes_for(
    session: AsyncSession,
    plan: PlanDraw,
    lot: LotView,
    leaves: Sequence[tuple[bytes, UUID]],
    *,
    draw_id: UUID,
    personal: PersonalSeal,
    now: dt.datetime,
) -> dict[str, list[str]]:
    """For each specialty of the plan, `eligible` or why not, in the order of the leaves."""
    ends = plan.meets_at + dt.timedelta(minutes=plan.meets_minutes)
    apart = await _apart(session, lot)
    absent = await _absent(session, now, ends)
    engaged = await _engaged(session, draw_id, plan.meets_at, ends)
    sealed = {row.id: row.sealed for row in await session.execute(_SEALED, {"ids": [item for _, item in leaves]})}
    codes: dict[str, list[str]] = {item.specialty: [] for item in plan.quotas}
    for _, version in leaves:  # one record open at a time: a roster may be large
        record = unseal(sealed[version], personal, version).record
        for specialty, found in codes.items():
            code = exclusion(
                record, specialty=specialty, regions=plan.regions, apart=apart, absent=absent, engaged=engaged
            )
            found.append(code or ELIGIBLE)
    return codes


async def _apart(session: AsyncSession, lot: LotView) -> list[Party]:
    ids = [org_id for org_id in (lot.tenderer_org_id, lot.agency_org_id) if org_id is not None]
    known = await parties.organisations_by_id(session, ids)
    return [Party(org.name, org.uscc) for org in known.values()]


async def _absent(session: AsyncSession, starts: dt.datetime, ends: dt.datetime) -> dict[str, str]:
    rows = await session.execute(
        select(Expert.number, Absence.kind)
        .join(Expert, Expert.id == Absence.expert_id)
        .where(
            Absence.lifted_at.is_(None),
            Absence.starts_at < ends,
            (Absence.ends_at.is_(None)) | (Absence.ends_at > starts),
        )
    )
    found: dict[str, str] = {}
    for row in rows:
        if found.get(row.number) != "suspended":
            found[row.number] = row.kind
    return found


async def _engaged(session: AsyncSession, draw_id: UUID, starts: dt.datetime, ends: dt.datetime) -> set[str]:
    """Experts who sit in another committee at that time."""
    rows = await session.execute(
        select(Expert.number, Draw.plan)
        .join(ExpertVersion, ExpertVersion.expert_id == Expert.id)
        .join(DrawCall, DrawCall.version_id == ExpertVersion.id)
        .join(Draw, Draw.id == DrawCall.draw_id)
        .where(Draw.id != draw_id, Draw.state != "cancelled", DrawCall.state == "accepted")
    )
    busy = set()
    for row in rows:
        begins, over = meeting(row.plan)
        if begins < ends and starts < over:
            busy.add(row.number)
    return busy
