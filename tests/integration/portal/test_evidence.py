"""Evidence from a real database, store, sequencer and witness: refused before its time, then verified offline."""

import io
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.testing import AsyncTestClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.closing import close_box
from bidding.opening.entries import EARLY_ATTEMPT
from bidding.opening.revealing import reveal_phase
from bidding.opening.settling import receive_batch, settle_phase
from bidding.opening.state import opening
from bidding.tasks import WORKER
from notices import service as notices
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from portal.evidence.serve import ROUTES
from portal.verify.examine import examine
from portal.verify.folder import unpack
from tests.factories import bidding as make
from tests.factories.notices import publish_project
from tests.factories.parties import make_actor, make_organisation
from tests.factories.sealing import Hands
from tests.integration.kernel import journal_platform as journal
from trading.kernel.clock import platform_now
from trading.kernel.db import Database, request_session
from trading.kernel.journal.actions import append
from trading.kernel.journal.note import parse_verifier
from trading.kernel.journal.sequencer import Sequencer
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings, Settings
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.records import service as records
from trading.web.plugin import SitePlugin
from trading.web.site import Site

ORIGIN = "demo/evidence"
IDENTITIES, PRICES = 1, 2


@dataclass
class Stage:
    """One lot, and everyone its opening needs."""

    database: Database
    objects: ObjectStore
    settings: Settings
    sequencer: Sequencer
    lot: make.OpenLot
    pin: str

    async def pass_deadline(self) -> None:
        deadline = self.lot.world.announcement.deadline + timedelta(seconds=1)
        async with self.database.transaction() as session:
            ahead = (deadline - await platform_now(session)) // timedelta(milliseconds=1) + 1
            await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})

    async def witnessed(self) -> None:
        while await self.sequencer.step():
            pass

    async def close(self) -> None:
        async with self.database.transaction() as session:
            await close_box(session, WORKER, subject=self.lot.subject, objects=self.objects)

    async def settle(self, phase: int, part: str) -> None:
        async with self.database.transaction() as session:
            box = (await opening(session, self.lot.subject)).box
            for seated in self.lot.trustees[:2]:
                batch = self.lot.world.batch(seated.hands.x, part, box)
                await receive_batch(session, seated.actor, subject=self.lot.subject, file=batch)
            await settle_phase(session, self.lot.official, subject=self.lot.subject, phase=phase)

    async def reveal(self, phase: int) -> None:
        async with self.database.transaction() as session:
            await reveal_phase(
                session, WORKER, subject=self.lot.subject, phase=phase, objects=self.objects, keys=make.KEYS
            )

    def client(self) -> AsyncTestClient[Litestar]:
        site = Site(base_url="http://platform.local", secret=make.SECRET, packages=("trading.web",), nav=())
        app = Litestar(
            route_handlers=list(ROUTES),
            plugins=[SitePlugin(site)],
            dependencies={
                "session": Provide(request_session),
                "objects": Provide(lambda: self.objects, sync_to_thread=False),
                "keys": Provide(lambda: make.KEYS, sync_to_thread=False),
                "settings": Provide(lambda: self.settings, sync_to_thread=False),
            },
            state=State({"database": self.database}),
            openapi_config=None,
        )
        return AsyncTestClient(app)

    async def ask(self) -> tuple[int, bytes, str]:
        """Status, body, and the refusal's code."""
        async with self.client() as client:
            answer = await client.get(f"/v1/lots/{self.lot.id}/evidence")
            code = answer.json()["code"] if answer.status_code >= 400 else ""
            return answer.status_code, answer.content, code


async def noticed_lot(session: AsyncSession, objects: ObjectStore) -> make.Lot:
    """Published by its notice, whose print is filed."""
    notice, tenderer, official = await publish_project(session, objects)
    pdf = b"%PDF-1.7 a notice"
    record = await records.keep(
        session,
        WORKER,
        subject=f"project:{notice.project_id}",
        kind="notice-pdf",
        name="notice.pdf",
        media_type="application/pdf",
        digest=(digest := await objects.put(pdf)),
        size=len(pdf),
        public=True,
    )
    await notices.attach_pdf(session, WORKER, notice_id=notice.id, record_id=record, digest=digest)
    project = await projects.project(session, notice.project_id)
    trustees = []
    for x, kind in enumerate(("", "authority", "notary"), 1):
        org = await (
            make_organisation(session, kind=kind) if kind else parties.organisation(session, project.tenderer_org_id)
        )
        trustees.append(make.Seated(await make_actor(session, "trustee", org=org), Hands(x)))
    return make.Lot(project.lots[0].id, project.id, official, tenderer, trustees)


@pytest_asyncio.fixture
async def stage(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
    tmp_path: Path,
) -> AsyncIterator[Stage]:
    signer = make.KEYS.journal
    with new_database() as urls, journal.witness(tmp_path / "witness", ORIGIN, signer) as witness:
        install(urls.owner_dsn)
        settings = journal.settings(urls, object_settings, witness, origin=ORIGIN)
        database, sequencer = Database(urls.app_dsn), Sequencer(settings, objects, signer)
        async with database.transaction() as session:
            lot = await make.announce(session, objects, await noticed_lot(session, objects), journal=settings.journal)
        pin = parse_verifier(witness.vkey).fingerprint
        yield Stage(database, objects, settings, sequencer, lot, pin)
        await sequencer.close()
        await database.close()


async def test_evidence_of_a_lot_that_ended_after_its_identities(stage: Stage, tmp_path: Path):
    """The bidders' certificates are by a CA that is not the platform's: opened, found unknown, no price is read."""
    async with stage.database.transaction() as session:
        for number in range(3):
            bid = stage.lot.bid(uscc=f"9131000000000000{number}A", organisation=f"投标人{number}")
            await make.submit(session, stage.objects, stage.lot, bid)
    assert (await stage.ask())[::2] == (409, "portal.evidence_not_yet")
    await stage.witnessed()
    await stage.pass_deadline()
    await stage.close()
    await stage.witnessed()
    await stage.settle(IDENTITIES, "identity")
    await stage.witnessed()
    assert (await stage.ask())[::2] == (409, "portal.evidence_not_yet")
    await stage.reveal(IDENTITIES)
    assert (await stage.ask())[::2] == (503, "portal.evidence_pending")
    await stage.witnessed()

    status, body, _ = await stage.ask()
    assert status == 200
    async with stage.database.transaction() as session:
        await append(session, WORKER, EARLY_ATTEMPT, subject=f"lot:{uuid4()}", payload={})
    await stage.witnessed()
    assert (await stage.ask())[1] == body  # what happens to others leaves it as it is
    folder = tmp_path / "evidence"
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        unpack(archive, folder)
    report = examine(folder, pins=[stage.pin])
    assert report.failures == []
    assert {"cancelled", "demonstration"} <= {line.code for line in report.lines if line.kind == "noted"}
    assert {"revealed", "witness.pinned"} <= {line.code for line in report.lines if line.kind == "passed"}
    assert sorted(path.name for path in folder.glob("envelopes/*/*.obj")) == ["identity.obj"] * 3
    assert not list(folder.glob("opening*"))
    (tmp_path / "evidence.tar").write_bytes(body)
    assert examine(tmp_path / "evidence.tar", pins=[stage.pin]).ok


async def test_evidence_of_a_lot_without_bidders(stage: Stage, tmp_path: Path):
    await stage.witnessed()
    await stage.pass_deadline()
    await stage.close()
    await stage.witnessed()
    status, body, _ = await stage.ask()
    assert status == 200
    (tmp_path / "evidence.tar").write_bytes(body)
    assert examine(tmp_path / "evidence.tar", pins=[stage.pin]).failures == []
    async with stage.client() as client:
        assert (await client.get(f"/v1/lots/{uuid4()}/evidence")).status_code == 404
