"""The evaluation report (评标报告) and its evidence as documents (LBV1): pure, so that anyone checks offline.

No member's own scores and no name is in it. Every number is an integer: points in hundredths, money in fen, the
benchmark and the deviations as reduced fractions written `n/d`.
"""

from hashlib import sha256
from typing import Any, Literal

import msgspec

from bidding.sealing.documents import open_document
from bidding.sealing.framing import framed_hash
from trading.kernel.canonical import canonical

LABEL = "LBV1/report"
SHEET = "LBV1/sheet"

Stance = Literal["agree", "dissent", "deemed"]


class ReportedSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member's sheet by its salted commitment, as the journal has it under `lot:sheet:submitted`."""

    seat: int
    kind: Literal["review", "choice", "score"]
    commitment: str


class ReportedBid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bid of the opening table, in box order. What a rejected bid did not get is null."""

    position: int
    env: str
    organisation: str | None
    uscc: str | None
    price_fen: int | None
    valid: bool
    grounds: tuple[str, ...]
    reasons: tuple[str, ...]
    deviation: str | None = None
    """(price − benchmark) ÷ benchmark, in percent, as `n/d`."""
    price_score: int | None = None
    averages: dict[str, int] | None = None
    """By item: mean of the members' scores, rounded half up to a hundredth."""
    total: int | None = None
    rank: int | None = None


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """评标报告. `ranking` names envelopes, best first; empty where all bids were rejected."""

    v: Literal["LBV1"]
    subject: str
    opening: str
    """Digest of the opening record (LBO2)."""
    project: dict[str, str]
    lot: dict[str, Any]
    terms: dict[str, Any]
    """As registered with the lot: `projects:registration:accepted` has the same."""
    members: int
    sheets: tuple[ReportedSheet, ...]
    bids: tuple[ReportedBid, ...]
    dropped: Literal["none"]
    """Neither the highest nor the lowest price is left out of the mean."""
    benchmark: str | None
    choice: Literal["continue", "reject_all"] | None
    """What the committee decided where fewer bids were valid than competition needs."""
    outcome: Literal["ranked", "rejected_all"]
    ranking: tuple[str, ...]
    made_at: str


class ReportSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member's stand on the report. `deemed`: neither signed nor gave a reason in time, and so agrees."""

    seat: int
    stance: Stance
    reason: str
    fingerprint: str | None
    certificate: str | None
    signature: str | None
    at: str


class EvaluationDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is served as evidence: the report's exact signed text, its digest, and the members' stands."""

    v: Literal["LBV1"]
    subject: str
    report: str
    digest: str
    key: str
    """The platform's record key that signed the report; `lot:report:made` has the same."""
    signatures: tuple[ReportSignature, ...]


def open_report(raw: bytes, key: str) -> Report:
    """The report, if the platform's record key signed it."""
    return open_document(raw, LABEL, Report, code="evaluation.report", key_of=lambda _: key)


def statement_digest(report: str, stance: str, reason: str) -> str:
    """What a member signs, by the scheme of the opening record: the report's digest together with the stand on it."""
    return sha256(canonical({"v": "LBV1", "report": report, "stance": stance, "reason": reason})).hexdigest()


def sheet_commitment(subject: str, kind: str, salt: bytes, body: Any) -> str:
    """What the journal holds of a member's sheet; the salt stays with the sheet."""
    return framed_hash(SHEET, subject, kind, salt, canonical(body)).hex()
