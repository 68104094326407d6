"""What notices hand out, and the parts of a tender notice (招标公告).

《招标公告和公示信息发布管理办法》 (发改委令第10号) art. 5 says what it must tell: project, scope, scale and funds; what
bidders must be; how and when documents are had and bids handed in; who to ask; where the platform is.
《标准施工招标文件》 gives the order.
"""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from trading.kernel.canonical import canonical
from trading.projects.types import EvaluationTerms


class NoticeTexts(msgspec.Struct, frozen=True):
    """What the drafter writes; everything else is the project's own data."""

    overview: Annotated[
        str, Meta(title="notices.field.overview", description="notices.hint.overview", min_length=1, max_length=5000)
    ]
    qualification: Annotated[
        str,
        Meta(
            title="notices.field.qualification",
            description="notices.hint.qualification",
            min_length=1,
            max_length=5000,
        ),
    ]
    contact_name: Annotated[str, Meta(title="notices.field.contact_name", min_length=1, max_length=100)]
    contact_phone: Annotated[str, Meta(title="notices.field.contact_phone", min_length=1, max_length=100)]
    contact_address: Annotated[str, Meta(title="notices.field.contact_address", min_length=1, max_length=200)]
    consortium: Annotated[bool, Meta(title="notices.field.consortium")] = False
    remarks: Annotated[str, Meta(title="notices.field.remarks", max_length=5000)] | None = None


class LotFacts(msgspec.Struct, frozen=True):
    """A lot as the notice tells it."""

    id: UUID
    number: str
    name: str
    scope: str
    ceiling_fen: int | None
    deposit_fen: int
    duration_days: int
    quality: str
    evaluation: EvaluationTerms | None = None
    opening_place: str | None = None


class NoticeFacts(msgspec.Struct, frozen=True):
    """The project as the notice tells it, fixed at publication."""

    project_name: str
    project_code: str
    unified_code: str
    region: str
    funding: str
    tenderer_name: str
    agency_name: str | None
    issue_from: dt.date
    issue_to: dt.date
    deadline_at: dt.datetime
    clarify_until: dt.date
    objection_until: dt.date
    reply_days: int
    validity_days: int
    min_bidders: int
    lots: tuple[LotFacts, ...]


class NoticeView(msgspec.Struct, frozen=True):
    """公告 as others may hold it."""

    id: UUID
    project_id: UUID
    kind: str
    title: str
    state: str
    region: str
    texts: NoticeTexts
    facts: NoticeFacts
    open_until: dt.datetime | None
    drafted_by: UUID
    published_at: dt.datetime | None
    digest: str | None
    pdf_digest: str | None
    pdf_record_id: UUID | None
    entry_id: UUID | None

    def is_open(self, now: dt.datetime) -> bool:
        """Whether bids may still be handed in."""
        return self.open_until is not None and now <= self.open_until


def body_of(texts: NoticeTexts, facts: NoticeFacts | None) -> dict[str, Any]:
    """The stored and hashed form; a draft has texts only."""
    body: dict[str, Any] = {"texts": _plain(texts)}
    if facts is not None:
        body["facts"] = _plain(facts)
    return body


def source_of(notice: NoticeView) -> bytes:
    """A published notice in canonical JSON: what its journalled digest is the digest of."""
    return canonical({"title": notice.title, **body_of(notice.texts, notice.facts)})


def _plain(value: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))
