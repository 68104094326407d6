"""What a lock-box can be for: a subject, written `kind:id` everywhere outside SQL.

One lock-box serves every kind alike. What hangs off a kind (a lot's state, record and table) is in `bidding.kinds`.
"""

from typing import NamedTuple
from uuid import UUID

from trading.kernel.errors import NotFound

LOT = "lot"
DRAW = "draw"
COLLECTIONS = {"lots": LOT, "draws": DRAW}
"""Where the API has the boxes of a kind: `/v1/lots/{id}/box`, `/v1/draws/{id}/box`."""


class Subject(NamedTuple):
    """A lot (标段), or a draw (抽取) whose parties leave their random numbers in escrow (托管)."""

    kind: str
    id: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def columns(self) -> dict[str, object]:
        """Its two columns, as the SQL of this package names them."""
        return {"kind": self.kind, "id": self.id}

    @property
    def path(self) -> str:
        """Where its box is, in the API and in the folder of a trustee's program: `lots/0190…`."""
        return f"{next(name for name, kind in COLLECTIONS.items() if kind == self.kind)}/{self.id}"


def lot(lot_id: UUID) -> Subject:
    """A lot as a subject."""
    return Subject(LOT, lot_id)


def parse_subject(text: str) -> Subject:
    """`kind:id` of a kind that has a lock-box; anything else is not there."""
    kind, _, value = text.partition(":")
    try:
        found = Subject(kind, UUID(value))
    except ValueError:
        raise NotFound from None
    if kind not in COLLECTIONS.values() or str(found) != text:
        raise NotFound
    return found
