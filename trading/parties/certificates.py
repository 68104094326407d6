"""X.509 certificates over Ed25519 (RFC 8410), made and checked: pure, no database, so that anyone can verify offline.

A person's certificate says who signs (CN), for whom (O) and under which 统一社会信用代码 (organizationIdentifier,
2.5.4.97). It is judged at the instant of the signature, not of the reading. `seals` has the one that is nobody's.
This CA serves demonstrations and parties that agree to it in writing; licensed outside CAs come in through the same
check.
"""

import secrets
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from trading.parties.errors import CertificateRefused

AUTHORITY_NAME = "公共资源交易演示证书 Demonstration CA"
AUTHORITY_LIFE = timedelta(days=3652)
PERSON_LIFE = timedelta(days=365)
_NAME_LIMIT = 64  # RFC 5280 upper bound of CN and O


class CertificateFacts(msgspec.Struct, frozen=True):
    """What a certificate that was found good says."""

    name: str
    organisation: str
    uscc: str
    public_key: bytes
    fingerprint: str
    serial: str
    not_before: datetime
    not_after: datetime


def possession_message(membership_id: str, public_key: bytes) -> bytes:
    """What a new key signs to show that its owner holds it, and for which membership; the same bytes in the browser."""
    return f"trading/certificate-request/1\n{membership_id}\n{public_key.hex()}\n".encode()


def proves_possession(membership_id: str, public_key: bytes, signature: bytes) -> bool:
    """Whether the key that asks for a certificate signed the asking."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, possession_message(membership_id, public_key))
    except (InvalidSignature, ValueError):
        return False
    return True


def make_authority(key: Ed25519PrivateKey, *, at: datetime) -> str:
    """The CA's own certificate as PEM, valid ten years from `at`."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY_NAME)])
    made = (
        builder(name, name, key.public_key(), serial=x509.random_serial_number(), start=at, end=at + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
    )
    return made.sign(key, None).public_bytes(Encoding.PEM).decode()


def issue(
    key: Ed25519PrivateKey,
    authority_pem: str,
    *,
    public_key: bytes,
    name: str,
    organisation: str,
    uscc: str,
    at: datetime,
) -> str:
    """A person's certificate as PEM, valid one year from `at`, never longer than the CA's own."""
    authority = parse(authority_pem)
    end = min(at + PERSON_LIFE, authority.not_valid_after_utc)
    holder = Ed25519PublicKey.from_public_bytes(public_key)
    serial = int.from_bytes(secrets.token_bytes(16), "big") | 1
    made = (
        builder(subject_of(name, organisation, uscc), authority.subject, holder, serial=serial, start=at, end=end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    return made.sign(key, None).public_bytes(Encoding.PEM).decode()


def read_certificate(pem: str) -> CertificateFacts:
    """What a certificate claims, unchecked: for showing one's own. To rely on it use `verify_chain`."""
    return _facts(parse(pem))


def verify_chain(pem: str, authority: str | bytes, at: datetime) -> CertificateFacts:
    """The facts of a person's certificate good at `at`; `CertificateRefused` with the reason otherwise.

    `authority` is the CA's certificate (PEM) or its bare 32-byte public key.
    """
    certificate = parse(pem)
    facts = _facts(certificate)
    issuer_key = authority_key(certificate, authority, at)
    try:
        issuer_key.verify(certificate.signature, certificate.tbs_certificate_bytes)
    except InvalidSignature as error:
        raise CertificateRefused("chain") from error
    demand_usage(certificate, signs_certificates=False)
    demand_time(certificate, at)
    return facts


def authority_key(certificate: x509.Certificate, authority: str | bytes, at: datetime) -> Ed25519PublicKey:
    """The CA's key, if the CA is the one the certificate names and was good at `at`."""
    if isinstance(authority, bytes):
        return Ed25519PublicKey.from_public_bytes(authority)
    issuer = parse(authority)
    key = issuer.public_key()
    if certificate.issuer != issuer.subject or not isinstance(key, Ed25519PublicKey):
        raise CertificateRefused("chain")
    demand_usage(issuer, signs_certificates=True)
    demand_time(issuer, at)
    return key


def builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: Ed25519PublicKey | EllipticCurvePublicKey,
    *,
    serial: int,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    """What every certificate here begins with."""
    # X.509 keeps whole seconds: the start is cut down, so that a signature made at once is inside.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(start.astimezone(UTC).replace(microsecond=0))
        .not_valid_after(end.astimezone(UTC).replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Certificates, or everything else."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def subject_of(name: str, organisation: str, uscc: str) -> x509.Name:
    """Who holds a certificate."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name[:_NAME_LIMIT]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:_NAME_LIMIT]),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, uscc),
        ]
    )


def parse(pem: str) -> x509.Certificate:
    """A certificate from its PEM."""
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise CertificateRefused("format") from error


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise CertificateRefused("algorithm")
    return CertificateFacts(
        name=attribute(certificate, NameOID.COMMON_NAME),
        organisation=attribute(certificate, NameOID.ORGANIZATION_NAME),
        uscc=attribute(certificate, NameOID.ORGANIZATION_IDENTIFIER),
        public_key=key.public_bytes(Encoding.Raw, PublicFormat.Raw),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    """The one value of a part of the holder's name."""
    values = certificate.subject.get_attributes_for_oid(oid)
    if len(values) != 1 or not isinstance(values[0].value, str):
        raise CertificateRefused("format")
    return values[0].value


def demand_usage(certificate: x509.Certificate, *, signs_certificates: bool) -> None:
    """Refuse one that is not for this."""
    try:
        allowed = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError) as error:
        raise CertificateRefused("usage") from error
    fits = allowed.key_cert_sign if signs_certificates else allowed.digital_signature
    if not fits or basic.ca is not signs_certificates:
        raise CertificateRefused("usage")


def demand_time(certificate: x509.Certificate, at: datetime) -> None:
    """Refuse one that was not valid then."""
    if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
        raise CertificateRefused("time")
