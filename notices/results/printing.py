"""A result notice as it is printed."""

from functools import cache

import segno

from notices.results.types import ResultNotice
from trading.kernel.canonical import canonical
from trading.kernel.pdf import printable
from trading.web.assets import Assets
from trading.web.i18n import Words
from trading.web.templating import Templates


@cache
def _templates() -> Templates:
    return Templates(("notices",), Words(strict=True), Assets())


def result_html(notice: ResultNotice, *, url: str) -> str:
    """The whole page; the code leads to the proof page."""
    qr = segno.make(url, error="m", micro=False).png_data_uri(scale=4, border=0)
    context = {"notice": notice, "url": url, "qr": qr}
    return printable(_templates().render("zh-CN", "notices/result_print.html", context))


def source_of(notice: ResultNotice, body: dict[str, object]) -> bytes:
    """What its journalled digest is the digest of."""
    return canonical({"title": notice.title, **body})
