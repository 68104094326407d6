"""A process does not start with too strong a login, nor with demonstration and real data mixed."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from litestar import Litestar
from msgspec.structs import replace

from portal.app import create_app
from portal.demo.clock import install
from portal.embedded.cluster import Cluster, DatabaseUrls
from tests.factories import bidding as make
from tests.factories.site import make_settings
from tests.servers import SharedServers
from trading.kernel.db import Database
from trading.kernel.errors import StartupRefused
from trading.kernel.settings import JournalSettings, KeysSettings, ObjectsSettings, Settings
from trading.kernel.tasks import Resources

REAL, DEMO = "trading.example/journal", "demo/city"


@pytest_asyncio.fixture
async def settings(database: DatabaseUrls, object_settings: ObjectsSettings) -> AsyncIterator[Settings]:
    yield make_settings(database.app_dsn, object_settings, KeysSettings(Path("unused"), "unused"))


async def started(app: Litestar) -> None:
    """The application started and stopped again; a refusal as it was raised, without the framework's wrapping."""
    try:
        async with app.lifespan():
            pass
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


def app_of(settings: Settings, *, origin: str, demo: bool) -> Litestar:
    changed = replace(settings, journal=JournalSettings(origin=origin), web=replace(settings.web, demo=demo))
    return create_app(changed, Resources(changed, keys=make.KEYS))


async def test_an_owner_does_not_serve(settings: Settings, database: DatabaseUrls) -> None:
    strong = replace(settings, database=replace(settings.database, app=database.owner_dsn))
    with pytest.raises(StartupRefused, match="trading_owner"):
        await started(app_of(strong, origin=REAL, demo=False))


async def test_a_superuser_does_not_serve(servers: SharedServers, cluster: Cluster) -> None:
    database = Database(servers.postgres.admin_dsn)
    with pytest.raises(StartupRefused, match="too strong"):
        await database.refuse_strong_login()
    await database.close()


@pytest.mark.parametrize("right", ["BYPASSRLS", "SUPERUSER"])
async def test_a_login_that_passes_row_security_does_not_serve(
    servers: SharedServers, database: DatabaseUrls, right: str
) -> None:
    name = f"test_strong_{right.lower()}"
    with psycopg.connect(servers.postgres.admin_dsn, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN {right} PASSWORD 'x'")
        admin.execute(f"GRANT CONNECT ON DATABASE {database.name} TO {name}")
    strong = Database(f"postgresql://{name}:x@/{database.name}?{database.app_dsn.partition('?')[2]}")
    try:
        with pytest.raises(StartupRefused, match=name):
            await strong.refuse_strong_login()
    finally:
        await strong.close()
        with psycopg.connect(servers.postgres.admin_dsn, autocommit=True) as admin:
            admin.execute(f"REVOKE ALL ON DATABASE {database.name} FROM {name}")
            admin.execute(f"DROP ROLE {name}")


async def test_a_real_platform_starts_again_under_the_same_name_only(settings: Settings) -> None:
    for _ in range(2):
        await started(app_of(settings, origin=REAL, demo=False))
    with pytest.raises(StartupRefused, match="belongs to the journal"):
        await started(app_of(settings, origin="other.example/journal", demo=False))


@pytest.mark.parametrize(("origin", "demo"), [(DEMO, False), (REAL, True), (DEMO, True)])
async def test_a_real_database_serves_no_demonstration(settings: Settings, origin: str, demo: bool) -> None:
    with pytest.raises(StartupRefused, match="go together"):
        await started(app_of(settings, origin=origin, demo=demo))


@pytest.mark.parametrize(("origin", "demo"), [(DEMO, False), (REAL, True), (REAL, False)])
async def test_a_demonstrations_database_serves_nothing_real(
    settings: Settings, database: DatabaseUrls, origin: str, demo: bool
) -> None:
    install(database.owner_dsn)
    with pytest.raises(StartupRefused, match="go together"):
        await started(app_of(settings, origin=origin, demo=demo))


async def test_a_demonstration_moves_its_clock_and_a_real_platform_has_no_such_address(
    settings: Settings, database: DatabaseUrls
) -> None:
    real = app_of(settings, origin=REAL, demo=False)
    assert not [route for route in real.routes if route.path.startswith("/demo")]
    install(database.owner_dsn)
    demonstration = app_of(settings, origin=DEMO, demo=True)
    await started(demonstration)
    assert [route.path for route in demonstration.routes if route.path.startswith("/demo")] == ["/demo/clock"]
