"""A bidder's deposit for a lot (缴纳投标保证金): the number, the amount, until when, and what arrived.

The page is made from what row security lets this organisation see; it looks the same to everyone who has drawn nothing.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds import reads, services
from trading.funds.reads import refunds
from trading.funds.types import RULES
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, allow
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.errors import LotUnknown
from trading.projects.profile import Parameter, Profile
from trading.web.forms import NoInput, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page, redirect

DEPOSIT = "funds/deposit.html"
_SHOWN_RULES = ("deposit_validity", "refund_withdrawn", "refund_no_bid", "refund_contract", "refund_ended")


async def _context(session: AsyncSession, actor: Actor, lot_id: UUID) -> dict[str, Any]:
    lot = await projects.lot(session, lot_id)
    if not lot.is_public:
        raise LotUnknown
    project = await projects.project(session, lot.project_id)
    profile = await projects.profile(session, lot.profile_digest)
    rules = {key: _rule(profile, key, project.notice_on) for key in dict.fromkeys([*RULES.values(), *_SHOWN_RULES])}
    return {
        "lot": lot,
        "at": await platform_now(session),
        "deposit": await reads.own_deposit(session, actor, lot_id),
        "refunds": await refunds.own_refunds(session, actor, lot_id),
        "payees": [org.name for org in await parties.organisations_of_role(session, "finance")],
        "banks": [org.name for org in await parties.organisations_of_role(session, "bank")],
        "rules": rules,
        "rule_of": RULES,
    }


def _rule(profile: Profile, key: str, on: dt.date) -> Parameter | None:
    """None in a profile stored before the row was written."""
    try:
        return profile.parameter(key, on)
    except ValueError:
        return None


@get("/lots/{lot_id:uuid}/deposit", opt=allow("bidder"))
async def show(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """What to pay, where to, and what has come."""
    return page(request, DEPOSIT, **await _context(session, actor, lot_id))


@post("/lots/{lot_id:uuid}/deposit", opt=allow("bidder"))
async def draw(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[Any]:
    """Draw the number."""
    await parse(request, NoInput, DEPOSIT, **await _context(session, actor, lot_id))
    await services.draw_sub_account(session, actor, lot_id=lot_id)
    return redirect(f"/lots/{lot_id}/deposit", flash="funds.drawn")


ROUTES = (show, draw)
