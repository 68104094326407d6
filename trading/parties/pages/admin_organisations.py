"""The administrator's list of organisations."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromQuery

from trading.kernel.identity import allow
from trading.parties import reads, services
from trading.parties.forms import RegisterOrganisation
from trading.parties.roles import ORGANISATION_KINDS
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.paging import PAGE_SIZE, Page, after_of
from trading.web.responses import page, redirect

NEW = "parties/organisation_new.html"


@get("/admin/organisations", opt=allow("admin"))
async def organisations(request: WebRequest, session: Session, q: FromQuery[str] = "") -> Response[bytes]:
    """By name, a page at a time."""
    found = await reads.organisations(session, search=q, after=after_of(request, str, UUID), limit=PAGE_SIZE + 1)
    shown = Page.of(found, key=lambda row: (row.name, row.id))
    return page(request, "parties/organisations.html", found=shown, q=q)


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
