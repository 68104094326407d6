"""Deposits on their way back (保证金退还): amounts, interest, clocks, postings computed again.

Prepared and approved by two, paid once: who they were stays hidden, that they differ does not.
"""

from collections.abc import Sequence
from typing import Any

from bidding.proof import Mismatch
from portal.evidence.layout import REFUNDS
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.outcome import CONTRACT_CONFIRMED
from portal.verify.report import Report
from trading.funds.proof import checking
from trading.funds.proof import refunds as facts
from trading.kernel.canonical import parse_canonical


def check_refunds(folder: Folder, announced: Announced, journal: Journal, report: Report) -> None:
    """Money that came in for the lot, as far as its way back has come."""
    subject = announced.subject
    if REFUNDS not in folder:
        known = (facts.PLANNED, facts.WITHHELD, facts.PREPARED, facts.SENT, facts.PAID)
        if any(journal.find(action, subject) for action in known):
            report.failed("refunds.missing")
        return
    with report.check("refunds.journalled", otherwise="refunds.form") as shown:
        parse_canonical(folder.read(REFUNDS))
        told = facts.read_refunds(folder.read(REFUNDS))
        if told.subject != subject:
            raise Mismatch("refunds.form", detail=told.subject)
        shown["count"] = len(told.lines)
        entries = _compare(told, subject, journal)
        _check(told, announced, journal, report)
        if any(found.index >= journal.witnessed for found in entries):
            report.failed("refunds.unwitnessed")


def _compare(told: facts.RefundsDocument, subject: str, journal: Journal) -> list[Found]:
    """Word for word, in the log's order."""
    seen: list[Found] = []

    def those(*actions: str) -> list[dict[str, Any]]:
        found = sorted((item for name in actions for item in journal.find(name, subject)), key=lambda item: item.index)
        seen.extend(found)
        return [item.entry.payload for item in found]

    planned = [item for payload in those(facts.PLANNED) for item in payload["refunds"]]
    expected = {
        "lines": [item for payload in those(facts.POSTED) for item in payload.get("of", ())],
        "planned": [*planned, *those(facts.WITHHELD)],
        "batches": those(facts.PREPARED),
        "approved": those(facts.APPROVED),
        "sent": [item for payload in those(facts.SENT) for item in payload["payments"]],
        "ended": those(facts.PAID, facts.REFUSED),
    }
    document = facts.plain(told)
    for name, payloads in expected.items():
        if document[name] != payloads:
            raise Mismatch("refunds.unjournalled", what=name)
    return seen


def _check(told: facts.RefundsDocument, announced: Announced, journal: Journal, report: Report) -> None:
    confirmed = journal.find(CONTRACT_CONFIRMED, announced.subject)
    at = confirmed[-1].entry.at if confirmed else None
    orders = sum(1 for _ in facts.all_orders(told))
    plans = sum(item.cause != "withheld" for item in told.planned)
    clocks = list(checking.clocks(told, deadline=announced.deadline, contracted=at))
    steps: tuple[tuple[str, Sequence[checking.Finding], int], ...] = (
        ("refunds.plans", list(checking.lines_and_plans(told)), len(told.planned)),
        ("refunds.clocks", clocks, plans),
        ("refunds.interest", list(checking.amounts(told)), orders),
        ("refunds.eyes", list(checking.eyes(told)), len(told.approved)),
        ("refunds.once", list(checking.once(told)), len(told.ended)),
    )
    for code, findings, count in steps:
        with report.check(code, otherwise="refunds.form", count=count):
            for finding in findings:
                report.failed(finding.code, **finding.facts)
    with report.check("refunds.ledger", otherwise="refunds.ledger", count=len(told.postings)):
        for finding in checking.ledger(told):
            report.failed(finding.code, **finding.facts)
    if count := checking.late(told):
        report.noted("refunds.late", count=count)
    if count := checking.unpaid(told):
        report.noted("refunds.unpaid", count=count)
