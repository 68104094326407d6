"""The next lawful step: who takes it, until when, and the page where the reader takes it."""

import datetime as dt
from typing import get_args
from uuid import UUID

import pytest

from trading.kernel.identity import ANONYMOUS, Actor
from trading.projects.calendar import BEIJING, day_end
from trading.projects.forms import FUNDING, Funding
from trading.projects.profile import load_profile, profile_names
from trading.projects.states import LOT, LOT_STATES
from trading.projects.types import LotView, Milestone
from trading.projects.views import MILESTONES, next_step, steps

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=BEIJING)
DAY = dt.timedelta(days=1)
OWNER, AGENCY = UUID(int=1), UUID(int=2)
LOT_VIEW = LotView(
    id=UUID(int=3),
    project_id=UUID(int=4),
    project_code="",
    unified_code="",
    project_name="",
    number="001",
    name="",
    scope="",
    state="registered",
    profile="works_open_tender",
    profile_digest="",
    tenderer_org_id=OWNER,
    tenderer_name="",
    agency_org_id=AGENCY,
    agency_name="",
    estimate_fen=1,
    ceiling_fen=None,
    deposit_fen=0,
    duration_days=1,
    quality="",
    validity_days=1,
    issue_from=NOW.date(),
    issue_to=NOW.date(),
    deadline_at=NOW,
    min_bidders=3,
    participants_public_at=None,
)


def milestone(key: str, role: str, due: dt.datetime | None, *, done: bool = False) -> Milestone:
    return Milestone(key, role, due, NOW - DAY if done else None, UUID(int=9) if done else None)


def actor(role: str, org: UUID | None = None) -> Actor:
    return Actor(name="x", account_id=UUID(int=8), org_id=org, roles=frozenset({role}))


LINE = [
    milestone("documents", "tenderer", NOW - DAY, done=True),
    milestone("notice", "official", day_end(NOW.date())),
    milestone("issue_end", "", NOW - DAY),
    milestone("deadline", "bidder", NOW + 20 * DAY),
]


def test_done_now_next_and_what_is_over_by_itself() -> None:
    assert [(step.key, step.state) for step in steps(LINE, NOW)] == [
        ("documents", "done"),
        ("notice", "now"),
        ("issue_end", "done"),
        ("deadline", "next"),
    ]
    assert steps(LINE, NOW + 2 * DAY)[1].state == "late"


def test_a_day_ends_at_24_and_an_hour_is_an_hour() -> None:
    _, notice, _, deadline = steps(LINE, NOW)
    assert (notice.due_day, notice.due_at) == (NOW.date(), None)
    assert (deadline.due_day, deadline.due_at) == (None, NOW + 20 * DAY)


@pytest.mark.parametrize(
    ("who", "goes"),
    [
        (actor("official"), True),
        (actor("tenderer", OWNER), True),
        (actor("agency", AGENCY), True),
        (actor("tenderer", UUID(int=7)), False),
        (actor("bidder", OWNER), False),
        (ANONYMOUS, False),
    ],
)
def test_the_button_is_for_who_takes_the_step(who: Actor, goes: bool) -> None:
    step = next_step(LINE, LOT_VIEW, who, NOW)
    assert step is not None
    assert (step.key, step.role) == ("notice", "official")
    assert step.url == (f"/projects/{UUID(int=4)}/notices" if goes else None)


def test_nothing_comes_after_all_is_done() -> None:
    done = [milestone("opening", "official", NOW, done=True)]
    assert next_step(done, LOT_VIEW, ANONYMOUS, NOW) is None


def test_the_words_the_pages_need_are_all_declared() -> None:
    for name in profile_names():
        assert {step.key for step in load_profile(name).milestones} <= set(MILESTONES)
    assert set(get_args(Funding)) == set(FUNDING)
    assert set(LOT_STATES) == LOT.states
