"""Releases as the platform writes them, from plain facts and without a database."""

import datetime as dt
import hashlib
from typing import TypeVar
from uuid import UUID

import msgspec

from notices.ocds import building
from notices.ocds.types import Award, Contract, Fragment, Lot, OpenedBid, Publisher, Release, StoredRelease
from notices.ocds.writing import instant, read, written
from notices.types import LotFacts, NoticeFacts, NoticeView
from tests.factories.notices import TEXTS
from trading.projects.types import LotView
from trading.projects.types import Milestone as Step
from trading.records.types import Record

T = TypeVar("T", Award, Contract)
PROJECT = "01936f0e-7b7a-7cc0-8000-0000000000aa"
PROJECT_ID = UUID(PROJECT)
PUBLISHER = Publisher(name="某市公共资源交易中心")
CODE = "A0212350100M000100Y4320261123000001Q"
OCID = f"ocds-000000-{CODE}"
BASE_URL = "https://platform.example"
LOT_ID = UUID(int=7)
AT = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
DEADLINE = dt.datetime(2026, 12, 20, 1, 30, tzinfo=dt.UTC)
BUYER = ("某市水务局", "11350100M000100Y4X")


def stored(body: bytes) -> StoredRelease:
    """A release as the platform keeps it."""
    told = read(body)
    at = dt.datetime.fromisoformat(told["date"])
    digest = hashlib.sha256(body).hexdigest()
    return StoredRelease(told["id"], told["ocid"], PROJECT, told["tag"][0], at, digest, body)


def lot(lot_id: UUID = LOT_ID, state: str = "published") -> LotView:
    return LotView(
        id=lot_id,
        project_id=PROJECT_ID,
        project_code="2611-350100-04-01-100001",
        unified_code=CODE,
        project_name="水厂",
        number="001",
        name="一标段",
        scope="土建",
        state=state,
        profile="works_open_tender",
        profile_digest="00" * 32,
        tenderer_org_id=UUID(int=1),
        tenderer_name=BUYER[0],
        agency_org_id=None,
        agency_name=None,
        estimate_fen=1,
        ceiling_fen=100_000_00,
        deposit_fen=0,
        duration_days=360,
        quality="合格",
        validity_days=90,
        issue_from=AT.date(),
        issue_to=AT.date(),
        deadline_at=DEADLINE,
        min_bidders=3,
        participants_public_at=None,
    )


def notice(one: LotView, *, deadline: dt.datetime = DEADLINE, pdf: str = "ab" * 32) -> NoticeView:
    facts = NoticeFacts(
        project_name=one.project_name,
        project_code=one.project_code,
        unified_code=one.unified_code,
        region="350100",
        funding="government",
        tenderer_name=BUYER[0],
        agency_name=None,
        issue_from=one.issue_from,
        issue_to=one.issue_to,
        deadline_at=deadline,
        clarify_until=AT.date(),
        objection_until=AT.date(),
        reply_days=3,
        validity_days=90,
        min_bidders=3,
        lots=(LotFacts(one.id, one.number, one.name, one.scope, one.ceiling_fen, 0, 360, one.quality),),
    )
    return NoticeView(
        id=UUID(int=9),
        project_id=one.project_id,
        kind="tender-notice",
        title=f"{one.project_name}招标公告",
        state="published",
        region="350100",
        texts=TEXTS,
        facts=facts,
        open_until=deadline,
        drafted_by=UUID(int=2),
        published_at=AT,
        digest="cd" * 32,
        pdf_digest=pdf,
        pdf_record_id=None,
        entry_id=None,
    )


def record(name: str, kind: str, at: dt.datetime = AT) -> Record:
    return Record(UUID(int=11), f"lot:{LOT_ID}", kind, name, "application/pdf", "ef" * 32, 10, at, at)


def whole(fragment: Fragment, one: LotView, *, number: int, tag: str, at: dt.datetime) -> bytes:
    """A fragment as it goes out: numbered, dated, its lots with their status."""
    tender = fragment.tender
    assert tender is not None
    known = {item.id: item for item in tender.lots}.get(str(one.id), Lot(id=str(one.id)))
    status = building.lot_status(one.state)
    told = msgspec.structs.replace(
        tender,
        status=building.tender_status([one.state]),
        number_of_tenderers=len(tender.tenderers) or None,
        documents=tuple(msgspec.structs.replace(d, url=f"{BASE_URL}{d.url}") for d in tender.documents),
        milestones=building.steps([Step("deadline", "bidder", one.deadline_at, None, None)], one, {"deadline": "截止"}),
        lots=(msgspec.structs.replace(known, status=status),),
    )
    parts = {name: getattr(fragment, name) for name in ("parties", "buyer", "bids")}
    return written(
        Release(
            ocid=OCID,
            id=f"{OCID}-{number:03d}-{tag}",
            date=instant(at),
            tag=(tag,),
            initiation_type="tender",
            language="zh",
            tender=told,
            awards=tuple(_addressed(item) for item in fragment.awards),
            contracts=tuple(_addressed(item) for item in fragment.contracts),
            **parts,
        )
    )


def _addressed(item: T) -> T:
    documents = tuple(msgspec.structs.replace(d, url=f"{BASE_URL}{d.url}") for d in item.documents)
    return msgspec.structs.replace(item, documents=documents)


def tender_release() -> bytes:
    """招标公告 of one lot."""
    fragment = building.tender(notice(lot()), buyer=BUYER, agency=None, method="工程施工公开招标", category="works")
    tender = fragment.tender
    assert tender is not None
    papers = building.filed([record("招标文件.pdf", "tender-document")], lot())
    fragment = msgspec.structs.replace(
        fragment, tender=msgspec.structs.replace(tender, documents=(*tender.documents, *papers))
    )
    return whole(fragment, lot(), number=1, tag="tender", at=AT)


def opened_release() -> bytes:
    """开标 of it."""
    at = DEADLINE + dt.timedelta(hours=1)
    bids = [OpenedBid("a" * 32, "甲建设", "91310000000000000A", 98_000_05), OpenedBid("b" * 32, None, None, None)]
    fragment = building.opened(lot(), bids, made_at=at, record=record("开标记录.pdf", "opening-record", at))
    return whole(fragment, lot(state="opened"), number=2, tag="tenderUpdate", at=at)
