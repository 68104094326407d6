"""Another passphrase opens the same keys; another key is made only where no promise names the old one.

Each opening of a key file takes its 600,000 rounds, so these tests open few.
"""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trading.kernel import renewal, signing
from trading.kernel.keyfile import KeyFileRefused, read_key, write_key
from trading.kernel.renewal import RENEWABLE, change_passphrase, renew_key
from trading.kernel.signing import PURPOSES, SEAL

OLD, NEW = "the first passphrase", "the second passphrase"
FEW = ("ca", "export")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {purpose: write_key(Ed25519PrivateKey.generate(), OLD) for purpose in (*FEW, SEAL)}


@pytest.fixture
def folder(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (renewal, signing):
        monkeypatch.setattr(module, "PURPOSES", FEW)
    for purpose, pem in files.items():
        (tmp_path / f"{purpose}.pem").write_bytes(pem)
    return tmp_path


def public(folder: Path, purpose: str, passphrase: str) -> bytes:
    key = read_key((folder / f"{purpose}.pem").read_bytes(), passphrase)
    assert isinstance(key, Ed25519PrivateKey)
    return key.public_key().public_bytes_raw()


def test_the_keys_are_the_same_under_another_passphrase_and_a_change_broken_off_is_run_again(folder: Path) -> None:
    before, untouched = public(folder, "ca", OLD), (folder / "ca.pem").read_bytes()
    change_passphrase(folder, OLD, NEW)
    (folder / "ca.pem").write_bytes(untouched)
    change_passphrase(folder, OLD, NEW)
    assert public(folder, "ca", NEW) == before
    with pytest.raises(KeyFileRefused):
        public(folder, "export", OLD)
    assert {path.suffix for path in folder.iterdir()} == {".pem"}


def test_a_wrong_passphrase_changes_nothing(folder: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(KeyFileRefused):
        change_passphrase(folder, "something else", NEW)
    assert {path.stem: path.read_bytes() for path in folder.iterdir()} == files


def test_a_renewed_key_is_another_and_the_old_one_is_kept(folder: Path, files: dict[str, bytes]) -> None:
    kept = renew_key(folder, "export", OLD)
    assert kept.read_bytes() == files["export"]
    assert (folder / "export.pem").read_bytes() != files["export"]
    assert public(folder, "export", OLD)


@pytest.mark.parametrize("purpose", sorted({*PURPOSES, SEAL}.difference(RENEWABLE)))
def test_what_promises_name_stays(folder: Path, purpose: str) -> None:
    with pytest.raises(ValueError, match="stays"):
        renew_key(folder, purpose, OLD)
