"""The S3 store through the `minio` client, spoken to from threads; what is kept for good is content-addressed.

`put` names an object by its SHA-256, so an object can never change under its name; `put_at` is for pieces that are
not yet a whole (upload blocks).
"""

import asyncio
import io
from collections.abc import AsyncIterator
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import urllib3
from minio import Minio
from minio.error import S3Error

from trading.kernel.settings import ObjectsSettings
from trading.kernel.vault import StoreUnavailable, Vault, asked

_PIECE = 256 * 1024


class ObjectStore:
    """One bucket, one prefix."""

    def __init__(self, settings: ObjectsSettings) -> None:
        self._bucket, self._prefix = settings.bucket, settings.prefix
        self._client = Minio(
            settings.endpoint,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            secure=settings.secure,
            region=settings.region,
            http_client=urllib3.PoolManager(
                maxsize=16, timeout=urllib3.Timeout(connect=3, read=60), retries=urllib3.Retry(2, backoff_factor=0.2)
            ),
        )

        self._call = asked
        self.vault = Vault(self._client, settings.archive_bucket or f"{settings.bucket}-archive", settings.prefix)

    def _key(self, key: str) -> str:
        return f"{self._prefix}{key}"

    @staticmethod
    def content_key(digest: str) -> str:
        """Where an object of this SHA-256 lives."""
        return f"sha256/{digest[:2]}/{digest}"

    async def ensure_bucket(self) -> None:
        """Make the bucket where it is missing."""

        def ensure() -> None:
            if self._client.bucket_exists(bucket_name=self._bucket):
                return
            try:
                self._client.make_bucket(bucket_name=self._bucket)
            except S3Error as error:
                # Another process saw the same absence and was first.
                if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                    raise

        await self._call(ensure)

    async def put(self, data: bytes, media_type: str = "application/octet-stream") -> str:
        """Store for good; returns the SHA-256 in hex."""
        digest = sha256(data).hexdigest()
        await self.put_at(self.content_key(digest), data, media_type)
        return digest

    async def put_file(self, path: Path, media_type: str = "application/octet-stream") -> str:
        """`put` for a file too large to hold in memory."""

        def hashed() -> str:
            with path.open("rb") as file:
                return file_digest(file, "sha256").hexdigest()

        digest = await asyncio.to_thread(hashed)
        await self.load_at(self.content_key(digest), path, media_type)
        return digest

    async def load_at(self, key: str, path: Path, media_type: str = "application/octet-stream") -> None:
        """A file into the store under a name of the caller's."""
        await self._call(
            self._client.fput_object,
            bucket_name=self._bucket,
            object_name=self._key(key),
            file_path=str(path),
            content_type=media_type,
        )

    async def save_at(self, key: str, path: Path) -> None:
        """An object into a file, which is there whole or not at all."""
        await self._call(
            self._client.fget_object, bucket_name=self._bucket, object_name=self._key(key), file_path=str(path)
        )

    async def get(self, digest: str) -> bytes:
        """The bytes of a digest, checked against it."""
        data = await self.get_at(self.content_key(digest))
        if sha256(data).hexdigest() != digest:
            raise StoreUnavailable(digest=digest)
        return data

    async def stream(self, digest: str) -> AsyncIterator[bytes]:
        """The same piece by piece, for a file too large to hold; whoever reads checks the digest he asked for."""

        def begin() -> Any:
            return self._client.get_object(bucket_name=self._bucket, object_name=self._key(self.content_key(digest)))

        response = await self._call(begin)
        try:
            while piece := await self._call(response.read, _PIECE):
                yield piece
        finally:
            response.close()
            response.release_conn()

    async def put_at(self, key: str, data: bytes, media_type: str = "application/octet-stream") -> None:
        """Store under a name of the caller's."""
        await self._call(
            self._client.put_object,
            bucket_name=self._bucket,
            object_name=self._key(key),
            data=io.BytesIO(data),
            length=len(data),
            content_type=media_type,
        )

    async def get_at(self, key: str) -> bytes:
        """The whole object."""

        def read() -> bytes:
            response = self._client.get_object(bucket_name=self._bucket, object_name=self._key(key))
            try:
                body: bytes = response.read()
                return body
            finally:
                response.close()
                response.release_conn()

        data: bytes = await self._call(read)
        return data

    async def stream_at(self, *keys: str) -> AsyncIterator[bytes]:
        """Objects one after another, each read whole: for pieces of bounded size."""
        for key in keys:
            yield await self.get_at(key)

    async def delete_at(self, key: str) -> None:
        """Remove a piece; an absent one is no error."""
        await self._call(self._client.remove_object, bucket_name=self._bucket, object_name=self._key(key))

    async def keys(self, prefix: str = "") -> list[str]:
        """Names under a prefix, for sweeps and tests."""

        def listing() -> list[str]:
            found = self._client.list_objects(bucket_name=self._bucket, prefix=self._key(prefix), recursive=True)
            return [str(item.object_name).removeprefix(self._prefix) for item in found]

        names: list[str] = await self._call(listing)
        return names
