"""The object store: what is kept for good is named by its bytes, and a store that is away is said so."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from portal.embedded.ports import free_port
from trading.kernel.errors import NotFound
from trading.kernel.objects import ObjectStore, StoreUnavailable
from trading.kernel.settings import ObjectsSettings

DATA = "招标文件".encode() * 1000
DIGEST = sha256(DATA).hexdigest()


async def test_an_object_is_named_by_its_bytes(objects: ObjectStore) -> None:
    assert await objects.put(DATA, "application/pdf") == DIGEST
    assert await objects.put(DATA) == DIGEST
    assert await objects.get(DIGEST) == DATA
    assert await objects.keys() == [ObjectStore.content_key(DIGEST)]


async def test_a_file_is_kept_like_bytes(objects: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(DATA)
    assert await objects.put_file(path) == DIGEST
    assert await objects.get(DIGEST) == DATA


async def test_other_bytes_under_a_digest_are_not_given_out(objects: ObjectStore) -> None:
    await objects.put_at(ObjectStore.content_key(DIGEST), DATA[:-1])
    with pytest.raises(StoreUnavailable):
        await objects.get(DIGEST)


async def test_what_is_not_there_is_not_found(objects: ObjectStore) -> None:
    with pytest.raises(NotFound):
        await objects.get("00" * 32)
    await objects.delete_at("bids/none")


async def test_pieces_are_streamed_in_order_and_can_go(objects: ObjectStore) -> None:
    for n in range(3):
        await objects.put_at(f"bids/u/{n}", bytes([n]) * 10)
    pieces = [piece async for piece in objects.stream_at("bids/u/2", "bids/u/0")]
    assert pieces == [b"\x02" * 10, b"\x00" * 10]
    await objects.delete_at("bids/u/1")
    assert sorted(await objects.keys("bids/")) == ["bids/u/0", "bids/u/2"]


async def test_a_platform_sees_its_own_prefix_alone(objects: ObjectStore, object_settings: ObjectsSettings) -> None:
    await objects.put(DATA)
    other = ObjectStore(msgspec.structs.replace(object_settings, prefix="somebody-else/"))
    assert await other.keys() == []
    with pytest.raises(NotFound):
        await other.get(DIGEST)


async def test_a_store_that_does_not_answer_is_said_to_be_away(object_settings: ObjectsSettings) -> None:
    away = ObjectStore(msgspec.structs.replace(object_settings, endpoint=f"127.0.0.1:{free_port()}"))
    with pytest.raises(StoreUnavailable):
        await away.put(DATA)
    forbidden = ObjectStore(msgspec.structs.replace(object_settings, secret_key="wrong"))
    with pytest.raises(StoreUnavailable):
        await forbidden.put(DATA)
