"""A party of a draw on its own machine: makes the number, keeps it in its folder, commits, escrows, reveals.

The number is written down before anything is sent: a commitment whose number is lost could only be opened by trustees.
"""

import io
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from bidding.sealing.announcement import verify_announcement
from bidding.sealing.objects import BLOCK, Source
from bidding.sealing.sealer import SealedBid, Sealer
from experts.draw import announcement_digest, commit_hash, parse_announcement
from experts.proof.documents import DrawDocument
from trading.kernel.canonical import canonical
from trading.kernel.merkle import leaf_hash

PART, FILE = "commitment", "commitment.json"
NUMBER, RECEIPT = "number.json", "receipt.json"


class PartyRefused(Exception):
    """The platform, or the machine itself, refuses; `code` is stable."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


class Number(msgspec.Struct, frozen=True):
    """What the party must keep."""

    ann: str
    party: str
    r: str

    @property
    def commit(self) -> str:
        """The commitment to it."""
        return commit_hash(bytes.fromhex(self.ann), self.party, bytes.fromhex(self.r)).hex()


class PartyMachine:
    """One party, one draw, one folder."""

    def __init__(self, folder: Path, url: str, draw_id: str, token: str) -> None:
        self.folder, self.draw_id = folder, draw_id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._as_party = {"authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=60, headers={"accept": "application/json"})

    def commit(self, party: str) -> str:
        """Make the number (once), put it into the escrow, give the commitment; returns it."""
        number = self._number(party)
        announced = self._ask("GET", f"/v1/draws/{self.draw_id}/announcement").content
        sealed, ciphertext = _sealed(number, announced, f"draw:{self.draw_id}")
        self._ask("POST", self._path("commitments"), self._as_party, json={"commit": number.commit})
        token = self._ask("POST", self._path("upload-tokens"), self._as_party, json={}).json()["token"]
        self._upload(sealed, ciphertext, {"authorization": f"Upload {token}"})
        return number.commit

    def reveal(self) -> None:
        """Show the number that lies in the folder."""
        path = self.folder / NUMBER
        if not path.exists():
            raise PartyRefused("draws.no_number", f"{path} is not there; the number exists nowhere else")
        number = msgspec.json.decode(path.read_bytes(), type=Number)
        self._ask("POST", self._path("reveals"), self._as_party, json={"r": number.r})

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def _path(self, what: str) -> str:
        return f"/v1/draws/{self.draw_id}/{what}"

    def _number(self, party: str) -> Number:
        document = msgspec.json.decode(self._ask("GET", f"/v1/draws/{self.draw_id}").content, type=DrawDocument)
        text = document.announcement.encode()
        announcement = parse_announcement(text)
        if announcement.subject != f"draw:{self.draw_id}" or party not in announcement.parties:
            raise PartyRefused("draws.not_a_party")
        ann, path = announcement_digest(text).hex(), self.folder / NUMBER
        if path.exists():
            kept = msgspec.json.decode(path.read_bytes(), type=Number)
            if (kept.ann, kept.party) != (ann, party):
                raise PartyRefused("draws.other_number", f"{path} belongs to another draw or party")
            return kept
        number = Number(ann, party, secrets.token_hex(32))
        self._write(NUMBER, canonical(msgspec.to_builtins(number)))
        return number

    def _upload(self, sealed: SealedBid, ciphertext: bytes, headers: Mapping[str, str]) -> None:
        core = msgspec.json.decode(msgspec.json.decode(sealed.envelope)["core"])
        parts = [{"id": PART, "size": len(ciphertext)}]
        body = {"ann": core["ann"], "env": core["env"], "key": core["key"], "parts": parts}
        upload = self._ask("POST", "/v1/uploads", headers, json=body).json()["uploads"][0]
        size = upload["block_size"]
        for n in upload["missing"]:
            block = ciphertext[n * size : (n + 1) * size]
            leaves = [leaf_hash(block[at : at + BLOCK]).hex() for at in range(0, len(block), BLOCK)]
            told = {**headers, "content-type": "application/octet-stream", "x-leaf-hashes": ",".join(leaves)}
            self._ask("PUT", f"/v1/uploads/{upload['upload_id']}/blocks/{n}", told, content=block)
        receipt = self._ask("POST", self._path("envelopes"), headers, json={"envelope": sealed.envelope.decode()})
        self._write(RECEIPT, canonical(receipt.json()["receipt"]))

    def _ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **request: Any) -> httpx.Response:
        answer = self._http.request(method, path, headers=headers, **request)
        if answer.is_success:
            return answer
        problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        words = f"{problem.get('detail', answer.status_code)} {problem.get('next', '')}".strip()
        raise PartyRefused(str(problem.get("code", answer.status_code)), words)

    def _write(self, name: str, data: bytes) -> None:
        unfinished = self.folder / f".{name}.new"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.folder / name)


def _sealed(number: Number, announced: bytes, subject: str) -> tuple[SealedBid, bytes]:
    """The envelope for the escrow, and its ciphertext; refuses an escrow that is another draw's."""
    announcement = verify_announcement(announced)
    if announcement.body.subject != subject or announcement.body.documents != number.ann:
        raise PartyRefused("draws.escrow_differs", "the escrow's announcement does not name this draw's")
    sealer, out = Sealer(announcement), io.BytesIO()
    sealer.add(PART, [Source.of_bytes(FILE, canonical(msgspec.to_builtins(number)))], out)
    return sealer.finish(), out.getvalue()
