"""`trading demo open-tender`: one works tender from registration to the sealed package, on a fresh platform, over HTTP.

Four bidders: one seals with the browser modules, one has a part of 100 MB, one replaces the bid, one withdraws and
then comes late. One trustee stays away. What ends in the folder is what the platform serves as evidence, and receipts
that the bidders themselves kept; this program composes none of it.
"""

import io
import shutil
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from portal.demo import archiving, awarding, deposits, drawing, evaluating, refunding
from portal.demo.city import places_of
from portal.demo.enrolment import enrol_everyone
from portal.demo.line import Line, Tender
from portal.demo.papers import TEXTS, tender_documents
from portal.demo.rooms import book_room, set_up_rooms
from portal.demo.supervising import deal_with_early_draw
from portal.platform import EmbeddedPlatform
from portal.verify.folder import unpack

NAME = "临江市滨江大道综合改造工程"
LOT = {
    "name": "一标段施工",
    "scope": "道路、排水、照明及附属工程的施工",
    "estimate_fen": 135_000_000_00,
    "ceiling_fen": 135_000_000_00,
    "deposit_fen": 500_000_00,
    "duration_days": 600,
    "quality": "合格",
}
BIDDERS = ("bidder-a", "bidder-b", "bidder-c")
"""Whose bids are opened."""
PRESENT = ("tenderer", "notary")
"""The trustees who come; the supervisor's stays away."""
SIGNERS = ("official", "notary", "witness")
OBJECTION = ("bidder-a", "本单位的工期为 540 日历天，请核对开标一览表所列工期是否与投标函一致。")
ANSWER = "经当场核对，开标一览表所列工期 540 日历天与解密的投标函一致，异议不成立。"

Step = Callable[[str], None]


def run(platform: EmbeddedPlatform, out: Path, step: Step) -> None:
    """The whole scenario; `step` is told what comes next."""
    step("people of every role")
    enrol_everyone(platform.settings)
    line = Line(places_of(platform), platform.folder("people"), step)
    try:
        step("a roster of 300 experts is imported by one official and confirmed by another (专家入库)")
        drawing.import_roster(line)
        tender = _open(line, step)
        _bids(line, tender, step)
        _proofs(line, platform.slot_seconds, step)
        token = line.token(tender, "bidder-d")  # after the deadline none is drawn
        with closing(drawing.Phones(line.places.gateway, line.places.gateway_folder)) as phones:
            line.move_to(line.now() + drawing.ROSTER_AGE)
            drawn = drawing.run_draw(line, tender, phones)
            step("the draw was earlier than the rules allow: an alert, asked, answered, closed (监察预警)")
            deal_with_early_draw(line, tender)
            _late(line, tender, token, step)
            _opening(line, tender, step)
            step("ties to bidders are looked for, the witness unlocks the committee (回避、名单解密)")
            drawing.after_opening(line, drawn, phones)
            evaluating.run_evaluation(line, tender, phones)
        awarding.run_award(line, tender, BIDDERS)
        refunding.run_refunds(line, tender)
        line.witnessed()
        step("nothing is missing: one official proposes the sealing, another approves; sealed under Object Lock (归档)")
        package = archiving.run_archive(line, tender)
        step("evidence, as the platform serves it")
        collect(line, tender, out)
        archiving.fetch(line, package, out)
    finally:
        line.close()


def _open(line: Line, step: Step) -> Tender:
    step("register the project (登记)")
    tender = line.register(name=NAME, code="2611-350100-04-01-100001", lot=dict(LOT))
    step("the official books the opening room at the deadline and the evaluation room after it (场地预约)")
    set_up_rooms(line)
    for purpose in ("opening", "evaluation"):
        book_room(line, tender, purpose)
    step("publish the notice (发布公告)")
    line.publish(tender, tender_documents(NAME), TEXTS)
    step("three trustees make keys and sign the announcement (密钥仪式)")
    line.announce(tender)
    return tender


def _bids(line: Line, tender: Tender, step: Step) -> None:
    step("deposits: a fen short, another's account, twice, no sub-account; then paid well (投标保证金)")
    deposits.mistakes(line, tender)
    deposits.mend(line, tender)
    step("one takes its deposit back before the deadline, and nobody knows (撤回保证金)")
    refunding.take_back(line, tender)
    step("bidder a seals with the browser's modules")
    line.bid(tender, "bidder-a", "bid", price_fen=128_845_000_00, days=540, manager="王建国", browser=True)
    step("bidder b seals a part of 100 MB")
    line.bid(tender, "bidder-b", "bid", price_fen=126_500_050_05, days=520, manager="刘志强", megabytes=101)
    step("bidder c seals, and replaces the bid (修改)")
    line.bid(tender, "bidder-c", "first", price_fen=132_000_000_00, days=560, manager="何文博")
    line.bid(tender, "bidder-c", "bid", price_fen=131_000_000_00, days=560, manager="何文博", replaces="first")
    step("bidder d seals, and withdraws the bid (撤回)")
    line.bid(tender, "bidder-d", "bid", price_fen=119_999_999_00, days=500, manager="林向荣")
    line.machine("bidder-d").withdraw("bid")


def _proofs(line: Line, slot_seconds: int, step: Step) -> None:
    step("slots are sealed and witnessed; every bidder fetches the proof of the receipt")
    line.move_to(line.now() + timedelta(seconds=slot_seconds, minutes=5))
    for login in BIDDERS:
        line.machine(login).prove("bid")


def _late(line: Line, tender: Tender, token: str, step: Step) -> None:
    step("three weeks pass; the box is closed at the deadline (投标截止)")
    line.move_to(tender.deadline + timedelta(minutes=1))
    step("bidder d's deposit comes late; finance sees the lot's deposits and its books balance")
    deposits.too_late(line, tender)
    deposits.check_books(line, tender)
    step("bidder d comes late and is refused (拒收)")
    taken = line.bid(tender, "bidder-d", "late", price_fen=118_000_000_00, days=500, manager="林向荣", token=token)
    if taken:
        raise AssertionError("a late bid was taken")


def _opening(line: Line, tender: Tender, step: Step) -> None:
    for phase, what in ((1, "identities"), (2, "technical parts and prices")):
        step(f"two of three trustees release phase {phase}; settled, witnessed, revealed: {what} (开标)")
        line.open_phase(tender, phase, PRESENT)
    step("a bidder objects on the spot and is answered; the official ends the opening (开标异议, 结束开标)")
    objection = line.object_(tender, *OBJECTION)
    line.answer(tender, objection, ANSWER)
    line.end_opening(tender)
    step("the record is signed by those present and printed (开标记录)")
    for login in SIGNERS:
        line.sign_record(tender, login)
    line.until(lambda: line.opening(tender)["printed"] is not None, "the record is printed")
    line.move_to(line.now() + timedelta(minutes=1))


KEPT = ("*receipt.json", "*proof.txt", "refusal-*.json", "letter.pdf")
"""What bidders have of the platform's signatures."""


def collect(line: Line, tender: Tender, out: Path) -> None:
    """Unpack what the platform serves, and lay the bidders' own receipts beside it."""
    out.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(line.anyone.raw(f"/v1/lots/{tender.lot_id}/evidence"))) as archive:
        unpack(archive, out)
    receipts = out / "receipts"
    receipts.mkdir(exist_ok=True)
    for machine in sorted(line.workspace.glob("bidder-*")):
        kept = (path for pattern in KEPT for path in machine.glob(f"*/{pattern}"))
        for found in sorted(kept):
            shutil.copyfile(found, receipts / f"{machine.name}-{found.parent.name}-{found.name}")
