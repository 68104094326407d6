"""`trading trustee` as what it is: a process with a folder and two addresses, driven by its local API."""

from __future__ import annotations

import os
import signal
import socket
import stat
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.batch import verify_batch
from bidding.trustee.refusals import verify_refusal
from portal.children import Child
from portal.embedded.ports import free_port
from tests.factories.sealing import DEADLINE
from tests.factories.trustee_lot import Lot
from tests.factories.trustee_stage import TOKEN, Platform, WitnessServer

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def scene(tmp_path):
    log_key = Ed25519PrivateKey.generate()
    witness = WitnessServer(tmp_path / "witness", log_key)
    platform = Platform(uuid4())
    platform.start()
    platform.announce(witness.key, log_key)
    yield platform, witness
    platform.close()
    witness.close()


class Trustee:
    """The process and its API."""

    def __init__(self, folder, platform, witness):
        self.folder, self.port = folder, free_port()
        arguments = ["trustee", "--folder", str(folder), "--port", str(self.port), "--platform", platform.url]
        self.child = Child("trustee", [*arguments, "--witness", witness.url], {}, folder.parent / "trustee.log")
        self.url = f"http://127.0.0.1:{self.port}"
        self.child.wait_for(f"{self.url}/")
        token = (folder / "api-token").read_text()
        headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def post(self, path, **body):
        return self.http.post(f"/api/{path}", json=body)

    def stop(self):
        self.http.close()
        os.killpg(self.child.process.pid, signal.SIGTERM)
        return self.child.process.wait(20)


def test_from_the_first_start_to_the_release_and_after_a_restart(scene, tmp_path):
    platform, witness = scene
    folder = tmp_path / "trustee"
    trustee = Trustee(folder, platform, witness)
    try:
        assert stat.S_IMODE((folder / "api-token").stat().st_mode) == 0o600
        # Only this machine, by its own address.
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", trustee.port))
        assert trustee.http.get("/api/state").json()["created"] is False
        assert trustee.post("unlock", passphrase=PASSPHRASE).json()["unlocked"] is True
        assert trustee.post("connect", token=TOKEN).json()["name"] == "王保管"
        assert trustee.post(f"ceremonies/{platform.ceremony_id}/keys").json()["next"] == "sign"
        witness.now = DEADLINE.replace(year=DEADLINE.year - 1)
        witness.cosign([b"{}"])
        assert trustee.post(f"ceremonies/{platform.ceremony_id}/sign").json()["signed"] is True
        lot = Lot(platform.publish(), platform.receipt)
        platform.log, platform.box = lot.log(), lot.answer()
        early = trustee.post(f"lots/{platform.lot_id}/release", phase=1)
        assert (early.status_code, early.json()["refusal"]["reason"]) == (409, "early")
        sign = trustee.http.get("/api/state").json()["sign"]
        assert verify_refusal(early.json()["refusal"]["document"].encode(), sign).code == "early"
    finally:
        assert trustee.stop() == 0

    # The keys, the token and the signed text are still there; the clock has moved on.
    witness.now = DEADLINE.replace(minute=DEADLINE.minute + 3)
    witness.cosign(platform.log)
    again = Trustee(folder, platform, witness)
    try:
        assert again.post(f"lots/{platform.lot_id}/release", phase=1).status_code == 401
        assert again.post("unlock", passphrase=PASSPHRASE).json()["connected"] is True
        answer = again.post(f"lots/{platform.lot_id}/release", phase=1).json()
        assert (answer["box"], set(answer["batches"])) == (lot.box.root, {"identity"})
        [raw] = platform.batches
        assert verify_batch(raw, lot.announcement, lot.box.root, lot.box.envelopes).x == 1
        assert len(again.http.get("/api/refusals").json()) == 1
    finally:
        assert again.stop() == 0
    log = (tmp_path / "trustee.log").read_text()
    assert PASSPHRASE not in log
    assert TOKEN not in log
    assert "Traceback" not in log


def test_a_folder_in_use_and_a_platform_in_clear_are_refused_at_the_start(scene, tmp_path):
    platform, witness = scene
    first = Trustee(tmp_path / "trustee", platform, witness)
    try:
        arguments = ["trustee", "--folder", str(tmp_path / "trustee"), "--port", str(free_port())]
        for address in (platform.url, "http://platform.example"):
            child = Child("second", [*arguments, "--platform", address, "--witness", witness.url], {}, tmp_path / "log")
            assert child.process.wait(30) == 1
            assert "Traceback" not in child.last_lines()
    finally:
        assert first.stop() == 0
