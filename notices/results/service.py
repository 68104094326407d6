"""Publishing what a result has come to: nobody drafts it, its words are the recorded facts.

The tenderer has decided each of these facts; the platform publishes them as they are (发改委令第10号 arts. 6, 7).
"""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from notices import entries
from notices.events import ResultPublished
from notices.results.models import ResultNoticeRow
from notices.results.reads import result_notices
from notices.results.types import Kind, Ranked, ResultFacts
from trading.awards import reads as awards
from trading.awards.types import Bidder, Outcome
from trading.kernel import canonical
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id, random_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.outbox import emit
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.projects.types import LotView

TITLES: dict[Kind, str] = {"candidates": "中标候选人公示", "award": "中标结果公告", "contract": "合同订立公告"}


async def publish_results(session: AsyncSession, actor: Actor, *, lot_id: UUID) -> None:
    """Publish what of a lot's result stands and is not published yet."""
    await lock(session, f"result-notices:{lot_id}")
    lot = await projects.lot(session, lot_id)
    found = await awards.outcome(session, lot_id)
    out = {(item.kind, item.title): item for item in await result_notices(session, lot_id=lot_id, limit=100)}
    wanted: list[tuple[Kind, UUID]] = []
    if found.publicity_from is not None:
        wanted.append(("candidates", lot_id))
    if found.award is not None:
        wanted.append(("award", found.award.id))
    if found.contract is not None and found.contract.outcome == "confirmed":
        wanted.append(("contract", found.contract.id))
    for kind, subject_id in wanted:
        number = f"（第{found.award.number}次）" if kind == "award" and found.award and found.award.number > 1 else ""
        title = f"{lot.project_name}{lot.name}{TITLES[kind]}{number}"
        if (kind, title) not in out:
            await _publish(session, actor, lot, found, kind=kind, subject_id=subject_id, title=title)


async def attach_pdf(session: AsyncSession, actor: Actor, *, notice_id: UUID, record_id: UUID, digest: str) -> None:
    """The PDF of a published result notice, once."""
    row = await session.get_one(ResultNoticeRow, notice_id, with_for_update=True, populate_existing=True)
    row.pdf_record_id, row.pdf_digest = record_id, digest
    shown = {"notice": str(row.id), "record": str(record_id), "digest": digest}
    await append(session, actor, entries.PRINTED, subject=f"lot:{row.lot_id}", payload=shown)
    await session.flush()


async def _publish(
    session: AsyncSession, actor: Actor, lot: LotView, found: Outcome, *, kind: Kind, subject_id: UUID, title: str
) -> None:
    facts = await _facts(session, lot, found, kind)
    body = {"kind": kind, "facts": msgspec.json.decode(msgspec.json.encode(facts))}
    digest = canonical.digest({"title": title, **body}).hex()
    now, notice_id = await platform_now(session), new_id()
    shown = {"notice": str(notice_id), "kind": kind, "digest": digest, "published_at": rfc3339(now)}
    entry = await append(session, actor, entries.PUBLISHED, subject=f"lot:{lot.id}", payload=shown, at=now)
    session.add(
        ResultNoticeRow(
            id=notice_id,
            lot_id=lot.id,
            kind=kind,
            subject_id=subject_id,
            title=title,
            body=body,
            digest=digest,
            code=random_id(),
            published_at=now,
            entry_id=entry,
        )
    )
    await session.flush()
    await emit(session, ResultPublished(notice_id=str(notice_id)))


async def _facts(session: AsyncSession, lot: LotView, found: Outcome, kind: Kind) -> ResultFacts:
    assert found.publicity is not None  # nothing is published before its publicity
    profile = await awards.rules_of(session, lot)
    award = found.award if kind != "candidates" else None
    contract = found.contract if kind == "contract" else None
    return ResultFacts(
        project_name=lot.project_name,
        project_code=lot.project_code,
        unified_code=lot.unified_code,
        lot_number=lot.number,
        lot_name=lot.name,
        tenderer_name=lot.tenderer_name,
        agency_name=lot.agency_name,
        candidates=tuple(_ranked(item) for item in found.candidates),
        starts_on=found.publicity.starts_on,
        ends_on=found.publicity.ends_on,
        reply_days=profile.parameter("result_reply", found.publicity.starts_on).value,
        winner=_ranked(award.winner) if award else None,
        decided_on=local_day(award.decided_at) if award else None,
        reasons_digest=award.reasons_digest if award else None,
        amount_fen=contract.amount_fen if contract else None,
        signed_on=contract.signed_on if contract else None,
    )


def _ranked(item: Bidder) -> Ranked:
    return Ranked(item.rank or 0, item.organisation, item.uscc, item.price_fen or 0, item.total_hundredths or 0)
