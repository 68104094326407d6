"""The bucket is made by whoever comes first; nobody is refused for coming at the same time."""

import asyncio
import uuid

import msgspec

from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings


async def test_many_processes_make_the_bucket_at_once(object_settings: ObjectsSettings) -> None:
    settings = msgspec.structs.replace(object_settings, bucket=f"race-{uuid.uuid4().hex}")
    stores = [ObjectStore(settings) for _ in range(8)]
    await asyncio.gather(*(store.ensure_bucket() for store in stores))
    digest = await stores[0].put(b"kept")
    assert await stores[-1].get(digest) == b"kept"
