"""抽取时间不当: experts drawn (名单产生) too long before the opening, or only after it.

What counts is the instant the order was computed: commitments may be gathered for weeks without telling anyone who
will sit. A draw that goes on with an earlier order computes none.
"""

import datetime as dt
from collections.abc import Iterator

from supervision.stories import Story
from supervision.types import Judged
from trading.projects.calendar import WorkingCalendar, day_start, local_day

COMPUTED = "draw:order:computed"


def look(story: Story) -> Iterator[Judged]:
    """One judgement for each order computed."""
    opening = story.lot.deadline_at
    for fact in story.of(COMPUTED):
        late = fact.at > opening
        row = story.row("draw_before_opening" if late else "draw_earliest", fact.at)
        earliest = day_start(working_days_before(story.calendar, local_day(opening), row.value))
        early = not late and fact.at < earliest
        yield Judged(
            cause=f"computed:{fact.id}",
            broken=late or early,
            parameter=row,
            party="official",
            subject=fact.subject,
            due_at=opening if late else earliest,
            happened_at=fact.at,
            evidence=(fact.id,),
            facts={"side": "late" if late else "early"},
        )


def working_days_before(calendar: WorkingCalendar, day: dt.date, count: int) -> dt.date:
    """The day from which `count` working days lie before `day`, which is not counted."""
    while count:
        day -= dt.timedelta(days=1)
        count -= calendar.is_working(day)
    return day
