"""Invitations (邀请): the invited person opens the account himself, so that nobody else ever knows its password.

A link is good once and for some days; only its hash is stored. It opens nothing any more when it is revoked, or when
whoever made it has lost the membership or the account to invite by. There is no mail server: who invites hands the
link over, and the name in it says for whom it is.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import rfc3339, system_now
from trading.kernel.errors import FieldProblem, Forbidden, Invalid
from trading.kernel.identity import Actor, system_actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties import entries, reads
from trading.parties.errors import InvitationOver, InvitationUnknown
from trading.parties.models import AccountRow, InvitationRow, MembershipRow
from trading.parties.rights import demand_step_up
from trading.parties.roles import ROLES, invitable, needs_second_factor, roles_problem
from trading.parties.second_factor import matching_step, new_secret
from trading.parties.services.enrolling import enrol
from trading.parties.services.throttling import JOIN, forget_attempts
from trading.parties.types import Enrolled, NewInvitation

NAME_LIMIT = 50
_DOOR = system_actor("invitation")


async def invite(
    session: AsyncSession, actor: Actor, *, org_id: UUID, person: str, roles: Collection[str], days: int
) -> NewInvitation:
    """A link for one person: an administrator's into any organisation, a member's into his own and his own roles."""
    demand_step_up(actor)
    if not invitable(actor.roles) or (org_id != actor.org_id and not actor.has("admin")):
        raise Forbidden
    problems: dict[str, FieldProblem] = {}
    if not person.strip():
        problems["person"] = FieldProblem("web.required")
    elif len(person) > NAME_LIMIT:
        problems["person"] = FieldProblem("web.too_long", {"max": NAME_LIMIT})
    problem = roles_problem(roles)
    if problem or not set(roles) <= set(invitable(actor.roles)):
        problems["roles"] = problem or FieldProblem("parties.role_not_yours")
    if problems:
        raise Invalid(problems)
    organisation = await reads.organisation(session, org_id)
    now, secret = system_now(), secrets.token_urlsafe(32)
    row = InvitationRow(
        id=new_id(),
        token_hash=reads.token_hash(secret),
        org_id=org_id,
        person=person.strip(),
        roles=[role for role in ROLES if role in roles],
        totp_secret=new_secret() if needs_second_factor(roles) else None,
        invited_by=actor.membership_id,
        account_id=actor.account_id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    await session.flush()
    await append(
        session,
        actor,
        entries.INVITATION_MADE,
        subject=f"invitation:{row.id}",
        payload={
            "name": row.person,
            "organisation": str(org_id),
            "roles": list(row.roles),
            "expires_at": rfc3339(row.expires_at),
        },
    )
    return NewInvitation(
        id=row.id,
        secret=secret,
        person=row.person,
        org_name=organisation.name,
        roles=tuple(row.roles),
        expires_at=row.expires_at,
    )


async def revoke_invitation(session: AsyncSession, actor: Actor, *, invitation_id: UUID) -> None:
    """Make a link worthless that has not been used; the organisation's own inviters and an administrator may."""
    row = await session.get(InvitationRow, invitation_id, with_for_update=True)
    if row is None or not invitable(actor.roles) or not (actor.has("admin") or row.org_id == actor.org_id):
        raise InvitationUnknown
    if row.accepted_at or row.revoked_at:
        raise InvitationOver
    row.revoked_at, row.totp_secret = system_now(), None
    await append(session, actor, entries.INVITATION_REVOKED, subject=f"invitation:{invitation_id}", payload={})


async def accept_invitation(
    session: AsyncSession,
    *,
    secret: str,
    login: str,
    password: str,
    totp: str = "",
    at: datetime | None = None,
) -> Enrolled:
    """Open the account the invitation is for: person, login, membership, for staff a second factor."""
    now, token = at or system_now(), reads.token_hash(secret)
    await lock(session, f"invitation:{token.hex()}")
    row = await session.scalar(select(InvitationRow).where(InvitationRow.token_hash == token).with_for_update())
    if row is None:
        raise InvitationUnknown
    if row.accepted_at or row.revoked_at or row.expires_at <= now or not await _stands(session, row):
        raise InvitationOver
    step = None
    if row.totp_secret is not None:
        step = matching_step(row.totp_secret, totp, now)
        if step is None:
            raise Invalid({"totp": FieldProblem("parties.totp_wrong")})
    joined = await enrol(
        session,
        _DOOR,
        organisation=row.org_id,
        person=row.person,
        login=login,
        password=password,
        roles=row.roles,
        totp_secret=row.totp_secret,
    )
    if step is not None:  # the code just shown is spent
        await session.execute(update(AccountRow).where(AccountRow.id == joined.account_id).values(totp_step=step))
    row.accepted_at, row.joined_person_id, row.totp_secret = now, joined.person_id, None
    await forget_attempts(session, purpose=JOIN, key=secret)
    newcomer = Actor(
        name=row.person,
        person_id=joined.person_id,
        account_id=joined.account_id,
        membership_id=joined.membership_id,
        org_id=row.org_id,
        roles=frozenset(row.roles),
    )
    await append(
        session,
        newcomer,
        entries.INVITATION_ACCEPTED,
        subject=f"invitation:{row.id}",
        payload={"person": str(joined.person_id), "membership": str(joined.membership_id)},
    )
    return joined


async def _stands(session: AsyncSession, row: InvitationRow) -> bool:
    """Whether whoever invited could still do so."""
    found = await session.scalar(
        select(MembershipRow.id)
        .join(AccountRow, AccountRow.id == row.account_id)
        .where(MembershipRow.id == row.invited_by, MembershipRow.ended_at.is_(None), AccountRow.disabled_at.is_(None))
    )
    return found is not None
