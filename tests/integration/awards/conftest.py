"""A lot after its report, on a database of its own for every test: each moves the clock."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import pytest_asyncio

from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories.awards import AwardStage, set_award_stage
from tests.factories.whole_site import WholeSite
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings


@pytest_asyncio.fixture
async def stage(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
) -> AsyncIterator[AwardStage]:
    with new_database() as urls:
        install(urls.owner_dsn)
        site = WholeSite(urls, object_settings, objects)
        yield await set_award_stage(site)
        await site.close()
