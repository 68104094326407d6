"""The administrator's list of organisations."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from trading.kernel.identity import allow
from trading.parties import reads, services
from trading.parties.forms import RegisterOrganisation
from trading.parties.roles import ORGANISATION_KINDS
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page, redirect
from trading.web.tables import Words, export

NEW = "parties/organisation_new.html"


_COLUMNS = (
    ("parties.organisation.name", lambda row: row.name),
    ("parties.uscc", lambda row: row.uscc),
    ("parties.organisation.kind", lambda row: Words(f"parties.kind.{row.kind}")),
    ("parties.created", lambda row: row.created_at),
)


@get("/admin/organisations", opt=allow("admin"))
async def organisations(
    request: WebRequest, session: Session, q: FromQuery[str] = "", kind: FromQuery[str] = ""
) -> Response[bytes]:
    """Every organisation, filtered and sorted as asked."""
    order = reads.ORGANISATIONS.asked(request)
    found = await reads.organisations(session, search=q, kind=kind, order=order)
    if order.export:
        return export(request, "organisations", _COLUMNS, found)
    shown = reads.ORGANISATIONS.page(found, order)
    return page(
        request, "parties/organisations.html", found=shown, order=order, q=q, kind=kind, kinds=ORGANISATION_KINDS
    )


@get("/admin/organisations/new", opt=allow("admin"))
async def show_new(request: WebRequest) -> Response[bytes]:
    """The form."""
    return page(request, NEW, form=Form(RegisterOrganisation, {"kind": ["enterprise"]}), kinds=ORGANISATION_KINDS)


@post("/admin/organisations/new", opt=allow("admin"))
async def register(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Register it."""
    command = await parse(request, RegisterOrganisation, NEW, kinds=ORGANISATION_KINDS)
    made = await services.register_organisation(session, actor, uscc=command.uscc, name=command.name, kind=command.kind)
    return redirect("/admin/organisations", flash="parties.organisation.registered", name=made.name)


ROUTES = (organisations, show_new, register)
