"""Background work of result notices: published when a fact stands, printed when published."""

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from notices.events import ResultPublished
from notices.ocds import service as open_data
from notices.results import service
from notices.results.printing import result_html, source_of
from notices.results.reads import result_notice
from trading.kernel.identity import system_actor
from trading.kernel.pdf import Attached, render_pdf
from trading.kernel.tasks import TaskContext, task
from trading.parties.services.sealing import seal_document
from trading.records import service as records

WORKER = system_actor("worker")
CSS = (Path(__file__).parent.parent / "print.css").read_text(encoding="utf-8")


@task("notices.publish_result")
async def publish(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """Whatever of a lot's result stands and is not published yet."""
    await service.publish_results(ctx.session, WORKER, lot_id=UUID(payload["lot_id"]))


@task("notices.render_result")
async def render(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """The PDF/A-3 under the centre's seal, with the notice in it."""
    notice_id = UUID(ResultPublished.parse(payload).notice_id)
    published = await result_notice(ctx.session, notice_id)
    if published.pdf_digest is not None:
        return
    facts = msgspec.json.decode(msgspec.json.encode(published.facts))
    source = source_of(published, {"kind": published.kind, "facts": facts})
    url = f"{ctx.settings.web.base_url}/proof/{published.code}"
    printed = await render_pdf(
        result_html(published, url=url),
        css=CSS,
        at=published.published_at,
        identifier=notice_id.bytes,
        attached=(Attached("notice.json", published.title, source),),
    )
    data = await seal_document(ctx.session, WORKER, printed, reason=published.title, keys=ctx.keys)
    digest = await ctx.objects.put(data, "application/pdf")
    record_id = await records.keep(
        ctx.session,
        WORKER,
        subject=f"lot:{published.lot_id}",
        kind=f"{published.kind}-notice",
        name=f"{published.title}.pdf",
        media_type="application/pdf",
        digest=digest,
        size=len(data),
        public=True,
        proof_code=published.code,
    )
    await service.attach_pdf(ctx.session, WORKER, notice_id=notice_id, record_id=record_id, digest=digest)
    await open_data.release_result(ctx.session, WORKER, notice_id=notice_id, base_url=ctx.settings.web.base_url)


@task("notices.release_annulment")
async def release_annulment(ctx: TaskContext, payload: dict[str, Any]) -> None:
    """An award that fell, as open data."""
    lot_id, base_url = UUID(payload["lot_id"]), ctx.settings.web.base_url
    await open_data.release_annulments(ctx.session, WORKER, lot_id=lot_id, base_url=base_url)
