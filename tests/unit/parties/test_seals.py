"""The certificate of a seal: for documents alone, of an organisation, good at its time."""

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trading.parties.certificates import issue, make_authority, verify_chain
from trading.parties.errors import CertificateRefused
from trading.parties.seals import issue_seal, verify_seal

AT = dt.datetime(2026, 11, 23, 1, 0, 0, 500_000, tzinfo=dt.UTC)
CA = Ed25519PrivateKey.generate()
AUTHORITY = make_authority(CA, at=AT)
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
SEAL = issue_seal(CA, AUTHORITY, public_key=KEY, organisation="交易中心", uscc="12350100MB0000011X", at=AT)


def test_it_says_whose_it_is() -> None:
    facts = verify_seal(SEAL, AUTHORITY, AT)
    assert (facts.organisation, facts.uscc, len(facts.fingerprint)) == ("交易中心", "12350100MB0000011X", 64)


@pytest.mark.parametrize(
    ("pem", "authority", "at", "reason"),
    [
        (SEAL, AUTHORITY, AT - dt.timedelta(seconds=1), "time"),
        (SEAL, AUTHORITY, AT + dt.timedelta(days=3660), "time"),
        (SEAL, make_authority(Ed25519PrivateKey.generate(), at=AT), AT, "chain"),
        ("no certificate", AUTHORITY, AT, "format"),
    ],
)
def test_r55_it_is_refused(pem: str, authority: str, at: dt.datetime, reason: str) -> None:
    with pytest.raises(CertificateRefused) as refused:
        verify_seal(pem, authority, at)
    assert refused.value.reason == reason


def test_a_persons_certificate_seals_nothing_and_a_seal_speaks_for_no_person() -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    person = issue(CA, AUTHORITY, public_key=public, name="王小明", organisation="甲建设", uscc="1", at=AT)
    with pytest.raises(CertificateRefused) as refused:
        verify_seal(person, AUTHORITY, AT)
    assert refused.value.reason == "algorithm"
    with pytest.raises(CertificateRefused) as refused:
        verify_chain(SEAL, AUTHORITY, AT)
    assert refused.value.reason == "algorithm"
