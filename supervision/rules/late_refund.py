"""投标保证金逾期退还: paid back later than five days after the contract, or not at all by then (实施条例 57)."""

from collections.abc import Iterator

from supervision.stories import Story
from supervision.types import Judged

PAID = "refund_paid"


def look(story: Story) -> Iterator[Judged]:
    """The step is dated when refunds are planned; before that there is nothing to pay."""
    step = story.milestone(PAID)
    if step is None or step.due_at is None:
        return
    contract = story.milestone("contract")
    evidence = [item.entry_id for item in (contract, step) if item is not None and item.entry_id is not None]
    yield Judged(
        cause=PAID,
        broken=(step.done_at or story.now) > step.due_at,
        parameter=story.row("refund_contract", step.due_at),
        party="finance",
        subject=story.subject,
        due_at=step.due_at,
        happened_at=step.done_at,
        evidence=tuple(evidence),
        facts={"step": PAID},
        wake_at=step.due_at if step.done_at is None else None,
    )
