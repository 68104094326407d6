"""Deposits of an opened lot on their way back, in memory: lines, plans, a file of two people, payments, the ledger.

The payloads are the platform's own structs and the ledger is what follows from them. Played again over the same entries
with something changed, it is what a forger makes of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from tests.factories.evidence import Lot
from tests.factories.evidence_story import open_tender
from tests.factories.forger import forger_of
from tests.factories.sealing import DEADLINE, SUBJECT
from trading.funds.proof import refunds as facts
from trading.funds.proof.interest import Rate, interest_fen
from trading.kernel.canonical import canonical
from trading.kernel.journal.instant import format_instant
from trading.projects.calendar import WorkingCalendar, day_end, local_day

START = DEADLINE + timedelta(hours=3)
RATES, BASIS = (Rate(date(2012, 7, 6), 35), Rate(date(2025, 5, 20), 5)), 360
FEN, DAYS = 50_000_000, 5
ONE, TWO = b"one", b"two"
PAID_ON = local_day(DEADLINE) - timedelta(days=30)
VALUE_ON = local_day(DEADLINE) + timedelta(days=1)
Put = Callable[[str, datetime, Mapping[str, Any]], int]


def same(fen: int) -> int:
    """As it is."""
    return fen


@dataclass
class RefundStory:
    """Three payments: two without a live bid, one taken back before the deadline and paid before it."""

    lot: Lot
    put: Put
    principal: Callable[[int], int] = same
    """What the plan and everything after it say of a principal."""
    interest: Callable[[int], int] = same
    approver: bytes = TWO
    basis: datetime = DEADLINE
    days: int = DAYS
    again: bool = False
    """One refund is ordered, sent and paid a second time."""
    approved: bool = True
    account: str = "bank"
    """Which account a payment went out of, in the ledger alone."""
    now: datetime = START
    document: facts.RefundsDocument | None = None

    def step(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def play(self) -> "RefundStory":
        lines = tuple(
            facts.ShownLine(sha256(bytes([number])).hexdigest(), outcome, FEN + number, PAID_ON)
            for number, outcome in enumerate(("matched", "late", "matched"))
        )
        total = sum(item.amount_fen for item in lines)
        shown = {"lines": len(lines), "matched": 2, "sum_fen": total, "of": [facts.plain(item) for item in lines]}
        self.put(facts.POSTED, self.step(), shown)
        planned = tuple(self._planned(number, line) for number, line in enumerate(lines))
        payload = {"refunds": [facts.plain(item) for item in planned], "sum_fen": total}
        self.put(facts.PLANNED, self.step(), payload)
        quiet = self._order(planned[2], value_on=local_day(DEADLINE))
        early = facts.Sent(quiet.payment, format_instant(DEADLINE - timedelta(hours=1)), quiet)
        self.put(facts.SENT, self.step(), {"payments": [facts.plain(early)]})
        ended = [self._end(quiet, DEADLINE - timedelta(minutes=50))]
        orders = tuple(self._order(item, value_on=VALUE_ON) for item in planned[:2])
        if self.again:
            orders = (*orders, self._order(planned[0], value_on=VALUE_ON, attempt=2))
        batch = facts.Batch(
            batch=str(UUID(int=900)),
            digest=sha256(b"file").hexdigest(),
            value_on=VALUE_ON,
            total_fen=sum(order.principal_fen + order.interest_fen for order in orders),
            preparer=sha256(ONE).hexdigest(),
            payments=orders,
            basis=BASIS,
            rates=RATES,
        )
        self.put(facts.PREPARED, self.step(), facts.plain(batch))
        words = (facts.Decided(batch.batch, batch.digest, sha256(self.approver).hexdigest()),)
        if self.approved:
            self.put(facts.APPROVED, self.step(), facts.plain(words[0]))
        sent = [facts.Sent(order.payment, format_instant(self.now)) for order in orders]
        self.put(facts.SENT, self.step(), {"payments": [facts.plain(item) for item in sent]})
        ended += [self._end(order, self.step()) for order in orders]
        document = facts.RefundsDocument(
            v="LBR1",
            subject=SUBJECT,
            lines=lines,
            planned=planned,
            batches=(batch,),
            approved=words if self.approved else (),
            sent=(early, *sent),
            ended=tuple(ended),
            basis=BASIS,
            rates=RATES,
            rest_days=(),
            work_days=(),
            postings=(),
        )
        self.document = msgspec.structs.replace(document, postings=tuple(map(self._booked, facts.books(document))))
        self.show()
        return self

    def show(self) -> Lot:
        self.lot.refunds = canonical(msgspec.to_builtins(self.document))
        return self.lot

    def _planned(self, number: int, line: facts.ShownLine) -> facts.Planned:
        quiet = number == 2
        basis = DEADLINE - timedelta(days=2) if quiet else self.basis
        last = WorkingCalendar({}, frozenset()).after(local_day(basis), self.days, "d").day
        return facts.Planned(
            refund=str(UUID(int=500 + number)),
            line=line.line,
            cause="withdrawn" if quiet else "no_bid" if line.outcome == "matched" else "returned",
            principal_fen=self.principal(line.amount_fen),
            paid_on=line.paid_on,
            basis_at=format_instant(basis),
            days=self.days,
            due_at=format_instant(day_end(last)),
        )

    def _order(self, plan: facts.Planned, *, value_on: date, attempt: int = 1) -> facts.Order:
        number = UUID(plan.refund).int + 100 * attempt
        fen = interest_fen(plan.principal_fen, plan.paid_on, value_on, RATES, BASIS)
        return facts.Order(
            payment=str(UUID(int=number)),
            refund=plan.refund,
            attempt=attempt,
            number=f"{number:032x}",
            principal_fen=plan.principal_fen,
            interest_fen=self.interest(fen),
            value_on=value_on,
        )

    def _end(self, order: facts.Order, at: datetime) -> facts.Ended:
        told = facts.Ended(
            payment=order.payment,
            refund=order.refund,
            outcome="paid",
            principal_fen=order.principal_fen,
            interest_fen=order.interest_fen,
            at=format_instant(at),
        )
        self.put(facts.PAID, self.step(), facts.plain(told))
        return told

    def _booked(self, item: facts.Posting) -> facts.Posting:
        if item.step != "paid":
            return item
        halves = {half.account.replace("bank", self.account): half.amount_fen for half in item.halves}
        return facts.posting(item.of, "paid", halves)


@dataclass
class Refunded:
    """An opened lot whose money went back."""

    story: RefundStory
    places: list[int] = field(default_factory=list)
    """The entries that the story wrote."""

    @property
    def lot(self) -> Lot:
        return self.story.lot


def refunded_tender() -> Refunded:
    """Everything verifies."""
    lot, places = open_tender(), []

    def put(action: str, at: datetime, payload: Mapping[str, Any]) -> int:
        places.append(lot.log.append(action, SUBJECT, at, payload))
        return places[-1]

    story = RefundStory(lot, put).play()
    lot.log.stamp(story.now + timedelta(minutes=1))
    return Refunded(story, places)


def forger_of_refunds(true: Refunded) -> Refunded:
    """A copy without the keys of witness, trustees and bidders."""
    return Refunded(replace(true.story, lot=forger_of(true.lot)), true.places)


def refunded_again(forged: Refunded, **changed: Any) -> Lot:
    """The story anew with something changed; what it tells more than the true one is written over later entries."""
    lot, places = forged.lot, iter(forged.places)

    def put(action: str, at: datetime, payload: Mapping[str, Any]) -> int:
        index = next(places, None)
        if index is None:
            return lot.log.append(action, SUBJECT, at, payload)
        entry = replace(lot.log.entries[index], action=action, at=at, payload=dict(payload))
        lot.log.entries[index] = entry
        return index

    forged.story = RefundStory(lot, put, **changed).play()
    for index in places:  # told less: what is left over is told of something else
        lot.log.retitle(index, "lot:note:made")
    if len(lot.log.entries) != lot.log.stamps[-1][0]:
        lot.log.stamp(forged.story.now + timedelta(minutes=2))
    lot.log.rebuild()
    return lot
