"""跳过环节: a step that comes after was taken, and one that somebody had to take before it was not.

The order is the profile's. Two steps stand beside the line: the room precedes the opening and nothing else, the written
report has its own day and is missed only once that is over.
"""

from collections.abc import Iterator, Sequence

from supervision.stories import Story
from supervision.types import Judged, Role
from trading.projects.types import BESIDE, Milestone

_PRECEDES = {"rooms": "opening", "award_report": "contract"}
_ROWS = {"award_report": "award_report", "contract": "contract_period", "candidates": "publicity_start"}
"""Steps with a row of law of their own."""


def look(story: Story) -> Iterator[Judged]:
    """One judgement for each step not taken that something follows. A failed lot takes no more steps."""
    if story.lot.state == "failed":
        return
    for place, step in enumerate(story.milestones):
        if not step.role or step.done_at is not None:
            continue
        later = _later(story.milestones, place)
        if later is None or later.done_at is None:
            continue
        over = step.due_at is None or step.due_at <= story.now
        yield Judged(
            cause=step.key,
            broken=over,
            parameter=story.row(_ROWS.get(step.key, "step_order"), later.done_at),
            party=_party(step.role),
            subject=story.subject,
            due_at=step.due_at,
            happened_at=None,
            evidence=(later.entry_id,) if later.entry_id else (),
            facts={"step": step.key, "after": later.key},
            wake_at=None if over else step.due_at,
        )


def _later(milestones: Sequence[Milestone], place: int) -> Milestone | None:
    """The first step taken that this one should have come before."""
    step = milestones[place]
    if step.key in BESIDE:
        follower = _PRECEDES.get(step.key)
        return next((item for item in milestones if item.key == follower and item.done_at), None)
    return next((item for item in milestones[place + 1 :] if item.done_at and item.key not in BESIDE), None)


def _party(role: str) -> Role:
    """Who has to say why: the tenderer's side for its own steps, finance for payments, else the centre."""
    if role in {"tenderer", "agency"}:
        return "tenderer"
    return "finance" if role == "finance" else "official"
