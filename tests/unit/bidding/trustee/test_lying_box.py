"""R63: slots, envelopes, phases, announcements that are not what was sealed and signed: refused, nothing decrypted."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.announcement import announcement_text, assemble_announcement, sign_announcement
from bidding.sealing.box import box_root
from bidding.sealing.signatures import public_raw
from bidding.sealing.submission import document_digest
from bidding.subjects import lot
from bidding.trustee.errors import Declined, NotAnnounced
from tests.factories.sealing import DEADLINE, seal_bid
from tests.factories.trustee_lot import ANNOUNCED, REVEALED, SETTLED

AFTER = DEADLINE + timedelta(minutes=3)
BEFORE = DEADLINE - timedelta(days=2)


# --- slots


def test_a_dropped_slot(stage):
    """One leaf less in the log, and one slot less opened: the platform is at one with itself."""
    slots = [slot for slot in stage.lot.slots if slot.slot != 40]
    log = [stage.lot.announced(), *stage.lot.slot_entries(slots), stage.lot.closed()]
    stage.show(log)
    stage.platform.box = stage.lot.answer(slots=slots)
    with stage.refuses("slot_missing"):
        stage.release()


def test_a_slot_that_is_not_opened(stage):
    stage.platform.box = stage.lot.answer(slots=[slot for slot in stage.lot.slots if slot.slot != 40])
    with stage.refuses("slot_unopened"):
        stage.release()


def test_a_slot_opened_as_empty(stage):
    slot = stage.lot.timeline.slot_at(DEADLINE - timedelta(minutes=20))
    lying = [replace(item, entries=()) if item.slot == slot else item for item in stage.lot.slots]
    stage.platform.box = stage.lot.answer(slots=lying)
    with stage.refuses("slot_false"):
        stage.release()


# --- the box


def test_a_withdrawn_envelope_still_in_the_box(stage):
    stage.platform.box = stage.lot.answer(more=[stage.lot.withdrawn.raw])
    with stage.refuses("withdrawn"):
        stage.release()


def test_a_withdrawn_envelope_in_the_journalled_root(stage):
    digests = [*(item.digest for item in stage.lot.box.envelopes), document_digest(stage.lot.withdrawn.raw)]
    stage.show([*stage.lot.log()[:-1], stage.lot.closed(root=box_root(digests), live=4)])
    with stage.refuses("box_differs"):
        stage.release()


def test_a_replaced_envelope(stage):
    stage.platform.box = stage.lot.answer(more=[stage.lot.replaced.raw])
    with stage.refuses("replaced"):
        stage.release()


def test_an_unproved_envelope(stage):
    """Sealed correctly for this lot, handed over after closing: no slot knows it."""
    stage.platform.box = stage.lot.answer(more=[seal_bid(stage.lot.world, uscc="91310000MA1FL00009").raw])
    with stage.refuses("unproved"):
        stage.release()


def test_a_document_that_does_not_hold(stage):
    honest = stage.lot.answer()
    [one, *_] = [digest for digest, text in honest["documents"].items() if text == stage.lot.first.raw.decode()]
    del honest["documents"][one]
    stage.platform.box = honest
    with stage.refuses("box_invalid"):
        stage.release()
    for broken in ({"slots": "{}"}, {"slots": "[" * 100_000}, {"documents": []}):
        stage.platform.box = {**stage.lot.answer(), **broken}
        with stage.refuses("box_malformed"):
            stage.release()


def test_too_few_envelopes(stage):
    """The platform goes on all the same, everything else being true."""
    fewer = copy(stage.lot)
    gone = document_digest(fewer.first.raw)
    fewer.bodies = [(slot, body) for slot, body in fewer.bodies if gone.encode() not in body]
    fewer.documents = {digest: raw for digest, raw in fewer.documents.items() if digest != gone}
    fewer.slots = fewer.sealed(fewer.bodies)
    fewer.box = fewer.derived()
    stage.show(fewer.log())
    stage.platform.box = fewer.answer()
    with stage.refuses("too_few"):
        stage.release()


# --- phases


def test_a_phase_that_was_not_announced(stage):
    with stage.refuses("phase_unknown", phase=3):
        stage.release(3)
    with stage.refuses("phase_unknown", phase=None):
        stage.release(0)


def test_prices_before_identities(stage):
    with stage.refuses("phase_early", phase=2):
        stage.release(2)
    settled, revealed = stage.lot.revealed()
    for more in ([settled], [revealed], [revealed, settled]):
        stage.show(stage.lot.log(*more))
        with stage.refuses("phase_early", phase=2):
            stage.release(2)


def test_prices_when_too_few_identities_are_valid(stage):
    stage.show(stage.lot.log(*stage.lot.revealed(codes=(None, "sealing.identity.signature", None))))
    with stage.refuses("too_few_valid", phase=2):
        stage.release(2)
    settled, revealed = stage.lot.revealed()
    twice = json.loads(revealed)["payload"]["parts"]
    twice[1]["facts"]["uscc"] = twice[0]["facts"]["uscc"]
    stranger = json.loads(revealed)["payload"]["parts"]
    stranger[1]["env"] = "ab" * 16
    for parts in (twice, stranger, None):
        stage.show(stage.lot.log(settled, stage.lot.said(REVEALED, phase=1, parts=parts)))
        with stage.refuses("too_few_valid", phase=2):
            stage.release(2)


def test_a_settled_phase(stage):
    stage.show(stage.lot.log(stage.lot.said(SETTLED, phase=1, digest="ab" * 32)))
    with stage.refuses("phase_settled"):
        stage.release()


# --- the announcement


def test_a_changed_announcement(stage):
    """Another announcement for the lot, signed by everybody but this trustee's own hand."""
    body = stage.lot.announcement.body
    mine = Ed25519PrivateKey.generate()
    first = msgspec.structs.replace(body.trustees[0], sign=public_raw(mine).hex())
    text = announcement_text(msgspec.structs.replace(body, trustees=(first, *body.trustees[1:])))
    others = {x: sign_announcement(text, hands.sign) for x, hands in stage.platform.hands.items()}
    stage.platform.published = assemble_announcement(text, {1: sign_announcement(text, mine), **others})
    with stage.refuses("announcement_changed"):
        stage.release()
    stage.platform.published = stage.lot.announcement.raw[:-5]
    with stage.refuses("announcement_changed"):
        stage.release()
    stage.platform.published = None
    with stage.refuses("announcement_changed"):
        stage.release()


def test_a_box_or_a_journal_of_another_announcement(stage):
    stage.platform.box = stage.lot.answer(announcement=stage.lot.announcement.raw.decode() + " ")
    with stage.refuses("announcement_changed"):
        stage.release()
    log = stage.lot.log()
    at = next(n for n, body in enumerate(log) if ANNOUNCED.encode() in body)
    stage.show([*log[:at], *log[at + 1 :]])
    with stage.refuses("announcement_unproved"):
        stage.release()
    stage.show([*log[: at + 1], stage.lot.announced(ann="ab" * 32, version=2), *log[at + 1 :]])
    with stage.refuses("announcement_changed"):
        stage.release()
    stage.show([*log[:-1], stage.lot.closed(ann="ab" * 32)])
    with stage.refuses("box_differs"):
        stage.release()


def test_a_second_box(stage):
    """A phase is released for one box: even a log that proves another gets nothing more."""
    stage.release()
    kept = stage.program.lots.release(stage.platform.subject, 1)
    other = msgspec.structs.replace(kept, box="ab" * 32)
    stage.program.lots.keep_release(stage.platform.subject, other)
    stage.opened.clear()
    stage.platform.batches.clear()
    with pytest.raises(Declined) as caught:
        stage.release()
    assert caught.value.params["reason"] == "other_box"
    assert (stage.opened, stage.platform.batches) == ([], [])


def test_a_lot_that_nobody_announced(stage):
    with pytest.raises(NotAnnounced):
        stage.program.release(lot(uuid4()), 1)
