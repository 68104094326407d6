"""The demonstration's steps of an award, against a served platform: what the city plays is what anyone could do."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest_asyncio
from granian.constants import Interfaces
from granian.server.embed import Server
from httpx import ConnectError
from msgspec.structs import replace

from portal.app import create_app
from portal.demo import awarding
from portal.demo.client import Client
from portal.demo.clock import install
from portal.demo.line import Line, Places, Tender
from portal.embedded.cluster import DatabaseUrls
from portal.embedded.ports import free_port
from tests.factories.awards import AwardStage, set_award_stage
from tests.factories.bidding import KEYS
from tests.factories.parties import PASSWORD
from tests.factories.whole_site import WholeSite
from trading.awards.proof import open_receipt
from trading.kernel.objects import ObjectStore
from trading.kernel.pdf_proof import open_sealed
from trading.kernel.settings import ObjectsSettings
from trading.projects import reads as projects


class StageLine(Line):
    """The line with the people of a stage; relay and worker act when asked to wait."""

    def __init__(self, base_url: str, folder: Path, stage: AwardStage, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            Places(base_url, {}, {}, bank="", bank_folder=folder, gateway="", gateway_folder=folder), folder, print
        )
        self.stage, self.loop = stage, loop
        self.members = {"tenderer": stage.tenderer, "winner": stage.bidders[0], "loser": stage.bidders[1]}

    def person(self, login: str) -> Client:
        if login not in self._clients:
            member = self.members[login]
            self._clients[login] = Client(self.places.base_url).sign_in(member.login, member.totp_secret, PASSWORD)
        return self._clients[login]

    def move_to(self, instant: datetime) -> None:
        self._wait(self.stage.move_to(instant))

    def until(self, ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
        self._wait(self.stage.work())
        super().until(ready, what, seconds)

    def _wait(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self.loop).result(120)


@pytest_asyncio.fixture
async def served(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
    tmp_path: Path,
) -> AsyncIterator[StageLine]:
    base_url = f"http://127.0.0.1:{(port := free_port())}"
    with new_database() as urls:
        install(urls.owner_dsn)
        site = WholeSite(urls, object_settings, objects)
        site.settings = replace(site.settings, web=replace(site.settings.web, base_url=base_url))
        site.resources.settings = site.settings
        site.app = create_app(site.settings, site.resources)
        stage = await set_award_stage(site)
        server = Server(site.app, "127.0.0.1", port, interface=Interfaces.ASGINL, log_enabled=False)
        serving = asyncio.create_task(server.serve())
        line = StageLine(base_url, tmp_path, stage, asyncio.get_running_loop())
        await asyncio.to_thread(_wait_for, line)
        yield line
        line.close()
        server.stop()  # type: ignore[no-untyped-call]  # the library's gap
        await serving
        await site.close()


def _wait_for(line: StageLine) -> None:
    for _ in range(100):
        try:
            line.now()
        except ConnectError:
            time.sleep(0.1)
        else:
            return


def walk(line: StageLine, tender: Tender) -> tuple[bytes, dict[str, bytes]]:
    awarding.publicise(line, tender)
    receipt = awarding.object_and_answer(line, tender, "loser")
    awarding.end_publicity(line, tender)
    awarding.award(line, tender)
    letters = awarding.read_letters(line, tender, ("winner", "loser"))
    awarding.report(line, tender)
    awarding.contract(line, tender, "winner", b"%PDF-1.7 contract")
    return receipt, letters


async def test_the_steps_lead_to_a_contract(served: StageLine) -> None:
    lot_id = served.stage.lot_id
    tender = Tender(project_id="", lot_id=str(lot_id), deadline=await served.stage.now())
    receipt, letters = await asyncio.to_thread(walk, served, tender)
    assert open_receipt(receipt, KEYS.receipt.public_raw).subject == f"lot:{lot_id}"
    assert all(open_sealed(letter).attached for letter in letters.values())
    async with served.stage.site.database.transaction() as session:
        assert (await projects.lot(session, lot_id)).state == "contracted"
