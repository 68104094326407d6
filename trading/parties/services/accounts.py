"""Accounts: a login, a password, and for staff a second factor. What ends an account ends its sessions and tokens."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.parties import entries
from trading.parties.errors import AccountUnknown, PersonUnknown, SecondFactorMissing, SelfGranted
from trading.parties.models import AccountRow, MembershipRow, PersonRow, SessionRow, TokenRow
from trading.parties.passwords import hash_password, verify_password
from trading.parties.rights import demand_admin, demand_session
from trading.parties.roles import needs_second_factor
from trading.parties.rules import login_problem, normal_login, password_problem
from trading.parties.second_factor import new_secret, valid_secret
from trading.parties.services.throttling import PASSWORD, forget_attempts
from trading.parties.types import OpenedAccount


async def open_account(
    session: AsyncSession,
    actor: Actor,
    *,
    person_id: UUID,
    login: str,
    password: str,
    staff: bool = False,
    totp_secret: str | None = None,
) -> OpenedAccount:
    """Open an account for a person; a staff account gets a second factor, made here unless given."""
    demand_admin(actor)
    login = normal_login(login)
    problems = {"login": login_problem(login), "password": password_problem(password, login)}
    if totp_secret is not None and not valid_secret(totp_secret):
        problems["totp_secret"] = FieldProblem("web.bad_format")
    if wrong := {name: problem for name, problem in problems.items() if problem}:
        raise Invalid(wrong)
    await lock(session, f"person:{person_id}", f"login:{login}")
    if await session.get(PersonRow, person_id) is None:
        raise PersonUnknown
    if await session.scalar(select(AccountRow.id).where(AccountRow.login == login)):
        raise Invalid({"login": FieldProblem("parties.login_taken")})
    staff = staff or await _acts_as_staff(session, person_id)
    secret = totp_secret or (new_secret() if staff else None)
    row = AccountRow(
        id=new_id(),
        person_id=person_id,
        login=login,
        password_hash=await hash_password(password),
        totp_secret=secret,
        staff=staff,
        created_at=await platform_now(session),
    )
    session.add(row)
    await session.flush()
    await append(
        session,
        actor,
        entries.ACCOUNT_OPENED,
        subject=f"account:{row.id}",
        payload={"person": str(person_id), "login": login, "staff": staff},
    )
    return OpenedAccount(id=row.id, login=login, totp_secret=secret)


async def disable_account(session: AsyncSession, actor: Actor, *, account_id: UUID) -> None:
    """Close an account (停用): its sessions end at once, its tokens for good."""
    account = await _for_admin(session, actor, account_id)
    if account.disabled_at is not None:
        return
    now = await platform_now(session)
    account.disabled_at = now
    await end_sessions(session, account_id)
    await session.execute(
        update(TokenRow).where(TokenRow.account_id == account_id, TokenRow.ended_at.is_(None)).values(ended_at=now)
    )
    await append(session, actor, entries.ACCOUNT_DISABLED, subject=f"account:{account_id}", payload={})


async def enable_account(session: AsyncSession, actor: Actor, *, account_id: UUID) -> None:
    """Open a closed account again; tokens stay ended."""
    account = await _for_admin(session, actor, account_id)
    if account.disabled_at is None:
        return
    await lock(session, f"person:{account.person_id}")
    if account.totp_secret is None and await _acts_as_staff(session, account.person_id):
        raise SecondFactorMissing
    account.disabled_at = None
    await append(session, actor, entries.ACCOUNT_ENABLED, subject=f"account:{account_id}", payload={})


async def reset_second_factor(session: AsyncSession, actor: Actor, *, account_id: UUID) -> OpenedAccount:
    """A new second factor for a lost phone, or the first one before a staff role; ends the account's sessions."""
    account = await _for_admin(session, actor, account_id)
    secret = new_secret()
    account.totp_secret = secret
    account.totp_step = None
    await end_sessions(session, account_id)
    await append(session, actor, entries.SECOND_FACTOR_RESET, subject=f"account:{account_id}", payload={})
    return OpenedAccount(id=account_id, login=account.login, totp_secret=secret)


async def change_password(session: AsyncSession, actor: Actor, *, current: str, password: str) -> None:
    """A new password for one's own account; every other session of it ends."""
    demand_session(actor)
    account = await session.get_one(AccountRow, actor.account_id)
    if not await verify_password(account.password_hash, current):
        raise Invalid({"current": FieldProblem("parties.password_wrong")})
    problem = password_problem(password, account.login)
    if problem:
        raise Invalid({"password": problem})
    account.password_hash = await hash_password(password)
    await forget_attempts(session, purpose=PASSWORD, key=str(account.id))
    await end_sessions(session, account.id, keep=actor.session_id)
    await append(session, actor, entries.PASSWORD_CHANGED, subject=f"account:{account.id}", payload={})


async def sign_out_everywhere(session: AsyncSession, actor: Actor) -> None:
    """End every session of one's own account, this one too: a browser was left open somewhere, or lost."""
    demand_session(actor)
    assert actor.account_id is not None
    await end_sessions(session, actor.account_id)
    await append(session, actor, entries.SESSIONS_ENDED, subject=f"account:{actor.account_id}", payload={})


async def end_sessions(session: AsyncSession, account_id: UUID, *, keep: UUID | None = None) -> None:
    """Sign an account out everywhere (but here)."""
    statement = delete(SessionRow).where(SessionRow.account_id == account_id)
    if keep is not None:
        statement = statement.where(SessionRow.id != keep)
    await session.execute(statement)


async def without_second_factor(session: AsyncSession, person_id: UUID) -> bool:
    """Whether the person could sign in with a password alone, which no staff member may."""
    query: Any = select(AccountRow.id).where(
        AccountRow.person_id == person_id, AccountRow.disabled_at.is_(None), AccountRow.totp_secret.is_(None)
    )
    return await session.scalar(query.limit(1)) is not None


async def _acts_as_staff(session: AsyncSession, person_id: UUID) -> bool:
    standing = await session.scalars(
        select(MembershipRow.roles).where(MembershipRow.person_id == person_id, MembershipRow.ended_at.is_(None))
    )
    return any(needs_second_factor(roles) for roles in standing)


async def _for_admin(session: AsyncSession, actor: Actor, account_id: UUID) -> AccountRow:
    demand_admin(actor)
    if actor.account_id == account_id:
        raise SelfGranted
    account = await session.get(AccountRow, account_id, with_for_update=True)
    if account is None:
        raise AccountUnknown
    return account
