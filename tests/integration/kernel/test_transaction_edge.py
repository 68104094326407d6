"""One request is one transaction, committed at the edge: what fails at COMMIT is told as a failure, and nothing stays.

The real application is asked, by its JSON route and by its form, to save a draft; the database refuses only at COMMIT.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
import pytest_asyncio
import structlog
from httpx import Response
from sqlalchemy import text

from portal.embedded.cluster import DatabaseUrls
from tests.factories.parties import make_actor
from tests.factories.projects import make_official
from tests.factories.whole_site import WholeSite
from trading.kernel.log import configure_log
from trading.kernel.settings import ObjectsSettings

# What the database says at COMMIT, and how it is told.
REFUSALS = [("23514", 409, "web.conflict"), ("40001", 503, "web.database_busy"), ("P0001", 500, "web.incident")]


class Site(WholeSite):
    """The whole application, and a tenderer's program."""

    def __init__(self, urls: DatabaseUrls, objects: ObjectsSettings) -> None:
        super().__init__(urls, objects)
        self.urls = urls

    async def sign_in(self) -> None:
        async with self.database.transaction() as session:
            await make_official(session)
            tenderer = await make_actor(session, "tenderer")
        self.tenderer = await self.as_(tenderer)

    async def drafts(self) -> int:
        async with self.database.transaction() as session:
            return int((await session.execute(text("SELECT count(*) FROM project_drafts"))).scalar_one())

    @contextmanager
    def refusing_at_commit(self, state: str) -> Iterator[None]:
        """A draft is refused, but not before COMMIT."""
        with psycopg.connect(self.urls.owner_dsn, autocommit=True) as owner:
            owner.execute(
                "CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'secret of the driver' USING ERRCODE = '{state}'; END $$"
            )
            owner.execute(
                "CREATE CONSTRAINT TRIGGER refuse_late AFTER INSERT ON project_drafts "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_late()"
            )
            yield
            owner.execute("DROP FUNCTION refuse_late() CASCADE")

    async def by_json(self) -> Response:
        return await self.tenderer.post("/v1/projects", json={"name": "临江大道改造工程"})

    async def by_form(self) -> Response:
        self.tenderer.cookies.clear()  # of the message that a saved draft left
        form = {"name": "临江大道改造工程", "_then": "draft"}
        return await self.tenderer.post("/projects/new", data=form, headers={"accept": "text/html"})


@pytest_asyncio.fixture(scope="module")
async def site(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]], object_settings: ObjectsSettings
) -> AsyncIterator[Site]:
    configure_log(process="web")
    with new_database() as urls:
        made = Site(urls, object_settings)
        await made.sign_in()
        yield made
        await made.close()
    structlog.reset_defaults()


async def test_what_is_committed_is_answered_so(site: Site) -> None:
    before = await site.drafts()
    assert (await site.by_json()).status_code == 201
    answer = await site.by_form()
    assert (answer.status_code, answer.headers["location"][:10]) == (303, "/projects/")
    assert await site.drafts() == before + 2


@pytest.mark.parametrize(("state", "status", "code"), REFUSALS)
async def test_a_json_route_that_fails_at_commit_says_so_and_stores_nothing(
    site: Site, state: str, status: int, code: str
) -> None:
    before = await site.drafts()
    with site.refusing_at_commit(state):
        answer = await site.by_json()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret of the driver" not in answer.text
    assert await site.drafts() == before


@pytest.mark.parametrize(("state", "status", "code"), REFUSALS)
async def test_a_page_that_fails_at_commit_redirects_nobody_and_stores_nothing(
    site: Site, state: str, status: int, code: str
) -> None:
    before = await site.drafts()
    with site.refusing_at_commit(state):
        answer = await site.by_form()
    assert answer.status_code == status, code
    assert "location" not in answer.headers
    assert "flash" not in answer.headers.get("set-cookie", "")
    assert "secret of the driver" not in answer.text
    assert await site.drafts() == before
