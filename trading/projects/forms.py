"""What people and programs send about projects; the same structs for form and JSON."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from trading.projects.types import EvaluationTerms
from trading.web.fields import HUNDREDTHS, Upload, Yuan

FUNDING = ("government", "state_owned", "private", "foreign", "mixed")
Funding = Literal["government", "state_owned", "private", "foreign", "mixed"]
Hundredths = Annotated[int, Meta(ge=0, le=10**6, extra={"form": HUNDREDTHS})]
_Positive = Meta(ge=1, le=10**15, extra={"form": "yuan"})


class LotForm(msgspec.Struct, frozen=True):
    """标段. Amounts in yuan on the form, in fen in JSON."""

    name: Annotated[str, Meta(title="projects.field.lot_name", min_length=1, max_length=200)]
    scope: Annotated[str, Meta(title="projects.field.scope", min_length=1, max_length=5000)]
    estimate_fen: Annotated[int, _Positive, Meta(title="projects.field.estimate")]
    duration_days: Annotated[int, Meta(title="projects.field.duration", ge=1, le=10_000)]
    quality: Annotated[str, Meta(title="projects.field.quality", min_length=1, max_length=200)]
    ceiling_fen: (
        Annotated[int, _Positive, Meta(title="projects.field.ceiling", description="projects.hint.ceiling")] | None
    ) = None
    deposit_fen: Annotated[Yuan, Meta(title="projects.field.deposit", description="projects.hint.deposit")] = 0
    evaluation: EvaluationTerms | None = None
    """Left out: the profile's proposal."""


class TimetableForm(msgspec.Struct, frozen=True):
    """The dates a tenderer decides; days and the deadline are Beijing time."""

    notice_on: Annotated[dt.date, Meta(title="projects.field.notice_on", description="projects.hint.notice_on")]
    issue_from: Annotated[dt.date, Meta(title="projects.field.issue_from")]
    issue_to: Annotated[dt.date, Meta(title="projects.field.issue_to")]
    deadline_at: Annotated[dt.datetime, Meta(title="projects.field.deadline_at")]


class ProjectForm(TimetableForm, frozen=True, kw_only=True):
    """A registration, complete."""

    name: Annotated[str, Meta(title="projects.field.name", min_length=1, max_length=200)]
    code: Annotated[str, Meta(title="projects.field.code", description="projects.hint.code")]
    region: Annotated[str, Meta(title="projects.field.region", description="projects.hint.region")]
    category: Annotated[str, Meta(title="projects.field.category")]
    funding: Annotated[Funding, Meta(title="projects.field.funding")]
    validity_days: Annotated[
        int, Meta(title="projects.field.validity", description="projects.hint.validity", ge=1, le=1000)
    ]
    lots: Annotated[tuple[LotForm, ...], Meta(min_length=1, max_length=50)]
    tenderer_uscc: (
        Annotated[str, Meta(title="projects.field.tenderer_uscc", description="projects.hint.tenderer_uscc")] | None
    ) = None
    profile: str = "works_open_tender"


class PriceDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`PriceTerms`, as far as it is filled in."""

    full: Hundredths | None = None
    above: Hundredths | None = None
    below: Hundredths | None = None
    k: Hundredths | None = None
    drop_from: int | None = None


class ItemDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`ScoredItem`, as far as it is filled in."""

    title: Annotated[str, Meta(max_length=100)] | None = None
    full: Hundredths | None = None
    id: Annotated[str, Meta(max_length=32)] | None = None


class EvaluationDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`EvaluationTerms`, as far as it is filled in."""

    price: PriceDraft | None = None
    items: Annotated[tuple[ItemDraft, ...], Meta(max_length=20)] = ()


class LotDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`LotForm`, as far as it is filled in."""

    name: str | None = None
    scope: str | None = None
    estimate_fen: Yuan | None = None
    duration_days: int | None = None
    quality: str | None = None
    ceiling_fen: Yuan | None = None
    deposit_fen: Yuan | None = None
    evaluation: EvaluationDraft | None = None


class ProjectDraft(msgspec.Struct, frozen=True, kw_only=True):
    """`ProjectForm`, as far as it is filled in: what may be saved before it is checked."""

    name: Annotated[str, Meta(max_length=200)] | None = None
    code: Annotated[str, Meta(max_length=100)] | None = None
    region: Annotated[str, Meta(max_length=100)] | None = None
    category: Annotated[str, Meta(max_length=100)] | None = None
    funding: Funding | None = None
    validity_days: int | None = None
    notice_on: dt.date | None = None
    issue_from: dt.date | None = None
    issue_to: dt.date | None = None
    deadline_at: dt.datetime | None = None
    lots: Annotated[tuple[LotDraft, ...], Meta(max_length=50)] = ()
    tenderer_uscc: Annotated[str, Meta(max_length=100)] | None = None
    profile: str | None = None


class RegisterForm(msgspec.Struct, frozen=True):
    """The last word before registration."""

    confirm_provisional: Annotated[bool, Meta(title="projects.field.confirm_provisional")] = False


class CalendarDayForm(msgspec.Struct, frozen=True):
    """A day that differs from the week, or several in a row (a holiday of a week)."""

    day: Annotated[dt.date, Meta(title="projects.field.day")]
    working: Annotated[bool, Meta(title="projects.field.working", description="projects.hint.working")]
    name: Annotated[str, Meta(title="projects.field.day_name", min_length=1, max_length=50)]
    until: Annotated[dt.date, Meta(title="projects.field.until", description="projects.hint.until")] | None = None


class CalendarYearForm(msgspec.Struct, frozen=True):
    """A year's rest days are known, by this notice."""

    year: Annotated[int, Meta(title="projects.field.year", ge=2000, le=2199)]
    source: Annotated[str, Meta(title="projects.field.source", description="projects.hint.source", min_length=1)]


class RetimeForm(TimetableForm, frozen=True):
    """Other dates for a registered project."""

    confirm_provisional: Annotated[bool, Meta(title="projects.field.confirm_provisional")] = False


MOST_DOCUMENT = 64 * 1024 * 1024
"""Bytes of a request that carries a tender document."""


class DocumentForm(msgspec.Struct, frozen=True):
    """A tender document for one lot, or for all."""

    file: Annotated[Upload, Meta(title="projects.field.file", description="projects.hint.file")]
    lot_id: Annotated[UUID, Meta(title="projects.field.document_lot")] | None = None
