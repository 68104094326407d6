"""A stage for the trustee's program: a platform of real engine data that can lie, and the real witness.

The platform is an HTTP server of its own thread that answers with whatever stands in its attributes; `honest()` puts
the truth back. The witness is the product's own, on a clock the test sets.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from granian.constants import Interfaces
from granian.server.embed import Server

from bidding.sealing.announcement import (
    Announcement,
    AnnouncementBody,
    Log,
    Slots,
    Witness,
    WitnessKey,
    announcement_digest,
    announcement_text,
    assemble_announcement,
    check_signature,
    sign_announcement,
    verify_announcement,
)
from bidding.sealing.offer import make_challenge, verify_offer
from bidding.sealing.signatures import public_raw
from bidding.subjects import DRAW, LOT, Subject
from bidding.trustee.kinds import ESCROW
from bidding.types import CeremonyView, KeyView, PartView, SeatView
from portal.embedded.ports import free_port
from tests.factories.sealing import DEADLINE, Hands, body_of
from trading.kernel import merkle
from trading.kernel.journal.add_checkpoint import format_request
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier
from trading.kernel.journal.cosigner import Cosigner, prepare
from trading.kernel.journal.entry import make_entry
from trading.kernel.journal.note import Note, sign_note
from trading.kernel.journal.tiles import TileError, pack_entries, parse_path
from trading.kernel.journal.witness import create_app

ORIGIN = "demo/stage"
TOKEN = "the-token-of-trustee-one"
Answer = tuple[int, bytes]


def entry(action: str, subject: str, payload: dict[str, Any], at: datetime) -> bytes:
    """A journal entry as the platform writes it."""
    return make_entry(uuid4(), at, action, subject=subject, actor={}, payload=payload, secret={})[0].body


class WitnessServer:
    """The product's witness in a thread; `forget` is what only its owner could do."""

    def __init__(self, folder: Path, log_key: Ed25519PrivateKey, *, name: str = "witness.example") -> None:
        self.now = DEADLINE + timedelta(minutes=3)
        self.folder, self.log_key = folder, log_key
        prepare(folder, origin=ORIGIN, log_key=public_raw(log_key).hex(), name=name)
        self.cosigner = Cosigner(folder, clock=self._time)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._server = Server(
            create_app(self.cosigner), "127.0.0.1", self.port, interface=Interfaces.ASGINL, log_enabled=False
        )
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._server.serve(),), daemon=True)
        self._thread.start()
        _wait_for(f"{self.url}/key")

    def _time(self) -> float:
        return self.now.timestamp()

    @property
    def key(self) -> WitnessKey:
        return WitnessKey(name=self.cosigner.verifier.name, key=self.cosigner.verifier.public.hex())

    def note(self, log: Sequence[bytes], *, offset: timedelta | None = None) -> Note:
        """A checkpoint signed by the log, of the witness's own time."""
        root = merkle.root([merkle.leaf_hash(item) for item in log])
        offset_ms = None if offset is None else offset // timedelta(milliseconds=1)
        time = self.now + (offset or timedelta())
        text = Checkpoint(ORIGIN, len(log), root, time, offset_ms).text
        return Note(text, (sign_note(text, log_verifier(ORIGIN, public_raw(self.log_key)), self.log_key.sign),))

    def cosign(self, log: Sequence[bytes], *, offset: timedelta | None = None) -> None:
        """Have the log cosigned by the witness, over HTTP, from nothing."""
        self.forget()
        request = format_request(0, [], str(self.note(log, offset=offset)))
        httpx.post(f"{self.url}/add-checkpoint", content=request, trust_env=False).raise_for_status()

    def forget(self) -> None:
        for path in self.folder.glob("*.note"):
            path.unlink()

    def show(self, note: Note) -> None:
        """Serve this very note, as a witness's address taken over by somebody would."""
        self.forget()
        self.cosigner._memory(ORIGIN).write_text(str(note))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(10)
        self._loop.close()
        self.cosigner._door.close()


@dataclass
class Platform:
    """What the platform answers; a test changes what it likes."""

    lot_id: UUID
    """Or a draw's, if `kind` says so."""
    kind: str = LOT
    ceremony_id: UUID = field(default_factory=uuid4)
    members: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(3)])
    hands: dict[int, Hands] = field(default_factory=lambda: {2: Hands(2), 3: Hands(3)})
    body: AnnouncementBody | None = None
    view: CeremonyView | None = None
    text: bytes | None = None
    published: bytes | None = None
    log: list[bytes] = field(default_factory=list)
    box: dict[str, Any] | None = None
    batches: list[bytes] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    override: Callable[[str, str], Answer | None] = lambda _method, _path: None

    @property
    def subject(self) -> Subject:
        return Subject(self.kind, self.lot_id)

    def start(self) -> None:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                sent = json.loads(self.rfile.read(length)) if length else {}
                mine = self.headers.get("authorization") == f"Bearer {TOKEN}"
                found = platform.override(self.command, self.path)
                status, data = found or platform.answer(self.command, self.path, sent, mine=mine)
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked may have heard enough
                    self.wfile.write(data)

            do_GET = do_POST = _do  # noqa: N815

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def answer(self, method: str, path: str, sent: dict[str, Any], *, mine: bool) -> Answer:
        """What is public, or what the trustee asks in his own name."""
        if method == "GET" and path.startswith("/v1/journal/tile/"):
            return self._tile(path.removeprefix("/v1/journal/"))
        if method == "GET" and path.startswith(("/v1/lots/", "/v1/draws/")):
            public = {"announcement": self.published, "box": json.dumps(self.box).encode() if self.box else None}
            data = public[path.rsplit("/", 1)[-1]] if path.startswith(f"/v1/{self.subject.path}/") else None
            return (200, data) if data else problem(404, "kernel.not_found")
        if not mine:
            return problem(401, "kernel.sign_in")
        ceremony = f"/v1/ceremonies/{self.ceremony_id}"
        routes: dict[str, Callable[[], Answer]] = {
            "GET /v1/me": self._me,
            "GET /v1/ceremonies": lambda: ok([self.view]),
            f"GET {ceremony}": lambda: ok(self.view),
            f"POST {ceremony}/keys": lambda: self._take_card(sent),
            f"GET {ceremony}/announcement": lambda: (200, self.text) if self.text else problem(404, "kernel.not_found"),
            f"POST {ceremony}/signatures": lambda: self._take_signature(sent),
            f"POST /v1/{self.subject.path}/batches": lambda: self._take_batch(sent),
        }
        return routes.get(f"{method} {path}", lambda: problem(404, "kernel.not_found"))()

    def _me(self) -> Answer:
        organisation = {"id": str(uuid4()), "name": "市水务局", "uscc": "x", "kind": "tenderer"}
        me = {"name": "王保管", "membership_id": str(self.members[0]), "organisation": organisation}
        return ok({**me, "roles": ["trustee"], "account_id": str(uuid4())})

    def _take_batch(self, sent: dict[str, Any]) -> Answer:
        self.batches.append(sent["batch"].encode())
        return ok({"digest": "ab" * 32, "received_at": "2026-12-20T01:40:00.000Z"}, 201)

    def _tile(self, path: str) -> Answer:
        try:
            tile = parse_path(path)
        except TileError:
            return problem(404, "kernel.not_found")
        entries = self.log[tile.number * 256 : tile.number * 256 + tile.width]
        return (200, pack_entries(entries)) if len(entries) == tile.width else problem(404, "kernel.not_found")

    # --- the ceremony, by the real engine

    def announce(self, witness: WitnessKey, log_key: Ed25519PrivateKey, **changes: object) -> None:
        """The terms of the ceremony; the seats are empty."""
        hands = [Hands(1), self.hands[2], self.hands[3]]
        if self.kind == DRAW:
            changes = {"parts": ESCROW, "min_envelopes": 1, **changes}
            for held in hands:
                held.keys = {1: held.keys[1]}
        self.receipt = Ed25519PrivateKey.generate()
        self.body = body_of(
            hands,
            self.receipt,
            2,
            subject=str(self.subject),
            log=Log(origin=ORIGIN, key=public_raw(log_key).hex()),
            witness=Witness(keys=(witness,), quorum=1),
            slots=Slots(first="2026-12-19T23:30:00.000Z", length=300, last_hour=60, last="2026-12-20T01:30:00.000Z"),
            **changes,
        )
        self.view = CeremonyView(
            id=self.ceremony_id,
            subject=str(self.subject),
            lot_id=self.lot_id if self.kind == LOT else None,
            state="gathering",
            t=2,
            n=3,
            suites=(1,),
            phases=tuple(sorted({part.phase for part in self.body.parts})),
            parts=tuple(PartView(part.id, part.phase, part.required) for part in self.body.parts),
            deadline=self.body.deadline,
            seats=tuple(self._seat(x, self.hands.get(x)) for x in (1, 2, 3)),
            ann=None,
            reduced=True,
        )

    def _seat(self, x: int, hands: Hands | None) -> SeatView:
        assert self.body is not None
        listed = hands.listed() if hands else None
        return SeatView(
            x=x,
            seat=self.body.trustees[x - 1].seat,
            organisation=self.body.trustees[x - 1].organisation,
            org_id=uuid4(),
            holder=f"保管人{x}",
            membership_id=self.members[x - 1],
            keyed=listed is not None,
            signed=listed is not None,
            sign=listed.sign if listed else None,
            keys=tuple(KeyView(k.suite, k.phase, k.pk, k.kid) for k in listed.keys) if listed else (),
        )

    def _take_card(self, sent: dict[str, Any]) -> Answer:
        assert self.body is not None
        assert self.view is not None
        card = verify_offer(sent["offer"].encode(), self.body.subject)
        if not sent["possession"]:
            made = [make_challenge(self.body.subject, key) for key in card.keys]
            self.answers = {challenge.kid: answer for challenge, answer in made}
            shown = [msgspec.to_builtins(challenge) for challenge, _ in made]
            return ok({"keyed": False, "challenges": shown, "ceremony": self.view})
        if sent["possession"] != self.answers:
            return problem(409, "bidding.possession_not_proved")
        seat = self.view.seats[0]
        listed = msgspec.structs.replace(self.body.trustees[0], sign=card.sign, keys=card.keys)
        self.body = msgspec.structs.replace(self.body, trustees=(listed, *self.body.trustees[1:]))
        self.text = announcement_text(self.body)
        keys = tuple(KeyView(k.suite, k.phase, k.pk, k.kid) for k in card.keys)
        seat = msgspec.structs.replace(seat, keyed=True, sign=card.sign, keys=keys)
        self._change(state="signing", seats=(seat, *self.view.seats[1:]), ann=announcement_digest(self.text))
        return ok({"keyed": True, "challenges": [], "ceremony": self.view})

    def _take_signature(self, sent: dict[str, Any]) -> Answer:
        assert self.text is not None
        assert self.body is not None
        assert self.view is not None
        check_signature(self.text, self.body.trustees[0], sent["signature"])
        self.signatures = {1: sent["signature"]}
        seat = msgspec.structs.replace(self.view.seats[0], signed=True)
        self._change(seats=(seat, *self.view.seats[1:]))
        return ok(self.view)

    def publish(self) -> Announcement:
        """All have signed: the announcement is out."""
        assert self.text is not None
        others = {x: sign_announcement(self.text, hands.sign) for x, hands in self.hands.items()}
        self.published = assemble_announcement(self.text, {**self.signatures, **others})
        self._change(state="published")
        return verify_announcement(self.published)

    def _change(self, **changes: object) -> None:
        assert self.view is not None
        self.view = msgspec.structs.replace(self.view, **changes)


def ok(value: object, status: int = 200) -> Answer:
    return status, msgspec.json.encode(value)


def problem(status: int, code: str) -> Answer:
    return status, json.dumps({"code": code, "detail": "no", "status": status}).encode()


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            threading.Event().wait(0.02)
        else:
            return
    raise TimeoutError(url)
