"""The whole cross-module map on one screen: which tasks an event starts."""

import notices.tasks  # noqa: F401  # importing registers the tasks named below
from bidding.events import DeadlineReached
from bidding.opening.events import OpeningRecorded, PhaseSettled
from notices.events import NoticePublished
from trading.kernel.outbox import Event

WIRING: dict[type[Event], tuple[str, ...]] = {
    NoticePublished: ("notices.render_pdf",),
    DeadlineReached: ("bidding.close_lot",),
    PhaseSettled: ("bidding.reveal_phase",),
    OpeningRecorded: ("bidding.print_record",),
}
