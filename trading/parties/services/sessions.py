"""Signing in and out. Times here are the system clock's (architecture §6): the demonstration clock ends no session.

A wrong login, a wrong password, a wrong code and a closed account are one refusal that takes one time. A session's
token is 32 random bytes; only its hash is stored, and it is made anew at every gain of rights (R50).
Signing in leaves no journal entry: before a deadline it would tell who is getting ready to bid.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import system_now
from trading.kernel.errors import Unauthenticated
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.parties import reads
from trading.parties.errors import MembershipUnknown, SignInRefused
from trading.parties.models import AccountRow, SessionRow
from trading.parties.passwords import verify_password
from trading.parties.rights import demand_session
from trading.parties.rules import normal_login
from trading.parties.second_factor import NOBODYS_SECRET, matching_step
from trading.parties.services.throttling import SIGN_IN, STEP_UP, forget_attempts
from trading.parties.types import SignedIn

LIFE = timedelta(hours=12)


async def sign_in(
    session: AsyncSession, actor: Actor, *, login: str, password: str, totp: str = "", at: datetime | None = None
) -> SignedIn:
    """A new session for these credentials, in the person's first standing membership; an older one of `actor` ends."""
    now = at or system_now()
    login = normal_login(login)
    account = await session.scalar(select(AccountRow).where(AccountRow.login == login))
    right = await verify_password(account.password_hash if account else None, password)
    secret = account.totp_secret if account else None
    step = matching_step(secret or NOBODYS_SECRET, totp, now)
    if not account or not right or account.disabled_at or (secret and not await _use_step(session, account.id, step)):
        raise SignInRefused
    await session.execute(delete(SessionRow).where(or_(SessionRow.id == actor.session_id, SessionRow.expires_at < now)))
    await forget_attempts(session, purpose=SIGN_IN, key=login)
    memberships = await reads.memberships_of(session, account.person_id)
    row = SessionRow(
        account_id=account.id,
        membership_id=memberships[0].id if memberships else None,
        created_at=now,
        expires_at=now + LIFE,
        step_up_at=now,
    )
    return await _open(session, row, now)


async def sign_out(session: AsyncSession, actor: Actor) -> None:
    """End this session."""
    if actor.session_id:
        await session.execute(delete(SessionRow).where(SessionRow.id == actor.session_id))


async def step_up(
    session: AsyncSession, actor: Actor, *, password: str = "", totp: str = "", at: datetime | None = None
) -> SignedIn:
    """Prove again that it is oneself: by a fresh code, or by the password where there is no second factor."""
    demand_session(actor)
    now = at or system_now()
    account = await session.get(AccountRow, actor.account_id)
    if account is None:
        raise Unauthenticated
    if account.totp_secret:
        proved = await _use_step(session, account.id, matching_step(account.totp_secret, totp, now))
    else:
        proved = await verify_password(account.password_hash, password)
    if not proved:
        raise SignInRefused
    await forget_attempts(session, purpose=STEP_UP, key=str(account.id))
    old = await _take(session, actor)
    row = SessionRow(
        account_id=account.id,
        membership_id=old.membership_id,
        created_at=old.created_at,
        expires_at=old.expires_at,
        step_up_at=now,
    )
    return await _open(session, row, now)


async def switch_membership(session: AsyncSession, actor: Actor, *, membership_id: UUID) -> SignedIn:
    """Act for another organisation one belongs to; rights are that membership's alone."""
    demand_session(actor)
    assert actor.person_id is not None
    mine = await reads.memberships_of(session, actor.person_id)
    if membership_id not in {membership.id for membership in mine}:
        raise MembershipUnknown
    old = await _take(session, actor)
    row = SessionRow(
        account_id=old.account_id,
        membership_id=membership_id,
        created_at=old.created_at,
        expires_at=old.expires_at,
        step_up_at=old.step_up_at,
    )
    return await _open(session, row, system_now())


async def _take(session: AsyncSession, actor: Actor) -> SessionRow:
    """The actor's session row, taken away to be replaced by one with a new token."""
    row: SessionRow | None = await session.scalar(
        delete(SessionRow).where(SessionRow.id == actor.session_id).returning(SessionRow)
    )
    if row is None:
        raise Unauthenticated
    return row


async def _open(session: AsyncSession, row: SessionRow, now: datetime) -> SignedIn:
    token = secrets.token_urlsafe(32)
    row.id, row.token_hash, row.seen_at = new_id(), reads.token_hash(token), now
    session.add(row)
    await session.flush()
    actor = await reads.actor_for_session(session, token, at=now)
    if actor is None or actor.person_id is None:
        raise Unauthenticated
    return SignedIn(token=token, actor=actor, memberships=await reads.memberships_of(session, actor.person_id))


async def _use_step(session: AsyncSession, account_id: UUID, step: int | None) -> bool:
    """Spend a code: one UPDATE decides, so the same code sent twice at once is good once."""
    if step is None:
        return False
    spent = await session.scalar(
        update(AccountRow)
        .where(AccountRow.id == account_id, or_(AccountRow.totp_step.is_(None), AccountRow.totp_step < step))
        .values(totp_step=step)
        .returning(AccountRow.id)
    )
    return spent is not None
