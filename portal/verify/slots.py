"""The blind slots (盲时隙): each of the announced schedule sealed once in the journal, each opened as it was sealed."""

from collections.abc import Mapping
from dataclasses import dataclass

from bidding.proof import Mismatch
from bidding.sealing.box import Act, parse_act
from portal.evidence.layout import SLOTS
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.report import Report
from trading.kernel.canonical import parse_canonical
from trading.kernel.journal.blind import MERGE, SLOT_SEALED, BlindError, SlotOpening, parse_opening, verify_slot
from trading.kernel.journal.instant import parse_instant


@dataclass(frozen=True)
class Slots:
    """The slots as opened, the acts found in them, and where the last stands in the log."""

    openings: Mapping[int, SlotOpening]
    acts: tuple[Act, ...]
    document: bytes
    last_leaf: int

    def holds(self, slot: int, leaf: bytes) -> bool:
        """Whether an opened slot has this entry."""
        return slot in self.openings and any(entry.leaf == leaf for entry in self.openings[slot].entries)

    def empty(self, slot: int) -> bool:
        """Whether a slot was opened with nothing in it."""
        return slot in self.openings and not self.openings[slot].entries


def read_slots(folder: Folder, announced: Announced, journal: Journal, report: Report) -> Slots | None:
    """The slots as far as they can be read; what is missing or false is reported."""
    sealed: dict[int, Found] = {}
    with report.check("slots.sealed", otherwise="slot.form", count=announced.timeline.count):
        sealed = _sealed(announced, journal, report)
    slots: Slots | None = None
    with report.check("slots.opened", otherwise="slot.form") as facts:
        document = folder.read(SLOTS)
        openings = _openings(document, announced, report)
        _compare(sealed, openings, announced, report)
        acts = [
            parse_act(entry.body, slot, announced.subject)
            for slot, opening in sorted(openings.items())
            for entry in opening.entries
        ]
        last = max((found.index for found in sealed.values()), default=-1)
        slots = Slots(openings, tuple(act for act in acts if act), document, last)
        facts.update(count=len(openings), acts=len(slots.acts))
    if slots is not None:
        _check_acts(slots, announced, report)
        _note_late(sealed, slots, announced, report)
    return slots


def _sealed(announced: Announced, journal: Journal, report: Report) -> dict[int, Found]:
    """The journal's slots by number: none missing, none twice, none besides, in order, each for its time."""
    timeline = announced.timeline
    sealed: dict[int, Found] = {}
    before = -1
    for found in journal.find(SLOT_SEALED, announced.subject):
        payload = found.entry.payload
        number = int(payload["slot"])
        if number in sealed or not 0 <= number < timeline.count:
            report.failed("slot.added", slot=number)
            continue
        start, end = timeline.bounds(number)
        shown = (parse_instant(payload["from"]), parse_instant(payload["to"]))
        if shown != (start, end) or found.entry.at < end or number < before:
            report.failed("slot.time", slot=number)
        sealed[number], before = found, number
    for number in range(timeline.count):
        if number not in sealed:
            report.failed("slot.dropped", slot=number, place="journal")
    return sealed


def _openings(document: bytes, announced: Announced, report: Report) -> dict[int, SlotOpening]:
    told = parse_canonical(document)
    if told.keys() != {"v", "subject", "timeline", "slots"} or (told["v"], told["subject"]) != (
        "LBB1",
        announced.subject,
    ):
        raise Mismatch("slot.form", detail="LBB1")
    if told["timeline"] != announced.timeline.to_json():
        report.failed("slot.schedule")
    openings: dict[int, SlotOpening] = {}
    for item in told["slots"]:
        try:
            opening = parse_opening(item)
        except BlindError:
            report.failed("slot.salt", slot=item.get("slot"))
            continue
        if opening.to_json() != item or opening.slot in openings:
            raise Mismatch("slot.form", slot=opening.slot)
        openings[opening.slot] = opening
    return openings


def _compare(
    sealed: Mapping[int, Found], openings: Mapping[int, SlotOpening], announced: Announced, report: Report
) -> None:
    for number in range(announced.timeline.count):
        if number not in openings:
            report.failed("slot.dropped", slot=number, place="box")
        elif number in sealed:
            try:
                verify_slot(openings[number], bytes.fromhex(sealed[number].entry.payload["seal"]))
            except BlindError:
                report.failed("slot.false" if openings[number].entries else "slot.false_empty", slot=number)
    for number in openings.keys() - set(range(announced.timeline.count)):
        report.failed("slot.added", slot=number)


def _check_acts(slots: Slots, announced: Announced, report: Report) -> None:
    """Each act stands in the slot of the instant it says."""
    for act in slots.acts:
        if act.at > announced.deadline:
            report.failed("bid.added_late", hash=act.hash)
        elif announced.timeline.slot_at(act.at) != act.slot:
            report.failed("bid.slot", hash=act.hash, slot=act.slot)


def _note_late(sealed: Mapping[int, Found], slots: Slots, announced: Announced, report: Report) -> None:
    """A promise (`merge_by`) kept late is a fault of the platform, not a falsehood of the evidence."""
    for number, opening in slots.openings.items():
        if opening.entries and number in sealed:
            end = announced.timeline.bounds(number)[1]
            if sealed[number].entry.at > end + MERGE:
                report.noted("slot.late", slot=number)
