"""The line with its committee: drawn before the notice, one decline, one recusal after the opening, the evaluation.

The forger holds every platform key and the database, and neither the gateway's key nor a member's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.proof.revealed import rows_of
from experts.draw import Place
from experts.proof import facts
from experts.proof.documents import DrawDocument, EvaluationDocument
from experts.proof.draw import Reading, stated
from tests.factories.draws import LOT, DrawStory, Put, Reply, document_json
from tests.factories.evaluations import EvaluationStory
from tests.factories.evidence import FIRST, Lot
from tests.factories.evidence_story import Story, opened
from tests.factories.forger import forger_of
from tests.factories.memory_log import MemoryLog
from tests.factories.sealing import DEADLINE, SUBJECT
from trading.kernel.canonical import canonical

DRAWN = FIRST - timedelta(hours=4)
RECUSED = DEADLINE + timedelta(minutes=50)
EVALUATED = DEADLINE + timedelta(hours=2)
SECOND = timedelta(seconds=1)
assert LOT == SUBJECT


def put_in(log: MemoryLog) -> Put:
    """Appends to the lot's journal."""

    def put(action: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> str:
        return str(UUID(int=log.append(action, subject, at, payload)))

    return put


def first_declines(place: Place) -> Reply:
    """Of the works experts."""
    return "declined" if place == ("A08", 0) else "accepted"


@dataclass
class Evaluated:
    """The lot with those who played its draw and its evaluation."""

    lot: Lot
    draw: DrawStory
    evaluation: EvaluationStory
    document: EvaluationDocument

    def show(self) -> Lot:
        """The lot with both documents as they are now."""
        self.lot.draws = [document_json(self.draw.document)]
        self.lot.evaluation = canonical(msgspec.to_builtins(self.document))
        return self.lot


def play_draw(log: MemoryLog) -> DrawStory:
    draw = DrawStory(put_in(log), DRAWN)
    draw.announce().commit().reveal()
    log.stamp(draw.now + SECOND)
    return draw.beacon().compute().call(first_declines)


def evaluated_tender() -> Evaluated:
    """Everything verifies."""
    story = Story()
    lot = story.lot
    draw = play_draw(lot.log)
    opened(story)
    draw.recuse(1, at=RECUSED)
    rows = rows_of(lot.box(), lot.results)
    evaluation = EvaluationStory(
        SUBJECT,
        lot.world.announcement.ann,
        [(row["env"], row["price_fen"], number != 1) for number, row in enumerate(rows)],
        lambda name, public: lot.certificate(name, "交易中心", "1231000000000000XX", public),
        EVALUATED,
        put_in(lot.log),
    )
    document = evaluation.play()
    for minute, verb, before, after in (
        (40, "finish_evaluation", "evaluating", "evaluated"),
        (50, "publicise", "evaluated", "publicised"),
    ):
        told = {"verb": verb, "from": before, "to": after}
        lot.log.append("lot:state:advanced", SUBJECT, EVALUATED + timedelta(minutes=minute), told)
    lot.log.stamp(EVALUATED + timedelta(hours=1))
    done = Evaluated(lot, draw, evaluation, document)
    done.show()
    return done


def forger_of_committee(true: Evaluated) -> Evaluated:
    """A copy without the keys of witness, gateway, members (and the rest who are not the platform)."""
    lot = forger_of(true.lot)
    draw = replace(true.draw, put=put_in(lot.log), gateway=None, outcomes=dict(true.draw.outcomes))
    draw.document = true.draw.document
    evaluation = replace(true.evaluation, put=put_in(lot.log), keys=[])
    return Evaluated(lot, draw, evaluation, true.document)


def rewrite_draw(forged: Evaluated, document: DrawDocument) -> Lot:
    """The document put in the place of the true one, every entry it names made to say the same, the log rebuilt."""
    log = forged.lot.log
    reading = Reading(document)
    for item in stated(reading):
        index = UUID(item.noted.entry).int
        log.entries[index] = replace(log.entries[index], action=item.action, payload=dict(item.payload))
    forged.draw.document = document
    log.rebuild()
    return forged.show()


def replay_draw(forged: Evaluated, change: Callable[[DrawStory], None]) -> Lot:
    """The whole draw played anew by the forger, from the announcement on, over the same entries as far as they go."""
    log = forged.lot.log
    mine = [index for index, entry in enumerate(log.entries) if entry.subject == forged.draw.told.subject]
    places = iter(mine)

    def put(action: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> str:
        if action == facts.ROSTER_ROOTED:
            return forged.draw.document.rooted.entry
        index = next(places)
        log.entries[index] = replace(log.entries[index], action=action, at=at, payload=dict(payload))
        return str(UUID(int=index))

    story = DrawStory(put, DRAWN, gateway=Ed25519PrivateKey.generate())
    change(story)
    for index in places:
        log.entries[index] = replace(log.entries[index], action="draw:call:sent", payload={})
    forged.draw = story
    log.rebuild()
    return forged.show()
