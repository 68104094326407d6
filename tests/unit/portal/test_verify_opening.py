"""Openings that do not go smoothly verify too, and only as they went: void parts, lost keys, too few bidders."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bidding.proof.revealed import DUPLICATE
from portal.evidence.layout import Evidence, Member, sound_path, write_manifest
from portal.evidence.tar import ContentChanged, TarStream
from portal.verify.examine import examine
from tests.factories.evidence import PROJECT, Lot
from tests.factories.evidence_story import Story, open_tender
from tests.factories.forger import forger_of
from tests.factories.sealing import DEADLINE, SUBJECT

OFFERS = (("甲建设", "91310000000000001A", 99_000_00), ("乙建工", "91310000000000002A", 98_000_00))
THIRD = ("丙路桥", "91310000000000003A", 97_000_00)


def begun(**third: object) -> Story:
    """Three bids, the third as it is wanted, closed."""
    story = Story()
    story.publish()
    bids = [story.seal(*offer) for offer in OFFERS]
    bids.append(story.seal(*THIRD, **third))
    for slot, bid in enumerate(bids):
        story.commit(bid, slot)
    story.run_slots()
    story.close()
    return story


def ended(story: Story) -> Lot:
    story.lot.log.stamp(DEADLINE + timedelta(hours=1))
    return story.lot


def failures(lot: Lot, folder: Path) -> list[str]:
    return examine(lot.write(folder)).failures


def test_a_price_nobody_can_read_is_void_in_the_record(tmp_path: Path):
    story = begun(price=b"not a price")
    story.open_phase(1)
    story.open_phase(2)
    story.record()
    assert failures(ended(story), tmp_path) == []


def test_an_unreadable_price_may_not_be_made_up(tmp_path: Path):
    story = begun(price=b"not a price")
    next(bid for bid in story.lot.bids.values() if bid.codes).codes.clear()
    story.open_phase(1)
    story.open_phase(2)
    story.record()
    assert {"reveal.false", "record.price"} <= set(failures(ended(story), tmp_path))


def test_a_trustee_without_his_key_stops_nothing(tmp_path: Path):
    story = begun()
    story.open_phase(1, seats=(1, 2, 3), lost=2)
    story.open_phase(2, seats=(2, 3, 1), lost=2)
    story.record()
    assert failures(ended(story), tmp_path) == []


def test_a_missing_batch_is_noticed(tmp_path: Path):
    story = begun()
    for phase in (1, 2):
        story.open_phase(phase, seats=(1, 2, 3))
    story.record()
    lot = ended(story)
    del lot.batches["price", 2]
    assert failures(lot, tmp_path) == ["shares.missing"]


def test_too_few_envelopes_are_not_opened(tmp_path: Path):
    story = Story()
    story.publish()
    story.commit(story.seal(*OFFERS[0]), 3)
    story.run_slots()
    story.close()
    story.cancel("too_few_envelopes", 1)
    report = examine(ended(story).write(tmp_path))
    assert report.failures == []
    assert "cancelled" in {line.code for line in report.lines}


def test_too_few_envelopes_may_not_be_opened(tmp_path: Path):
    story = Story()
    story.publish()
    story.commit(story.seal(*OFFERS[0]), 3)
    story.run_slots()
    story.close()
    story.open_phase(1)
    story.open_phase(2)
    story.record()
    assert "minimum.ignored" in failures(ended(story), tmp_path)


def test_too_few_known_bidders_end_it_before_any_price(tmp_path: Path):
    """The third bidder's certificate is by an authority that nobody announced."""
    story = begun(issuer=open_tender())
    story.open_phase(1)
    story.cancel("too_few_valid", 2)
    lot = ended(story)
    assert failures(lot, tmp_path) == []
    assert sorted(path.name for path in tmp_path.glob("envelopes/*/*.obj")) == ["identity.obj"] * 3


def test_two_bids_of_one_bidder_are_both_void(tmp_path: Path):
    story = Story()
    story.publish()
    bids = [story.seal(*offer) for offer in (*OFFERS, THIRD, THIRD)]
    for slot, bid in enumerate(bids):
        story.commit(bid, slot)
    for bid in bids[2:]:
        bid.codes["identity"] = DUPLICATE
    story.run_slots()
    story.close()
    story.open_phase(1)
    story.cancel("too_few_valid", 2)
    assert failures(ended(story), tmp_path) == []


def test_stopping_for_no_reason_is_noticed(tmp_path: Path):
    story = begun()
    story.cancel("too_few_envelopes", 3)
    assert "settled.unjournalled" in failures(ended(story), tmp_path)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda record: {"closed_at": record.made_at}, "record.facts"),
        (lambda record: {"rows": record.rows[::-1]}, "record.rows"),
        (lambda record: {"rows": record.rows[:-1]}, "record.rows"),
        (lambda record: {"rows": ({**record.rows[0], "organisation": "别人"}, *record.rows[1:])}, "record.identity"),
        (lambda record: {"box": {**record.box, "minimum": 1}}, "record.facts"),
    ],
)
def test_a_record_that_says_otherwise(tmp_path: Path, change: Callable[..., dict[str, object]], code: str):
    """Even one that everybody present signed."""
    story = begun()
    story.open_phase(1)
    story.open_phase(2)
    story.record(change)
    assert code in failures(ended(story), tmp_path)


def test_someone_who_signed_is_not_left_out(tmp_path: Path):
    forged = forger_of(open_tender())
    assert forged.opening is not None
    forged.opening = msgspec.structs.replace(forged.opening, signatures=forged.opening.signatures[:1])
    assert failures(forged, tmp_path) == ["record.present"]


def test_paths_stay_inside():
    good = ("a.json", "journal/tile/0/x001/002.p/3")
    bad = ("/etc/passwd", "../x", "a/../../b", "a//b", "", "a\\b", "a/.", "名.json")
    assert [path for path in (*good, *bad) if sound_path(path)] == list(good)


async def test_content_that_is_not_as_long_as_said_is_never_finished():
    tar = TarStream(DEADLINE)
    with pytest.raises(ContentChanged):
        async for _ in tar.member(Member("a", 3, b"four")):
            pass


def test_the_manifest_names_only_kinds_that_are_there():
    lot = open_tender()
    evidence: Evidence[bytes] = lot.evidence(lot.box())
    hashes = {member.path: "00" * 32 for member in evidence.members() if not member.path.startswith("shares")}
    told = msgspec.json.decode(write_manifest(PROJECT, SUBJECT, hashes, lot.export_key))
    assert "shares" not in told["files"]
    assert told["files"]["receipts"] == "receipts"
