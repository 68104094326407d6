"""密钥仪式: from named seats to a published announcement, and every wrong turn on the way."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import ceremony_reads, reads
from bidding.errors import (
    CeremonyOver,
    CeremonyRunning,
    KeyCardRefused,
    NotYourSeat,
    OneHolderOpens,
    PossessionNotProved,
    SeatUnsuitable,
    SignatureRefused,
    SignaturesMissing,
    ThresholdUnlawful,
)
from bidding.sealing.announcement import verify_announcement
from bidding.services import ceremony, lots, publishing
from bidding.services.ceremony import SeatChoice
from tests.factories import bidding as make
from tests.factories.parties import make_actor, make_organisation
from trading.kernel.errors import NotFound
from trading.kernel.journal.reads import entries_of
from trading.kernel.objects import ObjectStore
from trading.projects import reads as projects
from trading.records.reads import records_of


@pytest.fixture
async def lot(session: AsyncSession, objects: ObjectStore) -> make.Lot:
    return await make.make_lot(session, objects)


async def test_a_whole_ceremony_publishes_what_every_trustee_signed(
    session: AsyncSession, objects: ObjectStore
) -> None:
    lot = await make.open_lot(session, objects)

    found = await reads.announcement(session, lot.subject)
    body = verify_announcement(found.file).body
    shown = await projects.lot(session, lot.id)
    assert (body.t, body.n, [seat.seat for seat in body.trustees]) == (2, 3, list(make.SEATS))
    assert body.documents == await projects.documents_root(session, lot.id)
    assert (body.profile, body.min_envelopes) == (shown.profile_digest, 3)
    assert [(part.id, part.phase, part.pad) for part in body.parts] == [
        ("identity", 1, "step"),
        ("technical", 2, "padme"),
        ("price", 2, "step"),
    ]
    assert body.receipt_key == make.KEYS.receipt.public_raw.hex()
    assert [key.name for key in body.witness.keys] == ["witness.test"]
    assert found.reduced  # 2 of 3: a demonstration's strength, and labelled so


async def test_publication_leaves_everything_that_hangs_on_it(session: AsyncSession, objects: ObjectStore) -> None:
    lot = await make.open_lot(session, objects)
    ann = lot.world.announcement

    journalled = [view.entry for view in await entries_of(session, lot.subject)]
    published = next(entry for entry in journalled if entry.action == "lot:announcement:published")
    assert published.payload["ann"] == ann.ann
    assert [record.kind for record in await records_of(session, lot.subject, ["announcement"])] == ["announcement"]
    timer = (
        await session.execute(
            text("SELECT due_at, event FROM timers WHERE payload->>'subject' = :lot"), {"lot": lot.subject}
        )
    ).one()
    assert (timer.due_at, timer.event) == (ann.deadline, "bidding.deadline_reached")
    stream = (
        await session.execute(text("SELECT lock_name FROM blind_streams WHERE subject = :s"), {"s": lot.subject})
    ).scalar_one()
    assert stream == lot.subject
    done = [step.key for step in await projects.timeline(session, lot.subject) if step.done_at]
    assert "announcement" in done


async def test_unsigned_it_is_not_published(session: AsyncSession, objects: ObjectStore, lot: make.Lot) -> None:
    begun = await make.start(session, lot)
    for seated in lot.trustees:
        await make.bring_keys(session, lot, begun, seated)
    for seated in lot.trustees[:2]:
        await make.sign(session, begun, seated)
    with pytest.raises(SignaturesMissing) as refused:
        await publishing.publish(session, lot.official, ceremony_id=begun.id, objects=objects)
    assert refused.value.params == {"missing": 1}


async def test_no_organisation_holds_enough_seats_to_open_alone(session: AsyncSession, lot: make.Lot) -> None:
    notary = await make_organisation(session, kind="notary")
    first, second = await make_actor(session, "trustee", org=notary), await make_actor(session, "trustee", org=notary)
    seats = [
        lot.seats()[0],
        SeatChoice("supervisor", first.membership_id),  # type: ignore[arg-type]
        SeatChoice("notary", second.membership_id),  # type: ignore[arg-type]
    ]
    with pytest.raises(OneHolderOpens):
        await lots.start_ceremony(
            session, lot.official, lot_id=lot.id, seats=seats, t=2, journal_settings=make.JOURNAL, keys=make.KEYS
        )


async def test_a_seat_needs_a_trustee_of_its_organisation(session: AsyncSession, lot: make.Lot) -> None:
    seats = lot.seats()
    for wrong in (
        SeatChoice("tenderer", seats[1].membership_id),  # the supervisor's trustee on the tenderer's seat
        SeatChoice("tenderer", lot.tenderer.membership_id),  # type: ignore[arg-type]  # the tenderer, but no trustee
    ):
        with pytest.raises(SeatUnsuitable) as refused:
            await lots.start_ceremony(
                session,
                lot.official,
                lot_id=lot.id,
                seats=[wrong, *seats[1:]],
                t=2,
                journal_settings=make.JOURNAL,
                keys=make.KEYS,
            )
        assert list(refused.value.fields) == ["seats.0.membership_id"]


@pytest.mark.parametrize("t", [1, 3])
async def test_one_trustee_neither_opens_nor_prevents(session: AsyncSession, lot: make.Lot, t: int) -> None:
    with pytest.raises(ThresholdUnlawful):
        await make.start(session, lot, t=t)


async def test_a_key_not_possessed_is_refused(session: AsyncSession, lot: make.Lot) -> None:
    begun = await make.start(session, lot)
    seated = lot.trustees[0]
    card = seated.offer(lot.subject)
    _, challenges = await ceremony.submit_keys(session, seated.actor, ceremony_id=begun.id, offer=card, answers=None)
    assert len(challenges) == 2  # one a phase
    with pytest.raises(PossessionNotProved):
        await ceremony.submit_keys(
            session,
            seated.actor,
            ceremony_id=begun.id,
            offer=card,
            answers={item.kid: "00" * 32 for item in challenges},
        )


async def test_a_card_for_another_lot_or_by_another_hand_is_refused(session: AsyncSession, lot: make.Lot) -> None:
    begun = await make.start(session, lot)
    first, second, _ = lot.trustees
    other = first.offer(f"lot:{begun.id}")
    with pytest.raises(KeyCardRefused):
        await ceremony.submit_keys(session, first.actor, ceremony_id=begun.id, offer=other, answers=None)
    with pytest.raises(KeyCardRefused):  # names another organisation
        await ceremony.submit_keys(
            session, first.actor, ceremony_id=begun.id, offer=second.offer(lot.subject), answers=None
        )
    with pytest.raises(NotYourSeat):
        await ceremony.submit_keys(
            session, lot.tenderer, ceremony_id=begun.id, offer=first.offer(lot.subject), answers=None
        )


async def test_keys_of_one_seat_cannot_be_another_seats(session: AsyncSession, lot: make.Lot) -> None:
    begun = await make.start(session, lot)
    first, second, _ = lot.trustees
    await make.bring_keys(session, lot, begun, first)
    second.hands.keys = first.hands.keys
    with pytest.raises(KeyCardRefused):
        await ceremony.submit_keys(
            session, second.actor, ceremony_id=begun.id, offer=second.offer(lot.subject), answers=None
        )


async def test_a_signature_over_other_bytes_is_refused(session: AsyncSession, lot: make.Lot) -> None:
    begun = await make.start(session, lot)
    for seated in lot.trustees:
        await make.bring_keys(session, lot, begun, seated)
    seated = lot.trustees[0]
    with pytest.raises(SignatureRefused):
        await ceremony.sign(session, seated.actor, ceremony_id=begun.id, x=1, signature="00" * 64)
    with pytest.raises(NotYourSeat):
        await ceremony.sign(session, seated.actor, ceremony_id=begun.id, x=2, signature="00" * 64)


async def test_cancelled_it_can_begin_again_with_fresh_keys(session: AsyncSession, lot: make.Lot) -> None:
    begun = await make.start(session, lot)
    with pytest.raises(CeremonyRunning):
        await make.start(session, lot)
    await make.bring_keys(session, lot, begun, lot.trustees[0])
    await ceremony.cancel(session, lot.official, ceremony_id=begun.id, reason="保管人更换")
    with pytest.raises(CeremonyOver):
        await make.bring_keys(session, lot, begun, lot.trustees[1])
    again = await make.start(session, lot)
    assert (again.state, again.keys_missing) == ("gathering", 3)


async def test_published_it_is_final(session: AsyncSession, objects: ObjectStore) -> None:
    lot = await make.open_lot(session, objects)
    view = await ceremony_reads.ceremony_of(session, lot.subject)
    assert view is not None
    with pytest.raises(CeremonyOver):
        await ceremony.cancel(session, lot.official, ceremony_id=view.id, reason="太迟了")


async def test_a_ceremony_is_shown_to_its_seats_and_to_officials_only(session: AsyncSession, lot: make.Lot) -> None:
    begun = await make.start(session, lot)
    stranger = await make_actor(session, "trustee")
    assert await ceremony_reads.ceremonies_of(session, stranger) == []
    assert [view.id for view in await ceremony_reads.ceremonies_of(session, lot.trustees[2].actor)] == [begun.id]
    with pytest.raises(NotFound):
        await ceremony_reads.ceremony(session, stranger, begun.id)
    assert (await ceremony_reads.ceremony(session, lot.official, begun.id)).state == "gathering"
