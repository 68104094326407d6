"""A draw's escrow as the trustee's program meets it: three numbers, one sealed again, one taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bidding.sealing.box import withdrawal_body
from bidding.sealing.submission import document_digest, withdraw
from tests.factories.escrow import seal_number
from tests.factories.sealing import DEADLINE, Hands, World
from tests.factories.trustee_lot import Lot
from trading.kernel.journal.schedule import Timeline


@dataclass
class Escrow(Lot):
    """Everything as it should be; without `numbers` nobody left anything."""

    numbers: bool = True

    def __post_init__(self) -> None:
        self.world = World([Hands(x) for x in (1, 2, 3)], self.receipt, self.announcement)
        self.timeline = Timeline([self.announcement.schedule])
        self.subject = self.announcement.body.subject
        if self.numbers:
            self._fill()
        self.slots = self.sealed(self.bodies)
        self.box = self.derived()

    def _fill(self) -> None:
        first, before, self.withdrawn = (seal_number(self.world) for _ in range(3))
        again = seal_number(self.world, key=before.sealer_key, prev=document_digest(before.raw))
        for minutes, sealed in ((90, first), (80, before), (70, self.withdrawn), (10, again)):
            self.commit(sealed.raw, minutes)
        gone = self.envelope(self.withdrawn.raw)
        self.withdrawal = withdraw(self.announcement.ann, gone.env, gone.digest, self.withdrawn.sealer_key)
        self.act(withdrawal_body(self.withdrawal, gone, DEADLINE - timedelta(minutes=5)), 5)
        self.live = [first, again]
        shown = [first.raw, again.raw, self.withdrawal]
        self.documents = {document_digest(raw): raw for raw in shown}
