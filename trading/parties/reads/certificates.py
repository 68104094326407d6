"""Issued certificates (数字证书), and whether one was good at the instant of a signature."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.parties.certificates import CertificateFacts, read_certificate, verify_chain
from trading.parties.errors import CertificateRefused
from trading.parties.models import AuthorityRow, CertificateRow, OrganisationRow, PersonRow
from trading.parties.types import Certificate, IssuedCertificate
from trading.web.tables import Order, Sortable, SortKey

CERTIFICATES = Sortable(
    {
        "person": SortKey(PersonRow.name, str, lambda row: row.person_name),
        "organisation": SortKey(OrganisationRow.name, str, lambda row: row.org_name),
        "from": SortKey(CertificateRow.not_before, datetime, lambda row: row.not_before),
        "until": SortKey(CertificateRow.not_after, datetime, lambda row: row.not_after),
    },
    tie=CertificateRow.id,
    start="-from",
)
CERTIFICATE_STATES = ("good", "revoked", "expired")


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


async def certificates(
    session: AsyncSession, *, search: str = "", state: str = "", order: Order = CERTIFICATES.first
) -> list[IssuedCertificate]:
    """Every certificate, for the administrator: those whose holder, organisation or serial number holds the words."""
    now = await platform_now(session)
    query = (
        select(CertificateRow, PersonRow.name, OrganisationRow.name)
        .join(PersonRow, PersonRow.id == CertificateRow.person_id)
        .join(OrganisationRow, OrganisationRow.id == CertificateRow.org_id)
    )
    if search := search.strip():
        query = query.where(
            PersonRow.name.icontains(search, autoescape=True)
            | OrganisationRow.name.icontains(search, autoescape=True)
            | CertificateRow.serial.startswith(search.lower(), autoescape=True)
        )
    standing, running = CertificateRow.revoked_at.is_(None), CertificateRow.not_after > now
    if state in CERTIFICATE_STATES:
        wanted = {"good": standing & running, "revoked": ~standing, "expired": standing & ~running}
        query = query.where(wanted[state])
    return [
        IssuedCertificate(
            id=row.id,
            person_id=row.person_id,
            person_name=person_name,
            org_name=org_name,
            serial=row.serial,
            not_before=row.not_before,
            not_after=row.not_after,
            revoked_at=row.revoked_at,
            state="revoked" if row.revoked_at else "good" if row.not_after > now else "expired",
        )
        for row, person_name, org_name in await session.execute(CERTIFICATES.apply(query, order))
    ]


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
