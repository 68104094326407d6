"""Every wrong turn of closing, settling, revealing and the record by API, on a running platform.

One lot is opened rightly in the end; two fail, one for too few envelopes, one for too few valid identities.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bidding.sealing.envelope import verify_envelope
from portal.demo.client import Client
from portal.demo.line import Line, after
from tests.journeys.lots import Lot, open_lot
from tests.journeys.people import Signer
from tests.journeys.refusals import refused
from tests.journeys.tenders import state_of
from tests.journeys.watching import read_journal
from trading.kernel.merkle import leaf_hash, root

IDENTITY, OTHERS = ("identity",), ("technical", "price")


@pytest.fixture(scope="module")
def lot(line: Line) -> Lot:
    """Three bids, of three bidders."""
    lot = open_lot(line, "开标各步演示工程")
    for number, letter in enumerate("abc"):
        lot.bids[letter] = lot.submit(letter, price={"price_fen": 1_000_000_00 + number})
    return lot


@pytest.fixture(scope="module")
def few(line: Line) -> Lot:
    """Two bids where three are needed."""
    lot = open_lot(line, "投标人不足演示工程")
    for letter in "ab":
        lot.submit(letter)
    return lot


@pytest.fixture(scope="module")
def twins(line: Line) -> Lot:
    """Three bids, two of them of one bidder."""
    lot = open_lot(line, "一标两投演示工程")
    for letter in "abb":
        lot.submit(letter)
    return lot


@pytest.fixture(scope="module")
def closed(lot: Lot, few: Lot, twins: Lot) -> Lot:
    """Every deadline has passed."""
    lot.line.move_to(max(after(one.tender, minutes=1) for one in (lot, few, twins)))
    return lot


@pytest.fixture(scope="module")
def settled(closed: Lot) -> Lot:
    """Phase 1 settled and revealed."""
    closed.reveal(1, IDENTITY)
    return closed


@pytest.fixture(scope="module")
def opened(settled: Lot) -> Lot:
    """All of it opened."""
    settled.reveal(2, OTHERS)
    settled.line.end_opening(settled.tender)
    return settled


def told(lot: Lot, folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """What the public journal tells of a lot."""
    lot.line.witnessed()
    entries, _ = read_journal(lot.line.anyone, lot.announcement.body.log.key, folder)
    return [(entry.action, entry.payload) for entry in entries if entry.subject == f"lot:{lot.tender.lot_id}"]


def attempts(lot: Lot, client: Client) -> dict[str, Any]:
    """Every call that would open something."""
    return {
        "settle": lambda: client.post(f"{lot.api}/phases/1/settle"),
        "sign": lambda: client.post(f"{lot.api}/record/signatures", {"fingerprint": "0" * 64, "signature": "0" * 128}),
    }


def test_before_the_deadline_every_step_is_refused_and_journalled_even_with_all_keys(lot: Lot, tmp_path: Path) -> None:
    envelopes = [verify_envelope(sealed.raw, lot.announcement) for sealed in lot.bids.values()]
    box = root([leaf_hash(bytes.fromhex(envelope.digest)) for envelope in envelopes]).hex()
    for x in (1, 2, 3):
        for part in (*IDENTITY, *OTHERS):
            batch = lot.trustees.batch(lot.announcement, box, envelopes, part, x)
            with refused("opening.box_not_closed"):
                lot.send(batch, x)
    for attempt in attempts(lot, lot.official).values():
        with refused("opening.box_not_closed"):
            attempt()
    for path in ("opening", "box"):
        with refused("opening.box_not_closed"):
            lot.line.anyone.get(f"{lot.api}/{path}")
    with refused("opening.no_record", 404):
        lot.line.anyone.get(f"{lot.api}/record")
    tried = Counter(payload["attempt"] for action, payload in told(lot, tmp_path) if action == "lot:opening:refused")
    assert tried == {"batch": 9, "settle": 1, "sign": 1}


def test_a_token_opens_no_other_lot(lot: Lot, few: Lot) -> None:
    sealed = few.seal()
    answer = lot.uploader("d").start(sealed)
    assert (answer.status_code, answer.json()["code"]) == (403, "bidding.token_invalid")


def test_only_trustees_send_batches_and_only_officials_settle(lot: Lot) -> None:
    for client in (lot.official, lot.line.person("bidder-a")):
        with refused("kernel.forbidden", 403):
            client.post(f"{lot.api}/batches", {"batch": "{}"})
    for login in ("tenderer", "trustee-notary", "supervisor"):
        with refused("kernel.forbidden", 403):
            lot.line.person(login).post(f"{lot.api}/phases/1/settle")
    with refused("kernel.sign_in", 401):
        lot.line.anyone.post(f"{lot.api}/phases/1/settle")


def test_a_batch_that_is_not_this_seats_for_this_box_is_refused(closed: Lot, twins: Lot) -> None:
    _, envelopes = closed.trustees.box(closed.tender, closed.announcement)
    other_box = closed.trustees.batch(closed.announcement, "00" * 32, envelopes, "identity", 1)
    fewer = closed.trustees.batch(closed.announcement, closed.opening()["root"], envelopes[:2], "identity", 1)
    for batch in (b"{}", twins.batch("identity", 1), other_box, fewer):
        with refused("opening.batch_refused"):
            closed.send(batch, 1)
    with refused("bidding.not_your_seat", 403):
        closed.send(closed.batch("identity", 2), 1)
    assert closed.opening()["phases"][0]["seats"] == []


def test_phases_open_one_after_another(closed: Lot) -> None:
    with refused("opening.wrong_phase"):
        closed.send(closed.batch("price", 1), 1)
    with refused("opening.wrong_phase"):
        closed.settle(2)
    with refused("opening.wrong_phase"):
        closed.settle(9)


def test_with_one_trustee_nothing_is_settled_and_what_he_sent_stands(closed: Lot) -> None:
    with refused("opening.shares_pending"):
        closed.settle(1)
    first = closed.batch("identity", 1)
    answers = [closed.send(first, 1) for _ in range(2)]
    assert answers[0] == answers[1]
    with refused("opening.shares_pending"):
        closed.settle(1)
    with refused("opening.batch_differs"):
        closed.send(closed.batch("identity", 1, of=2), 1)
    with refused("opening.no_record", 404):
        Signer(closed.line, "notary").client.post(
            f"{closed.api}/record/signatures", {"fingerprint": "0" * 64, "signature": "0" * 128}
        )


def test_after_settling_nothing_more_counts(settled: Lot) -> None:
    with refused("opening.already_settled"):
        settled.send(settled.batch("identity", 2), 2)
    with refused("opening.already_settled"):
        settled.settle(1)
    view = settled.opening()
    assert view["phases"][0]["seats"] == [1, 3]
    assert [row["price_fen"] for row in view["rows"]] == [None] * 3


def test_r69_after_the_opening_its_end_is_final(opened: Lot) -> None:
    rows = opened.opening()["rows"]
    with refused("opening.opening_over"):
        opened.send(opened.batch("price", 2), 2)
    with refused("opening.opening_over"):
        opened.settle(2)
    assert opened.opening()["rows"] == rows


def test_the_record_is_signed_by_those_present_with_their_own_keys_once(opened: Lot) -> None:
    to, digest = f"{opened.api}/record/signatures", opened.opening()["record"]
    notary, witness = Signer(opened.line, "notary"), Signer(opened.line, "witness")
    with refused("kernel.sign_in", 401):
        opened.line.anyone.post(to, notary.record_signature(digest))
    for stranger in (witness.record_signature(digest), notary.record_signature("00" * 32)):
        with refused("opening.record_signature", 422):
            notary.client.post(to, stranger)
    absent = Signer(opened.line, "bidder-d")  # a bidder who did not bid
    with refused("opening.not_present", 403):
        absent.client.post(to, absent.record_signature(digest))
    notary.client.post(to, notary.record_signature(digest))
    with refused("opening.record_signed"):
        notary.client.post(to, notary.record_signature(digest))
    signed = opened.line.anyone.get(f"{opened.api}/record")["signatures"]
    assert [(item["name"], item["role"]) for item in signed] == [("韩明远", "notary")]


def test_fewer_envelopes_than_the_minimum_are_not_opened(closed: Lot, few: Lot, tmp_path: Path) -> None:
    view = few.opening()
    assert (view["state"], view["live"], view["minimum"], view["rows"]) == ("failed", 2, 3, [])
    assert state_of(few.line, few.tender) == "failed"
    with refused("opening.opening_over"):
        few.send(few.batch("identity", 1), 1)
    with refused("opening.opening_over"):
        few.settle(1)
    with refused("bidding.too_late"):
        few.line.token(few.tender, "bidder-c")
    acts = dict(told(few, tmp_path))
    assert acts["lot:opening:cancelled"] == {"reason": "too_few_envelopes", "count": 2}
    assert not acts.keys() & {"lot:batch:received", "lot:phase:settled", "lot:phase:revealed", "lot:record:made"}


def test_the_minimum_is_tested_again_on_valid_identities_before_any_price_opens(
    closed: Lot, twins: Lot, tmp_path: Path
) -> None:
    assert twins.opening()["state"] == "opening"
    twins.reveal(1, IDENTITY)
    view = twins.opening()
    assert view["state"] == "failed"
    assert Counter(row["codes"].get("identity") for row in view["rows"]) == {None: 1, "sealing.identity.duplicate": 2}
    for x in (1, 2, 3):
        with refused("opening.opening_over"):
            twins.send(twins.batch("price", x), x)
    with refused("opening.opening_over"):
        twins.settle(2)
    acts = dict(told(twins, tmp_path))
    assert acts["lot:opening:cancelled"] == {"reason": "too_few_valid", "count": 1}
    assert "lot:record:made" not in acts
