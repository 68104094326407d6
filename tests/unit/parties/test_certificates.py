"""Certificates: what they say, and every way in which one is not good (R55)."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from trading.parties.certificates import (
    AUTHORITY_LIFE,
    PERSON_LIFE,
    CertificateFacts,
    issue,
    make_authority,
    possession_message,
    proves_possession,
    read_certificate,
    verify_chain,
)
from trading.parties.errors import CertificateRefused

NOW = datetime(2026, 11, 23, 8, 0, 0, 500_000, tzinfo=UTC)
START = NOW.replace(microsecond=0)
CA = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
PERSON = Ed25519PrivateKey.from_private_bytes(b"\2" * 32)
AUTHORITY = make_authority(CA, at=NOW)
USCC = "91110000600037341L"


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def person(key: Ed25519PrivateKey = CA, authority: str = AUTHORITY, at: datetime = NOW) -> str:
    return issue(
        key, authority, public_key=raw(PERSON), name="王小明", organisation="城建集团有限公司", uscc=USCC, at=at
    )


def reason(pem: str, authority: str | bytes = AUTHORITY, at: datetime = NOW) -> str:
    with pytest.raises(CertificateRefused) as caught:
        verify_chain(pem, authority, at)
    return caught.value.reason


def test_a_good_certificate_says_who_for_whom_and_when() -> None:
    pem = person()
    facts = verify_chain(pem, AUTHORITY, NOW)
    der = x509.load_pem_x509_certificate(pem.encode())
    assert facts == CertificateFacts(
        name="王小明",
        organisation="城建集团有限公司",
        uscc=USCC,
        public_key=raw(PERSON),
        fingerprint=der.fingerprint(hashes.SHA256()).hex(),
        serial=f"{der.serial_number:x}",
        not_before=START,
        not_after=START + PERSON_LIFE,
    )
    assert verify_chain(pem, raw(CA), NOW) == facts == read_certificate(pem)


def test_the_authority_lasts_ten_years_and_what_it_issues_not_longer() -> None:
    late = START + AUTHORITY_LIFE - timedelta(days=30)
    assert read_certificate(person(at=late)).not_after == START + AUTHORITY_LIFE
    assert reason(person(), at=START + AUTHORITY_LIFE) == "time"


def test_the_same_request_twice_gives_two_serial_numbers() -> None:
    assert read_certificate(person()).serial != read_certificate(person()).serial


@pytest.mark.parametrize("at", [START - timedelta(seconds=1), START + PERSON_LIFE, START + timedelta(days=4000)])
def test_outside_its_time(at: datetime) -> None:
    assert reason(person(), at=at) == "time"


@pytest.mark.parametrize("at", [START, START + PERSON_LIFE - timedelta(seconds=1)])
def test_at_the_edges_of_its_time(at: datetime) -> None:
    assert verify_chain(person(), AUTHORITY, at).uscc == USCC


def test_another_authority_of_the_same_name() -> None:
    forger = Ed25519PrivateKey.generate()
    forged = person(forger, make_authority(forger, at=NOW))
    assert reason(forged) == "chain"
    assert reason(forged, raw(CA)) == "chain"


def test_a_changed_byte() -> None:
    der = bytearray(x509.load_pem_x509_certificate(person().encode()).public_bytes(Encoding.DER))
    der[der.index(USCC.encode())] ^= 1
    assert reason(x509.load_der_x509_certificate(bytes(der)).public_bytes(Encoding.PEM).decode()) == "chain"


def test_a_person_is_no_authority_and_an_authority_no_person() -> None:
    mine = person()
    below = issue(PERSON, mine, public_key=raw(CA), name="x", organisation="y", uscc=USCC, at=NOW)
    assert reason(below, mine) == "usage"
    assert reason(AUTHORITY) == "format"


@pytest.mark.parametrize("missing", ["key_usage", "basic_constraints"])
def test_a_certificate_for_something_else(missing: str) -> None:
    builder = _builder(PERSON.public_key())
    if missing == "key_usage":
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    else:
        builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    assert reason(builder.sign(CA, None).public_bytes(Encoding.PEM).decode()) == "usage"


def test_a_certificate_that_may_not_sign() -> None:
    builder = _builder(PERSON.public_key()).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    pem = builder.add_extension(_usage(digital_signature=False), critical=True).sign(CA, None)
    assert reason(pem.public_bytes(Encoding.PEM).decode()) == "usage"


def test_another_algorithm() -> None:
    builder = _builder(ec.generate_private_key(ec.SECP256R1()).public_key())
    assert reason(builder.sign(CA, None).public_bytes(Encoding.PEM).decode()) == "algorithm"


@pytest.mark.parametrize("text", ["", "certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_no_certificate_at_all(text: str) -> None:
    assert reason(text) == "format"


def test_possession_is_of_this_key_for_this_membership() -> None:
    key = raw(PERSON)
    proof = PERSON.sign(possession_message("m-1", key))
    assert proves_possession("m-1", key, proof)
    assert not proves_possession("m-2", key, proof)
    assert not proves_possession("m-1", raw(CA), proof)
    assert not proves_possession("m-1", key, proof[:-1])
    assert not proves_possession("m-1", key[:-1], proof)


def test_checking_needs_no_database() -> None:
    program = (
        "import sys, trading.parties.certificates\n"
        "print(*sorted({'sqlalchemy', 'litestar', 'psycopg'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def _builder(key: object) -> x509.CertificateBuilder:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "x"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "y"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, USCC),
        ]
    )
    issuer = x509.load_pem_x509_certificate(AUTHORITY.encode()).subject
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)  # type: ignore[arg-type]  # one of two kinds of public key
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(START + PERSON_LIFE)
    )


def _usage(*, digital_signature: bool) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature, False, not digital_signature, False, False, False, False, False, False)
