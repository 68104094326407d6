"""Signing in and out, proving again that it is oneself, and choosing for which organisation to act."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.identity import PUBLIC, SIGNED_IN, Actor
from trading.parties import reads, services
from trading.parties.authentication import session_cookie, spent_cookie, throttled
from trading.parties.forms import SignIn, StepUp, Switch
from trading.parties.rules import normal_login
from trading.parties.types import SignedIn
from trading.web import csrf
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import SeeOther, page, redirect, safe_path
from trading.web.site import site_of

SIGN_IN = "parties/sign_in.html"
STEP_UP = "parties/step_up.html"
SWITCH = "parties/switch.html"


def carry(answer: SeeOther, request: WebRequest, signed: SignedIn) -> SeeOther:
    """Hand the browser its new session, and with it a new CSRF secret."""
    https = site_of(request).https
    answer.cookies.append(session_cookie(signed.token, https=https))
    answer.cookies.append(csrf.new_cookie(csrf.new_secret(), https=https))
    return answer


@get("/sign-in", opt=PUBLIC)
async def show_sign_in(request: WebRequest) -> Response[bytes]:
    """The form, for everybody the same: it does not ask who is staff."""
    return page(request, SIGN_IN, form=Form(SignIn, {"next": [request.query_params.get("next", "")]}))


@post("/sign-in", opt=PUBLIC)
async def sign_in(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Open a session and go where the person wanted to go."""
    command = await parse(request, SignIn, SIGN_IN)
    await throttled(request, purpose=services.SIGN_IN, key=normal_login(command.login))
    signed = await services.sign_in(session, actor, login=command.login, password=command.password, totp=command.totp)
    start = "/switch" if len(signed.memberships) > 1 else site_of(request).home
    return carry(redirect(safe_path(command.next, start)), request, signed)


@post("/sign-out", opt=PUBLIC)
async def sign_out(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """End the session; also where it has already ended, for the person only wants to be out."""
    await services.sign_out(session, actor)
    answer = redirect("/", flash="parties.signed_out")
    answer.cookies.append(spent_cookie(https=site_of(request).https))
    return answer


@get("/step-up", opt=SIGNED_IN)
async def show_step_up(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """Ask for the code, or for the password where there is no second factor."""
    form = Form(StepUp, {"next": [request.query_params.get("next", "")]})
    return page(request, STEP_UP, form=form, second_factor=await _has_second_factor(session, actor))


@post("/step-up", opt=SIGNED_IN)
async def step_up(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """A session with fresh proof."""
    second_factor = await _has_second_factor(session, actor)
    command = await parse(request, StepUp, STEP_UP, second_factor=second_factor)
    await throttled(request, purpose=services.STEP_UP, key=str(actor.account_id))
    signed = await services.step_up(session, actor, password=command.password, totp=command.totp)
    return carry(redirect(safe_path(command.next, "/me")), request, signed)


@get("/switch", opt=SIGNED_IN)
async def show_switch(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """The organisations this person may act for."""
    held = await _mine(session, actor)
    form = Form(Switch, {"membership_id": [str(actor.membership_id or "")]})
    return page(request, SWITCH, form=form, memberships=held)


@post("/switch", opt=SIGNED_IN)
async def switch(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Act for another one from now on."""
    command = await parse(request, Switch, SWITCH, memberships=await _mine(session, actor))
    signed = await services.switch_membership(session, actor, membership_id=command.membership_id)
    answer = redirect(site_of(request).home, flash="parties.switched", name=signed.actor.org_name)
    return carry(answer, request, signed)


async def _mine(session: AsyncSession, actor: Actor) -> Any:
    return await reads.memberships_of(session, _person(actor))


async def _has_second_factor(session: AsyncSession, actor: Actor) -> bool:
    assert actor.account_id is not None
    return (await reads.account(session, actor.account_id)).second_factor


def _person(actor: Actor) -> UUID:
    assert actor.person_id is not None
    return actor.person_id


ROUTES = (show_sign_in, sign_in, sign_out, show_step_up, step_up, show_switch, switch)
