"""Who a cookie or a bearer token stands for: asked at every request, by the system's clock."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import system_now
from trading.kernel.identity import Actor
from trading.parties.models import AccountRow, MembershipRow, OrganisationRow, PersonRow, SessionRow, TokenRow
from trading.parties.roles import rights
from trading.parties.types import OpenSession

IDLE = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=1)  # a page view must not always cost a write


def token_hash(token: str) -> bytes:
    """What is stored of a session's or a program's token: 256 random bits need no slow hash."""
    return sha256(token.encode()).digest()


async def actor_for_session(session: AsyncSession, token: str, *, at: datetime | None = None) -> Actor | None:
    """Who a session cookie stands for; None once it is over: 12 hours, 2 idle hours, or an account closed.

    A membership that has ended leaves a signed-in person without rights, who may switch to another.
    """
    now = at or system_now()
    row = (
        await session.execute(
            select(SessionRow, AccountRow.person_id, PersonRow.name, MembershipRow, OrganisationRow.name)
            .join(AccountRow, AccountRow.id == SessionRow.account_id)
            .join(PersonRow, PersonRow.id == AccountRow.person_id)
            .outerjoin(MembershipRow, (MembershipRow.id == SessionRow.membership_id) & MembershipRow.ended_at.is_(None))
            .outerjoin(OrganisationRow, OrganisationRow.id == MembershipRow.org_id)
            .where(
                SessionRow.token_hash == token_hash(token),
                SessionRow.expires_at > now,
                SessionRow.seen_at > now - IDLE,
                AccountRow.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    held, person_id, name, _, org_name = row
    membership: MembershipRow | None = row[3]  # an outer join: the row's type does not say so
    if now - held.seen_at > _SEEN_EVERY:
        await session.execute(update(SessionRow).where(SessionRow.id == held.id).values(seen_at=now))
    return Actor(
        name=name,
        person_id=person_id,
        account_id=held.account_id,
        membership_id=membership.id if membership is not None else None,
        org_id=membership.org_id if membership is not None else None,
        org_name=org_name or "",
        roles=frozenset(membership.roles) if membership is not None else frozenset(),
        session_id=held.id,
        step_up_at=held.step_up_at,
    )


async def actor_for_bearer(session: AsyncSession, token: str) -> Actor | None:
    """Whom a program's token stands for: its scopes within its membership, and nothing once either has ended."""
    row = (
        await session.execute(
            select(TokenRow, AccountRow.person_id, PersonRow.name, MembershipRow, OrganisationRow.name)
            .join(AccountRow, AccountRow.id == TokenRow.account_id)
            .join(PersonRow, PersonRow.id == AccountRow.person_id)
            .join(MembershipRow, MembershipRow.id == TokenRow.membership_id)
            .join(OrganisationRow, OrganisationRow.id == MembershipRow.org_id)
            .where(
                TokenRow.token_hash == token_hash(token),
                TokenRow.ended_at.is_(None),
                MembershipRow.ended_at.is_(None),
                AccountRow.disabled_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        return None
    held, person_id, name, membership, org_name = row
    return Actor(
        name=name,
        person_id=person_id,
        account_id=held.account_id,
        membership_id=membership.id,
        org_id=membership.org_id,
        org_name=org_name,
        roles=rights(membership.roles, held.scopes),
    )


async def sessions_of(session: AsyncSession, actor: Actor) -> tuple[OpenSession, ...]:
    """Where this account is signed in now, newest first."""
    now = system_now()
    rows = await session.scalars(
        select(SessionRow)
        .where(SessionRow.account_id == actor.account_id, SessionRow.expires_at > now, SessionRow.seen_at > now - IDLE)
        .order_by(SessionRow.created_at.desc(), SessionRow.id.desc())
    )
    return tuple(
        OpenSession(created_at=row.created_at, seen_at=row.seen_at, is_this=row.id == actor.session_id) for row in rows
    )


async def session_stands(session: AsyncSession, actor: Actor) -> bool:
    """Whether a signed-in actor's session still stands, with its membership: open streams ask every few seconds."""
    if actor.session_id is None:
        return not actor.signed_in
    now = system_now()
    found = await session.scalar(
        select(SessionRow.id)
        .join(AccountRow, AccountRow.id == SessionRow.account_id)
        .outerjoin(MembershipRow, MembershipRow.id == SessionRow.membership_id)
        .where(
            SessionRow.id == actor.session_id,
            SessionRow.expires_at > now,
            SessionRow.seen_at > now - IDLE,
            AccountRow.disabled_at.is_(None),
            MembershipRow.ended_at.is_(None),
        )
    )
    return found is not None
