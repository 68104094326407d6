"""Banks and their files for tests."""

import datetime as dt
import secrets
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import make_actor
from trading.kernel.identity import Actor

HEADER = "time,amount,payer_name,payer_account,sub_account,reference"
_BEIJING = ZoneInfo("Asia/Shanghai")


async def make_bank(session: AsyncSession) -> Actor:
    return await make_actor(session, "bank")


def payment(
    number: str,
    payer: str,
    *,
    yuan: str = "800000.00",
    at: dt.datetime,
    reference: str = "",
    account: str = "6222000011112222",
) -> str:
    """One line of a file."""
    when = at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return f"{when},{yuan},{payer},{account},{number},{reference or secrets.token_hex(8)}"


def statement(lines: Sequence[str], *, encoding: str = "utf-8") -> bytes:
    return "\n".join([HEADER, *lines, ""]).encode(encoding)
