"""The verbs of `trading.projects`: `async def verb(session, actor, *, …)`; whoever calls owns the transaction."""

from trading.projects.services.checking import as_problem, propose
from trading.projects.services.lots import (
    add_document,
    advance_lot,
    change_timetable,
    join_lot,
    publish_participants,
)
from trading.projects.services.milestones import date_milestone, mark_milestone
from trading.projects.services.registration import (
    change_draft,
    check_registration,
    discard_draft,
    own_draft,
    register_project,
    submit_registration,
)
from trading.projects.services.working_days import publish_year, set_day

__all__ = [
    "add_document",
    "advance_lot",
    "as_problem",
    "change_draft",
    "change_timetable",
    "check_registration",
    "date_milestone",
    "discard_draft",
    "join_lot",
    "mark_milestone",
    "own_draft",
    "propose",
    "publish_participants",
    "publish_year",
    "register_project",
    "set_day",
    "submit_registration",
]
