"""Award and result letters in print: Chinese, amount also in capital figures (大写), QR code to the proof page."""

from functools import cache
from pathlib import Path

import segno

from trading.awards.types import Award, Bidder
from trading.kernel.pdf import printable
from trading.projects.types import LotView
from trading.web.assets import Assets
from trading.web.i18n import Words
from trading.web.templating import Templates

CSS = (Path(__file__).parent / "print.css").read_text(encoding="utf-8")


@cache
def _templates() -> Templates:
    return Templates(("trading.awards",), Words(strict=True), Assets())


def letter_html(
    lot: LotView, award: Award, addressee: Bidder, *, kind: str, contract_days: int, at: object, url: str
) -> str:
    """The whole page."""
    qr = segno.make(url, error="m", micro=False).png_data_uri(scale=4, border=0)
    context = {
        "lot": lot,
        "award": award,
        "addressee": addressee,
        "kind": kind,
        "contract_days": contract_days,
        "at": at,
        "url": url,
        "qr": qr,
    }
    return printable(_templates().render("zh-CN", "awards/letter.html", context))
