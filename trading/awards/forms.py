"""What people and programs send about a result."""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta, Struct

from trading.awards.types import PassedOver
from trading.web.fields import Upload

MOST_CONTRACT = 64 * 1024 * 1024
"""Bytes of a request that carries a signed contract."""
_Yuan = Meta(ge=0, le=10**15, extra={"form": "yuan"})
_Words = Meta(min_length=5, max_length=3000)


class PlanForm(Struct, frozen=True):
    """公示安排: days in Beijing."""

    starts_on: Annotated[dt.date, Meta(title="awards.field.starts_on", description="awards.hint.starts_on")]
    ends_on: Annotated[dt.date, Meta(title="awards.field.ends_on", description="awards.hint.ends_on")]


class ObjectionForm(Struct, frozen=True):
    """提出异议."""

    text: Annotated[str, _Words, Meta(title="awards.field.objection", description="awards.hint.objection")]
    interest: Annotated[
        str, Meta(title="awards.field.interest", description="awards.hint.interest", max_length=1000)
    ] = ""


class AnswerForm(Struct, frozen=True):
    """答复异议."""

    outcome: Annotated[Literal["upheld", "dismissed"], Meta(title="awards.field.outcome")]
    text: Annotated[str, _Words, Meta(title="awards.field.answer", description="awards.hint.answer")]


class PassedOverForm(Struct, frozen=True):
    """Why a better-ranked candidate does not win."""

    rank: Annotated[int, Meta(ge=1, le=100, title="awards.field.rank")]
    ground: Annotated[str, Meta(min_length=1, max_length=40, title="awards.field.ground")]
    reason: Annotated[str, _Words, Meta(title="awards.field.reason")]

    def plain(self) -> PassedOver:
        """As the service takes it."""
        return PassedOver(self.rank, self.ground, self.reason)


class AwardForm(Struct, frozen=True):
    """定标."""

    rank: Annotated[int, Meta(ge=1, le=100, title="awards.field.rank")]
    reasons: Annotated[str, _Words, Meta(title="awards.field.reasons", description="awards.hint.reasons")]
    passed_over: Annotated[tuple[PassedOverForm, ...], Meta(max_length=20)] = ()


class AnnulForm(Struct, frozen=True):
    """The award falls."""

    ground: Annotated[str, Meta(min_length=1, max_length=40, title="awards.field.ground")]
    reason: Annotated[str, _Words, Meta(title="awards.field.reason")]


class ReportForm(Struct, frozen=True):
    """招标投标情况报告."""

    remarks: Annotated[str, Meta(title="awards.field.remarks", description="awards.hint.remarks", max_length=5000)] = ""


class ContractForm(Struct, frozen=True):
    """登记合同."""

    file: Annotated[Upload, Meta(title="awards.field.file", description="awards.hint.file")]
    amount_fen: Annotated[int, _Yuan, Meta(title="awards.field.amount")]
    signed_on: Annotated[dt.date, Meta(title="awards.field.signed_on")]
    bond_fen: Annotated[int, _Yuan, Meta(title="awards.field.bond")] = 0


class ContractAnswerForm(Struct, frozen=True):
    """确认合同."""

    outcome: Annotated[Literal["confirmed", "declined"], Meta(title="awards.field.contract_outcome")]
    reason: Annotated[str, Meta(title="awards.field.decline_reason", max_length=2000)] = ""
