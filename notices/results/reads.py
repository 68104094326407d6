"""Questions about result notices: all of them are public."""

import datetime as dt
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from notices.errors import NoticeUnknown
from notices.results.models import ResultNoticeRow
from notices.results.types import Kind, ResultFacts, ResultNotice


def view(row: ResultNoticeRow) -> ResultNotice:
    """A row as others may hold it."""
    return ResultNotice(
        id=row.id,
        lot_id=row.lot_id,
        kind=msgspec.convert(row.kind, Kind),
        subject_id=row.subject_id,
        title=row.title,
        facts=msgspec.convert(row.body["facts"], ResultFacts),
        digest=row.digest,
        code=row.code,
        published_at=row.published_at,
        pdf_record_id=row.pdf_record_id,
        pdf_digest=row.pdf_digest,
    )


async def result_notice(session: AsyncSession, notice_id: UUID) -> ResultNotice:
    """One of them."""
    row = await session.get(ResultNoticeRow, notice_id, populate_existing=True)
    if row is None:
        raise NoticeUnknown
    return view(row)


async def result_notices(
    session: AsyncSession,
    *,
    lot_id: UUID | None = None,
    kind: str = "",
    after: tuple[dt.datetime, UUID] | None = None,
    limit: int = 21,
) -> list[ResultNotice]:
    """The newest first: of a lot, of a kind, or all."""
    query = select(ResultNoticeRow)
    if lot_id:
        query = query.where(ResultNoticeRow.lot_id == lot_id)
    if kind:
        query = query.where(ResultNoticeRow.kind == kind)
    if after:
        query = query.where(tuple_(ResultNoticeRow.published_at, ResultNoticeRow.id) < after)
    query = query.order_by(ResultNoticeRow.published_at.desc(), ResultNoticeRow.id.desc()).limit(limit)
    return [view(row) for row in await session.scalars(query)]
