"""Inviting people (邀请), and the page an invited person opens."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.parties import reads, services
from trading.parties.authentication import throttled
from trading.parties.forms import Invite, Join
from trading.parties.roles import invitable
from trading.parties.second_factor import picture_of
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect
from trading.web.site import site_of
from trading.web.tables import Words, export

INVITERS = allow("admin", "tenderer", "agency", "bidder")
LIST = "parties/invitations.html"
NEW = "parties/invitation_new.html"
JOIN = "parties/join.html"
_COLUMNS = (
    ("parties.person.name", lambda row: row.person),
    ("parties.organisation", lambda row: row.org_name),
    ("parties.roles", lambda row: [Words(f"parties.role.{role}") for role in row.roles]),
    ("parties.invitation.by", lambda row: row.invited_by),
    ("parties.created", lambda row: row.created_at),
    ("parties.invitation.expires", lambda row: row.expires_at),
    ("parties.state", lambda row: Words(f"parties.invitation.state.{row.state}")),
)


def scope_of(actor: Actor) -> UUID | None:
    """Whose invitations one sees: an administrator everybody's, else one's own organisation's."""
    return None if actor.has("admin") else actor.org_id


async def organisation_for(session: AsyncSession, actor: Actor, command: Invite) -> UUID:
    """Into which organisation: an administrator names it, everyone else invites into his own."""
    if not actor.has("admin"):
        assert actor.org_id is not None
        return actor.org_id
    if not command.uscc:
        raise Invalid({"uscc": FieldProblem("web.required")})
    return await services.find_organisation(session, actor, uscc=command.uscc)


@get("/invitations", opt=INVITERS)
async def invitations(
    request: WebRequest, session: Session, actor: CurrentActor, q: FromQuery[str] = ""
) -> Response[bytes]:
    """Newest first, each with its state."""
    order = reads.INVITATIONS.asked(request)
    state = request.query_params.get("state", "")  # a reserved name among parameters
    found = await reads.invitations(session, org_id=scope_of(actor), search=q, state=state, order=order)
    if order.export:
        return export(request, "invitations", _COLUMNS, found)
    shown = reads.INVITATIONS.page(found, order)
    return page(request, LIST, found=shown, order=order, q=q, state=state, states=reads.INVITATION_STATES)


@get("/invitations/new", opt=INVITERS)
async def show_new(request: WebRequest, actor: CurrentActor, uscc: FromQuery[str] = "") -> Response[Any]:
    """The form; it opens after fresh proof only, for a link is as good as an account."""
    if not services.stepped_up(actor):
        return redirect("/step-up?next=/invitations/new")
    form = Form(Invite, {"uscc": [uscc], "days": ["3"], "roles": list(_only(invitable(actor.roles)))})
    return page(request, NEW, form=form, roles=invitable(actor.roles))


def _only(roles: tuple[str, ...]) -> tuple[str, ...]:
    """What there is no choice about is chosen already."""
    return roles if len(roles) == 1 else ()


@post("/invitations/new", opt=INVITERS)
async def invite(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Make the link, and show it this once: the answer is the page itself, no address leads back to it."""
    command = await parse(request, Invite, NEW, roles=invitable(actor.roles))
    made = await services.invite(
        session,
        actor,
        org_id=await organisation_for(session, actor, command),
        person=command.person,
        roles=command.roles,
        days=command.days,
    )
    link = f"{site_of(request).base_url}/join/{made.secret}"
    return page(request, "parties/invitation_made.html", made=made, link=link)


@get("/invitations/{invitation_id:uuid}/revoke", opt=INVITERS)
async def ask_revoke(
    request: WebRequest, session: Session, actor: CurrentActor, invitation_id: FromPath[UUID]
) -> Response[bytes]:
    """Ask before the link is worthless."""
    found = await reads.invitation(session, invitation_id, org_id=scope_of(actor))
    return confirm(
        request,
        Question(
            title="parties.invitation.revoke",
            text="parties.invitation.revoke.text",
            yes="parties.invitation.revoke",
            action=f"/invitations/{invitation_id}/revoke",
            back="/invitations",
            danger=True,
            params={"person": found.person, "organisation": found.org_name},
        ),
    )


@post("/invitations/{invitation_id:uuid}/revoke", opt=INVITERS)
async def revoke(session: Session, actor: CurrentActor, invitation_id: FromPath[UUID]) -> Response[Any]:
    """Make it worthless."""
    await services.revoke_invitation(session, actor, invitation_id=invitation_id)
    return redirect("/invitations", flash="parties.invitation.revoked")


async def _context(request: WebRequest, session: AsyncSession, secret: str) -> dict[str, Any]:
    found = await reads.open_invitation(session, secret)
    totp = found.totp_secret
    picture = (
        picture_of(totp, login=found.person, issuer=site_of(request).words["zh-CN"]("web.platform")) if totp else ""
    )
    return {"invitation": found, "picture": picture, "secret": secret}


@get("/join/{secret:str}", opt=PUBLIC)
async def show_join(request: WebRequest, session: Session, secret: FromPath[str]) -> Response[bytes]:
    """Who is invited for what, and the form that opens the account."""
    return page(request, JOIN, form=Form(Join), **await _context(request, session, secret))


@post("/join/{secret:str}", opt=PUBLIC)
async def join(request: WebRequest, session: Session, secret: FromPath[str]) -> Response[Any]:
    """Open the account; then one signs in with it."""
    await throttled(request, purpose=services.JOIN, key=secret)
    command = await parse(request, Join, JOIN, **await _context(request, session, secret))
    if command.password != command.again:
        raise Invalid({"again": FieldProblem("parties.password_differs")})
    joined = await services.accept_invitation(
        session, secret=secret, login=command.login, password=command.password, totp=command.totp
    )
    return redirect("/sign-in", flash="parties.joined", login=joined.login)


ROUTES = (invitations, show_new, invite, ask_revoke, revoke, show_join, join)
