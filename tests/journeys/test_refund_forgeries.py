"""R8: refunds changed and made consistent again by whoever holds every platform key and the database; each is named."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.factories.refund_story import (
    FEN,
    ONE,
    Refunded,
    forger_of_refunds,
    refunded_again,
    refunded_tender,
)
from tests.factories.sealing import DEADLINE
from tests.journeys.verdicts import named, verdict
from trading.kernel.canonical import canonical


@pytest.fixture(scope="module")
def true() -> Refunded:
    return refunded_tender()


@pytest.fixture
def forged(true: Refunded) -> Refunded:
    return forger_of_refunds(true)


def test_the_truth_verifies(true: Refunded, tmp_path: Path) -> None:
    report = verdict(true.lot, tmp_path)
    assert [(line.code, line.facts) for line in report.lines if line.kind == "failed"] == []
    done = {line.code for line in report.lines if line.kind == "passed"}
    steps = {"journalled", "plans", "clocks", "interest", "eyes", "once", "ledger"}
    assert {f"refunds.{name}" for name in steps} <= done


def test_no_account_and_no_name_is_in_it(true: Refunded) -> None:
    """Lines by their commitments, people by a hash within one file."""
    assert true.lot.refunds is not None
    document = msgspec.json.decode(true.lot.refunds)
    assert not {"account", "payee", "payer", "name"} & {key for item in document["planned"] for key in item}
    orders = [order for batch in document["batches"] for order in batch["payments"]]
    assert not {"account", "payee"} & {key for order in orders for key in order}


def lies(forged: Refunded, folder: Path, **changed: object) -> set[str]:
    """What is named beside the missing witness, which whatever is journalled anew lacks."""
    found = named(refunded_again(forged, **changed), folder)
    assert {"witness.cosignature", "refunds.unwitnessed"} <= found
    return {name for name in found if name.startswith("refunds.")} - {"refunds.unwitnessed"}


def test_more_than_came_in(forged: Refunded, tmp_path: Path) -> None:
    """A principal raised in plan, file, payment, journal and ledger alike."""
    assert lies(forged, tmp_path, principal=lambda fen: fen + 100_00) == {"refunds.principal"}


def test_a_fen_of_interest(forged: Refunded, tmp_path: Path) -> None:
    assert lies(forged, tmp_path, interest=lambda fen: fen + 1) == {"refunds.interest"}


def test_no_interest(forged: Refunded, tmp_path: Path) -> None:
    assert lies(forged, tmp_path, interest=lambda _: 0) == {"refunds.interest"}


def test_paid_twice(forged: Refunded, tmp_path: Path) -> None:
    """A second order of the same refund, in the same approved file, under a number of its own, booked as well."""
    assert lies(forged, tmp_path, again=True) == {"refunds.twice"}


def test_approved_by_its_preparer(forged: Refunded, tmp_path: Path) -> None:
    assert lies(forged, tmp_path, approver=ONE) == {"refunds.four_eyes"}


def test_approved_by_nobody(forged: Refunded, tmp_path: Path) -> None:
    assert lies(forged, tmp_path, approved=False) == {"refunds.unapproved"}


def test_a_clock_that_starts_later(forged: Refunded, tmp_path: Path) -> None:
    """Nothing is late if the days begin a week after the opening."""
    assert lies(forged, tmp_path, basis=DEADLINE + timedelta(days=7)) == {"refunds.clock"}


def test_the_journal_as_it_was(true: Refunded, tmp_path: Path) -> None:
    """Only the document is another: each part of it."""
    story = true.story
    assert story.document is not None
    whole, keep = story.document, true.lot.refunds
    order = msgspec.structs.replace(whole.batches[0].payments[0], interest_fen=1)
    changed = {
        "planned": (msgspec.structs.replace(whole.planned[0], principal_fen=FEN - 1), *whole.planned[1:]),
        "batches": (msgspec.structs.replace(whole.batches[0], payments=(order, *whole.batches[0].payments[1:])),),
        "ended": whole.ended[:-1],
    }
    for name, value in changed.items():
        true.lot.refunds = canonical(msgspec.to_builtins(msgspec.structs.replace(whole, **{name: value})))
        assert named(true.lot, tmp_path / name) == {"refunds.unjournalled"}
    true.lot.refunds = None
    assert named(true.lot, tmp_path / "none") == {"refunds.missing"}
    true.lot.refunds = keep


def test_a_ledger_that_tells_of_another_account(forged: Refunded, tmp_path: Path) -> None:
    """Journal and facts are true; only the books put the money elsewhere, or do not balance."""
    assert "refunds.ledger" in named(refunded_again(forged, account="interest"), tmp_path / "one")
    story = forged.story
    assert story.document is not None
    first = story.document.postings[0]
    half = msgspec.structs.replace(first.halves[0], amount_fen=first.halves[0].amount_fen + 1)
    wrong = msgspec.structs.replace(first, halves=(half, *first.halves[1:]))
    story.document = msgspec.structs.replace(story.document, postings=(wrong, *story.document.postings[1:]))
    assert {"refunds.unbalanced", "refunds.ledger"} <= named(story.show(), tmp_path / "two")
