"""LBD1 (R30, R31, R68, R69): the method, its randomness, its rules, and that nothing in it can be steered."""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import permutations, product
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experts import draw
from experts.draw import Beacon, DrawError, Outcome, Place, Quota
from tests.factories.draws import PARTIES, announcement_of, pinned, roster

SEED = pinned("seed")
TRIALS = 72_000


def chosen_by_rfc3797(key: bytes, pool: int, wanted: int) -> list[int]:
    """RFC 3797 §4: a hash of the key between two counters, modulo what is left, takes one out of the list."""
    left = list(range(1, pool + 1))
    taken = []
    for number in range(wanted):
        counter = number.to_bytes(2, "big")
        taken.append(left.pop(int(hashlib.md5(counter + key + counter).hexdigest(), 16) % len(left)))
    return taken


def test_rfc3797_section_6_known_answer():
    """The published example of the method: public numbers in, one list out, without anybody choosing."""
    key = b"9319./2.5.8.10.12./9.18.26.34.41.45./"
    assert hashlib.md5(b"\0\0" + key + b"\0\0").hexdigest().upper() == "990DD0A5692A029A98B5E01AA28F3459"
    expected = [17, 7, 2, 16, 25, 23, 8, 24, 19, 13, 22, 5, 18, 9, 1, 4]
    assert chosen_by_rfc3797(key, 25, 16) == expected[:16]


def told_in_the_specification(seed: bytes, specialty: str, n: int) -> list[int]:
    """LBD1 §6 again, from its words alone: take out of a shrinking list by numbers of the stream."""

    def lp(*items: bytes) -> bytes:
        return b"".join(len(item).to_bytes(4, "big") + item for item in items)

    key = hashlib.sha256(lp(b"LBD1/stream", seed, specialty.encode())).digest()
    words = []
    for counter in range(n + 64):
        block = hashlib.sha256(key + counter.to_bytes(8, "big")).digest()
        words += [int.from_bytes(block[i : i + 8], "big") for i in range(0, 32, 8)]
    order, stream = list(range(n)), iter(words)
    for i in range(n - 1):
        left = n - i
        word = next(word for word in stream if word < (2**64 // left) * left)
        j = i + word % left
        order[i], order[j] = order[j], order[i]
    return order


@pytest.mark.parametrize("n", [0, 1, 2, 3, 60, 300, 1000])
def test_the_permutation_is_the_specified_one(n: int):
    found = draw.permutation(SEED, "A08", n)
    assert list(found) == told_in_the_specification(SEED, "A08", n)
    assert sorted(found) == list(range(n))


def test_rejection_throws_away_what_would_bias(monkeypatch: pytest.MonkeyPatch):
    """Of 2^64 values those above the last whole multiple of the bound are not used."""
    real = hashlib.sha256
    blocks = iter([b"\xff" * 32, (5).to_bytes(8, "big") * 4])

    class Block:
        def digest(self) -> bytes:
            return next(blocks)

    stream = draw.Stream(SEED, "A08")
    monkeypatch.setattr(draw.hashlib, "sha256", lambda _: Block())
    assert stream.below(3) == 2  # four times 2^64 − 1, the one left over, then 5
    monkeypatch.setattr(draw.hashlib, "sha256", real)


def chi_square(observed: Counter[object], cells: int) -> float:
    expected = sum(observed.values()) / cells
    return sum((observed[cell] - expected) ** 2 / expected for cell in observed) + (cells - len(observed)) * expected


def test_every_order_is_as_likely_as_any_other():
    """χ² over 72,000 seeds and the 24 orders of four; 23 degrees of freedom, p = 0.0001 at 56.4."""
    counted: Counter[object] = Counter(draw.permutation(pinned(str(n)), "A08", 4) for n in range(TRIALS))
    assert set(counted) == set(permutations(range(4)))
    assert chi_square(counted, 24) < 56.4


def test_everybody_is_as_likely_to_be_first():
    """χ² over as many draws from 61; 60 degrees of freedom, p = 0.0001 at 107.6."""
    first: Counter[object] = Counter(draw.Stream(pinned(str(n)), "A06").below(61) for n in range(TRIALS))
    assert chi_square(first, 61) < 107.6


def seed_with(**change: object) -> bytes:
    ann = pinned("ann")
    given_: dict[str, object] = {
        "ann": ann,
        "roots": [pinned("root/1"), pinned("root/2")],
        "parties": [(party, draw.commit_hash(ann, party, pinned(party)), pinned(party)) for party in PARTIES],
        "beacons": ["03 11 17 22 29 31 08", None],
        **change,
    }
    return draw.seed(given_["ann"], given_["roots"], given_["parties"], given_["beacons"])  # type: ignore[arg-type]


def test_r31_every_input_changes_the_seed():
    """R31: roster, commitments, reveals and beacon are all in it."""
    ann = pinned("ann")
    parties = [(party, draw.commit_hash(ann, party, pinned(party)), pinned(party)) for party in PARTIES]
    silent = [(*parties[0][:2], None), *parties[1:]]
    absent = [(parties[0][0], None, None), *parties[1:]]
    seeds = [
        seed_with(),
        seed_with(roots=[pinned("root/1"), pinned("root/3")]),
        seed_with(roots=[pinned("root/2"), pinned("root/1")]),
        seed_with(parties=silent),
        seed_with(parties=absent),
        seed_with(parties=parties[::-1]),
        seed_with(beacons=["03 11 17 22 29 31 09", None]),
        seed_with(beacons=[None, "03 11 17 22 29 31 08"]),
        seed_with(ann=pinned("other"), parties=[(party, None, None) for party in PARTIES]),
    ]
    assert len(set(seeds)) == len(seeds)
    assert seed_with() == seeds[0]


def test_a_reveal_must_be_what_was_committed():
    ann = pinned("ann")
    other = [(party, draw.commit_hash(ann, party, pinned(party)), pinned("grinded")) for party in PARTIES]
    with pytest.raises(DrawError, match=r"draw\.reveal\.other"):
        seed_with(parties=other)
    with pytest.raises(DrawError, match=r"draw\.reveal\.other"):
        seed_with(parties=[("centre", None, pinned("centre"))])


def test_one_beacon_counts_and_no_other():
    for beacons in ([None, None], ["1", "2"], []):
        with pytest.raises(DrawError, match=r"draw\.beacon\.count"):
            seed_with(beacons=beacons)


@pytest.mark.parametrize(
    ("typed", "value"),
    [("03,11,17,22,29,31+08", "03 11 17 22 29 31 08"), (" 3  5、7 ", "3 5 7"), ("0xAB", "0xab")],
)
def test_two_witnesses_typing_alike_mean_the_same(typed: str, value: str):
    assert draw.beacon_value(typed) == value


@pytest.mark.parametrize("typed", ["", "  ", "三五", "１２", "a" * 65])
def test_a_beacon_that_cannot_be_read_is_refused(typed: str):
    with pytest.raises(DrawError, match=r"draw\.beacon\.form"):
        draw.beacon_value(typed)


GOOD = announcement_of(roster())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "lot:x"}, "subject"),
        ({"quotas": ()}, "quotas"),
        ({"quotas": (Quota("A08", 1, 0), Quota("A08", 1, 0))}, "quotas"),
        ({"reveal_until": GOOD.commit_until}, "times"),
        ({"settled_by": GOOD.reveal_until}, "times"),
        ({"beacon_at": GOOD.settled_by}, "times"),
        ({"beacon_at": "2026-12-18T01:39:59.999Z"}, "times"),
        ({"commit_until": "2026-13-01T00:00:00.000Z"}, "times"),
        ({"beacons": (Beacon("lottery", "双色球", "1"),)}, "beacons"),
        ({"beacons": (Beacon("lottery", "双色球", "1"),) * 2}, "beacons"),
        ({"parties": ("centre", "centre", "tenderer")}, "parties"),
        ({"gateway": "00" * 32}, "gateway"),
        ({"roster": msgspec.structs.replace(GOOD.roster, at=GOOD.commit_until)}, "roster"),
    ],
)
def test_rules_of_an_announcement(change: dict[str, object], code: str):
    with pytest.raises(DrawError, match=rf"draw\.announcement\.{code}'"):
        draw.announce_text(msgspec.structs.replace(GOOD, **change))


def test_an_announcement_is_read_back_exactly():
    text = draw.announce_text(GOOD)
    assert draw.parse_announcement(text) == GOOD
    with pytest.raises(DrawError, match=r"draw\.announcement\.body"):
        draw.parse_announcement(text + b"\n")
    with pytest.raises(DrawError, match=r"draw\.announcement\.body"):
        draw.parse_announcement(text.replace(b'"declines":6', b'"declines":6,"bidders":[]'))


def test_one_person_one_leaf():
    leaves = list(roster())
    assert draw.roster_root(leaves) == draw.roster_root(reversed(leaves))
    with pytest.raises(DrawError, match=r"draw\.roster\.twice"):
        draw.roster_root([*leaves, leaves[0]])
    with pytest.raises(DrawError, match=r"draw\.roster\.salt"):
        draw.roster_leaf(b"short", {})


# The panel: orders of letters, two specialties, three and two seats.
QUOTAS = (Quota("A08", 3, 0), Quota("A06", 2, 0))
ORDERS = {"A08": "abcdefgh", "A06": "cxbyzw"}


def played(answers: dict[str, Outcome], declines: int = 9) -> tuple[draw.Progress, list[str]]:
    """Calls whoever must be called until nobody is; who is named answers so, everyone else accepts."""
    outcomes: dict[Place, Outcome] = {}
    called = []
    while call := draw.panel(ORDERS, QUOTAS, outcomes, declines=declines).call:
        place = call[0]
        who = ORDERS[place.specialty][place.position]
        called.append(who)
        outcomes[place] = answers.get(who, "accepted")
    return draw.panel(ORDERS, QUOTAS, outcomes, declines=declines), called


def seats(progress: draw.Progress) -> str:
    return "".join(ORDERS[place.specialty][place.position] for place in progress.seated)


def test_the_first_who_accept_sit():
    progress, called = played({})
    assert (progress.state, seats(progress)) == ("complete", "abcxy")
    assert called == list("abcxy")  # c and b stand in both orders, and were taken once


def test_who_declines_is_followed_by_the_next_in_the_same_order():
    progress, called = played({"b": "declined", "x": "unanswered"})
    assert (progress.state, seats(progress)) == ("complete", "acdyz")
    assert called == list("abcdxyz")  # b had declined: not asked again in the other specialty


def test_calls_go_out_for_the_free_seats_and_no_more():
    outcomes: dict[Place, Outcome] = {}
    assert draw.panel(ORDERS, QUOTAS, outcomes, declines=9).call == tuple(Place("A08", n) for n in range(3))
    outcomes[Place("A08", 0)] = "called"
    assert draw.panel(ORDERS, QUOTAS, outcomes, declines=9).call == (Place("A08", 1), Place("A08", 2))
    outcomes |= {Place("A08", 1): "called", Place("A08", 2): "called"}
    waiting = draw.panel(ORDERS, QUOTAS, outcomes, declines=9)
    assert (waiting.state, waiting.call, len(waiting.pending)) == ("calling", (), 3)
    outcomes[Place("A08", 1)] = "declined"
    assert draw.panel(ORDERS, QUOTAS, outcomes, declines=9).call == (Place("A08", 3),)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_who_answers_first_makes_no_difference(order: tuple[int, ...]):
    """Calls of one moment answered in any order end with the same panel."""
    replies: dict[str, Outcome] = {"a": "accepted", "b": "declined", "c": "unanswered"}
    outcomes: dict[Place, Outcome] = {Place("A08", n): "called" for n in range(3)}
    for n in order:
        outcomes[Place("A08", n)] = replies[ORDERS["A08"][n]]
        for place in draw.panel(ORDERS, QUOTAS, outcomes, declines=9).call:
            outcomes[place] = "accepted"
    while call := draw.panel(ORDERS, QUOTAS, outcomes, declines=9).call:
        outcomes[call[0]] = "accepted"
    assert seats(draw.panel(ORDERS, QUOTAS, outcomes, declines=9)) == "adexy"


def test_a_recused_member_is_followed_by_the_next():
    progress, _ = played({})
    outcomes: dict[Place, Outcome] = dict.fromkeys(progress.seated, "accepted")
    outcomes[Place("A08", 1)] = "recused"
    again = draw.panel(ORDERS, QUOTAS, outcomes, declines=0)
    assert (again.state, again.call) == ("calling", (Place("A08", 3),))


def test_too_many_declines_exhaust_an_order():
    progress, _ = played({"a": "declined", "b": "declined"}, declines=1)
    assert (progress.state, progress.exhausted, progress.call) == ("exhausted", "A08", ())


def test_an_order_ends():
    progress, _ = played(dict.fromkeys("abcdef", "declined"))
    assert (progress.state, progress.exhausted) == ("exhausted", "A08")


def test_r30_cancelling_exchanges_nobody():
    """R30: the order goes on; who had accepted is called again first, who had declined is not."""
    progress, _ = played({"b": "declined"})
    told: dict[Place, Outcome] = dict.fromkeys(progress.seated, "accepted")
    told[Place("A08", 1)] = "declined"
    outcomes = draw.carried(told)
    assert outcomes == {Place("A08", 1): "declined"}
    while call := draw.panel(ORDERS, QUOTAS, outcomes, declines=9).call:
        outcomes[call[0]] = "accepted"
    assert seats(draw.panel(ORDERS, QUOTAS, outcomes, declines=9)) == seats(progress)


def test_r30_it_cannot_be_rolled_again():
    """R30: the same inputs give the same order however often, and only inputs that others hold give another."""
    seeds = {seed_with() for _ in range(20)}
    assert len({draw.permutation(seed, "A08", 60) for seed in seeds}) == 1
    # The platform itself puts nothing into the seed that is not announced before T0: it has no number to try.
    assert set(draw.seed.__annotations__) == {"ann", "eligible_roots", "parties", "beacons", "return"}


@given(
    st.lists(st.sampled_from(("accepted", "declined", "unanswered")), min_size=8, max_size=8),
    st.integers(0, 2**32),
)
def test_the_panel_is_always_the_first_who_are_free(replies: list[Outcome], number: int):
    """Against an oracle without calls: walk the orders, take who says yes."""
    people = "abcdefgh"
    rng = random.Random(number)
    orders = {name: rng.sample(people, len(people)) for name in ("A08", "A06")}
    says = dict(zip(people, replies, strict=True))
    expected: list[str] = []
    asked: set[str] = set()
    full = True
    for quota in QUOTAS:
        taken = 0
        for who in orders[quota.specialty]:
            if taken < quota.quota and who not in asked:
                asked.add(who)
                if says[who] == "accepted":
                    expected.append(who)
                    taken += 1
        full = full and taken == quota.quota
        if not full:
            break
    outcomes: dict[Place, Outcome] = {}
    while call := draw.panel(orders, QUOTAS, outcomes, declines=99).call:
        for place in call:
            outcomes[place] = says[orders[place.specialty][place.position]]
    progress = draw.panel(orders, QUOTAS, outcomes, declines=99)
    found = [orders[place.specialty][place.position] for place in progress.seated]
    assert (progress.state == "complete") == full
    if full:
        assert found == expected


def test_a_roster_of_a_million(record_property: Callable[[str, object], None]):
    """Root and order of a million people: about 4 s of the machine this was written on, and a generous limit here."""
    size = 1_000_000
    leaves = [n.to_bytes(4, "big") * 8 for n in range(size)]
    started = time.process_time()  # however busy the machine is with others
    root = draw.eligible_root(leaves)
    rooted = time.process_time()
    order = draw.order(SEED, "A08", leaves)
    done = time.process_time()
    record_property("seconds", {"root": rooted - started, "order": done - rooted})
    assert len(root) == 32
    assert order[0] == leaves[draw.permutation(SEED, "A08", size)[0]]
    assert len(set(order)) == size
    assert done - started < 60


def test_r68_facts_of_bidders_have_no_way_in():
    """R68: nothing about a bidder is a parameter of any function of the engine, or a field of the announcement."""
    source = Path(draw.__file__).read_text().lower()
    told = [line for line in source.splitlines() if "bidder" in line]
    assert told == ['    """tenderer and agency, whose own people are not eligible. never a bidder."""']
    assert not any(word in name for name, word in product(draw.DrawAnnouncement.__struct_fields__, ("bid", "envelope")))
