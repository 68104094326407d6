"""Objections and deposits in the opening record: dropped, reworded, answered otherwise; each is named.

The forger re-signs the record and makes the journal name it. Where he leaves the journal's own entries alone, the
witness's cosignature still fits and nothing but the record betrays him, so he is told by that alone as far as it goes.
"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bidding.proof.objection import words_digest
from bidding.proof.record import Record
from tests.factories.evidence import Lot
from tests.factories.evidence_story import open_tender
from tests.factories.forger import forger_of, rerecord
from tests.journeys.verdicts import named


@pytest.fixture(scope="module")
def lot() -> Lot:
    return open_tender()


@pytest.fixture
def forged(lot: Lot) -> Lot:
    return forger_of(lot)


def body(lot: Lot) -> Record:
    assert lot.opening is not None
    return msgspec.json.decode(msgspec.json.decode(lot.opening.record)["body"], type=Record)


def retold(lot: Lot, **parts: Any) -> None:
    rerecord(lot, lot.box(), parts)
    lot.log.rebuild()


@pytest.mark.parametrize("number", [0, 1])
def test_an_objection_left_out(forged: Lot, tmp_path: Path, number: int) -> None:
    kept = tuple(item for n, item in enumerate(body(forged).objections) if n != number)
    retold(forged, objections=kept)
    assert "record.objections" in named(forged, tmp_path)


@pytest.mark.parametrize(
    "change", [{"text": "没有异议。"}, {"answer": "不予答复。"}, {"outcome": "upheld"}, {"organisation": "丁市政"}]
)
def test_an_objection_told_otherwise(forged: Lot, tmp_path: Path, change: dict[str, str]) -> None:
    first, second = body(forged).objections
    retold(forged, objections=(msgspec.structs.replace(first, **change), second))
    assert "record.objections" in named(forged, tmp_path)


def test_an_answer_for_what_was_taken_back(forged: Lot, tmp_path: Path) -> None:
    first, second = body(forged).objections
    retold(forged, objections=(first, msgspec.structs.replace(second, outcome="dismissed", answer="经核对无误。")))
    assert "record.objections" in named(forged, tmp_path)


def test_an_objection_dropped_from_the_journal_too(forged: Lot, tmp_path: Path) -> None:
    """Told by the witness, and by the bidder's own receipt even if there were none."""
    raised, _ = forged.log.find("lot:objection:raised")
    (answered,) = forged.log.find("lot:objection:answered")
    (ended,) = forged.log.find("lot:opening:ended")
    for index in (raised, answered):
        forged.log.retitle(index, "lot:ceremony:started")
    forged.log.rewrite(ended, objections=1)
    retold(forged, objections=body(forged).objections[1:])
    assert {"objection.unjournalled", "witness.cosignature"} <= named(forged, tmp_path / "with")
    assert "objection.unjournalled" not in named(forged, tmp_path / "without", receipts=False)


def test_an_answer_rewritten_in_the_journal_too(forged: Lot, tmp_path: Path) -> None:
    first, second = body(forged).objections
    (answered,) = forged.log.find("lot:objection:answered")
    forged.log.rewrite(answered, digest=words_digest("唱价以此为准。"))
    retold(forged, objections=(msgspec.structs.replace(first, answer="唱价以此为准。"), second))
    failures = named(forged, tmp_path)
    assert "record.objections" not in failures
    assert "witness.cosignature" in failures


def test_the_opening_never_ended(forged: Lot, tmp_path: Path) -> None:
    (ended,) = forged.log.find("lot:opening:ended")
    forged.log.rewrite(ended, objections=5)
    forged.log.rebuild()
    assert "record.objections" in named(forged, tmp_path)


def test_a_deposit_for_a_bidder_who_is_not_there(forged: Lot, tmp_path: Path) -> None:
    deposits = body(forged).deposits
    assert deposits is not None
    retold(forged, deposits=deposits[1:])
    assert "record.objections" in named(forged, tmp_path)


def test_the_old_form_hides_none(forged: Lot, tmp_path: Path) -> None:
    retold(forged, v="LBO2", objections=(), deposits=None)
    assert "record.objections" in named(forged, tmp_path)
