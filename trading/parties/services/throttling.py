"""Counting guesses (R52): at passwords, codes, invitations, an expert's PIN – whatever a person could try out.

    await throttled(request, purpose="expert-pin", key=str(expert_id))  # before the check; may refuse
    ... check the PIN; when it was right ...
    await forget_attempts(session, purpose="expert-pin", key=str(expert_id))

(`throttled` is `trading.parties.authentication`'s; it counts in a transaction of its own, so that a refusal that rolls
the request back does not take the count with it, and parallel guesses count too.) Names that exist and names that do
not are counted alike, so the answer and its time tell nothing. What is refused here is not counted: waiting helps.
Names and addresses are kept as hashes, for a day. Times are the system's: the demonstration clock ends no wait.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import system_now
from trading.kernel.ids import new_id
from trading.kernel.locks import lock
from trading.parties.errors import TooManyAttempts
from trading.parties.models import SignInAttemptRow as Attempt
from trading.parties.throttling import ADDRESS, KEPT, NAME, PAIR, Limit

SIGN_IN, STEP_UP, PASSWORD, JOIN = "sign-in", "step-up", "password", "join"  # what is counted apart:
"""a mistyped code must not lock the account's own sign-in."""


async def count_attempt(
    session: AsyncSession, *, purpose: str, key: str, address: str, at: datetime | None = None
) -> None:
    """Count an attempt before it is made; `TooManyAttempts` while the failures before it still cost a wait."""
    now = at or system_now()
    name, place = _digest(purpose, key), sha256(address.encode()).digest()
    await lock(session, f"attempts:{name.hex()}", f"attempts:{place.hex()}")
    await session.execute(delete(Attempt).where(Attempt.at < now - KEPT))
    of_name, of_place = Attempt.login_hash == name, Attempt.address_hash == place
    limits: list[tuple[Limit, ColumnElement[bool]]] = [
        (PAIR, of_name & of_place), (NAME, of_name), (ADDRESS, of_place)
    ]  # fmt: skip
    columns: list[Any] = []
    for limit, which in limits:
        recent = which & (Attempt.at > now - limit.window)
        columns += [func.count().filter(recent), func.max(Attempt.at).filter(recent)]
    row = (await session.execute(select(*columns).where(or_(of_name, of_place)))).one()
    free_at = now
    for (limit, _), failures, last in zip(limits, row[::2], row[1::2], strict=True):
        if last is not None:
            free_at = max(free_at, last + limit.wait(failures))
    if free_at > now:
        raise TooManyAttempts(until=free_at, wait=free_at - now)
    session.add(Attempt(id=new_id(), login_hash=name, address_hash=place, at=now))
    await session.flush()


async def forget_attempts(session: AsyncSession, *, purpose: str, key: str) -> None:
    """It was right: what went wrong before counts no longer, from whatever address."""
    await session.execute(delete(Attempt).where(Attempt.login_hash == _digest(purpose, key)))


def _digest(purpose: str, key: str) -> bytes:
    return sha256(f"{purpose}\0{key}".encode()).digest()
