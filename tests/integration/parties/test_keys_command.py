"""`trading keys` against a served platform: the whole way from a new key to a certificate in one protected file."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from tests.integration.parties.test_programs import program
from trading.kernel.db import Database
from trading.kernel.keyfile import read_key, write_key
from trading.parties import reads
from trading.parties.cli import keys
from trading.parties.types import NewToken

PASSPHRASE = "a long passphrase 密码"


@pytest_asyncio.fixture(scope="module")
async def server(app: Litestar) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    embedded = Server(app, port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False)
    serving = asyncio.create_task(embedded.serve())
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    yield f"http://127.0.0.1:{port}"
    embedded.stop()  # type: ignore[no-untyped-call]  # granian leaves it so
    await serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pass").write_text(PASSPHRASE + "\n")
    return tmp_path


async def trading_keys(*arguments: str | Path) -> Result:
    """In a thread, as the platform it talks to lives in this one."""
    return await asyncio.to_thread(CliRunner().invoke, keys, [str(argument) for argument in arguments])


async def make(server: str, folder: Path, token: NewToken) -> Result:
    (folder / "token").write_text(token.secret + "\n")
    files = ("--token-file", folder / "token", "--out", folder / "key.pem", "--passphrase-file", folder / "pass")
    return await trading_keys("new", "--server", server, *files)


async def test_a_key_is_made_certified_and_kept_in_one_protected_file(server: str, db: Database, folder: Path) -> None:
    who, token = await program(db, "bidder", scopes=["certificates"])
    done = await make(server, folder, token)
    assert (done.exit_code, done.exception) == (0, None), done.output
    file = folder / "key.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    key = read_key(file.read_bytes(), PASSPHRASE)
    assert isinstance(key, Ed25519PrivateKey)
    certificate = x509.load_pem_x509_certificates(file.read_bytes())[0]
    assert certificate.public_key() == key.public_key()
    async with db.transaction() as session:
        issued = await reads.certificates_of(session, who.person_id)
    assert [held.public_key for held in issued] == [key.public_key().public_bytes_raw()]
    shown = await trading_keys("show", file, "--passphrase-file", folder / "pass")
    assert (shown.exit_code, issued[0].fingerprint in shown.output) == (0, True)
    assert "the key opens" in shown.output
    again = await make(server, folder, token)
    assert (again.exit_code, "never overwritten" in again.output) == (1, True)


async def test_what_the_platform_refuses_is_said_and_nothing_is_kept(server: str, db: Database, folder: Path) -> None:
    _, token = await program(db, "bidder", scopes=["bidder"])
    done = await make(server, folder, token)
    assert done.exit_code == 1
    assert "您的身份不能进行这一操作" in done.output
    assert not (folder / "key.pem").exists()


async def test_no_platform_no_key(db: Database, folder: Path) -> None:
    _, token = await program(db, "bidder", scopes=["certificates"])
    done = await make("http://127.0.0.1:9", folder, token)
    assert (done.exit_code, "cannot be reached" in done.output) == (1, True)
    assert not (folder / "key.pem").exists()


async def test_a_short_passphrase_is_refused(server: str, db: Database, folder: Path) -> None:
    _, token = await program(db, "bidder", scopes=["certificates"])
    (folder / "pass").write_text("short")
    assert "at least 10 characters" in (await make(server, folder, token)).output


async def test_a_file_is_checked_before_it_is_trusted(folder: Path) -> None:
    file = folder / "key.pem"
    for data, words in (
        (b"nothing", "not a key file"),
        (write_key(Ed25519PrivateKey.generate(), PASSPHRASE, rounds=2048), "too weakly"),
        (write_key(Ed25519PrivateKey.generate(), "another passphrase"), "wrong passphrase"),
    ):
        file.write_bytes(data)
        shown = await trading_keys("show", file, "--passphrase-file", folder / "pass")
        assert (shown.exit_code, words in shown.output) == (1, True), shown.output
