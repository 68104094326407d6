"""The opening record in print: Chinese, one line a bidder, amounts also in capital figures (大写), digest, QR code."""

from functools import cache
from pathlib import Path
from uuid import UUID

import segno
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.entries import RECORD_PRINTED
from bidding.opening.recording import RecordView, record
from bidding.opening.state import stream_of
from bidding.opening.types import OPENING_RECORD
from bidding.subjects import lot
from trading.kernel import live
from trading.kernel.clock import parse_rfc3339
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore
from trading.kernel.pdf import Attached, printable, render_pdf
from trading.kernel.signing import PlatformKeys
from trading.parties.services.sealing import seal_document
from trading.records import reads as record_reads
from trading.records import service as records
from trading.web.assets import Assets
from trading.web.i18n import Words
from trading.web.templating import Templates

SOURCE = "opening-record.json"
"""The machine-readable record inside the PDF, exact signed bytes."""
CSS = (Path(__file__).parent / "print.css").read_text(encoding="utf-8")


@cache
def _templates() -> Templates:
    return Templates(("bidding",), Words(strict=True), Assets())


def record_html(view: RecordView, *, url: str) -> str:
    """The whole page of the record."""
    qr = segno.make(url, error="m", micro=False).png_data_uri(scale=4, border=0)
    at = {"closed": parse_rfc3339(view.body.closed_at), "deadline": parse_rfc3339(view.body.deadline)}
    context = {
        "record": view.body,
        "objections": [
            (item, parse_rfc3339(item.raised_at), parse_rfc3339(item.ended_at)) for item in view.body.objections
        ],
        "deposits": {item["env"]: item for item in view.body.deposits or ()},
        "digest": view.digest,
        "url": url,
        "qr": qr,
        "at": at,
    }
    return printable(_templates().render("zh-CN", "opening/record.html", context))


async def print_record(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, objects: ObjectStore, keys: PlatformKeys, base_url: str
) -> None:
    """File the PDF/A of a record, with the record in it, under the centre's seal; doing it again changes nothing."""
    subject = str(lot(lot_id))
    if await record_reads.records_of(session, subject, (OPENING_RECORD,)):
        return
    view = await record(session, lot_id)
    title = f"{view.body.project['name']} {view.body.lot['name']}"
    printed = await render_pdf(
        record_html(view, url=f"{base_url}/lots/{lot_id}/opening"),
        css=CSS,
        at=parse_rfc3339(view.body.made_at),
        identifier=bytes.fromhex(view.digest)[:16],
        attached=(Attached(SOURCE, title, view.file),),
    )
    data = await seal_document(session, actor, printed, reason=title, keys=keys)
    digest = await objects.put(data, "application/pdf")
    await records.keep(
        session,
        actor,
        subject=subject,
        kind=OPENING_RECORD,
        name=f"opening-record-{view.digest[:16]}.pdf",
        media_type="application/pdf",
        digest=digest,
        size=len(data),
        public=True,
    )
    await append(session, actor, RECORD_PRINTED, subject=subject, payload={"record": view.digest, "pdf": digest})
    await live.publish(session, stream_of(lot(lot_id)), "printed", {"digest": digest})
