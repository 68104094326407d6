"""Organisations (单位): one, several, a page of them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.parties.errors import OrganisationUnknown
from trading.parties.models import MembershipRow, OrganisationRow
from trading.parties.rules import parse_uscc
from trading.parties.types import Organisation
from trading.web.tables import Order, Sortable, SortKey

ORGANISATIONS = Sortable(
    {
        "name": SortKey(OrganisationRow.name, str, lambda row: row.name),
        "uscc": SortKey(OrganisationRow.uscc, str, lambda row: row.uscc),
        "created": SortKey(OrganisationRow.created_at, datetime, lambda row: row.created_at),
    },
    tie=OrganisationRow.id,
    start="name",
)


def _organisation(row: OrganisationRow) -> Organisation:
    return Organisation(id=row.id, name=row.name, uscc=row.uscc, kind=row.kind, created_at=row.created_at)


async def organisation(session: AsyncSession, org_id: UUID) -> Organisation:
    """One organisation."""
    row = await session.get(OrganisationRow, org_id)
    if row is None:
        raise OrganisationUnknown
    return _organisation(row)


async def organisation_by_uscc(session: AsyncSession, uscc: str) -> Organisation | None:
    """The organisation registered under a code."""
    row = await session.scalar(select(OrganisationRow).where(OrganisationRow.uscc == parse_uscc(uscc)))
    return _organisation(row) if row else None


async def organisations_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Organisation]:
    """Several organisations at once, for lists."""
    rows = await session.scalars(select(OrganisationRow).where(OrganisationRow.id.in_(ids)))
    return {row.id: _organisation(row) for row in rows}


async def organisations(
    session: AsyncSession, *, search: str = "", kind: str = "", order: Order = ORGANISATIONS.first
) -> list[Organisation]:
    """Organisations whose name or code holds the words searched for."""
    query = select(OrganisationRow)
    if search := search.strip():
        query = query.where(
            OrganisationRow.name.icontains(search, autoescape=True)
            | OrganisationRow.uscc.startswith(search.upper(), autoescape=True)
        )
    if kind:
        query = query.where(OrganisationRow.kind == kind)
    return [_organisation(row) for row in await session.scalars(ORGANISATIONS.apply(query, order))]


async def organisations_of_role(session: AsyncSession, role: str) -> tuple[Organisation, ...]:
    """Organisations for which somebody acts in a role, by name."""
    standing = select(MembershipRow.org_id).where(
        MembershipRow.ended_at.is_(None), MembershipRow.roles.contains([role])
    )
    rows = await session.scalars(
        select(OrganisationRow).where(OrganisationRow.id.in_(standing)).order_by(OrganisationRow.name)
    )
    return tuple(_organisation(row) for row in rows)
