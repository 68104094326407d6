"""The printed notice: PDF/A-3b, the same bytes every time, and every fact of law in it."""

import datetime as dt
import io
import re
from uuid import UUID

import msgspec
import pikepdf
import pytest

from notices.print import notice_html
from notices.tasks import CSS
from notices.types import LotFacts, NoticeFacts, NoticeTexts, NoticeView
from trading.kernel.pdf import render_pdf

AT = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
LOT = LotFacts(
    id=UUID(int=1),
    number="001",
    name="一标段（K0+000～K1+400）",
    scope="道路、桥涵、雨污水管网及附属工程施工，详见工程量清单及图纸",
    ceiling_fen=48_000_000_00,
    deposit_fen=800_000_00,
    duration_days=365,
    quality="合格",
)
NOTICE = NoticeView(
    id=UUID(int=7),
    project_id=UUID(int=8),
    kind="tender-notice",
    title="临江市临江大道（江滨路至东环路段）改造工程招标公告",
    state="published",
    region="350100",
    texts=NoticeTexts(
        overview="建设地点：临江市江滨新区。\n道路全长 2.8 公里，双向六车道，含桥梁两座、雨污水管网、照明及绿化。",
        qualification="具有市政公用工程施工总承包一级及以上资质。\n项目负责人具有市政公用工程专业一级注册建造师执业资格。",
        contact_name="陈工",
        contact_phone="0591-00000000",
        contact_address="临江市江滨大道 1 号",
    ),
    facts=NoticeFacts(
        project_name="临江市临江大道（江滨路至东环路段）改造工程",
        project_code="2611-350100-04-01-123456",
        unified_code="A0112350100MB000001120261123000001X",
        region="350100",
        funding="government",
        tenderer_name="临江市城市建设投资有限公司",
        agency_name="华信工程招标代理有限公司",
        issue_from=dt.date(2026, 11, 23),
        issue_to=dt.date(2026, 11, 30),
        deadline_at=dt.datetime(2026, 12, 14, 1, 30, tzinfo=dt.UTC),
        clarify_until=dt.date(2026, 11, 29),
        objection_until=dt.date(2026, 12, 4),
        reply_days=3,
        validity_days=90,
        min_bidders=3,
        lots=(LOT, msgspec.structs.replace(LOT, number="002", name="二标段", ceiling_fen=None, deposit_fen=0)),
    ),
    open_until=dt.datetime(2026, 12, 14, 1, 30, tzinfo=dt.UTC),
    drafted_by=UUID(int=9),
    published_at=AT,
    digest="5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    pdf_digest=None,
    pdf_record_id=None,
    entry_id=UUID(int=10),
)


@pytest.fixture(scope="module")
def html() -> str:
    return notice_html(NOTICE, base_url="https://trade.example.org")


async def printed(html: str) -> bytes:
    return await render_pdf(html, css=CSS, at=AT, identifier=NOTICE.id.bytes)


async def test_it_is_pdf_a_3b_and_the_same_bytes_every_time(html: str) -> None:
    first, second = await printed(html), await printed(html)
    assert first.startswith(b"%PDF-")
    assert first == second
    with pikepdf.open(io.BytesIO(first)) as pdf:
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "B")
        assert meta["dc:title"] == NOTICE.title
        assert pdf.Root.Lang == "zh-CN"
        fonts = [font for page in pdf.pages for font in page.resources.Font.values()]
        assert fonts
        assert all(
            "/FontFile3" in descendant.FontDescriptor or "/FontFile2" in descendant.FontDescriptor
            for font in fonts
            for descendant in font.DescendantFonts
        )
        assert "/Names" not in pdf.Root or "/JavaScript" not in pdf.Root.Names


def test_every_fact_the_rules_ask_for_is_in_it(html: str) -> None:
    text = re.sub(r"<[^>]+>|\s+", "", html)
    for fact in (
        "临江市城市建设投资有限公司",
        "华信工程招标代理有限公司",
        "财政资金",
        "2611-350100-04-01-123456",
        "¥48,000,000.00（大写）肆仟捌佰万元整",
        "¥800,000.00（大写）捌拾万元整",
        "2026年11月23日至2026年11月30日24时",
        "2026年12月14日09:30",
        "2026年12月4日前",
        "2026年11月29日前",
        "收到之日起3日内",
        "少于3个",
        "不接受联合体",
        "不设最低投标限价",
        "陈工",
        "https://trade.example.org/notices/00000000-0000-0000-0000-000000000007",
    ):
        assert fact in text, fact


def test_what_people_type_is_text_and_never_markup() -> None:
    texts = msgspec.structs.replace(NOTICE.texts, overview="<script>x</script>", remarks="<img src=http://x>")
    html = notice_html(msgspec.structs.replace(NOTICE, texts=texts), base_url="https://trade.example.org")
    assert "<script" not in html
    assert "<img src=http" not in html
