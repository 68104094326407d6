"""Catalogues, language, dates and amounts, paging, downloads, flash: the small parts."""

import base64
import csv
import datetime as dt
import io
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.errors import Invalid
from trading.kernel.ids import new_id
from trading.web import flash, formats, paging
from trading.web.i18n import FOLDERS, LOCALE_DIR, CatalogueError, Words, negotiate, read_catalogues
from trading.web.responses import neutral, safe_path

AT = dt.datetime(2026, 11, 23, 8, 5, 9, 120_000, tzinfo=dt.UTC)


def test_both_languages_have_the_same_keys_with_the_same_placeholders():
    chinese, english = (read_catalogues(LOCALE_DIR / folder) for folder in FOLDERS.values())
    web = {key for key in chinese if key.startswith(("web.", "error.web."))}
    assert web == {key for key in english if key.startswith(("web.", "error.web."))}
    for key in web:
        names = [
            sorted({part.split("}")[0] for part in text.split("{")[1:]}) for text in (chinese[key][0], english[key][-1])
        ]
        assert names[0] == names[1], key


def test_plural_dates_and_spans_in_params():
    words = Words(strict=True)
    assert words["en"]("web.summary", count=1) == "1 thing to correct"
    assert words["en"]("web.summary", count=2) == "2 things to correct"
    assert words["zh-CN"]("web.summary", count=2) == "有 2 处需要修改"
    assert words["en"]("web.left", span=dt.timedelta(days=1, hours=3, minutes=5)) == "1 day 3 hours left"


def test_what_is_due_at_midnight_is_due_at_the_end_of_the_day_before():
    midnight = dt.datetime(2026, 11, 30, 16, 0, tzinfo=dt.UTC)
    assert formats.due(midnight, "zh-CN") == "2026年11月30日 24:00"
    assert formats.due(midnight, "en") == "30 Nov 2026, 24:00 (Beijing)"
    assert formats.due(AT, "zh-CN") == "2026年11月23日 16:05"


def test_missing_word_is_an_error_in_tests_and_visible_in_production():
    with pytest.raises(CatalogueError, match=r"web\.nothing"):
        Words(strict=True)["en"]("web.nothing")
    with pytest.raises(CatalogueError, match="count"):
        Words(strict=True)["en"]("web.summary")
    assert Words(strict=False)["en"]("web.nothing") == "⟦web.nothing⟧"


def test_two_files_may_not_name_one_key(tmp_path):
    folder = tmp_path / "LC_MESSAGES"
    folder.mkdir()
    for name in ("a.po", "b.po"):
        (folder / name).write_text('msgid "x.y"\nmsgstr "z"\n')
    with pytest.raises(CatalogueError, match=r"b\.po"):
        read_catalogues(tmp_path)


@pytest.mark.parametrize(
    ("cookie", "header", "lang"),
    [
        (None, None, "zh-CN"),
        (None, "de-DE", "zh-CN"),
        (None, "en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        (None, "zh-TW,en;q=0.9", "zh-CN"),
        (None, "en;q=bad, zh;q=0", "zh-CN"),
        ("en", "zh-CN", "en"),
        ("xx", "en", "en"),
    ],
)
def test_language_is_negotiated(cookie, header, lang):
    assert negotiate(cookie, header) == lang


def test_instants_take_the_local_form():
    late = dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC)
    assert formats.moment(AT, "zh-CN") == "2026年11月23日 16:05"
    assert formats.moment(AT, "en") == "23 Nov 2026, 16:05 (Beijing)"
    assert formats.day(late, "zh-CN") == "2027年1月1日"
    assert formats.time_element(AT, "en").startswith('<time datetime="2026-11-23T08:05:09.120Z">')
    with pytest.raises(ValueError, match="zone"):
        formats.moment(AT.replace(tzinfo=None), "en")


def test_spans_amounts_and_sizes():
    assert formats.duration(dt.timedelta(days=2, seconds=61), "zh-CN") == "2 天 1 分钟"
    assert formats.duration(-5, "en") == "0 seconds"
    assert formats.duration(1, "en") == "1 second"
    assert formats.yuan(123456) == "¥1,234.56"
    assert formats.yuan(None) == "—"
    assert formats.capital(123450) == "壹仟贰佰叁拾肆元伍角整"
    assert [formats.size(number) for number in (5, 1024, 1536, 3 << 20, 5 << 30)] == [
        "5 B",
        "1 KB",
        "1.5 KB",
        "3 MB",
        "5 GB",
    ]


def test_pages_walk_every_row_once():
    rows = [(AT + dt.timedelta(microseconds=number // 2), new_id()) for number in range(45)]
    rows.sort()
    seen, after = [], None
    while True:
        rest = [row for row in rows if after is None or row > after]
        page = paging.Page.of(rest[: paging.PAGE_SIZE + 1], key=lambda row: row)
        seen += page.items
        if page.next is None:
            break
        after = paging.decode(page.next, (dt.datetime, UUID))
    assert seen == rows


@given(st.text(max_size=60))
def test_damaged_cursor_is_refused(cursor):
    with pytest.raises(Invalid):
        paging.decode(cursor, (dt.datetime, UUID))


def test_flash_is_ours_or_nothing():
    message = flash.Flash("web.past", "notice", {"n": 1, "名": "<b>"})
    value = flash.cookie(message, "k" * 32, https=True).value
    assert flash.read(value, "k" * 32) == message
    assert flash.read(value, "x" * 32) is None
    for broken in (None, "", "???", "AAAA", value[:-4]):
        assert flash.read(broken, "k" * 32) is None


async def test_download_keeps_its_chinese_name_and_runs_nothing(visitor):
    answer = await visitor.get("/file")
    assert "filename*=UTF-8''%E6%8B%9B%E6%A0%87%E5%85%AC%E5%91%8A%201.pdf" in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_spreadsheet_runs_no_formula(visitor):
    answer = await visitor.get("/table")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [["名称", "金额"], ["'=HYPERLINK(1)", "-5"], ["'＠x", ""], ["普通", "3"]]
    assert neutral("\t=1") == "'\t=1"


def test_only_own_paths_are_followed():
    assert safe_path("/a?b=c") == "/a?b=c"
    for bad in (None, "", "a", "//x", "/\\x", "https://x", "/a b", "/a\r\nx"):
        assert safe_path(bad, "/home") == "/home"


@pytest.mark.parametrize("text", ['["\\ud800", 1]', '["a\\udfff", 1]', '["a", 1e400]', "[" * 5000])
def test_a_cursor_that_no_database_takes_is_refused(text):
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    with pytest.raises(Invalid):
        paging.decode(cursor, (str, int))
