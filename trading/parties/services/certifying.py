"""Certificates (数字证书) from the demonstration CA: for a key that was made and stays on its owner's machine."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem, Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock
from trading.kernel.signing import FileSigner
from trading.parties import entries, reads
from trading.parties.certificates import issue, make_authority, proves_possession, read_certificate
from trading.parties.errors import CertificateUnknown, KeyTaken, MembershipNeeded, PossessionUnproved
from trading.parties.models import AuthorityRow, CertificateRow
from trading.parties.roles import CERTIFICATE_SCOPE
from trading.parties.types import Certificate


async def authority_certificate(session: AsyncSession, ca: FileSigner) -> str:
    """The CA's own certificate (PEM), made at its first use and the same bytes ever after."""
    query = select(AuthorityRow.pem).where(AuthorityRow.kid == ca.kid)
    pem = await session.scalar(query)
    if pem is None:
        now = await platform_now(session)
        fresh = make_authority(ca.private_key, at=now)
        await session.execute(
            insert(AuthorityRow).values(kid=ca.kid, pem=fresh, created_at=now).on_conflict_do_nothing()
        )
        pem = await session.scalar(query)
        assert pem is not None
    return pem


async def issue_certificate(
    session: AsyncSession, actor: Actor, *, public_key: bytes, possession: bytes, ca: FileSigner
) -> Certificate:
    """A certificate for the actor's key in the present membership; asked again for a key, the same certificate."""
    _demand_right(actor)
    if actor.membership_id is None or actor.org_id is None or actor.person_id is None:
        raise MembershipNeeded
    if len(public_key) != 32:
        raise Invalid({"public_key": FieldProblem("parties.bad_key")})
    if not proves_possession(str(actor.membership_id), public_key, possession):
        raise PossessionUnproved
    await lock(session, f"certificate:{public_key.hex()}")
    standing = await session.scalar(select(CertificateRow).where(CertificateRow.public_key == public_key))
    if standing is not None:
        if (standing.person_id, standing.org_id) != (actor.person_id, actor.org_id) or standing.revoked_at:
            raise KeyTaken
        return reads.as_certificate(standing)
    organisation = await reads.organisation(session, actor.org_id)
    pem = issue(
        ca.private_key,
        await authority_certificate(session, ca),
        public_key=public_key,
        name=actor.name,
        organisation=organisation.name,
        uscc=organisation.uscc,
        at=await platform_now(session),
    )
    facts = read_certificate(pem)
    row = CertificateRow(
        id=new_id(),
        org_id=actor.org_id,
        person_id=actor.person_id,
        serial=facts.serial,
        fingerprint=facts.fingerprint,
        public_key=public_key,
        pem=pem,
        not_before=facts.not_before,
        not_after=facts.not_after,
    )
    session.add(row)
    await session.flush()
    await append(
        session,
        actor,
        entries.CERTIFICATE_ISSUED,
        subject=f"certificate:{row.id}",
        payload={"fingerprint": row.fingerprint, "organisation": str(row.org_id), "person": str(row.person_id)},
    )
    return reads.as_certificate(row)


async def revoke_certificate(session: AsyncSession, actor: Actor, *, certificate_id: UUID) -> None:
    """End a certificate for every signature from now on; earlier ones stay good. Its owner or an administrator may."""
    _demand_right(actor)
    row = await session.get(CertificateRow, certificate_id, with_for_update=True)
    if row is None or not (actor.person_id == row.person_id or actor.has("admin", "system")):
        raise CertificateUnknown
    if row.revoked_at is not None:
        return
    row.revoked_at = await platform_now(session)
    await append(
        session,
        actor,
        entries.CERTIFICATE_REVOKED,
        subject=f"certificate:{certificate_id}",
        payload={"fingerprint": row.fingerprint},
    )


def _demand_right(actor: Actor) -> None:
    if actor.session_id is None and not actor.has(CERTIFICATE_SCOPE, "system"):
        raise Forbidden
