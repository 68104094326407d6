"""The whole cross-module map on one screen: which tasks an event starts."""

import archive.tasks  # noqa: F401  # the same
import bidding.tasks  # noqa: F401  # importing registers the tasks named below
import experts.evaluation.tasks  # the same
import experts.tasks  # noqa: F401  # the same
import notices.results.tasks  # the same
import notices.tasks  # noqa: F401  # the same
import portal.evidence.packages  # noqa: F401  # the same
import supervision.tasks  # noqa: F401  # the same
import trading.awards.tasks  # the same
import trading.funds.tasks  # noqa: F401  # the same
from archive.events import Approved, Composed, SweepDue
from bidding.events import DeadlineReached, UploadsLapsed
from bidding.opening.events import BoxClosed, OpeningCancelled, OpeningRecorded, PhaseRevealed, PhaseSettled
from experts.evaluation.events import ReportFinished, SigningOver
from experts.events import CallMade, CallWindowEnded, MessagesMade, RevealsOver, RosterDayBegan
from notices.events import NoticePublished, ResultPublished
from supervision.events import ClockRan
from trading.awards.events import Annulled, Awarded, Contracted, Publicised, PublicityDue, PublicityEnded
from trading.kernel.outbox import Event
from trading.kernel.tasks import TASKS

WIRING: dict[type[Event], tuple[str, ...]] = {
    NoticePublished: ("notices.render_pdf",),
    DeadlineReached: ("bidding.close_lot",),
    UploadsLapsed: ("bidding.sweep_uploads",),
    BoxClosed: ("funds.post_deposits", "supervision.sweep"),
    PhaseSettled: ("bidding.reveal_phase",),
    PhaseRevealed: ("experts.take_escrow",),
    OpeningCancelled: ("bidding.release_failure",),
    OpeningRecorded: ("bidding.print_record", "experts.look_for_ties", "supervision.sweep"),
    RosterDayBegan: ("experts.journal_root", "supervision.sweep"),
    MessagesMade: ("experts.send_messages",),
    RevealsOver: ("experts.settle_reveals",),
    CallMade: ("experts.send_call", "supervision.sweep"),
    CallWindowEnded: ("experts.close_call",),
    SigningOver: ("experts.end_signing",),
    ReportFinished: ("experts.print_report",),
    PublicityDue: ("awards.begin_publicity",),
    Publicised: ("notices.publish_result",),
    PublicityEnded: ("awards.end_publicity", "supervision.sweep"),
    Awarded: ("awards.issue_letters", "notices.publish_result"),
    Annulled: ("notices.release_annulment",),
    Contracted: ("notices.publish_result", "supervision.sweep"),
    ResultPublished: ("notices.render_result",),
    ClockRan: ("supervision.check_lot",),
    Approved: ("archive.compose",),
    Composed: ("archive.seal",),
    SweepDue: ("archive.sweep",),
}

if unknown := {name for names in WIRING.values() for name in names} - set(TASKS):
    raise RuntimeError(f"no task is registered as {sorted(unknown)}")
