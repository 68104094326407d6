"""Background work of notices."""

from pathlib import Path
from typing import Any
from uuid import UUID

from notices import service
from notices.errors import NoticeUnknown
from notices.events import NoticePublished
from notices.ocds import service as open_data
from notices.print import notice_html
from notices.reads import notice
from notices.states import PDF_RECORD
from notices.types import source_of
from trading.kernel.identity import system_actor
from trading.kernel.pdf import Attached, render_pdf
from trading.kernel.tasks import TaskContext, task
from trading.parties.services.sealing import seal_document
from trading.records import service as records

WORKER = system_actor("worker")
CSS = (Path(__file__).parent / "print.css").read_text(encoding="utf-8")


@task("notices.render_pdf")
async def render_notice(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """The PDF/A of a published notice, under the centre's seal; the same notice is always set in the same bytes."""
    notice_id = UUID(NoticePublished.parse(payload).notice_id)
    published = await notice(ctx.session, WORKER, notice_id)
    if published.published_at is None:
        raise NoticeUnknown
    if published.pdf_digest is not None:
        return
    html = notice_html(published, base_url=ctx.settings.web.base_url)
    source = Attached("notice.json", published.title, source_of(published))
    printed = await render_pdf(html, css=CSS, at=published.published_at, identifier=notice_id.bytes, attached=(source,))
    data = await seal_document(ctx.session, WORKER, printed, reason=published.title, keys=ctx.keys)
    digest = await ctx.objects.put(data, "application/pdf")
    record_id = await records.keep(
        ctx.session,
        WORKER,
        subject=f"project:{published.project_id}",
        kind=PDF_RECORD,
        name=f"{published.title}.pdf",
        media_type="application/pdf",
        digest=digest,
        size=len(data),
        public=True,
    )
    await service.attach_pdf(ctx.session, WORKER, notice_id=notice_id, record_id=record_id, digest=digest)
    base_url = ctx.settings.web.base_url
    await open_data.release_tender(ctx.session, WORKER, project_id=published.project_id, base_url=base_url)
