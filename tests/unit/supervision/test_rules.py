"""Each rule on stories made by hand: what it fires at, what it leaves alone, when it wants to look again."""

import datetime as dt
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import rulebook
from supervision.clocks import clocks, line
from supervision.rules import RULES
from supervision.rules.draw_window import COMPUTED, working_days_before
from supervision.rules.late_refund import PAID, PLANNED, WITHHELD
from supervision.services.checking import judge
from supervision.stories import Fact, Story
from supervision.types import Judged
from trading.projects.calendar import BEIJING, WorkingCalendar, day_end
from trading.projects.profile import load_profile
from trading.projects.types import LotView, Milestone

PROFILE = load_profile("works_open_tender")
CALENDAR = WorkingCalendar({}, frozenset({2026}))
DEADLINE = dt.datetime(2026, 12, 16, 9, 30, tzinfo=BEIJING)  # a Wednesday
DAY = dt.timedelta(days=1)
LOT = LotView(
    id=UUID(int=1),
    project_id=UUID(int=2),
    project_code="2611-350100-04-01-100001",
    unified_code="A",
    project_name="工程",
    number="1",
    name="一标段",
    scope="施工",
    state="published",
    profile="works_open_tender",
    profile_digest="ab",
    tenderer_org_id=UUID(int=3),
    tenderer_name="招标人",
    agency_org_id=None,
    agency_name=None,
    estimate_fen=1,
    ceiling_fen=1,
    deposit_fen=1,
    duration_days=1,
    quality="合格",
    validity_days=90,
    issue_from=dt.date(2026, 11, 24),
    issue_to=dt.date(2026, 11, 30),
    deadline_at=DEADLINE,
    min_bidders=3,
    participants_public_at=None,
)
ROLES = {step.key: step.role for step in PROFILE.milestones}
ORDER = [step.key for step in PROFILE.milestones if step.subject == "lot"]


def story(
    now: dt.datetime,
    *facts: Fact,
    done: dict[str, dt.datetime] | None = None,
    due: dict[str, dt.datetime] | None = None,
    state: str = "published",
) -> Story:
    steps = tuple(
        Milestone(
            key=key,
            role=ROLES[key],
            due_at=(due or {}).get(key),
            done_at=(done or {}).get(key),
            entry_id=UUID(int=100 + place) if key in (done or {}) else None,
        )
        for place, key in enumerate(ORDER)
    )
    lot = msgspec.structs.replace(LOT, state=state)
    return Story(lot, PROFILE, CALENDAR, steps, facts, now)


def judged(rule: str, of: Story) -> list[Judged]:
    return list(RULES[rule](of))


def until(key: str) -> dict[str, dt.datetime]:
    """Every step up to this one taken, each at its time."""
    return {each: DEADLINE - DAY for each in ORDER[: ORDER.index(key) + 1] if ROLES[each]}


def test_every_rule_has_its_severity_and_its_rows() -> None:
    assert [item.id for item in rulebook.rules()] == list(RULES)
    assert all(item.parameters for item in rulebook.rules())
    with pytest.raises(rulebook.NoSuchRow):
        rulebook.row(PROFILE, "draw_earliest", dt.date(2001, 1, 1))


def test_the_lots_own_row_counts_before_the_rules() -> None:
    general = rulebook.row(PROFILE, "draw_earliest", dt.date(2026, 12, 1))
    own = msgspec.structs.replace(general, value=1, effective_from=dt.date(2026, 1, 1))
    profile = msgspec.structs.replace(PROFILE, parameters=(*PROFILE.parameters, own))
    assert rulebook.row(profile, "draw_earliest", dt.date(2026, 12, 1)).value == 1
    assert rulebook.row(profile, "draw_earliest", dt.date(2025, 12, 1)).value == general.value


@pytest.mark.parametrize(
    ("at", "side"),
    [
        (dt.datetime(2026, 12, 11, 23, 59, tzinfo=BEIJING), "early"),  # Friday: two working days are Monday and Tuesday
        (dt.datetime(2026, 12, 14, 0, 0, tzinfo=BEIJING), None),
        (DEADLINE, None),
        (DEADLINE + dt.timedelta(milliseconds=1), "late"),
    ],
)
def test_a_draw_has_its_window(at: dt.datetime, side: str | None) -> None:
    fact = Fact(UUID(int=9), at, COMPUTED, "draw:x", {})
    [found] = judged("draw_window", story(at, fact))
    assert (found.broken, found.subject, found.evidence) == (side is not None, "draw:x", (UUID(int=9),))
    if side:
        assert found.facts == {"side": side}
    assert judged("draw_window", story(at, msgspec.structs.replace(fact, action="draw:call:made"))) == []


@given(st.dates(dt.date(2026, 3, 1), dt.date(2026, 11, 30)), st.integers(0, 9))
def test_working_days_are_counted_back(day: dt.date, count: int) -> None:
    first = working_days_before(CALENDAR, day, count)
    between = [first + n * DAY for n in range((day - first).days)]
    assert sum(item.isoweekday() < 6 for item in between) == count
    assert count == 0 or first.isoweekday() < 6


def refund(number: int, due: dt.datetime, cause: str = "contract") -> dict[str, object]:
    return {"refund": f"r{number}", "cause": cause, "principal_fen": 100, "due_at": due.isoformat()}


def test_a_refund_has_its_day() -> None:
    due, later = DEADLINE + 40 * DAY, DEADLINE + 41 * DAY
    plan = {"refunds": [refund(1, due), refund(2, due), refund(3, later, "no_bid"), refund(4, due, "withheld")]}
    planned = Fact(UUID(int=1), DEADLINE, PLANNED, "lot:x", plan)

    def paid(number: int, at: dt.datetime) -> Fact:
        return Fact(UUID(int=10 + number), at, PAID, "lot:x", {"refund": f"r{number}", "at": at.isoformat()})

    first, other = judged("late_refund", story(due, planned))
    assert (first.broken, first.wake_at, first.facts["count"]) == (False, due, 2)
    assert (other.broken, other.wake_at, other.parameter.key) == (False, later, "refund_no_bid")
    first, _ = judged("late_refund", story(due + DAY, planned, paid(1, due)))
    assert (first.broken, first.happened_at) == (True, None)
    assert first.facts == {"why": "contract", "count": 1, "sum_fen": 100}
    first, _ = judged("late_refund", story(due, planned, paid(1, due), paid(2, due)))
    assert (first.broken, first.wake_at, first.happened_at) == (False, None, due)
    first, _ = judged("late_refund", story(due + DAY, planned, paid(1, due), paid(2, due + DAY)))
    assert (first.broken, first.happened_at) == (True, due + DAY)
    assert first.evidence == (UUID(int=1), UUID(int=12))
    kept = Fact(UUID(int=2), DEADLINE, WITHHELD, "lot:x", {"refund": "r3"})
    assert len(judged("late_refund", story(later + DAY, planned, kept))) == 1


def test_a_step_left_out_is_told_from_one_to_come() -> None:
    done = until("deadline")
    assert judged("skipped_step", story(DEADLINE, done=done)) == []
    del done["notice"]
    [found] = judged("skipped_step", story(DEADLINE, done=done))
    assert (found.cause, found.broken, found.party, found.facts["after"]) == (
        "notice",
        True,
        "official",
        "announcement",
    )
    [early] = judged("skipped_step", story(DEADLINE, done=done, due={"notice": DEADLINE + DAY}))
    assert (early.broken, early.wake_at) == (False, DEADLINE + DAY)
    assert judged("skipped_step", story(DEADLINE, done=done, state="failed")) == []


def test_steps_beside_the_line_have_their_own_followers() -> None:
    done = until("opening")
    del done["rooms"]
    assert [item.cause for item in judged("skipped_step", story(DEADLINE, done=done))] == ["rooms"]
    del done["opening"]
    assert judged("skipped_step", story(DEADLINE, done=done)) == []  # the room may still be booked
    done = until("contract")
    del done["award_report"]
    due = {"award_report": DEADLINE + 15 * DAY}
    [waiting] = judged("skipped_step", story(DEADLINE, done=done, due=due))
    assert (waiting.broken, waiting.wake_at, waiting.parameter.id) == (False, due["award_report"], "A1.24")
    [missed] = judged("skipped_step", story(DEADLINE + 16 * DAY, done=done, due=due))
    assert (missed.broken, missed.party) == (True, "tenderer")


def test_the_same_story_is_judged_the_same() -> None:
    of = story(DEADLINE, done={"deadline": DEADLINE})
    assert judge(of) == judge(of)


def test_clocks_say_done_late_now_and_left_out() -> None:
    done = until("announcement")
    del done["documents"]
    due = {"notice": DEADLINE - 2 * DAY, "deadline": DEADLINE, "opening": DEADLINE}
    found = {item.key: item for item in clocks(story(DEADLINE, done=done, due=due).milestones, DEADLINE)}
    assert (found["documents"].state, found["notice"].state, found["deadline"].state) == ("skipped", "done", "now")
    assert (found["notice"].late_by, found["notice"].late_hours) == (DAY, 24)
    hours = DEADLINE + dt.timedelta(hours=3)
    found = {item.key: item for item in clocks(story(hours, done=until("deadline"), due=due).milestones, hours)}
    assert (found["opening"].state, found["opening"].late_by) == ("now", None)  # it happens at that hour, not until it
    end = day_end(DEADLINE.date()) + DAY
    shown = line(LOT, story(end, done=until("deadline"), due=due).milestones, end)
    assert shown.step is not None
    assert (shown.step.key, shown.step.state, shown.late) == ("opening", "late", 1)
    failed = line(msgspec.structs.replace(LOT, state="failed"), story(end, due=due).milestones, end)
    assert (failed.step, failed.late) == (None, 0)
