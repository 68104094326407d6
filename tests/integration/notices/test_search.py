"""Searching published notices by words: everything LIKE would find and nothing else, newest first, on page and API."""

import json
import random
import re
import unicodedata
import uuid
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notices import highlight, reads, search_reads
from notices.models import NoticeRow
from tests.factories.notices import publish_project
from tests.factories.projects import make_official
from tests.integration.projects.conftest import Enter, Platform
from trading.kernel.objects import ObjectStore

STARTS = ("临江大道", "滨河路", "第二人民医院", "城东污水处理厂", "中心小学", "江滨新区", "高新区Ａ座", "X7 标段")
ENDS = (
    "改造工程",
    "机电安装",
    "提标改造",
    "操场翻新",
    "道路、排水及照明",
    "桥梁加固（二期）",
    "BIM 咨询",
    "雨污水管网",
)
MORE = "全长公里双向六车道含桥梁两座管网照明绿化投标保证金合格资质一级施工总承包abcXYZ０１２,，。 （）m㎡"


class Corpus:
    """Published notices, made of a seed, and their text as PostgreSQL keeps it."""

    def __init__(self, rows: list[tuple[uuid.UUID, datetime, str]]) -> None:
        self.rows = rows

    def like(self, word: str) -> set[uuid.UUID]:
        folded = unicodedata.normalize("NFKC", word).lower()
        return {row for row, _, said in self.rows if folded in unicodedata.normalize("NFKC", said).lower()}


async def fill(session: AsyncSession, objects: ObjectStore, count: int, seed: int) -> Corpus:
    """Further notices beside one that was published as all are."""
    real, _, _ = await publish_project(session, objects, official=await make_official(session))
    chance, rows = random.Random(seed), []
    assert real.published_at
    for number in range(count):
        title = chance.choice(STARTS) + chance.choice(ENDS) + "招标公告"
        overview = "".join(chance.choices(MORE, k=chance.randint(0, 200)))
        at = real.published_at - timedelta(minutes=number + 1)
        row = NoticeRow(
            id=uuid.UUID(int=chance.getrandbits(128)),
            subject_kind="project",
            subject_id=uuid.UUID(int=chance.getrandbits(128)),
            kind="tender-notice",
            title=title,
            body={"texts": {"overview": overview, "nested": [{"contact_name": "陈工"}]}, "facts": {"min_bidders": 3}},
            state="published",
            region=chance.choice(("350100", "440300")),
            open_until=at + timedelta(days=chance.choice((-1, 30))),
            drafted_by=uuid.UUID(int=1),
            drafted_at=at,
            published_by=uuid.UUID(int=2),
            published_at=at,
            digest="00",
            entry_id=real.entry_id,
        )
        session.add(row)
        rows.append((row.id, at, f"{title}\n{overview}\n陈工"))
    await session.flush()
    return Corpus(rows)


@pytest_asyncio.fixture
async def corpus(session: AsyncSession, objects: ObjectStore) -> Corpus:
    return await fill(session, objects, 400, seed=7)


async def hits(session: AsyncSession, search: str) -> set[uuid.UUID]:
    order = replace(reads.NOTICES.first, limit=10_000)
    words = highlight.words_of(search)
    return set(await search_reads.newest_holding(session, words, "", [NoticeRow.subject_kind == "project"], order))


async def test_recall_and_precision_are_likes_own(session: AsyncSession, corpus: Corpus) -> None:
    chance = random.Random(11)
    asked = 0
    while asked < 150:
        said = chance.choice(corpus.rows)[2]
        start = chance.randrange(len(said))
        word = said[start : start + chance.randint(1, 9)]
        if len(word.split()) != 1 or word != word.strip() or not highlight.words_of(word):
            continue
        asked += 1
        if chance.random() < 0.3:
            word = unicodedata.normalize("NFKC", word).swapcase()
        own = {row for row, _, _ in corpus.rows}
        assert await hits(session, word) & own == corpus.like(word), word


async def test_every_word_must_be_said(session: AsyncSession, corpus: Corpus) -> None:
    own = {row for row, _, _ in corpus.rows}
    for search in ("临江 照明", "改造 工程 大道", "BIM 滨河路", "陈工 操场"):
        wanted = own.copy()
        for word in search.split():
            wanted &= corpus.like(word)
        assert await hits(session, search) & own == wanted
        assert wanted


async def test_words_beside_each_other_in_two_fields_are_not_one_word(session: AsyncSession, corpus: Corpus) -> None:
    assert await hits(session, "公告陈工") == set()
    assert await hits(session, "tender-notice") == set()  # what it is, not what it says


@pytest.mark.parametrize("newest", [5, 2000])
async def test_newest_first_without_gap_whichever_step_finds_them(
    session: AsyncSession, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, newest: int
) -> None:
    monkeypatch.setattr(search_reads, "NEWEST", newest)
    at = {row: when for row, when, _ in corpus.rows}
    wanted = sorted(corpus.like("改造"), key=lambda row: (at[row], row), reverse=True)
    found: list[uuid.UUID] = []
    order = replace(reads.NOTICES.first, limit=21)
    while True:
        ids = await search_reads.newest_holding(session, ("改造",), "", (), order)
        known = [row for row in ids[:20] if row in at]
        found += known
        if len(ids) <= 20:
            break
        order = replace(order, after=(at[known[-1]], known[-1]))
    assert found == wanted


async def test_filters_hold_beside_words(session: AsyncSession, corpus: Corpus) -> None:
    now = (await session.execute(text("SELECT platform_now()"))).scalar_one()
    order = replace(reads.NOTICES.first, limit=1000)
    open_ones = [NoticeRow.open_until > now]
    ids = await search_reads.newest_holding(session, ("改造",), "3501", open_ones, order)
    kept = await session.execute(
        text("SELECT id FROM notices WHERE open_until > :now AND region LIKE '3501%' AND title LIKE '%改造%'"),
        {"now": now},
    )
    assert set(ids) == set(kept.scalars())
    assert ids


async def test_drafts_are_not_found_and_words_are_kept_as_published(
    session: AsyncSession, objects: ObjectStore
) -> None:
    notice, _, _ = await publish_project(session, objects, official=await make_official(session), name="凤鸣湖隧道工程")
    assert [found.id for found in await reads.published_notices(session, search="凤鸣湖")] == [notice.id]
    assert [found.id for found in await reads.published_notices(session, search="桥涵 凤鸣")] == [
        notice.id
    ]  # a lot's scope
    assert await reads.published_notices(session, search="，。") == []
    kept = (
        await session.execute(text("SELECT count(*) FROM notice_words WHERE notice_id = :id"), {"id": notice.id})
    ).one()
    assert kept[0] == 1


async def test_the_public_page_marks_what_was_sought(platform: Platform, enter: Enter) -> None:
    async with platform.database.transaction() as session:
        notice, _, _ = await publish_project(
            session, platform.objects, official=await make_official(session), name="白鹭洲<b>码头</b>工程"
        )
        await publish_project(session, platform.objects, name="别处工程")
    visitor = await enter()
    page = (await visitor.get("/notices?q=白鹭洲 码头")).text
    assert "<mark>白鹭洲</mark>&lt;b&gt;<mark>码头</mark>&lt;/b&gt;工程" in page
    assert "别处工程" not in page
    assert 'value="白鹭洲 码头"' in page
    said = (await visitor.get("/notices?q=雨污水")).text
    assert re.search(r'<p class="hint">.*?<mark>雨污水</mark>', said)
    part = await visitor.get("/notices?q=白鹭洲", headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert str(notice.id) in part.text
    empty = await visitor.get("/notices?q=不存在的词")
    assert (empty.status_code, "没有公告" in empty.text, "换一个条件试试" in empty.text) == (200, True, True)
    exported = await visitor.get("/notices?q=白鹭洲&format=csv")
    assert f"/notices/{notice.id}" in exported.text
    assert len(exported.text.splitlines()) == 2


async def test_programs_search_too(platform: Platform, enter: Enter) -> None:
    async with platform.database.transaction() as session:
        notice, _, _ = await publish_project(
            session, platform.objects, official=await make_official(session), name="石鼓山水库除险加固"
        )
    visitor = await enter()
    found = (await visitor.get("/v1/notices", params={"q": "石鼓山　水库"})).json()
    assert [item["id"] for item in found["items"]] == [str(notice.id)]
    assert (await visitor.get("/v1/notices", params={"q": "石鼓山", "state": "closed"})).json()["items"] == []
    for sort in ("title", "-title", "deadline", "published"):
        assert json.dumps(str(notice.id)) in (await visitor.get(f"/v1/notices?q=水库&sort={sort}")).text


@pytest.mark.parametrize(
    "q", ["'", "\\", "' | '道", "a:*", "!道", "&", "%", "_", "道" * 200, "😀", "\x07道", "<script>"]
)
async def test_no_query_breaks_the_search(platform: Platform, enter: Enter, q: str) -> None:
    visitor = await enter()
    for path in ("/notices", "/v1/notices"):
        assert (await visitor.get(path, params={"q": q})).status_code == 200
