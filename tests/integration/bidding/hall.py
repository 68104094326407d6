"""An opening under way: three bidders have bid and taken part, the box is closed, everybody is at a program or page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest_asyncio
from httpx import AsyncClient, Response

from bidding.opening.closing import close_box
from bidding.services import lots
from bidding.types import Submitted
from tests.factories import bidding as make
from tests.factories.opened import reveal
from tests.factories.parties import make_actor
from tests.factories.whole_site import WholeSite
from tests.integration.bidding.conftest import Box
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, system_actor
from trading.kernel.settings import ObjectsSettings
from trading.parties import reads as parties

WORKER = system_actor("worker")


@dataclass
class Hall:
    """The lot, who is there, and their clients."""

    box: Box
    site: WholeSite
    bidders: list[Actor]
    clients: dict[str, AsyncClient]

    @property
    def api(self) -> str:
        return f"/v1/lots/{self.box.lot.id}"

    @property
    def page(self) -> str:
        return f"/lots/{self.box.lot.id}"

    def __getitem__(self, who: str) -> AsyncClient:
        return self.clients[who]

    async def close(self) -> None:
        await self.box.past_deadline()
        async with self.box.database.transaction() as session:
            await close_box(session, WORKER, subject=self.box.lot.subject, objects=self.box.objects)

    async def reveal(self, *references: str | None) -> None:
        """The table, with a deposit reference for each bidder."""
        given = [*references, *[None] * (3 - len(references))]
        async with self.box.database.transaction() as session:
            await reveal(session, self.box.lot, self.bidders, given)

    async def pass_window(self) -> None:
        async with self.box.database.transaction() as session:
            now = await platform_now(session)
        await self.box.move_to(now + timedelta(minutes=10))

    async def object_(self, who: str = "a", text: str = "请核对本单位工期。") -> dict[str, Any]:
        """An objection that is taken."""
        answer = await self[who].post(f"{self.api}/objections", json={"text": text})
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def answer(self, objection: str, who: str = "official") -> Response:
        told = {"outcome": "dismissed", "text": "经核对一致。"}
        return await self[who].post(f"{self.api}/objections/{objection}/answer", json=told)

    async def end(self) -> Response:
        return await self["official"].post(f"{self.api}/opening/end")


@pytest_asyncio.fixture
async def hall(box: Box, object_settings: ObjectsSettings) -> AsyncIterator[Hall]:
    """Before the deadline, three bids in the box."""
    site, lot = WholeSite(box.urls, object_settings, box.objects), box.lot
    async with box.database.transaction() as session:
        bidders = [await make_actor(session, "bidder") for _ in range(3)]
        others = {"stranger": await make_actor(session, "bidder"), "other": await make_actor(session, "tenderer")}
        for bidder in bidders:
            assert bidder.org_id is not None
            own = await parties.organisation(session, bidder.org_id)
            token = await lots.draw_token(session, bidder, lot_id=lot.id, secret=make.SECRET)
            sealed = lot.bid(organisation=own.name, uscc=own.uscc)
            await make.upload(session, box.objects, lot, sealed, token=token)
            assert isinstance(await make.commit(session, lot, sealed.raw, token), Submitted)
    people = {"official": lot.official, "tenderer": lot.tenderer, **dict(zip("abc", bidders, strict=True)), **others}
    clients = {"nobody": site.client(), **{name: await site.as_(actor) for name, actor in people.items()}}
    yield Hall(box, site, bidders, clients)
    await site.close()
