"""Sealing documents (签章): the trading centre's seal on a PDF, by a key of the platform's for nothing else."""

from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.pdf_seal import seal_pdf
from trading.kernel.signing import PlatformKeys
from trading.parties import entries, reads
from trading.parties.errors import CentreMissing
from trading.parties.models import SealRow
from trading.parties.seals import issue_seal, verify_seal
from trading.parties.services.certifying import authority_certificate
from trading.parties.types import Organisation


async def seal_document(session: AsyncSession, actor: Actor, data: bytes, *, reason: str, keys: PlatformKeys) -> bytes:
    """The PDF under the centre's seal, at this instant."""
    authority = await authority_certificate(session, keys.ca)
    centre, certificate = await _certificate(session, actor, authority, keys)
    return await seal_pdf(
        data,
        key=keys.seal,
        certificate=certificate,
        authority=authority,
        name=centre.name,
        reason=reason,
        at=await platform_now(session),
    )


async def _certificate(
    session: AsyncSession, actor: Actor, authority: str, keys: PlatformKeys
) -> tuple[Organisation, str]:
    """The centre and its seal's certificate, issued at the first use of the key."""
    row = await session.get(SealRow, keys.seal.kid)
    if row is not None:
        return await reads.organisation(session, row.org_id), row.pem
    await lock(session, "seal-certificate")
    row = await session.get(SealRow, keys.seal.kid)
    if row is not None:
        return await reads.organisation(session, row.org_id), row.pem
    official = await reads.organisations_of_role(session, "official")
    centre = next((organisation for organisation in official if organisation.kind == "centre"), None)
    if centre is None:
        raise CentreMissing
    now = await platform_now(session)
    pem = issue_seal(
        keys.ca.private_key,
        authority,
        public_key=keys.seal.public_key,
        organisation=centre.name,
        uscc=centre.uscc,
        at=now,
    )
    fingerprint = verify_seal(pem, authority, now).fingerprint
    session.add(SealRow(kid=keys.seal.kid, org_id=centre.id, fingerprint=fingerprint, pem=pem, created_at=now))
    await session.flush()
    await append(
        session,
        actor,
        entries.SEAL_CERTIFIED,
        subject=f"organisation:{centre.id}",
        payload={"fingerprint": fingerprint, "uscc": centre.uscc},
        at=now,
    )
    return centre, pem
