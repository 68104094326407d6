"""My account: who I am here, my password, my programs' tokens."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Invalid
from trading.kernel.identity import SIGNED_IN, Actor
from trading.parties import reads, services
from trading.parties.authentication import spent_cookie, throttled
from trading.parties.forms import ChangePassword, MakeToken
from trading.parties.roles import CERTIFICATE_SCOPE, SCOPES
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, page, redirect
from trading.web.site import site_of

PASSWORD = "parties/password.html"  # noqa: S105  # a template
TOKEN = "parties/token.html"  # noqa: S105  # a template


@get("/me", opt=SIGNED_IN)
async def me(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """Everything about myself on one page."""
    assert actor.account_id is not None
    assert actor.person_id is not None
    return page(
        request,
        "parties/me.html",
        account=await reads.account(session, actor.account_id),
        memberships=await reads.memberships_of(session, actor.person_id),
        certificates=await reads.certificates_of(session, actor.person_id),
        tokens=await reads.tokens_of(session, actor.account_id),
        sessions=await reads.sessions_of(session, actor),
        at=await platform_now(session),
    )


@get("/me/password", opt=SIGNED_IN)
async def show_password(request: WebRequest) -> Response[bytes]:
    """The form for a new password."""
    return page(request, PASSWORD, form=Form(ChangePassword))


@post("/me/password", opt=SIGNED_IN)
async def change_password(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """A new password; other sessions end."""
    command = await parse(request, ChangePassword, PASSWORD)
    if command.password != command.again:
        raise Invalid({"again": FieldProblem("parties.password_differs")})
    await throttled(request, purpose=services.PASSWORD, key=str(actor.account_id))
    await services.change_password(session, actor, current=command.current, password=command.password)
    return redirect("/me", flash="parties.password.changed")


@get("/me/sessions/end", opt=SIGNED_IN)
async def ask_sign_out_everywhere(request: WebRequest) -> Response[bytes]:
    """Ask, for work open elsewhere is interrupted."""
    return confirm(
        request,
        Question(
            title="parties.sessions.end",
            text="parties.sessions.end.text",
            yes="parties.sessions.end",
            action="/me/sessions/end",
            back="/me",
            danger=True,
        ),
    )


@post("/me/sessions/end", opt=SIGNED_IN)
async def sign_out_everywhere(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Out everywhere, here too."""
    await services.sign_out_everywhere(session, actor)
    answer = redirect("/", flash="parties.sessions.ended")
    answer.cookies.append(spent_cookie(https=site_of(request).https))
    return answer


def _scopes(actor: Actor) -> list[str]:
    return [scope for scope in SCOPES if scope in actor.roles or scope == CERTIFICATE_SCOPE]


@get("/me/tokens/new", opt=SIGNED_IN)
async def show_token(request: WebRequest, actor: CurrentActor) -> Response[Any]:
    """The form for a token; it opens after fresh proof only."""
    if not services.stepped_up(actor):
        return redirect("/step-up?next=/me/tokens/new")
    return page(request, TOKEN, form=Form(MakeToken), scopes=_scopes(actor))


@post("/me/tokens/new", opt=SIGNED_IN)
async def make_token(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Make it, and show the secret this once: the answer is the page itself, no address leads back to it."""
    command = await parse(request, MakeToken, TOKEN, scopes=_scopes(actor))
    token = await services.make_token(session, actor, name=command.name, scopes=command.scopes)
    return page(request, "parties/token_made.html", token=token)


@get("/me/tokens/{token_id:uuid}/end", opt=SIGNED_IN)
async def ask_end_token(request: WebRequest, token_id: FromPath[UUID]) -> Response[bytes]:
    """Ask before a program is locked out."""
    return confirm(
        request,
        Question(
            title="parties.token.end",
            text="parties.token.end.text",
            yes="parties.token.end",
            action=f"/me/tokens/{token_id}/end",
            back="/me",
            danger=True,
        ),
    )


@post("/me/tokens/{token_id:uuid}/end", opt=SIGNED_IN)
async def end_token(session: Session, actor: CurrentActor, token_id: FromPath[UUID]) -> Response[Any]:
    """End the token."""
    await services.end_token(session, actor, token_id=token_id)
    return redirect("/me", flash="parties.token.ended")


ROUTES = (
    me, show_password, change_password, ask_sign_out_everywhere, sign_out_everywhere, show_token, make_token,
    ask_end_token, end_token,
)  # fmt: skip
