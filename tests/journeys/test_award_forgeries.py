"""R8: award notices, letters and open data changed and made consistent again; each lie is named.

The forger holds every platform key and the database. He lacks the keys of witness, bidders and experts.
"""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from notices.ocds.types import Bids, Fragment
from portal.verify.ocds import RELEASED
from portal.verify.record import FILED, NOTICE_SOURCE
from portal.verify.results import LETTER_ISSUED, LETTER_SOURCE
from tests.factories.award_story import Concluded, concluded_tender, forger_of_award, played_again
from tests.factories.evidence import Lot
from tests.journeys.verdicts import named, verdict
from trading.kernel.pdf_proof import open_sealed


@pytest.fixture(scope="module")
def true() -> Concluded:
    return concluded_tender()


@pytest.fixture
def forged(true: Concluded) -> Concluded:
    return forger_of_award(true)


def test_the_truth_verifies(true: Concluded, tmp_path: Path) -> None:
    report = verdict(true.lot, tmp_path)
    assert [(line.code, line.facts) for line in report.lines if line.kind == "failed"] == []
    done = [line.code for line in report.lines if line.kind == "passed"]
    assert {"award.candidates", "award.decided", "ocds.journalled"} <= set(done)
    assert (done.count("award.notice"), done.count("award.letter"), done.count("ocds.release")) == (3, 3, 5)


def test_the_forger_who_changes_nothing_is_named_all_the_same(forged: Concluded, tmp_path: Path) -> None:
    """Sealing anew makes other files: the witness knows neither."""
    found = named(played_again(forged), tmp_path)
    assert {"witness.cosignature", "award.unwitnessed", "ocds.unwitnessed"} <= found
    assert not {name for name in found if name.startswith(("ocds.", "award."))} - {
        "award.unwitnessed",
        "ocds.unwitnessed",
    }


LOSER, CHEAPER, SECOND = 2, 1_000_00, timedelta(seconds=1)


def one(forged: Concluded, tmp_path: Path, **changed: Any) -> set[str]:
    """What is named beside the missing witness, which every forgery on this scale lacks."""
    found = named(played_again(forged, **changed), tmp_path)
    assert "witness.cosignature" in found
    return {name for name in found if name.startswith(("ocds.", "award."))} - {"award.unwitnessed", "ocds.unwitnessed"}


def test_another_winner_in_everything_lacks_the_witness_alone(forged: Concluded, tmp_path: Path) -> None:
    """The second candidate wins in journal, notices, letters and open data alike: he is one of the candidates."""
    assert one(forged, tmp_path, rank=LOSER) == set()


def test_a_price_of_the_award_that_nobody_bid(forged: Concluded, tmp_path: Path) -> None:
    assert one(forged, tmp_path, price=lambda fen: fen - CHEAPER) == {"award.price"}


def test_a_price_of_the_candidates_that_nobody_bid(forged: Concluded, tmp_path: Path) -> None:
    """The bids were opened before: what the trustees let be read cannot be read again otherwise."""
    assert one(forged, tmp_path, candidate_price=lambda fen: fen - CHEAPER) == {"award.price"}


def test_a_contract_dearer_than_the_journal_says(forged: Concluded, tmp_path: Path) -> None:
    """Journal, notice and open data say so alike, and the witness does not; alone each of them is named."""
    assert one(forged, tmp_path, amount=lambda fen: fen + CHEAPER) == set()


def test_other_reasons_in_the_notices(forged: Concluded, tmp_path: Path) -> None:
    assert one(forged, tmp_path, noted_reasons="招标人另有考虑。") == {"award.reasons"}


def test_a_notice_kept_back(forged: Concluded, tmp_path: Path) -> None:
    forged.lot.award_notices.pop()
    assert named(forged.lot, tmp_path) == {"award.missing"}


def test_a_notice_that_was_never_published(forged: Concluded, tmp_path: Path) -> None:
    forged.lot.award_notices.append(forged.lot.award_notices[0])
    assert named(forged.lot, tmp_path) == {"notice.unjournalled"}


def replaced_notice(forged: Concluded, old: bytes, new: bytes) -> Lot:
    """The award notice with other words under a true seal, in the place of the true one."""
    lot = forged.lot
    sealed = open_sealed(lot.award_notices[1])
    words = sealed.attached[NOTICE_SOURCE].replace(old, new)
    assert words != sealed.attached[NOTICE_SOURCE]
    lot.award_notices[1] = lot.sealed(NOTICE_SOURCE, words, sealed.at)
    return lot


def test_another_name_in_the_sealed_notice(forged: Concluded, tmp_path: Path) -> None:
    """The journal as it was: the file, the text it carries, and the winner's name all contradict it."""
    lot = replaced_notice(forged, forged.story.winner.organisation.encode(), "戊建设".encode())
    assert {"pdf.changed", "pdf.source", "award.candidates"} <= named(lot, tmp_path)


def test_another_name_in_the_sealed_notice_and_journalled_so(forged: Concluded, tmp_path: Path) -> None:
    lot, log = replaced_notice(forged, b'"rank":1,', b'"rank":2,'), forged.lot.log
    words = open_sealed(lot.award_notices[1]).attached[NOTICE_SOURCE]
    log.rewrite(log.find("notices:notice:published")[2], digest=sha256(words).hexdigest())
    log.rewrite(log.find("notices:pdf:made")[2], digest=sha256(lot.award_notices[1]).hexdigest())
    log.rebuild()
    found = named(lot, tmp_path)
    assert {"award.candidates", "pdf.changed", "witness.cosignature"} <= found
    assert "pdf.source" not in found


def test_a_letter_that_names_another_winner(forged: Concluded, tmp_path: Path) -> None:
    """Its digest journalled in the place of the true letter's: the decision says otherwise."""
    lot, log = forged.lot, forged.lot.log
    name, data = next((name, data) for name, data in lot.receipts.items() if name.startswith("letter-"))
    sealed = open_sealed(data)
    words = sealed.attached[LETTER_SOURCE].replace(b'"price_fen":9', b'"price_fen":8')
    lot.receipts[name] = lot.sealed(LETTER_SOURCE, words, sealed.at)
    (index,) = (i for i in log.find(LETTER_ISSUED) if log.entries[i].payload["digest"] == sha256(data).hexdigest())
    filed = next(i for i in log.find(FILED) if log.entries[i].payload["digest"] == sha256(data).hexdigest())
    for entry in (index, filed):
        log.rewrite(entry, digest=sha256(lot.receipts[name]).hexdigest())
    log.rebuild()
    assert {"award.price", "witness.cosignature"} <= named(lot, tmp_path)


def test_a_letter_that_was_never_issued(forged: Concluded, tmp_path: Path) -> None:
    name, data = next((name, data) for name, data in forged.lot.receipts.items() if name.startswith("letter-"))
    sealed = open_sealed(data)
    forged.lot.receipts[name] = forged.lot.sealed(LETTER_SOURCE, sealed.attached[LETTER_SOURCE], sealed.at + SECOND)
    assert named(forged.lot, tmp_path) == {"award.letter"}


# ---- open data: one thing changed in a release, its digest journalled again, all else as it was

Change = tuple[bytes, bytes, str]
CHANGES: dict[str, tuple[Change, ...]] = {
    "1-tender": (
        (b'.000Z","endDate":"2026-12', b'.000Z","endDate":"2026-13', "ocds.deadline"),
        (b'"value":{"amount":100000.00', b'"value":{"amount":100000.01', "ocds.value"),
        (b'"procuringEntity":{"id":"CN-USCC-1', b'"procuringEntity":{"id":"CN-USCC-2', "ocds.buyer"),
        (b'"sha256":"', b'"sha256":"0', "ocds.document"),
        (b'"buyer":{"id":"CN-USCC-1', b'"buyer":{"id":"CN-USCC-2', "ocds.buyer"),
    ),
    "2-tenderUpdate": (
        ("乙建工".encode(), "戊建工".encode(), "ocds.bidder"),
        (b"91310000000000001A", b"91310000000000009A", "ocds.bidder"),
        (b'"amount":98500.00', b'"amount":98499.99', "ocds.value"),
        (b"CNY", b"USD", "ocds.value"),
        (b'"numberOfTenderers":3', b'"numberOfTenderers":2', "ocds.bidder"),
    ),
    "3-tenderUpdate": (
        (b'"rank":1', b'"rank":3', "ocds.rank"),
        (b'"totalScore":', b'"totalScore":1', "ocds.rank"),
        (b'"status":"valid"', b'"status":"disqualified"', "ocds.rank"),
    ),
    "4-award": (
        (b'"amount":9', b'"amount":8', "ocds.value"),
        (b'"suppliers":[{"id":"CN-USCC-9131', b'"suppliers":[{"id":"CN-USCC-9231', "ocds.award"),
        (b'"date":"2026', b'"date":"2025', "ocds.award"),
        (b'"status":"active","title"', b'"status":"cancelled","title"', "ocds.award"),
    ),
    "5-contract": (
        (b'"amount":9', b'"amount":8', "ocds.value"),
        (b'"dateSigned":"2026', b'"dateSigned":"2025', "ocds.contract"),
        (b'"awardID":"0', b'"awardID":"1', "ocds.contract"),
    ),
}


def change_release(forged: Concluded, which: str, old: bytes, new: bytes, *, journalled: bool) -> None:
    """A release as the forger would have it, at the last place that says so."""
    number = int(which[0]) - 1
    true = forged.story.releases[number]
    at = true.rindex(old)
    body = true[:at] + new + true[at + len(old) :]
    forged.story.releases[number] = body
    if journalled:
        log = forged.lot.log
        log.rewrite(log.find(RELEASED)[number], digest=sha256(body).hexdigest())
        log.rebuild()


@pytest.mark.parametrize("turn", range(max(map(len, CHANGES.values()))))
def test_a_value_of_open_data_changed_and_journalled_so(forged: Concluded, tmp_path: Path, turn: int) -> None:
    """One lie in each release at a time; each is named where it stands."""
    told = {which: changes[turn] for which, changes in CHANGES.items() if turn < len(changes)}
    for which, (old, new, _) in told.items():
        change_release(forged, which, old, new, journalled=True)
    report = verdict(forged.story.show(), tmp_path)
    found = {
        "-".join(str(line.facts["release"]).rsplit("-", 2)[1:]).lstrip("0"): line.code
        for line in report.lines
        if line.kind == "failed" and "release" in line.facts and line.code != "ocds.unwitnessed"
    }
    assert "witness.cosignature" in report.failures
    assert "ocds.unjournalled" not in report.failures
    wanted = {which: code for which, (_, _, code) in told.items()}
    assert {which: found.get(which) for which in wanted} == wanted


def test_a_value_of_open_data_changed_alone(forged: Concluded, tmp_path: Path) -> None:
    old, new, code = CHANGES["4-award"][0]
    change_release(forged, "4-award", old, new, journalled=False)
    assert named(forged.story.show(), tmp_path) == {"ocds.unjournalled", code}


def test_a_word_of_open_data_that_nothing_else_says(forged: Concluded, tmp_path: Path) -> None:
    """What cannot be compared is still the journalled text, letter by letter."""
    change_release(forged, "1-tender", "江滨新区".encode(), "江滨旧区".encode(), journalled=False)
    assert named(forged.story.show(), tmp_path) == {"ocds.unjournalled"}


def test_a_bid_left_out_of_open_data(forged: Concluded, tmp_path: Path) -> None:
    def without(tag: str, fragment: Fragment) -> Fragment:
        if fragment.bids is None or not fragment.bids.details[0].tenderers:
            return fragment
        return msgspec.structs.replace(fragment, bids=Bids(details=fragment.bids.details[1:]))

    assert "ocds.bidder" in one(forged, tmp_path, fragment=without)


def test_a_release_left_out(forged: Concluded, tmp_path: Path) -> None:
    del forged.story.releases[2]
    assert "ocds.missing" in named(forged.story.show(), tmp_path)


def test_open_data_left_out(forged: Concluded, tmp_path: Path) -> None:
    forged.lot.ocds = None
    assert named(forged.lot, tmp_path) == {"ocds.missing"}


def test_a_release_of_ones_own(forged: Concluded, tmp_path: Path) -> None:
    forged.story.releases.append(forged.story.releases[3].replace(b"-004-award", b"-006-award"))
    assert "ocds.unjournalled" in named(forged.story.show(), tmp_path)


def test_bidders_released_before_the_record(forged: Concluded, tmp_path: Path) -> None:
    """The journal rearranged so that open data had the bids while they were sealed."""
    log = forged.lot.log
    release, record = log.find(RELEASED)[1], log.find("lot:record:made")[0]
    log.entries[release], log.entries[record] = log.entries[record], log.entries[release]
    log.rebuild()
    assert {"ocds.early", "witness.cosignature"} <= named(forged.lot, tmp_path)


@pytest.mark.parametrize("data", [b"", b'{"releases":[1,2,3,4,5]}', b"[" * 10_000])
def test_open_data_that_is_none(forged: Concluded, tmp_path: Path, data: bytes) -> None:
    forged.lot.ocds = data
    assert {"ocds.form", "ocds.missing"} & named(forged.lot, tmp_path)
