"""The result of a lot as a page, a letter as a page, and a bidder's own results."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.awards import reads, service
from trading.awards.api import readable_letter, visible
from trading.awards.store import rules_of
from trading.kernel.clock import platform_now
from trading.kernel.identity import PUBLIC, SIGNED_IN, Actor
from trading.projects import reads as projects
from trading.projects.calendar import day_end, local_day
from trading.projects.rights import is_staff, manages
from trading.web.forms import Form
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page

RESULT = "awards/result.html"


async def result_context(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    """What the page shows this reader, and which of the next steps are his."""
    lot, found = await visible(session, actor, lot_id)
    now = await platform_now(session)
    profile, calendar = await rules_of(session, lot), await projects.calendar(session)
    ours = manages(actor, lot.tenderer_org_id, lot.agency_org_id)
    tenderer = ours and actor.has("tenderer") and actor.org_id == lot.tenderer_org_id
    publicity = found.publicity
    running = publicity is not None and publicity.began_at is not None and now < publicity.ends_at
    over = publicity is not None and publicity.began_at is not None and now >= publicity.ends_at
    received = local_day(found.received_at)
    rule = profile.parameter("publicity_start", received)
    own = found.of(actor.org_id)
    return {
        "lot": lot,
        "result": found,
        "own": own,
        "ours": ours,
        "staff": is_staff(actor),
        "running": running,
        "over": over,
        "start_by": day_end(calendar.after(received, rule.value, rule.unit).day),
        "grounds": {item.id: item for item in profile.award.lawful("")} if profile.award else {},
        "may_plan": ours and publicity is None,
        "may_object": running and actor.signed_in and actor.has("bidder") and not ours and not is_staff(actor),
        "may_award": tenderer and over and not found.paused and lot.state in {"evaluated", "publicised"},
        "may_annul": tenderer and lot.state == "awarded" and not (found.contract and found.contract.outcome == "open"),
        "may_report": ours and found.award is not None and found.report is None,
        "may_contract": tenderer
        and lot.state == "awarded"
        and any(item.kind == "award" and found.award and item.decision_id == found.award.id for item in found.letters)
        and (found.contract is None or found.contract.outcome == "declined"),
        "may_confirm": lot.state == "awarded"
        and found.contract is not None
        and found.contract.outcome == "open"
        and own is not None
        and found.award is not None
        and own.env == found.award.winner.env,
    }


@get("/lots/{lot_id:uuid}/result", opt=PUBLIC)
async def result(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """候选人公示, 异议, 定标, 合同."""
    return page(request, RESULT, **await result_context(session, actor, lot_id))


@get("/letters/{letter_id:uuid}", opt=SIGNED_IN)
async def letter(
    request: WebRequest, session: Session, actor: CurrentActor, letter_id: FromPath[UUID]
) -> Response[bytes]:
    """A letter; that its addressee has opened it is journalled and shown to the tenderer."""
    lot, found, held = await readable_letter(session, actor, letter_id)
    await service.note_delivery(session, actor, lot_id=lot.id, letter_id=held.id, how="opened")
    award = next(item for item in (found.award, *found.annulled) if item and item.id == held.decision_id)
    return page(request, "awards/letter_page.html", lot=lot, letter=held, award=award)


@get("/results", opt=SIGNED_IN)
async def own_results(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """我的结果: the lots in whose result this organisation has a part."""
    ids = await reads.lots_of(session, actor.org_id) if actor.org_id else ()
    lots = await projects.lots_by_id(session, ids)
    shown = []
    for lot_id in ids:
        found = reads.seen_by(await reads.outcome(session, lot_id), actor, lots[lot_id])
        if found is not None:
            shown.append((lots[lot_id], found, found.of(actor.org_id)))
    return page(request, "awards/own.html", results=shown)


def blank(command: type[Any], **typed: object) -> Form:
    """A form that begins with some fields filled in."""
    return Form(command, {name: [str(value)] for name, value in typed.items()})


ROUTES = (result, letter, own_results)
