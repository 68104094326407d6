"""A site with something on every page: published lots, one of them with a result, people of every desk."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from httpx import AsyncClient
from msgspec.structs import replace
from pyotp import TOTP
from sqlalchemy import event, text

from benchmarks.place import Place
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories.awards import AwardStage, set_award_stage
from tests.factories.bidding import make_lot, open_lot
from tests.factories.notices import publish_project
from tests.factories.parties import PASSWORD, actor_for, make_member
from tests.factories.whole_site import WholeSite
from trading.awards.rules import propose
from trading.awards.service import plan_publicity
from trading.awards.store import rules_of
from trading.kernel.clock import platform_now, system_now
from trading.kernel.identity import ANONYMOUS
from trading.kernel.settings import Settings
from trading.parties.services import sign_in
from trading.projects import reads as projects_of
from trading.projects.calendar import local_day

PUBLIC = (
    "/",
    "/notices",
    "/notices/{notice}",
    "/notices/results",
    "/projects/{project}",
    "/projects/{project}/notices",
    "/projects/{project}/open-data",
    "/lots/{lot}",
    "/lots/{open}",
    "/lots/{lot}/result",
    "/lots/{open}/opening",
    "/lots/{lot}/rooms",
    "/lots/{lot}/draw",
    "/schedule",
    "/schedule/rooms",
    "/calendar",
    "/open-data",
    "/journal/entries/{entry}",
    "/receipts/check",
    "/about/verify",
    "/sign-in",
)
DESKS = {
    "official": ("/today", "/projects", "/lots", "/lots/{lot}", "/archive", "/experts/roster", "/results"),
    "tenderer": ("/today", "/projects", "/lots", "/lots/{lot}", "/results", "/me"),
    "bidder": ("/today", "/results", "/invitations", "/lots/{open}"),
    "supervisor": (
        "/today",
        "/projects",
        "/lots",
        "/supervision",
        "/supervision/alerts",
        "/supervision/lots",
        "/supervision/rules",
    ),
    "finance": ("/today", "/finance", "/finance/refunds", "/finance/suspense"),
    "admin": ("/today", "/admin/people", "/admin/organisations", "/admin/certificates", "/invitations"),
}
"""The landing page and the main lists of each desk."""


@dataclass
class FullSite:
    """The application in process, its people's clients, and what stands for `{…}` in an address."""

    urls: DatabaseUrls
    settings: Settings
    site: WholeSite
    clients: dict[str, AsyncClient]
    names: dict[str, str]

    def pages(self) -> Iterator[tuple[str, str, str]]:
        """Who asks, the address as listed above, and as it is asked."""
        for who, paths in {"": PUBLIC, **DESKS}.items():
            for path in paths:
                yield who, path, path.format_map(self.names)

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The statements sent to the database meanwhile."""
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        engine = self.site.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)


@asynccontextmanager
async def full_site(place: Place, urls: DatabaseUrls, *, projects: int) -> AsyncIterator[FullSite]:
    """With so many more published projects for the lists."""
    install(urls.owner_dsn)
    given = place.settings(urls)
    settings = replace(given, journal=replace(given.journal, origin="demo/bench"), web=replace(given.web, demo=True))
    site = WholeSite(urls, settings.objects)
    try:
        await site.resources.objects.ensure_bucket()
        stage = await set_award_stage(site)
        await _publicise(site, stage)
        await stage.work()  # notices and open data, as relay and worker make them
        async with site.database.transaction() as session:
            lot = await open_lot(session, site.resources.objects)
            for number in range(projects):
                await publish_project(
                    session,
                    site.resources.objects,
                    await actor_for(session, stage.tenderer),
                    official=await actor_for(session, stage.official),
                    name=f"第{number + 1}号道路改造工程",
                    code=f"2611-350100-04-01-{200000 + number}",
                )
                await make_lot(session, site.resources.objects)
        yield FullSite(
            urls, settings, site, await _clients(site, stage), await _names(site, stage) | {"open": str(lot.id)}
        )
    finally:
        await site.close()


async def _publicise(site: WholeSite, stage: AwardStage) -> None:
    """The candidates made public, so that the lot has a result to show."""
    async with site.database.transaction() as session:
        tenderer = replace(await actor_for(session, stage.tenderer), step_up_at=system_now())
        lot, calendar = await projects_of.lot(session, stage.lot_id), await projects_of.calendar(session)
        plan = propose(await rules_of(session, lot), calendar, local_day(await platform_now(session)))
        await plan_publicity(session, tenderer, lot_id=lot.id, plan=plan)


async def _clients(site: WholeSite, stage: AwardStage) -> dict[str, AsyncClient]:
    clients = {"": site.client()}
    async with site.database.transaction() as session:
        members = {
            "official": stage.official,
            "tenderer": stage.tenderer,
            "bidder": stage.bidders[0],
            "supervisor": stage.supervisor,
            "finance": await make_member(session, "finance"),
            "admin": await make_member(session, "admin"),
        }
        for name, member in members.items():
            code = TOTP(member.totp_secret).now() if member.totp_secret else ""
            opened = await sign_in(session, ANONYMOUS, login=member.login, password=PASSWORD, totp=code)
            clients[name] = site.client()
            clients[name].headers["cookie"] = f"session={opened.token}"
    return clients


async def _names(site: WholeSite, stage: AwardStage) -> dict[str, str]:
    async with site.database.transaction() as session:
        rows = {
            "notice": "SELECT id FROM notices WHERE published_at IS NOT NULL ORDER BY published_at LIMIT 1",
            "project": f"SELECT project_id FROM lots WHERE id = '{stage.lot_id}'",
            "entry": "SELECT id FROM journal_entries ORDER BY at LIMIT 1",
        }
        found = {name: str((await session.execute(text(query))).scalar_one()) for name, query in rows.items()}
    return {"lot": str(stage.lot_id), **found}
