"""Memberships (成员身份): what a person may do, for one organisation at a time."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties import entries
from trading.parties.errors import (
    AlreadyMember,
    MembershipUnknown,
    OrganisationUnknown,
    PersonUnknown,
    SecondFactorMissing,
    SelfGranted,
)
from trading.parties.models import AccountRow, MembershipRow, OrganisationRow, PersonRow, TokenRow
from trading.parties.rights import demand_admin
from trading.parties.roles import ROLES, needs_second_factor, roles_problem
from trading.parties.services.accounts import without_second_factor
from trading.parties.types import Membership


async def grant_membership(
    session: AsyncSession, actor: Actor, *, person_id: UUID, org_id: UUID, roles: Collection[str]
) -> Membership:
    """Let a person act for an organisation in these roles.

    Nobody grants himself anything, and an administrator holds no business role, through whatever organisation or
    account: the rule looks at the person (R54).
    """
    demand_admin(actor)
    if actor.person_id == person_id:
        raise SelfGranted
    await lock(session, f"person:{person_id}")
    person = await session.get(PersonRow, person_id)
    organisation = await session.get(OrganisationRow, org_id)
    if person is None:
        raise PersonUnknown
    if organisation is None:
        raise OrganisationUnknown
    standing = (
        await session.scalars(
            select(MembershipRow).where(MembershipRow.person_id == person_id, MembershipRow.ended_at.is_(None))
        )
    ).all()
    if any(row.org_id == org_id for row in standing):
        raise AlreadyMember
    problem = roles_problem(roles, held={role for row in standing for role in row.roles})
    if problem:
        raise Invalid({"roles": problem})
    if needs_second_factor(roles):
        if await without_second_factor(session, person_id):
            raise SecondFactorMissing
        await session.execute(
            update(AccountRow)
            .where(AccountRow.person_id == person_id, AccountRow.totp_secret.is_not(None))
            .values(staff=True)
        )
    row = MembershipRow(
        id=new_id(),
        person_id=person_id,
        org_id=org_id,
        roles=[role for role in ROLES if role in roles],
        created_at=await platform_now(session),
    )
    session.add(row)
    await session.flush()
    await append(
        session,
        actor,
        entries.MEMBERSHIP_GRANTED,
        subject=f"membership:{row.id}",
        payload={"person": str(person_id), "organisation": str(org_id), "roles": list(row.roles)},
    )
    return Membership(
        id=row.id,
        person_id=person_id,
        person_name=person.name,
        org_id=org_id,
        org_name=organisation.name,
        roles=tuple(row.roles),
    )


async def end_membership(session: AsyncSession, actor: Actor, *, membership_id: UUID) -> None:
    """End a membership: its rights and its programs' tokens are gone with the commit; history keeps it."""
    demand_admin(actor)
    row = await session.get(MembershipRow, membership_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise MembershipUnknown
    if actor.person_id == row.person_id:
        raise SelfGranted
    row.ended_at = await platform_now(session)
    await session.execute(
        update(TokenRow)
        .where(TokenRow.membership_id == membership_id, TokenRow.ended_at.is_(None))
        .values(ended_at=row.ended_at)
    )
    await append(session, actor, entries.MEMBERSHIP_ENDED, subject=f"membership:{membership_id}", payload={})
