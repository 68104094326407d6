"""Objections at the opening (开标异议): the record minutes exactly those that the journal knows, each with its end."""

from collections.abc import Mapping
from typing import Any

from bidding.proof import Mismatch
from bidding.proof.objection import RecordedObjection, words_digest
from bidding.proof.record import Record
from portal.verify.announced import Announced
from portal.verify.journal import Found, Journal
from portal.verify.opening import Opening
from portal.verify.promises import open_objection
from portal.verify.report import Report
from trading.kernel.journal.instant import format_instant

RAISED = "lot:objection:raised"
ANSWERED = "lot:objection:answered"
WITHDRAWN = "lot:objection:withdrawn"
ENDED = "lot:opening:ended"
_DEPOSITS = {"matched", "late", "short", "wrong_payer", "duplicate", "withdrawn", "none", "foreign"}


def check_objections(record: Record, announced: Announced, journal: Journal, opening: Opening) -> None:
    """None is left out, added or reworded, and the opening ended only after the last was answered or taken back."""
    raised = journal.find(RAISED, announced.subject)
    if [item.id for item in record.objections] != [found.entry.payload["objection"] for found in raised]:
        raise Mismatch("record.objections", count=len(raised))
    if record.v == "LBO2":
        if raised or record.deposits is not None:
            raise Mismatch("record.objections", detail=record.v)
        return
    ends = _ends(announced, journal)
    ended = journal.one(ENDED, announced.subject)
    if ended is None or ended.entry.payload != {"objections": len(raised)} or ended.index < opening.last_leaf:
        raise Mismatch("record.objections", detail="end")
    if format_instant(ended.entry.at) > record.made_at:
        raise Mismatch("record.objections", detail="end")
    for item, found in zip(record.objections, raised, strict=True):
        end = ends.pop(item.id, None)
        if end is None or not found.index < end.index < ended.index or not _same(item, found, end):
            raise Mismatch("record.objections", objection=item.id)
    if ends:
        raise Mismatch("record.objections", objection=next(iter(ends)))
    _check_deposits(record)


def check_receipts(receipts: Mapping[str, bytes], announced: Announced, journal: Journal, report: Report) -> None:
    """What a bidder holds a receipt for was not dropped from the journal."""
    for path, raw in receipts.items():
        with report.check("objection", otherwise="receipt.form", path=path) as facts:
            receipt = open_objection(raw, announced.by_ann)
            facts["at"] = receipt.raised_at
            found = journal.one(RAISED, announced.subject, objection=receipt.objection)
            told = {"uscc": receipt.uscc, "digest": receipt.digest}
            if found is None or {name: found.entry.payload.get(name) for name in told} != told:
                raise Mismatch("objection.unjournalled", path=path)
            if format_instant(found.entry.at) != receipt.raised_at:
                raise Mismatch("objection.unjournalled", path=path)


def _ends(announced: Announced, journal: Journal) -> dict[str, Found]:
    """How each ended; twice would leave a choice."""
    ends: dict[str, Found] = {}
    for action in (ANSWERED, WITHDRAWN):
        for found in journal.find(action, announced.subject):
            if ends.setdefault(found.entry.payload["objection"], found) is not found:
                raise Mismatch("journal.twice", action=action)
    return ends


def _same(item: RecordedObjection, raised: Found, end: Found) -> bool:
    told: dict[str, Any] = {
        "objection": item.id,
        "organisation": item.organisation,
        "uscc": item.uscc,
        "digest": words_digest(item.text),
    }
    if raised.entry.payload != told or format_instant(raised.entry.at) != item.raised_at:
        return False
    answer: dict[str, Any] = {"objection": item.id}
    if item.outcome != "withdrawn":
        answer |= {"outcome": item.outcome, "digest": words_digest(item.answer)}
    action = WITHDRAWN if item.outcome == "withdrawn" else ANSWERED
    right = (end.entry.action, end.entry.payload, format_instant(end.entry.at)) == (action, answer, item.ended_at)
    return right and bool(item.answer) == (item.outcome != "withdrawn")


def _check_deposits(record: Record) -> None:
    """One word for every line, none for a bidder who is not known; what a line rests on, its holder can prove."""
    told = [(item.get("env"), item.get("state")) for item in record.deposits or ()]
    if [env for env, _ in told] != [row["env"] for row in record.rows]:
        raise Mismatch("record.objections", detail="deposits")
    for row, (_, state) in zip(record.rows, told, strict=True):
        if (state is None) != (row.get("organisation") is None) or state not in {None, *_DEPOSITS}:
            raise Mismatch("record.objections", detail="deposits")
