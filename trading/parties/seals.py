"""The certificate of an electronic seal (电子签章): an organisation's, of a P-256 key, for sealing documents alone.

The demonstration CA issues it. Its extended key usage (RFC 9336) keeps it apart from people's certificates: no bidder's
certificate can seal a document of the centre, and the seal's can sign for no person.
"""

from datetime import datetime
from secrets import token_bytes

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from trading.parties import certificates as x
from trading.parties.errors import CertificateRefused

DOCUMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
SEAL_NAME = "电子签章 Seal"


class SealFacts(msgspec.Struct, frozen=True):
    """What a seal's certificate that was found good says."""

    organisation: str
    uscc: str
    fingerprint: str


def issue_seal(
    key: Ed25519PrivateKey,
    authority_pem: str,
    *,
    public_key: ec.EllipticCurvePublicKey,
    organisation: str,
    uscc: str,
    at: datetime,
) -> str:
    """The certificate as PEM, valid as long as the CA's own: what it sealed is checked for many years."""
    authority = x.parse(authority_pem)
    builder = (
        x.builder(
            x.subject_of(SEAL_NAME, organisation, uscc),
            authority.subject,
            public_key,
            serial=int.from_bytes(token_bytes(16), "big") | 1,
            start=at,
            end=authority.not_valid_after_utc,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x.usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENTS]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, None).public_bytes(Encoding.PEM).decode()


def verify_seal(pem: str, authority: str, at: datetime) -> SealFacts:
    """Whose seal it is, if the certificate was good at `at`; `CertificateRefused` with the reason otherwise."""
    certificate = x.parse(pem)
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateRefused("algorithm")
    issuer = x.authority_key(certificate, authority, at)
    try:
        issuer.verify(certificate.signature, certificate.tbs_certificate_bytes)
    except InvalidSignature as error:
        raise CertificateRefused("chain") from error
    x.demand_usage(certificate, signs_certificates=False)
    try:
        purposes = list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (x509.ExtensionNotFound, ValueError) as error:
        raise CertificateRefused("usage") from error
    if purposes != [DOCUMENTS]:
        raise CertificateRefused("usage")
    x.demand_time(certificate, at)
    return SealFacts(
        organisation=x.attribute(certificate, NameOID.ORGANIZATION_NAME),
        uscc=x.attribute(certificate, NameOID.ORGANIZATION_IDENTIFIER),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
    )
