"""Questions about open data: all of it is public, and none of it changes."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from notices.errors import ReleaseUnknown
from notices.ocds.models import ReleaseRow
from notices.ocds.packages import release_package
from notices.ocds.parameters import parameter
from notices.ocds.paths import package_path
from notices.ocds.types import Publisher, StoredRelease
from notices.ocds.writing import read
from trading.kernel.clock import platform_now
from trading.parties import reads as parties

FEED = 50
"""How many releases a page of the feed has."""


async def publisher(session: AsyncSession, base_url: str) -> Publisher:
    """The trading centre; a platform without one yet goes by its address."""
    found = [org for org in await parties.organisations_of_role(session, "official") if org.kind == "centre"]
    if not found:
        return Publisher(name=base_url, uri=base_url)
    scheme = parameter("organisation_scheme", (await platform_now(session)).date())
    return Publisher(name=found[0].name, scheme=scheme, uid=found[0].uscc, uri=base_url)


async def releases_of(session: AsyncSession, project_id: UUID) -> tuple[StoredRelease, ...]:
    """What was released of a project, the first first; empty before its notice is out."""
    rows = await session.scalars(
        select(ReleaseRow)
        .where(ReleaseRow.project_id == project_id)
        .order_by(ReleaseRow.released_at, ReleaseRow.id)
        .execution_options(populate_existing=True)
    )
    return tuple(_view(row) for row in rows)


async def is_out(session: AsyncSession, project_id: UUID, key: str) -> bool:
    """Whether an act has been told of."""
    query = select(ReleaseRow.id).where(ReleaseRow.project_id == project_id, ReleaseRow.key == key)
    return await session.scalar(query) is not None


async def release(session: AsyncSession, release_id: str) -> StoredRelease:
    """One release."""
    row = await session.get(ReleaseRow, release_id)
    if row is None:
        raise ReleaseUnknown
    return _view(row)


async def newest(
    session: AsyncSession, *, after: tuple[dt.datetime, str] | None = None, limit: int = FEED + 1
) -> list[StoredRelease]:
    """Of all projects, the newest first. What is committed later is dated later, so no page skips a release."""
    query = select(ReleaseRow)
    if after:
        query = query.where(tuple_(ReleaseRow.released_at, ReleaseRow.id) < after)
    query = query.order_by(ReleaseRow.released_at.desc(), ReleaseRow.id.desc()).limit(limit)
    return [_view(row) for row in await session.scalars(query)]


async def titles(session: AsyncSession, project_ids: Collection[str]) -> dict[str, str]:
    """What the tenders of several projects are called."""
    rows = await session.execute(
        select(ReleaseRow.project_id, ReleaseRow.body).where(
            ReleaseRow.tag == "tender", ReleaseRow.project_id.in_([UUID(item) for item in project_ids])
        )
    )
    return {str(row.project_id): read(row.body)["tender"]["title"] for row in rows}


async def project_package(session: AsyncSession, project_id: UUID, *, base_url: str) -> bytes | None:
    """The release package of a project, exact bytes; None before anything is released."""
    found = await releases_of(session, project_id)
    if not found:
        return None
    path = package_path(project_id)
    return release_package(found, await publisher(session, base_url), base_url=base_url, path=path)


def _view(row: ReleaseRow) -> StoredRelease:
    return StoredRelease(
        id=row.id,
        ocid=row.ocid,
        project_id=str(row.project_id),
        tag=row.tag,
        released_at=row.released_at.astimezone(dt.UTC),
        digest=row.digest,
        body=row.body,
    )
