"""Tenders for journeys: registered at the earliest lawful dates, with a document and a notice."""

from itertools import count
from typing import Any

from portal.demo.line import Line, Tender
from portal.demo.papers import TEXTS

_NUMBERS = count(100_001)
BUDGET = 135_000_000_00
DOCUMENT = b"%PDF-1.7 what bidders must know"


def project_code() -> str:
    """A code that no other tender of this platform has."""
    return f"2611-350100-04-01-{next(_NUMBERS)}"


def lot_of(**changes: object) -> dict[str, Any]:
    """A lawful lot."""
    return {
        "name": "一标段施工",
        "scope": "道路、排水、照明及附属工程的施工",
        "estimate_fen": BUDGET,
        "ceiling_fen": BUDGET,
        "deposit_fen": 500_000_00,
        "duration_days": 600,
        "quality": "合格",
        **changes,
    }


def published(line: Line, name: str, *, document: bytes = DOCUMENT, **texts: str) -> Tender:
    """A tender whose notice is out."""
    tender = line.register(name=name, code=project_code(), lot=lot_of())
    line.publish(tender, {"招标文件.pdf": document}, {**TEXTS, **texts})
    return tender


def state_of(line: Line, tender: Tender) -> str:
    """The lot's state."""
    return str(line.anyone.get(f"/v1/lots/{tender.lot_id}")["lot"]["state"])


def milestones(line: Line, tender: Tender) -> set[str]:
    """The steps of the lot's timeline that are done."""
    timeline = line.anyone.get(f"/v1/lots/{tender.lot_id}")["timeline"]
    return {step["key"] for step in timeline if step["done_at"]}
