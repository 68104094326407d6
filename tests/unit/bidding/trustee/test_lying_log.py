"""R63: early, unwitnessed, forked: what is not under the witnesses' checkpoint is refused, nothing decrypted.

The platform's data is made by the real engine, its witness is the product's own; only the lies are ours.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.batch import verify_batch
from bidding.sealing.signatures import public_raw
from bidding.trustee.errors import PlatformRefused, PlatformSilent, TextChanged, WitnessSilent
from bidding.trustee.witnesses import Witnesses
from tests.factories.sealing import DEADLINE
from tests.factories.trustee_stage import ORIGIN, entry
from trading.kernel.journal.checkpoint import log_verifier
from trading.kernel.journal.cosignature import cosign, witness_verifier
from trading.kernel.journal.note import Note, sign_note

AFTER = DEADLINE + timedelta(minutes=3)
BEFORE = DEADLINE - timedelta(days=2)


# --- the truth is released


def test_the_truth_is_released_part_by_part(stage):
    cleared = stage.program.examine(stage.platform.subject, 1)
    assert stage.opened == []
    assert (cleared.box, len(cleared.envelopes)) == (stage.lot.box.root, 3)
    assert (cleared.replaced, cleared.withdrawn, cleared.late_slots) == (1, 1, 0)
    assert cleared.parts == {"identity": 3}
    with pytest.raises(TextChanged):
        stage.program.release(stage.platform.subject, 1, "ab" * 32)
    assert stage.opened == []
    answer = stage.release()
    assert (set(answer.batches), answer.complaints) == ({"identity"}, 0)
    [raw] = stage.platform.batches
    batch = verify_batch(raw, stage.lot.announcement, stage.lot.box.root, stage.lot.box.envelopes)
    assert (batch.x, batch.phase, [item.code for item in batch.shares]) == (1, 1, [None] * 3)
    # Only the key of this phase was read.
    assert {name.rsplit("/", 1)[-1] for kind, name in stage.opened if kind == "key"} == {"key-1-1.pem"}
    stage.release()
    assert stage.platform.batches == [raw, raw]


def test_a_release_broken_off_is_finished_later(stage):
    """The platform fails between two parts: the same batches go out again, and no others."""
    stage.show(stage.lot.log(*stage.lot.revealed()))
    lot = f"/v1/lots/{stage.platform.lot_id}/batches"

    def failing(_method, path):
        return (500, b"?") if path == lot and stage.platform.batches else None

    stage.platform.override = failing
    with pytest.raises(PlatformRefused):
        stage.release(2)
    [sent] = stage.platform.batches
    state = stage.program.state().ceremonies[0]
    assert ([len(item.sent) for item in state.released], state.next) == ([1], "release")
    stage.platform.override = lambda _method, _path: None
    assert set(stage.release(2).batches) == {"technical", "price"}
    assert len({*stage.platform.batches}) == 2
    assert stage.platform.batches.count(sent) == 2


def test_the_second_phase_opens_after_the_first(stage):
    stage.show(stage.lot.log(*stage.lot.revealed()))
    answer = stage.release(2)
    assert set(answer.batches) == {"technical", "price"}
    assert {name.rsplit("/", 1)[-1] for kind, name in stage.opened if kind == "key"} == {"key-1-2.pem"}


def test_a_demonstrations_offset_counts_with_its_signed_checkpoint(stage):
    stage.witness.now = BEFORE
    stage.show(stage.lot.log())
    with stage.refuses("early"):
        stage.release()
    stage.show(stage.lot.log(), offset=AFTER - BEFORE)
    assert stage.program.examine(stage.platform.subject, 1).box == stage.lot.box.root


def test_a_long_log_is_kept_and_a_fork_of_what_was_kept_is_seen(stage):
    long = stage.lot.log(noise=600)
    stage.show(long)
    stage.program.examine(stage.platform.subject, 1)
    assert list(stage.program.folder.root.glob("log/*/tile/entries/*"))
    forked = [entry("notice:notice:published", "lot:x", {"n": -1}, DEADLINE), *long[1:]]
    stage.show(forked)
    with stage.refuses("log_forked"):
        stage.release()
    for path in stage.program.folder.root.glob("log/*/tile/entries/*"):
        path.unlink()


def test_a_dropped_partial_bundle_is_taken_from_the_full_one(stage):
    log = stage.lot.log()
    stage.witness.cosign(log)
    stage.platform.log = [*log, *(b'{"more":%d}' % n for n in range(300))]

    def gone(_method, path):
        return (404, b"") if ".p/" in path else None

    stage.platform.override = gone
    assert stage.program.examine(stage.platform.subject, 1).log_size == len(log)


# --- too early


def test_before_the_deadline(stage):
    """Everything is complete and signed, but no witness has seen the deadline pass."""
    stage.witness.now = DEADLINE - timedelta(seconds=1)
    stage.show(stage.lot.log())
    with stage.refuses("early"):
        stage.release()


def test_at_the_deadline_itself(stage):
    stage.witness.now = DEADLINE
    stage.show(stage.lot.log())
    with stage.refuses("early"):
        stage.release()


def test_a_box_that_is_not_closed(stage):
    log = stage.lot.log()
    stage.show(log[:-1])
    with stage.refuses("not_closed"):
        stage.release()
    stage.show([log[-1], *log[:-1]])
    with stage.refuses("not_closed"):
        stage.release()
    stage.show(log)
    stage.platform.box = None
    with stage.refuses("not_closed"):
        stage.release()


def test_a_cancelled_opening(stage):
    stage.show(stage.lot.log(stage.lot.said("lot:opening:cancelled", reason="too_few_envelopes", count=2)))
    with stage.refuses("cancelled"):
        stage.release()


# --- the witness


def test_an_unwitnessed_checkpoint(stage):
    stage.witness.show(stage.witness.note(stage.platform.log))
    with stage.refuses("unwitnessed"):
        stage.release()
    stage.witness.forget()
    with stage.refuses("unwitnessed"):
        stage.release()


def test_another_witness_key(stage):
    note, stranger = stage.witness.note(stage.platform.log), Ed25519PrivateKey.generate()
    for name in (stage.witness.key.name, "witness.elsewhere"):
        line = cosign(note.text, witness_verifier(name, public_raw(stranger)), stranger.sign, int(AFTER.timestamp()))
        stage.witness.show(note.with_signatures([line]))
        with stage.refuses("witness_key"):
            stage.release()


def test_a_false_cosignature_and_another_log(stage):
    note, stranger = stage.witness.note(stage.platform.log), Ed25519PrivateKey.generate()
    announced = stage.witness.cosigner.verifier
    line = cosign(note.text, announced, stranger.sign, int(AFTER.timestamp()))
    stage.witness.show(note.with_signatures([line]))
    with stage.refuses("checkpoint_false"):
        stage.release()
    other = sign_note(note.text, log_verifier(ORIGIN, public_raw(stranger)), stranger.sign)
    stage.witness.show(Note(note.text, (other,)))
    with stage.refuses("checkpoint_false"):
        stage.release()


def test_a_forked_log(stage):
    """The platform shows another log than the one it had cosigned."""
    shown = stage.lot.log()
    stage.witness.cosign(shown)
    stage.platform.log = [entry("notice:notice:published", "lot:x", {}, DEADLINE), *shown[1:]]
    with stage.refuses("log_forked"):
        stage.release()


def test_a_log_with_a_bundle_missing(stage):
    stage.platform.log = stage.platform.log[:-1]
    with stage.refuses("log_incomplete"):
        stage.release()


def test_a_server_that_does_not_answer_is_no_refusal(stage):
    stage.platform.override = lambda _method, path: (500, b"?") if "announcement" in path else None
    with pytest.raises(PlatformRefused):
        stage.release()
    stage.platform.override = lambda _method, _path: None
    known, stage.program.witnesses = stage.program.witnesses, Witnesses(["http://127.0.0.1:9"])
    try:
        with pytest.raises(WitnessSilent):
            stage.release()
    finally:
        stage.program.witnesses = known
    stage.platform.override = lambda _method, path: (200, b"[" * 5_000_000) if "announcement" in path else None
    with pytest.raises(PlatformSilent):
        stage.release()
    assert stage.opened == []
