"""A journal entry (日志条目) with its proof: the end of every drill, and public, because the log is.

The file for `trading verify` holds the entry, its C2SP tlog-proof and the keys it is checked with; what those keys are
pinned to is for the reader to say (`--key`).
"""

from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from supervision import reads
from supervision.errors import NotWitnessed
from supervision.proof import write_proof
from trading.kernel.identity import PUBLIC
from trading.web.injected import CurrentSettings, Keys, Session, WebRequest
from trading.web.responses import download, page

_ENTRY = "/journal/entries/{entry_id:uuid}"


@get(_ENTRY, opt=PUBLIC)
async def entry(
    request: WebRequest, session: Session, settings: CurrentSettings, entry_id: FromPath[UUID]
) -> Response[bytes]:
    """What it says, where it stands, who has witnessed it, how to check it without us."""
    found = await reads.proved(session, entry_id, settings.journal.quorum)
    return page(request, "supervision/entry.html", entry=found, origin=settings.journal.origin)


@get(f"{_ENTRY}/entry.json", opt=PUBLIC)
async def leaf(session: Session, settings: CurrentSettings, entry_id: FromPath[UUID]) -> Response[bytes]:
    """The entry's exact bytes: the leaf that the proof is about."""
    found = await reads.proved(session, entry_id, settings.journal.quorum)
    return download(found.body.encode(), f"entry-{entry_id}.json", "application/json")


@get(f"{_ENTRY}/proof.json", opt=PUBLIC)
async def proof(
    session: Session, settings: CurrentSettings, *, keys: Keys, entry_id: FromPath[UUID]
) -> Response[bytes]:
    """Entry, proof and keys in one file, for `trading verify`."""
    found = await reads.proved(session, entry_id, settings.journal.quorum)
    if found.proof is None:
        raise NotWitnessed
    text = write_proof(found.body, found.proof, reads.trust_text(settings.journal, keys.journal.public_raw))
    return download(text, f"proof-{entry_id}.json", "application/json")


ROUTES = (entry, leaf, proof)
