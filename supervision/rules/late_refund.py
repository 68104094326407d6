"""投标保证金逾期退还: paid back after its lawful day, or not at all by then (实施条例 31, 35, 57).

What is to go back and until when stands in the journal's refund plan, what went back in the bank's word for each
payment. Refunds of one cause and one day are one matter; money that is kept on a ground of the law is none.
"""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID

import msgspec

from supervision.stories import Story
from supervision.types import Judged

PLANNED = "lot:refunds:planned"
PAID = "lot:refund:paid"
WITHHELD = "lot:deposit:withheld"
_ROWS = {
    "withdrawn": "refund_withdrawn",
    "no_bid": "refund_no_bid",
    "returned": "refund_no_bid",
    "contract": "refund_contract",
    "ended": "refund_ended",
}


class _Owed(msgspec.Struct, frozen=True):
    refund: str
    fen: int
    planned: UUID
    paid_at: dt.datetime | None = None
    paid: UUID | None = None

    def late(self, due: dt.datetime, now: dt.datetime) -> bool:
        return (self.paid_at or now) > due


def look(story: Story) -> Iterator[Judged]:
    """One judgement for the refunds of a cause that fall due at one instant."""
    for (cause, due), owed in sorted(_owed(story).items()):
        late = [item for item in owed if item.late(due, story.now)]
        shown = late or owed
        ends = [item.paid_at for item in shown]
        waits = any(item.paid_at is None for item in owed)
        yield Judged(
            cause=f"{cause}:{due.isoformat()}",
            broken=bool(late),
            parameter=story.row(_ROWS[cause], due),
            party="finance",
            subject=story.subject,
            due_at=due,
            happened_at=None if None in ends else max(item for item in ends if item is not None),
            evidence=tuple(dict.fromkeys([item.planned for item in shown] + [i.paid for i in shown if i.paid])),
            facts={"why": cause, "count": len(shown), "sum_fen": sum(item.fen for item in shown)},
            wake_at=due if waits else None,
        )


def _owed(story: Story) -> dict[tuple[str, dt.datetime], list[_Owed]]:
    """What goes back, by cause and day, each with its payment if there was one."""
    paid = {str(fact.payload["refund"]): fact for fact in story.of(PAID)}
    kept = {fact.payload.get("refund") for fact in story.of(WITHHELD)}
    found: dict[tuple[str, dt.datetime], list[_Owed]] = {}
    for fact in story.of(PLANNED):
        for item in fact.payload["refunds"]:
            if item["cause"] not in _ROWS or item["refund"] in kept:
                continue
            owed = _Owed(item["refund"], item["principal_fen"], fact.id)
            if end := paid.get(item["refund"]):
                owed = _Owed(owed.refund, owed.fen, fact.id, _instant(end.payload["at"]), end.id)
            found.setdefault((item["cause"], _instant(item["due_at"])), []).append(owed)
    return found


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
