"""Settling and revealing: who opens what, whose fault a failure is, and that nothing opens otherwise."""

import json
from dataclasses import replace
from io import BytesIO
from itertools import combinations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.sealing import shamir
from bidding.sealing.batch import (
    Batch,
    ShareItem,
    make_batch,
    open_share,
    release_key,
    verify_batch,
)
from bidding.sealing.documents import encode, peek_document, sign_document
from bidding.sealing.envelope import build_envelope, share_commitment
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import sha256
from bidding.sealing.reveal import reveal_part
from bidding.sealing.settle import Settled, settle
from tests.factories.sealing import make_world, seal_bid

PHASES = {1: ("identity",), 2: ("technical", "price")}


@pytest.fixture(scope="module")
def world():
    return make_world(2, 3)


@pytest.fixture(scope="module")
def wide():
    return make_world(3, 5)


def decisions(world, box, phase, batches, releases=()):
    return settle(world.announcement, box, phase, batches, releases).settled.decisions


def batches_of(world, box, seats, parts):
    return [world.batch(x, part, box) for x in seats for part in parts]


def resealed(world, sealed, *, shares=None, sc=None, kc=None):
    """The bid's identity dealt differently: what a cheating bidder would hand in."""
    envelope = world.envelope(sealed.raw)
    dealt = {entry.id: shamir.split(sealed.bid.recovery.ck(entry.id), 2, 3) for entry in envelope.core.parts}
    dealt["identity"] = shares or dealt["identity"]
    entries = []
    for entry in envelope.core.parts:
        own = entry.id == "identity"
        committed = sc if own and sc else dealt[entry.id]
        entries.append(
            msgspec.structs.replace(
                entry,
                sc=tuple(share_commitment(envelope.env, entry.id, x, y) for x, y in enumerate(committed, 1)),
                kc=kc if own and kc else entry.kc,
            )
        )
    core = msgspec.structs.replace(envelope.core, parts=tuple(entries))
    return build_envelope(core, list(dealt.items()), world.announcement, sealed.sealer_key)


def identity_after(world, raw, seats):
    box = world.box(raw)
    return decisions(world, box, 1, batches_of(world, box, seats, ["identity"]))[0]


@pytest.mark.parametrize("kind", ["world", "wide"])
def test_every_t_trustees_open_everything(kind, request):
    world = request.getfixturevalue(kind)
    bids = [seal_bid(world, uscc=f"91310000MA1FL0000{i}") for i in range(3)]
    box = world.box(*(bid.raw for bid in bids))
    t, n = world.announcement.body.t, world.announcement.body.n
    for phase, parts in PHASES.items():
        for seats in combinations(range(1, n + 1), t):
            outcome = settle(world.announcement, box, phase, batches_of(world, box, seats, parts))
            assert not outcome.pending
            assert {d.outcome for d in outcome.settled.decisions} == {"openable"}
            for bid in bids:
                env = world.envelope(bid.raw).env
                assert all(outcome.keys[env, part] == bid.bid.recovery.ck(part) for part in parts)


def test_fewer_than_t_give_nothing(wide):
    box = wide.box(seal_bid(wide).raw)
    outcome = settle(wide.announcement, box, 1, batches_of(wide, box, (1, 4), ["identity"]))
    assert outcome.pending
    assert not outcome.keys
    with pytest.raises(SealingError, match=r"sealing\.settle\.pending"):
        outcome.document()


def test_the_settled_document_names_its_evidence(world):
    box = world.box(seal_bid(world).raw)
    batches = batches_of(world, box, (3, 1), ["price", "technical"])
    document = settle(world.announcement, box, 2, batches).document()
    settled = msgspec.convert(json.loads(document), Settled)
    assert encode(settled) == document
    assert settled.box == box.root
    assert set(settled.batches) == {sha256(raw).hex() for raw in batches}
    assert document == settle(world.announcement, box, 2, batches[::-1]).document()
    assert [(d.part, d.outcome) for d in settled.decisions] == [("technical", "openable"), ("price", "openable")]


def test_a_false_share_is_pinned_on_the_trustee_who_signed_it(world):
    bid = seal_bid(world)
    box = world.box(bid.raw)
    env = box.envelopes[0].env
    honest = world.batch(1, "identity", box)

    def lying(item):
        body = peek_document(world.batch(2, "identity", box), Batch, "x")
        return sign_document("LBE1/shares", msgspec.structs.replace(body, shares=(item,)), world.hands[1].sign)

    false_share = lying(ShareItem(env=env, y="ab" * 32, code=None))
    true_share = peek_document(world.batch(2, "identity", box), Batch, "x").shares[0].y
    false_complaint = lying(ShareItem(env=env, y=true_share, code="commitment"))
    third = world.batch(3, "identity", box)

    waiting = decisions(world, box, 1, [honest, false_share])[0]
    assert (waiting.outcome, waiting.blame) == ("pending", ("trustee:2",))
    opened = decisions(world, box, 1, [honest, false_share, third])[0]
    assert (opened.outcome, opened.code, opened.blame) == ("openable", None, ("trustee:2",))
    complained = decisions(world, box, 1, [honest, false_complaint])[0]
    assert (complained.outcome, complained.blame) == ("openable", ("trustee:2",))


def test_a_majority_of_lying_trustees_is_named_not_the_bidder(world):
    box = world.box(seal_bid(world).raw)
    env = box.envelopes[0].env
    batches = [world.batch(1, "identity", box)]
    for x in (2, 3):
        body = peek_document(world.batch(x, "identity", box), Batch, "x")
        item = ShareItem(env=env, y="ab" * 32, code=None)
        signer = world.hands[x - 1].sign
        batches.append(sign_document("LBE1/shares", msgspec.structs.replace(body, shares=(item,)), signer))
    decision = decisions(world, box, 1, batches)[0]
    assert (decision.outcome, decision.code) == ("void", "sealing.settle.shares")
    assert decision.blame == ("trustee:2", "trustee:3")


@pytest.mark.parametrize("seats", [(1, 2), (1, 3), (2, 3), (1, 2, 3)])
def test_a_malformed_dealing_is_the_bidders_whoever_comes(world, seats):
    """Shares that lie on no line: any two predict a third that was not committed to."""
    sealed = seal_bid(world)
    crooked = [b"\x01" * 32, b"\x02" * 32, b"\x07" * 32]
    decision = identity_after(world, resealed(world, sealed, shares=crooked), seats)
    assert (decision.outcome, decision.code) == ("void", "sealing.settle.dealing")
    assert decision.blame == ("bidder",)


def test_a_commitment_to_another_key_is_the_bidders(world):
    sealed = seal_bid(world)
    decision = identity_after(world, resealed(world, sealed, kc="ab" * 32), (1, 3))
    assert (decision.outcome, decision.code, decision.blame) == ("void", "sealing.settle.key", ("bidder",))


def test_garbage_to_too_many_trustees_opens_for_nobody(world):
    """n−t+1 trustees receive what was not committed to: no t shares exist, so no plaintext does."""
    sealed = seal_bid(world)
    good = shamir.split(sealed.bid.recovery.ck("identity"), 2, 3)
    raw = resealed(world, sealed, shares=[good[0], b"\x00" * 32, b"\x01" * 32], sc=good)
    decision = identity_after(world, raw, (1, 2, 3))
    assert (decision.outcome, decision.code) == ("void", "sealing.settle.unopenable")
    assert decision.blame == ("bidder",)
    assert identity_after(world, raw, (1, 2)).outcome == "pending"


def test_garbage_to_fewer_does_no_harm(world):
    sealed = seal_bid(world)
    good = shamir.split(sealed.bid.recovery.ck("identity"), 2, 3)
    raw = resealed(world, sealed, shares=[good[0], good[1], b"\x00" * 32], sc=good)
    assert identity_after(world, raw, (1, 2, 3)).outcome == "openable"
    assert identity_after(world, raw, (1, 3)).outcome == "pending"


def test_a_ciphertext_that_does_not_open_is_a_complaint(world):
    box = world.box(seal_bid(world).raw)
    stranger = X25519PrivateKey.generate()
    batches = [world.batch(1, "identity", box), world.batch(2, "identity", box, key=stranger)]
    assert decisions(world, box, 1, batches)[0].outcome == "pending"
    item = open_share(box.envelopes[0], "identity", 2, stranger)
    assert (item.y, item.code) == (None, "open")


def test_a_share_of_another_part_phase_lot_or_announcement_does_not_count(world):
    bid = seal_bid(world)
    envelope = world.envelope(bid.raw)
    other = make_world(2, 3, subject="lot:other")
    box = world.box(bid.raw)
    # Moved between parts: HPKE's info names part, seat, key and core, so the ciphertext does not open elsewhere.
    shares = list(envelope.shares)
    technical, price = envelope.share("technical", 1), envelope.share("price", 1)
    at = shares.index(technical)
    shares[at] = msgspec.structs.replace(technical, enc=price.enc, ct=price.ct)
    moved = replace(envelope, shares=tuple(shares))
    assert open_share(moved, "technical", 1, world.hands[0].keys[2]).code == "open"
    # The key of another phase, of another lot.
    assert open_share(envelope, "price", 1, world.hands[0].keys[1]).code == "open"
    assert open_share(envelope, "price", 1, other.hands[0].keys[2]).code == "open"
    # Another envelope's core.
    again = replace(envelope, core_text=world.envelope(seal_bid(world).raw).core_text)
    assert open_share(again, "price", 1, world.hands[0].keys[2]).code == "open"
    # A batch made for another announcement.
    other_box = other.box(seal_bid(other).raw)
    with pytest.raises(SealingError, match=r"sealing\.batch\.sig"):
        verify_batch(other.batch(1, "price", other_box), world.announcement, box.root, box.envelopes)


def test_every_field_of_a_batch_has_its_own_code(world):
    box = world.box(*(seal_bid(world, uscc=f"91310000MA1FL0000{i}").raw for i in range(2)))
    signer = world.hands[0].sign
    body = peek_document(world.batch(1, "price", box), Batch, "x")
    one, two = body.shares
    for changes, code in (
        ({"subject": "lot:2"}, "announcement"),
        ({"ann": "ab" * 32}, "announcement"),
        ({"box": "ab" * 32}, "box"),
        ({"phase": 1}, "phase"),
        ({"part": "other"}, "part"),
        ({"x": 2}, "sig"),
        ({"x": 9}, "trustee"),
        ({"shares": (one,)}, "envelopes"),
        ({"shares": (two, one)}, "envelopes"),
        ({"shares": (one, msgspec.structs.replace(two, y=None))}, "shares"),
        ({"shares": (one, msgspec.structs.replace(two, code="open"))}, "shares"),
        ({"shares": (one, msgspec.structs.replace(two, y="AB" * 32))}, "body"),
    ):
        raw = sign_document("LBE1/shares", msgspec.structs.replace(body, **changes), signer)
        with pytest.raises(SealingError) as caught:
            verify_batch(raw, world.announcement, box.root, box.envelopes)
        assert (changes, caught.value.code) == (changes, f"sealing.batch.{code}")
    by_stranger = sign_document("LBE1/shares", body, Ed25519PrivateKey.generate())
    with pytest.raises(SealingError, match=r"sealing\.batch\.sig"):
        verify_batch(by_stranger, world.announcement, box.root, box.envelopes)


def test_a_trustee_answers_once_and_for_the_phase_asked(world):
    box = world.box(seal_bid(world).raw)
    batch = world.batch(1, "price", box)
    with pytest.raises(SealingError, match=r"sealing\.batch\.twice"):
        settle(world.announcement, box, 2, [batch, batch])
    with pytest.raises(SealingError, match=r"sealing\.batch\.phase"):
        settle(world.announcement, box, 1, [batch])
    with pytest.raises(SealingError, match=r"sealing\.batch\.key"):
        make_batch(
            world.announcement,
            box.root,
            box.envelopes,
            part="price",
            x=1,
            key_of=lambda _: None,
            signer=world.hands[0].sign,
        )


def test_a_bidders_own_key_helps_when_trustees_are_missing_and_only_then(world):
    bid = seal_bid(world)
    box = world.box(bid.raw)
    recovery = bid.bid.recovery
    key = recovery.signing_key()
    release = release_key(world.announcement.ann, recovery.env, "identity", recovery.ck("identity"), key)
    outcome = settle(world.announcement, box, 1, [world.batch(2, "identity", box)], [release])
    assert outcome.keys[recovery.env, "identity"] == recovery.ck("identity")
    assert outcome.settled.releases == (sha256(release).hex(),)
    for wrong, code in (
        (release_key(world.announcement.ann, recovery.env, "identity", bytes(32), key), "key"),
        (release_key("ab" * 32, recovery.env, "identity", recovery.ck("identity"), key), "envelope"),
        (release_key(world.announcement.ann, "ab" * 16, "identity", recovery.ck("identity"), key), "envelope"),
        (release_key(world.announcement.ann, recovery.env, "other", recovery.ck("identity"), key), "part"),
        (release_key(world.announcement.ann, recovery.env, "price", recovery.ck("price"), key), "phase"),
        (
            release_key(
                world.announcement.ann,
                recovery.env,
                "identity",
                recovery.ck("identity"),
                Ed25519PrivateKey.generate(),
            ),
            "sig",
        ),
    ):
        with pytest.raises(SealingError) as caught:
            settle(world.announcement, box, 1, [], [wrong])
        assert caught.value.code == f"sealing.release.{code}"
    # A bidder who dealt garbage cannot choose afterwards to open all the same.
    sealed = seal_bid(world)
    good = shamir.split(sealed.bid.recovery.ck("identity"), 2, 3)
    raw = resealed(world, sealed, shares=[good[0], b"\x00" * 32, b"\x01" * 32], sc=good)
    crooked = world.box(raw)
    env = crooked.envelopes[0].env
    late = release_key(world.announcement.ann, env, "identity", sealed.bid.recovery.ck("identity"), sealed.sealer_key)
    decision = decisions(world, crooked, 1, batches_of(world, crooked, (1, 2, 3), ["identity"]), [late])[0]
    assert (decision.outcome, decision.code) == ("void", "sealing.settle.unopenable")


def test_revealing_gives_back_the_files(world):
    bid = seal_bid(world)
    box = world.box(bid.raw)
    envelope = box.envelopes[0]
    keys = settle(world.announcement, box, 2, batches_of(world, box, (2, 3), PHASES[2])).keys
    got = {}

    def sink(entry):
        got[entry.name] = BytesIO()
        return got[entry.name]

    def reveal(part, ck, data):
        return reveal_part(world.announcement, envelope, part, ck=ck, ciphertext=BytesIO(data), sink=sink)

    index = reveal("technical", keys[envelope.env, "technical"], bid.ciphertexts["technical"])
    assert [file.name for file in index.files] == ["施工组织设计.pdf"]
    assert got["施工组织设计.pdf"].getvalue() == b"%PDF-1.7 technical " * 2000
    with pytest.raises(SealingError, match=r"sealing\.reveal\.key"):
        reveal("technical", keys[envelope.env, "price"], bid.ciphertexts["technical"])
    with pytest.raises(SealingError, match=r"sealing\.object\.root"):
        reveal("technical", keys[envelope.env, "technical"], bid.ciphertexts["price"])
