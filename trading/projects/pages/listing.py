"""The list of projects: one's own with one's drafts, or all for the platform's staff."""

from uuid import UUID

from litestar import Response, get

from trading.kernel.identity import allow
from trading.projects import reads
from trading.projects.rights import is_staff
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.paging import PAGE_SIZE, Page, after_of
from trading.web.responses import page


@get("/projects", opt=allow("tenderer", "agency", "official", "supervisor"))
async def projects(request: WebRequest, session: Session, actor: CurrentActor) -> Response[bytes]:
    """Newest first, a page at a time."""
    after = after_of(request, UUID)
    org_id = None if is_staff(actor) else actor.org_id
    found = await reads.projects(session, org_id=org_id, after=after[0] if after else None, limit=PAGE_SIZE + 1)
    drafts = await reads.drafts(session, org_id) if org_id and not after else ()
    shown = Page.of(found, key=lambda row: (row.id,))
    return page(request, "projects/list.html", found=shown, drafts=drafts)


ROUTES = (projects,)
