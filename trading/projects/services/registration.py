"""Drafting and registering a project (项目受理登记): the draft is its owner's own, the registration is for ever."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.parties import reads as parties
from trading.projects import codes, entries, reads
from trading.projects.calendar import local_day
from trading.projects.errors import AlreadyRegistered, PlatformUnnamed, ProjectUnknown
from trading.projects.forms import LotForm, ProjectDraft
from trading.projects.models import DraftRow, LotRow, ProfileVersionRow, ProjectRow
from trading.projects.profile import Profile
from trading.projects.rights import own_org
from trading.projects.services.checking import Checked, check_draft
from trading.projects.services.milestones import lay_out, mark_milestone
from trading.projects.states import LOT
from trading.projects.types import DraftView, ProjectView


async def register_project(session: AsyncSession, actor: Actor, *, draft: ProjectDraft) -> UUID:
    """Begin a registration: save a draft, complete or not; not journalled."""
    org_id = own_org(actor)
    now = await platform_now(session)
    row = DraftRow(
        id=new_id(),
        org_id=org_id,
        created_by=actor.person_id,
        body=_body(draft),
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    await session.flush()
    return row.id


async def change_draft(
    session: AsyncSession, actor: Actor, *, project_id: UUID, draft: ProjectDraft, partly: bool = False
) -> None:
    """Save a draft again; `partly` keeps what the new one leaves out (`lots` are replaced as a whole)."""
    row = await _own_draft(session, actor, project_id)
    body = _body(draft)
    if partly:
        body = row.body | {name: value for name, value in body.items() if value not in (None, [])}
    row.body = body
    row.changed_at = await platform_now(session)
    await session.flush()


async def discard_draft(session: AsyncSession, actor: Actor, *, project_id: UUID) -> None:
    """Throw a draft away."""
    await session.delete(await _own_draft(session, actor, project_id))
    await session.flush()


async def check_registration(session: AsyncSession, actor: Actor, *, project_id: UUID) -> Checked:
    """What registering this draft would register; `Invalid` with every problem otherwise."""
    return await check_draft(session, actor, (await own_draft(session, actor, project_id)).body)


async def own_draft(session: AsyncSession, actor: Actor, project_id: UUID) -> DraftView:
    """The actor's organisation's own draft."""
    await _own_draft(session, actor, project_id)
    found = await reads.draft(session, project_id)
    assert found is not None
    return found


async def submit_registration(
    session: AsyncSession, actor: Actor, *, project_id: UUID, confirm_provisional: bool = False
) -> ProjectView:
    """Register: codes and receipt number are given out, lots and timeline come into being, the journal knows."""
    row = await _own_draft(session, actor, project_id)
    checked = await check_draft(session, actor, row.body)
    if checked.provisional and not confirm_provisional:
        raise Invalid({"confirm_provisional": FieldProblem("projects.provisional_unconfirmed")})
    platform = next(
        (org for org in await parties.organisations_of_role(session, "official") if org.kind == "centre"), None
    )
    if platform is None:
        raise PlatformUnnamed
    now = await platform_now(session)
    day = local_day(now)
    serial: int = (
        await session.execute(
            text(
                "INSERT INTO registration_serials AS s (day, last) VALUES (:day, 1) "
                "ON CONFLICT (day) DO UPDATE SET last = s.last + 1 RETURNING last"
            ),
            {"day": day},
        )
    ).scalar_one()
    form = checked.form
    unified = codes.unified_code(form.category, platform.uscc, day, serial)
    receipt_no = f"SL{day:%Y%m%d}{serial:06d}"
    await _keep_profile(session, checked.profile)
    lot_ids = [new_id() for _ in form.lots]
    entry_id = await append(
        session,
        actor,
        entries.REGISTERED,
        subject=f"project:{project_id}",
        payload=_facts(checked, unified, receipt_no, lot_ids),
        at=now,
    )
    session.add(
        ProjectRow(
            id=project_id,
            code=form.code,
            unified_code=unified,
            receipt_no=receipt_no,
            name=form.name,
            tenderer_org_id=checked.tenderer.id,
            tenderer_name=checked.tenderer.name,
            agency_org_id=checked.agency.id if checked.agency else None,
            agency_name=checked.agency.name if checked.agency else None,
            profile=checked.profile.name,
            profile_digest=checked.profile.digest(),
            region=form.region,
            category=form.category,
            funding=form.funding,
            estimate_fen=sum(lot.estimate_fen for lot in form.lots),
            notice_on=form.notice_on,
            registered_at=now,
            registered_by=actor.person_id,
            entry_id=entry_id,
        )
    )
    await session.flush()
    session.add_all(_lots(project_id, checked, lot_ids))
    await session.delete(row)
    await session.flush()
    await lay_out(session, checked, project_id=project_id, lot_ids=lot_ids)
    await mark_milestone(session, actor, subject=f"project:{project_id}", key="registered", entry_id=entry_id)
    return await reads.project(session, project_id)


async def _own_draft(session: AsyncSession, actor: Actor, project_id: UUID) -> DraftRow:
    org_id = own_org(actor)
    row = await session.get(DraftRow, project_id, with_for_update=True)
    if row is not None and row.org_id == org_id:
        return row
    registered = await session.get(ProjectRow, project_id)
    if registered is not None and org_id in {registered.tenderer_org_id, registered.agency_org_id}:
        raise AlreadyRegistered(receipt=registered.receipt_no)
    raise ProjectUnknown


def _body(draft: ProjectDraft) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(draft))
    return body


async def _keep_profile(session: AsyncSession, profile: Profile) -> None:
    await session.execute(
        insert(ProfileVersionRow)
        .values(
            digest=profile.digest(),
            name=profile.name,
            version=profile.version,
            body=profile.body(),
            first_used_at=await platform_now(session),
        )
        .on_conflict_do_nothing()
    )


def _facts(checked: Checked, unified: str, receipt_no: str, lot_ids: list[UUID]) -> dict[str, Any]:
    """What the journal keeps for ever of a registration."""
    form, timetable = checked.form, checked.timetable
    return {
        "unified_code": unified,
        "receipt_no": receipt_no,
        "code": form.code,
        "name": form.name,
        "tenderer": checked.tenderer.uscc,
        "agency": checked.agency.uscc if checked.agency else None,
        "profile": checked.profile.name,
        "profile_digest": checked.profile.digest(),
        "notice_on": timetable.notice_on.isoformat(),
        "issue_from": timetable.issue_from.isoformat(),
        "issue_to": timetable.issue_to.isoformat(),
        "deadline_at": rfc3339(timetable.deadline_at),
        "provisional": list(checked.provisional),
        "lots": [
            {
                "id": str(lot_id),
                "number": f"{number:03d}",
                "name": lot.name,
                "estimate_fen": lot.estimate_fen,
                "ceiling_fen": lot.ceiling_fen,
                "deposit_fen": lot.deposit_fen,
                "evaluation": _terms(lot),
            }
            for number, (lot_id, lot) in enumerate(zip(lot_ids, form.lots, strict=True), 1)
        ],
    }


def _terms(lot: LotForm) -> Any:
    """The terms of evaluation as they are kept."""
    return msgspec.to_builtins(lot.evaluation)


def _lots(project_id: UUID, checked: Checked, lot_ids: list[UUID]) -> list[LotRow]:
    form = checked.form
    return [
        LotRow(
            id=lot_id,
            project_id=project_id,
            number=f"{number:03d}",
            name=lot.name,
            scope=lot.scope,
            estimate_fen=lot.estimate_fen,
            ceiling_fen=lot.ceiling_fen,
            deposit_fen=lot.deposit_fen,
            duration_days=lot.duration_days,
            quality=lot.quality,
            validity_days=form.validity_days,
            issue_from=form.issue_from,
            issue_to=form.issue_to,
            deadline_at=form.deadline_at,
            evaluation=_terms(lot),
            state=LOT.advance("draft", "register"),
        )
        for number, (lot_id, lot) in enumerate(zip(lot_ids, form.lots, strict=True), 1)
    ]
