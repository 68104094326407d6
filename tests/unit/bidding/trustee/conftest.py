"""One trustee's program on a stage: a ceremony and a closed lot made once, the truth put back before each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing import batch as batch_engine
from bidding.sealing.errors import SealingError
from bidding.sealing.signatures import public_raw
from bidding.trustee.errors import Declined
from bidding.trustee.program import Program
from bidding.trustee.refusals import verify_refusal
from bidding.trustee.vault import Vault
from bidding.trustee.views import ReleaseState
from tests.factories.sealing import DEADLINE
from tests.factories.trustee_lot import Lot
from tests.factories.trustee_stage import TOKEN, Platform, WitnessServer

PASSPHRASE = "correct horse battery staple"
AFTER = DEADLINE + timedelta(minutes=3)
BEFORE = DEADLINE - timedelta(days=2)


@dataclass
class Stage:
    """Everybody; `opened` lists what was decrypted and which private keys were read."""

    platform: Platform
    witness: WitnessServer
    program: Program
    lot: Lot
    opened: list[tuple[str, str]] = field(default_factory=list)

    def show(self, log: list[bytes], *, offset: timedelta | None = None) -> None:
        """The platform shows this log and the witness has cosigned it."""
        self.platform.log = log
        self.witness.cosign(log, offset=offset)

    def honest(self) -> None:
        """The truth, after the deadline."""
        self.platform.published, self.platform.box = self.lot.announcement.raw, self.lot.answer()
        self.platform.batches, self.opened = [], []
        self.platform.override = lambda _method, _path: None
        self.witness.now = AFTER
        self.show(self.lot.log())
        for path in self.program.folder.root.glob("*/*/released-*/*"):
            path.unlink()
        for path in self.program.folder.root.glob("*/*/released-*"):
            path.rmdir()
        for path in self.program.folder.root.glob("log/*/tile/entries/*"):
            path.unlink()

    def release(self, phase: int = 1) -> ReleaseState:
        return self.program.release(self.platform.subject, phase)

    @contextmanager
    def refuses(self, code: str, *, phase: int | None = 1) -> Iterator[None]:
        """A signed refusal with this code, and nothing decrypted, kept or sent."""
        before = len(self.program.refusals())
        with pytest.raises(Declined) as caught:
            yield
        assert caught.value.params["reason"] == code
        refusals = self.program.refusals()
        assert len(refusals) == before + 1
        raw = refusals[0].document.encode()
        refusal = verify_refusal(raw, self.program.vault.public or "")
        assert (refusal.code, refusal.phase, refusal.subject) == (code, phase, self.lot.subject)
        assert refusal.ann == self.lot.announcement.ann
        with pytest.raises(SealingError):
            verify_refusal(raw, public_raw(Ed25519PrivateKey.generate()).hex())
        assert (self.opened, self.platform.batches) == ([], [])
        assert not list(self.program.folder.root.glob("*/*/released-*"))


def make_program(folder: Path, platform: Platform, *witnesses: WitnessServer) -> Program:
    """Unlocked and connected."""
    program = Program(folder, platform=platform.url, witnesses=[witness.url for witness in witnesses])
    program.unlock(PASSPHRASE)
    program.connect(TOKEN)
    return program


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    log_key = Ed25519PrivateKey.generate()
    witness = WitnessServer(tmp_path_factory.mktemp("witness"), log_key)
    platform = Platform(uuid4())
    platform.start()
    platform.announce(witness.key, log_key)
    program = make_program(tmp_path_factory.mktemp("trustee"), platform, witness)
    program.make_keys(platform.ceremony_id)
    witness.now = BEFORE
    witness.cosign([b"{}"])
    program.sign(platform.ceremony_id)
    lot = Lot(platform.publish(), platform.receipt)
    yield Stage(platform, witness, program, lot)
    program.close()
    platform.close()
    witness.close()


@pytest.fixture
def stage(played: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    open_share, sealing_key = batch_engine.open_share, Vault.sealing_key

    def spying_open(envelope, part, x, key):
        played.opened.append(("share", part))
        return open_share(envelope, part, x, key)

    def spying_key(vault, name):
        played.opened.append(("key", name))
        return sealing_key(vault, name)

    played.honest()
    monkeypatch.setattr(batch_engine, "open_share", spying_open)
    monkeypatch.setattr(Vault, "sealing_key", spying_key)
    return played
