"""The box, derived from the slots as they were sealed and not from what the platform says is in it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bidding.sealing.announcement import Announcement
from bidding.sealing.box import WITHDRAWN, Act, Box, derive_box, parse_act
from bidding.sealing.errors import SealingError
from bidding.sealing.submission import document_digest
from bidding.trustee.platform import BoxAnswer
from bidding.trustee.refusals import Decline
from trading.kernel.canonical import CanonicalError, parse_canonical
from trading.kernel.journal.blind import BlindError, SealedSlot, SlotOpening, parse_opening, sealed_slots, verify_stream
from trading.kernel.journal.schedule import Timeline


@dataclass(frozen=True)
class OpenedBox:
    """A box with the slots it came from."""

    box: Box
    slots: tuple[SealedSlot, ...]

    @property
    def late(self) -> int:
        """Slots that the journal itself shows were sealed after their time."""
        return sum(slot.late for slot in self.slots)


def slots_of(own: Announcement, log: Sequence[bytes]) -> list[SealedSlot]:
    """Every slot of the announced schedule, from the witnessed journal."""
    try:
        return sealed_slots(own.body.subject, Timeline([own.schedule]), log)
    except BlindError as error:
        raise Decline("slot_missing", error) from error


def parse_answer(raw: bytes) -> BoxAnswer:
    """The platform's answer, its shape checked."""
    try:
        return msgspec.json.decode(raw, type=BoxAnswer)
    except msgspec.DecodeError as error:
        raise Decline("box_malformed", error) from error


def derive(own: Announcement, slots: Sequence[SealedSlot], answer: BoxAnswer) -> OpenedBox:
    """The box of the announcement's own slots; nothing shown besides it is let pass."""
    if answer.announcement.encode() != own.raw:
        raise Decline("announcement_changed", "box")
    openings = _openings(answer.slots, own.body.subject)
    try:
        entries = verify_stream(slots, openings)
    except BlindError as error:
        raise Decline("slot_unopened" if error.code == "slot_unopened" else "slot_false", error) from error
    documents = {digest: text.encode() for digest, text in answer.documents.items()}
    try:
        acts = [act for slot, body in entries if (act := parse_act(body, slot, own.body.subject)) is not None]
        _check_shown(acts, documents)
        box = derive_box([own], acts, documents, own.deadline)
    except SealingError as error:
        raise Decline("box_invalid", error.code) from error
    return OpenedBox(box, tuple(slots))


def check_closed(opened: OpenedBox, payload: Mapping[str, Any]) -> None:
    """The journal fixed this box and no other."""
    if (payload.get("root"), payload.get("live")) != (opened.box.root, opened.box.count):
        raise Decline("box_differs", opened.box.root)


def _openings(text: str, subject: str) -> list[SlotOpening]:
    try:
        value = parse_canonical(text.encode())
        if value["subject"] != subject or not isinstance(value["slots"], list):
            raise Decline("box_malformed", "subject")
        return [parse_opening(item) for item in value["slots"]]
    except (CanonicalError, BlindError, KeyError, TypeError, UnicodeEncodeError) as error:
        raise Decline("box_malformed", error) from error


def _check_shown(acts: Sequence[Act], documents: Mapping[str, bytes]) -> None:
    """Refuses an envelope shown as if it were in the box though it is not: withdrawn, replaced, or never proved."""
    proved = {act.hash for act in acts}
    withdrawn = {act.body.prev for act in acts if act.body.action == WITHDRAWN}
    replaced = {act.body.prev for act in acts if act.body.action != WITHDRAWN}
    for digest, raw in documents.items():
        if digest not in proved or document_digest(raw) != digest:
            raise Decline("unproved", digest)
        if digest in withdrawn:
            raise Decline("withdrawn", digest)
        if digest in replaced:
            raise Decline("replaced", digest)
