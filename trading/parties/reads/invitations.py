"""Invitations (邀请): the list for those who invite, one for whoever holds its link."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import system_now
from trading.parties.errors import InvitationOver, InvitationUnknown
from trading.parties.models import InvitationRow, MembershipRow, OrganisationRow, PersonRow
from trading.parties.reads.actors import token_hash
from trading.parties.types import Invitation, OpenInvitation
from trading.web.tables import Order, Sortable, SortKey

INVITATION_STATES = ("open", "accepted", "revoked", "expired")
INVITATIONS = Sortable(
    {
        "person": SortKey(InvitationRow.person, str, lambda row: row.person),
        "organisation": SortKey(OrganisationRow.name, str, lambda row: row.org_name),
        "created": SortKey(InvitationRow.created_at, datetime, lambda row: row.created_at),
        "expires": SortKey(InvitationRow.expires_at, datetime, lambda row: row.expires_at),
    },
    tie=InvitationRow.id,
    start="-created",
)


def _rows() -> Any:
    return (
        select(InvitationRow, OrganisationRow.name, PersonRow.name)
        .join(OrganisationRow, OrganisationRow.id == InvitationRow.org_id)
        .join(MembershipRow, MembershipRow.id == InvitationRow.invited_by)
        .join(PersonRow, PersonRow.id == MembershipRow.person_id)
    )


def _state(row: InvitationRow, now: datetime) -> str:
    if row.accepted_at:
        return "accepted"
    if row.revoked_at:
        return "revoked"
    return "open" if row.expires_at > now else "expired"


def _view(found: Any, now: datetime) -> Invitation:
    row, org_name, inviter = found
    return Invitation(
        id=row.id,
        person=row.person,
        org_id=row.org_id,
        org_name=org_name,
        roles=tuple(row.roles),
        invited_by=inviter,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=_state(row, now),
    )


def _in_state(state: str, now: datetime) -> Any:
    unused = InvitationRow.accepted_at.is_(None) & InvitationRow.revoked_at.is_(None)
    return {
        "open": unused & (InvitationRow.expires_at > now),
        "accepted": InvitationRow.accepted_at.is_not(None),
        "revoked": InvitationRow.revoked_at.is_not(None),
        "expired": unused & (InvitationRow.expires_at <= now),
    }[state]


async def invitations(
    session: AsyncSession,
    *,
    org_id: UUID | None = None,
    search: str = "",
    state: str = "",
    order: Order = INVITATIONS.first,
) -> list[Invitation]:
    """An organisation's invitations, or all; those to people or into organisations whose name holds the words."""
    now, query = system_now(), _rows()
    if org_id:
        query = query.where(InvitationRow.org_id == org_id)
    if search := search.strip():
        query = query.where(
            InvitationRow.person.icontains(search, autoescape=True)
            | OrganisationRow.name.icontains(search, autoescape=True)
        )
    if state in INVITATION_STATES:
        query = query.where(_in_state(state, now))
    return [_view(row, now) for row in await session.execute(INVITATIONS.apply(query, order))]


async def invitation(session: AsyncSession, invitation_id: UUID, *, org_id: UUID | None = None) -> Invitation:
    """One of them."""
    query = _rows().where(InvitationRow.id == invitation_id)
    if org_id:
        query = query.where(InvitationRow.org_id == org_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise InvitationUnknown
    return _view(found, system_now())


async def open_invitation(session: AsyncSession, secret: str) -> OpenInvitation:
    """What the holder of a link is invited to."""
    found = (
        await session.execute(
            select(InvitationRow, OrganisationRow.name)
            .join(OrganisationRow, OrganisationRow.id == InvitationRow.org_id)
            .where(InvitationRow.token_hash == token_hash(secret))
        )
    ).one_or_none()
    if found is None:
        raise InvitationUnknown
    row, org_name = found
    if _state(row, system_now()) != "open":
        raise InvitationOver
    return OpenInvitation(
        person=row.person,
        org_name=org_name,
        roles=tuple(row.roles),
        expires_at=row.expires_at,
        totp_secret=row.totp_secret,
    )
