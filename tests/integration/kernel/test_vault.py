"""What is locked in the archive's bucket stays, whoever asks the store: its own administrator, through its S3 port."""

import io
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from minio import Minio
from minio.commonconfig import COMPLIANCE, GOVERNANCE
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.retention import Retention
from minio.versioningconfig import SUSPENDED, VersioningConfig

from trading.kernel.errors import NotFound
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings
from trading.kernel.vault import LockMissing, Vault

KEY = "packages/one.tar"
BODY = b"what must not be lost " * 500
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=15 * 365)


@pytest.fixture(scope="module")
def settings(object_settings: ObjectsSettings) -> ObjectsSettings:
    return msgspec.structs.replace(object_settings, archive_bucket=f"archive-{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="module")
def admin(settings: ObjectsSettings) -> Minio:
    """The store's administrator: the one identity there is, allowed everything."""
    return Minio(
        settings.endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key,
        secure=False,
        region=settings.region,
    )


@pytest.fixture(scope="module")
def vault(settings: ObjectsSettings) -> Vault:
    return ObjectStore(settings).vault


async def locked(vault: Vault, folder: Path, body: bytes = BODY, key: str = KEY) -> str:
    path = folder / "package.tar"
    path.write_bytes(body)
    await vault.ensure()
    await vault.ensure()
    return await vault.lock_file(key, path, until=UNTIL, media_type="application/x-tar")


async def read(vault: Vault, version: str, key: str = KEY) -> bytes:
    return b"".join([piece async for piece in vault.stream(key, version)])


async def test_the_administrator_deletes_and_shortens_nothing(vault: Vault, admin: Minio, tmp_path: Path) -> None:
    version = await locked(vault, tmp_path)
    assert await vault.locked_until(KEY, version) == UNTIL
    where = {"bucket_name": vault.bucket, "object_name": KEY, "version_id": version}
    soon = datetime.now(UTC) + timedelta(seconds=1)
    for attempt in (
        lambda: admin.remove_object(**where),
        lambda: admin.set_object_retention(**where, config=Retention(COMPLIANCE, soon)),
        lambda: admin.set_object_retention(**where, config=Retention(GOVERNANCE, UNTIL)),
        lambda: admin.set_object_retention(**where, config=Retention(GOVERNANCE, UNTIL + timedelta(days=9))),
        lambda: admin.set_bucket_versioning(bucket_name=vault.bucket, config=VersioningConfig(SUSPENDED)),
        lambda: admin.remove_bucket(bucket_name=vault.bucket),
    ):
        with pytest.raises(S3Error, match=r"AccessDenied|InvalidBucketState|BucketNotEmpty"):
            attempt()
    refused = admin.remove_objects(
        bucket_name=vault.bucket, delete_object_list=[DeleteObject(KEY, version)], bypass_governance_mode=True
    )
    assert [error.code for error in refused] == ["AccessDenied"]
    assert await vault.locked_until(KEY, version) == UNTIL
    assert await read(vault, version) == BODY


async def test_what_is_laid_over_it_is_seen_and_covers_nothing(vault: Vault, admin: Minio, tmp_path: Path) -> None:
    key = "packages/two.tar"
    version = await locked(vault, tmp_path, key=key)
    admin.put_object(bucket_name=vault.bucket, object_name=key, data=io.BytesIO(b"other"), length=5)
    admin.remove_object(bucket_name=vault.bucket, object_name=key)
    found = await vault.versions(key)
    assert [(item.marker, item.size) for item in found if item.latest] == [(True, 0)]
    assert (version, False, len(BODY)) in [(item.id, item.marker, item.size) for item in found]
    assert len(found) == 3
    assert await read(vault, version, key) == BODY
    other = next(item.id for item in found if item.size == 5)
    assert await vault.locked_until(key, other) is None


async def test_a_file_in_many_pieces_is_locked_too(vault: Vault, admin: Minio, tmp_path: Path) -> None:
    key, body = "packages/large.tar", bytes(range(256)) * 4096 * 7
    version = await locked(vault, tmp_path, body, key)
    with pytest.raises(S3Error, match="AccessDenied"):
        admin.remove_object(bucket_name=vault.bucket, object_name=key, version_id=version)
    assert await read(vault, version, key) == body


async def test_a_bucket_that_locks_nothing_is_refused(settings: ObjectsSettings, admin: Minio, tmp_path: Path) -> None:
    plain = msgspec.structs.replace(settings, archive_bucket=f"plain-{uuid.uuid4().hex[:12]}")
    admin.make_bucket(bucket_name=plain.archive_bucket)
    with pytest.raises(LockMissing):
        await locked(ObjectStore(plain).vault, tmp_path)


async def test_what_was_never_there_is_not_found(vault: Vault, tmp_path: Path) -> None:
    await vault.ensure()
    assert await vault.versions("packages/none.tar") == ()
    with pytest.raises(NotFound):
        await read(vault, "0" * 32, "packages/none.tar")
