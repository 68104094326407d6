"""评标报告 in print: Chinese, the price formula in words with the arithmetic, the ranking, each member's stand."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import segno
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening import reads as openings
from experts.evaluation import rules
from experts.evaluation.entries import REPORT_PRINTED
from experts.evaluation.reads import JSON_RECORD, PDF_RECORD, ReportView, evaluation_document, report_view
from experts.evaluation.services.signing import report_of
from experts.proof.documents import Report
from trading.kernel.canonical import canonical
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore
from trading.kernel.pdf import Attached, printable, render_pdf
from trading.kernel.signing import PlatformKeys
from trading.parties.services.sealing import seal_document
from trading.projects import reads as projects
from trading.projects.profile import Ground
from trading.projects.types import LotView
from trading.records import reads as record_reads
from trading.records import service as records
from trading.web.assets import Assets
from trading.web.i18n import Words
from trading.web.templating import Templates

SOURCE = "evaluation-report.json"
"""The report with its signatures inside the PDF, as data."""
CSS = (Path(__file__).parent / "print.css").read_text(encoding="utf-8")


@cache
def _templates() -> Templates:
    return Templates(("trading.projects", "experts"), Words(strict=True), Assets())


def fraction(pair: tuple[int, int]) -> str:
    """A benchmark in yuan for the eye."""
    return rules.decimal(Fraction(*pair) / 100)


async def shown(session: AsyncSession, lot: LotView, report: Report) -> dict[str, Any]:
    """The report with the bidders' names beside it, as page and print show it."""
    view = await openings.opening_view(session, lot.id)
    profile = await projects.profile(session, lot.profile_digest)
    grounds: dict[str, Ground] = {ground.id: ground for ground in profile.grounds}
    names = {row.env: row.organisation for row in (view.rows if view else ())}
    return {
        "report": report,
        "ranked": sorted((line for line in report.lines if line.rank is not None), key=lambda line: line.rank or 0),
        "rejected": [line for line in report.lines if not line.passed],
        "names": names,
        "grounds": grounds,
        "terms": lot.evaluation,
        "benchmark": fraction(report.benchmark) if report.benchmark else None,
    }


def report_html(lot: LotView, view: ReportView, context: dict[str, Any], *, url: str) -> str:
    """The whole page of the report."""
    qr = segno.make(url, error="m", micro=False).png_data_uri(scale=4, border=0)
    given = {**context, "lot": lot, "view": view, "url": url, "qr": qr}
    return printable(_templates().render("zh-CN", "evaluation/print.html", given))


async def print_report(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, objects: ObjectStore, keys: PlatformKeys, base_url: str
) -> None:
    """File the report, as data and as PDF/A under the centre's seal; doing it again changes nothing."""
    subject = f"lot:{lot_id}"
    if await record_reads.records_of(session, subject, (PDF_RECORD,)):
        return
    lot = await projects.lot(session, lot_id)
    view = await report_view(session, actor, lot_id)
    stored = await report_of(session, lot_id)
    html = report_html(lot, view, await shown(session, lot, view.body), url=f"{base_url}/lots/{lot_id}/evaluation")
    data = canonical(msgspec.to_builtins(await evaluation_document(session, lot_id)))
    title = f"{lot.project_name} {lot.name}"
    printed = await render_pdf(
        html,
        css=CSS,
        at=stored.made_at,
        identifier=bytes.fromhex(stored.digest)[:16],
        attached=(Attached(SOURCE, title, data),),
    )
    pdf = await seal_document(session, actor, printed, reason=title, keys=keys)
    readers = {org for org in (lot.tenderer_org_id, lot.agency_org_id) if org is not None}
    kept = {}
    for kind, name, media_type, content in (
        (JSON_RECORD, "json", "application/json", data),
        (PDF_RECORD, "pdf", "application/pdf", pdf),
    ):
        kept[name] = await objects.put(content, media_type)
        await records.keep(
            session,
            actor,
            subject=subject,
            kind=kind,
            name=f"evaluation-report-{stored.digest[:16]}.{name}",
            media_type=media_type,
            digest=kept[name],
            size=len(content),
            readers=readers,
        )
    await append(session, actor, REPORT_PRINTED, subject=subject, payload={"report": stored.digest, **kept})
