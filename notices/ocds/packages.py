"""Packages of releases and records, pure: releases stand in them letter by letter as they went out.

A record compiles the releases of a process by the standard's merge routine: objects are merged field by field, lists
of objects by their ids, everything else is what was said last.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from notices.ocds.parameters import extensions
from notices.ocds.types import VERSION, Publisher, StoredRelease
from notices.ocds.writing import instant, read, written

EXTENSION = "/v1/ocds/extension/extension.json"
POLICY = "/open-data"


class _Links(msgspec.Struct, frozen=True):
    next: str


class _Package(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    uri: str
    version: str
    extensions: tuple[str, ...]
    published_date: str
    publisher: Publisher
    publication_policy: str
    releases: tuple[msgspec.Raw, ...] = ()
    packages: tuple[str, ...] = ()
    records: tuple[msgspec.Raw, ...] = ()
    links: _Links | None = None


class _Record(msgspec.Struct, frozen=True, rename="camel"):
    ocid: str
    releases: tuple[msgspec.Raw, ...]
    compiled_release: msgspec.Raw


def release_package(
    releases: Sequence[StoredRelease], publisher: Publisher, *, base_url: str, path: str, more: str | None = None
) -> bytes:
    """These releases; `more` is where the next of a feed are."""
    return _written(
        _newest(releases),
        publisher,
        base_url=base_url,
        uri=f"{base_url}{path}",
        releases=tuple(msgspec.Raw(item.body) for item in releases),
        links=_Links(f"{base_url}{more}") if more else None,
    )


def record_package(
    releases: Sequence[StoredRelease], publisher: Publisher, *, base_url: str, path: str, source: str
) -> bytes:
    """The record of one process, its releases oldest first; `source` is the release package they are of."""
    raw = tuple(msgspec.Raw(item.body) for item in releases)
    record = _Record(releases[0].ocid, raw, msgspec.Raw(written(compiled([read(item.body) for item in releases]))))
    return _written(
        _newest(releases),
        publisher,
        base_url=base_url,
        uri=f"{base_url}{path}",
        packages=(f"{base_url}{source}",),
        records=(msgspec.Raw(written(record)),),
    )


def compiled(releases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The process as it stands after its last release."""
    state: dict[str, Any] = {}
    for release in releases:
        state = _merged(state, release)
    last = releases[-1]
    return state | {"id": f"{last['ocid']}-{last['date']}", "date": last["date"], "tag": ["compiled"]}


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: _merged(old.get(name), value) for name, value in new.items()}
    if _identified(old) and _identified(new):
        found = {item["id"]: item for item in old}
        for item in new:
            found[item["id"]] = _merged(found.get(item["id"]), item)
        return list(found.values())
    return new


def _identified(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "id" in item for item in value)


def _newest(releases: Sequence[StoredRelease]) -> dt.datetime:
    return max(item.released_at for item in releases)


def _written(newest: dt.datetime, publisher: Publisher, *, base_url: str, **parts: Any) -> bytes:
    package = _Package(
        version=VERSION,
        extensions=(*extensions(newest.date()), f"{base_url}{EXTENSION}"),
        published_date=instant(newest),
        publisher=publisher,
        publication_policy=f"{base_url}{POLICY}",
        **parts,
    )
    return written(package)
