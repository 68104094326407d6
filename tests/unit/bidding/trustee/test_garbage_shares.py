"""R64: a bidder deals garbage to n−t+1 trustees. Their batches complain; no plaintext exists anywhere before Settle."""

from __future__ import annotations

from copy import copy

import msgspec

from bidding.sealing import shamir
from bidding.sealing.batch import make_batch, verify_batch
from bidding.sealing.envelope import build_envelope, share_commitment
from bidding.sealing.framing import lp, sha256
from bidding.sealing.settle import settle
from bidding.sealing.submission import document_digest
from tests.factories.sealing import seal_bid

PARTS = ("identity", "technical", "price")


def dealt_garbage(announcement, sealed, seats):
    """The same bid, its commitments to a true dealing; these seats' ciphertexts hold something else."""
    envelope = sealed.lot_envelope
    recovery = sealed.bid.recovery
    good = {part: shamir.split(recovery.ck(part), announcement.body.t, announcement.body.n) for part in PARTS}
    entries = [
        msgspec.structs.replace(
            entry, sc=tuple(share_commitment(envelope.env, entry.id, x, y) for x, y in enumerate(good[entry.id], 1))
        )
        for entry in envelope.core.parts
    ]
    core = msgspec.structs.replace(envelope.core, parts=tuple(entries))
    dealt = [
        (entry.id, [sha256(lp(y)) if x in seats else y for x, y in enumerate(good[entry.id], 1)]) for entry in entries
    ]
    return build_envelope(core, dealt, announcement, sealed.sealer_key)


def test_garbage_to_too_many_trustees_is_complained_of_and_opens_for_nobody(stage):
    """Seats 1 (this program) and 2 are dealt garbage: with seat 3 alone no key can come together."""
    lot = copy(stage.lot)
    sealed = seal_bid(lot.world, uscc="91310000MA1FL00007")
    sealed.lot_envelope = lot.envelope(sealed.raw)
    raw = dealt_garbage(lot.announcement, sealed, {1, 2})
    lot.bodies, lot.documents = list(lot.bodies), {**lot.documents, document_digest(raw): raw}
    lot.commit(raw, 30)
    lot.slots = lot.sealed(lot.bodies)
    lot.box = lot.derived()
    stage.show(lot.log())
    stage.platform.box = lot.answer()

    answer = stage.release()
    assert (answer.box, answer.complaints) == (lot.box.root, 1)
    [mine] = stage.platform.batches
    batch = verify_batch(mine, lot.announcement, lot.box.root, lot.box.envelopes)
    crooked = lot.envelope(raw).env
    assert {item.env: item.code for item in batch.shares} == {
        envelope.env: "commitment" if envelope.env == crooked else None for envelope in lot.box.envelopes
    }

    batches = [mine]
    for x in (2, 3):
        hands = stage.platform.hands[x]
        batches.append(
            make_batch(
                lot.announcement,
                lot.box.root,
                lot.box.envelopes,
                part="identity",
                x=x,
                key_of=hands.key_of,
                signer=hands.sign,
            )
        )
        settlement = settle(lot.announcement, lot.box, 1, batches)
        assert (crooked, "identity") not in settlement.keys
    [decision] = [item for item in settlement.settled.decisions if item.env == crooked]
    assert (decision.outcome, decision.code, decision.blame) == ("void", "sealing.settle.unopenable", ("bidder",))
    honest = [item.outcome for item in settlement.settled.decisions if item.env != crooked]
    assert honest == ["openable"] * 3

    # Neither in the trustee's folder nor in what left it is there a content key, or anything it opens.
    ck = sealed.bid.recovery.ck("identity")
    kept = [path.read_bytes() for path in stage.program.folder.root.rglob("*") if path.is_file()]
    for data in (*kept, *stage.platform.batches):
        assert ck.hex().encode() not in data
        assert ck not in data
        assert "甲建设集团".encode() not in data
