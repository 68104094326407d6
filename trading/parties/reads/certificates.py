"""Issued certificates (数字证书), and whether one was good at the instant of a signature."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.parties.certificates import CertificateFacts, read_certificate, verify_chain
from trading.parties.errors import CertificateRefused
from trading.parties.models import AuthorityRow, CertificateRow
from trading.parties.types import Certificate


def as_certificate(row: CertificateRow) -> Certificate:
    """A row as what others may hold."""
    return Certificate(
        id=row.id,
        person_id=row.person_id,
        org_id=row.org_id,
        serial=row.serial,
        fingerprint=row.fingerprint,
        public_key=row.public_key,
        pem=row.pem,
        not_before=row.not_before,
        not_after=row.not_after,
        revoked_at=row.revoked_at,
    )


async def certificates_of(session: AsyncSession, person_id: UUID) -> tuple[Certificate, ...]:
    """A person's certificates, newest first."""
    rows = await session.scalars(
        select(CertificateRow).where(CertificateRow.person_id == person_id).order_by(CertificateRow.id.desc())
    )
    return tuple(as_certificate(row) for row in rows)


async def certificate_valid_at(session: AsyncSession, certificate: str, at: datetime) -> CertificateFacts:
    """The facts of a certificate (PEM or fingerprint) that was good at the instant of a signature.

    Chain, usage and time are the pure check's; here is added what only the issuer knows: that it issued exactly these
    bytes and had not revoked them by then. `CertificateRefused` otherwise.
    """
    fingerprint = read_certificate(certificate).fingerprint if certificate.startswith("-----") else certificate
    row = await session.scalar(select(CertificateRow).where(CertificateRow.fingerprint == fingerprint))
    if row is None:
        raise CertificateRefused("chain")
    if row.revoked_at is not None and row.revoked_at <= at:
        raise CertificateRefused("revoked")
    refusal = CertificateRefused("chain")
    for authority in await session.scalars(select(AuthorityRow.pem)):  # one, or two while a new CA takes over
        try:
            return verify_chain(row.pem, authority, at)
        except CertificateRefused as error:
            refusal = error
    raise refusal
