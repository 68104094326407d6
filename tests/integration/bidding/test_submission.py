"""投标、修改、撤回: what is taken, what is refused and why, and that nothing outside the box tells of it."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import (
    AlreadyWithdrawn,
    BidAltered,
    EnvelopeNumberUsed,
    EnvelopeRefused,
    EnvelopeTooLarge,
    Fork,
    KeyUsed,
    LotCancelled,
    LotNotOpen,
    NotSealed,
    OtherKey,
    PredecessorUnknown,
    SuiteNotAllowed,
    TokenInvalid,
    UploadIncomplete,
    WithdrawalRefused,
    WrongAnnouncement,
)
from bidding.sealing.box import parse_act
from bidding.sealing.envelope import join_envelope
from bidding.sealing.submission import document_digest, verify_receipt, withdraw
from bidding.services import submission
from bidding.tokens import make_token
from bidding.types import Submitted
from tests.factories import bidding as make
from tests.factories.sealing import Sealed, make_world, seal_bid
from trading.kernel.canonical import canonical, parse_canonical
from trading.kernel.merkle import leaf_hash
from trading.kernel.objects import ObjectStore
from trading.projects import service as projects


@pytest.fixture
async def lot(session: AsyncSession, objects: ObjectStore) -> make.OpenLot:
    return await make.open_lot(session, objects)


async def take_back(session: AsyncSession, lot: make.OpenLot, raw: bytes) -> Submitted:
    outcome = await submission.withdraw(session, subject=lot.subject, raw=raw, signer=make.KEYS.receipt)
    assert isinstance(outcome, Submitted)
    return outcome


def withdrawal_of(lot: make.OpenLot, sealed: Sealed, key: Ed25519PrivateKey | None = None) -> bytes:
    envelope = lot.world.envelope(sealed.raw)
    return withdraw(envelope.core.ann, envelope.env, envelope.digest, key or sealed.sealer_key)


async def test_a_sealed_bid_gets_a_receipt_that_names_its_place(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed = lot.bid()
    taken = await make.submit(session, objects, lot, sealed)

    receipt = verify_receipt(taken.receipt.encode(), lot.world.announcement, sealed.raw)
    blind = (await session.execute(text("SELECT leaf, slot, salt, body FROM blind_entries"))).one()
    assert (receipt.kind, receipt.entry, receipt.slot) == ("commit", blind.leaf.hex(), blind.slot)
    assert leaf_hash(bytes.fromhex(receipt.salt) + blind.body) == blind.leaf
    act = parse_act(blind.body, blind.slot, lot.subject)
    assert act is not None
    assert (act.hash, act.body.at) == (document_digest(sealed.raw), receipt.received_at)


async def test_a_blind_act_leaves_no_row_where_others_look(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    tables = ("journal_entries", "outbox", "live_events", "records", "timers", "inbox")

    async def counted() -> list[int]:
        return [(await session.execute(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in tables]

    before = await counted()
    sealed = lot.bid()
    await make.submit(session, objects, lot, sealed)
    await take_back(session, lot, withdrawal_of(lot, sealed))
    assert await counted() == before


async def test_the_same_envelope_again_gets_the_same_receipt(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed = lot.bid()
    first = await make.submit(session, objects, lot, sealed)
    again = await make.commit(
        session, lot, sealed.raw, make_token(lot.subject, make.SECRET)
    )  # even under a fresh token
    assert isinstance(again, Submitted)
    assert (again.receipt, again.again) == (first.receipt, True)


async def test_a_replacement_by_the_same_key_follows_its_predecessor(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    first = lot.bid()
    await make.submit(session, objects, lot, first)
    digest = document_digest(first.raw)
    second = lot.bid(key=first.sealer_key, prev=digest, fen=99_00)
    await make.submit(session, objects, lot, second)
    third = lot.bid(key=first.sealer_key, prev=document_digest(second.raw), fen=98_00)
    await make.submit(session, objects, lot, third)
    rows = (await session.execute(text("SELECT digest, prev FROM envelopes ORDER BY received_at, slot"))).all()
    assert {row.prev for row in rows} == {None, digest, document_digest(second.raw)}


async def test_r70_a_replacement_by_another_key_is_refused(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    first = lot.bid()
    await make.submit(session, objects, lot, first)
    thief = lot.bid(prev=document_digest(first.raw))
    token = await make.upload(session, objects, lot, thief)
    with pytest.raises(OtherKey):
        await make.commit(session, lot, thief.raw, token)
    with pytest.raises(OtherKey):
        await take_back(session, lot, withdrawal_of(lot, first, thief.sealer_key))


async def test_chains_do_not_fork(session: AsyncSession, objects: ObjectStore, lot: make.OpenLot) -> None:
    first = lot.bid()
    await make.submit(session, objects, lot, first)
    digest = document_digest(first.raw)
    for wrong, refusal in (
        (lot.bid(key=first.sealer_key), KeyUsed),  # a second beginning under one key
        (lot.bid(key=first.sealer_key, prev="ab" * 32), PredecessorUnknown),
    ):
        token = await make.upload(session, objects, lot, wrong)
        with pytest.raises(refusal):
            await make.commit(session, lot, wrong.raw, token)
    await make.submit(session, objects, lot, lot.bid(key=first.sealer_key, prev=digest))
    rival = lot.bid(key=first.sealer_key, prev=digest)
    token = await make.upload(session, objects, lot, rival)
    with pytest.raises(Fork):
        await make.commit(session, lot, rival.raw, token)
    with pytest.raises(Fork):
        await take_back(session, lot, withdrawal_of(lot, first))


async def test_a_withdrawn_bid_is_over_and_a_new_key_may_bid_again(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    first = lot.bid()
    await make.submit(session, objects, lot, first)
    document = withdrawal_of(lot, first)
    taken = await take_back(session, lot, document)
    receipt = verify_receipt(taken.receipt.encode(), lot.world.announcement, document)
    assert receipt.kind == "withdraw"
    assert (await take_back(session, lot, document)).receipt == taken.receipt
    late = lot.bid(key=first.sealer_key, prev=document_digest(first.raw))
    token = await make.upload(session, objects, lot, late)
    with pytest.raises(AlreadyWithdrawn):
        await make.commit(session, lot, late.raw, token)
    await make.submit(session, objects, lot, lot.bid())


async def test_a_withdrawal_of_nothing_known_or_of_no_form_is_refused(session: AsyncSession, lot: make.OpenLot) -> None:
    with pytest.raises(PredecessorUnknown):
        await take_back(session, lot, withdrawal_of(lot, lot.bid()))
    with pytest.raises(WithdrawalRefused):
        await take_back(session, lot, b"{}")


async def test_a_part_missing_or_half_uploaded_is_refused(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed = lot.bid()
    with pytest.raises(UploadIncomplete) as refused:
        await make.commit(session, lot, sealed.raw, make_token(lot.subject, make.SECRET))
    assert refused.value.params == {"part": "identity", "missing": 1}
    other = lot.bid()
    with pytest.raises(UploadIncomplete):  # another bid's upload does not help
        await make.commit(session, lot, sealed.raw, await make.upload(session, objects, lot, other))


async def test_ciphertext_other_than_what_was_signed_is_refused(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed = lot.bid()
    sealed.ciphertexts["price"] = sealed.ciphertexts["price"][:-1] + bytes([sealed.ciphertexts["price"][-1] ^ 1])
    token = await make.upload(session, objects, lot, sealed)
    with pytest.raises(BidAltered) as refused:
        await make.commit(session, lot, sealed.raw, token)
    assert refused.value.params == {"part": "price"}


def rewritten(sealed: Sealed, **changes: object) -> bytes:
    """The envelope with its core changed and signed again by its own key."""
    file = parse_canonical(sealed.raw)
    core = {**parse_canonical(file["core"].encode()), **changes}
    return join_envelope(canonical(core), file["shares"].encode(), sealed.sealer_key)


async def test_what_is_no_sealed_bid_for_this_lot_is_refused_each_with_its_own_reason(
    session: AsyncSession, lot: make.OpenLot
) -> None:
    sealed, token = lot.bid(), make_token(lot.subject, make.SECRET)
    for raw, refusal in (
        (b"%PDF-1.7 a bid nobody sealed", NotSealed),
        (b'{"price": 1}', NotSealed),
        (b"x" * (256 * 1024 + 1), EnvelopeTooLarge),
        (seal_bid(make_world()).raw, WrongAnnouncement),
        (rewritten(sealed, ann="00" * 32), WrongAnnouncement),
        (rewritten(sealed, suite=3), SuiteNotAllowed),
        (sealed.raw.replace(b'"sig":"', b'"sig":"0'), EnvelopeRefused),
    ):
        with pytest.raises(refusal):
            await make.commit(session, lot, raw, token)
    with pytest.raises(TokenInvalid):
        await make.commit(session, lot, sealed.raw, "ab" * 32)


async def test_a_lot_that_failed_or_closed_takes_nothing(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed = lot.bid()
    token = await make.upload(session, objects, lot, sealed)
    await projects.advance_lot(session, lot.official, lot_id=lot.id, verb="close")
    with pytest.raises(LotNotOpen):
        await make.commit(session, lot, sealed.raw, token)
    await projects.advance_lot(session, lot.official, lot_id=lot.id, verb="fail")
    with pytest.raises(LotCancelled):
        await make.commit(session, lot, sealed.raw, token)


async def test_an_envelope_number_taken_by_another_key_is_refused(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    first, second = lot.bid(), lot.bid()
    await make.submit(session, objects, lot, first)
    env = lot.world.envelope(first.raw).env
    raw = rewritten(second, env=env)
    token = await make.upload(
        session, objects, lot, Sealed(replace(second.bid, envelope=raw), second.ciphertexts, second.sealer_key)
    )
    with pytest.raises(EnvelopeNumberUsed):
        await make.commit(session, lot, raw, token)
