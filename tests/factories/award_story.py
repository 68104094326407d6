"""From the signed report to the contract, in memory: candidates, award, letters, contract, their notices, open data.

Fragments and notices are made by the platform's own code; the payloads are those that the services journal. Played
again over the same entries with something changed, it is what a forger makes of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from bidding.proof.revealed import Result, rows_of
from experts.proof.documents import Report
from notices.ocds import building
from notices.ocds.packages import release_package
from notices.ocds.types import Fragment, OpenedBid
from notices.results.printing import source_of
from notices.results.types import Kind, Ranked, ResultFacts, ResultNotice
from portal.verify import outcome as acts
from portal.verify.ocds import REGISTERED, RELEASED
from portal.verify.record import FILED, NOTICE_PRINTED, NOTICE_PUBLISHED, NOTICE_SOURCE
from portal.verify.results import LETTER_ISSUED, LETTER_SOURCE
from tests.factories import released
from tests.factories.committee_story import EVALUATED, Evaluated, evaluated_tender, forger_of_committee
from tests.factories.evidence import PROJECT, Lot
from tests.factories.sealing import DEADLINE, SUBJECT
from trading.awards.types import Award, Bidder, reasons_digest
from trading.kernel.canonical import canonical
from trading.kernel.journal.instant import format_instant
from trading.projects.calendar import local_day
from trading.records.types import Record

LOT_ID = UUID(SUBJECT.removeprefix("lot:"))
START = EVALUATED + timedelta(hours=2)
REASONS = "第一名，投标文件实质性响应招标文件。"
Put = Callable[[str, str, datetime, Mapping[str, Any]], int]


@dataclass
class AwardStory:
    """Plays against a lot; every choice of the people in it is a field."""

    lot: Lot
    ranking: Report
    put: Put
    rank: int = 1
    """Who wins."""
    reasons: str = REASONS
    noted_reasons: str = REASONS
    """As the notices have them."""
    price: Callable[[int], int] = lambda fen: fen
    """What is told of a winner's price."""
    candidate_price: Callable[[int], int] = lambda fen: fen
    amount: Callable[[int], int] = lambda fen: fen
    fragment: Callable[[str, Fragment], Fragment] = lambda _tag, fragment: fragment
    body: Callable[[str, bytes], bytes] = lambda _tag, body: body
    now: datetime = START
    papers: list[bytes] = field(default_factory=list)
    letters: dict[str, bytes] = field(default_factory=dict)
    releases: list[bytes] = field(default_factory=list)

    @property
    def rows(self) -> list[Result]:
        return rows_of(self.lot.box(), self.lot.results)

    @property
    def bidders(self) -> list[Bidder]:
        rows = {row["env"]: row for row in self.rows}
        return [
            Bidder(
                env=line.env,
                org_id=None,
                organisation=rows[line.env]["organisation"],
                uscc=rows[line.env]["uscc"],
                rank=line.rank,
                price_fen=self.candidate_price(rows[line.env]["price_fen"]),
                total_hundredths=line.total,
                is_candidate=line.rank is not None,
            )
            for line in sorted(self.ranking.lines, key=lambda line: line.rank or 99)
        ]

    @property
    def candidates(self) -> list[Bidder]:
        return [bidder for bidder in self.bidders if bidder.is_candidate]

    @property
    def winner(self) -> Bidder:
        won = self.candidates[self.rank - 1]
        return msgspec.structs.replace(won, price_fen=self.price(won.price_fen or 0))

    def step(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def play(self) -> "AwardStory":
        """All of it, and the lot shows it."""
        self._register()
        self._open()
        told = {
            "ends_at": format_instant(self.now + timedelta(days=3)),
            "candidates": [
                {**_told(item), "total": item.total_hundredths, "env": item.env} for item in self.candidates
            ],
        }
        self.put(acts.PUBLICITY_BEGUN, SUBJECT, self.step(), told)
        notice = self._publish("candidates")
        self._release("tenderUpdate", building.candidates(notice, self.bidders), "publicised")
        decision = self._decide()
        notice = self._publish("award", decided=decision)
        self._release("award", building.awarded(notice, decision), "awarded")
        contract, signed_on = UUID(int=31), local_day(self.now)
        amount = self.amount(self.winner.price_fen or 0)
        digest = sha256(b"contract").hexdigest()
        recorded = {"contract": str(contract), "decision": str(decision.id), "digest": digest, "amount_fen": amount}
        recorded["signed_on"] = signed_on.isoformat()
        self.put(acts.CONTRACT_RECORDED, SUBJECT, self.step(), recorded)
        self.put(acts.CONTRACT_CONFIRMED, SUBJECT, self.step(), {"contract": str(contract), "digest": digest})
        notice = self._publish("contract", decided=decision, amount_fen=amount, signed_on=signed_on)
        fragment = building.contracted(notice, contract_id=contract, award_id=decision.id)
        self._release("contract", fragment, "contracted")
        self.show()
        return self

    def show(self) -> Lot:
        self.lot.award_notices = list(self.papers)
        out = [released.stored(body) for body in self.releases]
        self.lot.ocds = release_package(out, released.PUBLISHER, base_url=released.BASE_URL, path="/x") if out else None
        self.lot.receipts |= {f"letter-{name}.pdf": data for name, data in self.letters.items()}
        return self.lot

    def _register(self) -> None:
        lots = [{"id": str(LOT_ID), "ceiling_fen": released.lot().ceiling_fen}]
        self.put(REGISTERED, PROJECT, self.step(), {"tenderer": released.BUYER[1], "lots": lots})
        notice = released.notice(released.lot(LOT_ID), deadline=DEADLINE, pdf=sha256(self.lot.notice).hexdigest())
        self._file(self.lot.notice, PROJECT)
        fragment = building.tender(notice, buyer=released.BUYER, agency=None, method="招标", category="works")
        self._release("tender", fragment, "published")

    def _open(self) -> None:
        bids = [OpenedBid(row["env"], row["organisation"], row["uscc"], row["price_fen"]) for row in self.rows]
        assert self.lot.opening_record is not None
        digest = self._file(self.lot.opening_record, SUBJECT)
        record = Record(UUID(int=5), SUBJECT, "opening-record", "r", "application/pdf", digest, 1, None, self.now)
        fragment = building.opened(released.lot(LOT_ID), bids, made_at=self.now, record=record)
        self._release("tenderUpdate", fragment, "opened")

    def _decide(self) -> Award:
        at, won = self.step(), self.winner
        told = {**_told(won), "env": won.env, "passed_over": [], "reasons": reasons_digest(self.reasons)}
        self.put(acts.AWARDED, SUBJECT, at, told)
        decision = Award(
            id=UUID(int=30),
            number=1,
            winner=won,
            passed_over=(),
            reasons=self.noted_reasons,
            decided_at=at,
            report_by=at,
            entry_id=UUID(int=1),
        )
        for bidder in self.bidders:
            self._letter(bidder, decision)
        return decision

    def _letter(self, bidder: Bidder, decision: Award) -> None:
        kind, at = "award" if bidder.env == decision.winner.env else "result", self.step()
        source = canonical(
            {
                "format": "trading-letter/1",
                "kind": kind,
                "lot": str(LOT_ID),
                "decision": str(decision.id),
                "to": {"organisation": bidder.organisation, "uscc": bidder.uscc},
                "winner": _told(decision.winner),
                "issued_at": format_instant(at),
            }
        )
        data = self.lot.sealed(LETTER_SOURCE, source, at)
        self.letters[bidder.env[:6]] = data
        told = {"letter": f"l-{bidder.env[:6]}", "kind": kind, "env": bidder.env, "digest": self._file(data, SUBJECT)}
        self.put(LETTER_ISSUED, SUBJECT, at, told)

    def _publish(self, kind: Kind, *, decided: Award | None = None, **told: Any) -> ResultNotice:
        at, lot = self.step(), released.lot(LOT_ID)
        won = self.winner if decided else None
        facts = ResultFacts(
            project_name=lot.project_name,
            project_code=lot.project_code,
            unified_code=lot.unified_code,
            lot_number=lot.number,
            lot_name=lot.name,
            tenderer_name=lot.tenderer_name,
            agency_name=None,
            candidates=tuple(_ranked(item) for item in self.candidates),
            starts_on=at.date(),
            ends_on=at.date(),
            reply_days=3,
            winner=_ranked(won) if won else None,
            decided_on=local_day(decided.decided_at) if decided else None,
            reasons_digest=decided.reasons_digest if decided else None,
            **told,
        )
        number = len(self.papers) + 1
        notice = ResultNotice(
            id=UUID(int=40 + number),
            lot_id=LOT_ID,
            kind=kind,
            subject_id=LOT_ID,
            title=f"{kind} 公告",
            facts=facts,
            digest="",
            code="",
            published_at=at,
            pdf_record_id=None,
            pdf_digest=None,
        )
        source = source_of(notice, {"kind": kind, "facts": msgspec.json.decode(msgspec.json.encode(facts))})
        shown = {"notice": str(notice.id), "kind": kind, "digest": sha256(source).hexdigest()}
        self.put(NOTICE_PUBLISHED, SUBJECT, at, shown)
        paper = self.lot.sealed(NOTICE_SOURCE, source, at)
        self.papers.append(paper)
        digest = self._file(paper, SUBJECT)
        self.put(NOTICE_PRINTED, SUBJECT, self.step(), {"notice": str(notice.id), "digest": digest})
        return msgspec.structs.replace(notice, pdf_digest=digest)

    def _file(self, data: bytes, subject: str) -> str:
        digest = sha256(data).hexdigest()
        self.put(FILED, subject, self.step(), {"digest": digest, "kind": "pdf"})
        return digest

    def _release(self, tag: str, fragment: Fragment, state: str) -> None:
        number, lot = len(self.releases) + 1, released.lot(LOT_ID, state)
        at = self.step()
        body = released.whole(self.fragment(tag, fragment), lot, number=number, tag=tag, at=at)
        body = self.body(f"{number}-{tag}", body)
        told = {"release": f"{released.OCID}-{number:03d}-{tag}", "tag": tag, "digest": sha256(body).hexdigest()}
        self.put(RELEASED, PROJECT, at, told)
        self.releases.append(body)


@dataclass
class Concluded:
    """The whole line with its people."""

    before: Evaluated
    story: AwardStory
    places: list[int]
    """The entries that the story wrote."""

    @property
    def lot(self) -> Lot:
        return self.story.lot


def concluded_tender() -> Concluded:
    """Everything verifies."""
    before = evaluated_tender()
    log, places = before.lot.log, []

    def put(action: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> int:
        places.append(log.append(action, subject, at, payload))
        return places[-1]

    report = msgspec.json.decode(before.document.report, type=Report)
    story = AwardStory(before.lot, report, put).play()
    log.stamp(story.now + timedelta(minutes=1))
    return Concluded(before, story, places)


def forger_of_award(true: Concluded) -> Concluded:
    """A copy without the keys of witness, experts and bidders."""
    before = forger_of_committee(true.before)
    lot = before.lot
    story = replace(
        true.story,
        lot=lot,
        papers=list(true.story.papers),
        letters=dict(true.story.letters),
        releases=list(true.story.releases),
    )
    return Concluded(before, story, true.places)


def played_again(forged: Concluded, **changed: Any) -> Lot:
    """The whole story anew with something changed, over the same entries, everything sealed and journalled again."""
    log, places = forged.lot.log, iter(forged.places)

    def put(action: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> int:
        index = next(places)
        assert log.entries[index].action == action
        log.entries[index] = replace(log.entries[index], subject=subject, at=at, payload=dict(payload))
        return index

    forged.story = AwardStory(forged.lot, forged.story.ranking, put, **changed).play()
    log.rebuild()
    return forged.lot


def _told(bidder: Bidder) -> dict[str, Any]:
    return {
        "rank": bidder.rank,
        "organisation": bidder.organisation,
        "uscc": bidder.uscc,
        "price_fen": bidder.price_fen,
    }


def _ranked(item: Bidder) -> Ranked:
    return Ranked(item.rank or 0, item.organisation, item.uscc, item.price_fen or 0, item.total_hundredths or 0)
