"""Award and result letters (中标通知书, 中标结果通知书): sealed and filed once a decision stands, delivery noted.

招标投标法 45: the winner is told and every other bidder too. The days to the contract count from the award letter.
"""

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import entries
from trading.awards.errors import LetterUnknown
from trading.awards.models import LetterReceiptRow, LetterRow
from trading.awards.printing import CSS, letter_html
from trading.awards.reads import outcome
from trading.awards.rules import due
from trading.awards.store import locked_lot, rules_of
from trading.awards.types import Award, Bidder
from trading.kernel.canonical import canonical
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id, random_id
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore
from trading.kernel.pdf import Attached, render_pdf
from trading.kernel.signing import PlatformKeys
from trading.parties.services.sealing import seal_document
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import local_day
from trading.projects.types import LotView
from trading.records import service as records

RECORD_KINDS = {"award": "award-letter", "result": "result-letter"}
_NAMES = {"award": "中标通知书", "result": "中标结果通知书"}
SOURCE = "letter.json"


async def issue_letters(
    session: AsyncSession,
    actor: Actor,
    objects: ObjectStore,
    *,
    lot_id: UUID,
    decision_id: UUID,
    keys: PlatformKeys,
    base_url: str,
) -> None:
    """One letter for every bidder, once; nothing where the decision has fallen meanwhile."""
    lot = await locked_lot(session, lot_id)
    found = await outcome(session, lot_id)
    award = found.award
    if award is None or award.id != decision_id or any(item.decision_id == decision_id for item in found.letters):
        return
    now = await platform_now(session)
    profile = await rules_of(session, lot)
    days = profile.parameter("contract_period", local_day(now)).value
    contract_by = due(profile, await projects.calendar(session), "contract_period", now)
    subject = f"lot:{lot_id}"
    for bidder in found.bidders:
        kind = "award" if bidder.env == award.winner.env else "result"
        code = random_id()
        url = f"{base_url}/proof/{code}"
        html = letter_html(lot, award, bidder, kind=kind, contract_days=days, at=now, url=url)
        printed = await render_pdf(
            html,
            css=CSS,
            at=now,
            identifier=bytes.fromhex(code),
            attached=(Attached(SOURCE, _NAMES[kind], _source(lot, award, bidder, kind, rfc3339(now))),),
        )
        data = await seal_document(session, actor, printed, reason=_NAMES[kind], keys=keys)
        digest = await objects.put(data, "application/pdf")
        readers = {lot.tenderer_org_id, *([bidder.org_id] if bidder.org_id else [])}
        record = await records.keep(
            session,
            actor,
            subject=subject,
            kind=RECORD_KINDS[kind],
            name=f"{_NAMES[kind]}-{bidder.organisation}.pdf",
            media_type="application/pdf",
            digest=digest,
            size=len(data),
            readers=readers,
            proof_code=code,
        )
        letter_id = new_id()
        entry = await append(
            session,
            actor,
            entries.LETTER_ISSUED,
            subject=subject,
            payload={"letter": str(letter_id), "kind": kind, "env": bidder.env, "digest": digest},
            at=now,
        )
        session.add(
            LetterRow(
                id=letter_id,
                decision_id=decision_id,
                env=bidder.env,
                org_id=bidder.org_id,
                kind=kind,
                record_id=record,
                code=code,
                digest=digest,
                issued_at=now,
                contract_by=contract_by if kind == "award" else None,
                entry_id=entry,
            )
        )
    await session.flush()
    await project_service.date_milestone(session, subject=subject, key="contract", due_at=contract_by)


def _source(lot: LotView, award: Award, bidder: Bidder, kind: str, at: str) -> bytes:
    """The letter as a program reads it."""
    return canonical(
        {
            "format": "trading-letter/1",
            "kind": kind,
            "lot": str(lot.id),
            "project": lot.project_code,
            "decision": str(award.id),
            "to": {"organisation": bidder.organisation, "uscc": bidder.uscc},
            "winner": {
                "organisation": award.winner.organisation,
                "uscc": award.winner.uscc,
                "price_fen": award.winner.price_fen,
                "rank": award.winner.rank,
            },
            "issued_at": at,
        }
    )


async def note_delivery(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, letter_id: UUID, how: Literal["opened", "downloaded"]
) -> bool:
    """送达回执: the addressee has opened or downloaded it, the first time; others leave no trace. Whether it is new."""
    row = await session.get(LetterRow, letter_id)
    if row is None:
        raise LetterUnknown
    if actor.org_id is None or row.org_id != actor.org_id or actor.person_id is None:
        return False
    await locked_lot(session, lot_id)
    if await session.get(LetterReceiptRow, (letter_id, how), populate_existing=True) is not None:
        return False
    now = await platform_now(session)
    shown = {"letter": str(letter_id), "how": how}
    entry = await append(session, actor, entries.LETTER_DELIVERED, subject=f"lot:{lot_id}", payload=shown, at=now)
    session.add(LetterReceiptRow(letter_id=letter_id, how=how, person_id=actor.person_id, at=now, entry_id=entry))
    await session.flush()
    return True
