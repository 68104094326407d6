"""What the witnessed journal says of one lot: announced, closed, settled, revealed. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bidding.sealing.announcement import Announcement
from bidding.sealing.content import IDENTITY_PART
from bidding.trustee.refusals import Decline
from trading.kernel.journal.entry import Entry, EntryError, parse_entry

PUBLISHED = "lot:announcement:published"
CLOSED = "lot:box:closed"
CANCELLED = "lot:opening:cancelled"
SETTLED = "lot:phase:settled"
REVEALED = "lot:phase:revealed"


class Leaf(NamedTuple):
    """An entry and where it stands in the log."""

    place: int
    entry: Entry

    @property
    def payload(self) -> dict[str, Any]:
        """What it says."""
        return self.entry.payload


def story_of(subject: str, log: Sequence[bytes]) -> list[Leaf]:
    """The subject's entries in the log's order."""
    leaves, needle = [], subject.encode()
    for index, body in enumerate(log):
        if needle not in body:
            continue
        try:
            entry = parse_entry(body)
        except EntryError:
            continue  # what is no entry of this journal says nothing
        if entry.subject == subject:
            leaves.append(Leaf(index, entry))
    return leaves


def check_published(own: Announcement, story: Sequence[Leaf]) -> None:
    """The newest announcement in the journal is the one this trustee signed."""
    published = _of(story, PUBLISHED)
    if not published:
        raise Decline("announcement_unproved")
    if published[-1].payload.get("ann") != own.ann:
        raise Decline("announcement_changed", published[-1].payload.get("ann"))


def check_released(own: Announcement, story: Sequence[Leaf]) -> None:
    """Where the announcement names a journal entry as its release, that entry is there."""
    kind, _, action = own.body.release.partition(":")
    if kind == "entry" and not _of(story, action):
        raise Decline("early", action)


def closed(own: Announcement, story: Sequence[Leaf], last_slot: int) -> Leaf:
    """The one entry that fixes the box, after the last slot."""
    if _of(story, CANCELLED):
        raise Decline("cancelled", _of(story, CANCELLED)[0].payload.get("reason"))
    found = _of(story, CLOSED)
    if not found or found[0].place < last_slot:
        raise Decline("not_closed")
    if len(found) > 1 or found[0].payload.get("ann") != own.ann:
        raise Decline("box_differs", "journal")
    return found[0]


def check_order(own: Announcement, story: Sequence[Leaf], phase: int, live: Sequence[str]) -> None:
    """Phases open one after another; after the identities enough valid bids must be left."""
    if phase not in own.phases:
        raise Decline("phase_unknown", phase)
    if _phase(story, SETTLED, phase):
        raise Decline("phase_settled", phase)
    for earlier in own.phases:
        if earlier >= phase:
            return
        settled, revealed = _phase(story, SETTLED, earlier), _phase(story, REVEALED, earlier)
        if not settled or not revealed or revealed[0].place < settled[0].place:
            raise Decline("phase_early", earlier)
        if any(part.id == IDENTITY_PART and part.phase == earlier for part in own.body.parts):
            valid = _valid(revealed, live)
            if valid < own.body.min_envelopes:
                raise Decline("too_few_valid", valid)


def _valid(revealed: Sequence[Leaf], live: Sequence[str]) -> int:
    """Different bidders whose identity was found valid, each with an envelope in the box."""
    bidders = set()
    for item in (item for leaf in revealed for item in _parts(leaf.payload)):
        if isinstance(item, dict) and item.get("part") == IDENTITY_PART and item.get("code", "?") is None:
            facts = item.get("facts")
            if item.get("env") in live and isinstance(facts, dict) and isinstance(facts.get("uscc"), str):
                bidders.add(facts["uscc"])
    return len(bidders)


def _parts(payload: dict[str, Any]) -> list[Any]:
    parts = payload.get("parts")
    return parts if isinstance(parts, list) else []


def _of(story: Sequence[Leaf], action: str) -> list[Leaf]:
    return [leaf for leaf in story if leaf.entry.action == action]


def _phase(story: Sequence[Leaf], action: str, phase: int) -> list[Leaf]:
    return [leaf for leaf in _of(story, action) if leaf.payload.get("phase") == phase]
