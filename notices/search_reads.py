"""Finding published notices by words (公告检索): exactly those that hold every word, newest first.

Two steps, for an index of words knows nothing of dates: a word that very many notices hold is met among the newest
few thousand, which are walked by date; any other has so few notices that all of them are fetched and sorted. Pieces of
two characters decide where to look, the text itself whether the word is there, so nothing is missed and nothing is
found by chance (docs/decisions/0017-search-and-tables.md).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from notices.models import NoticeRow, NoticeWordsRow
from trading.web.tables import Order

NEWEST = 2000
"""How many notices are walked by date before the index of words is asked."""


def holds(words: Sequence[str], region: str = "", among: Any = NoticeWordsRow) -> ColumnElement[bool]:
    """That a notice of a region holds every word."""
    conditions: list[ColumnElement[bool]] = []
    for word in words:
        conditions.append(among.words.op("@@")(func.search_query(literal(word))))
        conditions.append(func.strpos(among.content, func.search_text(literal(word))) > 0)
    if region:
        conditions.append(among.region.startswith(region, autoescape=True))
    return and_(*conditions)


async def newest_holding(
    session: AsyncSession, words: Sequence[str], region: str, filters: Sequence[ColumnElement[bool]], order: Order
) -> list[UUID]:
    """Ids of the notices that hold the words and pass the filters, newest first: among the newest, then among all."""
    newest = select(NoticeWordsRow)
    everywhere = select(NoticeWordsRow.notice_id, NoticeWordsRow.published_at).where(holds(words, region))
    if order.after is not None:
        before = tuple_(NoticeWordsRow.published_at, NoticeWordsRow.notice_id) < order.after
        newest, everywhere = newest.where(before), everywhere.where(before)
    walked = (
        newest.order_by(NoticeWordsRow.published_at.desc(), NoticeWordsRow.notice_id.desc()).limit(NEWEST).subquery()
    ).c
    found: list[UUID] = []
    for step in (select(walked.notice_id, walked.published_at).where(holds(words, region, walked)), everywhere):
        hits: Any = step.cte("hits").prefix_with("MATERIALIZED")  # or the planner walks all dates for a rare word
        query = (
            select(hits.c.notice_id)
            .join(NoticeRow, NoticeRow.id == hits.c.notice_id)
            .where(*filters)
            .order_by(hits.c.published_at.desc(), hits.c.notice_id.desc())
            .limit(order.limit)
        )
        found = list(await session.scalars(query))
        if len(found) >= order.limit:
            break
    return found
