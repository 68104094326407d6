"""Releasing a phase (释放份额): every check, on this machine, before anything is decrypted; then the batches.

Order: the announcement is the one kept here; a checkpoint with the announced witness quorum, witnessed after the
release; the whole log up to it; the lot's story in it; every slot; the box they make; the phase's turn. The first
that does not hold declines all.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from bidding.sealing.announcement import Announcement, Trustee
from bidding.sealing.batch import make_batch
from bidding.sealing.framing import format_instant
from bidding.subjects import Subject
from bidding.trustee import opened, story
from bidding.trustee.folder import Folder
from bidding.trustee.log import read_log
from bidding.trustee.lots import Lots, Released
from bidding.trustee.opened import OpenedBox
from bidding.trustee.platform import Platform
from bidding.trustee.refusals import Decline
from bidding.trustee.vault import Vault
from bidding.trustee.witnesses import Seen, Witnesses


@dataclass(frozen=True)
class Cleared:
    """A phase whose checks all held: what its release would open."""

    own: Announcement
    me: Trustee
    phase: int
    seen: Seen
    opened: OpenedBox

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the phase."""
        return tuple(part.id for part in self.own.body.parts if part.phase == self.phase)

    def shares(self, part: str) -> int:
        """How many of this trustee's shares the part has."""
        return sum(part in envelope.entries for envelope in self.opened.box.envelopes)


def examine(
    subject: Subject,
    phase: int,
    *,
    own: Announcement,
    me: Trustee,
    platform: Platform,
    witnesses: Witnesses,
    cache: Folder,
) -> Cleared:
    """All checks; opens nothing and needs no key."""
    shown = platform.announcement(subject)
    if shown != own.raw:
        raise Decline("announcement_changed", "published")
    if phase not in own.phases:
        raise Decline("phase_unknown", phase)
    seen = witnesses.seen(own.body)
    try:
        box = _box(subject, phase, own=own, seen=seen, platform=platform, cache=cache)
    except Decline as decline:
        raise decline.seen(seen.digest) from decline
    return Cleared(own, me, phase, seen, box)


def _box(
    subject: Subject, phase: int, *, own: Announcement, seen: Seen, platform: Platform, cache: Folder
) -> OpenedBox:
    if seen.at <= own.deadline:
        raise Decline("early", own.body.deadline)
    log = read_log(platform.bundle, seen, cache)
    leaves = story.story_of(own.body.subject, log)
    story.check_published(own, leaves)
    story.check_released(own, leaves)
    slots = opened.slots_of(own, log)
    closing = story.closed(own, leaves, slots[-1].index)
    raw = platform.box(subject)
    if raw is None:
        raise Decline("not_closed", "box")
    found = opened.derive(own, slots, opened.parse_answer(raw))
    opened.check_closed(found, closing.payload)
    if found.box.count < own.body.min_envelopes:
        raise Decline("too_few", found.box.count)
    story.check_order(own, leaves, phase, [envelope.env for envelope in found.box.envelopes])
    return found


def make_batches(cleared: Cleared, subject: Subject, *, lots: Lots, vault: Vault) -> tuple[Released, dict[str, bytes]]:
    """The trustee's signed batch of every part of the phase, kept in the folder before anything is sent.

    One box only: with two, the platform could learn shares of an envelope that is not in the one everybody sees.
    """
    box = cleared.opened.box
    kept = lots.release(subject, cleared.phase)
    if kept is not None and kept.box != box.root:
        raise Decline("other_box", kept.box, checkpoint=cleared.seen.digest)
    keys = {key.kid: lots.sealing_key(vault, subject, key.kid) for key in cleared.me.keys if key.phase == cleared.phase}
    batches = {
        part: make_batch(
            cleared.own, box.root, box.envelopes, part=part, x=cleared.me.x, key_of=keys.get, signer=vault.signer
        )
        for part in cleared.parts
    }
    released = kept or Released(cleared.phase, box.root, format_instant(datetime.now(UTC)), {})
    lots.keep_batches(subject, released, batches)
    return released, batches
