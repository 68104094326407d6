"""What an evidence folder holds and under which paths, pure: written by the server and by tests, read by `verify`.

The ciphertext of the parts read aloud may be large, so a member's content is bytes or whatever the writer streams from.
The manifest comes last: it names every other file by its SHA-256. What bidders add from their own folders
(`receipts/`) is not the platform's to sign.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import msgspec

from bidding.proof.record import RecordSignature
from bidding.sealing.framing import Hex32, Hex64, lp
from bidding.sealing.signatures import Signs
from trading.kernel.canonical import canonical

FORMAT = "trading-evidence/1"
OPENING_FORMAT = "trading-opening/1"
KEYS_FORMAT = "trading-keys/1"
SCENARIO = "open-tender"
MANIFEST = "manifest.json"

ANNOUNCEMENT = "announcement.json"
ENVELOPES = "envelopes"
RECEIPTS = "receipts"
BOX = "box"
SHARES = "shares"
SETTLED = "settled"
OPENING = "opening.json"
OPENING_RECORD = "opening-record.pdf"
NOTICE = "notice.pdf"
DRAWS = "draw"
EVALUATION = "evaluation.json"
AWARD_NOTICES = "award-notice"
OCDS = "ocds.json"
REFUNDS = "refunds.json"
BAG = "bag"
"""The package of the closed project, laid beside its evidence by whoever may have it."""
JOURNAL = "journal"

HISTORY = f"{ENVELOPES}/index.json"
SLOTS = f"{BOX}/slots.json"
WITHDRAWALS = f"{BOX}/withdrawals"
EARLIER = f"{BOX}/announcements"
WITNESSED = "checkpoints"
"""Below the journal: earlier cosigned checkpoints, which show when something had been witnessed."""
PLATFORM_KEYS = f"{JOURNAL}/platform.json"

PATHS: dict[str, str] = {
    "announcement": ANNOUNCEMENT,
    "envelopes": ENVELOPES,
    "receipts": RECEIPTS,
    "box": BOX,
    "shares": SHARES,
    "settled": SETTLED,
    "opening": OPENING,
    "opening-record": OPENING_RECORD,
    "notice": NOTICE,
    "draw": DRAWS,
    "evaluation": EVALUATION,
    "award-notice": AWARD_NOTICES,
    "ocds": OCDS,
    "refunds": REFUNDS,
    "bag": BAG,
    "journal": JOURNAL,
}
NOT_ALWAYS = (
    "shares",
    "settled",
    "opening",
    "opening-record",
    "draw",
    "evaluation",
    "award-notice",
    "ocds",
    "refunds",
    "bag",
)
"""A lot that was not opened has none of the first four, or only those of the phases that were; one may go undrawn."""
_PATH = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")

Blob = TypeVar("Blob")


class Member(NamedTuple, Generic[Blob]):
    """One file of the folder; `size` is that of its content."""

    path: str
    size: int
    content: "bytes | Blob"


class Ciphertext(NamedTuple, Generic[Blob]):
    """A part read aloud, as its bidder sealed it."""

    envelope: str
    part: str
    size: int
    content: "bytes | Blob"


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`opening.json`: the machine-readable record, exact text, and who signed it."""

    format: str
    record: str
    signatures: tuple[RecordSignature, ...]


class PlatformKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`journal/platform.json`: the platform's public keys by purpose, and the demonstration CA's certificate."""

    format: str
    keys: dict[str, Hex32]
    authority: str


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`envelopes/index.json`: the live envelopes in box order; of the others nothing but their hashes."""

    live: tuple[Hex32, ...]
    replaced: tuple[Hex32, ...]
    withdrawn: tuple[Hex32, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json`."""

    format: str
    scenario: str
    project: str
    lot: str
    files: dict[str, str]
    sha256: dict[str, Hex32]
    signature: Hex64

    def message(self) -> bytes:
        """What the export key signs: everything but the signature."""
        told = {name: value for name, value in msgspec.to_builtins(self).items() if name != "signature"}
        return lp(FORMAT, canonical(told))


@dataclass(frozen=True)
class Evidence(Generic[Blob]):
    """A lot's evidence but for its journal, which is streamed: plain values, whoever gathered them."""

    announcements: tuple[bytes, ...]
    """Every version, oldest first."""
    slots: bytes
    history: History
    envelopes: Mapping[str, bytes]
    withdrawals: Mapping[str, bytes]
    keys: PlatformKeys
    notice: bytes
    ciphertexts: tuple[Ciphertext[Blob], ...] = ()
    batches: Mapping[tuple[str, int], bytes] | None = None
    """By part and seat."""
    settled: Mapping[int, bytes] | None = None
    """By phase."""
    opening: Opening | None = None
    opening_record: bytes | None = None
    draws: tuple[bytes, ...] = ()
    """Of the lot, in their order."""
    evaluation: bytes | None = None
    award_notices: tuple[bytes, ...] = ()
    """PDFs of the result notices, in the order of their publication."""
    ocds: bytes | None = None
    """The release package of the project."""
    refunds: bytes | None = None
    """What became of the deposits."""

    def members(self) -> Iterator[Member[Blob]]:
        """Every file outside `receipts/` and the journal's own, in a fixed order."""
        *earlier, newest = self.announcements
        yield _member(ANNOUNCEMENT, newest)
        yield from _numbered(EARLIER, earlier)
        yield _member(SLOTS, self.slots)
        for digest, withdrawal in sorted(self.withdrawals.items()):
            yield _member(f"{WITHDRAWALS}/{digest}.json", withdrawal)
        yield _member(HISTORY, canonical(msgspec.to_builtins(self.history)))
        for digest, envelope in sorted(self.envelopes.items()):
            yield _member(envelope_path(digest), envelope)
        for part in self.ciphertexts:
            yield Member(object_path(part.envelope, part.part), part.size, part.content)
        for (part_id, x), batch in sorted((self.batches or {}).items()):
            yield _member(f"{SHARES}/{part_id}-{x}.json", batch)
        for phase, settled in sorted((self.settled or {}).items()):
            yield _member(f"{SETTLED}/phase-{phase}.json", settled)
        if self.opening is not None:
            yield _member(OPENING, canonical(msgspec.to_builtins(self.opening)))
        if self.opening_record is not None:
            yield _member(OPENING_RECORD, self.opening_record)
        yield from _numbered(DRAWS, self.draws)
        if self.evaluation is not None:
            yield _member(EVALUATION, self.evaluation)
        yield from self._published()
        yield _member(PLATFORM_KEYS, canonical(msgspec.to_builtins(self.keys)))

    def _published(self) -> Iterator[Member[Blob]]:
        """Notices, and the open data made of them."""
        for number, notice in enumerate(self.award_notices, 1):
            yield _member(award_notice_path(number), notice)
        if self.ocds is not None:
            yield _member(OCDS, self.ocds)
        if self.refunds is not None:
            yield _member(REFUNDS, self.refunds)
        yield _member(NOTICE, self.notice)


def envelope_path(digest: str) -> str:
    """Where a live envelope stands."""
    return f"{ENVELOPES}/{digest}/envelope.json"


def object_path(digest: str, part: str) -> str:
    """Where the ciphertext of a live envelope's part stands."""
    return f"{ENVELOPES}/{digest}/{part}.obj"


def award_notice_path(number: int) -> str:
    """Where a result notice stands: by its place among those of the lot."""
    return f"{AWARD_NOTICES}/{number}.pdf"


def journal_path(name: str) -> str:
    """Where a file of the log stands."""
    return f"{JOURNAL}/{name}"


def witnessed_path(size: int) -> str:
    """Where an earlier cosigned checkpoint stands."""
    return f"{JOURNAL}/{WITNESSED}/{size}"


def sound_path(path: str) -> bool:
    """Whether a path stays inside the folder, on every system."""
    return _PATH.fullmatch(path) is not None and not {".", ".."}.intersection(path.split("/"))


def kinds_of(paths: Mapping[str, str]) -> dict[str, str]:
    """Kind → path, of the kinds that are there; receipts always, since bidders may add theirs."""
    tops = {path.split("/")[0] for path in paths} | {RECEIPTS}
    return {kind: path for kind, path in PATHS.items() if path in tops}


def write_manifest(project: str, lot: str, hashes: Mapping[str, str], signer: Signs, *, packed: bool = False) -> bytes:
    """The manifest of these files, signed by the export key; `packed` where the project's package may lie beside."""
    unsigned = Manifest(
        format=FORMAT,
        scenario=SCENARIO,
        project=project,
        lot=lot,
        files=kinds_of(hashes) | ({"bag": BAG} if packed else {}),
        sha256=dict(sorted(hashes.items())),
        signature="",
    )
    signature = signer.sign(unsigned.message()).hex()
    return canonical(msgspec.to_builtins(msgspec.structs.replace(unsigned, signature=signature)))


def _numbered(folder: str, documents: Sequence[bytes]) -> Iterator[Member[Blob]]:
    for number, document in enumerate(documents, 1):
        yield _member(f"{folder}/{number}.json", document)


def _member(path: str, content: bytes) -> Member[Blob]:
    return Member(path, len(content), content)
