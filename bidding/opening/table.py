"""The opening table (开标一览表): bidder, price and what else is read aloud, in box order; empty until revealed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_PARTS = text(
    "SELECT position, env, part, code, facts, files FROM opened_parts WHERE lot_id = :lot ORDER BY position, part"
)


class Line(msgspec.Struct, frozen=True):
    """One bidder's line. `codes` names, by part, why a part is void."""

    position: int
    env: str
    organisation: str | None = None
    uscc: str | None = None
    deposit_reference: str | None = None
    price_fen: int | None = None
    duration_days: int | None = None
    quality: str | None = None
    manager: str | None = None
    codes: dict[str, str] = {}

    @property
    def void(self) -> bool:
        """Whether any part of this bid is void."""
        return bool(self.codes)


class Table(msgspec.Struct, frozen=True):
    """Every line."""

    rows: tuple[Line, ...]


OPENING_RECORD = "opening-record"
"""Kind of the filed PDF."""


class OpenedFile(msgspec.Struct, frozen=True):
    """A file of an opened part, in the object store under its SHA-256."""

    env: str
    part: str
    name: str
    size: int
    sha256: str


_FACTS = ("organisation", "uscc", "deposit_reference", "price_fen", "duration_days", "quality", "manager")


async def table(session: AsyncSession, lot_id: UUID) -> Table:
    """The table as far as it is revealed."""
    lines: dict[int, dict[str, Any]] = {}
    for row in await session.execute(_PARTS, {"lot": lot_id}):
        line = lines.setdefault(row.position, {"position": row.position, "env": row.env, "codes": {}})
        if row.code:
            line["codes"][row.part] = row.code
        else:
            line.update({name: value for name, value in row.facts.items() if name in _FACTS})
    return Table(rows=tuple(msgspec.convert(line, Line) for _, line in sorted(lines.items())))


async def files(session: AsyncSession, lot_id: UUID) -> tuple[OpenedFile, ...]:
    """Every file of every opened part, for the committee and the archive."""
    return tuple(
        OpenedFile(env=row.env, part=row.part, **file)
        for row in await session.execute(_PARTS, {"lot": lot_id})
        for file in row.files
    )


def row_of(line: Line) -> dict[str, Any]:
    """A line as live viewers get it."""
    shown: dict[str, Any] = msgspec.to_builtins(line)
    return shown


class OpeningView(msgspec.Struct, frozen=True):
    """How far an opening has come, for its page and the API."""

    lot_id: UUID
    state: str
    root: str
    live: int
    minimum: int
    t: int
    closed_at: datetime
    phases: tuple["PhaseView", ...]
    rows: tuple[Line, ...]
    record: str | None
    printed: UUID | None
    """The record's PDF among the filed documents, once it is made."""


class PhaseView(msgspec.Struct, frozen=True):
    """One phase: which seats have answered, whether it is settled and revealed."""

    phase: int
    parts: tuple[str, ...]
    seats: tuple[int, ...]
    settled: str | None
    settled_at: datetime | None
    revealed_at: datetime | None
    current: bool
