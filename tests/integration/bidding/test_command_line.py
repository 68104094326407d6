"""`trading seal | submit | receipt | withdraw` on a bidder's machine, against a served platform and a real witness."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import pytest
import pytest_asyncio
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from granian.constants import Interfaces
from granian.server.embed import Server
from msgspec.structs import replace
from sqlalchemy import text

from bidding import cli
from bidding.proof import Mismatch
from bidding.proof.receipt import verify_receipt_proof
from bidding.sealing.keyfile import write_key_file
from bidding.sealing.submission import verify_receipt, verify_refusal
from bidding.tokens import make_token
from tests.factories import bidding as make
from tests.factories.sealing import authority
from tests.integration.bidding.conftest import Box
from tests.integration.bidding.http import make_app
from tests.integration.kernel.journal_platform import WitnessProcess
from trading.kernel.journal.blind_streams import seal_slots
from trading.kernel.journal.sequencer import Sequencer
from trading.kernel.settings import (
    DatabaseSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
)

PASSPHRASE = "一个很长的口令 for tests"


@dataclass
class Machine:
    """A bidder's machine: a folder, and the platform's address."""

    folder: Path
    url: str
    lot: make.OpenLot

    def prepare(self, price_fen: int = 123_456_00, technical: int = 3_000_000) -> Path:
        """The files of a bid, one folder a part."""
        parts = self.folder / f"parts-{price_fen}"
        for name in ("price", "technical"):
            (parts / name).mkdir(parents=True)
        offer = {"price_fen": price_fen, "duration_days": 300, "quality": "合格", "manager": "王工"}
        (parts / "price" / "price.json").write_text(
            json.dumps(offer, indent=1)
        )  # not canonical: the sealer makes it so
        (parts / "technical" / "施工组织设计.pdf").write_bytes(b"%PDF-1.7\n" + os.urandom(technical))
        return parts

    def key(self) -> Path:
        """Key file with certificate."""
        path = self.folder / "key.pem"
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            certificate = authority().issue(key, "甲建设集团", "91310000MA1FL00001")
            path.write_bytes(write_key_file(key, PASSPHRASE, certificates=[certificate]))
        return path

    async def run(self, command: click.Command, *arguments: object, **variables: str) -> Result:
        """In a thread, as the platform it talks to lives in this one."""
        environment = {"TRADING_PASSPHRASE": PASSPHRASE, "TRADING_RECOVERY_PASSPHRASE": PASSPHRASE, **variables}
        words = [str(argument) for argument in arguments]
        return await asyncio.to_thread(CliRunner().invoke, command, words, env=environment)

    async def seal(self, name: str, *more: object, price_fen: int = 123_456_00) -> Path:
        out = self.folder / name
        announced = f"{self.url}/v1/lots/{self.lot.id}/announcement"
        arguments = ("--announcement", announced, "--parts", self.prepare(price_fen), "--identity", self.key())
        done = await self.run(cli.seal, *arguments, "--out", out, *more)
        assert done.exit_code == 0, done.output
        return out

    async def submit(self, bid: Path, *, token: str = "") -> Result:
        token = token or make_token(self.lot.subject, make.SECRET)
        return await self.run(cli.submit, bid, TRADING_URL=self.url, TRADING_UPLOAD_TOKEN=token)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[WitnessProcess]:
    """A witness of the tests' journal."""
    process = WitnessProcess(tmp_path / "witness", make.JOURNAL.origin, make.KEYS.journal)
    yield process
    process.stop()


@pytest_asyncio.fixture
async def machine(box: Box, witness: WitnessProcess, tmp_path: Path) -> AsyncIterator[Machine]:
    journal = replace(make.JOURNAL, witnesses=(witness.vkey,), witness_urls=(witness.url,))
    async with box.database.transaction() as session:
        box.lot = await make.open_lot(session, box.objects, journal=journal)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    embedded = Server(make_app(box), port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False)
    serving = asyncio.create_task(embedded.serve())
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    yield Machine(tmp_path, f"http://127.0.0.1:{port}", box.lot)
    embedded.stop()  # type: ignore[no-untyped-call]  # granian leaves it so
    await serving


async def sequence(box: Box, witness: WitnessProcess, object_settings: ObjectsSettings) -> None:
    """The first slot ends, is sealed, and its checkpoint is cosigned."""
    await box.move_to(box.lot.world.announcement.schedule.end(0) + timedelta(seconds=1))
    async with box.database.transaction() as session:
        streams = (await session.execute(text("SELECT id FROM blind_streams"))).scalars().all()
    for stream in streams:
        async with box.database.transaction() as session:
            await seal_slots(session, stream)
    settings = Settings(
        database=DatabaseSettings(app=box.urls.app_dsn, sequencer=box.urls.sequencer_dsn),
        objects=object_settings,
        keys=KeysSettings(folder=Path("unused"), passphrase="unused"),
        journal=replace(make.JOURNAL, witnesses=(witness.vkey,), witness_urls=(witness.url,)),
        web=WebSettings(base_url="http://unused", secret="unused"),
    )
    sequencer = Sequencer(settings, box.objects, make.KEYS.journal)
    await sequencer.step()
    await sequencer.close()


async def test_a_bid_from_plain_files_to_a_proved_receipt(
    box: Box, machine: Machine, witness: WitnessProcess, object_settings: ObjectsSettings
) -> None:
    bid = await machine.seal("bid")
    assert sorted(path.name for path in bid.iterdir()) == [
        "announcement.json",
        "envelope.json",
        "identity.obj",
        "price.obj",
        "recovery.json",
        "technical.obj",
    ]
    assert {path.stat().st_mode & 0o777 for path in bid.iterdir()} == {0o600}
    sent = await machine.submit(bid)
    assert sent.exit_code == 0, sent.output
    receipt = verify_receipt((bid / "receipt.json").read_bytes(), machine.lot.world.announcement)
    early = await machine.run(cli.receipt, bid, TRADING_URL=machine.url)
    assert early.exit_code == 1
    assert "not yet" in early.output

    await sequence(box, witness, object_settings)
    proved = await machine.run(cli.receipt, bid, TRADING_URL=machine.url)
    assert proved.exit_code == 0, proved.output
    assert "已封存" in proved.output
    proof = (bid / "proof.txt").read_text()
    announcement = machine.lot.world.announcement
    assert verify_receipt_proof(proof, receipt, announcement).times
    other = receipt.__class__(**{name: getattr(receipt, name) for name in receipt.__struct_fields__} | {"slot": 7})
    with pytest.raises(Mismatch, match=r"receipt\.slot"):
        verify_receipt_proof(proof, other, announcement)
    with pytest.raises(Mismatch):  # the witness's cosignature taken out
        verify_receipt_proof("\n".join(proof.split("\n")[:-2]) + "\n", receipt, announcement)


async def test_an_interrupted_upload_goes_on_and_the_same_bid_again_is_the_same_receipt(
    box: Box, machine: Machine
) -> None:
    bid, token = await machine.seal("bid"), make_token(machine.lot.subject, make.SECRET)
    whole = (bid / "technical.obj").read_bytes()
    (bid / "technical.obj").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    altered = await machine.submit(bid, token=token)
    assert altered.exit_code == 1
    assert "bidding.altered" in altered.output
    (bid / "technical.obj").write_bytes(whole)
    assert "bidding.altered" in (await machine.submit(bid, token=token)).output  # its block was stored for good
    assert (await machine.submit(bid)).exit_code == 0
    first = (bid / "receipt.json").read_bytes()
    (bid / "receipt.json").unlink()
    assert (await machine.submit(bid)).exit_code == 0
    assert (bid / "receipt.json").read_bytes() == first
    assert await box.count("envelopes") == 1


async def test_replaced_then_withdrawn(machine: Machine) -> None:
    first = await machine.seal("first")
    assert (await machine.submit(first)).exit_code == 0
    second = await machine.seal("second", "--replaces", first / "recovery.json", price_fen=99_999_00)
    assert (await machine.submit(second)).exit_code == 0
    fork = await machine.run(cli.withdraw, first, "--yes", TRADING_URL=machine.url)
    assert fork.exit_code == 1
    assert "bidding.fork" in fork.output
    gone = await machine.run(cli.withdraw, second, "--yes", TRADING_URL=machine.url)
    assert gone.exit_code == 0, gone.output
    assert (second / "withdrawal-receipt.json").exists()


async def test_a_late_bid_is_refused_with_a_signature(box: Box, machine: Machine) -> None:
    bid, token = await machine.seal("bid"), make_token(machine.lot.subject, make.SECRET)
    await box.past_deadline()
    late = await machine.submit(bid, token=token)
    assert late.exit_code == cli.LATE, late.output
    kept = [path for path in bid.iterdir() if path.name.startswith("refusal-")]
    assert verify_refusal(kept[0].read_bytes(), machine.lot.world.announcement).code == "bidding.too_late"
    assert await box.count("uploads") == 0


async def test_what_cannot_be_sealed_is_said_in_one_line(machine: Machine) -> None:
    parts = machine.prepare(price_fen=1_00)
    (parts / "price" / "price.json").write_text('{"price_fen": 0}')
    announced = machine.folder / "announcement.json"
    announced.write_bytes(machine.lot.world.announcement.raw)
    arguments = ("--announcement", announced, "--parts", parts, "--identity", machine.key())
    wrong = await machine.run(cli.seal, *arguments, "--out", machine.folder / "a")
    assert (wrong.exit_code, "sealing.price" in wrong.output) == (1, True)
    locked = await machine.run(cli.seal, *arguments, "--out", machine.folder / "b", TRADING_PASSPHRASE="wrong")
    assert (locked.exit_code, "sealing.keyfile.passphrase" in locked.output) == (1, True)
    used = await machine.run(cli.seal, *arguments, "--out", machine.folder / "a")
    assert (used.exit_code, "folder_in_use" in used.output) == (1, True)
