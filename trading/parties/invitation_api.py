"""Invitations for programs: make, list, revoke; and opening the account a link is for."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Struct

from trading.kernel.identity import PUBLIC
from trading.parties import reads, services
from trading.parties.authentication import throttled
from trading.parties.forms import Invite, Invited, JoinBy
from trading.parties.pages.invitations import INVITERS, organisation_for, scope_of
from trading.parties.types import Invitation, NewInvitation, OpenInvitation
from trading.web.answers import Answer
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.paging import Page


class Joined(Struct, frozen=True):
    """The account that was opened; sign in with it."""

    login: str


@get("/v1/invitations", opt=INVITERS)
async def invitations(
    request: WebRequest, session: Session, actor: CurrentActor, q: FromQuery[str] = ""
) -> Answer[Page[Invitation]]:
    """One's organisation's, or all for an administrator; `state` is `open`, `accepted`, `revoked` or `expired`."""
    order = reads.INVITATIONS.asked(request)
    state = request.query_params.get("state", "")
    found = await reads.invitations(session, org_id=scope_of(actor), search=q, state=state, order=order)
    return Answer(reads.INVITATIONS.page(found, order))


@post("/v1/invitations", opt=INVITERS, status_code=HTTP_201_CREATED)
async def invite(request: WebRequest, session: Session, actor: CurrentActor) -> Answer[NewInvitation]:
    """A link `/join/{secret}` for one person; the secret is in this answer only."""
    command = await parse(request, Invite)
    made = await services.invite(
        session,
        actor,
        org_id=await organisation_for(session, actor, command),
        person=command.person,
        roles=command.roles,
        days=command.days,
    )
    return Answer(made)


@post("/v1/invitations/{invitation_id:uuid}/revoke", opt=INVITERS, status_code=HTTP_204_NO_CONTENT)
async def revoke(session: Session, actor: CurrentActor, invitation_id: FromPath[UUID]) -> None:
    """Make a link worthless."""
    await services.revoke_invitation(session, actor, invitation_id=invitation_id)


@post("/v1/join/invitation", opt=PUBLIC, status_code=HTTP_200_OK)
async def invited(request: WebRequest, session: Session) -> Answer[OpenInvitation]:
    """What a link invites to, and for staff the secret of the second factor. No address holds the link's secret."""
    command = await parse(request, Invited)
    return Answer(await reads.open_invitation(session, command.secret))


@post("/v1/join", opt=PUBLIC, status_code=HTTP_201_CREATED)
async def join(request: WebRequest, session: Session) -> Answer[Joined]:
    """Open the account."""
    command = await parse(request, JoinBy)
    await throttled(request, purpose=services.JOIN, key=command.secret)
    joined = await services.accept_invitation(
        session, secret=command.secret, login=command.login, password=command.password, totp=command.totp
    )
    return Answer(Joined(login=joined.login))


ROUTES = (invitations, invite, revoke, invited, join)
