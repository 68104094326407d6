"""Checking the seal on a PDF, pure: which certificate sealed it and when it says so, and that no byte came after.

Whether that certificate is the centre's is for who knows the authority to say; here it is only that its key signed this
whole file. Attachments are handed out as they are under the seal.
"""

import io
import logging
import zlib
from datetime import datetime
from typing import NamedTuple

from asn1crypto.cms import ContentInfo
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError, check_ess_certid
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr, validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

# Whatever a malformed file can raise on its way through the parser.
_UNREADABLE = (
    PdfError,
    SignatureValidationError,
    SigningError,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OSError,
    RecursionError,
    NotImplementedError,
)
logging.getLogger("pyhanko").addHandler(logging.NullHandler())  # what is wrong is told here, in our words
_LARGEST = 64 * 1024 * 1024


class SealBroken(Exception):
    """The PDF bears no seal that covers all of it; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Sealed(NamedTuple):
    """What a seal that covers the whole file says."""

    certificate: str
    """PEM, not yet judged."""
    at: datetime
    """As the sealer says (`/M`)."""
    issuers: tuple[str, ...]
    """Certificates that came with it, for whoever knows none; PEM."""
    attached: dict[str, bytes]


def open_sealed(data: bytes) -> Sealed:
    """The seal and the attachments; `SealBroken` with `unsealed`, `changed`, `form`."""
    if len(data) > _LARGEST:
        raise SealBroken("form")
    try:
        reader = PdfFileReader(io.BytesIO(data))
        seals = list(reader.embedded_signatures)
        if not seals:
            raise SealBroken("unsealed")
        if len(seals) != 1:
            raise SealBroken("changed")
        return _judge(reader, seals[0], data)
    except _UNREADABLE as error:
        raise SealBroken("form") from error


def _judge(reader: PdfFileReader, seal: EmbeddedPdfSignature, data: bytes) -> Sealed:
    covered = seal.evaluate_signature_coverage()
    if covered != SignatureCoverageLevel.ENTIRE_FILE or not _hole_is_the_signature(seal, data):
        raise SealBroken("changed")
    intact, valid = validate_sig_integrity(
        seal.signer_info, seal.signer_cert, expected_content_type="data", actual_digest=seal.compute_digest()
    )
    if not (intact and valid):
        raise SealBroken("changed")
    bound = get_signing_cert_attr(seal.signer_info["signed_attrs"])
    pades = seal.sig_object["/SubFilter"] == SigSeedSubFilter.PADES.value
    if bound is None or not check_ess_certid(seal.signer_cert, bound["certs"][0]) or not pades:
        raise SealBroken("form")
    at = seal.self_reported_timestamp
    if seal.docmdp_level != MDPPerm.NO_CHANGES or at is None or at.tzinfo is None:
        raise SealBroken("form")
    issuers = tuple(_pem(other) for other in seal.other_embedded_certs)
    return Sealed(_pem(seal.signer_cert), at, issuers, _attached(reader))


def _hole_is_the_signature(seal: EmbeddedPdfSignature, data: bytes) -> bool:
    """Nothing hides in the one place that no signature can cover: there is the signature, and then zeros."""
    _, before, after, _ = seal.byte_range
    content: bytes = seal.pkcs7_content
    signature: bytes = ContentInfo.load(content, strict=False).dump()
    return data[before:after] == b"<" + signature.hex().upper().encode().ljust(after - before - 2, b"0") + b">"


def _pem(certificate: Certificate) -> str:
    return x509.load_der_x509_certificate(certificate.dump()).public_bytes(Encoding.PEM).decode()


def _attached(reader: PdfFileReader) -> dict[str, bytes]:
    """The files that the document says it was made from (`/AF`)."""
    found: dict[str, bytes] = {}
    for item in reader.root.get("/AF", ()):
        file = item.get_object()
        stream = file["/EF"]["/F"].get_object()
        if stream.data is None or len(stream.data) > _LARGEST:
            raise SealBroken("form")
        found[str(file["/UF"])] = bytes(stream.data)
    return found
