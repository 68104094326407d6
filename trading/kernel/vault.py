"""A bucket in which nothing can be deleted before its time: versions under S3 Object Lock in COMPLIANCE mode.

Nobody lifts such a lock, not the store's administrator either; a later version or a delete marker covers a locked
version and leaves it as it is. So an object here is named by key and version, and what lies over it is seen.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE, ENABLED
from minio.error import S3Error
from minio.retention import Retention

from trading.kernel.errors import NotFound, Unavailable

_PIECE = 1024 * 1024
_ABSENT = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion", "MethodNotAllowed"})


class StoreUnavailable(Unavailable):
    """The object store does not answer; nothing was stored."""

    code = "kernel.store_unavailable"


class LockMissing(Unavailable):
    """The bucket keeps no versions under Object Lock: nothing is sealed into it."""

    code = "kernel.lock_missing"


class Version(NamedTuple):
    """What lies under a key; `marker` where it was covered by a deletion."""

    id: str
    latest: bool
    marker: bool
    size: int


async def asked(function: Any, *args: Any, **kwargs: Any) -> Any:
    """A call of the client in a thread, its errors as the platform's."""
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except S3Error as error:
        if error.code in _ABSENT:
            raise NotFound from error
        raise StoreUnavailable from error
    except urllib3.exceptions.HTTPError as error:
        raise StoreUnavailable from error


class Vault:
    """One bucket under Object Lock, one prefix."""

    def __init__(self, client: Minio, bucket: str, prefix: str) -> None:
        self._client, self.bucket, self._prefix = client, bucket, prefix

    async def ensure(self) -> None:
        """Make the bucket where it is missing; refuse one that locks nothing."""
        await asked(self._ensure)

    def _ensure(self) -> None:
        if not self._client.bucket_exists(bucket_name=self.bucket):
            try:
                self._client.make_bucket(bucket_name=self.bucket, object_lock=True)
            except S3Error as error:
                if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                    raise
        if self._client.get_bucket_versioning(bucket_name=self.bucket).status != ENABLED:
            raise LockMissing(bucket=self.bucket)
        try:
            self._client.get_object_lock_config(bucket_name=self.bucket)
        except S3Error as error:
            raise LockMissing(bucket=self.bucket) from error

    async def lock_file(self, key: str, path: Path, *, until: datetime, media_type: str) -> str:
        """A file under lock until an instant; returns its version, and only if the store says it is locked so."""
        made = await asked(
            self._client.fput_object,
            bucket_name=self.bucket,
            object_name=self._prefix + key,
            file_path=str(path),
            content_type=media_type,
            retention=Retention(COMPLIANCE, until),
        )
        version = str(made.version_id or "")
        held = await self.locked_until(key, version) if version else None
        if held is None or held < until.replace(microsecond=0):
            raise LockMissing(bucket=self.bucket)
        return version

    async def locked_until(self, key: str, version: str) -> datetime | None:
        """Until when a version is under a lock that nobody lifts; None where it is under none."""

        def read() -> datetime | None:
            try:
                found = self._client.get_object_retention(
                    bucket_name=self.bucket, object_name=self._prefix + key, version_id=version
                )
            except S3Error as error:
                if error.code in _ABSENT:
                    raise
                return None
            if found is None or found.mode != COMPLIANCE:
                return None
            until = found.retain_until_date
            return until if until.tzinfo else until.replace(tzinfo=UTC)

        held: datetime | None = await asked(read)
        return held

    async def versions(self, key: str) -> tuple[Version, ...]:
        """Everything under a key, the latest first."""

        def listing() -> tuple[Version, ...]:
            found = self._client.list_objects(
                bucket_name=self.bucket, prefix=self._prefix + key, recursive=True, include_version=True
            )
            mine = [item for item in found if item.object_name == self._prefix + key]
            held = [
                Version(str(item.version_id), item.is_latest == "true", item.is_delete_marker, item.size or 0)
                for item in mine
            ]
            return tuple(sorted(held, key=lambda item: not item.latest))

        found: tuple[Version, ...] = await asked(listing)
        return found

    @contextmanager
    def opened(self, key: str, version: str) -> Iterator[Any]:
        """A version as a file to read from, in a thread of the caller's; raises what the client raises."""
        response = self._client.get_object(bucket_name=self.bucket, object_name=self._prefix + key, version_id=version)
        try:
            yield response
        finally:
            response.close()
            response.release_conn()

    async def stream(self, key: str, version: str) -> AsyncIterator[bytes]:
        """A version piece by piece."""

        def begin() -> Any:
            return self._client.get_object(bucket_name=self.bucket, object_name=self._prefix + key, version_id=version)

        response = await asked(begin)
        try:
            while piece := await asked(response.read, _PIECE):
                yield piece
        finally:
            response.close()
            response.release_conn()
