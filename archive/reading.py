"""Reading a sealed package again (固化检查): every file of it against the list it was sealed with.

What is damaged is named by package and file. A store that is away is no finding: nothing was read.
"""

import hashlib
import tarfile
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from minio.error import S3Error
from urllib3.exceptions import HTTPError, MaxRetryError

from archive.types import Finding, PackedFile
from trading.kernel.vault import StoreUnavailable

_BLOCK = 1024 * 1024
_GONE = frozenset({"NoSuchKey", "NoSuchObject", "NoSuchVersion", "MethodNotAllowed"})


class Readable(Protocol):
    """What a version is read from."""

    def read(self, amount: int = -1, /) -> bytes: ...


class Read(NamedTuple):
    """How much was read, and what was not as it was sealed."""

    files: int
    bytes: int
    findings: tuple[Finding, ...]


class _Hashing:
    """Passes a stream on and digests it."""

    def __init__(self, source: Readable) -> None:
        self._source, self._digest, self.size = source, hashlib.sha256(), 0

    def read(self, amount: int = _BLOCK) -> bytes:
        data = self._source.read(amount)
        self._digest.update(data)
        self.size += len(data)
        return data

    def drain(self) -> str:
        """To the end; the digest of it all."""
        while self.read(_BLOCK):
            pass
        return self._digest.hexdigest()


def read_bag(vault: Any, key: str, version: str, *, digest: str, files: tuple[PackedFile, ...]) -> Read:
    """One bag, in a thread: S3 is read, the tar gone through, every digest compared."""
    listed = {item.path: item for item in files}
    try:
        with vault.opened(key, version) as response:
            return compare(_Hashing(response), digest, listed)
    except MaxRetryError as error:
        raise StoreUnavailable from error
    except S3Error as error:
        kind = "gone" if error.code in _GONE else "unreadable"
        return Read(0, 0, (Finding(kind, "", digest, error.code or ""),))
    except (HTTPError, OSError) as error:
        return Read(0, 0, (Finding("unreadable", "", digest, type(error).__name__),))


def compare(source: _Hashing, digest: str, listed: Mapping[str, PackedFile]) -> Read:
    """The tar against its list; where a header is damaged, what comes after it is compared no more."""
    findings: list[Finding] = []
    seen: dict[str, None] = {}
    broken = ""
    try:
        with tarfile.open(fileobj=source, mode="r|", ignore_zeros=False) as tar:  # type: ignore[call-overload]  # a stream needs only `read`
            for member in tar:
                path = member.name.partition("/")[2]
                seen[path] = None
                findings += _member(tar, member, path, listed.get(path))
    except tarfile.TarError as error:
        broken = type(error).__name__
    whole = source.drain()
    missing = sorted(listed.keys() - seen.keys())
    if whole != digest and not findings:
        # A damaged header looks like the end: nothing after the last file that was read can be told.
        lost = missing or broken
        found = f"after {list(seen)[-1]}" if seen and lost else broken or whole
        findings.append(Finding("unreadable" if lost else "changed", "", digest, found))
    else:
        findings += [Finding("missing", path, listed[path].sha256, "") for path in missing]
    return Read(len(seen), source.size, tuple(findings))


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, item: PackedFile | None) -> tuple[Finding, ...]:
    content = tar.extractfile(member) if member.isfile() else None
    if item is None or content is None:
        return (Finding("added", path, "", member.name),)
    found = hashlib.sha256()
    while block := content.read(_BLOCK):
        found.update(block)
    if found.hexdigest() != item.sha256:
        return (Finding("changed", path, item.sha256, found.hexdigest()),)
    return ()
