"""PDF/A-3b by WeasyPrint, only ever in the worker: rendering is CPU work for a thread, never for the event loop.

Fonts come with the product (Noto Sans/Serif SC), so that a machine without Chinese fonts does not print boxes
silently; a text with a character neither font has is refused. Nothing is fetched: only bundled files.
"""

import asyncio
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlparse

import pylopdf_fonts_zh_cn
from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from trading.kernel.errors import TradingError

_FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent
_FACES = "".join(
    f"@font-face {{ font-family: {family}; src: url({(_FONTS / name).as_uri()}); }}"
    for family, name in (("Song", "NotoSerifSC-Regular.otf"), ("Hei", "NotoSansSC-Regular.otf"))
)


class GlyphMissing(TradingError):
    """The fonts of the product cannot print a character of the text."""

    code = "kernel.glyph_missing"


class FetchRefused(Exception):
    """A document asked for something that is not bundled."""


class Attached(NamedTuple):
    """What the document was made from, carried inside it (PDF/A-3, AFRelationship `Source`)."""

    name: str
    description: str
    data: bytes


@cache
def _coverage() -> frozenset[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  # slow to import, needed only where PDFs are made

    with TTFont(_FONTS / "NotoSerifSC-Regular.otf", lazy=True) as font:
        return frozenset(font.getBestCmap())


class _Bundled(URLFetcher):  # type: ignore[misc]  # the library has no types
    """Opens the product's fonts and `data:` pictures; anything else stops the rendering."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("file", "data"), allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: Any = None) -> Any:
        parts = urlparse(url)
        if parts.scheme == "file" and Path(unquote(parts.path)).resolve().parent != _FONTS.resolve():
            raise FetchRefused(url)
        return super().fetch(url, headers)


def printable(html: str) -> str:
    """What people typed, with 〓 for what no font of the product can print; the exact text is to be attached."""
    return "".join(char if ord(char) <= 0x7F or ord(char) in _coverage() else "〓" for char in html)


def _render(html: str, css: str, at: datetime, identifier: bytes, attached: Sequence[Attached]) -> bytes:
    missing = {char for char in html if ord(char) > 0x7F and ord(char) not in _coverage()}
    if missing:
        raise GlyphMissing(characters="".join(sorted(missing)))
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = f'<meta name="dcterms.created" content="{stamp}"><meta name="dcterms.modified" content="{stamp}">'
    page = html.replace("</head>", f"{head}<style>{_FACES}{css}</style></head>", 1)
    out = io.BytesIO()
    HTML(string=page, url_fetcher=_Bundled()).write_pdf(
        out,
        font_config=FontConfiguration(),
        pdf_variant="pdf/a-3b",
        pdf_identifier=identifier,
        attachments=[
            Attachment(
                file_obj=io.BytesIO(item.data),
                name=item.name,
                description=item.description,
                created=at.astimezone(UTC),
                modified=at.astimezone(UTC),
                relationship="Source",
            )
            for item in attached
        ],
    )
    return out.getvalue()


async def render_pdf(
    html: str, *, css: str, at: datetime, identifier: bytes, attached: Sequence[Attached] = ()
) -> bytes:
    """A PDF/A-3b of a whole HTML page (with `<title>` and `lang`); the same input gives the same bytes."""
    return await asyncio.to_thread(_render, html, css, at, identifier, attached)
