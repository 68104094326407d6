"""The timeline as a page shows it: what is done, what comes next, and where the next lawful step is taken, pure."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import msgspec

from trading.kernel.identity import Actor
from trading.projects.rights import SIDE
from trading.projects.types import BESIDE, LotView, Milestone

# Where a step is taken; bidding's and notices' pages are known by address only.
_WHERE = {
    "documents": "/projects/{project}#documents",
    "notice": "/projects/{project}/notices",
    "announcement": "/lots/{lot}/ceremony",
    "deadline": "/lots/{lot}/bid",
    "opening": "/lots/{lot}/opening",
    "evaluation": "/lots/{lot}/evaluation",
    "candidates": "/lots/{lot}/result",
    "award": "/lots/{lot}/result",
    "award_report": "/lots/{lot}/result",
    "contract": "/lots/{lot}/result",
    "refund_paid": "/finance/refunds",
}
MILESTONES = (
    "registered",
    "documents",
    "rooms",
    "notice",
    "announcement",
    "issue_end",
    "clarification_end",
    "objection_end",
    "deadline",
    "opening",
    "evaluation",
    "candidates",
    "publicity_end",
    "award",
    "award_report",
    "contract",
    "refund_planned",
    "refund_paid",
)


class Step(msgspec.Struct, frozen=True):
    """A milestone as shown; `due_day` where it is due at the end of a day, `due_at` where at an hour."""

    key: str
    state: str
    at: dt.datetime | None
    due_at: dt.datetime | None
    due_day: dt.date | None


class NextStep(msgspec.Struct, frozen=True):
    """The next lawful step: who takes it, until when, and the page where this reader takes it, if it is his."""

    key: str
    role: str
    due_at: dt.datetime | None
    due_day: dt.date | None
    url: str | None


def steps(milestones: Sequence[Milestone], now: dt.datetime) -> tuple[Step, ...]:
    """Every milestone with its state; the first step somebody has to take is the present one."""
    present = next((m.key for m in _line(milestones) if m.role and not m.over(now)), None)
    return tuple(
        Step(
            key=m.key,
            state=_state(m, now, present=m.key == present),
            at=m.done_at,
            due_at=None if m.whole_day else m.due_at,
            due_day=m.whole_day,
        )
        for m in milestones
    )


def _line(milestones: Sequence[Milestone]) -> list[Milestone]:
    return [each for each in milestones if each.key not in BESIDE]


def _state(milestone: Milestone, now: dt.datetime, *, present: bool) -> str:
    if milestone.over(now):
        return "done"
    if milestone.role and milestone.due_at is not None and milestone.due_at < now:
        return "late"
    return "now" if present else "next"


def next_step(milestones: Sequence[Milestone], lot: LotView, actor: Actor, now: dt.datetime) -> NextStep | None:
    """What has to happen next, or nothing once the lot has failed or all is done."""
    if lot.state == "failed":
        return None
    step = next((m for m in _line(milestones) if m.role and not m.over(now)), None)
    if step is None:
        return None
    where = _WHERE.get(step.key)
    return NextStep(
        key=step.key,
        role=step.role,
        due_at=None if step.whole_day else step.due_at,
        due_day=step.whole_day,
        url=where.format(project=lot.project_id, lot=lot.id) if where and _takes(actor, step, lot) else None,
    )


def _takes(actor: Actor, step: Milestone, lot: LotView) -> bool:
    if step.key == "notice":  # written by the tenderer's side, published by an official
        return actor.has("official") or _own(actor, lot.tenderer_org_id, lot.agency_org_id)
    if step.key == "opening":  # anyone may watch
        return True
    if step.role in SIDE:
        return _own(actor, lot.tenderer_org_id, lot.agency_org_id)
    return actor.has(step.role)


def _own(actor: Actor, tenderer: UUID, agency: UUID | None) -> bool:
    return actor.has(*SIDE) and actor.org_id is not None and actor.org_id in {tenderer, agency}
