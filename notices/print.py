"""A published notice as it is printed: Chinese, laid out as a 公告, amounts also in capital figures (大写)."""

from functools import cache

import segno

from notices.types import NoticeView
from trading.web.assets import Assets
from trading.web.i18n import Words
from trading.web.templating import Templates


@cache
def _templates() -> Templates:
    return Templates(("trading.projects", "notices"), Words(strict=True), Assets())


def _qr(url: str) -> str:
    """The address as a picture inside the page: nothing is fetched when the page is set."""
    return segno.make(url, error="m", micro=False).png_data_uri(scale=4, border=0)


def notice_html(notice: NoticeView, *, base_url: str) -> str:
    """The whole page."""
    url = f"{base_url}/notices/{notice.id}"
    return _templates().render("zh-CN", "notices/print.html", {"notice": notice, "url": url, "qr": _qr(url)})
