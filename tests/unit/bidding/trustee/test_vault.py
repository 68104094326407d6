"""The folder: keys under the passphrase and nothing readable by others; and the program's imports."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bidding.sealing.keyfile import ROUNDS
from bidding.trustee.errors import KeyMissing, Locked, NotConnected, PassphraseUnfit, PassphraseWrong
from bidding.trustee.folder import Folder
from bidding.trustee.platform import checked_address
from bidding.trustee.program import Program
from bidding.trustee.refusals import REASONS
from bidding.trustee.showing import STEPS
from bidding.trustee.vault import Vault
from tests.architecture.source import ROOT, modules
from tests.factories.trustee_stage import TOKEN
from tests.unit.bidding.trustee.conftest import PASSPHRASE, make_program
from trading.kernel.errors import StartupRefused
from trading.web.i18n import LANGUAGES, Words


@pytest.fixture
def vault(tmp_path):
    return Vault(Folder(tmp_path / "keys"))


def test_keys_are_made_once_under_a_passphrase(vault, tmp_path):
    with pytest.raises(Locked):
        _ = vault.signer
    with pytest.raises(PassphraseUnfit):
        vault.unlock("too short")
    assert not vault.created
    vault.unlock(PASSPHRASE)
    public = vault.public
    vault.make_sealing_key("lots/a/key-1-1.pem")
    vault.lock()
    assert (vault.created, vault.unlocked, vault.public) == (True, False, public)
    for locked in (lambda: vault.signer, lambda: vault.sealing_key("lots/a/key-1-1.pem"), lambda: vault.protect(b"x")):
        with pytest.raises(Locked):
            locked()
    with pytest.raises(PassphraseWrong):
        vault.unlock(PASSPHRASE + "!")
    vault.unlock(PASSPHRASE)
    assert vault.public == public
    with pytest.raises(KeyMissing):
        vault.sealing_key("lots/b/key-1-1.pem")


def test_a_lost_key_is_not_replaced_in_silence(vault, tmp_path):
    vault.unlock(PASSPHRASE)
    vault.lock()
    (tmp_path / "keys" / "sign.pem").unlink()
    assert vault.created
    with pytest.raises(KeyMissing):
        vault.unlock(PASSPHRASE)


def test_every_file_is_its_owners_alone_and_every_key_protected(vault, tmp_path):
    vault.unlock(PASSPHRASE)
    vault.make_sealing_key("lots/a/key-1-1.pem")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [path for path in (tmp_path / "keys").rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "keys", *folders]} == {0o700}
    keys = [path for path in files if path.suffix == ".pem"]
    assert len(keys) == 2
    assert ROUNDS >= 600_000
    for path in keys:
        with pytest.raises(TypeError):
            load_pem_private_key(path.read_bytes(), None)


def test_the_token_is_kept_but_not_in_clear(stage, tmp_path):
    program = make_program(tmp_path / "keys", stage.platform, stage.witness)
    program.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []
    again = Program(tmp_path / "keys", platform=stage.platform.url, witnesses=[stage.witness.url])
    try:
        assert not again.state().connected
        with pytest.raises(Locked):
            again.connect(TOKEN)
        again.unlock(PASSPHRASE)
        assert again.state().me.name == "王保管"
        again.lock()
        with pytest.raises(NotConnected):
            again.platform.me()
    finally:
        again.close()


def test_two_programs_do_not_share_a_folder(stage, tmp_path):
    first = Program(tmp_path, platform=stage.platform.url, witnesses=[])
    with pytest.raises(StartupRefused):
        Program(tmp_path, platform=stage.platform.url, witnesses=[])
    first.close()
    Program(tmp_path, platform=stage.platform.url, witnesses=[]).close()


@pytest.mark.parametrize(
    "text", ["http://platform.example", "ftp://127.0.0.1", "platform.example", "http://127.0.0.1/?x=1"]
)
def test_the_token_goes_nowhere_in_clear(text):
    with pytest.raises(StartupRefused):
        checked_address(text, encrypted=True)


def test_addresses_that_are_taken():
    assert checked_address("https://platform.example/", encrypted=True) == "https://platform.example"
    assert checked_address("http://127.0.0.1:8000", encrypted=True) == "http://127.0.0.1:8000"
    assert checked_address("http://witness.example", encrypted=False) == "http://witness.example"


def test_no_module_of_the_program_needs_a_database_or_a_store():
    names = [module.name for module in modules() if module.name.startswith("bidding.trustee")]
    assert len(names) > 15
    program = (
        f"import sys, {', '.join(names)}\n"
        "print(*sorted({m.split('.')[0] for m in sys.modules} & "
        "{'sqlalchemy', 'psycopg', 'minio', 'dramatiq', 'weasyprint', 'alembic'}), "
        "*sorted(m for m in sys.modules if m.startswith(('bidding.services', 'bidding.models', 'bidding.opening', "
        "'bidding.reads', 'trading.parties', 'trading.projects', 'trading.records', 'notices'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_every_reason_and_every_step_has_words():
    words = Words(strict=True)
    for lang in LANGUAGES:
        missing = [
            key
            for key in (
                *(f"trustee.reason.{r}" for r in REASONS),
                *(f"trustee.step.{s}" for s in STEPS),
                *(f"trustee.step_text.{s}" for s in STEPS),
            )
            if key not in words[lang]
        ]
        assert missing == []
