"""The seal on a PDF (电子签章): a PAdES-B-B signature, added behind the document without changing a byte of it.

What came out of the renderer is a prefix of the sealed file, so a document made again can be compared with it; and
since nothing else is touched (metadata, PDF version), a PDF/A-3b stays one. The signature is a certification that
permits no later change. pyHanko does the PDF structure and CMS; its own defaults would restamp the metadata and raise
the version.
"""

import io
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from trading.kernel.signing import SealSigner

FIELD = "Seal"
_HASH = "sha256"
_ROOM = 16 * 1024
"""Hex digits kept free for the signature with its two certificates."""


class _Behind(IncrementalPdfFileWriter):
    """Adds what it must and touches nothing else."""

    def _update_meta(self) -> None:
        """XMP and Info stay as rendered: they must agree, and who rendered is not who seals."""

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """PDF/A-3 is PDF 1.7."""

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> ArrayObject:
        """The document keeps its identifier; that of this revision follows from its bytes."""
        first, _ = prev.trailer["/ID"]
        prev.stream.seek(0)
        original = getattr(first, "original_bytes", first)
        return ArrayObject([ByteStringObject(original), ByteStringObject(sha256(prev.stream.read()).digest()[:16])])


class _Cms(Signer):
    """CMS made here, signed wherever the key is kept."""

    def __init__(self, key: SealSigner, certificate: str, authority: str) -> None:
        held = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library's gap
        held.register(_asn1(authority))
        super().__init__(
            signing_cert=_asn1(certificate),
            cert_registry=held,
            signature_mechanism=SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        )
        self._seal = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """The signature value; a dry run, for its size, would be the same work."""
        del dry_run
        if digest_algorithm != _HASH:
            raise ValueError(digest_algorithm)
        return self._seal.sign(data)


async def seal_pdf(
    data: bytes, *, key: SealSigner, certificate: str, authority: str, name: str, reason: str, at: datetime
) -> bytes:
    """The sealed PDF; `certificate` (of the key) and `authority` (its issuer) are PEM and travel in it."""
    writer = _Behind(io.BytesIO(data))
    writer.register_extension(ESIC_EXTENSION_1)
    steps: Any = PdfCMSEmbedder().write_cms(field_name=FIELD, writer=writer)
    next(steps)
    placeholder = SignatureObject(
        timestamp=at.astimezone(UTC),
        subfilter=SigSeedSubFilter.PADES,
        name=name,
        reason=reason,
        bytes_reserved=_ROOM,
    )
    rights = SigMDPSetup(md_algorithm=_HASH, certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=rights))
    prepared, output = steps.send(SigIOSetup(md_algorithm=_HASH))
    cms = await _Cms(key, certificate, authority).async_sign(
        prepared.document_digest, digest_algorithm=_HASH, use_pades=True
    )
    steps.send(cms)
    sealed: bytes = output.getvalue()
    return sealed


def _asn1(pem: str) -> Certificate:
    return Certificate.load(x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER))
