"""The whole cross-module map on one screen: which tasks an event starts."""

import bidding.tasks  # noqa: F401  # importing registers the tasks named below
import notices.tasks  # noqa: F401  # the same
from bidding.events import DeadlineReached
from bidding.opening.events import OpeningRecorded, PhaseSettled
from notices.events import NoticePublished
from trading.kernel.outbox import Event
from trading.kernel.tasks import TASKS

WIRING: dict[type[Event], tuple[str, ...]] = {
    NoticePublished: ("notices.render_pdf",),
    DeadlineReached: ("bidding.close_lot",),
    PhaseSettled: ("bidding.reveal_phase",),
    OpeningRecorded: ("bidding.print_record",),
}

if unknown := {name for names in WIRING.values() for name in names} - set(TASKS):
    raise RuntimeError(f"no task is registered as {sorted(unknown)}")
