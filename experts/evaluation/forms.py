"""What members send; drafts may be incomplete, and are checked as a whole when they are handed in."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from trading.web.fields import HUNDREDTHS

_MOST = 200
"""Bids of a lot, items of the terms."""

Env = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Reason = Annotated[str, Meta(title="evaluation.field.reason", max_length=2000)]
Points = Annotated[int, Meta(ge=0, le=10_000, title="evaluation.field.score", extra={"form": HUNDREDTHS})]


class Verdict(msgspec.Struct, frozen=True):
    """One bid in the compliance review (符合性评审)."""

    env: Env
    verdict: Annotated[Literal["pass", "reject"], Meta(title="evaluation.field.verdict")] | None = None
    grounds: Annotated[tuple[str, ...], Meta(title="evaluation.field.grounds", max_length=50)] = ()
    reason: Reason | None = None


class ReviewForm(msgspec.Struct, frozen=True):
    """Every bid once."""

    bids: Annotated[tuple[Verdict, ...], Meta(max_length=_MOST)] = ()


class ChoiceForm(msgspec.Struct, frozen=True):
    """Too few valid bids: reject all, or go on (评标委员会和评标方法暂行规定 27)."""

    choice: Annotated[Literal["continue", "reject_all"], Meta(title="evaluation.field.choice")] | None = None
    reason: Reason | None = None


class GivenScore(msgspec.Struct, frozen=True):
    """Points for one item, in hundredths."""

    item: Annotated[str, Meta(max_length=32)]
    score: Points | None = None


class BidScores(msgspec.Struct, frozen=True):
    """One bid on a score sheet (评分表)."""

    env: Env
    scores: Annotated[tuple[GivenScore, ...], Meta(max_length=_MOST)] = ()


class ScoreForm(msgspec.Struct, frozen=True):
    """Every valid bid on every item."""

    bids: Annotated[tuple[BidScores, ...], Meta(max_length=_MOST)] = ()


Sheet = ReviewForm | ChoiceForm | ScoreForm
FORMS: dict[str, type[ReviewForm] | type[ChoiceForm] | type[ScoreForm]] = {
    "review": ReviewForm,
    "choice": ChoiceForm,
    "score": ScoreForm,
}


class DeclareAbsence(msgspec.Struct, frozen=True):
    """A member must be replaced."""

    seat: Annotated[int, Meta(title="evaluation.absence.seat", ge=1, le=999)]
    code: Annotated[Literal["absent", "health", "recusal"], Meta(title="evaluation.absence.code")]
    reason: Annotated[
        str, Meta(title="evaluation.absence.reason", description="evaluation.absence.reason.hint", min_length=4,
                  max_length=500)
    ]  # fmt: skip


class DecideAbsence(msgspec.Struct, frozen=True):
    """The second person's word on it."""

    decision: Annotated[Literal["confirm", "reject"], Meta(title="evaluation.absence.decision")]


class SignReport(msgspec.Struct, frozen=True):
    """A signature over the report's digest, and what the member holds against it, if anything."""

    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    signature: Annotated[str, Meta(pattern="^[0-9a-f]{128}$")]
    dissent: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
