"""A draw's escrow in the trustee's program: named as what it is, and checked as strictly as a lot's bids."""

from __future__ import annotations

from uuid import uuid4

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.announcement import PartRule, announcement_digest
from bidding.sealing.box import commit_body
from bidding.sealing.submission import document_digest
from bidding.subjects import DRAW, Subject
from bidding.trustee.app import create_app
from bidding.trustee.errors import Declined
from bidding.trustee.kinds import ESCROW
from bidding.trustee.refusals import verify_refusal
from tests.factories.sealing import DEADLINE, make_world, seal_bid
from tests.factories.trustee_escrow import Escrow
from tests.factories.trustee_lot import SETTLED
from tests.factories.trustee_stage import Platform, WitnessServer, ok
from tests.unit.bidding.trustee.conftest import BEFORE, Stage, make_program
from tests.unit.bidding.trustee.test_local_page import HERE, PORT, Browser
from trading.kernel.canonical import canonical, parse_canonical


def begin(folder, **changes):
    """A ceremony for a draw's escrow in which this trustee has keyed his seat."""
    log_key = Ed25519PrivateKey.generate()
    witness = WitnessServer(folder / "witness", log_key)
    platform = Platform(uuid4(), DRAW)
    platform.start()
    platform.announce(witness.key, log_key, **changes)
    program = make_program(folder / "trustee", platform, witness)
    program.make_keys(platform.ceremony_id)
    witness.now = BEFORE
    witness.cosign([b"{}"])
    return platform, witness, program


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    platform, witness, program = begin(tmp_path_factory.mktemp("draw"))
    program.sign(platform.ceremony_id)
    yield Stage(platform, witness, program, Escrow(platform.publish(), platform.receipt))
    program.close()
    platform.close()
    witness.close()


def test_its_shares_are_released_and_kept_apart_from_any_lots(stage):
    [shown] = stage.program.state().ceremonies
    assert (shown.kind, shown.parts, shown.next) == ("draw", {"commitment": 1}, "release")
    released = stage.release()
    assert (released.subject, released.complaints) == (stage.lot.subject, 0)
    [batch] = stage.platform.batches
    [kept] = stage.program.folder.root.glob(f"draws/{stage.platform.lot_id}/released-1/commitment.json")
    assert kept.read_bytes() == batch
    assert not list(stage.program.folder.root.glob("lots/*"))


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-CN", ("抽取的承诺托管", "承诺的随机数")), ("en", ("Escrow of a draw", "committed numbers"))],
)
async def test_the_page_says_what_it_is_asked_for(stage, language, words):
    app, _ = create_app(stage.program, PORT)
    page = Browser(app)
    await page.get("/", **{"accept-language": language})
    await page.unlock()
    await page.get(f"/lang/{language}?to={page.door}/")
    assert words[0] in page.last.text
    path = f"{page.door}/ceremonies/{stage.platform.ceremony_id}"
    await page.get(path)
    assert [word in page.last.text for word in words] == [True, True]
    await page.post(f"{path}/examine", subject=stage.lot.subject, phase="1")
    assert (page.last.status_code, [word in page.last.text for word in words]) == (200, [True, True])
    foreign = await page.post(f"{path}/examine", subject="auction:1", phase="1")
    assert foreign.status_code in {403, 409}


async def test_its_api_is_where_a_lots_is(stage):
    app, token = create_app(stage.program, PORT)
    headers = {"authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE, headers=headers) as http:
        found = await http.post(f"/api/draws/{stage.platform.lot_id}/examine", json={"phase": 1})
        assert (found.status_code, found.json()["subject"]) == (200, stage.lot.subject)
        other = await http.post(f"/api/lots/{stage.platform.lot_id}/examine", json={"phase": 1})
        assert other.status_code == 409
        assert stage.platform.batches == []


def test_early_out_of_turn_or_twice(stage):
    stage.witness.now = DEADLINE
    stage.show(stage.lot.log())
    with stage.refuses("early"):
        stage.release()
    stage.honest()
    with stage.refuses("phase_unknown", phase=2):
        stage.release(2)
    stage.show(stage.lot.log(stage.lot.said(SETTLED, phase=1, digest="ab" * 32, openable=2, void=0)))
    with stage.refuses("phase_settled"):
        stage.release()


def test_a_box_that_nobody_closed_or_that_is_empty(stage):
    log = stage.lot.log()
    stage.show(log[:-1])
    with stage.refuses("not_closed"):
        stage.release()
    empty = Escrow(stage.lot.announcement, stage.lot.receipt, numbers=False)
    stage.platform.box = empty.answer()
    stage.show(empty.log())
    with stage.refuses("too_few"):
        stage.release()


def test_a_number_taken_back_or_sealed_again_is_not_opened(stage):
    stage.platform.box = stage.lot.answer(more=[stage.lot.withdrawn.raw])
    with stage.refuses("withdrawn"):
        stage.release()


def test_a_bid_of_a_lot_replayed_in_the_draw(stage):
    """A bid of some lot, shown among a draw's numbers; then with a slot that says it was put in there."""
    world = make_world()
    bid = seal_bid(world)
    stage.platform.box = stage.lot.answer(more=[bid.raw])
    with stage.refuses("unproved"):
        stage.release()
    act = {**parse_canonical(commit_body(world.envelope(bid.raw), DEADLINE)), "subject": stage.lot.subject}
    lied = Escrow(stage.lot.announcement, stage.lot.receipt, numbers=False)
    lied.slots, lied.documents = lied.sealed([(0, canonical(act))]), {document_digest(bid.raw): bid.raw}
    stage.platform.box = lied.answer()
    stage.show(lied.log())
    with stage.refuses("box_invalid"):
        stage.release()


def test_a_lot_of_the_same_number_is_another_matter(stage):
    """What was signed for a draw opens nothing of a lot, though the platform shows its announcement there."""
    lot = Subject("lot", stage.platform.lot_id)
    stage.platform.override = lambda _method, path: (
        (200, stage.lot.announcement.raw) if path == f"/v1/{lot.path}/announcement" else None
    )
    with pytest.raises(Declined) as caught:
        stage.program.release(lot, 1)
    assert caught.value.params["reason"] == "announcement_changed"
    assert (stage.opened, stage.platform.batches) == ([], [])


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": (*ESCROW, PartRule(id="price", phase=1, pad="step", required=False))},
        {"parts": (PartRule(id="price", phase=1, pad="step", required=True),)},
        {"parts": (msgspec.structs.replace(ESCROW[0], required=False),)},
        {"min_envelopes": 2},
        {"release": "entry:draw:reveal:refused"},
    ],
)
def test_nothing_else_is_signed_under_that_name(tmp_path, changes):
    """Though ceremony and text agree with each other."""
    platform, witness, program = begin(tmp_path, **changes)
    try:
        with pytest.raises(Declined) as caught:
            program.sign(platform.ceremony_id)
        refusal = verify_refusal(program.refusals()[0].document.encode(), program.vault.public)
        assert caught.value.params["reason"] == "text_kind"
        assert (refusal.subject, refusal.ann) == (str(platform.subject), announcement_digest(platform.text))
    finally:
        program.close()
        platform.close()
        witness.close()


def test_a_matter_this_program_knows_nothing_of(tmp_path):
    platform, witness, program = begin(tmp_path)
    strange = msgspec.structs.replace(platform.view, subject=f"auction:{uuid4()}")
    platform.override = lambda method, path: ok(strange) if path.startswith("/v1/ceremonies/") else None
    try:
        with pytest.raises(Declined) as caught:
            program.make_keys(platform.ceremony_id)
        assert caught.value.params["reason"] == "text_kind"
    finally:
        program.close()
        platform.close()
        witness.close()
