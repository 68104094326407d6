"""A lot's refunds computed again (`refunds.json`), pure: each finding is a code with its facts, in order of the money.

Lines, plans, orders and outcomes are as the document tells them; whether the journal told the same is for the caller.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from trading.funds.proof.interest import interest_fen
from trading.funds.proof.refunds import Ended, Order, Planned, RefundsDocument, all_orders, books
from trading.kernel.journal.instant import format_instant, parse_instant
from trading.projects.calendar import WorkingCalendar, day_end, local_day


class Finding(NamedTuple):
    """What does not hold."""

    code: str
    facts: dict[str, object]


def lines_and_plans(told: RefundsDocument) -> Iterator[Finding]:
    """Each line has at most one plan, for exactly what came in, on the day it came."""
    lines = {item.line: item for item in told.lines}
    if len(lines) != len(told.lines):
        yield Finding("refunds.line", {"line": "–"})
    for name, count in Counter(item.line for item in told.planned).items():
        if count > 1:
            yield Finding("refunds.twice", {"refund": name[:12]})
    for item in told.planned:
        line = lines.get(item.line)
        if line is None:
            yield Finding("refunds.line", {"line": item.line[:12]})
        elif (line.amount_fen, line.paid_on) != (item.principal_fen, item.paid_on):
            yield Finding("refunds.principal", {"refund": item.refund, "fen": item.principal_fen})


def clocks(told: RefundsDocument, *, deadline: dt.datetime, contracted: dt.datetime | None) -> Iterator[Finding]:
    """Until when: from the deadline, the contract or the request, so many days, a rest day moved on."""
    years = frozenset(day.year for day in (*told.rest_days, *told.work_days))
    exceptions = {**dict.fromkeys(told.rest_days, False), **dict.fromkeys(told.work_days, True)}
    calendar = WorkingCalendar(exceptions, years)
    for item in told.planned:
        if item.cause == "withheld":
            if not item.ground or item.due_at is not None:
                yield Finding("refunds.clock", {"refund": item.refund})
            continue
        basis = parse_instant(item.basis_at)
        last = calendar.after(local_day(basis), item.days or 0, "d").day
        wrong = item.days is None or item.due_at != format_instant(day_end(last))
        if wrong or not _started(item, basis, deadline=deadline, contracted=contracted):
            yield Finding("refunds.clock", {"refund": item.refund})


def _started(item: Planned, basis: dt.datetime, *, deadline: dt.datetime, contracted: dt.datetime | None) -> bool:
    """A clock that starts later than the law says would be a lawful-looking delay."""
    if item.cause == "withdrawn":
        return basis <= deadline
    if item.cause in {"no_bid", "returned"}:
        return basis == deadline or (basis > deadline and item.paid_on >= local_day(deadline))
    if item.cause == "contract":
        return contracted is not None and (basis == contracted or item.paid_on >= local_day(contracted))
    return basis >= deadline


def amounts(told: RefundsDocument) -> Iterator[Finding]:
    """Every order has its plan's principal and the interest of its days; a file is the sum of its orders."""
    planned = {item.refund: item for item in told.planned}
    for order in all_orders(told):
        plan = planned.get(order.refund)
        if plan is None or plan.cause == "withheld" or plan.principal_fen != order.principal_fen:
            yield Finding("refunds.principal", {"refund": order.refund, "fen": order.principal_fen})
            continue
        due = interest_fen(order.principal_fen, plan.paid_on, order.value_on, told.rates, told.basis)
        if due != order.interest_fen:
            yield Finding("refunds.interest", {"refund": order.refund, "fen": order.interest_fen, "due": due})
    for batch in told.batches:
        whole = sum(order.principal_fen + order.interest_fen for order in batch.payments)
        one_day = {order.value_on for order in batch.payments} <= {batch.value_on}
        known = [rate for rate in told.rates if rate.starts_on <= batch.value_on]
        same = known == [rate for rate in batch.rates if rate.starts_on <= batch.value_on]
        if whole != batch.total_fen or not one_day or not same or batch.basis != told.basis:
            yield Finding("refunds.total", {"batch": batch.batch, "fen": batch.total_fen})


def eyes(told: RefundsDocument) -> Iterator[Finding]:
    """Whoever approved a file did not prepare it; nothing was sent of a file that nobody approved."""
    approved = {item.batch: item for item in told.approved}
    batches = {order.payment: batch for batch in told.batches for order in batch.payments}
    for item in told.batches:
        word = approved.get(item.batch)
        if word is not None and (word.approver == item.preparer or word.digest != item.digest):
            yield Finding("refunds.four_eyes", {"batch": item.batch})
    causes = {item.refund: item.cause for item in told.planned}
    for sent in told.sent:
        batch = batches.get(sent.payment)
        if sent.order is not None:
            if batch is not None or sent.order.payment != sent.payment or causes.get(sent.order.refund) != "withdrawn":
                yield Finding("refunds.unapproved", {"payment": sent.payment})
        elif batch is None or batch.batch not in approved:
            yield Finding("refunds.unapproved", {"payment": sent.payment})


def once(told: RefundsDocument) -> Iterator[Finding]:
    """A refund is paid once; a further attempt follows only an end of the one before; what was paid had been sent."""
    orders: dict[str, Order] = {}
    for order in all_orders(told):
        if orders.setdefault(order.payment, order) is not order:
            yield Finding("refunds.twice", {"refund": order.refund})
    numbers = Counter(order.number for order in orders.values())
    attempts = Counter((order.refund, order.attempt) for order in orders.values())
    for (refund, _), count in attempts.items():
        if count > 1:
            yield Finding("refunds.twice", {"refund": refund})
    sent = Counter(item.payment for item in told.sent)
    if max((*numbers.values(), *sent.values()), default=1) > 1:
        yield Finding("refunds.twice", {"refund": "–"})
    yield from _ends(told, orders, set(sent))


def _ends(told: RefundsDocument, orders: dict[str, Order], sent: set[str]) -> Iterator[Finding]:
    paid: Counter[str] = Counter()
    seen: set[str] = set()
    for end in told.ended:
        order = orders.get(end.payment)
        if order is None or end.payment not in sent or end.payment in seen or not _same(end, order):
            yield Finding("refunds.end", {"payment": end.payment})
        seen.add(end.payment)
        paid[end.refund] += end.outcome == "paid"
    for refund, count in paid.items():
        if count > 1:
            yield Finding("refunds.twice", {"refund": refund})


def _same(end: Ended, order: Order) -> bool:
    return (end.refund, end.principal_fen, end.interest_fen) == (
        order.refund,
        order.principal_fen,
        order.interest_fen,
    )


def ledger(told: RefundsDocument) -> Iterator[Finding]:
    """Each posting sums to zero, and the ledger is the one that follows from the rest, no posting more or less."""
    for item in told.postings:
        if sum(half.amount_fen for half in item.halves):
            yield Finding("refunds.unbalanced", {"of": item.of[:36]})
    if tuple(sorted(told.postings, key=lambda item: (item.of, item.step))) != books(told):
        yield Finding("refunds.ledger", {"count": len(told.postings)})


def late(told: RefundsDocument) -> int:
    """How many were paid after their day."""
    due = {item.refund: item.due_at for item in told.planned if item.due_at is not None}
    return sum(
        end.outcome == "paid" and end.refund in due and parse_instant(end.at) >= parse_instant(due[end.refund])
        for end in told.ended
    )


def unpaid(told: RefundsDocument) -> int:
    """How many of those planned are not paid yet."""
    paid = {end.refund for end in told.ended if end.outcome == "paid"}
    return sum(item.cause != "withheld" and item.refund not in paid for item in told.planned)
