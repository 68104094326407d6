"""Lawful time is the database's: `platform_now()`, read after the lock it decides under (architecture §6)."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def platform_now(session: AsyncSession) -> datetime:
    """The instant now by the database clock, in UTC; in a demonstration plus its offset."""
    now: datetime = (await session.execute(text("SELECT platform_now()"))).scalar_one()
    return now.astimezone(UTC)


async def clock_offset_ms(session: AsyncSession) -> int:
    """The demonstration offset in milliseconds; 0 in a real database."""
    return int((await session.execute(text("SELECT platform_offset_ms()"))).scalar_one())


def system_now() -> datetime:
    """The system's UTC, for security clocks only: sessions, TOTP, throttles."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """`2026-11-23T08:00:00.000Z`: the one form of an instant in payloads, JSON and receipts."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def parse_rfc3339(text_: str) -> datetime:
    """The inverse of `rfc3339`."""
    return datetime.strptime(text_, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
