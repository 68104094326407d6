"""A lot's honest evidence: sealed bids (one replaced, one withdrawn), their slots, the box, the journal of it all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.announcement import Announcement
from bidding.sealing.box import Box, commit_body, derive_box, withdrawal_body
from bidding.sealing.envelope import Envelope, verify_envelope
from bidding.sealing.submission import document_digest, withdraw
from tests.factories.sealing import DEADLINE, Hands, Sealed, World, act_of, seal_bid
from tests.factories.trustee_stage import entry
from trading.kernel.canonical import canonical
from trading.kernel.journal.blind import SLOT_SEALED, BlindEntry, SlotOpening, slot_payload
from trading.kernel.journal.schedule import Timeline

BOX_CLOSED, ANNOUNCED = "lot:box:closed", "lot:announcement:published"
SETTLED, REVEALED = "lot:phase:settled", "lot:phase:revealed"


@dataclass
class Lot:
    """Everything as it should be; what a liar shows is made from it."""

    announcement: Announcement
    receipt: Ed25519PrivateKey
    live: list[Sealed] = field(default_factory=list)
    bodies: list[tuple[int, bytes]] = field(default_factory=list)
    documents: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = World([Hands(x) for x in (1, 2, 3)], self.receipt, self.announcement)
        self.timeline = Timeline([self.announcement.schedule])
        self.subject = self.announcement.body.subject
        self.first = seal_bid(self.world, uscc="91310000MA1FL00001")
        self.second = seal_bid(self.world, uscc="91310000MA1FL00002")
        self.replaced = seal_bid(self.world, uscc="91310000MA1FL00003")
        self.third = seal_bid(
            self.world,
            uscc="91310000MA1FL00003",
            key=self.replaced.sealer_key,
            prev=document_digest(self.replaced.raw),
        )
        self.withdrawn = seal_bid(self.world, uscc="91310000MA1FL00004")
        for minutes, sealed in ((90, self.first), (80, self.replaced), (70, self.withdrawn), (20, self.second)):
            self.commit(sealed.raw, minutes)
        self.commit(self.third.raw, 10)
        gone = self.envelope(self.withdrawn.raw)
        self.withdrawal = withdraw(self.announcement.ann, gone.env, gone.digest, self.withdrawn.sealer_key)
        self.act(withdrawal_body(self.withdrawal, gone, DEADLINE - timedelta(minutes=5)), 5)
        self.live = [self.first, self.second, self.third]
        shown = [*(bid.raw for bid in self.live), self.withdrawal]
        self.documents = {document_digest(raw): raw for raw in shown}
        self.slots = self.sealed(self.bodies)
        self.box = self.derived()

    def envelope(self, raw: bytes) -> Envelope:
        return verify_envelope(raw, self.announcement)

    def commit(self, raw: bytes, minutes: int) -> None:
        self.act(commit_body(self.envelope(raw), DEADLINE - timedelta(minutes=minutes)), minutes)

    def act(self, body: bytes, minutes: int) -> None:
        slot = self.timeline.slot_at(DEADLINE - timedelta(minutes=minutes))
        assert slot is not None
        self.bodies.append((slot, body))

    def sealed(self, bodies: Sequence[tuple[int, bytes]]) -> list[SlotOpening]:
        held: dict[int, list[BlindEntry]] = {}
        for slot, body in bodies:
            held.setdefault(slot, []).append(BlindEntry(os.urandom(32), body))
        return [SlotOpening(n, os.urandom(32), tuple(held.get(n, ()))) for n in range(self.timeline.count)]

    def derived(self) -> Box:
        acts = [act_of(body, slot, self.subject) for slot, body in self.bodies]
        return derive_box([self.announcement], acts, self.documents, DEADLINE)

    # --- the journal

    def announced(self, **changes: object) -> bytes:
        payload = {"ann": self.announcement.ann, "version": 1, **changes}
        return entry(ANNOUNCED, self.subject, payload, self.timeline.opens_at)

    def slot_entries(self, slots: Sequence[SlotOpening] | None = None) -> list[bytes]:
        return [
            entry(
                SLOT_SEALED,
                self.subject,
                slot_payload(self.timeline, slot.slot, slot.seal),
                self.timeline.bounds(slot.slot)[1] + timedelta(seconds=1),
            )
            for slot in slots or self.slots
        ]

    def closed(self, **changes: object) -> bytes:
        payload = {"ann": self.announcement.ann, "root": self.box.root, "live": self.box.count, "slots": "cd" * 32}
        return entry(BOX_CLOSED, self.subject, {**payload, **changes}, DEADLINE + timedelta(seconds=20))

    def said(self, action: str, **payload: object) -> bytes:
        return entry(action, self.subject, payload, DEADLINE + timedelta(minutes=1))

    def revealed(self, *, codes: Sequence[str | None] = (None, None, None)) -> list[bytes]:
        """Phase 1 settled and revealed; each bid's identity valid or void."""
        parts: list[dict[str, object]] = [
            {"env": env, "part": "identity", "code": code, "facts": {"uscc": f"91310000MA1FL0000{n}"}, "files": []}
            for n, (env, code) in enumerate(zip((e.env for e in self.box.envelopes), codes, strict=True), 1)
        ]
        settled = self.said(SETTLED, phase=1, digest="ab" * 32, openable=3, void=0)
        return [settled, self.said(REVEALED, phase=1, parts=parts)]

    def log(self, *more: bytes, noise: int = 5) -> list[bytes]:
        """An honest log, other lots' entries among it."""
        other = "lot:0193aaaa-0000-7000-8000-000000000009"
        chatter = [entry("notice:notice:published", other, {"n": n}, DEADLINE) for n in range(noise)]
        return [*chatter, self.announced(), *self.slot_entries(), self.closed(), *more]

    # --- what GET /v1/lots/{id}/box answers

    def answer(
        self, *, slots: Sequence[SlotOpening] | None = None, more: Sequence[bytes] = (), **changes: object
    ) -> dict[str, Any]:
        shown = [slot.to_json() for slot in (self.slots if slots is None else slots)]
        value = {"v": "LBB1", "subject": self.subject, "timeline": self.timeline.to_json(), "slots": shown}
        documents = {**self.documents, **{document_digest(raw): raw for raw in more}}
        return {
            "announcement": self.announcement.raw.decode(),
            "slots": canonical(value).decode(),
            "documents": {digest: raw.decode() for digest, raw in documents.items()},
            "root": self.box.root,
            "state": "opening",
            "current": 1,
            **changes,
        }
