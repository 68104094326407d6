"""The journal (日志) replayed from its entries, and how much of it the announced witnesses put their names to.

A forger with the log's key can rebuild every tile and sign any tree, but cannot have it cosigned. So whatever cosigned
checkpoint turns up, in the folder or in a bidder's proof, must be the root of the very entries shown here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bidding.proof import Mismatch
from portal.evidence.layout import JOURNAL, WITNESSED, journal_path
from portal.verify.folder import Folder
from portal.verify.report import UNREADABLE, Report
from trading.kernel import merkle
from trading.kernel.journal.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from trading.kernel.journal.entry import Entry, parse_entry
from trading.kernel.journal.note import Verifier, parse_note
from trading.kernel.journal.proof import (
    CHECKPOINT_FILE,
    KEYS_FILE,
    ProofError,
    Trust,
    Witnessed,
    parse_trust,
    verify_checkpoint,
)
from trading.kernel.journal.tiles import TileError, read_entries, replay


@dataclass(frozen=True, slots=True)
class Found:
    """An entry and its leaf's index."""

    index: int
    entry: Entry


class Journal:
    """The entries of a replayed log, and the cosigned checkpoints that they fit."""

    def __init__(self, entries: Sequence[bytes], trust: Trust, known: Iterable[Verifier] = ()) -> None:
        self.entries, self.trust = entries, trust
        self.known = frozenset((trust.log, *trust.witnesses, *known))
        self.believed: list[Witnessed] = []

    def find(self, action: str, subject: str | None = None) -> list[Found]:
        """The entries of an action, of one subject or all, in the log's order."""
        named = [action.encode(), *([subject.encode()] if subject else [])]
        found = []
        for index, body in enumerate(self.entries):
            if all(name in body for name in named):
                entry = parse_entry(body)
                if entry.action == action and subject in {None, entry.subject}:
                    found.append(Found(index, entry))
        return found

    def one(self, action: str, subject: str, **payload: object) -> Found | None:
        """The entry of an action whose payload says so; a second one would leave a choice, and is refused."""
        found = [
            item
            for item in self.find(action, subject)
            if all(item.entry.payload.get(name) == value for name, value in payload.items())
        ]
        if len(found) > 1:
            raise Mismatch("journal.twice", action=action)
        return found[0] if found else None

    @property
    def witnessed(self) -> int:
        """How many entries, from the first on, stand under a cosigned checkpoint that they fit."""
        return max((item.checkpoint.size for item in self.believed), default=0)

    def witnessed_at(self, index: int) -> datetime | None:
        """When the witnesses had first cosigned a tree with this leaf, as far as is shown."""
        times = [item.at for item in self.believed if item.checkpoint.size > index and item.at is not None]
        return min(times, default=None)

    def witnessed_between(self, index: int, before: int) -> bool:
        """Whether a cosigned checkpoint has the first leaf and not yet the second."""
        return any(index < item.checkpoint.size <= before for item in self.believed)

    def cosigned(self, note: str | bytes) -> Witnessed:
        """A checkpoint of this log with its quorum."""
        return cosigned(note, self.trust, self.known)

    def believe(self, notes: Mapping[str, Witnessed], report: Report) -> None:
        """Take in cosigned checkpoints, each if the entries make its root."""
        wanted = {item.checkpoint.size for item in notes.values()}
        roots = _roots(self.entries, wanted)
        for where, item in notes.items():
            root = roots.get(item.checkpoint.size)
            if root == item.checkpoint.root:
                self.believed.append(item)
            elif root is not None:
                report.failed("journal.leaf", where=where, size=item.checkpoint.size)


def cosigned(note: str | bytes, trust: Trust, known: Iterable[Verifier]) -> Witnessed:
    """A checkpoint of the log with its quorum, and no line on it that is nobody's."""
    witnessed = verify_checkpoint(note, trust)
    verifiers = tuple(known)
    if not all(any(line.by(verifier) for verifier in verifiers) for line in witnessed.note.signatures):
        raise ProofError("checkpoint", "a line is signed by nobody known")
    return witnessed


def read_journal(folder: Folder, announced: Trust, report: Report) -> Journal | None:
    """The log as far as it can be read; everything that does not hold is reported."""
    known = _check_keys(folder, announced, report)
    note = _read(folder, CHECKPOINT_FILE, report)
    checkpoint = _signed(note, announced, report)
    if note is None or checkpoint is None:
        return None
    entries = _replayed(folder, checkpoint, report)
    if entries is None:
        return None
    journal = Journal(entries, announced, known)
    notes: dict[str, Witnessed] = {}
    if not announced.quorum:
        report.failed("witness.none")
    else:
        for where in (CHECKPOINT_FILE, *_earlier(folder)):
            with report.check("witness.cosignature", otherwise="witness.cosignature", where=where) as facts:
                item = journal.cosigned(folder.read(journal_path(where)))
                notes[where] = item
                facts.update(at=item.at, size=item.checkpoint.size)
    with report.check("journal.history", otherwise="journal.leaf", count=len(notes)):
        journal.believe(notes, report)
    return journal


def check_pins(trust: Trust, journal: Journal, pins: Collection[str], report: Report) -> None:
    """Every pinned key is an announced witness's, and cosigned the newest checkpoint."""
    whole = [item for item in journal.believed if item.checkpoint.size == len(journal.entries)]
    check_pinned(trust, whole[0] if whole else None, pins, report)


def check_clock(journal: Journal, report: Report) -> None:
    """A demonstration's offset only grows, and no tree is cosigned before a smaller one."""
    with report.check("journal.clock", otherwise="journal.clock"):
        grown = sorted(journal.believed, key=lambda item: item.checkpoint.size)
        for before, after in pairwise(grown):
            offsets = (before.checkpoint.offset_ms or 0, after.checkpoint.offset_ms or 0)
            backwards = before.at is not None and after.at is not None and after.at < before.at
            if backwards or offsets[0] > offsets[1]:
                report.failed("journal.clock", size=after.checkpoint.size)


def check_pinned(trust: Trust, witnessed: Witnessed | None, pins: Collection[str], report: Report) -> None:
    """The same for one checkpoint."""
    names = {witness.fingerprint: witness.name for witness in trust.witnesses}
    for fingerprint, name in names.items():
        if fingerprint not in pins:
            report.noted("witness.key", name=name, fingerprint=fingerprint)
    for pin in sorted(pins):
        with report.check("witness.pinned", otherwise="witness.pinned", key=pin):
            if witnessed is None or names.get(pin) not in witnessed.times:
                report.failed("witness.pinned", key=pin)


def _check_keys(folder: Folder, announced: Trust, report: Report) -> tuple[Verifier, ...]:
    """The folder's keys are those announced; a witness that joined the log later is known, but does not count."""
    known: tuple[Verifier, ...] = ()
    with report.check("journal.keys", otherwise="keys.log", origin=announced.log.name):
        stated = parse_trust(folder.read(journal_path(KEYS_FILE)).decode())
        known = stated.witnesses
        if stated.log != announced.log:
            report.failed("keys.log")
        if not set(announced.witnesses) <= set(stated.witnesses) or stated.quorum < announced.quorum:
            report.failed("keys.witness")
    return known


def _read(folder: Folder, name: str, report: Report) -> bytes | None:
    try:
        return folder.read(journal_path(name))
    except (Mismatch, *UNREADABLE):
        report.failed("file.missing", path=journal_path(name))
        return None


def _signed(note: bytes | None, trust: Trust, report: Report) -> Checkpoint | None:
    """The newest checkpoint; read on even if the log did not sign it, to say what else is wrong."""
    if note is None:
        return None
    checkpoint: Checkpoint | None = None
    with report.check("journal.signature", otherwise="journal.signature") as facts:
        checkpoint = open_checkpoint(note, trust.log)[1]
        facts["size"] = checkpoint.size
    if checkpoint is None:
        try:
            checkpoint = parse_checkpoint(parse_note(note).text)
        except UNREADABLE:
            return None
    return checkpoint


def _replayed(folder: Folder, checkpoint: Checkpoint, report: Report) -> list[bytes] | None:
    entries: list[bytes] | None = None
    place = folder.root / JOURNAL
    with report.check("journal.replay", otherwise="journal.leaf", size=checkpoint.size):
        entries, root = replay(place, checkpoint.size)
        if root != checkpoint.root:
            report.failed("journal.leaf", where=CHECKPOINT_FILE, size=checkpoint.size)
    if entries is None:
        try:
            entries = [entry for bundle in read_entries(place, checkpoint.size) for entry in bundle]
        except TileError:
            return None
    return entries


def _earlier(folder: Folder) -> list[str]:
    paths = folder.below(journal_path(WITNESSED))
    return [path.removeprefix(f"{JOURNAL}/") for path in sorted(paths, key=lambda path: (len(path), path))]


def _roots(entries: Sequence[bytes], sizes: Iterable[int]) -> dict[int, bytes]:
    """The roots that the first so many entries make, as far as there are entries."""
    wanted, tree = set(sizes), merkle.Frontier()
    roots = {0: tree.root()} if 0 in wanted else {}
    for body in entries:
        tree.append(merkle.leaf_hash(body))
        if tree.size in wanted:
            roots[tree.size] = tree.root()
    return roots
