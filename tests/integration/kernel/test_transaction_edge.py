"""One request is one transaction, committed at the edge: what fails at COMMIT is told as a failure, and nothing stays.

The real application is asked, by its JSON route and by its form, to save a draft; the database refuses only at COMMIT.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient, Response
from msgspec.structs import replace
from sqlalchemy import text

from portal.app import create_app
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.parties import make_actor
from tests.factories.projects import make_official
from trading.kernel.clock import system_now
from trading.kernel.settings import (
    DatabaseSettings,
    JournalSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
)
from trading.kernel.tasks import Resources
from trading.parties.services import make_token

ORIGIN = "http://platform.local"
# What the database says at COMMIT, and how it is told.
REFUSALS = [("23514", 409, "web.conflict"), ("40001", 503, "web.database_busy"), ("P0001", 500, "web.incident")]


class Site:
    """The whole application over a database of its own, and a tenderer's program."""

    def __init__(self, urls: DatabaseUrls, objects: ObjectsSettings) -> None:
        self.urls = urls
        self.settings = Settings(
            database=DatabaseSettings(app=urls.app_dsn),
            objects=objects,
            keys=KeysSettings(folder=Path("unused"), passphrase="unused"),
            journal=JournalSettings(origin="test.example/journal"),
            web=WebSettings(base_url=ORIGIN, secret="s" * 32),
        )
        self.resources = Resources(self.settings, keys=make.KEYS)
        self.client = AsyncClient(
            transport=ASGITransport(create_app(self.settings, self.resources)),  # type: ignore[arg-type]  # ASGI twice
            base_url=ORIGIN,
        )

    async def sign_in(self) -> None:
        async with self.resources.database.transaction() as session:
            await make_official(session)
            tenderer = replace(await make_actor(session, "tenderer"), step_up_at=system_now())
            token = await make_token(session, tenderer, name="test", scopes=["tenderer"])
        self.client.headers["authorization"] = f"Bearer {token.secret}"

    async def drafts(self) -> int:
        async with self.resources.database.transaction() as session:
            return int((await session.execute(text("SELECT count(*) FROM project_drafts"))).scalar_one())

    def refuse_at_commit(self, state: str) -> None:
        """From now on a draft is refused, but not before COMMIT."""
        with psycopg.connect(self.urls.owner_dsn) as owner:
            owner.execute(
                "CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'secret of the driver' USING ERRCODE = '{state}'; END $$"
            )
            owner.execute(
                "CREATE CONSTRAINT TRIGGER refuse_late AFTER INSERT ON project_drafts "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_late()"
            )

    async def by_json(self) -> Response:
        return await self.client.post("/v1/projects", json={"name": "临江大道改造工程"})

    async def by_form(self) -> Response:
        form = {"name": "临江大道改造工程", "_then": "draft"}
        return await self.client.post("/projects/new", data=form, headers={"accept": "text/html"})


@pytest_asyncio.fixture
async def site(database: DatabaseUrls, object_settings: ObjectsSettings) -> AsyncIterator[Site]:
    made = Site(database, object_settings)
    await made.sign_in()
    yield made
    await made.client.aclose()
    await made.resources.database.close()


async def test_what_is_committed_is_answered_so(site: Site) -> None:
    assert (await site.by_json()).status_code == 201
    answer = await site.by_form()
    assert (answer.status_code, answer.headers["location"][:10]) == (303, "/projects/")
    assert await site.drafts() == 2


@pytest.mark.parametrize(("state", "status", "code"), REFUSALS)
async def test_a_json_route_that_fails_at_commit_says_so_and_stores_nothing(
    site: Site, state: str, status: int, code: str
) -> None:
    site.refuse_at_commit(state)
    answer = await site.by_json()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret of the driver" not in answer.text
    assert await site.drafts() == 0


@pytest.mark.parametrize(("state", "status", "code"), REFUSALS)
async def test_a_page_that_fails_at_commit_redirects_nobody_and_stores_nothing(
    site: Site, state: str, status: int, code: str
) -> None:
    site.refuse_at_commit(state)
    answer = await site.by_form()
    assert answer.status_code == status, code
    assert "location" not in answer.headers
    assert "flash" not in answer.headers.get("set-cookie", "")
    assert "secret of the driver" not in answer.text
    assert await site.drafts() == 0
