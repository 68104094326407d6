"""Lists: sorted by a column, filtered, taken away as CSV that no spreadsheet runs."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from httpx import AsyncClient, Response
from lxml import html
from sqlalchemy.dialects import postgresql

from tests.unit.web.gallery.site import ROWS, SORTED
from trading.kernel.ids import new_id
from trading.web import tables
from trading.web.paging import encode
from trading.web.responses import neutral
from trading.web.tables import Order, Sortable, SortKey

FORMULAS = (
    "=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠SUM(A1)",
    '=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0",
)  # fmt: skip


def names(answer: Response) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in html.fromstring(answer.text).xpath("//tbody//th")]


async def test_a_heading_sorts_and_says_how(visitor: AsyncClient) -> None:
    first = html.fromstring((await visitor.get("/sorted?q=&after=")).text)
    assert first.xpath("//thead/tr/th/@aria-sort") == ["none", "descending"]
    by_price = first.xpath("//thead//a/@href")[1]
    assert parse_qs(urlsplit(by_price).query) == {"sort": ["price"]}
    second = await visitor.get(by_price)
    assert names(second) == [row.name for row in sorted(ROWS, key=lambda row: row.price)][:3]
    assert html.fromstring(second.text).xpath("//thead/tr/th/@aria-sort") == ["none", "ascending"]


async def test_filters_stay_and_paging_begins_anew(visitor: AsyncClient) -> None:
    page = html.fromstring((await visitor.get("/sorted?q=程&sort=name")).text)
    (by_name, by_price) = page.xpath("//thead//a/@href")
    assert parse_qs(urlsplit(by_name).query) == {"q": ["程"], "sort": ["-name"]}
    assert parse_qs(urlsplit(by_price).query) == {"q": ["程"], "sort": ["price"]}
    assert page.xpath("//form[@class='form filters']//input[@name='sort']/@value") == ["name"]
    assert page.xpath("//input[@name='q']/@value") == ["程"]
    assert page.xpath("//select[@name='kind']/option[@selected]/@value") == ["works"]
    (link,) = page.xpath("//p[@class='export']/a/@href")
    assert parse_qs(urlsplit(link).query) == {"q": ["程"], "sort": ["name"], "format": ["csv"]}


async def test_an_unknown_order_or_a_cursor_of_another_one_is_refused(visitor: AsyncClient) -> None:
    assert (await visitor.get("/sorted?sort=password")).status_code == 422
    assert (await visitor.get("/sorted", params={"sort": "name", "after": encode([5, "x"])})).status_code == 422


async def test_the_whole_filtered_list_is_taken_away_in_the_readers_language(visitor: AsyncClient) -> None:
    answer = await visitor.get("/sorted?sort=name&format=csv&after=ignored")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "rows-2026-11-23.csv" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")  # without it Excel reads Chinese as Latin
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header == ["项目名称", "控制价", "开标时间", "类别"]
    assert [row[0] for row in rows] == sorted(row.name for row in ROWS)
    assert ["城东污水处理厂提标改造", "231755600.12", "2026-11-21 16:00:00", "已完成"] in rows
    english = await visitor.get("/sorted?format=csv", headers={"accept-language": "en"})
    assert english.text.lstrip("\ufeff").startswith("Project name,Ceiling price,Opening,Kind")
    filtered = await visitor.get("/sorted?q=医院&format=csv")
    assert len(filtered.text.splitlines()) == 2


async def test_what_does_not_fit_one_file_is_refused_not_cut(
    visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "EXPORT_LIMIT", 3)
    answer = await visitor.get("/sorted?format=csv")
    assert (answer.status_code, "超过 3 条" in answer.text) == (422, True)
    told = await visitor.get("/sorted?format=csv", headers={"accept": "application/json"})
    assert told.json()["code"] == "web.export_too_long"
    assert (await visitor.get("/sorted?format=csv&q=医院")).status_code == 200


@pytest.mark.parametrize("cell", FORMULAS)
def test_r47_no_cell_begins_as_a_formula(cell: str) -> None:
    assert neutral(cell) == "'" + cell


def test_numbers_and_plain_words_stay() -> None:
    assert [neutral(cell) for cell in (-5, "普通", None, "a=b")] == [-5, "普通", "", "a=b"]


def test_rows_and_cursor_are_compared_by_the_same_columns() -> None:
    things = sa.table("things", sa.column("name", sa.Text), sa.column("id", sa.Uuid))
    key = SortKey(things.c.name, str, lambda row: row.name)
    listed = Sortable({"name": key}, tie=things.c.id, start="name")
    last = new_id()
    query = listed.apply(sa.select(things), Order("name", descending=True, after=("b", last), limit=21))
    text = str(query.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert "WHERE (things.name, things.id) < (%(param_1)s" in text
    assert "ORDER BY things.name DESC, things.id DESC" in text


def test_a_page_ends_with_the_cursor_of_its_last_row() -> None:
    shown = SORTED.page(ROWS, Order("price", limit=3))
    assert [row.name for row in shown.items] == [row.name for row in ROWS[:2]]
    assert shown.next == encode([ROWS[1].price, ROWS[1].name])
