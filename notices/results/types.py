"""What a result notice tells, fixed when it is published.

公告和公示信息发布管理办法 (发改委令第10号) art. 6: candidates with order, price, score and how to object; the winner.
"""

import datetime as dt
from typing import Literal
from uuid import UUID

import msgspec

Kind = Literal["candidates", "award", "contract"]
KINDS: tuple[Kind, ...] = ("candidates", "award", "contract")


class Ranked(msgspec.Struct, frozen=True):
    """A candidate."""

    rank: int
    organisation: str
    uscc: str
    price_fen: int
    total_hundredths: int


class ResultFacts(msgspec.Struct, frozen=True):
    """Everything the notice says."""

    project_name: str
    project_code: str
    unified_code: str
    lot_number: str
    lot_name: str
    tenderer_name: str
    agency_name: str | None
    candidates: tuple[Ranked, ...]
    starts_on: dt.date
    ends_on: dt.date
    reply_days: int
    winner: Ranked | None = None
    decided_on: dt.date | None = None
    reasons_digest: str | None = None
    """SHA-256 of the tenderer's reasons (定标理由), as the journal has it."""
    amount_fen: int | None = None
    signed_on: dt.date | None = None


class ResultNotice(msgspec.Struct, frozen=True):
    """结果公告 as others may hold it."""

    id: UUID
    lot_id: UUID
    kind: Kind
    subject_id: UUID
    """The lot, the decision or the contract that it tells of."""
    title: str
    facts: ResultFacts
    digest: str
    code: str
    published_at: dt.datetime
    pdf_record_id: UUID | None
    pdf_digest: str | None
