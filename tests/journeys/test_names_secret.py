"""R33: the names of experts are nowhere readable, neither stored nor answered; a party's number nowhere until revealed.

Everything is looked through as for bids (R1). The roster stays sealed even after the witness has unlocked the
committee: then one person sees names on one page, and nothing else does.
"""

import json
import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest

from portal.demo import drawing
from portal.demo.client import Refusal
from portal.demo.drawing import Drawn, Phones
from portal.demo.line import Line, Tender
from portal.platform import EmbeddedPlatform
from tests.factories.experts import row, sheet
from tests.journeys.searching import Search, everything_kept
from tests.journeys.tenders import published

STEM = f"Canary{secrets.token_hex(4)}"
PUBLIC, NAME, FIRM = (f"{STEM}{word}" for word in ("Public", "Name", "Firm"))
EXPERTS = 60
LOOKERS = (
    "official",
    "official2",
    "supervisor",
    "notary",
    "witness",
    "tenderer",
    "agency",
    "finance",
    "clerk",
    "admin",
    "expert",
    "trustee-notary",
    "bidder-a",
)


@pytest.fixture(scope="module")
def kept(platform: EmbeddedPlatform) -> Iterator[None]:
    with everything_kept(platform):
        yield


@pytest.fixture(scope="module")
def phones(platform: EmbeddedPlatform) -> Iterator[Phones]:
    shown = Phones(platform.gateway, platform.folder("gateway"))
    yield shown
    shown.close()


@pytest.fixture(scope="module")
def tender(line: Line, kept: None) -> Tender:
    """A roster whose every name and employer is a canary; its root a week old; a tender."""
    rows = [
        row(
            n, name=f"{NAME}{n}", employer=f"{FIRM}{n}", specialties="A08" if n % 2 else "A06", number=f"E{500_000 + n}"
        )
        for n in range(1, EXPERTS + 1)
    ]
    drawing.import_roster(line, sheet(*rows))
    line.move_to(line.now() + drawing.ROSTER_AGE)
    return published(line, "名单保密检验工程", overview=f"本工程概况 {PUBLIC}")


@pytest.fixture(scope="module")
def committed(line: Line, tender: Tender) -> Drawn:
    line.announce(tender)
    drawn = drawing.announce_draw(line, tender)
    for party in drawing.PARTIES:
        drawing.commit(line, drawn, party)
    return drawn


@pytest.fixture(scope="module")
def complete(line: Line, committed: Drawn, phones: Phones) -> Drawn:
    line.move_to(committed.commit_until + timedelta(minutes=2))
    for party in drawing.PARTIES:
        drawing.reveal(line, committed, party)
    line.move_to(committed.settled_by + timedelta(minutes=1))
    drawing.type_beacon(line, committed)
    drawing.answer_calls(line, committed, phones)
    return committed


def numbers(line: Line, drawn: Drawn) -> list[str]:
    """What the parties keep in their folders."""
    return [
        json.loads((drawing.party_folder(line, drawn, party) / "number.json").read_bytes())["r"]
        for party in drawing.PARTIES
    ]


def stored(platform: EmbeddedPlatform, stem: str, *wanted: str) -> Search:
    search = Search(platform, stem, wanted)
    search.tables()
    search.files()
    search.objects()
    return search


def answers(line: Line, tender: Tender, drawn: Drawn) -> Iterator[tuple[str, bytes]]:
    """Everything about roster and draw that a person of any role is shown."""
    paths = (
        "/experts/roster",
        "/v1/roster",
        "/v1/roster/changes",
        f"/lots/{tender.lot_id}",
        f"/lots/{tender.lot_id}/draw",
        f"/draws/{drawn.id}",
        f"/draws/{drawn.id}/check",
        f"/v1/draws/{drawn.id}",
        f"/v1/draws/{drawn.id}/progress",
        f"/v1/draws/{drawn.id}/box",
        f"/draws/{drawn.id}/unlock",
        "/today",
    )
    for login in (None, *LOOKERS):
        client = line.anyone if login is None else line.person(login)
        for path in paths:
            answer = client.http.get(path, follow_redirects=True)
            yield f"{login} {path} {answer.status_code}", answer.content


def test_a_partys_number_is_nowhere_until_it_is_revealed(
    line: Line, platform: EmbeddedPlatform, committed: Drawn
) -> None:
    for number in numbers(line, committed):
        assert stored(platform, number, number).places(number) == set()


def test_r33_no_name_is_stored_readably_while_and_after_they_are_called(
    line: Line, platform: EmbeddedPlatform, complete: Drawn
) -> None:
    search = stored(platform, STEM, PUBLIC, NAME, FIRM)
    assert search.places(PUBLIC, "table public.notices")
    assert search.places(PUBLIC, "file postgres/pg_wal/")
    assert {"file logs/gateway.log", "file logs/worker.log"} <= search.looked
    assert (search.places(NAME), search.places(FIRM)) == (set(), set())
    (number, *_) = numbers(line, complete)
    assert stored(platform, number, number).places(number, "table public.draw_parties")


def test_r33_no_answer_names_anyone(line: Line, tender: Tender, complete: Drawn) -> None:
    shown = dict(answers(line, tender, complete))
    assert any(where.endswith(" 200") for where in shown)
    assert not any(" 5" in where[-4:] for where in shown)
    assert [where for where, body in shown.items() if NAME.encode() in body or FIRM.encode() in body] == []


def test_r33_nobody_is_named_before_the_committee_is_unlocked(line: Line, complete: Drawn) -> None:
    for login in ("witness", "official", "supervisor", "admin"):
        with pytest.raises(Refusal) as refused:
            line.person(login).post(f"/v1/draws/{complete.id}/names")
        assert refused.value.code == ("draws.panel_incomplete" if login == "witness" else "kernel.forbidden")
