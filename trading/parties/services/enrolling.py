"""Bringing in organisations and people: the administrator's work, or the platform's own when it is set up."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties import entries, reads
from trading.parties.models import OrganisationRow, PersonRow
from trading.parties.rights import demand_admin
from trading.parties.roles import ORGANISATION_KINDS, needs_second_factor, roles_problem
from trading.parties.rules import parse_uscc
from trading.parties.services.accounts import open_account
from trading.parties.services.memberships import grant_membership
from trading.parties.types import Enrolled, Organisation, Person


async def register_organisation(
    session: AsyncSession, actor: Actor, *, uscc: str, name: str, kind: str = "enterprise"
) -> Organisation:
    """Register an organisation (单位) under its checked 统一社会信用代码, once."""
    demand_admin(actor)
    code = parse_uscc(uscc)
    problems: dict[str, FieldProblem] = {}
    if code is None:
        problems["uscc"] = FieldProblem("parties.bad_uscc")
    if not name.strip():
        problems["name"] = FieldProblem("web.required")
    if kind not in ORGANISATION_KINDS:
        problems["kind"] = FieldProblem("web.bad_choice")
    if problems or code is None:
        raise Invalid(problems)
    await lock(session, f"uscc:{code}")
    taken = await session.scalar(select(OrganisationRow.name).where(OrganisationRow.uscc == code))
    if taken is not None:
        raise Invalid({"uscc": FieldProblem("parties.uscc_taken", {"name": taken})})
    row = OrganisationRow(id=new_id(), uscc=code, name=name.strip(), kind=kind, created_at=await platform_now(session))
    session.add(row)
    await session.flush()
    await append(
        session,
        actor,
        entries.ORGANISATION_REGISTERED,
        subject=f"organisation:{row.id}",
        payload={"uscc": row.uscc, "name": row.name, "kind": row.kind},
    )
    return Organisation(id=row.id, name=row.name, uscc=row.uscc, kind=row.kind, created_at=row.created_at)


async def find_organisation(session: AsyncSession, actor: Actor, *, uscc: str) -> UUID:
    """The organisation whose code an administrator typed into a form."""
    demand_admin(actor)
    organisation = await reads.organisation_by_uscc(session, uscc)
    if organisation is None:
        raise Invalid({"uscc": FieldProblem("parties.uscc_unknown")})
    return organisation.id


async def add_person(session: AsyncSession, actor: Actor, *, name: str) -> Person:
    """Add a person (自然人); accounts and memberships come after."""
    demand_admin(actor)
    if not name.strip():
        raise Invalid({"name": FieldProblem("web.required")})
    row = PersonRow(id=new_id(), name=name.strip(), created_at=await platform_now(session))
    session.add(row)
    await session.flush()
    await append(session, actor, entries.PERSON_ADDED, subject=f"person:{row.id}", payload={"name": row.name})
    return Person(id=row.id, name=row.name, created_at=row.created_at)


async def enrol(
    session: AsyncSession,
    actor: Actor,
    *,
    organisation: UUID,
    person: str,
    login: str,
    password: str,
    roles: Collection[str],
    totp_secret: str | None = None,
) -> Enrolled:
    """A new person with an account and a membership, in one go; staff roles bring a second factor with them."""
    demand_admin(actor)
    problem = roles_problem(roles)
    if problem:
        raise Invalid({"roles": problem})
    added = await add_person(session, actor, name=person)
    account = await open_account(
        session,
        actor,
        person_id=added.id,
        login=login,
        password=password,
        staff=needs_second_factor(roles),
        totp_secret=totp_secret,
    )
    membership = await grant_membership(session, actor, person_id=added.id, org_id=organisation, roles=roles)
    return Enrolled(
        person_id=added.id,
        account_id=account.id,
        membership_id=membership.id,
        login=account.login,
        totp_secret=account.totp_secret,
    )
