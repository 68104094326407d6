"""The box: what is live follows from what bidders signed and the slots hold, whatever order it is shown in."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.announcement import compatible, reduced_secrecy, verify_announcement
from bidding.sealing.box import (
    box_root,
    check_receipt_entry,
    commit_body,
    derive_box,
    parse_act,
    withdrawal_body,
)
from bidding.sealing.documents import encode
from bidding.sealing.envelope import join_envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import parse_instant
from bidding.sealing.submission import Receipt, document_digest, verify_replacement, withdraw
from tests.factories.sealing import DEADLINE, SUBJECT, act_of, body_of, make_world, seal_bid, sign_all
from trading.kernel.canonical import canonical
from trading.kernel.merkle import EMPTY_ROOT, leaf_hash


@pytest.fixture(scope="module")
def world():
    return make_world()


class Story:
    """Acts in the order they happened, a minute apart, with their documents."""

    def __init__(self, world):
        self.world, self.acts, self.documents = world, [], {}

    def take(self, raw, *, at=None):
        """A commit."""
        at = at or self.now()
        self.keep(raw, commit_body(self.world.envelope(raw), at))

    def end(self, raw, sealed):
        """A withdrawal of this bid."""
        self.keep(raw, withdrawal_body(raw, self.world.envelope(sealed.raw), self.now()))

    def now(self):
        return DEADLINE - timedelta(minutes=500 - len(self.acts))

    def keep(self, raw, body):
        self.acts.append(act_of(body, len(self.acts)))
        self.documents[document_digest(raw)] = raw

    def say(self, **changes):
        """The last act falsified."""
        self.acts[-1] = replace(self.acts[-1], body=msgspec.structs.replace(self.acts[-1].body, **changes))

    def box(self, acts=None):
        return derive_box([self.world.announcement], self.acts if acts is None else acts, self.documents, DEADLINE)

    def refused(self):
        with pytest.raises(SealingError) as caught:
            self.box()
        return caught.value.code


def replacing(world, sealed, key=None):
    return seal_bid(world, key=key or sealed.sealer_key, prev=sealed.bid.digest)


def withdrawing(world, sealed):
    return withdraw(world.announcement.ann, sealed.bid.recovery.env, sealed.bid.digest, sealed.sealer_key)


def test_an_empty_box(world):
    box = Story(world).box()
    assert (box.count, box.root) == (0, EMPTY_ROOT.hex())


def test_commits_replacements_and_withdrawals_in_any_order_shown(world):
    one, two, three = (seal_bid(world) for _ in range(3))
    newer = replacing(world, one)
    newest = replacing(world, newer)
    story = Story(world)
    for raw in (one.raw, two.raw, newer.raw, three.raw, newest.raw):
        story.take(raw)
    story.end(withdrawing(world, two), two)
    box = story.box()
    assert [live.envelope.digest for live in box.live] == [three.bid.digest, newest.bid.digest]
    assert set(box.replaced) == {one.bid.digest, newer.bid.digest}
    assert box.withdrawn == (two.bid.digest,)
    assert box.root == box_root([three.bid.digest, newest.bid.digest])
    assert all(story.box(list(shown)) == box for shown in list(permutations(story.acts))[::97])


def test_a_replaced_bid_can_be_withdrawn_with_its_replacement(world):
    one = seal_bid(world)
    newer = replacing(world, one)
    story = Story(world)
    story.take(one.raw)
    story.take(newer.raw)
    story.end(withdrawing(world, newer), newer)
    assert (story.box().count, story.box().withdrawn) == (0, (newer.bid.digest,))


def test_forks_are_refused(world):
    one = seal_bid(world)
    story = Story(world)
    for raw in (one.raw, replacing(world, one).raw, replacing(world, one).raw):
        story.take(raw)
    assert story.refused() == "sealing.box.fork"

    again = Story(world)
    again.take(one.raw)
    again.take(seal_bid(world, key=one.sealer_key).raw)
    assert again.refused() == "sealing.box.fork"

    revived = Story(world)
    revived.take(one.raw)
    revived.end(withdrawing(world, one), one)
    revived.take(replacing(world, one).raw)
    assert revived.refused() == "sealing.box.fork"

    stale = Story(world)
    stale.take(one.raw)
    stale.take(replacing(world, one).raw)
    stale.end(withdrawing(world, one), one)
    assert stale.refused() == "sealing.box.fork"


def test_another_key_cannot_replace_or_withdraw(world):
    one, other = seal_bid(world), Ed25519PrivateKey.generate()
    theirs = replacing(world, one, key=other)
    story = Story(world)
    story.take(one.raw)
    story.take(theirs.raw)
    assert story.refused() == "sealing.box.key"
    with pytest.raises(SealingError, match=r"sealing\.replacement\.key"):
        verify_replacement(world.envelope(theirs.raw), world.envelope(one.raw))

    stolen = Story(world)
    stolen.take(one.raw)
    stolen.end(withdraw(world.announcement.ann, one.bid.recovery.env, one.bid.digest, other), one)
    assert stolen.refused() == "sealing.withdrawal.sig"


def test_a_replacement_names_its_predecessor(world):
    one, two = seal_bid(world), seal_bid(world)
    newer = world.envelope(replacing(world, one).raw)
    verify_replacement(newer, world.envelope(one.raw))
    with pytest.raises(SealingError, match=r"sealing\.replacement\.predecessor"):
        verify_replacement(newer, world.envelope(two.raw))
    core = msgspec.structs.replace(newer.core, env=one.bid.recovery.env)
    same_env = join_envelope(encode(core), encode(newer.shares), one.sealer_key)
    with pytest.raises(SealingError, match=r"sealing\.replacement\.env"):
        verify_replacement(world.envelope(same_env), world.envelope(one.raw))


def test_what_the_slots_may_not_hold(world):
    one = seal_bid(world)
    newer = replacing(world, one)

    unknown = Story(world)
    unknown.take(newer.raw)
    assert unknown.refused() == "sealing.box.predecessor"

    backwards = Story(world)
    backwards.take(newer.raw)
    backwards.take(one.raw)
    assert backwards.refused() == "sealing.box.predecessor"

    nothing = Story(world)
    nothing.end(withdrawing(world, one), one)
    assert nothing.refused() == "sealing.box.predecessor"

    late = Story(world)
    late.take(one.raw, at=DEADLINE + timedelta(milliseconds=1))
    assert late.refused() == "sealing.box.late"

    twice = Story(world)
    twice.take(one.raw)
    twice.take(one.raw)
    assert twice.refused() == "sealing.box.duplicate"

    missing = Story(world)
    missing.take(one.raw)
    missing.documents.clear()
    assert missing.refused() == "sealing.box.document"

    swapped = Story(world)
    swapped.take(one.raw)
    swapped.documents[one.bid.digest] = newer.raw
    assert swapped.refused() == "sealing.box.document"

    edge = Story(world)
    edge.take(one.raw, at=DEADLINE)
    assert edge.box().count == 1


def test_what_was_replaced_or_withdrawn_need_not_be_shown(world):
    one, two = seal_bid(world), seal_bid(world)
    newer = replacing(world, one)
    story = Story(world)
    for raw in (one.raw, two.raw, newer.raw):
        story.take(raw)
    story.end(withdrawing(world, two), two)
    del story.documents[one.bid.digest], story.documents[two.bid.digest]
    assert [live.envelope.digest for live in story.box().live] == [newer.bid.digest]


@pytest.mark.parametrize("field", ["ann", "env", "key", "prev"])
def test_an_act_that_says_otherwise_than_its_document(world, field):
    one = seal_bid(world)
    false = {"ann": "ab" * 32, "env": "ab" * 16, "key": "ab" * 32}
    if field != "prev":
        story = Story(world)
        story.take(one.raw)
        story.say(**{field: false[field]})
        assert story.refused() == "sealing.box.act"
        revoked = Story(world)
        revoked.take(one.raw)
        revoked.end(withdrawing(world, one), one)
        revoked.say(**{field: false[field]})
        assert revoked.refused() in {"sealing.box.act", "sealing.box.key"}
    else:
        cut_loose = Story(world)
        cut_loose.take(one.raw)
        cut_loose.take(replacing(world, one).raw)
        cut_loose.say(prev=None)
        assert cut_loose.refused() == "sealing.box.fork"


def test_entries_of_other_kinds_and_broken_ones(world):
    body = commit_body(world.envelope(seal_bid(world).raw), DEADLINE)
    assert parse_act(canonical({"v": "LBD1", "action": "deposit"}), 0, SUBJECT) is None
    for broken, subject in (
        (body + b" ", SUBJECT),
        (body, "lot:2"),
        (body.replace(b"lot:envelope", b"lot:other"), SUBJECT),
    ):
        with pytest.raises(SealingError, match=r"sealing\.box\.act"):
            parse_act(broken, 0, subject)


def test_a_receipt_must_promise_the_true_act(world):
    sealed = seal_bid(world)
    at = "2026-12-19T00:00:00.000Z"
    body = commit_body(world.envelope(sealed.raw), parse_instant(at))
    salt = b"\x07" * 32
    receipt = Receipt(
        "LBR1",
        "commit",
        SUBJECT,
        world.announcement.ann,
        sealed.bid.digest,
        at,
        3,
        leaf_hash(salt + body).hex(),
        salt.hex(),
        "2026-12-19T00:05:10.000Z",
    )
    check_receipt_entry(receipt, body)
    false_key = body.replace(world.envelope(sealed.raw).core.key.encode(), b"ab" * 32)
    promised = msgspec.structs.replace(receipt, entry=leaf_hash(salt + false_key).hex())
    with pytest.raises(SealingError, match=r"sealing\.receipt\.entry"):
        check_receipt_entry(promised, body)


def test_an_envelope_of_an_earlier_version_stays_if_keys_and_parts_do(world):
    body = body_of(world.hands, world.receipt, 2)
    later = msgspec.structs.replace(
        body,
        version=2,
        prev_ann=world.announcement.ann,
        deadline="2026-12-21T01:30:00.000Z",
        slots=msgspec.structs.replace(body.slots, last="2026-12-21T01:30:00.000Z"),
    )
    extended = verify_announcement(sign_all(later, world.hands))
    one = seal_bid(world)
    act = act_of(commit_body(world.envelope(one.raw), DEADLINE + timedelta(hours=1)), 0)
    documents = {one.bid.digest: one.raw}
    both = [world.announcement, extended]
    assert derive_box(both, [act], documents, extended.deadline).count == 1

    changed = verify_announcement(
        sign_all(
            msgspec.structs.replace(
                later, parts=(*body.parts[:2], msgspec.structs.replace(body.parts[2], required=False))
            ),
            world.hands,
        )
    )
    assert compatible(body, later)
    assert not compatible(body, changed.body)
    with pytest.raises(SealingError, match=r"sealing\.envelope\.ann"):
        derive_box([world.announcement, changed], [act], documents, changed.deadline)


def test_reduced_secrecy_is_said(world):
    body = world.announcement.body

    def seated(*seats):
        trustees = tuple(
            msgspec.structs.replace(trustee, seat=seat) for trustee, seat in zip(body.trustees, seats, strict=True)
        )
        return msgspec.structs.replace(body, trustees=trustees)

    assert not reduced_secrecy(seated("tenderer", "supervisor", "notary"))
    assert reduced_secrecy(seated("tenderer", "agency", "notary"))
    assert reduced_secrecy(seated("operator", "notary", "operator"))
    assert not reduced_secrecy(seated("operator", "notary", "bidders"))


def test_the_blind_slots_follow_from_the_announcement(world):
    schedule = world.announcement.schedule
    assert schedule.closes_at == DEADLINE
    assert schedule.count == (22 * 24 - 1) * 12 + 60
    assert schedule.slot_at(DEADLINE) == schedule.count - 1
