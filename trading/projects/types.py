"""What reads and services of projects hand out: frozen structs, never a row."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from trading.kernel.canonical import canonical
from trading.projects.calendar import day_end, local_day
from trading.projects.states import PUBLIC_STATES


class PriceTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a price is scored (投标报价评分): points in hundredths, k in ten-thousandths.

    The benchmark is the mean of the valid bids × (1 − k). Each percent above it costs `above` (E1), each percent below
    it `below` (E2). From `drop_from` valid bids on the highest and the lowest do not enter the mean; 0 is never.
    """

    full: Annotated[int, Meta(ge=1, le=10_000, title="projects.field.price_full", extra={"form": "hundredths"})]
    above: Annotated[int, Meta(ge=1, le=10_000, title="projects.field.price_above", extra={"form": "hundredths"})]
    below: Annotated[int, Meta(ge=0, le=10_000, title="projects.field.price_below", extra={"form": "hundredths"})]
    k: Annotated[
        int,
        Meta(
            ge=0, le=9_999, title="projects.field.price_k", description="projects.hint.k", extra={"form": "hundredths"}
        ),
    ]
    drop_from: Annotated[int, Meta(ge=0, le=0)] = 0


class ScoredItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scored item (评分项); `full` in hundredths of a point, `id` given at registration."""

    title: Annotated[str, Meta(min_length=1, max_length=100, title="projects.field.item_title")]
    full: Annotated[int, Meta(ge=1, le=10_000, title="projects.field.item_full", extra={"form": "hundredths"})]
    id: Annotated[str, Meta(pattern="^[a-z0-9-]{0,32}$")] = ""


TIES: tuple[Literal["price", "items", "lot"], ...] = ("price", "items", "lot")
"""The lower price; else the better mean of the items, one after the other; else a lot drawn (抽签)."""


class EvaluationTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """评标办法 (综合评估法) of a lot: fixed at registration, published with the notice, never changed."""

    price: PriceTerms
    items: Annotated[tuple[ScoredItem, ...], Meta(max_length=20)]
    ties: tuple[Literal["price", "items", "lot"], ...] = ()
    """What decides between equal totals, in order; none for lots of before this was announced with the terms."""

    def numbered(self) -> "EvaluationTerms":
        """Every item with an id, and how equal totals are decided: the law leaves it to the tender documents."""
        items = tuple(msgspec.structs.replace(item, id=f"item-{number}") for number, item in enumerate(self.items, 1))
        return EvaluationTerms(self.price, items, TIES)

    def text(self) -> bytes:
        """The terms as the one file of the tender documents that a program reads (LBVT1, canonical JSON)."""
        items = [{"id": item.id, "title": item.title, "full": item.full} for item in self.items]
        ties = {"ties": list(self.ties)} if self.ties else {}
        return canonical({"v": "LBVT1", "price": msgspec.to_builtins(self.price), "items": items, **ties})


class LotView(msgspec.Struct, frozen=True):
    """标段. Amounts in fen; issue days are whole days in Beijing."""

    id: UUID
    project_id: UUID
    project_code: str
    unified_code: str
    project_name: str
    number: str
    name: str
    scope: str
    state: str
    profile: str
    profile_digest: str
    tenderer_org_id: UUID
    tenderer_name: str
    agency_org_id: UUID | None
    agency_name: str | None
    estimate_fen: int
    ceiling_fen: int | None
    deposit_fen: int
    duration_days: int
    quality: str
    validity_days: int
    issue_from: dt.date
    issue_to: dt.date
    deadline_at: dt.datetime
    min_bidders: int
    participants_public_at: dt.datetime | None
    evaluation: EvaluationTerms | None = None
    """None for a lot registered before its terms were asked for; it cannot be evaluated here."""

    @property
    def issue_ends_at(self) -> dt.datetime:
        """24:00 of the last day of issue."""
        return day_end(self.issue_to)

    @property
    def is_public(self) -> bool:
        """Its notice is out: anyone may see it."""
        return self.state in PUBLIC_STATES


class ProjectView(msgspec.Struct, frozen=True):
    """项目, with its lots in order of their numbers."""

    id: UUID
    code: str
    unified_code: str
    receipt_no: str
    name: str
    state: str
    tenderer_org_id: UUID
    tenderer_name: str
    agency_org_id: UUID | None
    agency_name: str | None
    profile: str
    profile_digest: str
    region: str
    category: str
    funding: str
    estimate_fen: int
    notice_on: dt.date
    registered_at: dt.datetime
    entry_id: UUID
    lots: tuple[LotView, ...]


class DraftView(msgspec.Struct, frozen=True):
    """A draft as its owner left it; `body` holds the fields of the form that were filled in."""

    id: UUID
    org_id: UUID
    body: dict[str, Any]
    created_at: dt.datetime
    changed_at: dt.datetime

    @property
    def name(self) -> str:
        """What it is called so far."""
        return str(self.body.get("name") or "")


BESIDE = frozenset({"rooms", "award_report"})
"""Steps taken beside the line: shown and dated, but no other step waits for them."""
AT_INSTANT = frozenset({"deadline", "opening"})
"""Steps that happen at their instant, not until it: late when that day is over."""


class Milestone(msgspec.Struct, frozen=True):
    """A step of the timeline. A step nobody takes (`role` empty) is over when its time has come."""

    key: str
    role: str
    due_at: dt.datetime | None
    done_at: dt.datetime | None
    entry_id: UUID | None

    @property
    def whole_day(self) -> dt.date | None:
        """The day at whose end the step is due; None where it is due at an hour of the day."""
        if self.due_at is None:
            return None
        last = local_day(self.due_at - dt.timedelta(microseconds=1))
        return last if day_end(last) == self.due_at else None

    def over(self, now: dt.datetime) -> bool:
        """Whether there is nothing more to do about it."""
        return self.done_at is not None or (not self.role and self.due_at is not None and self.due_at <= now)


class CalendarDay(msgspec.Struct, frozen=True):
    """A day that differs from the week."""

    day: dt.date
    working: bool
    name: str
