"""Key files: strong enough, readable by other programs, and refused where weaker than they must be."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from trading.kernel.keyfile import ROUNDS, KeyFileRefused, read_key, write_key

SECRET = "correct horse battery"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)


@pytest.fixture(scope="module")
def pem() -> bytes:
    return write_key(KEY, SECRET)


def code_of(pem: bytes, passphrase: str = SECRET) -> str:
    with pytest.raises(KeyFileRefused) as refused:
        read_key(pem, passphrase)
    return refused.value.code


def test_a_key_comes_back_as_it_was(pem: bytes) -> None:
    found = read_key(b"Bag Attributes\n" + pem + b"\n# more\n", SECRET)
    assert isinstance(found, Ed25519PrivateKey)
    assert found.private_bytes_raw() == KEY.private_bytes_raw()


def test_any_kind_of_key_may_be_kept() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    found = read_key(write_key(key, SECRET), SECRET)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    assert found.private_numbers() == key.private_numbers()


def test_the_library_reads_it_too(pem: bytes) -> None:
    found = load_pem_private_key(pem, SECRET.encode())
    assert isinstance(found, Ed25519PrivateKey)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="this machine has no openssl program")
def test_openssl_reads_it_and_counts_the_rounds(pem: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(pem)
    shown = subprocess.run(
        ["openssl", "asn1parse", "-in", tmp_path / "key.pem"], capture_output=True, text=True, check=True
    ).stdout
    assert f"{ROUNDS:X}".zfill(6) in shown
    assert "PBKDF2" in shown
    assert "aes-256-cbc" in shown


def test_salt_and_nonce_are_fresh_each_time(pem: bytes) -> None:
    assert pem != write_key(KEY, SECRET)


def test_a_wrong_passphrase_is_said_so(pem: bytes) -> None:
    assert code_of(pem, "another") == "keyfile.passphrase"


def test_a_weak_file_is_refused_even_with_the_right_passphrase() -> None:
    assert code_of(write_key(KEY, SECRET, rounds=ROUNDS - 1)) == "keyfile.rounds"
    library = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode()))
    assert code_of(library) in {"keyfile.rounds", "keyfile.format"}


def test_an_open_or_broken_file_is_refused(pem: bytes) -> None:
    opened = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for wrong in (opened, pem.replace(b"\nMI", b"\nMA", 1), pem.replace(b"\n", b"", 1)[:90], b""):
        assert code_of(wrong) == "keyfile.format"


def test_no_key_is_kept_without_a_passphrase() -> None:
    with pytest.raises(KeyFileRefused) as refused:
        write_key(KEY, "")
    assert refused.value.code == "keyfile.passphrase_empty"
