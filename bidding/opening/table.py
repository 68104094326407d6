"""The opening table (开标一览表): bidder, price and what else is read aloud, in box order; empty until revealed."""

from typing import Any, Literal, get_args
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.subjects import lot
from trading.funds import reads as funds

_PARTS = text(
    "SELECT position, env, part, code, facts FROM opened_parts "
    "WHERE subject_kind = :kind AND subject_id = :id ORDER BY position, part"
)


Deposit = Literal["matched", "late", "short", "wrong_payer", "duplicate", "withdrawn", "none", "foreign"]
DEPOSITS = get_args(Deposit)


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
    deposit: Deposit | None = None
    """What had come of the reference; None where the identity is not known."""
    deposit_fen: int | None = None
    codes: dict[str, str] = {}

    @property
    def void(self) -> bool:
        """Whether any part of this bid is void."""
        return bool(self.codes)


class Table(msgspec.Struct, frozen=True):
    """Every line."""

    rows: tuple[Line, ...]


_FACTS = ("organisation", "uscc", "deposit_reference", "price_fen", "duration_days", "quality", "manager")


async def table(session: AsyncSession, lot_id: UUID) -> Table:
    """The table as far as it is revealed."""
    lines: dict[int, dict[str, Any]] = {}
    for row in await session.execute(_PARTS, lot(lot_id).columns):
        line = lines.setdefault(row.position, {"position": row.position, "env": row.env, "codes": {}})
        if row.code:
            line["codes"][row.part] = row.code
        else:
            line.update({name: value for name, value in row.facts.items() if name in _FACTS})
    rows = [msgspec.convert(line, Line) for _, line in sorted(lines.items())]
    return Table(rows=await _with_deposits(session, lot_id, rows))


async def _with_deposits(session: AsyncSession, lot_id: UUID, rows: list[Line]) -> tuple[Line, ...]:
    """投标保证金: paid, or not; a reference to another bidder's sub-account pays for nobody here."""
    references = sorted({line.deposit_reference for line in rows if line.deposit_reference})
    found = await funds.deposit_status(session, lot_id, references) if references else {}
    shown = []
    for line in rows:
        if line.organisation is None:
            shown.append(line)
            continue
        status = found.get(line.deposit_reference or "")
        if status is None:
            shown.append(replace(line, deposit="none"))
        elif status.holder_uscc not in {None, line.uscc}:
            shown.append(replace(line, deposit="foreign"))
        else:
            shown.append(replace(line, deposit=status.state, deposit_fen=status.paid_fen))
    return tuple(shown)


def row_of(line: Line) -> dict[str, Any]:
    """A line as live viewers get it."""
    shown: dict[str, Any] = msgspec.to_builtins(line)
    return shown
