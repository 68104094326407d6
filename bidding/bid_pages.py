"""The bidder's page (投标) and the public check of a receipt.

The page shows the same to every bidder whether or not he has bid: the platform does not know whose envelopes it holds.
What a bidder has submitted, only his own receipts tell.
"""

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from bidding import ceremony_reads, reads
from bidding.errors import ProofPending, ReceiptInvalid, ReceiptUnknown
from bidding.forms import CheckReceipt
from bidding.sealing.documents import peek_document
from bidding.sealing.errors import SealingError
from bidding.sealing.submission import Receipt, verify_receipt
from bidding.services.uploads import MOST_BYTES
from bidding.subjects import lot as lot_subject
from bidding.subjects import parse_subject
from trading.funds import reads as funds
from trading.kernel.canonical import CanonicalError, canonical
from trading.kernel.clock import parse_rfc3339, platform_now
from trading.kernel.errors import FieldProblem
from trading.kernel.identity import PUBLIC, allow
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.web.forms import Form, parse
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import page

CHECK = "bidding/receipt_check.html"


@get("/lots/{lot_id:uuid}/bid", opt=allow("bidder"))
async def bid(request: WebRequest, session: Session, actor: CurrentActor, lot_id: FromPath[UUID]) -> Response[bytes]:
    """Seal, submit, replace, withdraw."""
    lot = await projects.lot(session, lot_id)
    found = await reads.announced(session, str(lot_subject(lot_id)))
    announcement = reads.verified(found.file) if found else None
    rules = await projects.profile(session, lot.profile_digest)
    organisation = await parties.organisation(session, actor.org_id) if actor.org_id else None
    config = {
        "lot": str(lot_id),
        "announcement_url": f"/v1/lots/{lot_id}/announcement",
        "ceiling_fen": lot.ceiling_fen,
        "duration_days_max": lot.duration_days,
        "ack": None,
        "max_part_bytes": MOST_BYTES,
        "uscc": organisation.uscc if organisation else None,
    }
    now = await platform_now(session)
    return page(
        request,
        "bidding/bid.html",
        lot=lot,
        at=now,
        published=found,
        announcement=announcement,
        titles={part.id: part.title for part in rules.parts},
        open=announcement is not None and lot.state == "published" and now <= announcement.deadline,
        config=config,
        deposit=await funds.own_deposit(session, actor, lot_id),
    )


@get("/receipts/check", opt=PUBLIC)
async def ask_receipt(request: WebRequest) -> Response[bytes]:
    """The form."""
    return page(request, CHECK, form=Form(CheckReceipt), found=None)


@post("/receipts/check", opt=PUBLIC)
async def check_receipt(request: WebRequest, session: Session) -> Response[bytes]:
    """Whose signature it bears, what it promises, and whether the promise is kept; nothing about the bidder."""
    command = await parse(request, CheckReceipt, CHECK, found=None)
    problem = ReceiptInvalid({"receipt": FieldProblem("bidding.receipt_invalid")})
    try:
        raw = canonical(msgspec.json.decode(command.receipt))
        ann = peek_document(raw, Receipt, "sealing.receipt").ann
    except (CanonicalError, SealingError, msgspec.DecodeError) as error:
        raise problem from error
    announcement = await reads.announcement_named(session, ann)
    if announcement is None:
        raise problem
    try:
        receipt = verify_receipt(raw, announcement)
    except SealingError as error:
        raise problem from error
    try:
        await reads.receipt_proof(session, receipt.entry)
        state = "proved"
    except ProofPending:
        state = "pending"
    except ReceiptUnknown:
        state = "unknown"
    ceremony = await ceremony_reads.ceremony_of(session, receipt.subject)
    return page(
        request,
        CHECK,
        form=Form(CheckReceipt, {"receipt": [command.receipt]}),
        found=receipt,
        state=state,
        witnessed=announcement.body.witness.quorum > 0,
        kind=parse_subject(receipt.subject).kind,
        title=ceremony.title if ceremony else receipt.subject,
        received_at=parse_rfc3339(receipt.received_at),
        merge_by=parse_rfc3339(receipt.merge_by),
    )


ROUTES = (bid, ask_receipt, check_receipt)
