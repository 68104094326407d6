"""R8, R30: a forger with every platform key changes draw or evaluation, makes it consistent again, and is named.

He lacks the keys of the witness, the trustees, the bidders, the experts and the gateway.
"""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.framing import parse_instant
from experts.draw import Place
from experts.proof import facts
from experts.proof.documents import ItemScore, Line, Report
from portal.verify.lot import verify_lot
from portal.verify.report import Report as Verdict
from tests.factories.committee_story import (
    Evaluated,
    evaluated_tender,
    first_declines,
    forger_of_committee,
    replay_draw,
    rewrite_draw,
)
from tests.factories.draws import DrawStory, Reply
from tests.factories.evaluations import TERMS, documents_of, scored, text_of
from tests.factories.evidence import Lot
from tests.journeys.verdicts import named, verdict

FULL = (ItemScore("design", 2500), ItemScore("team", 1500))


@pytest.fixture(scope="module")
def true() -> Evaluated:
    return evaluated_tender()


@pytest.fixture
def forged(true: Evaluated) -> Evaluated:
    return forger_of_committee(true)


def test_the_truth_verifies(true: Evaluated, tmp_path: Path):
    report = verdict(true.lot, tmp_path, sha256(true.lot.log.witness_public).hexdigest())
    assert (report.failures, report.ok) == ([], True)
    done = {line.code for line in report.lines if line.kind == "passed"}
    assert done >= {"draw.order", "draw.panel", "draw.journalled", "draw.witnessed", "draw.recused"}
    assert done >= {"evaluation.terms", "evaluation.figures", "evaluation.signed", "evaluation.journalled"}


def test_no_name_is_in_it(true: Evaluated):
    """R33: the roster of the story has numbers and specialties; its leaves are all that is shown."""
    whole = b"".join(true.lot.files().values())
    assert b"E0001" not in whole
    assert true.draw.document.leaves[0].encode() in whole


def test_the_forger_has_only_the_platforms_keys(forged: Evaluated):
    assert forged.draw.gateway is None
    assert forged.evaluation.keys == []
    assert forged.lot.log.witness is None


def test_order_changed(forged: Evaluated, tmp_path: Path):
    """Two people exchanged in the order, and so in calls, panel and journal."""
    document = forged.draw.document
    works = document.orders[0]
    places = (works.places[0], works.places[2], works.places[1], *works.places[3:])
    order = msgspec.structs.replace(works, places=places)
    leaves = {call.position: call.leaf for call in document.calls if call.specialty == "A08"}
    other = {1: leaves[2], 2: leaves[1]}
    calls = tuple(
        msgspec.structs.replace(call, leaf=other[call.position])
        if call.specialty == "A08" and call.position in other
        else call
        for call in document.calls
    )
    numbers = {seat.position: seat.leaf for seat in document.panel if seat.specialty == "A08"}
    swapped = {1: 2, 2: 1}
    panel = tuple(
        msgspec.structs.replace(seat, leaf=document.leaves.index(other[seat.position]))
        if seat.specialty == "A08" and seat.position in swapped
        else seat
        for seat in document.panel
    )
    assert numbers
    told = msgspec.structs.replace(document, orders=(order, *document.orders[1:]), calls=calls, panel=panel)
    found = named(rewrite_draw(forged, told), tmp_path)
    assert {"draw.order", "draw.unwitnessed", "witness.cosignature"} <= found
    assert not {"draw.calls", "draw.panel", "draw.unjournalled"} & found


def test_another_order_from_another_reveal(forged: Evaluated, tmp_path: Path):
    """The beacon known, the platform's own number is tried until a friend comes first; everything else follows.

    He signs answers with a gateway of his own; the witness knew commitments and reveals before the beacon.
    """

    def play(story: DrawStory) -> None:
        story.secrets = {**story.secrets, "centre": b"\x07" * 32}
        story.announce().commit().reveal().beacon().compute().call(first_declines)

    found = named(replay_draw(forged, play), tmp_path)
    assert {"draw.unwitnessed", "witness.cosignature", "journal.leaf"} <= found
    assert not {"draw.seed", "draw.order", "draw.panel", "draw.unjournalled", "draw.calls.answer"} & found


def test_answers_given_to_other_people(forged: Evaluated, tmp_path: Path):
    """Another order, and the gateway's true answers put beside whoever now stands in their places."""
    true = {(call.specialty, call.position): call.answer for call in forged.draw.document.calls}

    def play(story: DrawStory) -> None:
        mine, story.gateway = story.gateway, None  # the announcement names the true one
        story.secrets = {**story.secrets, "centre": b"\x07" * 32}
        story.announce().commit().reveal().beacon().compute()
        story.gateway = mine
        story.call(first_declines)

    replay_draw(forged, play)
    calls = forged.draw.document.calls
    pinned = tuple(msgspec.structs.replace(call, answer=true[call.specialty, call.position]) for call in calls)
    found = named(rewrite_draw(forged, msgspec.structs.replace(forged.draw.document, calls=pinned)), tmp_path)
    assert {"draw.calls.person", "draw.unwitnessed", "witness.cosignature"} <= found
    assert not {"draw.order", "draw.calls.answer", "draw.unjournalled"} & found


def test_decline_invented(forged: Evaluated, tmp_path: Path):
    """Somebody who accepted is said to have declined, the next sits in his place; the gateway never signed that."""
    true = forged.draw.document

    def answers(place: Place) -> Reply:
        return "declined" if place in {Place("A08", 0), Place("A08", 1)} else "accepted"

    def play(story: DrawStory) -> None:
        # The announcement stays the true one, with the true gateway's key.
        mine, story.gateway = story.gateway, None
        story.announce().commit().reveal().beacon().compute()
        story.gateway = mine
        story.call(answers)

    lot = replay_draw(forged, play)
    assert forged.draw.document.announcement == true.announcement
    found = named(lot, tmp_path)
    assert {"draw.calls.answer", "witness.cosignature"} <= found
    assert not {"draw.seed", "draw.order"} & found


def test_decline_invented_in_one_answer(forged: Evaluated, tmp_path: Path):
    """The journal as it was: one answer in the document is another, signed by the forger."""
    story = forged.draw
    call = next(call for call in story.document.calls if (call.specialty, call.position) == ("A08", 1))
    answered = call.answered
    assert answered is not None
    story.put, story.now = (lambda *_: answered.entry), parse_instant(answered.at)
    story.answer(call, "declined", Ed25519PrivateKey.generate())
    assert "draw.calls.answer" in named(forged.show(), tmp_path)


def test_decline_kept_back(forged: Evaluated, tmp_path: Path):
    """The last call and what came of it are left out of the document."""
    document = forged.draw.document
    forged.draw.document = msgspec.structs.replace(document, calls=document.calls[:-1])
    assert {"draw.unlisted", "draw.panel"} <= named(forged.show(), tmp_path)


def test_draw_kept_back(forged: Evaluated, tmp_path: Path):
    forged.lot.draws = []
    assert named(forged.lot, tmp_path) == {"draw.missing"}


def test_recused_before_the_bidders_were_known(forged: Evaluated, tmp_path: Path):
    """R68: whoever recuses for a bidder before the opening knows who bids."""
    index = UUID(forged.draw.document.replaced[0].noted.entry).int
    (revealed,) = forged.lot.log.find("lot:phase:revealed")[1:]
    entries = forged.lot.log.entries
    entries[index], entries[revealed] = replace(entries[revealed]), replace(entries[index])
    forged.lot.log.rebuild()
    found = named(forged.lot, tmp_path)
    assert {"draw.recusal", "witness.cosignature"} & found == {"draw.recusal", "witness.cosignature"}


def test_drawn_a_second_time(forged: Evaluated, tmp_path: Path):
    """A draw of the same lot beside the one that was journalled."""
    forged.lot.draws = [*forged.lot.draws, forged.lot.draws[0]]
    assert {"draw.rerolled", "draw.unjournalled"} <= named(forged.lot, tmp_path)


def better(document_report: str) -> tuple[Line, ...]:
    """The lines with the full mark for the bid that came last."""
    told = msgspec.json.decode(document_report, type=Report)
    last = max((line for line in told.lines if line.rank), key=lambda line: line.rank or 0)
    return tuple(msgspec.structs.replace(line, items=FULL) if line.env == last.env else line for line in told.lines)


def rereport(forged: Evaluated, report: str, *, sign: bool) -> Lot:
    """Another report in the place of the true one, journalled so; signed by keys the forger certifies himself."""
    log, story = forged.lot.log, forged.evaluation
    log.rewrite(log.find(facts.REPORT_MADE)[0], **facts.report_made(report))
    forged.document = msgspec.structs.replace(forged.document, report=report)
    entries = iter(log.find(facts.REPORT_SIGNED))
    if sign:
        story.keys = [Ed25519PrivateKey.generate() for _ in range(story.members)]
        story.certificates = [
            story.certify(f"评委{number}号", key.public_key().public_bytes_raw())
            for number, key in enumerate(story.keys, 1)
        ]

        def put(_action: str, _subject: str, _at: object, payload: object) -> str:
            index = next(entries)
            log.rewrite(index, **dict(payload))  # type: ignore[call-overload]
            return str(UUID(int=index))

        story.put = put
        made = log.entries[log.find(facts.REPORT_MADE)[0]].at
        forged.document = story.sign(forged.document, made)
    else:
        for index, item in zip(entries, forged.document.signatures, strict=True):
            log.rewrite(index, **facts.report_signed(report, item.fingerprint, item.signature))
    log.rebuild()
    return forged.show()


@pytest.mark.parametrize("sign", [False, True])
def test_score_changed(forged: Evaluated, tmp_path: Path, sign: bool):
    """Totals, ranks, report and journal follow; the members' signatures do not, nor does the witness's."""
    told = msgspec.json.decode(forged.document.report, type=Report)
    lines, base = scored(TERMS, better(forged.document.report))
    assert [line.rank for line in lines] != [line.rank for line in told.lines]
    report = text_of(msgspec.structs.replace(told, lines=lines, benchmark=base))
    found = named(rereport(forged, report, sign=sign), tmp_path)
    assert "witness.cosignature" in found
    assert ("evaluation.unwitnessed" if sign else "evaluation.signature") in found
    assert not {"evaluation.total", "evaluation.ranking", "evaluation.unjournalled"} & found


def test_price_score_changed(forged: Evaluated, tmp_path: Path):
    """The arithmetic itself says otherwise."""
    told = msgspec.json.decode(forged.document.report, type=Report)
    lines = tuple(
        msgspec.structs.replace(line, price_score=6000, total=6000 + sum(item.mean for item in line.items))
        if line.rank == 2
        else line
        for line in told.lines
    )
    found = named(rereport(forged, text_of(msgspec.structs.replace(told, lines=lines)), sign=True), tmp_path)
    assert {"evaluation.price_score", "evaluation.unwitnessed"} <= found


def test_formula_changed(forged: Evaluated, tmp_path: Path):
    """Another k, all scores and ranks by it, the report signed anew: every trustee signed for the announced terms."""
    terms = msgspec.structs.replace(TERMS, price=msgspec.structs.replace(TERMS.price, k=900))
    told = msgspec.json.decode(forged.document.report, type=Report)
    lines, base = scored(terms, told.lines)
    text = text_of(terms)
    forged.document = msgspec.structs.replace(forged.document, terms=text, documents=documents_of(terms))
    digest = sha256(text.encode()).hexdigest()
    report = text_of(msgspec.structs.replace(told, lines=lines, benchmark=base, terms=digest))
    found = named(rereport(forged, report, sign=True), tmp_path)
    assert {"evaluation.terms", "evaluation.unwitnessed", "witness.cosignature"} <= found


def test_formula_changed_under_the_announced_terms(forged: Evaluated, tmp_path: Path):
    """The same, the true terms shown: then the scores do not follow from them."""
    terms = msgspec.structs.replace(TERMS, price=msgspec.structs.replace(TERMS.price, k=900))
    told = msgspec.json.decode(forged.document.report, type=Report)
    lines, base = scored(terms, told.lines)
    report = text_of(msgspec.structs.replace(told, lines=lines, benchmark=base))
    found = named(rereport(forged, report, sign=True), tmp_path)
    assert {"evaluation.benchmark", "evaluation.price_score"} <= found
    assert "evaluation.terms" not in found


def test_report_kept_back(forged: Evaluated, tmp_path: Path):
    forged.lot.evaluation = None
    assert named(forged.lot, tmp_path) == {"evaluation.missing"}


def test_one_byte_of_either_is_noticed(true: Evaluated, tmp_path: Path):
    """Under a manifest signed anew: every seventieth byte, and not by a list of hashes."""
    files = true.lot.files()
    for path in ("draw/1.json", "evaluation.json"):
        whole = files[path]
        for at in range(5, len(whole), len(whole) // 12):
            damaged = bytearray(whole)
            damaged[at] ^= 1
            folder = true.lot.write(tmp_path / "forged", {**files, path: bytes(damaged)})
            report = Verdict()
            verify_lot(folder, (), report)
            assert report.failures, (path, at)
            assert "file.changed" not in report.failures
