"""People, what they may do, and how they sign in."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.parties.errors import AccountUnknown, MembershipUnknown, PersonUnknown
from trading.parties.models import AccountRow, MembershipRow, OrganisationRow, PersonRow, TokenRow
from trading.parties.types import Account, HeldToken, Membership, Person, PersonDetail, Token
from trading.web.tables import Order, Sortable, SortKey

PEOPLE = Sortable(
    {
        "name": SortKey(PersonRow.name, str, lambda row: row.name),
        "created": SortKey(PersonRow.created_at, datetime, lambda row: row.created_at),
    },
    tie=PersonRow.id,
    start="name",
)
TOKENS = Sortable(
    {
        "name": SortKey(TokenRow.name, str, lambda row: row.name),
        "person": SortKey(PersonRow.name, str, lambda row: row.person_name),
        "organisation": SortKey(OrganisationRow.name, str, lambda row: row.org_name),
        "created": SortKey(TokenRow.created_at, datetime, lambda row: row.created_at),
    },
    tie=TokenRow.id,
    start="-created",
)


def _memberships() -> Select[MembershipRow, str, str]:
    return (
        select(MembershipRow, PersonRow.name, OrganisationRow.name)
        .join(PersonRow, PersonRow.id == MembershipRow.person_id)
        .join(OrganisationRow, OrganisationRow.id == MembershipRow.org_id)
    )


def _membership(row: Any) -> Membership:
    held, person_name, org_name = row
    return Membership(
        id=held.id,
        person_id=held.person_id,
        person_name=person_name,
        org_id=held.org_id,
        org_name=org_name,
        roles=tuple(held.roles),
        ended_at=held.ended_at,
    )


async def membership(session: AsyncSession, membership_id: UUID) -> Membership:
    """One membership, also an ended one."""
    row = (await session.execute(_memberships().where(MembershipRow.id == membership_id))).one_or_none()
    if row is None:
        raise MembershipUnknown
    return _membership(row)


async def memberships_of(session: AsyncSession, person_id: UUID) -> tuple[Membership, ...]:
    """A person's standing memberships, oldest first."""
    rows = await session.execute(
        _memberships()
        .where(MembershipRow.person_id == person_id, MembershipRow.ended_at.is_(None))
        .order_by(MembershipRow.id)
    )
    return tuple(_membership(row) for row in rows)


async def people_of_role(session: AsyncSession, role: str, *, org_id: UUID | None = None) -> tuple[Membership, ...]:
    """Who acts in a role now (for one organisation), by name: seats of trustees, officials on duty."""
    query = _memberships().where(MembershipRow.ended_at.is_(None), MembershipRow.roles.contains([role]))
    if org_id:
        query = query.where(MembershipRow.org_id == org_id)
    rows = await session.execute(query.order_by(OrganisationRow.name, PersonRow.name, MembershipRow.id))
    return tuple(_membership(row) for row in rows)


async def people(
    session: AsyncSession, *, search: str = "", role: str = "", order: Order = PEOPLE.first
) -> list[Person]:
    """People whose name or login holds the words searched for, in a role now."""
    query = select(PersonRow)
    if search := search.strip():
        logins = select(AccountRow.person_id).where(AccountRow.login.icontains(search, autoescape=True))
        query = query.where(PersonRow.name.icontains(search, autoescape=True) | PersonRow.id.in_(logins))
    if role:
        standing = MembershipRow.ended_at.is_(None) & MembershipRow.roles.contains([role])
        query = query.where(PersonRow.id.in_(select(MembershipRow.person_id).where(standing)))
    rows = await session.scalars(PEOPLE.apply(query, order))
    return [Person(id=row.id, name=row.name, created_at=row.created_at) for row in rows]


async def people_details(session: AsyncSession, ids: Collection[UUID]) -> tuple[PersonDetail, ...]:
    """People with their accounts and memberships, in the order of the ids: three queries however many they are."""
    if not ids:
        return ()
    known = {row.id: row for row in await session.scalars(select(PersonRow).where(PersonRow.id.in_(ids)))}
    accounts = list(
        await session.scalars(select(AccountRow).where(AccountRow.person_id.in_(ids)).order_by(AccountRow.id))
    )
    memberships = [
        _membership(row)
        for row in await session.execute(
            _memberships().where(MembershipRow.person_id.in_(ids)).order_by(MembershipRow.id)
        )
    ]
    return tuple(
        PersonDetail(
            id=person_id,
            name=known[person_id].name,
            created_at=known[person_id].created_at,
            accounts=tuple(_account(row) for row in accounts if row.person_id == person_id),
            memberships=tuple(held for held in memberships if held.person_id == person_id),
        )
        for person_id in ids
        if person_id in known
    )


async def person_detail(session: AsyncSession, person_id: UUID) -> PersonDetail:
    """One person with accounts and memberships, ended ones too."""
    found = await people_details(session, [person_id])
    if not found:
        raise PersonUnknown
    return found[0]


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        person_id=row.person_id,
        login=row.login,
        staff=row.staff,
        second_factor=row.totp_secret is not None,
        disabled_at=row.disabled_at,
    )


async def account(session: AsyncSession, account_id: UUID) -> Account:
    """One account."""
    row = await session.get(AccountRow, account_id)
    if row is None:
        raise AccountUnknown
    return _account(row)


async def tokens_of(session: AsyncSession, account_id: UUID) -> tuple[Token, ...]:
    """An account's standing tokens, newest first."""
    rows = await session.execute(
        select(TokenRow, OrganisationRow.name)
        .join(MembershipRow, MembershipRow.id == TokenRow.membership_id)
        .join(OrganisationRow, OrganisationRow.id == MembershipRow.org_id)
        .where(TokenRow.account_id == account_id, TokenRow.ended_at.is_(None))
        .order_by(TokenRow.id.desc())
    )
    return tuple(
        Token(id=row.id, name=row.name, scopes=tuple(row.scopes), org_name=org_name, created_at=row.created_at)
        for row, org_name in rows
    )


async def tokens(
    session: AsyncSession, *, search: str = "", state: str = "", order: Order = TOKENS.first
) -> list[HeldToken]:
    """Every program's token, for the administrator: those whose name, holder or organisation holds the words."""
    query = (
        select(TokenRow, PersonRow, OrganisationRow.name)
        .join(MembershipRow, MembershipRow.id == TokenRow.membership_id)
        .join(PersonRow, PersonRow.id == MembershipRow.person_id)
        .join(OrganisationRow, OrganisationRow.id == MembershipRow.org_id)
    )
    if search := search.strip():
        holds = [
            column.icontains(search, autoescape=True)
            for column in (TokenRow.name, PersonRow.name, OrganisationRow.name)
        ]
        query = query.where(or_(*holds))
    if state:
        query = query.where(TokenRow.ended_at.is_not(None) if state == "ended" else TokenRow.ended_at.is_(None))
    return [
        HeldToken(
            id=row.id,
            name=row.name,
            person_id=person.id,
            person_name=person.name,
            org_name=org_name,
            scopes=tuple(row.scopes),
            created_at=row.created_at,
            ended_at=row.ended_at,
        )
        for row, person, org_name in await session.execute(TOKENS.apply(query, order))
    ]
