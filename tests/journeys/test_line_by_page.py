"""The whole line by page, over HTTP forms: what each role sees, does, and is told when it takes a wrong turn.

Sealing and signing need a browser's script and are tested in one; here bids are sealed in the test. The trustees use
the pages of their own programs.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from portal.demo.line import SEATS, Line, Tender, after
from portal.demo.people import PEOPLE
from portal.demo.programs import PASSPHRASE
from portal.demo.secrets import totp_secret
from tests.journeys.browser import Browser, Page
from tests.journeys.lots import open_lot
from tests.journeys.people import Bidder, announced
from tests.journeys.tenders import DOCUMENT, project_code

NAME = "临江大道改造工程"
LAST = len(SEATS) - 1
TEXTS = {
    "overview": "道路全长 2.8 公里",
    "qualification": "市政公用工程施工总承包二级及以上",
    "contact_name": "陈工",
    "contact_phone": "0591-00000000",
    "contact_address": "临江市滨江路 1 号",
}
LOT = {
    "lots.0.name": "一标段施工",
    "lots.0.scope": "道路、排水、照明",
    "lots.0.estimate_fen": "1,350,000.00",
    "lots.0.ceiling_fen": "1,350,000.00",
    "lots.0.deposit_fen": "20,000",
    "lots.0.duration_days": "600",
    "lots.0.quality": "合格",
}


@dataclass
class Desk:
    """Everybody's browsers, and the tender they work on."""

    line: Line
    stack: ExitStack
    browsers: dict[str, Browser] = field(default_factory=dict)
    tender: Tender | None = None
    receipts: list[dict[str, object]] = field(default_factory=list)

    def person(self, login: str = "") -> Browser:
        """A browser of a person, signed in; without a login a visitor's."""
        if login not in self.browsers:
            self.browsers[login] = self.stack.enter_context(Browser(self.line.places.base_url))
            person = next((person for person in PEOPLE if person.login == login), None)
            if person:
                assert self.browsers[login].sign_in(login, totp_secret(person)).path == "/today"
        return self.browsers[login]

    def trustee(self, seat: str) -> Browser:
        """A trustee at the page of his own program, unlocked."""
        key = f"own:{seat}"
        if key not in self.browsers:
            self.browsers[key] = browser = self.stack.enter_context(Browser(self.line.places.trustees[seat]))
            fields = dict(browser.page.form("/unlock").fields)
            typed: dict[str, object] = {name: PASSPHRASE for name in ("passphrase", "again") if name in fields}
            browser.send("/unlock", "", typed)
        return self.browsers[key]

    @property
    def lot(self) -> str:
        assert self.tender is not None
        return f"/lots/{self.tender.lot_id}"


@pytest.fixture(scope="module")
def desk(line: Line) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(line, stack)


def told(page: Page, status: int, *words: str) -> None:
    """The page has this status and says so."""
    assert page.status == status, page.text[:400]
    for each in words:
        assert each in page.text, f"{each!r} not in {page.text[:2000]}"


# ---- 1: register


def test_a_draft_with_an_unlawful_date_is_shown_again_with_article_and_lawful_day(desk: Desk) -> None:
    tenderer = desk.person("tenderer")
    page = tenderer.follow("Register a project")
    fields = dict(page.form("/projects/new").fields)
    typed = {**LOT, "name": NAME, "code": project_code(), "region": "350100"}
    typed |= {"category": page.form("/projects/new").choice("category", "A02")}
    typed |= {"funding": page.form("/projects/new").choice("funding", ""), "notice_on": fields["notice_on"]}
    empty = tenderer.send("/projects/new", "Check and continue", name="")
    assert empty.status == 422
    assert empty.problem("name") == "Error: Please fill this in."
    typed["funding"] = "government"
    page = tenderer.send("/projects/new", "Check and continue", typed, deadline_at=f"{fields['issue_to']}T09:30")
    assert page.status == 422
    assert "at least 20 days from the first day of issue (Tendering Law, art. 24)" in page.problem("deadline_at")
    assert fields["deadline_at"][:4] in page.problem("deadline_at")
    assert dict(page.form("/projects/new").fields)["name"] == NAME


def test_at_the_earliest_lawful_dates_it_is_registered_after_one_last_look(desk: Desk) -> None:
    tenderer = desk.person("tenderer")
    tenderer.send("/projects/new", "Fill in the earliest lawful dates")
    page = tenderer.send("/projects/new", "Check and continue")
    told(page, 200, NAME, "¥1,350,000.00")
    typed = {"confirm_provisional": "on"} if page.has("confirm_provisional") else {}
    page = tenderer.send("/register", "Register", typed)
    told(page, 200, "Registered. Receipt number", "Upload the tender documents")
    project_id = page.path.rsplit("/", 1)[1]
    found = desk.line.person("tenderer").get(f"/v1/projects/{project_id}")["lots"][0]
    desk.tender = Tender(project_id, found["id"], desk.line.now())


# ---- 2: publish


def test_document_and_notice_are_prepared_by_the_tenderer_and_published_by_an_official(desk: Desk) -> None:
    assert desk.tender is not None
    tenderer, project = desk.person("tenderer"), f"/projects/{desk.tender.project_id}"
    told(desk.person().open(project), 404)
    tenderer.open(project)
    page = tenderer.send("/documents", "Upload", files={"file": ("招标文件.pdf", DOCUMENT, "application/pdf")})
    told(page, 200, "招标文件.pdf")
    tenderer.open(f"{project}/notices/new")
    page = tenderer.send("/notices/new", "Save and preview", overview="")
    assert page.status == 422
    assert page.problem("overview") == "Error: Please fill this in."
    page = tenderer.send("/notices/new", "Save and preview", TEXTS)
    told(page, 200, "It is not public yet.", "道路全长 2.8 公里")
    notice = page.path
    told(desk.person().open(notice), 404)
    told(tenderer.open(f"{notice}/publish"), 403)
    official = desk.person("official2")
    told(official.open("/today"), 200, "A notice waits to be published")
    official.open(notice)
    told(official.follow("Publish"), 200)
    told(official.send("/publish", "Publish"), 200, "The notice is published.")
    told(desk.person().open("/notices"), 200, NAME)
    told(desk.person().open(notice), 200, "道路全长 2.8 公里", "招标文件.pdf")
    assert desk.line.anyone.get(f"/v1{desk.lot}")["lot"]["state"] == "published"


# ---- 3: keys


def test_before_the_keys_bidders_and_trustees_are_told_to_wait(desk: Desk) -> None:
    told(desk.person("bidder-a").open(f"{desk.lot}/bid"), 200, "The announcement is not published yet")
    told(desk.person("bidder-a").open(f"{desk.lot}/ceremony"), 403)


def test_the_official_names_three_seats(desk: Desk) -> None:
    official = desk.person("official2")
    page = official.open(f"{desk.lot}/ceremony")
    form = page.form("/ceremony")
    holders = {"tenderer": "罗子墨", "supervisor": "高立群", "notary": "冯若兰"}
    seats = {
        f"seats.{number}.membership_id": form.choice(f"seats.{number}.membership_id", holders[seat])
        for number, seat in enumerate(SEATS)
    }
    page = official.send("/ceremony", "Begin", seats | {f"seats.{LAST}.membership_id": ""})
    assert page.status == 422
    assert page.problem(f"seats.{LAST}.membership_id")
    page = official.send("/ceremony", "Begin", seats, t="3")
    assert page.status == 422
    assert "fewer than the 3 seats" in page.problem("t")
    begun = official.send("/ceremony", "Begin", seats, t="2")
    told(begun, 200, "The ceremony has begun", "3 seats have not brought their keys", "Reduced secrecy")


def test_trustees_make_keys_and_sign_on_their_own_pages(desk: Desk) -> None:
    for seat in SEATS:
        own, platform = desk.trustee(seat), desk.person(f"trustee-{seat}")
        platform.open("/me/tokens/new")
        made = platform.send("/me/tokens/new", "Make a token", name="trustee program", scopes=["trustee"])
        told(made, 200, "The token is made")
        assert own.send("/connect", "Connect", token="x" * 43).status in {401, 403, 409}
        told(own.send("/connect", "Connect", token=made.codes()[-1]), 200, NAME)
        own.follow(NAME)
        told(own.send("/keys", "Make and hand in my keys"), 200)
    official = desk.person("official2")
    told(official.open(f"{desk.lot}/ceremony"), 200, "Awaiting signatures", "3 seats have not signed")
    official.open(f"{desk.lot}/ceremony/publish")
    told(official.send("/publish", "Publish the announcement"), 409, "3 signatures are missing; every seat must sign.")
    for seat in SEATS:
        own = desk.trustee(seat)
        own.open(own.page.url)
        told(own.send("/review", "Read the announcement to sign"), 200, "any 2 of 3 seats", "Phase 1: identity")
        told(own.send("/sign", "Sign and hand in"), 200)


def test_the_official_publishes_the_announcement_once(desk: Desk) -> None:
    official = desk.person("official2")
    official.open(f"{desk.lot}/ceremony")
    told(official.follow("Publish the announcement"), 200, "it cannot be changed")
    told(official.send("/publish", "Publish the announcement"), 200, "The announcement is published")
    official.open(f"{desk.lot}/ceremony/publish")
    told(official.send("/publish", "Publish the announcement"), 409, "This step does not exist in the present state.")
    official.open(f"{desk.lot}/ceremony/cancel")
    told(official.send("/cancel", "Cancel the ceremony", reason="too late"), 409, "where this step does not exist")
    assert desk.tender is not None
    deadline = announced(desk.line, desk.tender).deadline
    desk.tender = Tender(desk.tender.project_id, desk.tender.lot_id, deadline)


# ---- 4, 6: bids, and checking a receipt


def test_a_bidder_finds_the_form_and_the_platform_knows_no_bids(desk: Desk) -> None:
    bidder = desk.person("bidder-a")
    told(bidder.open("/today"), 200, NAME)
    told(bidder.open(f"{desk.lot}/bid"), 200, "Reduced secrecy", "The platform does not know whose envelopes it holds")
    told(desk.person("tenderer").open(f"{desk.lot}/bid"), 403)
    assert desk.tender is not None
    announcement = announced(desk.line, desk.tender)
    for number, letter in enumerate("abc"):
        sender = Bidder(desk.line, f"bidder-{letter}")
        sealed = sender.seal(announcement, price={"price_fen": 1_000_000_00 + number})
        desk.receipts.append(sender.submit(desk.tender, sealed))
    told(bidder.open(f"{desk.lot}/bid"), 200, "The platform does not know whose envelopes it holds")


def test_a_receipt_is_checked_by_anyone(desk: Desk) -> None:
    visitor, receipt = desk.person(), desk.receipts[0]
    visitor.open("/receipts/check")
    page = visitor.send("/receipts/check", "Check", receipt=json.dumps(receipt))
    told(page, 200, "The signature is valid", "Still waiting for the journal")
    desk.line.move_to(desk.line.now() + timedelta(minutes=6))
    page = visitor.send("/receipts/check", "Check", receipt=json.dumps(receipt))
    told(page, 200, "Sealed: it stands in the journal, cosigned by the witnesses.")
    forged = json.dumps({**receipt, "body": str(receipt["body"]).replace('"slot":', '"slot":1')})
    for wrong in (forged, "{}", "not a receipt"):
        page = visitor.send("/receipts/check", "Check", receipt=wrong)
        assert page.status == 422
        assert page.problem("receipt").startswith("Error: ")


# ---- 5: close, settle, reveal


def test_before_the_deadline_the_opening_says_nothing_and_opens_nothing(desk: Desk) -> None:
    told(desk.person().open(f"{desk.lot}/opening"), 200, "nobody, this platform included, can see who has bid")
    told(desk.person("bidder-a").open(f"{desk.lot}/phases/1/settle"), 403)
    official = desk.person("official2")
    official.open(f"{desk.lot}/phases/1/settle")
    told(official.send("/settle", "Fix the decisions"), 409, "The deadline has not passed", "has been journalled")
    own = desk.trustee("notary")
    own.open(own.page.url)
    page = own.send("/examine", "Check phase 1") if "Check phase 1" in own.page.text else own.page
    told(page, 409, "Declined", "the deadline has not passed", "nothing was decrypted")
    told(desk.person("bidder-a").open(f"{desk.lot}/record"), 404, "has not been made yet")


def test_at_the_deadline_the_box_is_closed_and_bids_are_no_longer_taken(desk: Desk) -> None:
    assert desk.tender is not None
    desk.line.move_to(after(desk.tender, minutes=1))
    told(desk.person("bidder-a").open(f"{desk.lot}/bid"), 200, "No bids are taken now.")
    page = desk.person().open(f"{desk.lot}/opening")
    told(page, 200, "3 (at least 3 needed)", "Nothing revealed yet", "0 seats complete, 2 needed")
    assert desk.line.opening(desk.tender)["root"] in page.codes()


def test_with_one_trustee_or_in_the_wrong_phase_nothing_is_settled(desk: Desk) -> None:
    release(desk, "notary", 1)
    official = desk.person("official2")
    told(official.open(f"{desk.lot}/opening"), 200, "1 seats complete, 2 needed")
    official.open(f"{desk.lot}/phases/1/settle")
    told(official.send("/settle", "Fix the decisions"), 409, "1 seats have sent shares and 2 are needed")
    official.open(f"{desk.lot}/phases/2/settle")
    told(official.send("/settle", "Fix the decisions"), 409, "Phase 1 is being opened now, not phase 2.")


def test_two_trustees_open_the_identities_then_the_prices(desk: Desk) -> None:
    release(desk, "tenderer", 1)
    official = desk.person("official2")
    settle(desk, 1)
    told(official.open(f"{desk.lot}/opening"), 200, "江源建设集团有限公司", "远山建筑工程有限公司")
    assert "1,000,000" not in official.page.text
    official.open(f"{desk.lot}/phases/1/settle")
    told(official.send("/settle", "Fix the decisions"), 409, "Phase 1 is settled")
    desk.line.witnessed()
    release(desk, "notary", 2)
    release(desk, "tenderer", 2)
    settle(desk, 2)
    told(desk.person().open(f"{desk.lot}/opening"), 200, "Opening", "¥1,000,000.02", "壹佰万元零贰分", "No objection")
    official.open(f"{desk.lot}/phases/2/settle")
    told(official.send("/settle", "Fix the decisions"), 409, "Phase 2 is settled")


def test_a_bidder_objects_the_official_answers_and_ends_the_opening(desk: Desk) -> None:
    bidder, official, visitor = desk.person("bidder-a"), desk.person("official2"), desk.person()
    bidder.open(f"{desk.lot}/opening")
    bidder.follow("Raise an objection")
    told(bidder.send("/objections/new", "Raise an objection", text="短"), 422)
    told(
        bidder.send("/objections/new", "Raise an objection", text="请核对本单位报价。"),
        200,
        "its receipt can be downloaded",
    )
    receipt = bidder.http.get(bidder.page.link("Receipt"))
    assert receipt.json()["sig"]
    other = desk.person("bidder-b")
    other.open(f"{desk.lot}/objections/new")
    other.send("/objections/new", "Raise an objection", text="误提的异议。")
    other.follow("Take the objection back")
    told(other.send("/withdraw", "Take the objection back"), 200, "The objection was taken back", "Taken back")
    told(visitor.open(f"{desk.lot}/opening"), 200, "请核对本单位报价。", "误提的异议。", "Waiting")
    absent = desk.person("bidder-d")
    absent.open(f"{desk.lot}/objections/new")
    told(
        absent.send("/objections/new", "Raise an objection", text="没有投标的单位。"),
        403,
        "Only a bidder that takes part",
    )
    official.open(f"{desk.lot}/opening/end")
    told(official.send("/opening/end", "End it and make the record"), 409, "Objections without an answer: 1")
    official.open(f"{desk.lot}/opening")
    official.follow("Answer the objection")
    told(
        official.send("/answer", "Answer the objection", outcome="dismissed", text="经核对一致。"),
        200,
        "The answer is out",
    )
    official.open(f"{desk.lot}/opening/end")
    told(official.send("/opening/end", "End it and make the record"), 409, "cannot be ended before")
    desk.line.move_to(desk.line.now() + timedelta(minutes=10))
    official.open(f"{desk.lot}/opening")
    official.follow("End it and make the record")
    told(official.send("/opening/end", "End it and make the record"), 200, "Opened", "Opening record", "经核对一致。")
    official.open(f"{desk.lot}/phases/2/settle")
    told(official.send("/settle", "Fix the decisions"), 409, "its opening has ended")


def test_the_record_is_there_for_all_and_is_signed_by_those_with_a_certificate(desk: Desk) -> None:
    desk.line.witnessed()
    page = desk.person().open(f"{desk.lot}/opening")
    for words, beginning in (("PDF/A", b"%PDF-"), ("Machine-readable", b"{"), ("All evidence", b"")):
        answer = desk.person().http.get(page.link(words))
        assert answer.status_code == 200
        assert answer.content.startswith(beginning)
    assert desk.person().open(f"{desk.lot}/record").path == "/sign-in"
    told(desk.person("supervisor").open(f"{desk.lot}/record"), 200, "You have no certificate yet")


def test_too_few_bids_are_not_opened_and_the_page_says_why(desk: Desk) -> None:
    lot = open_lot(desk.line, "投标人不足页面工程")
    lot.submit("a")
    desk.line.move_to(after(lot.tender, minutes=1))
    page = desk.person().open(f"/lots/{lot.tender.lot_id}/opening")
    told(page, 200, "Not opened", "There were 1 live bids; the law asks for 3.", "Not needed")


def release(desk: Desk, seat: str, phase: int) -> None:
    """A trustee looks at what would be opened, and opens it."""
    own = desk.trustee(seat)
    own.open("/".join(own.page.url.split("/")[:6]))
    told(own.send("/examine", f"Check phase {phase}"), 200, "The whole journal was replayed")
    told(own.send("/release", "Release the shares"), 200, "Released")


def settle(desk: Desk, phase: int) -> None:
    """The official fixes a phase, and it is revealed."""
    official, tender = desk.person("official2"), desk.tender
    assert tender is not None
    official.open(f"{desk.lot}/opening")
    official.follow("Fix the decisions")
    told(official.send("/settle", "Fix the decisions"), 200, f"The decisions of phase {phase} are fixed")
    revealed = lambda: bool(desk.line.opening(tender)["phases"][phase - 1]["revealed_at"])  # noqa: E731
    desk.line.until(revealed, f"phase {phase} is revealed")
