"""R1: before its phase is opened, what a bid says is nowhere on the platform; the search is shown to find things."""

import secrets
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.objects import Source
from portal.demo.line import Line, after
from portal.platform import EmbeddedPlatform
from tests.factories.sealing import authority
from tests.journeys.lots import Lot
from tests.journeys.people import Trustees
from tests.journeys.searching import Search, everything_kept
from tests.journeys.tenders import published

STEM = f"Canary{secrets.token_hex(4)}"
PUBLIC, FIRST, SECOND = (f"{STEM}{name}" for name in ("Public", "First", "Second"))
"""Told to everyone; sealed in the identity part; sealed in the parts of phase 2."""


@pytest.fixture(scope="module")
def kept(platform: EmbeddedPlatform) -> Iterator[None]:
    with everything_kept(platform):
        yield


@pytest.fixture(scope="module")
def lot(line: Line, kept: None) -> Lot:
    """Four bids with canaries everywhere a bidder can write; the fourth's certificate is of no known authority."""
    document = f"%PDF-1.7 {PUBLIC}".encode()
    tender = published(line, "保密检验工程", document=document, overview=f"本工程概况 {PUBLIC}")
    trustees = Trustees(line)
    lot = Lot(line, tender, trustees, trustees.announce(tender))
    price = {"manager": f"经理 {SECOND}", "quality": SECOND}
    file = Source.of_bytes(f"施工方案 {SECOND}.pdf", f"%PDF-1.7 {SECOND} ".encode() * 2000)
    for letter in "abc":
        lot.submit(letter, price=price, technical=[file], deposit_reference=FIRST)
    key = Ed25519PrivateKey.generate()
    unknown = authority().issue(key, f"{FIRST}建设有限公司", "91110000000000000X"), key
    lot.submit("d", price=price, technical=[file], deposit_reference=FIRST, certificate=unknown)
    lot.line.witnessed()
    return lot


@pytest.fixture(scope="module")
def closed(lot: Lot) -> Lot:
    lot.line.move_to(after(lot.tender, minutes=1))
    return lot


@pytest.fixture(scope="module")
def half_open(closed: Lot) -> Lot:
    closed.reveal(1, ("identity",))
    return closed


@pytest.fixture(scope="module")
def opened(half_open: Lot) -> Lot:
    half_open.reveal(2, ("technical", "price"))
    half_open.line.witnessed()
    return half_open


def stored(platform: EmbeddedPlatform) -> Search:
    """All that is stored, once the search has shown that it finds what is public in every kind of place."""
    search = Search(platform, STEM, (PUBLIC, FIRST, SECOND))
    search.tables()
    search.files()
    search.objects()
    for place in ("table public.notices", "file postgres/pg_wal/", "file postgres/base/", "object sha256/"):
        assert search.places(PUBLIC, place), place
    logs = {f"file logs/{name}.log" for name in ("web", "worker", "relay", "witness")}
    assert search.looked >= logs | {"file postgres.log", "file seaweedfs.log"}
    return search


def remembered(platform: EmbeddedPlatform) -> Search:
    """What a core dump of any process would show; the database's own memory holds what is public."""
    search = Search(platform, STEM, (PUBLIC, FIRST, SECOND))
    try:
        search.memory()
    except PermissionError:
        pytest.skip("this machine lets nobody read the memory of another process, not even its parent")
    assert search.places(PUBLIC, "memory ")
    assert all(any(name in place for place in search.looked) for name in ("serve", "worker", "relay", "postgres"))
    return search


def test_r1_before_the_deadline_what_a_bid_says_is_nowhere(lot: Lot, platform: EmbeddedPlatform) -> None:
    search = stored(platform)
    assert (search.places(FIRST), search.places(SECOND)) == (set(), set())


def test_r1_nor_does_any_process_know_it(lot: Lot, platform: EmbeddedPlatform) -> None:
    search = remembered(platform)
    assert (search.places(FIRST), search.places(SECOND)) == (set(), set())


def test_r1_closing_the_box_reveals_nothing(closed: Lot, platform: EmbeddedPlatform) -> None:
    search = stored(platform)
    assert (search.places(FIRST), search.places(SECOND)) == (set(), set())


def test_r1_prices_stay_sealed_while_identities_are_read(half_open: Lot, platform: EmbeddedPlatform) -> None:
    search = stored(platform)
    assert search.places(FIRST, "table public.opened_parts")
    assert search.places(SECOND) == set()


def test_r1_in_memory_too(half_open: Lot, platform: EmbeddedPlatform) -> None:
    assert remembered(platform).places(SECOND) == set()


def test_r1_once_opened_all_of_it_is_found(opened: Lot, platform: EmbeddedPlatform) -> None:
    search = stored(platform)
    for kind in ("table public.opened_parts", "file postgres/pg_wal/", "object sha256/", "file seaweedfs/"):
        assert search.places(SECOND, kind), kind
