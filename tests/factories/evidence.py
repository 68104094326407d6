"""A whole lot without servers: published, sealed, changed, withdrawn, closed, settled, revealed, recorded.

What a platform could show of it, written into a folder by the same code as the platform's; `evidence_story` plays the
line that makes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.proof.settled import READ_ALOUD
from bidding.sealing.box import Act, Box, derive_box, parse_act
from portal.evidence.layout import (
    KEYS_FORMAT,
    MANIFEST,
    RECEIPTS,
    Ciphertext,
    Evidence,
    History,
    Opening,
    PlatformKeys,
    journal_path,
    witnessed_path,
    write_manifest,
)
from tests.factories.memory_log import MemoryLog
from tests.factories.papers import sealed_paper
from tests.factories.sealing import DEADLINE, SUBJECT, World
from trading.kernel.canonical import canonical
from trading.kernel.journal.blind import SlotOpening
from trading.kernel.journal.schedule import Timeline
from trading.kernel.signing import SealSigner
from trading.parties.certificates import issue, make_authority
from trading.parties.seals import issue_seal

PROJECT = "project:01936f0e-7b7a-7cc0-8000-0000000000aa"
FIRST = DEADLINE - timedelta(minutes=100)
SECOND = timedelta(seconds=1)
FACTS = {"duration_days": 360, "quality": "合格", "manager": "王工"}


@dataclass
class Bid:
    """A sealed bid with what its bidder knows."""

    raw: bytes
    ciphertexts: dict[str, bytes]
    key: Ed25519PrivateKey
    facts: dict[str, dict[str, Any]]
    codes: dict[str, str] = field(default_factory=dict)
    """Of the parts that will turn out void."""

    @property
    def digest(self) -> str:
        return sha256(self.raw).hexdigest()


@dataclass
class Lot:
    """Everything a platform could show of one lot, and, apart, the keys it has and those it has not."""

    log: MemoryLog
    world: World
    record_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    export_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    ca_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    authority: str = ""
    seal_key: SealSigner = field(default_factory=lambda: SealSigner(ec.generate_private_key(ec.SECP256R1())))
    seal: str = ""
    """The certificate of the centre's seal."""
    slots: list[SlotOpening] = field(default_factory=list)
    slot_entries: list[int] = field(default_factory=list)
    bids: dict[str, Bid] = field(default_factory=dict)
    withdrawals: dict[str, bytes] = field(default_factory=dict)
    batches: dict[tuple[str, int], bytes] = field(default_factory=dict)
    settled: dict[int, bytes] = field(default_factory=dict)
    results: list[dict[str, Any]] = field(default_factory=list)
    opening: Opening | None = None
    opening_record: bytes | None = None
    notice: bytes = b""
    receipts: dict[str, bytes] = field(default_factory=dict)
    draws: list[bytes] = field(default_factory=list)
    evaluation: bytes | None = None
    refunds: bytes | None = None
    award_notices: list[bytes] = field(default_factory=list)
    ocds: bytes | None = None

    def __post_init__(self) -> None:
        self.authority = self.authority or make_authority(self.ca_key, at=FIRST - timedelta(days=30))
        self.seal = self.seal or issue_seal(
            self.ca_key,
            self.authority,
            public_key=self.seal_key.public_key,
            organisation="某市公共资源交易中心",
            uscc="12310000MB0000001X",
            at=FIRST - timedelta(days=20),
        )

    @property
    def timeline(self) -> Timeline:
        return Timeline([self.world.announcement.schedule])

    def acts(self) -> list[Act]:
        found = (parse_act(entry.body, slot.slot, SUBJECT) for slot in self.slots for entry in slot.entries)
        return [act for act in found if act]

    def box(self) -> Box:
        documents = {**{digest: bid.raw for digest, bid in self.bids.items()}, **self.withdrawals}
        return derive_box([self.world.announcement], self.acts(), documents, DEADLINE)

    def certificate(self, name: str, organisation: str, uscc: str, public: bytes) -> str:
        at = FIRST - timedelta(days=1)
        return issue(
            self.ca_key, self.authority, public_key=public, name=name, organisation=organisation, uscc=uscc, at=at
        )

    def sealed(self, name: str, data: bytes, at: datetime) -> bytes:
        """A PDF under the centre's seal that carries what it was made from."""
        return sealed_paper(name, data, key=self.seal_key, certificate=self.seal, authority=self.authority, at=at)

    def slots_document(self) -> bytes:
        shown = [slot.to_json() for slot in self.slots]
        return canonical({"v": "LBB1", "subject": SUBJECT, "timeline": self.timeline.to_json(), "slots": shown})

    def platform_keys(self) -> PlatformKeys:
        purposes = {
            "journal": self.log.key,
            "receipt": self.world.receipt,
            "record": self.record_key,
            "export": self.export_key,
            "ca": self.ca_key,
        }
        keys = {name: key.public_key().public_bytes_raw().hex() for name, key in purposes.items()}
        return PlatformKeys(format=KEYS_FORMAT, keys=keys, authority=self.authority)

    def evidence(self, box: Box) -> Evidence[bytes]:
        live = [envelope.digest for envelope in box.envelopes]
        opened = {result["part"] for result in self.results}
        return Evidence(
            announcements=(self.world.announcement.raw,),
            slots=self.slots_document(),
            history=History(live=tuple(live), replaced=box.replaced, withdrawn=box.withdrawn),
            envelopes={digest: self.bids[digest].raw for digest in live},
            withdrawals=self.withdrawals,
            keys=self.platform_keys(),
            notice=self.notice,
            ciphertexts=tuple(
                Ciphertext(digest, part, len(self.bids[digest].ciphertexts[part]), self.bids[digest].ciphertexts[part])
                for digest in live
                for part in READ_ALOUD
                if part in opened
            ),
            batches={key: raw for key, raw in self.batches.items() if key[0] in READ_ALOUD},
            settled=self.settled,
            opening=self.opening,
            opening_record=self.opening_record,
            draws=tuple(self.draws),
            evaluation=self.evaluation,
            refunds=self.refunds,
            award_notices=tuple(self.award_notices),
            ocds=self.ocds,
        )

    def files(self, box: Box | None = None) -> dict[str, bytes]:
        """Every file but the manifest; `box` where the forged one is not what the slots give."""
        found = {member.path: member.content for member in self.evidence(box or self.box()).members()}
        found |= {journal_path(name): data for name, data in self.log.files()}
        earlier = self.log.handed_out - {len(self.log.entries)}
        found |= {witnessed_path(size): self.log.kept[size].encode() for size in earlier}
        return found

    def write(self, folder: Path, files: Mapping[str, bytes] | None = None, *, receipts: bool = True) -> Path:
        """The folder as the platform hands it out, and the bidders' receipts beside it."""
        told = dict(self.files() if files is None else files)
        hashes = {path: sha256(data).hexdigest() for path, data in told.items()}
        told[MANIFEST] = write_manifest(PROJECT, SUBJECT, hashes, self.export_key)
        if receipts:
            told |= {f"{RECEIPTS}/{name}": data for name, data in self.receipts.items()}
        for path, data in told.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return folder
