"""The seal (电子签章) on a PDF: over every byte, by the centre's certificate that the journal knows.

What the document was made from is attached to it, so paper and machine-readable text cannot say different things.
"""

from collections.abc import Collection
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from bidding.proof import Mismatch
from bidding.proof.settled import digest_of
from bidding.sealing.documents import decode
from bidding.sealing.errors import SealingError
from portal.evidence.layout import PLATFORM_KEYS, PlatformKeys
from portal.verify.journal import Found, Journal
from portal.verify.report import UNREADABLE, Report
from trading.kernel.pdf_proof import SealBroken, Sealed, open_sealed
from trading.parties.proof import SealFacts, verify_seal

CERTIFIED = "parties:seal:certified"
_LARGEST_KEYS = 1024 * 1024


class Document(msgspec.Struct, frozen=True):
    """A sealed PDF of the evidence, and how to know what it must carry."""

    path: str
    data: bytes
    source: str
    """Name of the attached file."""
    digest: str
    """SHA-256 of what is attached."""


def check_seal(document: Document, printed: Found | None, journal: Journal, authority: str, report: Report) -> None:
    """Sealed before its filing was journalled, by the certificate that the journal knows."""
    with report.check("pdf.sealed", otherwise="pdf.seal", path=document.path) as facts:
        known = [found for found in journal.find(CERTIFIED) if printed and found.index < printed.index]
        if printed is not None and not known and b"/ETSI.CAdES.detached" not in document.data:
            report.noted("pdf.unsealed", path=document.path)
            return
        sealed = _open(document.data, document.path)
        seal = _judge(sealed, authority, document.path)
        facts.update(organisation=seal.organisation, at=sealed.at)
        if seal.fingerprint not in {found.entry.payload.get("fingerprint") for found in known}:
            raise Mismatch("pdf.seal", path=document.path, detail="journal")
        if printed is None or sealed.at > printed.entry.at:
            raise Mismatch("pdf.seal", path=document.path, detail="time")
        source = sealed.attached.get(document.source)
        if source is None or digest_of(source) != document.digest:
            raise Mismatch("pdf.source", path=document.path, file=document.source)


def check_single(path: Path, raw: bytes, beside: Collection[Path], report: Report) -> None:
    """A PDF by itself: the authority is the evidence's that it lies in or that the caller names, else its own."""
    authority = _authority([*beside, path.parent / PLATFORM_KEYS])
    with report.check("pdf.sealed", otherwise="pdf.seal", path=path.name) as facts:
        sealed = _open(raw, path.name)
        if authority is None:
            if len(sealed.issuers) != 1:
                raise Mismatch("pdf.seal", path=path.name, detail="chain")
            authority = sealed.issuers[0]
            fingerprint = x509.load_pem_x509_certificate(authority.encode()).fingerprint(hashes.SHA256()).hex()
            report.noted("pdf.authority", fingerprint=fingerprint)
        seal = _judge(sealed, authority, path.name)
        facts.update(organisation=seal.organisation, at=sealed.at)


def _open(data: bytes, path: str) -> Sealed:
    try:
        return open_sealed(data)
    except SealBroken as error:
        code = "pdf.changed" if error.code == "changed" else "pdf.seal"
        raise Mismatch(code, path=path, detail=error.code) from error


def _judge(sealed: Sealed, authority: str, path: str) -> SealFacts:
    if [issuer.strip() for issuer in sealed.issuers] != [authority.strip()]:
        raise Mismatch("pdf.seal", path=path, detail="chain")
    return verify_seal(sealed.certificate, authority, sealed.at)


def _authority(paths: Collection[Path]) -> str | None:
    for path in paths:
        try:
            if path.is_file() and path.stat().st_size <= _LARGEST_KEYS:
                return decode(path.read_bytes(), PlatformKeys, "keys.form").authority
        except (SealingError, *UNREADABLE):
            continue
    return None
