"""The proof page a QR code leads to: what the document is, its digest, its place in the journal, how to check it alone.

Public for whoever knows the code, which stands in the document and nowhere else: the page shows no content and no name.
"""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.identity import PUBLIC
from trading.kernel.journal import reads as journal
from trading.records.errors import NotWitnessed
from trading.records.reads import by_proof_code
from trading.records.types import Provable
from trading.web.answers import Answer
from trading.web.injected import CurrentSettings, Session, WebRequest
from trading.web.responses import download, page

KINDS = (
    "records.kind.award_letter",
    "records.kind.result_letter",
    "records.kind.candidates_notice",
    "records.kind.award_notice",
    "records.kind.contract_notice",
)


async def _proof(session: AsyncSession, found: Provable, quorum: int) -> str | None:
    """The proof of the filing's entry under the newest checkpoint that enough witnesses cosigned."""
    checkpoint = await journal.latest_checkpoint(session, quorum=quorum)
    return None if checkpoint is None else await journal.inclusion(session, found.entry_id, checkpoint)


@get("/proof/{code:str}", opt=PUBLIC)
async def proof_page(
    request: WebRequest, session: Session, settings: CurrentSettings, code: FromPath[str]
) -> Response[bytes]:
    """The page."""
    found = await by_proof_code(session, code)
    entry = await journal.entry(session, found.entry_id)
    proof = await _proof(session, found, settings.journal.quorum)
    key = f"records.kind.{found.kind.replace('-', '_')}"
    return page(
        request,
        "records/proof.html",
        document=found,
        kind=key if key in KINDS else None,
        index=entry.index,
        entry=entry.entry.body.decode(),
        proof=proof,
        origin=settings.journal.origin,
    )


@get("/proof/{code:str}/entry.json", opt=PUBLIC)
async def proof_entry(session: Session, code: FromPath[str]) -> Response[bytes]:
    """The journal's entry, exact bytes: the leaf that the proof is about."""
    found = await by_proof_code(session, code)
    shown = await journal.entry(session, found.entry_id)
    return download(shown.entry.body, f"entry-{code[:8]}.json", "application/json")


@get("/proof/{code:str}/proof.txt", opt=PUBLIC)
async def proof_file(session: Session, settings: CurrentSettings, code: FromPath[str]) -> Response[bytes]:
    """The inclusion proof (C2SP tlog-proof), once witnesses have cosigned."""
    proof = await _proof(session, await by_proof_code(session, code), settings.journal.quorum)
    if proof is None:
        raise NotWitnessed
    return download(proof.encode(), f"proof-{code[:8]}.txt", "text/plain; charset=utf-8")


@get("/v1/proof/{code:str}", opt=PUBLIC)
async def proof_facts(session: Session, settings: CurrentSettings, code: FromPath[str]) -> Answer[dict[str, Any]]:
    """The same for programs."""
    found = await by_proof_code(session, code)
    entry = await journal.entry(session, found.entry_id)
    return Answer(
        {
            "kind": found.kind,
            "digest": found.digest,
            "size": found.size,
            "filed_at": found.filed_at,
            "entry": entry.entry.body.decode(),
            "index": entry.index,
            "proof": await _proof(session, found, settings.journal.quorum),
        }
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (proof_page, proof_entry, proof_file, proof_facts)
