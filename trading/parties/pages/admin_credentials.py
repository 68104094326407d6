"""The administrator's lists of what opens doors: certificates and programs' tokens, whoever holds them."""

from litestar import Response, get
from litestar.params import FromQuery

from trading.kernel.identity import allow
from trading.parties import reads
from trading.parties.roles import CERTIFICATE_SCOPE
from trading.web.injected import Session, WebRequest
from trading.web.responses import page
from trading.web.tables import Words, export

TOKEN_STATES = ("standing", "ended")
_CERTIFICATE_COLUMNS = (
    ("parties.person.name", lambda row: row.person_name),
    ("parties.organisation", lambda row: row.org_name),
    ("parties.certificate.serial", lambda row: row.serial),
    ("parties.certificate.from", lambda row: row.not_before),
    ("parties.certificate.until", lambda row: row.not_after),
    ("parties.state", lambda row: Words(f"parties.certificate.state.{row.state}")),
)
_TOKEN_COLUMNS = (
    ("parties.token.name", lambda row: row.name),
    ("parties.person.name", lambda row: row.person_name),
    ("parties.organisation", lambda row: row.org_name),
    ("parties.token.scopes", lambda row: [scope_words(scope) for scope in row.scopes]),
    ("parties.created", lambda row: row.created_at),
    ("parties.state", lambda row: Words(f"parties.token.state.{row.state}")),
)


def scope_words(scope: str) -> Words:
    """A role, or the right to ask for certificates."""
    return Words("parties.scope.certificates" if scope == CERTIFICATE_SCOPE else f"parties.role.{scope}")


@get("/admin/certificates", opt=allow("admin"))
async def certificates(request: WebRequest, session: Session, q: FromQuery[str] = "") -> Response[bytes]:
    """Newest first unless asked otherwise."""
    order, state = reads.CERTIFICATES.asked(request), request.query_params.get("state", "")
    found = await reads.certificates(session, search=q, state=state, order=order)
    if order.export:
        return export(request, "certificates", _CERTIFICATE_COLUMNS, found)
    shown = reads.CERTIFICATES.page(found, order)
    states = reads.CERTIFICATE_STATES
    return page(request, "parties/certificates.html", found=shown, order=order, q=q, state=state, states=states)


@get("/admin/tokens", opt=allow("admin"))
async def tokens(request: WebRequest, session: Session, q: FromQuery[str] = "") -> Response[bytes]:
    """Newest first unless asked otherwise; the secrets nobody can show."""
    order, state = reads.TOKENS.asked(request), request.query_params.get("state", "")
    found = await reads.tokens(session, search=q, state=state, order=order)
    if order.export:
        return export(request, "tokens", _TOKEN_COLUMNS, found)
    shown = reads.TOKENS.page(found, order)
    return page(request, "parties/tokens.html", found=shown, order=order, q=q, state=state, states=TOKEN_STATES)


ROUTES = (certificates, tokens)
