"""A draw's escrow beside a lot: the same box, nothing of the lot's, and nothing of one counts in the other."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from httpx import AsyncClient
from sqlalchemy import text

from bidding import ceremony_reads, reads
from bidding.errors import (
    CeremonyPastDeadline,
    CeremonyRunning,
    KeyUsedElsewhere,
    NoSuchAnnouncement,
    PredecessorUnknown,
    SeatUnsuitable,
    TokenInvalid,
    WrongAnnouncement,
)
from bidding.opening.closing import close_box, refused_early
from bidding.opening.errors import BatchRefused, BoxNotClosed, BoxUnknown, OpeningOver
from bidding.opening.reads import box_view, revealed_files
from bidding.opening.revealing import reveal_phase
from bidding.opening.settling import receive_batch, settle_phase
from bidding.opening.state import opening
from bidding.sealing.submission import withdraw
from bidding.services import ceremony, submission, sweeping, uploads
from bidding.services.ceremony import SeatChoice
from bidding.tokens import make_token
from bidding.types import RefusedLate, Submitted
from tests.factories import bidding as make
from tests.factories.escrow import OpenEscrow, open_escrow, terms
from tests.factories.sealing import Sealed
from tests.factories.whole_site import WholeSite
from tests.integration.bidding.conftest import Box
from trading.kernel.canonical import canonical
from trading.kernel.clock import platform_now
from trading.kernel.errors import NotFound
from trading.kernel.identity import system_actor
from trading.kernel.ids import new_id
from trading.kernel.journal.reads import entries_of
from trading.kernel.settings import ObjectsSettings
from trading.projects import reads as projects
from trading.records import reads as records

WORKER = system_actor("worker")


@pytest_asyncio.fixture
async def escrow(box: Box) -> OpenEscrow:
    async with box.database.transaction() as session:
        return await open_escrow(session, box.objects, box.lot)


@pytest_asyncio.fixture
async def site(box: Box, object_settings: ObjectsSettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WholeSite]:
    made = WholeSite(box.urls, object_settings, box.objects)
    monkeypatch.setattr(make, "SECRET", made.settings.web.secret)
    yield made
    await made.close()


async def submit(box: Box, held: make.OpenLot, sealed: Sealed) -> Submitted:
    async with box.database.transaction() as session:
        return await make.submit(session, box.objects, held, sealed)


async def commit(box: Box, subject: str, raw: bytes, token: str) -> Submitted | RefusedLate:
    async with box.database.transaction() as session:
        return await submission.commit(
            session, subject=subject, token=token, secret=make.SECRET, raw=raw, signer=make.KEYS.receipt
        )


async def close(box: Box, subject: str) -> None:
    async with box.database.transaction() as session:
        await close_box(session, WORKER, subject=subject, objects=box.objects)


async def after(box: Box, escrow: OpenEscrow) -> None:
    await box.move_to(escrow.world.announcement.deadline + timedelta(seconds=1))


async def actions(box: Box, subject: str) -> list[str]:
    async with box.database.transaction() as session:
        return [view.entry.action for view in await entries_of(session, subject, limit=500)]


async def events(box: Box) -> set[tuple[str, str]]:
    async with box.database.transaction() as session:
        rows = await session.execute(text("SELECT event, payload->>'subject' AS subject FROM outbox"))
        return {(row.event, row.subject) for row in rows}


def problem(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined]


async def test_its_terms_are_its_owners_and_its_announcement_names_it(box: Box, escrow: OpenEscrow) -> None:
    body = escrow.world.announcement.body
    assert (body.subject, body.min_envelopes) == (f"draw:{escrow.id}", 1)
    assert [(part.id, part.phase) for part in body.parts] == [("commitment", 1)]
    async with box.database.transaction() as session:
        shown = await ceremony_reads.ceremony_of(session, escrow.subject)
        assert shown is not None
        assert (shown.subject, shown.lot_id, shown.title) == (escrow.subject, None, "抽取评标专家")
        [filed] = await records.records_of(session, escrow.subject)
        assert (filed.kind, filed.public_at is not None) == ("announcement", True)
        assert await reads.announced(session, f"lot:{escrow.id}") is None
        trustee = escrow.trustees[0].actor
        mine = {view.subject for view in await ceremony_reads.ceremonies_of(session, trustee)}
        assert mine == {escrow.subject, box.lot.subject}


async def test_seats_and_dates_are_checked_as_for_a_lot(box: Box, escrow: OpenEscrow) -> None:
    seats, fresh = escrow.seats(), f"draw:{new_id()}"
    swapped = [SeatChoice("tenderer", seats[1].membership_id), *seats[1:]]
    async with box.database.transaction() as session:
        now = await platform_now(session)
        later = now + timedelta(hours=1)
        for subject, deadline, chosen, refusal in (
            (escrow.subject, later, seats, CeremonyRunning),
            (fresh, now, seats, CeremonyPastDeadline),
            (fresh, later, swapped, SeatUnsuitable),
            (f"auction:{new_id()}", later, seats, NotFound),
        ):
            with pytest.raises(refusal):
                await ceremony.start_ceremony(
                    session,
                    escrow.official,
                    subject=subject,
                    terms=terms(escrow, deadline),
                    seats=chosen,
                    t=2,
                    journal_settings=make.JOURNAL,
                    keys=make.KEYS,
                )


async def test_a_token_of_another_subject_is_none(box: Box, escrow: OpenEscrow) -> None:
    number, bid = escrow.seal(), box.lot.bid()
    async with box.database.transaction() as session:
        own = await uploads.draw_token(session, subject=escrow.subject, secret=make.SECRET)
    lots, twin = make_token(box.lot.subject, make.SECRET), make_token(f"lot:{escrow.id}", make.SECRET)
    for held, sealed, token in ((escrow, number, lots), (escrow, number, twin), (box.lot, bid, own)):
        with pytest.raises(TokenInvalid):
            async with box.database.transaction() as session:
                await make.upload(session, box.objects, held, sealed, token=token)
        with pytest.raises(TokenInvalid):
            await commit(box, held.subject, sealed.raw, token)
    async with box.database.transaction() as session:
        await make.upload(session, box.objects, escrow, number, token=own)
    assert isinstance(await commit(box, escrow.subject, number.raw, own), Submitted)


async def test_a_lots_envelope_replayed_in_the_draw_is_refused(box: Box, escrow: OpenEscrow) -> None:
    bid = box.lot.bid()
    await submit(box, box.lot, bid)
    token = make_token(escrow.subject, make.SECRET)
    with pytest.raises(WrongAnnouncement):
        await commit(box, escrow.subject, bid.raw, token)
    with pytest.raises(TokenInvalid):
        async with box.database.transaction() as session:
            await make.upload(session, box.objects, box.lot, bid, token=token)
    envelope = box.lot.world.envelope(bid.raw)
    gone = withdraw(envelope.core.ann, envelope.env, envelope.digest, bid.sealer_key)
    with pytest.raises(PredecessorUnknown):
        async with box.database.transaction() as session:
            await submission.withdraw(session, subject=escrow.subject, raw=gone, signer=make.KEYS.receipt)
    await after(box, escrow)
    await close(box, escrow.subject)
    async with box.database.transaction() as session:
        assert (await opening(session, escrow.subject)).box.count == 0


async def test_one_submission_key_serves_one_box(box: Box, escrow: OpenEscrow) -> None:
    bid = box.lot.bid()
    await submit(box, box.lot, bid)
    number = escrow.seal(key=bid.sealer_key)
    with pytest.raises(KeyUsedElsewhere):
        await submit(box, escrow, number)
    async with box.database.transaction() as session:
        second = await open_escrow(session, box.objects, box.lot)
    first = escrow.seal()
    await submit(box, escrow, first)
    with pytest.raises(KeyUsedElsewhere):
        await submit(box, second, second.seal(key=first.sealer_key))


async def test_nothing_is_opened_before_its_time(box: Box, escrow: OpenEscrow, site: WholeSite) -> None:
    numbers = [escrow.seal() for _ in range(3)]
    for number in numbers:
        await submit(box, escrow, number)
    known = escrow.world.box(*(number.raw for number in numbers))
    draw, trustee, official = (
        f"/v1/draws/{escrow.id}",
        await site.as_(escrow.trustees[0].actor),
        await site.as_(escrow.official),
    )
    batch = {"batch": escrow.world.batch(1, "commitment", known).decode()}
    assert problem(await trustee.post(f"{draw}/batches", json=batch)) == (409, "opening.box_not_closed")
    assert problem(await official.post(f"{draw}/phases/1/settle", json={})) == (409, "opening.box_not_closed")
    assert problem(await official.post(f"{draw}/batches", json=batch)) == (403, "kernel.forbidden")
    assert problem(await site.client().get(f"{draw}/box")) == (409, "opening.box_not_closed")
    assert (await actions(box, escrow.subject)).count("lot:opening:refused") == 2
    with pytest.raises(BoxNotClosed):
        await close(box, escrow.subject)
    with pytest.raises(BoxUnknown):
        async with box.database.transaction() as session:
            await reveal_phase(session, WORKER, subject=escrow.subject, phase=1, objects=box.objects, keys=make.KEYS)
    with pytest.raises(NoSuchAnnouncement):
        async with box.database.transaction() as session:
            await refused_early(session, escrow.official, subject=f"draw:{new_id()}", attempt="settle")
    assert [await box.count(table) for table in ("boxes", "share_batches", "opened_parts")] == [0, 0, 0]


async def test_one_boxs_shares_are_none_of_the_other(box: Box, escrow: OpenEscrow, site: WholeSite) -> None:
    number, bids = escrow.seal(), [box.lot.bid() for _ in range(3)]
    await submit(box, escrow, number)
    for bid in bids:
        await submit(box, box.lot, bid)
    await box.past_deadline()
    await close(box, escrow.subject)
    await close(box, box.lot.subject)
    draw_box, lot_box = escrow.world.box(number.raw), box.lot.world.box(*(bid.raw for bid in bids))
    foreign = (
        (box.lot.subject, escrow.world.batch(1, "commitment", draw_box)),
        (escrow.subject, box.lot.world.batch(1, "identity", lot_box)),
    )
    for subject, batch in foreign:
        with pytest.raises(BatchRefused):
            async with box.database.transaction() as session:
                await receive_batch(session, escrow.trustees[0].actor, subject=subject, file=batch)
    trustee = await site.as_(escrow.trustees[0].actor)
    sent = await trustee.post(
        f"/v1/draws/{escrow.id}/batches", json={"batch": escrow.world.batch(1, "commitment", draw_box).decode()}
    )
    assert sent.status_code == 201
    shown = (await site.client().get(f"/v1/draws/{escrow.id}/box")).json()
    assert (shown["state"], shown["current"], shown["root"]) == ("opening", 1, draw_box.root)
    for elsewhere in (f"/v1/lots/{escrow.id}/box", f"/v1/draws/{box.lot.id}/box"):
        assert problem(await site.client().get(elsewhere)) == (409, "opening.box_not_closed")


async def test_closing_touches_nothing_of_the_lot(box: Box, escrow: OpenEscrow) -> None:
    await submit(box, escrow, escrow.seal())
    await after(box, escrow)
    for _ in range(2):
        await close(box, escrow.subject)
    async with box.database.transaction() as session:
        lot = await projects.lot(session, box.lot.id)
        assert (lot.state, lot.participants_public_at) == ("published", None)
        view = await box_view(session, escrow.subject)
        assert view is not None
        assert (view.state, view.live, view.minimum) == ("opening", 1, 1)
        assert [phase.current for phase in view.phases] == [True]
        assert await revealed_files(session, escrow.subject) == ()
        assert await box_view(session, box.lot.subject) is None
    assert (await actions(box, escrow.subject)).count("lot:box:closed") == 1
    told = await events(box)
    assert ("bidding.box_closed", escrow.subject) in told
    assert ("bidding.box_closed", box.lot.subject) not in told


async def test_an_escrow_that_nobody_used_is_not_opened(box: Box, escrow: OpenEscrow) -> None:
    await after(box, escrow)
    await close(box, escrow.subject)
    assert "lot:opening:cancelled" in await actions(box, escrow.subject)
    async with box.database.transaction() as session:
        view = await box_view(session, escrow.subject)
        assert view is not None
        assert (view.state, view.live) == ("failed", 0)
        assert (await projects.lot(session, box.lot.id)).state == "published"
        with pytest.raises(OpeningOver):
            await settle_phase(session, escrow.official, subject=escrow.subject, phase=1)


async def test_what_was_never_submitted_is_deleted_after_a_week(box: Box, escrow: OpenEscrow) -> None:
    kept, replaced, abandoned = escrow.seal(), escrow.seal(), escrow.seal()
    await submit(box, escrow, kept)
    await submit(box, escrow, replaced)
    after_it = escrow.seal(key=replaced.sealer_key, prev=replaced.bid.digest)
    await submit(box, escrow, after_it)
    async with box.database.transaction() as session:
        await make.upload(session, box.objects, escrow, abandoned)
        bid = box.lot.bid()
        await make.upload(session, box.objects, box.lot, bid)  # another box's, still open
    before = set(await box.objects.keys("bids/"))
    with pytest.raises(BoxNotClosed):
        async with box.database.transaction() as session:
            await sweeping.sweep_uploads(session, subject=escrow.subject, objects=box.objects)
    await after(box, escrow)
    await close(box, escrow.subject)
    async with box.database.transaction() as session:
        due = (
            await session.execute(text("SELECT due_at FROM timers WHERE event = 'bidding.uploads_lapsed'"))
        ).scalar_one()
        assert due == escrow.world.announcement.deadline + timedelta(days=7)
        entries = len(await actions(box, escrow.subject))
        assert await sweeping.sweep_uploads(session, subject=escrow.subject, objects=box.objects) == 1
    [gone] = before - set(await box.objects.keys("bids/"))
    async with box.database.transaction() as session:
        owner = await session.execute(
            text("SELECT u.env FROM upload_blocks b JOIN uploads u ON u.id = b.upload_id WHERE b.object_key = :key"),
            {"key": gone},
        )
        assert owner.scalar_one() == escrow.world.envelope(abandoned.raw).env
    assert len(await actions(box, escrow.subject)) == entries


async def test_api_a_block_is_not_read_before_its_token(box: Box, escrow: OpenEscrow, site: WholeSite) -> None:
    number, read = escrow.seal(), []
    core = escrow.world.envelope(number.raw).core
    mine = site.client(f"Upload {make_token(escrow.subject, make.SECRET)}")
    parts = [{"id": part, "size": len(data)} for part, data in number.ciphertexts.items()]
    begun = await mine.post("/v1/uploads", json={"ann": core.ann, "env": core.env, "key": core.key, "parts": parts})
    block = f"/v1/uploads/{begun.json()['uploads'][0]['upload_id']}/blocks/0"

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield number.ciphertexts["commitment"]

    async def put(client: AsyncClient) -> tuple[int, str]:
        return problem(await client.put(block, content=body()))

    for token in (make_token(box.lot.subject, make.SECRET), make_token(escrow.subject, make.SECRET), "ab" * 32):
        assert await put(site.client(f"Upload {token}")) == (404, "bidding.upload_unknown")
    assert read == []
    assert await put(mine) == (409, "bidding.block_damaged")  # read, and found without the hashes of its leaves
    assert read == [1]


async def test_api_a_numbers_whole_way_in(box: Box, escrow: OpenEscrow, site: WholeSite) -> None:
    number = escrow.seal()
    async with box.database.transaction() as session:
        token = await make.upload(session, box.objects, escrow, number)
    client, draw = site.client(f"Upload {token}"), f"/v1/draws/{escrow.id}"
    announced = await site.client().get(f"{draw}/announcement")
    assert announced.content == escrow.world.announcement.raw
    taken = await client.post(f"{draw}/envelopes", json={"envelope": number.raw.decode()})
    assert taken.status_code == 201
    receipt = canonical(taken.json()["receipt"]).decode()
    page = await site.client("Upload none").post("/receipts/check", data={"receipt": receipt})
    assert ("Escrow of a draw" in page.text, "抽取评标专家" in page.text) == (True, True)
    for elsewhere in (f"/v1/lots/{escrow.id}", f"/v1/draws/{box.lot.id}"):
        answer = await client.post(f"{elsewhere}/envelopes", json={"envelope": number.raw.decode()})
        assert problem(answer) == (409, "bidding.not_announced")
    assert (await site.client().get(f"/v1/auctions/{escrow.id}/announcement")).status_code == 404
    envelope = escrow.world.envelope(number.raw)
    gone = withdraw(envelope.core.ann, envelope.env, envelope.digest, number.sealer_key).decode()
    assert (await client.post(f"{draw}/withdrawals", json={"withdrawal": gone})).status_code == 201
