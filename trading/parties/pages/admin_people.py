"""The administrator's list of people: new ones, their accounts, their memberships."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from trading.kernel.identity import allow
from trading.parties import reads, services
from trading.parties.forms import Enrol, GrantMembership
from trading.parties.roles import ROLES
from trading.parties.second_factor import picture_of
from trading.parties.types import Membership, PersonDetail
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.paging import Page
from trading.web.responses import Question, confirm, page, redirect
from trading.web.site import site_of
from trading.web.tables import Words, export

NEW = "parties/person_new.html"
GRANT = "parties/membership_new.html"
_ADMIN = allow("admin")


_COLUMNS = (
    ("parties.person.name", lambda row: row.name),
    ("parties.login", lambda row: [account.login for account in row.accounts if not account.disabled_at]),
    ("parties.organisation", lambda row: [held.org_name for held in _standing(row)]),
    ("parties.roles", lambda row: [Words(f"parties.role.{role}") for held in _standing(row) for role in held.roles]),
)


def _standing(person: PersonDetail) -> list[Membership]:
    return [held for held in person.memberships if not held.ended_at]


@get("/admin/people", opt=_ADMIN)
async def people(
    request: WebRequest, session: Session, q: FromQuery[str] = "", role: FromQuery[str] = ""
) -> Response[bytes]:
    """Everybody, each with roles and accounts, filtered and sorted as asked."""
    order = reads.PEOPLE.asked(request)
    found = await reads.people(session, search=q, role=role, order=order)
    names = reads.PEOPLE.page(found, order)
    if order.export:
        everybody = await reads.people_details(session, [person.id for person in found])
        return export(request, "people", _COLUMNS, everybody)
    details = await reads.people_details(session, [person.id for person in names.items])
    shown = Page(details, names.next)
    return page(request, "parties/people.html", found=shown, order=order, q=q, role=role, all_roles=ROLES)


@get("/admin/people/new", opt=_ADMIN)
async def show_new(request: WebRequest, uscc: FromQuery[str] = "") -> Response[bytes]:
    """The form; the organisation's code comes along from its list."""
    return page(request, NEW, form=Form(Enrol, {"uscc": [uscc]}), roles=ROLES)


@post("/admin/people/new", opt=_ADMIN)
async def enrol(request: WebRequest, session: Session, actor: CurrentActor) -> Response[Any]:
    """Person, account and membership at once; a staff member's second factor is shown this once."""
    command = await parse(request, Enrol, NEW, roles=ROLES)
    made = await services.enrol(
        session,
        actor,
        organisation=await services.find_organisation(session, actor, uscc=command.uscc),
        person=command.person,
        login=command.login,
        password=command.password,
        roles=command.roles,
    )
    if made.totp_secret:
        return _second_factor(request, made.person_id, made.login, made.totp_secret)
    return redirect(f"/admin/people/{made.person_id}", flash="parties.person.enrolled", name=command.person)


@get("/admin/people/{person_id:uuid}", opt=_ADMIN)
async def person(request: WebRequest, session: Session, person_id: FromPath[UUID]) -> Response[bytes]:
    """One person with every account and membership."""
    return page(request, "parties/person.html", person=await reads.person_detail(session, person_id))


@get("/admin/people/{person_id:uuid}/memberships/new", opt=_ADMIN)
async def show_grant(request: WebRequest, session: Session, person_id: FromPath[UUID]) -> Response[bytes]:
    """The form for a further membership."""
    person = await reads.person_detail(session, person_id)
    return page(request, GRANT, form=Form(GrantMembership), person=person, roles=ROLES)


@post("/admin/people/{person_id:uuid}/memberships/new", opt=_ADMIN)
async def grant(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    person_id: FromPath[UUID],
) -> Response[Any]:
    """Grant it."""
    person = await reads.person_detail(session, person_id)
    command = await parse(request, GrantMembership, GRANT, person=person, roles=ROLES)
    granted = await services.grant_membership(
        session,
        actor,
        person_id=person_id,
        org_id=await services.find_organisation(session, actor, uscc=command.uscc),
        roles=command.roles,
    )
    return redirect(f"/admin/people/{person_id}", flash="parties.membership.granted", name=granted.org_name)


@get("/admin/memberships/{membership_id:uuid}/end", opt=_ADMIN)
async def ask_end(request: WebRequest, session: Session, membership_id: FromPath[UUID]) -> Response[bytes]:
    """Ask before rights are taken."""
    held = await reads.membership(session, membership_id)
    return confirm(
        request,
        Question(
            title="parties.membership.end",
            text="parties.membership.end.text",
            yes="parties.membership.end",
            action=f"/admin/memberships/{membership_id}/end",
            back=f"/admin/people/{held.person_id}",
            danger=True,
            params={"person": held.person_name, "organisation": held.org_name},
        ),
    )


@post("/admin/memberships/{membership_id:uuid}/end", opt=_ADMIN)
async def end(session: Session, actor: CurrentActor, membership_id: FromPath[UUID]) -> Response[Any]:
    """Take them."""
    held = await reads.membership(session, membership_id)
    await services.end_membership(session, actor, membership_id=membership_id)
    return redirect(f"/admin/people/{held.person_id}", flash="parties.membership.ended", name=held.org_name)


@get("/admin/accounts/{account_id:uuid}/disable", opt=_ADMIN)
async def ask_disable(request: WebRequest, session: Session, account_id: FromPath[UUID]) -> Response[bytes]:
    """Ask before somebody is locked out."""
    account = await reads.account(session, account_id)
    return confirm(
        request,
        Question(
            title="parties.account.disable",
            text="parties.account.disable.text",
            yes="parties.account.disable",
            action=f"/admin/accounts/{account_id}/disable",
            back=f"/admin/people/{account.person_id}",
            danger=True,
            params={"login": account.login},
        ),
    )


@post("/admin/accounts/{account_id:uuid}/disable", opt=_ADMIN)
async def disable(session: Session, actor: CurrentActor, account_id: FromPath[UUID]) -> Response[Any]:
    """Close the account; its sessions end."""
    account = await reads.account(session, account_id)
    await services.disable_account(session, actor, account_id=account_id)
    return redirect(f"/admin/people/{account.person_id}", flash="parties.account.disabled", login=account.login)


@post("/admin/accounts/{account_id:uuid}/enable", opt=_ADMIN)
async def enable(session: Session, actor: CurrentActor, account_id: FromPath[UUID]) -> Response[Any]:
    """Open it again."""
    account = await reads.account(session, account_id)
    await services.enable_account(session, actor, account_id=account_id)
    return redirect(f"/admin/people/{account.person_id}", flash="parties.account.enabled", login=account.login)


@get("/admin/accounts/{account_id:uuid}/second-factor", opt=_ADMIN)
async def ask_reset(request: WebRequest, session: Session, account_id: FromPath[UUID]) -> Response[bytes]:
    """Ask before the old device stops working."""
    account = await reads.account(session, account_id)
    return confirm(
        request,
        Question(
            title="parties.second_factor.reset",
            text="parties.second_factor.reset.text",
            yes="parties.second_factor.reset",
            action=f"/admin/accounts/{account_id}/second-factor",
            back=f"/admin/people/{account.person_id}",
            danger=True,
            params={"login": account.login},
        ),
    )


@post("/admin/accounts/{account_id:uuid}/second-factor", opt=_ADMIN)
async def reset(
    request: WebRequest,
    session: Session,
    actor: CurrentActor,
    account_id: FromPath[UUID],
) -> Response[Any]:
    """A new second factor, shown this once."""
    account = await reads.account(session, account_id)
    opened = await services.reset_second_factor(session, actor, account_id=account_id)
    assert opened.totp_secret is not None
    return _second_factor(request, account.person_id, opened.login, opened.totp_secret)


def _second_factor(request: WebRequest, person_id: UUID, login: str, secret: str) -> Response[bytes]:
    issuer = site_of(request).words["zh-CN"]("web.platform")
    return page(
        request,
        "parties/second_factor.html",
        person_id=person_id,
        login=login,
        secret=secret,
        picture=picture_of(secret, login=login, issuer=issuer),
    )


ROUTES = (
    people, show_new, enrol, person, show_grant, grant, ask_end, end, ask_disable, disable, enable, ask_reset, reset,
)  # fmt: skip
