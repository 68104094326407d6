"""The box (投标箱) derived again from the slots, compared with the journal of closing and with the folder."""

from collections.abc import Mapping
from datetime import timedelta

from bidding.proof import Mismatch
from bidding.proof.settled import digest_of
from bidding.sealing.box import Box, derive_box
from bidding.sealing.documents import decode
from bidding.sealing.errors import SealingError
from portal.evidence.layout import ENVELOPES, HISTORY, WITHDRAWALS, History, envelope_path
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.report import Report
from portal.verify.slots import Slots

CLOSED = "lot:box:closed"
PUBLISHED = "lot:announcement:published"
WITNESSED_WITHIN = timedelta(seconds=120)
"""After the deadline: what the witnesses had not cosigned by then may have been added by someone who saw the bids."""

# The engine's refusals of a whole box, in the words of this report; any other is about one envelope.
_NAMES = {
    "sealing.box.late": "bid.added_late",
    "sealing.box.document": "bid.dropped",
    "sealing.box.duplicate": "bid.twice",
    "sealing.box.fork": "bid.chain",
    "sealing.box.predecessor": "bid.chain",
    "sealing.box.key": "bid.chain",
    "sealing.box.act": "bid.act",
}


def check_announced(announced: Announced, journal: Journal, report: Report) -> None:
    """Every version was journalled, the first before the first slot could end."""
    with report.check("announcement.journalled", otherwise="announcement.unjournalled"):
        for announcement in announced.versions:
            found = journal.one(PUBLISHED, announced.subject, ann=announcement.ann, file=digest_of(announcement.raw))
            if found is None or found.entry.payload.get("deadline") != announcement.body.deadline:
                report.failed("announcement.unjournalled", ann=announcement.ann)
        if len(journal.find(PUBLISHED, announced.subject)) != len(announced.versions):
            report.failed("announcement.unjournalled", ann="?")


def read_box(folder: Folder, announced: Announced, slots: Slots, report: Report) -> Box | None:
    """None where no box follows from the slots."""
    box: Box | None = None
    with report.check("box.derived", otherwise="bid.envelope") as facts:
        envelopes = _documents(folder, [p for p in folder.below(ENVELOPES) if p.endswith("/envelope.json")])
        withdrawals = _documents(folder, folder.below(WITHDRAWALS))
        try:
            box = derive_box(announced.versions, slots.acts, {**envelopes, **withdrawals}, announced.deadline)
        except SealingError as error:
            name = _NAMES.get(error.code, "bid.envelope")
            raise Mismatch(name, detail=error.code, **error.params) from error
        facts.update(count=box.count, root=box.root)
        for digest in sorted(withdrawals.keys() - {act.hash for act in slots.acts}):
            report.failed("bid.withdrawal", hash=digest)
        _check_folder(folder, box, set(envelopes), report)
    return box


def check_closing(announced: Announced, journal: Journal, slots: Slots, box: Box, report: Report) -> Found | None:
    """The box is the one journalled at closing, and was soon witnessed."""
    closed: Found | None = None
    with report.check("box.journalled", otherwise="box.unjournalled"):
        closed = journal.one(CLOSED, announced.subject)
        told = {
            "ann": announced.newest.ann,
            "root": box.root,
            "live": box.count,
            "slots": digest_of(slots.document),
        }
        if closed is None or closed.entry.payload != told or closed.index < slots.last_leaf:
            report.failed("box.unjournalled")
    if closed is not None:
        with report.check("closing.witnessed", otherwise="closing.late") as facts:
            at = journal.witnessed_at(closed.index)
            facts["at"] = at
            if at is None or at > announced.deadline + WITNESSED_WITHIN or closed.entry.at <= announced.deadline:
                report.failed("closing.late", at=at)
    return closed


def _documents(folder: Folder, paths: list[str]) -> dict[str, bytes]:
    """By digest, which is also their name."""
    found: dict[str, bytes] = {}
    for path in paths:
        raw = folder.read(path)
        digest = digest_of(raw)
        name = path.split("/")[-2] if path.endswith("/envelope.json") else path.rsplit("/", 1)[1].removesuffix(".json")
        if name != digest:
            raise Mismatch("bid.envelope", path=path)
        found[digest] = raw
    return found


def _check_folder(folder: Folder, box: Box, envelopes: set[str], report: Report) -> None:
    """The folder shows the live envelopes and nothing of what was ended."""
    live = tuple(envelope.digest for envelope in box.envelopes)
    ended = {*box.replaced, *box.withdrawn}
    for digest in sorted(envelopes - set(live)):
        report.failed("bid.revived" if digest in ended else "bid.added_late", hash=digest)
    shown = {path.split("/")[1] for path in folder.below(ENVELOPES) if path.endswith(".obj")}
    for digest in sorted(shown - set(live)):
        report.failed("bid.revived" if digest in ended else "file.unlisted", hash=digest, path=envelope_path(digest))
    history = decode(folder.read(HISTORY), History, "box.history")
    told: Mapping[str, object] = {"live": live, "replaced": box.replaced, "withdrawn": box.withdrawn}
    for name, value in told.items():
        if getattr(history, name) != value:
            report.failed("box.history", part=name)
