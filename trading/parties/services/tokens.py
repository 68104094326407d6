"""Bearer tokens for programs (程序令牌): scoped, hashed, shown once, ended with their membership or account."""

import secrets
from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.parties import entries, reads
from trading.parties.errors import MembershipNeeded, TokenUnknown
from trading.parties.models import TokenRow
from trading.parties.rights import demand_step_up
from trading.parties.roles import CERTIFICATE_SCOPE, SCOPES
from trading.parties.types import NewToken

TOKEN_PREFIX = "tpt_"  # noqa: S105  # so that a scanner of repositories and logs knows a leaked one
NAME_LIMIT = 100


async def make_token(session: AsyncSession, actor: Actor, *, name: str, scopes: Collection[str]) -> NewToken:
    """A token for a program of one's own, in the present membership and never wider than it."""
    demand_step_up(actor)
    if actor.membership_id is None:
        raise MembershipNeeded
    problems: dict[str, FieldProblem] = {}
    if not name.strip():
        problems["name"] = FieldProblem("web.required")
    elif len(name) > NAME_LIMIT:
        problems["name"] = FieldProblem("web.too_long", {"max": NAME_LIMIT})
    if not scopes or not set(scopes) <= (actor.roles | {CERTIFICATE_SCOPE}).intersection(SCOPES):
        problems["scopes"] = FieldProblem("parties.scope_too_wide")
    if problems:
        raise Invalid(problems)
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = TokenRow(
        id=new_id(),
        token_hash=reads.token_hash(secret),
        account_id=actor.account_id,
        membership_id=actor.membership_id,
        scopes=[scope for scope in SCOPES if scope in scopes],
        name=name.strip(),
        created_at=await platform_now(session),
    )
    session.add(row)
    await session.flush()
    await append(
        session, actor, entries.TOKEN_MADE, subject=f"token:{row.id}", payload={"scopes": row.scopes, "name": row.name}
    )
    return NewToken(id=row.id, name=row.name, scopes=tuple(row.scopes), secret=secret)


async def end_token(session: AsyncSession, actor: Actor, *, token_id: UUID) -> None:
    """End one of one's own tokens."""
    row = await session.get(TokenRow, token_id, with_for_update=True)
    if row is None or row.account_id != actor.account_id or row.ended_at is not None:
        raise TokenUnknown
    row.ended_at = await platform_now(session)
    await append(session, actor, entries.TOKEN_ENDED, subject=f"token:{token_id}", payload={})
