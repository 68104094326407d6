"""Blind slots: quiet before opening; afterwards a dropped, false or lost slot is noticed (R65)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.kernel import merkle
from trading.kernel.journal.blind import (
    SLOT_SEALED,
    BlindEntry,
    BlindError,
    SlotOpening,
    parse_opening,
    parse_proof,
    sealed_slots,
    slot_payload,
    verify_proof,
    verify_slot,
    verify_stream,
)
from trading.kernel.journal.entry import make_entry
from trading.kernel.journal.schedule import Schedule, Timeline, parse_timeline

OPENS = datetime(2026, 11, 23, 1, tzinfo=UTC)
SUBJECT = "lot:0190"
TIMELINE = Timeline([Schedule(OPENS, OPENS + timedelta(hours=2))])


def opening(slot: int, *bodies: bytes) -> SlotOpening:
    rng = random.Random(slot)
    entries = tuple(BlindEntry(rng.randbytes(32), body) for body in bodies)
    return SlotOpening(slot, rng.randbytes(32), entries)


def slot_body(slot: int, seal: bytes, *, at: datetime | None = None, subject: str = SUBJECT) -> bytes:
    moment = at or TIMELINE.bounds(slot)[1] + timedelta(seconds=1)
    payload = slot_payload(TIMELINE, slot, seal)
    entry, _ = make_entry(UUID(int=slot), moment, SLOT_SEALED, subject=subject, actor={}, payload=payload, secret={})
    return entry.body


@pytest.fixture
def openings() -> list[SlotOpening]:
    busy = {3: [b"a"], 40: [b"b", b"c"], TIMELINE.count - 1: [b"d"] * 70}
    return [opening(slot, *busy.get(slot, ())) for slot in range(TIMELINE.count)]


@pytest.fixture
def log(openings: list[SlotOpening]) -> list[bytes]:
    noise = slot_body(0, b"x" * 32, subject="lot:other")
    return [body for slot in openings for body in (noise, slot_body(slot.slot, slot.seal))]


def test_slots_of_a_two_hour_stream():
    assert TIMELINE.count == 12 + 60
    assert TIMELINE.bounds(0) == (OPENS, OPENS + timedelta(minutes=5))
    assert TIMELINE.bounds(12) == (OPENS + timedelta(minutes=60), OPENS + timedelta(minutes=61))
    assert TIMELINE.bounds(71)[1] == TIMELINE.closes_at
    assert TIMELINE.slot_at(OPENS) == 0
    assert TIMELINE.slot_at(TIMELINE.closes_at) == 71
    assert TIMELINE.slot_at(TIMELINE.closes_at + timedelta(microseconds=1)) is None
    assert TIMELINE.slot_at(OPENS - timedelta(microseconds=1)) is None
    assert TIMELINE.over(TIMELINE.closes_at) == 71  # an act at the closing instant is still in time
    assert TIMELINE.over(TIMELINE.closes_at + timedelta(microseconds=1)) == 72


@settings(max_examples=60)
@given(
    st.integers(1, 500_000_000),
    st.integers(1, 900),
    st.integers(1, 900),
    st.integers(1, 9000),
    st.integers(0, 100),
)
def test_slots_cover_a_stream_without_gap(span: int, length: int, last: int, tail: int, at: int):
    seconds = timedelta(seconds=1)
    closes = OPENS + timedelta(milliseconds=span)
    timeline = Timeline([Schedule(OPENS, closes, length * seconds, last * seconds, tail * seconds)])
    for slot in {0, timeline.count // 2, timeline.count - 1, timeline.count * at // 101}:
        start, end = timeline.bounds(slot)
        assert OPENS <= start < end <= closes
        assert timeline.slot_at(start) == timeline.slot_at(end - timedelta(microseconds=1)) == slot
        assert timeline.over(start) == slot
        assert slot == 0 or timeline.bounds(slot - 1)[1] == start
    assert timeline.bounds(timeline.count - 1)[1] == closes
    assert parse_timeline(timeline.to_json()).to_json() == timeline.to_json()


def test_an_extension_keeps_every_promise_made():
    now = OPENS + timedelta(minutes=72, seconds=30)
    longer = TIMELINE.extended(now, TIMELINE.closes_at + timedelta(days=1))
    running = TIMELINE.slot_at(now)
    assert running is not None
    for slot in range(running + 1):
        assert longer.bounds(slot) == TIMELINE.bounds(slot)
    assert longer.bounds(running + 1)[0] == TIMELINE.bounds(running)[1]
    assert longer.closes_at == TIMELINE.closes_at + timedelta(days=1)
    bounds = [longer.bounds(slot) for slot in range(longer.count)]
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert all(longer.slot_at(start) == slot for slot, (start, _) in enumerate(bounds))
    assert parse_timeline(longer.to_json()).count == longer.count
    again = longer.extended(longer.closes_at, longer.closes_at + timedelta(hours=1))
    assert again.bounds(longer.count)[0] == longer.closes_at


def test_a_false_timeline_is_refused():
    first = TIMELINE.schedules[0]
    for opens in (OPENS + timedelta(minutes=7), OPENS, TIMELINE.closes_at + timedelta(minutes=5)):
        with pytest.raises(ValueError, match="where a slot ends"):
            Timeline([first, Schedule(opens, TIMELINE.closes_at + timedelta(days=1))])
    with pytest.raises(ValueError, match="where a slot ends"):
        Timeline([first, Schedule(OPENS + timedelta(minutes=5), TIMELINE.closes_at - timedelta(hours=1))])
    with pytest.raises(ValueError, match="running"):
        TIMELINE.extended(TIMELINE.closes_at + timedelta(seconds=1), TIMELINE.closes_at + timedelta(days=1))
    with pytest.raises(ValueError, match="closes after"):
        Schedule(OPENS, OPENS)


def test_a_whole_stream_verifies(openings: list[SlotOpening], log: list[bytes]):
    sealed = sealed_slots(SUBJECT, TIMELINE, log)
    assert [slot.index for slot in sealed] == list(range(1, 2 * TIMELINE.count, 2))
    assert not any(slot.late for slot in sealed)
    assert verify_stream(sealed, openings) == [(3, b"a"), (40, b"b"), (40, b"c"), *[(71, b"d")] * 70]


def test_openings_survive_their_file(openings: list[SlotOpening]):
    assert [parse_opening(item.to_json()) for item in openings] == openings
    for bad in ({}, {"slot": 1, "seed": "00", "entries": []}, {"slot": 1, "seed": 5, "entries": []}):
        with pytest.raises(BlindError, match="slot_malformed"):
            parse_opening(bad)


def test_sealed_slots_look_alike(openings: list[SlotOpening], log: list[bytes]):
    """R7's ground: an empty slot and a full one leave entries of one size and proofs of one length."""
    mine = [body for body in log if b"lot:0190" in body]
    assert len({len(body) for body in mine[10:]}) == 1
    alone, crowd = opening(1, b"x"), opening(1, *(b"x%d" % n for n in range(60)))
    lengths = {len(item.proof(entry).path) for item in (alone, crowd) for entry in item.entries}
    assert lengths == {6}


def test_order_inside_a_slot_is_not_arrival():
    slot = opening(5, *(b"x%d" % n for n in range(20)))
    indexes = [slot.proof(entry).index for entry in slot.entries]
    assert indexes != sorted(indexes)
    assert max(indexes) > 20  # scattered among the chaff


def test_a_receipt_is_proved_in_its_slot():
    slot = opening(5, b"mine", b"other")
    mine, other = slot.entries
    proof = parse_proof(slot.proof(mine).to_json())
    verify_proof(proof, mine, slot.seal)
    for entry, seal in (
        (other, slot.seal),
        (BlindEntry(mine.salt, b"nine"), slot.seal),
        (BlindEntry(other.salt, mine.body), slot.seal),
        (mine, opening(5, b"other").seal),
    ):
        with pytest.raises(BlindError, match="proof_false"):
            verify_proof(proof, entry, seal)


Fraud = Callable[[list[SlotOpening]], list[SlotOpening]]


@pytest.mark.parametrize(
    ("fraud", "code"),
    [
        (lambda o: [*o[:3], SlotOpening(3, o[3].seed, ()), *o[4:]], "slot_false"),  # opened as empty
        (lambda o: [*o[:40], SlotOpening(40, o[40].seed, o[40].entries[:1]), *o[41:]], "slot_false"),
        (lambda o: [*o[:5], SlotOpening(5, o[5].seed, o[3].entries), *o[6:]], "slot_false"),  # one added
        (lambda o: [*o[:3], SlotOpening(3, b"?" * 32, o[3].entries), *o[4:]], "slot_false"),  # lost salt
        (lambda o: [*o[:40], SlotOpening(40, o[40].seed, o[40].entries * 2), *o[41:]], "slot_false"),
        (lambda o: [*o[:3], *o[4:]], "slot_unopened"),
        (lambda o: o[:-1], "slot_unopened"),
        (lambda o: [*o, o[-1]], "slot_unopened"),
        (lambda o: [*o[:7], o[8], o[7], *o[9:]], "slot_unopened"),
    ],
)
def test_r65_a_false_opening_is_noticed(openings: list[SlotOpening], log: list[bytes], fraud: Fraud, code: str):
    with pytest.raises(BlindError) as caught:
        verify_stream(sealed_slots(SUBJECT, TIMELINE, log), fraud(openings))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fraud", "code"),
    [
        (lambda b: [*b[:7], *b[9:]], "slot_order"),  # a slot dropped
        (lambda b: b[:-1], "slot_missing"),
        (lambda b: [*b[:7], b[5], *b[7:]], "slot_order"),  # sealed twice, to choose later
        (lambda b: [*b, b[-1]], "slot_order"),  # one more at the end
        (lambda b: [b[3], b[1], *b[4:]], "slot_order"),
        (lambda b: [slot_body(0, b"y" * 32, at=OPENS + timedelta(minutes=4)), *b[2:]], "slot_time"),  # too early
    ],
)
def test_r65_a_false_log_is_noticed(log: list[bytes], fraud: Callable[[list[bytes]], list[bytes]], code: str):
    with pytest.raises(BlindError) as caught:
        sealed_slots(SUBJECT, TIMELINE, fraud(log))
    assert caught.value.code == code


def test_a_late_seal_is_marked(log: list[bytes]):
    late = slot_body(0, b"y" * 32, at=OPENS + timedelta(minutes=5, seconds=11))
    assert [slot.late for slot in sealed_slots(SUBJECT, TIMELINE, [late, *log[2:]])][:2] == [True, False]


def test_a_slot_of_another_form_is_noticed(log: list[bytes]):
    with pytest.raises(BlindError, match="slot_malformed"):
        sealed_slots(SUBJECT, TIMELINE, [b'{"action":"journal:slot:sealed","subject":"lot:0190"}', *log])


def test_a_slot_seals_what_it_holds():
    slot = opening(9, b"a")
    verify_slot(slot, slot.seal)
    assert len(slot.leaves) == 64
    assert merkle.root(slot.leaves) != merkle.root(opening(9).leaves)
