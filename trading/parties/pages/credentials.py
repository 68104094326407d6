"""My certificates as files, and their revocation. Keys are made in the browser or by `trading keys new`, never here."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from trading.kernel.identity import SIGNED_IN
from trading.parties import reads, services
from trading.parties.errors import CertificateUnknown
from trading.web.injected import CurrentActor, Session, WebRequest
from trading.web.responses import Question, confirm, download, redirect

PEM = "application/x-pem-file"


@get("/me/certificates/{certificate_id:uuid}/file", opt=SIGNED_IN)
async def certificate_file(session: Session, actor: CurrentActor, certificate_id: FromPath[UUID]) -> Response[bytes]:
    """One of my certificates; it is public, its key is not here."""
    assert actor.person_id is not None
    for held in await reads.certificates_of(session, actor.person_id):
        if held.id == certificate_id:
            return download(held.pem.encode(), f"certificate-{held.serial}.pem", PEM)
    raise CertificateUnknown


@get("/me/certificates/{certificate_id:uuid}/revoke", opt=SIGNED_IN)
async def ask_revoke(request: WebRequest, certificate_id: FromPath[UUID]) -> Response[bytes]:
    """Ask before it is final."""
    return confirm(
        request,
        Question(
            title="parties.certificate.revoke",
            text="parties.certificate.revoke.text",
            yes="parties.certificate.revoke",
            action=f"/me/certificates/{certificate_id}/revoke",
            back="/me",
            danger=True,
        ),
    )


@post("/me/certificates/{certificate_id:uuid}/revoke", opt=SIGNED_IN)
async def revoke(session: Session, actor: CurrentActor, certificate_id: FromPath[UUID]) -> Response[Any]:
    """Revoke it."""
    await services.revoke_certificate(session, actor, certificate_id=certificate_id)
    return redirect("/me", flash="parties.certificate.revoked")


ROUTES = (certificate_file, ask_revoke, revoke)
