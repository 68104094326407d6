"""The papers of demonstration tenders: small, real PDF files, and the words of a notice."""

import asyncio
from datetime import UTC, datetime
from hashlib import sha256

from trading.kernel.pdf import render_pdf

TEXTS = {
    "overview": "本工程为市政道路综合改造，包括道路、排水、照明、绿化及附属设施，具体以招标文件为准。",
    "qualification": "投标人须具备市政公用工程施工总承包二级及以上资质，近三年无重大质量安全事故，不接受联合体投标。",
    "contact_name": "陈思远",
    "contact_phone": "0591-00000000",
    "contact_address": "临江市滨江路 1 号",
}
_PAPERS = {
    "招标文件.pdf": ("招标文件", "投标须知、合同条款、技术标准与要求。"),
    "工程量清单.pdf": ("工程量清单", "分部分项工程量清单。"),
}
_CSS = "@page { size: A4; margin: 30mm } html { font: 12pt/1.8 Song } h1, h2 { font-family: Hei }"
_MADE = datetime(2026, 11, 1, tzinfo=UTC)


def tender_documents(name: str) -> dict[str, bytes]:
    """The tender document and the bill of quantities of a demonstration project."""
    return {title: asyncio.run(_paper(name, *words)) for title, words in _PAPERS.items()}


async def _paper(name: str, heading: str, text: str) -> bytes:
    html = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{name} {heading}</title></head>'
        f"<body><h1>{name}</h1><h2>{heading}</h2><p>{text}</p></body></html>"
    )
    return await render_pdf(html, css=_CSS, at=_MADE, identifier=sha256(html.encode()).digest()[:16])
