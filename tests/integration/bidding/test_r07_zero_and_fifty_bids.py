"""R7: before the deadline a lot with fifty bids and fifty deposits looks, weighs and takes time like one with none.

For every role and every route: the same lot before and after its fifty bids, under a clock that stands still, and the
full lot beside the empty one. Two planted leaks show that the comparison would notice.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from httpx import AsyncClient
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.ceremony_reads import ceremony_of
from bidding.services import lots
from bidding.types import Submitted
from portal import platform_clock
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.funds import make_bank, payment, statement
from tests.factories.parties import make_actor, make_organisation
from tests.factories.whole_site import WholeSite
from tests.integration.bidding.alike import About, Seen, differences, everything, look, slower
from trading.funds import services as funds
from trading.kernel.clock import platform_now, system_now
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings
from trading.parties.roles import ROLES
from trading.projects import reads as projects
from trading.projects.types import LotView

NOBODYS = {"admin"}
"""No program speaks for an administrator; the pages of people are theirs alone and know no lots."""
BIDS = 50
TIMES = 40
"""Pairs of questions, one to each lot, when time is compared."""
BETWEEN = (0.2, 0.8)
"""Where the share of pairs must lie in which the full lot's answer took longer. Where nothing differs it is binomial
about a half with a standard deviation of 0.08: chance alone leaves the bounds three times in ten thousand, and what
does is asked again. Whatever makes one answer regularly slower puts it near 1, as half a millisecond a bid does."""
TIMED = (
    ("nobody", "/lots/{lot_id}"),
    ("nobody", "/lots/{lot_id}/opening"),
    ("nobody", "/projects/{project_id}"),
    ("nobody", "/v1/lots/{lot_id}/opening"),
    ("nobody", "/v1/lots/{subject_id}/box"),
    ("nobody", "/v1/lots/{lot_id}/objections"),
    ("bidder", "/lots/{lot_id}/bid"),
    ("bidder", "/lots/{lot_id}/deposit"),
    ("bidder", "/v1/lots/{lot_id}/deposit"),
    ("own tenderer", "/v1/lots/{lot_id}"),
    ("finance", "/finance/lots/{lot_id}"),
    ("official", "/lots/{lot_id}/ceremony"),
)


@dataclass
class World:
    """Two lots, people of every role at their programs, and what they saw of the second before it had its bids."""

    site: WholeSite
    empty: make.OpenLot
    full: make.OpenLot
    clients: dict[UUID, dict[str, AsyncClient]]
    before: dict[tuple[str, str], Seen] = field(default_factory=dict)
    after: dict[tuple[str, str], Seen] = field(default_factory=dict)

    async def seen(self, lot: make.OpenLot, *roles: str) -> dict[tuple[str, str], Seen]:
        """Every route, as everybody (or some) sees it now."""
        async with self.site.database.transaction() as session:
            of = await about(session, lot)
        clients = {role: client for role, client in self.clients[lot.id].items() if not roles or role in roles}
        return await everything(clients, self.site.app, of)

    async def time(self, role: str, template: str) -> float:
        """How often an answer about the full lot takes longer than one about the empty lot."""
        async with self.site.database.transaction() as session:
            one, other = await about(session, self.empty), await about(session, self.full)
        return await slower(
            partial(look, self.clients[self.empty.id][role], one.fill(template)),
            partial(look, self.clients[self.full.id][role], other.fill(template)),
            times=TIMES,
        )


async def about(session: AsyncSession, lot: make.OpenLot) -> About:
    """The ids that routes about this lot are filled with."""
    ceremony = await ceremony_of(session, lot.subject)
    assert ceremony is not None
    ids = {"lot_id": lot.id, "subject_id": lot.id, "project_id": lot.project_id, "ceremony_id": ceremony.id}
    return About({**{name: str(value) for name, value in ids.items()}, "phase": "1", "purpose": "opening"})


async def fifty(session: AsyncSession, objects: ObjectStore, lot: make.OpenLot) -> None:
    """Each of fifty bidders draws a sub-account and a token, pays in full and hands in a bid."""
    now, lines = await platform_now(session), []
    for _ in range(BIDS):
        own = await make_organisation(session)
        bidder = Actor("投标员", org_id=own.id, org_name=own.name, roles=frozenset({"bidder"}), account_id=new_id())
        deposit = await funds.draw_sub_account(session, bidder, lot_id=lot.id)
        assert deposit.number is not None
        lines.append(payment(deposit.number, own.name, at=now - timedelta(minutes=1)))
        token = await lots.draw_token(session, bidder, lot_id=lot.id, secret=make.SECRET)
        sealed = lot.bid(organisation=own.name, uscc=own.uscc)
        await make.upload(session, objects, lot, sealed, token=token)
        assert isinstance(await make.commit(session, lot, sealed.raw, token), Submitted)
    await funds.receive_statement(session, await make_bank(session), data=statement(lines))


def stand_still(urls: DatabaseUrls, patch: pytest.MonkeyPatch) -> None:
    """The clock of the platform and of its pages, at this instant."""
    now = system_now()
    with psycopg.connect(urls.owner_dsn, autocommit=True) as owner:
        owner.execute(
            "CREATE OR REPLACE FUNCTION platform_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
            f"$$ SELECT '{now.isoformat()}'::timestamptz $$"
        )
    patch.setattr(platform_clock, "system_now", lambda: now)


@pytest_asyncio.fixture(scope="module")
async def world(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]], object_settings: ObjectsSettings
) -> AsyncIterator[World]:
    objects = ObjectStore(object_settings)
    with new_database() as urls, pytest.MonkeyPatch.context() as patch:
        install(urls.owner_dsn)
        stand_still(urls, patch)
        site = WholeSite(urls, object_settings, objects)
        async with site.database.transaction() as session:
            empty, full = await make.open_lot(session, objects), await make.open_lot(session, objects)
            anyone = {role: await make_actor(session, role) for role in ROLES if role not in NOBODYS}
        shared = {"nobody": site.client(), **{role: await site.as_(actor) for role, actor in anyone.items()}}
        clients = {}
        for lot in (empty, full):
            own = {"own tenderer": lot.tenderer, "own trustee": lot.trustees[0].actor, "own official": lot.official}
            clients[lot.id] = {**shared, **{role: await site.as_(actor) for role, actor in own.items()}}
        made = World(site, empty, full, clients)
        for client in {id(client): client for own in clients.values() for client in own.values()}.values():
            await client.get("/")  # the first page sets a cookie
        made.before = await made.seen(full)
        async with site.database.transaction() as session:
            await fifty(session, objects, full)
        made.after = await made.seen(full)
        yield made
        await site.close()


async def test_r07_the_comparison_looks_at_pages_and_answers_of_every_kind(world: World) -> None:
    assert len({template for _, template in world.before}) > 40
    assert len(world.clients[world.full.id]) >= len(ROLES)
    for role, template in (
        ("nobody", "/lots/{lot_id}"),
        ("official", "/v1/lots"),
        ("nobody", "/projects/{project_id}"),
        ("bidder", "/lots/{lot_id}/bid"),
        ("bidder", "/lots/{lot_id}/deposit"),
        ("official", "/lots/{lot_id}/ceremony"),
        ("finance", "/finance"),
        ("finance", "/finance/suspense"),
        ("own tenderer", "/today"),
        ("own trustee", "/v1/ceremonies/{ceremony_id}"),
    ):
        assert world.before[role, template].status == 200, (role, template)
    for template in ("/v1/lots/{lot_id}/opening", "/v1/lots/{subject_id}/box", "/v1/lots/{lot_id}/objections"):
        assert world.before["supervisor", template].status == 409, template


async def test_r07_fifty_bids_and_deposits_change_nothing_that_anyone_sees(world: World) -> None:
    async with world.site.database.transaction() as session:
        assert (await session.execute(text("SELECT count(*) FROM envelopes"))).scalar_one() == BIDS
    assert differences(world.before, world.after) == {}


async def test_r07_a_lot_with_fifty_looks_and_weighs_like_one_with_none(world: World) -> None:
    assert differences(await world.seen(world.empty), world.after) == {}


@pytest.mark.parametrize(("role", "template"), TIMED)
async def test_r07_and_takes_as_long(world: World, role: str, template: str) -> None:
    told = [await world.time(role, template)]
    if not BETWEEN[0] < told[0] < BETWEEN[1]:
        told.append(await world.time(role, template))
    assert BETWEEN[0] < told[-1] < BETWEEN[1], told


async def test_r07_a_count_that_leaked_would_be_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the name of a lot tells how many bids it has."""
    read = projects.lot

    async def telling(session: AsyncSession, lot_id: UUID) -> LotView:
        found = await read(session, lot_id)
        return replace(found, name=f"{found.name} {await bids_of(session, lot_id):02d}")

    monkeypatch.setattr(projects, "lot", telling)
    who = ("nobody", "supervisor")
    told = differences(await world.seen(world.empty, *who), await world.seen(world.full, *who))
    assert {"nobody /lots/{lot_id}", "supervisor /lots/{lot_id}/opening"} <= told.keys()
    assert all(what.startswith("body") for what in told.values())


async def test_r07_work_for_every_bid_would_be_felt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a lot is read half a millisecond slower for every bid in its box."""
    read = projects.lot

    async def working(session: AsyncSession, lot_id: UUID) -> LotView:
        await session.execute(text("SELECT pg_sleep(:s)"), {"s": 0.0005 * await bids_of(session, lot_id)})
        return await read(session, lot_id)

    monkeypatch.setattr(projects, "lot", working)
    assert await world.time("nobody", "/lots/{lot_id}") > BETWEEN[1]


async def bids_of(session: AsyncSession, lot_id: UUID) -> int:
    """What nobody may be told."""
    counted = await session.execute(text("SELECT count(*) FROM envelopes WHERE subject_id = :lot"), {"lot": lot_id})
    return int(counted.scalar_one())
