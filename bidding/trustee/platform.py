"""The platform as this program meets it: an HTTP server whose every answer may be false, late, endless or malformed.

The bearer token goes only with what is asked in the trustee's name; what is public is asked for as anybody would.
"""

from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from bidding.subjects import Subject
from bidding.trustee.errors import NotConnected, PlatformRefused, PlatformSilent
from bidding.types import CeremonyView, Challenge
from trading.kernel.errors import StartupRefused
from trading.kernel.journal.tiles import LARGEST_ENTRY, WIDTH

T = TypeVar("T")
_SMALL = 4 * 1024 * 1024
_BUNDLE = WIDTH * (LARGEST_ENTRY + 2)
_BOX = 512 * 1024 * 1024
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class Organisation(msgspec.Struct, frozen=True):
    """An organisation's name."""

    name: str


class Me(msgspec.Struct, frozen=True):
    """Whom the platform takes this trustee for."""

    name: str
    membership_id: UUID | None
    organisation: Organisation | None
    roles: list[str]


class Offered(msgspec.Struct, frozen=True):
    """What became of a key card."""

    keyed: bool
    challenges: tuple[Challenge, ...]
    ceremony: CeremonyView


class BoxAnswer(msgspec.Struct, frozen=True):
    """What the platform says is in the box; nothing of it is believed."""

    announcement: str
    slots: str
    documents: dict[str, str]


class Received(msgspec.Struct, frozen=True):
    """A batch was taken in."""

    digest: str
    received_at: str


def checked_address(text: str, *, encrypted: bool) -> str:
    """An address without its last slash; `encrypted` demands https for any other machine than this one."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise StartupRefused(f"{text!r} is not the address of a server")
    if encrypted and parts.scheme != "https" and not is_here(text):
        raise StartupRefused(f"{text!r}: the access token is sent there, so it must be https")
    return text.rstrip("/")


def is_here(address: str) -> bool:
    """Whether it is this very machine, which no proxy stands before."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Platform:
    """One platform; `token` is None until the trustee has pasted his."""

    def __init__(self, address: str) -> None:
        self.address = checked_address(address, encrypted=True)
        self.token: str | None = None
        self._http = httpx.Client(
            base_url=self.address, timeout=_TIMEOUT, follow_redirects=False, trust_env=not is_here(self.address)
        )

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def me(self) -> Me:
        """Whom the token belongs to."""
        return self._mine("GET", "/v1/me", Me)

    def ceremonies(self) -> list[CeremonyView]:
        """Those in which this trustee has a seat."""
        return self._mine("GET", "/v1/ceremonies", list[CeremonyView])

    def ceremony(self, ceremony_id: UUID) -> CeremonyView:
        """One of them."""
        return self._mine("GET", f"/v1/ceremonies/{ceremony_id}", CeremonyView)

    def offer(self, ceremony_id: UUID, card: bytes, answers: dict[str, str] | None = None) -> Offered:
        """Hand in the key card; the second time with the answers to its challenges."""
        body = {"offer": card.decode(), "possession": answers}
        return self._mine("POST", f"/v1/ceremonies/{ceremony_id}/keys", Offered, body)

    def text(self, ceremony_id: UUID) -> bytes | None:
        """The exact text to be signed; None until every key is in."""
        return self._bytes(f"/v1/ceremonies/{ceremony_id}/announcement", _SMALL, mine=True)

    def sign(self, ceremony_id: UUID, x: int, signature: str) -> CeremonyView:
        """Send a signature."""
        body = {"x": x, "signature": signature}
        return self._mine("POST", f"/v1/ceremonies/{ceremony_id}/signatures", CeremonyView, body)

    def announcement(self, subject: Subject) -> bytes | None:
        """The published announcement; None before publication."""
        return self._bytes(f"/v1/{subject.path}/announcement", _SMALL)

    def bundle(self, path: str) -> bytes | None:
        """A bundle of journal entries; None where there is none."""
        return self._bytes(f"/v1/journal/{path}", _BUNDLE)

    def box(self, subject: Subject) -> bytes | None:
        """The opened slots and the documents; None before closing."""
        return self._bytes(f"/v1/{subject.path}/box", _BOX, none={404, 409})

    def send_batch(self, subject: Subject, batch: bytes) -> Received:
        """Hand in a batch."""
        return self._mine("POST", f"/v1/{subject.path}/batches", Received, {"batch": batch.decode()})

    def _mine(self, method: str, path: str, kind: type[T], body: dict[str, Any] | None = None) -> T:
        status, data = self._ask(method, path, _SMALL, mine=True, body=body)
        if status >= 300:
            raise _problem(status, data)
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.DecodeError as error:
            raise PlatformSilent(address=self.address) from error

    def _bytes(
        self, path: str, limit: int, *, mine: bool = False, none: frozenset[int] | set[int] = frozenset({404})
    ) -> bytes | None:
        status, data = self._ask("GET", path, limit, mine=mine)
        if status in none:
            return None
        if status >= 300:
            raise _problem(status, data)
        return data

    def _ask(
        self, method: str, path: str, limit: int, *, mine: bool = False, body: dict[str, Any] | None = None
    ) -> tuple[int, bytes]:
        headers = {"accept": "application/json"}
        if mine:
            if self.token is None:
                raise NotConnected
            headers["authorization"] = f"Bearer {self.token}"
        try:
            with self._http.stream(method, path, headers=headers, json=body) as answer:
                data = bytearray()
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > limit:
                        raise PlatformSilent(address=self.address)
                return answer.status_code, bytes(data)
        except httpx.HTTPError as error:
            raise PlatformSilent(address=self.address) from error


class _Problem(msgspec.Struct):
    code: str = ""
    detail: str = ""


def _problem(status: int, data: bytes) -> PlatformRefused:
    try:
        problem = msgspec.json.decode(data, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    return PlatformRefused(status=status, reason=problem.code[:80] or "?", detail=problem.detail[:300] or "?")
