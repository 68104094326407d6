"""The submission API as a bidder's program uses it: plain HTTP, no session, patient with a broken line.

What is missing is asked of the server, so an interrupted upload costs only the blocks that had not arrived.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from bidding.sealing.objects import BLOCK
from bidding.subjects import parse_subject
from bidding.tokens import SCHEME
from trading.kernel.canonical import canonical, parse_canonical
from trading.kernel.merkle import leaf_hash

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
_TIMEOUT = httpx.Timeout(120.0, connect=10.0)


class ApiRefused(Exception):
    """The platform answered with a problem; `code` is stable, `detail` and `next` are for people."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status, self.body = status, body
        self.code = str(body.get("code", ""))
        self.detail = str(body.get("detail", status))
        self.next = str(body.get("next", ""))
        super().__init__(f"{status} {self.code}: {self.detail}")

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.status == 429 or self.status >= 500 or self.code == "bidding.block_damaged"


class SubmissionClient:
    """One bidder's way to one platform, under one upload token."""

    def __init__(self, address: str, token: str = "", *, pauses: tuple[float, ...] = PAUSES) -> None:
        self._pauses = pauses
        self._http = httpx.Client(
            base_url=address.rstrip("/"),
            timeout=_TIMEOUT,
            headers={"authorization": f"{SCHEME} {token or 'none'}", "accept": "application/json"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def upload(
        self,
        objects: Mapping[str, Path],
        *,
        ann: str,
        env: str,
        key: str,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Send what the server misses of every part; `progress` is told the bytes that have arrived."""
        parts = [{"id": part, "size": path.stat().st_size} for part, path in objects.items()]
        begun = self._ask("POST", "/v1/uploads", json={"ann": ann, "env": env, "key": key, "parts": parts}).json()
        for upload in begun["uploads"]:
            path, size = objects[upload["part"]], upload["block_size"]
            total = path.stat().st_size
            arrived = total - sum(min(size, total - n * size) for n in upload["missing"])
            progress(arrived)
            with path.open("rb") as file:
                for n in upload["missing"]:
                    file.seek(n * size)
                    self._put(upload["upload_id"], n, block := file.read(size))
                    progress(len(block))

    def commit(self, subject: str, envelope: bytes) -> bytes:
        """The receipt's exact bytes."""
        answer = self._ask("POST", f"/v1/{parse_subject(subject).path}/envelopes", json={"envelope": envelope.decode()})
        return canonical(answer.json()["receipt"])

    def withdraw(self, subject: str, document: bytes) -> bytes:
        """The receipt of a withdrawal."""
        answer = self._ask(
            "POST", f"/v1/{parse_subject(subject).path}/withdrawals", json={"withdrawal": parse_canonical(document)}
        )
        return canonical(answer.json()["receipt"])

    def proof(self, entry: str) -> str | None:
        """The proof of a receipt; None while it is not there yet."""
        try:
            return self._ask("GET", f"/v1/receipts/{entry}/proof").text
        except ApiRefused as refused:
            if refused.code == "bidding.proof_pending":
                return None
            raise

    def _put(self, upload_id: str, n: int, block: bytes) -> None:
        leaves = [leaf_hash(block[at : at + BLOCK]).hex() for at in range(0, len(block), BLOCK)]
        headers = {"content-type": "application/octet-stream", "x-leaf-hashes": ",".join(leaves)}
        self._ask("PUT", f"/v1/uploads/{upload_id}/blocks/{n}", content=block, headers=headers)

    def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Ask until it is answered: every request here may be repeated."""
        for pause in (*self._pauses, None):
            try:
                answer = self._http.request(method, path, **request)
            except httpx.TransportError:
                if pause is None:
                    raise
            else:
                if answer.is_success:
                    return answer
                refused = ApiRefused(answer.status_code, _problem(answer))
                if pause is None or not refused.passing:
                    raise refused
            time.sleep(pause)
        raise AssertionError("unreachable")


def _problem(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
