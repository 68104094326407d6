"""The same for programs: sessions, tokens, certificates, and the administrator's two forms."""

from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import rfc3339
from trading.kernel.identity import PUBLIC, SIGNED_IN, Actor, allow
from trading.parties import invitation_api, reads, services
from trading.parties.authentication import session_cookie, spent_cookie, throttled
from trading.parties.forms import (
    Enrol,
    MakeToken,
    RegisterOrganisation,
    RequestCertificate,
    SignIn,
    StepUp,
    Switch,
)
from trading.parties.rules import normal_login
from trading.parties.types import Certificate, Enrolled, Membership, NewToken, Organisation, SignedIn
from trading.web import csrf
from trading.web.forms import parse
from trading.web.injected import CurrentActor, Keys, Session, WebRequest
from trading.web.site import site_of


class Me(Struct, frozen=True):
    """Whom the platform takes the caller for, and as whom else he could act."""

    person_id: UUID
    name: str
    account_id: UUID
    membership_id: UUID | None
    organisation: Organisation | None
    roles: list[str]
    memberships: tuple[Membership, ...]


class FirstContact(Struct, frozen=True):
    """What a program needs before it may sign in: the secret of its cookie, for the header `x-csrf-token`."""

    csrf: str
    signed_in: bool


class Opened(Struct, frozen=True):
    """A session just opened; `csrf` goes into the header `x-csrf-token` of what this session sends."""

    csrf: str
    me: Me


class Issued(Struct, frozen=True):
    """A certificate with the CA's own."""

    id: UUID
    serial: str
    fingerprint: str
    pem: str
    ca: str
    not_before: str
    not_after: str


async def _me(session: AsyncSession, actor: Actor) -> Me:
    assert actor.person_id is not None
    assert actor.account_id is not None
    return Me(
        person_id=actor.person_id,
        name=actor.name,
        account_id=actor.account_id,
        membership_id=actor.membership_id,
        organisation=await reads.organisation(session, actor.org_id) if actor.org_id else None,
        roles=sorted(actor.roles),
        memberships=await reads.memberships_of(session, actor.person_id),
    )


async def _opened(request: WebRequest, session: AsyncSession, signed: SignedIn) -> Response[Opened]:
    https, secret = site_of(request).https, csrf.new_secret()
    return Response(
        Opened(csrf=secret, me=await _me(session, signed.actor)),
        status_code=HTTP_201_CREATED,
        cookies=[session_cookie(signed.token, https=https), csrf.new_cookie(secret, https=https)],
    )


@get("/v1/session", opt=PUBLIC)
async def first_contact(request: WebRequest, actor: CurrentActor) -> Response[FirstContact]:
    """Get the CSRF cookie, and its value to send back."""
    https = site_of(request).https
    secret = request.cookies.get(csrf.cookie_name(https=https), "")
    if not csrf.matches(secret, secret):
        secret = csrf.new_secret()
    return Response(
        FirstContact(csrf=secret, signed_in=actor.signed_in), cookies=[csrf.new_cookie(secret, https=https)]
    )


@post("/v1/session", opt=PUBLIC)
async def open_session(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Opened]:
    """Sign in."""
    command = await parse(request, SignIn)
    await throttled(request, purpose=services.SIGN_IN, key=normal_login(command.login))
    signed = await services.sign_in(session, actor, login=command.login, password=command.password, totp=command.totp)
    return await _opened(request, session, signed)


@delete("/v1/session", opt=PUBLIC, status_code=HTTP_204_NO_CONTENT)
async def close_session(request: WebRequest, session: Session, actor: CurrentActor) -> Response[None]:
    """Sign out."""
    await services.sign_out(session, actor)
    return Response(None, status_code=HTTP_204_NO_CONTENT, cookies=[spent_cookie(https=site_of(request).https)])


@delete("/v1/sessions", opt=SIGNED_IN, status_code=HTTP_204_NO_CONTENT)
async def close_sessions(request: WebRequest, session: Session, actor: CurrentActor) -> Response[None]:
    """Sign out everywhere, here too; programs' tokens stay."""
    await services.sign_out_everywhere(session, actor)
    return Response(None, status_code=HTTP_204_NO_CONTENT, cookies=[spent_cookie(https=site_of(request).https)])


@patch("/v1/session", opt=SIGNED_IN)
async def switch(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Opened]:
    """Act in another membership."""
    command = await parse(request, Switch)
    signed = await services.switch_membership(session, actor, membership_id=command.membership_id)
    return await _opened(request, session, signed)


@post("/v1/session/step-up", opt=SIGNED_IN)
async def step_up(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Opened]:
    """Prove again that it is oneself."""
    command = await parse(request, StepUp)
    await throttled(request, purpose=services.STEP_UP, key=str(actor.account_id))
    signed = await services.step_up(session, actor, password=command.password, totp=command.totp)
    return await _opened(request, session, signed)


@get("/v1/me", opt=SIGNED_IN)
async def me(session: Session, actor: CurrentActor) -> Me:
    """Who I am here."""
    return await _me(session, actor)


@post("/v1/tokens", opt=SIGNED_IN)
async def make_token(request: WebRequest, session: Session, actor: CurrentActor) -> NewToken:
    """A token for a program; the secret is in this answer only."""
    command = await parse(request, MakeToken)
    return await services.make_token(session, actor, name=command.name, scopes=command.scopes)


@delete("/v1/tokens/{token_id:uuid}", opt=SIGNED_IN)
async def end_token(session: Session, actor: CurrentActor, token_id: FromPath[UUID]) -> None:
    """End one of my tokens."""
    await services.end_token(session, actor, token_id=token_id)


@post("/v1/certificates", opt=SIGNED_IN)
async def issue(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    keys: Keys,
) -> Issued:
    """A certificate for a key made elsewhere."""
    command = await parse(request, RequestCertificate)
    made = await services.issue_certificate(
        session,
        actor,
        public_key=bytes.fromhex(command.public_key),
        possession=bytes.fromhex(command.possession),
        ca=keys.ca,
    )
    return _issued(made, await services.authority_certificate(session, keys.ca))


@delete("/v1/certificates/{certificate_id:uuid}", opt=SIGNED_IN)
async def revoke(session: Session, actor: CurrentActor, certificate_id: FromPath[UUID]) -> None:
    """Revoke one of my certificates."""
    await services.revoke_certificate(session, actor, certificate_id=certificate_id)


@get("/v1/ca", opt=PUBLIC)
async def ca(session: Session, keys: Keys) -> Response[str]:
    """The demonstration CA's own certificate."""
    return Response(await services.authority_certificate(session, keys.ca), media_type="application/x-pem-file")


@post("/v1/organisations", opt=allow("admin"))
async def register_organisation(request: WebRequest, session: Session, actor: CurrentActor) -> Organisation:
    """Register an organisation."""
    command = await parse(request, RegisterOrganisation)
    return await services.register_organisation(session, actor, uscc=command.uscc, name=command.name, kind=command.kind)


@post("/v1/people", opt=allow("admin"))
async def enrol(request: WebRequest, session: Session, actor: CurrentActor) -> Enrolled:
    """A person with account and membership; a staff member's second factor is in this answer only."""
    command = await parse(request, Enrol)
    return await services.enrol(
        session,
        actor,
        organisation=await services.find_organisation(session, actor, uscc=command.uscc),
        person=command.person,
        login=command.login,
        password=command.password,
        roles=command.roles,
    )


def _issued(made: Certificate, authority: str) -> Issued:
    return Issued(
        id=made.id,
        serial=made.serial,
        fingerprint=made.fingerprint,
        pem=made.pem,
        ca=authority,
        not_before=rfc3339(made.not_before),
        not_after=rfc3339(made.not_after),
    )


ROUTES = (
    first_contact,
    open_session,
    close_session,
    close_sessions,
    switch,
    step_up,
    me,
    make_token,
    end_token,
    issue,
    revoke,
    ca,
    register_organisation,
    enrol,
    *invitation_api.ROUTES,
)
