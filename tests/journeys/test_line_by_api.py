"""The whole line by API, with everybody's own programs: register, publish, keys, bids, closing, two phases, record.

One tender is walked once: each stage is a fixture that stands on the one before, and the tests follow it in order.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bidding.proof.receipt import verify_receipt_proof
from bidding.sealing.announcement import Announcement
from bidding.sealing.submission import document_digest, verify_receipt, verify_refusal, withdraw
from portal.demo.line import SEATS, Line, Tender, after
from portal.verify.examine import examine
from portal.verify.lot import verify_lot
from portal.verify.report import Report
from tests.factories.sealing import Sealed
from tests.journeys.people import Bidder, Signer, Uploader, announced
from tests.journeys.refusals import refused
from tests.journeys.tenders import DOCUMENT, lot_of, milestones, project_code, published, state_of
from tests.journeys.watching import Event, listen_until, read_journal
from trading.kernel.canonical import canonical
from trading.kernel.journal.blind import SLOT_SEALED
from trading.kernel.journal.entry import Entry
from trading.kernel.pdf_proof import open_sealed

PRESENT = ("tenderer", "notary")  # the supervisor's trustee stays away
PRICES = {"bidder-a": 128_845_000_00, "bidder-b": 126_500_050_05, "bidder-c": 131_000_000_00}


WORDS = "请核对本单位报价与密封的投标是否一致。"


@dataclass
class Walk:
    """One tender on its way, and what its people keep."""

    line: Line
    tender: Tender
    folder: Path
    receipts: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    told_at_announcement: Counter[str] = field(default_factory=Counter)
    late: tuple[Uploader, Sealed] | None = None
    objection: str = ""
    viewer: "Future[list[Event]] | None" = None

    @property
    def announcement(self) -> Announcement:
        return announced(self.line, self.tender)

    @property
    def lot(self) -> str:
        return f"/v1/lots/{self.tender.lot_id}"

    def journal(self) -> list[Entry]:
        """The lot's story as the public journal tells it, every hash recomputed."""
        self.line.witnessed()
        entries, _ = read_journal(self.line.anyone, self.announcement.body.log.key, self.folder / "log")
        return [entry for entry in entries if entry.subject == f"lot:{self.tender.lot_id}"]

    def told(self) -> Counter[str]:
        """How often each act is told, without the blind slots."""
        return Counter(entry.action for entry in self.journal() if entry.action != SLOT_SEALED)

    def open_data(self) -> list[dict[str, Any]]:
        """What is released of the project, the first first."""
        package = self.line.anyone.get(f"/v1/ocds/projects/{self.tender.project_id}/releases")
        return list(package["releases"])

    def listen(self, last: str, after: int = 0) -> list[Event]:
        """The opening's live events up to one of this kind."""
        path = f"/lots/{self.tender.lot_id}/opening/events"
        return listen_until(self.line.places.base_url, path, lambda event: event.kind == last, after=after)


@pytest.fixture(scope="module")
def walk(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Registered and published."""
    return Walk(line, published(line, "滨江大道综合改造工程"), tmp_path_factory.mktemp("walk"))


@pytest.fixture(scope="module")
def with_keys(walk: Walk) -> Walk:
    """The announcement stands."""
    walk.line.announce(walk.tender)
    walk.told_at_announcement = walk.told()
    return walk


@pytest.fixture(scope="module")
def with_bids(with_keys: Walk) -> Walk:
    """Four bids: one by the bidder's own program and replaced, one withdrawn, and a fifth on its way."""
    walk = with_keys
    line, tender, announcement = walk.line, walk.tender, walk.announcement
    offer = {"days": 540, "manager": "王建国"}
    line.bid(tender, "bidder-a", "first", price_fen=129_000_000_00, **offer)  # type: ignore[arg-type]
    line.bid(tender, "bidder-a", "bid", price_fen=PRICES["bidder-a"], replaces="first", **offer)  # type: ignore[arg-type]
    for login in ("bidder-b", "bidder-c", "bidder-d"):
        bidder = Bidder(line, login)
        sealed = bidder.seal(announcement, price={"price_fen": PRICES.get(login, 1)})
        walk.receipts.append((bidder.submit(tender, sealed), sealed.raw))
    digest = document_digest(sealed.raw)
    gone = withdraw(announcement.ann, sealed.bid.recovery.env, digest, sealed.sealer_key)
    uploader = bidder.uploader(tender)
    walk.receipts.append((uploader.withdraw(gone).json()["receipt"], gone))
    late = bidder.seal(announcement)
    uploader.upload(late)
    walk.late = (uploader, late)
    return walk


@pytest.fixture(scope="module")
def closed(with_bids: Walk) -> Iterator[Walk]:
    """The deadline has passed; somebody has been watching since before."""
    with ThreadPoolExecutor(1) as pool:
        with_bids.viewer = pool.submit(with_bids.listen, "batch")
        with_bids.line.move_to(after(with_bids.tender, minutes=1))
        yield with_bids


@pytest.fixture(scope="module")
def half_open(closed: Walk) -> Walk:
    """Identities revealed."""
    closed.line.open_phase(closed.tender, 1, PRESENT)
    return closed


@pytest.fixture(scope="module")
def opened(half_open: Walk) -> Walk:
    """Everything revealed, an objection answered and one taken back, the record signed and printed."""
    line, tender = half_open.line, half_open.tender
    line.open_phase(tender, 2, PRESENT)
    half_open.objection = line.object_(tender, "bidder-a", WORDS)
    mistaken = line.object_(tender, "bidder-b", "本单位报价有误。")
    line.person("bidder-b").post(f"{half_open.lot}/objections/{mistaken}/withdraw")
    with refused("opening.objections_open"):
        line.person("official").post(f"{half_open.lot}/opening/end")
    line.answer(tender, half_open.objection, "经当场核对，与密封的投标一致。")
    line.end_opening(tender)
    for login in ("official", "notary", "witness"):
        signer = Signer(half_open.line, login)
        digest = half_open.line.anyone.get(f"{half_open.lot}/record")["digest"]
        signer.client.post(f"{half_open.lot}/record/signatures", signer.record_signature(digest))
    half_open.line.witnessed()
    return half_open


# ---- 1, 2: register, publish


def test_an_unlawful_deadline_is_refused_with_article_and_earliest_value(line: Line) -> None:
    tenderer = line.person("tenderer")
    dates = tenderer.get("/v1/profiles/works_open_tender/proposal")["timetable"]
    early = {**dates, "deadline_at": f"{dates['issue_to']}T09:30:00+08:00"}
    draft = {"name": "太急", "code": project_code(), "region": "350100", "category": "A02", "funding": "government"}
    body = {**draft, "validity_days": 90, "profile": "works_open_tender", "lots": [lot_of()], **early}
    project = tenderer.post("/v1/projects", body)["id"]
    with refused("kernel.invalid", 422) as told:
        tenderer.post(f"/v1/projects/{project}/register", {"confirm_provisional": True})
    problem = told.value.problem["fields"]["deadline_at"]["detail"]
    assert "《招标投标法》第二十四条" in problem
    assert dates["deadline_at"][:4] in problem
    assert project not in {item["id"] for item in tenderer.get("/v1/projects")["items"]}  # still a draft


def test_the_notice_is_public_printed_and_its_documents_are_free_for_all(walk: Walk) -> None:
    line = walk.line
    assert state_of(line, walk.tender) == "published"
    assert milestones(line, walk.tender) == {"documents", "notice"}
    notices = line.anyone.get("/v1/notices")["items"]
    [notice] = [item for item in notices if item["project_id"] == walk.tender.project_id]
    line.until(lambda: bool(line.anyone.get(f"/v1/notices/{notice['id']}")["pdf_record_id"]), "the notice is printed")
    pdf = line.anyone.get(f"/v1/notices/{notice['id']}")["pdf_record_id"]
    assert line.anyone.raw(f"/records/{pdf}").startswith(b"%PDF-")
    [document, terms] = line.anyone.get(walk.lot)["documents"]
    assert line.anyone.get(f"/records/{terms['id']}")["v"] == "LBVT1"
    assert line.anyone.raw(f"/records/{document['id']}") == DOCUMENT


# ---- 3: keys


def test_the_announcement_is_signed_by_every_trustee_and_each_step_of_it_is_told(with_keys: Walk) -> None:
    announcement = with_keys.announcement
    assert announcement.body.subject == f"lot:{with_keys.tender.lot_id}"
    assert [seat.seat for seat in announcement.body.trustees] == list(SEATS)
    assert (announcement.body.t, announcement.body.witness.quorum) == (2, 1)
    assert "announcement" in milestones(with_keys.line, with_keys.tender)
    told = with_keys.told()
    assert told["lot:ceremony:started"] == told["lot:announcement:published"] == 1
    assert told["lot:ceremony:keyed"] == told["lot:ceremony:signed"] == 3
    [entry] = [entry for entry in with_keys.journal() if entry.action == "lot:announcement:published"]
    assert entry.payload["ann"] == announcement.ann
    assert entry.payload["reduced_secrecy"] is True


def test_a_second_ceremony_and_a_late_cancellation_are_refused(with_keys: Walk) -> None:
    official = with_keys.line.person("official")
    seats = [
        {"seat": seat, "membership_id": with_keys.line.person(f"trustee-{seat}").get("/v1/me")["membership_id"]}
        for seat in SEATS
    ]
    with refused("bidding.ceremony_running"):
        official.post("/v1/ceremonies", {"lot_id": with_keys.tender.lot_id, "t": 2, "seats": seats})
    mine = with_keys.line.person("trustee-notary").get("/v1/ceremonies")
    [ceremony] = [item["id"] for item in mine if item["lot_id"] == with_keys.tender.lot_id]
    with refused("bidding.ceremony_state"):
        official.post(f"/v1/ceremonies/{ceremony}/cancel", {"reason": "太迟了"})
    with refused("kernel.forbidden", 403):
        with_keys.line.person("trustee-notary").post(f"/v1/ceremonies/{ceremony}/publish")


# ---- 4: bids


def test_every_receipt_is_proved_under_a_witnessed_checkpoint(with_bids: Walk) -> None:
    line, announcement = with_bids.line, with_bids.announcement
    line.move_to(line.now() + timedelta(minutes=6))  # the slot they stand in ends, and is sealed
    line.machine("bidder-a").prove("bid")
    for raw, submitted in with_bids.receipts:
        receipt = verify_receipt(canonical(raw), announcement, submitted)
        proof = line.anyone.raw(f"/v1/receipts/{receipt.entry}/proof").decode()
        assert verify_receipt_proof(proof, receipt, announcement).times


def test_before_the_deadline_nobody_learns_of_a_bid(with_bids: Walk) -> None:
    line = with_bids.line
    for path in ("opening", "box"):
        with refused("opening.box_not_closed"):
            line.anyone.get(f"{with_bids.lot}/{path}")
    with refused("opening.no_record", 404):
        line.anyone.get(f"{with_bids.lot}/record")
    journal = with_bids.journal()
    told = Counter(entry.action for entry in journal if entry.action != SLOT_SEALED)
    # Nothing came after the announcement's publication, which files it and marks the timeline.
    assert told == with_bids.told_at_announcement
    slots = [entry.payload for entry in journal if entry.action == SLOT_SEALED]
    assert [slot["slot"] for slot in slots] == list(range(len(slots)))
    assert len({frozenset(slot) for slot in slots}) == 1  # one with bids looks like one without
    assert len({len(entry.body) for entry in journal if entry.action == SLOT_SEALED}) <= 3  # digits of numbers alone
    [tender] = with_bids.open_data()
    assert (tender["tag"], "bids" in tender, "tenderers" in tender["tender"]) == (["tender"], False, False)


# ---- 5: close, settle, reveal


def test_after_the_deadline_the_box_is_closed_and_read_out(closed: Walk) -> None:
    line = closed.line
    view = line.opening(closed.tender)
    assert (view["state"], view["live"], view["minimum"]) == ("opening", 3, 3)
    assert [phase["current"] for phase in view["phases"]] == [True, False]
    assert view["rows"] == []
    box = line.anyone.get(f"{closed.lot}/box")
    assert box["root"] == view["root"]
    assert sum('"core"' in document for document in box["documents"].values()) == 3
    assert sum('"core"' not in document for document in box["documents"].values()) == 1  # the withdrawal
    assert "deadline" in milestones(line, closed.tender)
    [entry] = [entry for entry in closed.journal() if entry.action == "lot:box:closed"]
    assert (entry.payload["root"], entry.payload["live"]) == (view["root"], 3)


def test_a_late_bid_gets_a_signed_refusal_that_is_journalled_once(closed: Walk) -> None:
    assert closed.late is not None
    uploader, sealed = closed.late
    answers = [uploader.commit(sealed) for _ in range(2)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "bidding.too_late")] * 2
    assert answers[0].json()["refusal"] == answers[1].json()["refusal"]
    refusal = verify_refusal(canonical(answers[0].json()["refusal"]), closed.announcement)
    assert refusal.hash == document_digest(sealed.raw)
    told = [entry.payload["hash"] for entry in closed.journal() if entry.action == "lot:submission:refused"]
    assert told == [refusal.hash]
    with refused("bidding.too_late"):
        closed.line.token(closed.tender, "bidder-d")


def test_two_of_three_trustees_open_the_identities_and_no_price(half_open: Walk) -> None:
    view = half_open.line.opening(half_open.tender)
    [first, second] = view["phases"]
    assert (first["seats"], bool(first["settled"]), bool(first["revealed_at"])) == ([1, 3], True, True)
    assert (second["current"], second["settled"]) == (True, None)
    assert len({row["organisation"] for row in view["rows"]}) == 3
    assert [row["price_fen"] for row in view["rows"]] == [None] * 3


def test_the_second_phase_opens_prices_and_the_record_is_made_signed_and_printed(opened: Walk) -> None:
    line = opened.line
    view = line.opening(opened.tender)
    assert (view["state"], state_of(line, opened.tender)) == ("opened", "opened")
    assert {row["price_fen"] for row in view["rows"]} == set(PRICES.values())
    assert [row["codes"] for row in view["rows"]] == [{}] * 3
    assert "opening" in milestones(line, opened.tender)
    record = line.anyone.get(f"{opened.lot}/record")
    assert record["digest"] == view["record"]
    assert [item["role"] for item in record["signatures"]] == ["official", "notary", "witness"]
    told = opened.told()
    expected = {
        "lot:box:closed": 1,
        "lot:batch:received": 6,  # two trustees, three parts
        "lot:phase:settled": 2,
        "lot:phase:revealed": 2,
        "lot:objection:raised": 2,
        "lot:objection:answered": 1,
        "lot:objection:withdrawn": 1,
        "lot:opening:ended": 1,
        "lot:record:made": 1,
        "lot:record:printed": 1,
        "lot:record:signed": 3,
        "lot:opening:refused": 0,
        "lot:opening:cancelled": 0,
    }
    assert {action: told[action] for action in expected} == expected
    _, released = opened.open_data()
    assert {round(bid["value"]["amount"] * 100) for bid in released["bids"]["details"]} == set(PRICES.values())
    # published, closed, opening, opened
    assert told["lot:state:advanced"] == 4


def test_live_events_resume_without_a_gap(opened: Walk) -> None:
    assert opened.viewer is not None
    first = opened.viewer.result(timeout=60)
    assert [event.kind for event in first] == ["closed", "batch"]
    rest = opened.listen("printed", after=first[-1].number)
    events = [*first, *rest]
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    kinds = Counter(event.kind for event in events)
    assert kinds["batch"] == 6
    assert kinds["settled"] == kinds["revealed"] == 2
    assert kinds["complete"] == kinds["ended"] == kinds["recorded"] == kinds["printed"] == 1
    told = [event.data["state"] for event in events if event.kind == "objection"]
    assert told == ["open", "open", "withdrawn", "dismissed"]
    shown = {event.data["env"]: event.data["price_fen"] for event in events if event.kind == "row"}
    assert set(shown.values()) == set(PRICES.values())


def test_what_was_objected_and_answered_is_minuted_and_its_receipt_verifies(opened: Walk) -> None:
    record = msgspec.json.decode(opened.line.anyone.get(f"{opened.lot}/record")["record"])
    first, second = msgspec.json.decode(record["body"])["objections"]
    assert (first["id"], first["text"], first["outcome"]) == (opened.objection, WORDS, "dismissed")
    assert (second["outcome"], second["answer"]) == ("withdrawn", "")
    with refused("opening.opening_over"):
        opened.line.object_(opened.tender, "bidder-c", "事后的异议。")
    [receipt] = opened.line.machine("bidder-a").folder.glob("opening/objection-*-receipt.json")
    (receipt.parent / "announcement.json").write_bytes(opened.announcement.raw)
    report = examine(receipt)
    assert (report.failures, report.ok) == ([], True)


def test_the_print_bears_the_centres_seal_and_carries_the_record(opened: Walk, tmp_path: Path) -> None:
    pdf = opened.line.anyone.raw(f"/records/{opened.line.opening(opened.tender)['printed']}")
    path = tmp_path / "record.pdf"
    path.write_bytes(pdf)
    report = examine(path)
    assert (report.failures, [line.code for line in report.lines]) == ([], ["pdf.authority", "pdf.sealed"])
    record = opened.line.anyone.get(f"{opened.lot}/record")["record"]
    assert open_sealed(pdf).attached == {"opening-record.json": record.encode()}


# ---- 6: verify


def test_anyone_verifies_the_whole_lot_offline(opened: Walk, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence.tar"
    evidence.write_bytes(opened.line.anyone.raw(f"{opened.lot}/evidence"))
    report = Report()
    verify_lot(evidence, (), report)
    assert (report.failures, report.ok) == ([], True)
