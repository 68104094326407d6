"""What the identity and price parts say in a form programs can read (LBE1 §7).

The identity is a part of its own, so technical parts can be reviewed blind (暗标); its certificate signs the other
parts' entries, which ties organisation and offer together without either being visible before its phase.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from bidding.sealing.documents import decode, encode
from bidding.sealing.envelope import Core, PartEntry
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex64, lp
from bidding.sealing.signatures import sign_p256, verify_ed25519, verify_p256
from trading.kernel.canonical import LARGEST, canonical

IDENTITY_PART = "identity"
IDENTITY_FILE = "identity.json"
PRICE_FILE = "price.json"
CertificateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
LARGEST_READ_ALOUD = 1024 * 1024
"""`identity.json` and `price.json`; a larger one is treated as missing."""
# Read aloud, stored and printed: a control character in it would stop the opening of everybody else's bids too.
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\Z")]


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`identity.json`: who bids (投标人), proved by a certificate."""

    v: Literal["LBI1"]
    organisation: ShortText
    uscc: Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Z]{18}\Z")]
    deposit_reference: ShortText | None
    certificate: str
    chain: tuple[str, ...]
    signature: Hex64


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`price.json`: the row of the opening table (开标一览表)."""

    price_fen: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    duration_days: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    quality: ShortText
    manager: ShortText


def identity_message(ann: str, env: str, key: str, entries: Sequence[PartEntry]) -> bytes:
    """What the certificate signs; `entries` are the core's, identity left out."""
    others = [msgspec.to_builtins(entry) for entry in entries if entry.id != IDENTITY_PART]
    return lp("LBE1/id", bytes.fromhex(ann), bytes.fromhex(env), bytes.fromhex(key), canonical(others))


def build_identity(
    certificate: x509.Certificate,
    signer: CertificateKey,
    message: bytes,
    *,
    chain: Sequence[x509.Certificate] = (),
    deposit_reference: str | None = None,
) -> bytes:
    """`identity.json`, organisation and code taken from the certificate itself."""
    signature = signer.sign(message) if isinstance(signer, Ed25519PrivateKey) else sign_p256(signer, message)
    organisation, uscc = certificate_subject(certificate)
    raw = encode(
        Identity(
            v="LBI1",
            organisation=organisation,
            uscc=uscc,
            deposit_reference=deposit_reference,
            certificate=_pem(certificate),
            chain=tuple(_pem(issuer) for issuer in chain),
            signature=signature.hex(),
        )
    )
    decode(raw, Identity, "sealing.identity.json")  # what no reader will take is better refused before it is sealed
    return raw


def verify_identity(raw: bytes, core: Core, *, roots: Sequence[x509.Certificate], at: datetime) -> Identity:
    """The identity, if its certificate leads to a root, was valid `at` the signing moment and signed this envelope."""
    identity = decode(raw, Identity, "sealing.identity.json")
    message = identity_message(core.ann, core.env, core.key, core.parts)
    try:
        leaf = x509.load_pem_x509_certificate(identity.certificate.encode())
        chain = [x509.load_pem_x509_certificate(text.encode()) for text in identity.chain]
        _check_chain(leaf, chain, roots, at)
        subject = certificate_subject(leaf)
        signed = _signed_by(leaf, bytes.fromhex(identity.signature), message)
    except SealingError:
        raise
    except Exception as error:
        # The library refuses a stranger's certificate in many ways, each with its own class, some not ValueErrors;
        # none of them may stop the opening of everybody else's bids.
        raise SealingError("sealing.identity.certificate") from error
    if subject != (identity.organisation, identity.uscc):
        raise SealingError("sealing.identity.subject")
    if not signed:
        raise SealingError("sealing.identity.signature")
    return identity


def read_price(raw: bytes) -> Price:
    """The row to be read aloud."""
    return decode(raw, Price, "sealing.price")


def certificate_subject(certificate: x509.Certificate) -> tuple[str, str]:
    """Organisation name and unified social credit code (统一社会信用代码) that a certificate vouches for."""
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    codes = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    if len(names) != 1 or len(codes) != 1:
        raise SealingError("sealing.identity.subject")
    return str(names[0].value), str(codes[0].value)


def _check_chain(
    leaf: x509.Certificate, chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> None:
    path = [leaf, *chain]
    root = next((root for root in roots if root.subject == path[-1].issuer and _issued(path[-1], root)), None)
    if root is None or len(chain) > 4:
        raise SealingError("sealing.identity.certificate", reason="issuer")
    for certificate, issuer in zip(path, [*chain, root], strict=True):
        if not _issued(certificate, issuer) or not _authority(issuer):
            raise SealingError("sealing.identity.certificate", reason="issuer")
    if not all(c.not_valid_before_utc <= at <= c.not_valid_after_utc for c in [*path, root]):
        raise SealingError("sealing.identity.certificate", reason="validity")
    try:
        signs = leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        signs = False
    if not signs or _authority(leaf):
        raise SealingError("sealing.identity.certificate", reason="usage")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _signed_by(certificate: x509.Certificate, signature: bytes, message: bytes) -> bool:
    key = certificate.public_key()
    if isinstance(key, Ed25519PublicKey):
        return verify_ed25519(key.public_bytes(Encoding.Raw, PublicFormat.Raw), signature, message)
    return isinstance(key, ec.EllipticCurvePublicKey) and verify_p256(key, signature, message)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
