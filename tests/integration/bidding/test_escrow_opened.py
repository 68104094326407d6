"""A draw's escrow opened with everything real: store, sequencer, witness; its plain files can then be read."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from bidding.opening.closing import close_box
from bidding.opening.errors import AlreadySettled, BoxUnknown, OpeningOver, SettledNotWitnessed, SharesPending
from bidding.opening.reads import box_view, revealed_files
from bidding.opening.revealing import reveal_phase
from bidding.opening.settling import receive_batch, settle_phase
from bidding.opening.state import opening
from bidding.reads.evidence import opening_evidence
from bidding.sealing.submission import withdraw
from bidding.services import submission
from bidding.types import Submitted
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.escrow import FILE, OpenEscrow, open_escrow
from tests.factories.sealing import Sealed
from tests.integration.kernel import journal_platform as journal
from trading.kernel.clock import platform_now
from trading.kernel.db import Database
from trading.kernel.identity import system_actor
from trading.kernel.journal.sequencer import Sequencer
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings

WORKER = system_actor("worker")


@dataclass
class Stage:
    """The escrow, and what its opening needs."""

    database: Database
    objects: ObjectStore
    sequencer: Sequencer
    escrow: OpenEscrow

    async def submit(self, sealed: Sealed) -> None:
        async with self.database.transaction() as session:
            await make.submit(session, self.objects, self.escrow, sealed)

    async def take_back(self, sealed: Sealed) -> None:
        envelope = self.escrow.world.envelope(sealed.raw)
        document = withdraw(envelope.core.ann, envelope.env, envelope.digest, sealed.sealer_key)
        async with self.database.transaction() as session:
            taken = await submission.withdraw(
                session, subject=self.escrow.subject, raw=document, signer=make.KEYS.receipt
            )
        assert isinstance(taken, Submitted)

    async def witnessed(self) -> None:
        while await self.sequencer.step():
            pass

    async def close(self) -> None:
        deadline = self.escrow.world.announcement.deadline + timedelta(seconds=1)
        async with self.database.transaction() as session:
            ahead = (deadline - await platform_now(session)) // timedelta(milliseconds=1) + 1
            await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})
        async with self.database.transaction() as session:
            await close_box(session, WORKER, subject=self.escrow.subject, objects=self.objects)
        await self.witnessed()

    async def send(self, *seats: int) -> None:
        async with self.database.transaction() as session:
            box = (await opening(session, self.escrow.subject)).box
            for x in seats:
                batch = self.escrow.world.batch(x, "commitment", box)
                trustee = self.escrow.trustees[x - 1].actor
                await receive_batch(session, trustee, subject=self.escrow.subject, file=batch)

    async def settle(self) -> None:
        async with self.database.transaction() as session:
            await settle_phase(session, self.escrow.official, subject=self.escrow.subject, phase=1)

    async def reveal(self) -> None:
        async with self.database.transaction() as session:
            await reveal_phase(
                session, WORKER, subject=self.escrow.subject, phase=1, objects=self.objects, keys=make.KEYS
            )


@pytest_asyncio.fixture
async def stage(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
    tmp_path: Path,
) -> AsyncIterator[Stage]:
    signer, origin = make.KEYS.journal, "demo/escrow"
    with new_database() as urls, journal.witness(tmp_path / "witness", origin, signer) as witness:
        install(urls.owner_dsn)
        settings = journal.settings(urls, object_settings, witness, origin=origin)
        database, sequencer = Database(urls.app_dsn), Sequencer(settings, objects, signer)
        async with database.transaction() as session:
            lot = await make.make_lot(session, objects)
            escrow = await open_escrow(session, objects, lot, journal=settings.journal)
        yield Stage(database, objects, sequencer, escrow)
        await sequencer.close()
        await database.close()


async def test_what_the_parties_left_can_be_read_after_the_reveal_and_not_before(stage: Stage) -> None:
    numbers = [f'{{"r":"{n}"}}'.encode() for n in "abc"]
    sealed = [stage.escrow.seal(number) for number in numbers]
    for item in sealed:
        await stage.submit(item)
    await stage.take_back(sealed[2])
    await stage.close()
    with pytest.raises(SharesPending):
        await stage.settle()
    await stage.send(1, 3)
    await stage.settle()
    with pytest.raises(AlreadySettled):
        await stage.send(2)
    with pytest.raises(SettledNotWitnessed):
        await stage.reveal()
    async with stage.database.transaction() as session:
        assert await revealed_files(session, stage.escrow.subject) == ()
    await stage.witnessed()
    for _ in range(2):
        await stage.reveal()

    async with stage.database.transaction() as session:
        files = await revealed_files(session, stage.escrow.subject)
        assert [(file.part, file.name) for file in files] == [("commitment", FILE)] * 2
        read = {file.env: await stage.objects.get(file.sha256) for file in files}
        assert read == {
            stage.escrow.world.envelope(item.raw).env: number
            for item, number in zip(sealed[:2], numbers[:2], strict=True)
        }
        view = await box_view(session, stage.escrow.subject)
        assert view is not None
        assert (view.state, view.live) == ("opened", 2)
        told = await session.execute(text("SELECT event FROM outbox WHERE payload->>'subject' = :subject ORDER BY id"),
                                     {"subject": stage.escrow.subject})  # fmt: skip
        assert told.scalars().all() == ["bidding.box_closed", "bidding.phase_settled", "bidding.phase_revealed"]
        assert (await session.execute(text("SELECT count(*) FROM opening_records"))).scalar_one() == 0
        valid = await session.execute(text("SELECT valid FROM reveals WHERE subject_kind = 'draw'"))
        assert valid.scalar_one() == 2
    with pytest.raises(OpeningOver):
        await stage.settle()


async def test_evidence_has_all_that_was_opened(stage: Stage) -> None:
    with pytest.raises(BoxUnknown):
        async with stage.database.transaction() as session:
            await opening_evidence(session, stage.escrow.subject)
    number = stage.escrow.seal()
    await stage.submit(number)
    await stage.close()
    await stage.send(1, 2)
    await stage.settle()
    await stage.witnessed()
    await stage.reveal()
    async with stage.database.transaction() as session:
        found = await opening_evidence(session, stage.escrow.subject)
    assert (found.record, found.live, sorted(found.batches)) == (
        None,
        (number.bid.digest,),
        [("commitment", 1), ("commitment", 2)],
    )
    assert [(part.part, part.size) for part in found.ciphertexts] == [
        ("commitment", len(number.ciphertexts["commitment"]))
    ]
