"""Open data (开放数据): each release is the one that was journalled, and says what the journal and the opening say.

Its digest is one entry; deadline, bidders, prices, award and contract are other entries, or the bids themselves. Who
changes a value and journals the changed release has all of those to contradict him, and the witness.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from bidding.proof import Mismatch
from bidding.proof.revealed import Result
from bidding.proof.settled import digest_of
from bidding.sealing.framing import format_instant
from portal.evidence.layout import OCDS, Manifest
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.outcome import Outcome
from portal.verify.record import FILED, MADE, NOTICE_PUBLISHED
from portal.verify.report import Report

RELEASED = "notices:release:made"
REGISTERED = "projects:registration:accepted"
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
Told = Mapping[str, Any]


class _Package(msgspec.Struct, frozen=True):
    releases: tuple[msgspec.Raw, ...]


class _Judge:
    """What releases are compared with."""

    def __init__(self, manifest: Manifest, announced: Announced, journal: Journal, outcome: Outcome) -> None:
        self.manifest, self.announced, self.journal, self.outcome = manifest, announced, journal, outcome
        self.lot = manifest.lot.removeprefix("lot:")
        registered = journal.one(REGISTERED, manifest.project)
        self.registered: Told = registered.entry.payload if registered else {}
        self.filed = {
            found.entry.payload.get("digest")
            for subject in (manifest.project, manifest.lot)
            for found in journal.find(FILED, subject)
        }

    def release(self, told: Told, found: Found) -> None:
        """One release, part by part."""
        tender = told["tender"]
        self._tender(tender)
        if "buyer" in told:
            self._buyer(told["buyer"])
        self._documents(told)
        bids = [item for item in told.get("bids", {}).get("details", ()) if self._here(item)]
        if any("tenderers" in item or "value" in item for item in bids):
            self._opened(tender, bids, found)
        self._ranked([item for item in bids if "rank" in item])
        for item in told.get("awards", ()):
            if self._here(item):
                self._award(item, found)
        for item in told.get("contracts", ()):
            self._contract(item)

    def _here(self, item: Told) -> bool:
        return self.lot in item.get("relatedLots", ())

    def _tender(self, tender: Told) -> None:
        if "tenderPeriod" in tender:
            published = self.journal.find(NOTICE_PUBLISHED, self.manifest.project)
            deadline = format_instant(self.announced.deadline)
            known = {found.entry.payload["deadline_at"] for found in published} | {deadline}
            if {tender["tenderPeriod"]["endDate"]} != known:
                raise Mismatch("ocds.deadline", shown=tender["tenderPeriod"]["endDate"])
        ceilings = {item["id"]: item["ceiling_fen"] for item in self.registered.get("lots", ())}
        if "value" in tender:
            _same_value(tender["value"], sum(fen for fen in ceilings.values() if fen is not None))
        for lot in tender.get("lots", ()):
            if "value" in lot:
                _same_value(lot["value"], ceilings.get(lot["id"]))
        if "procuringEntity" in tender:
            self._buyer(tender["procuringEntity"])

    def _buyer(self, reference: Told) -> None:
        if _code(reference) != self.registered.get("tenderer"):
            raise Mismatch("ocds.buyer", shown=reference["name"])

    def _documents(self, told: Told) -> None:
        """Every file it names by a digest was filed under that digest."""
        parts = [told["tender"], *told.get("awards", ()), *told.get("contracts", ())]
        for document in (document for part in parts for document in part.get("documents", ())):
            others = document.get("relatedLots") not in (None, [self.lot])
            if not others and document["sha256"] not in self.filed:
                raise Mismatch("ocds.document", document=document["title"])

    def _opened(self, tender: Told, bids: Sequence[Told], found: Found) -> None:
        made = self.journal.one(MADE, self.manifest.lot)
        if made is None or found.index < made.index:
            raise Mismatch("ocds.early")
        rows = self.outcome.rows
        if rows is None:
            return
        if [item["id"] for item in bids] != [row["env"] for row in rows]:
            raise Mismatch("ocds.bidder", count=len(bids))
        for item, row in zip(bids, rows, strict=True):
            _same_bidder(item.get("tenderers", ()), row)
            if ("value" in item) != (row["price_fen"] is not None):
                raise Mismatch("ocds.value", env=row["env"])
            if "value" in item:
                _same_value(item["value"], row["price_fen"], env=row["env"])
        known = {row["uscc"] for row in rows if row["organisation"] is not None and row["uscc"] is not None}
        shown = {_code(item) for item in tender.get("tenderers", ())}
        alone = len(self.registered.get("lots", ())) == 1
        if shown != known or (alone and tender.get("numberOfTenderers", 0) != len(known)):
            raise Mismatch("ocds.bidder", count=len(tender.get("tenderers", ())))

    def _ranked(self, bids: Sequence[Told]) -> None:
        if not bids:
            return
        shown = {(item["id"], item["rank"], item["totalScore"] * 100, item["status"]) for item in bids}
        known = {(item["env"], item["rank"], item["total"], "valid") for item in self.outcome.candidates}
        if shown != known:
            raise Mismatch("ocds.rank", count=len(bids))

    def _award(self, item: Told, found: Found) -> None:
        if item["status"] == "cancelled":
            if not any(fallen.entry.payload["decision"] == item["id"] for fallen in self.outcome.annulled):
                raise Mismatch("ocds.award", award=item["id"])
            return
        before = (award for award in self.outcome.awarded if award.index < found.index)
        award = next((award for award in before if format_instant(award.entry.at) == item["date"]), None)
        payload: Told = award.entry.payload if award else {}
        shown = [(_code(supplier), supplier["name"]) for supplier in item["suppliers"]]
        if item["relatedBid"] != payload.get("env") or shown != [(payload["uscc"], payload["organisation"])]:
            raise Mismatch("ocds.award", award=item["id"])
        _same_value(item["value"], payload["price_fen"], award=item["id"])

    def _contract(self, item: Told) -> None:
        told = self.outcome.contract(item["id"])
        if told is None:
            others = self.registered.get("lots", ())
            if len(others) == 1:
                raise Mismatch("ocds.contract", contract=item["id"])
            return  # of another lot of the project
        if item["awardID"] != told["decision"] or not _is_day(item["dateSigned"], told["signed_on"]):
            raise Mismatch("ocds.contract", contract=item["id"])
        _same_value(item["value"], told["amount_fen"], contract=item["id"])


def check_ocds(
    folder: Folder, manifest: Manifest, announced: Announced, journal: Journal, *, outcome: Outcome, report: Report
) -> None:
    """The package of the project; one from before there was open data has neither entries nor package."""
    made = journal.find(RELEASED, manifest.project)
    if OCDS not in folder:
        if made:
            report.failed("ocds.missing", count=len(made))
        return
    raw: tuple[bytes, ...] = ()
    with report.check("ocds.journalled", otherwise="ocds.form", count=len(made)):
        raw = tuple(bytes(item) for item in msgspec.json.decode(folder.read(OCDS), type=_Package).releases)
        _check_journal(raw, made, journal)
    judge = _Judge(manifest, announced, journal, outcome)
    for body, found in zip(raw, made, strict=False):
        told = _DECODER.decode(body)
        with report.check("ocds.release", otherwise="ocds.form", release=found.entry.payload["release"]):
            judge.release(told, found)


def _check_journal(raw: Sequence[bytes], made: Sequence[Found], journal: Journal) -> None:
    """Exactly those that were journalled, letter by letter and in their order, under the witness's name."""
    if len(raw) != len(made):
        raise Mismatch("ocds.missing" if len(raw) < len(made) else "ocds.unjournalled", count=len(raw))
    for body, found in zip(raw, made, strict=True):
        told, known, at = _DECODER.decode(body), found.entry.payload, format_instant(found.entry.at)
        named = (told["id"], told["tag"], told["date"]) == (known["release"], [known["tag"]], at)
        if not named or digest_of(body) != known["digest"]:
            raise Mismatch("ocds.unjournalled", release=told["id"])
        if found.index >= journal.witnessed:
            raise Mismatch("ocds.unwitnessed", release=told["id"])


def _code(reference: Told) -> str:
    """The organisation's own code behind the register's name."""
    return str(reference["id"]).rsplit("-", 1)[-1]


def _same_bidder(tenderers: Sequence[Told], row: Result) -> None:
    named = row["organisation"] is not None and row["uscc"] is not None
    wanted = [(row["uscc"], row["organisation"])] if named else []
    if [(_code(item), item["name"]) for item in tenderers] != wanted:
        raise Mismatch("ocds.bidder", env=row["env"])


def _same_value(value: Told, fen: int | None, **where: object) -> None:
    if fen is None or value["currency"] != "CNY" or value["amount"] * 100 != fen:
        raise Mismatch("ocds.value", shown=value["amount"], journalled=fen, **where)


def _is_day(instant: str, day: str) -> bool:
    """Whether an instant is 00:00 of a day in Beijing."""
    return datetime.fromisoformat(instant) == datetime.fromisoformat(f"{day}T00:00:00+08:00")
