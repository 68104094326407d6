"""A single receipt, refusal, proof or sealed PDF, with whatever lies beside it: announcement, the holder's envelope.

A receipt names announcement and envelope by their digests, so files are found by what they are, never by what they are
called. A promise without its proof is a promise, and the report says so.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bidding.proof import Mismatch
from bidding.proof.receipt import read_proof, trust_of, verify_receipt_proof
from bidding.proof.settled import digest_of
from bidding.sealing.announcement import Announcement, verify_announcement
from bidding.sealing.box import check_receipt_entry, commit_body, withdrawal_body
from bidding.sealing.envelope import verify_envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import parse_instant
from bidding.sealing.submission import Receipt, peek_withdrawal
from portal.evidence.layout import ANNOUNCEMENT, ENVELOPES
from portal.verify.entry import check_entry, is_proof
from portal.verify.journal import check_pinned, cosigned
from portal.verify.promises import kind_of, open_objection, open_proof, open_receipt, open_refusal
from portal.verify.report import UNREADABLE, Report
from portal.verify.seal import check_single
from trading.kernel.journal.proof import Witnessed

_LARGEST = 1024 * 1024
_MOST = 500


@dataclass
class _Beside:
    """What was found near the file."""

    announcements: dict[str, Announcement] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    proofs: dict[str, str] = field(default_factory=dict)

    def by_ann(self, ann: str) -> Announcement | None:
        """The announcement a receipt names."""
        if not self.announcements:
            raise Mismatch("receipt.no_announcement")
        return self.announcements.get(ann)

    def of_subject(self, subject: str) -> Announcement:
        """The newest announcement of a lot."""
        found = [item for item in self.announcements.values() if item.body.subject == subject]
        if not found:
            raise Mismatch("receipt.no_announcement")
        return max(found, key=lambda item: item.body.version)


def verify_single(path: Path, beside: Collection[Path], pins: Collection[str], report: Report) -> None:
    """Whichever of the four it is."""
    try:
        raw = path.read_bytes()
        if raw.startswith(b"%PDF-"):
            check_single(path, raw, beside, report)
            return
        if is_proof(raw):
            check_entry(raw, pins, report)
            return
        found = _look(_near(path, beside))
        kind = kind_of(raw)
        if kind == "receipt":
            _check_receipt(raw, found, pins, report)
        elif kind == "proof":
            _check_proof(raw.decode(), found, pins, report)
        elif kind == "refusal":
            with report.check("refusal.signed", otherwise="receipt.form"):
                open_refusal(raw, found.by_ann)
        elif kind == "objection":
            with report.check("objection.signed", otherwise="receipt.form") as facts:
                facts["at"] = open_objection(raw, found.by_ann).raised_at
        else:
            report.failed("receipt.form", path=path.name)
    except UNREADABLE as error:
        report.failed("evidence.unreadable", detail=str(error) or type(error).__name__)


def _check_receipt(raw: bytes, found: _Beside, pins: Collection[str], report: Report) -> None:
    receipt: Receipt | None = None
    with report.check("receipt.signed", otherwise="receipt.form") as facts:
        receipt = open_receipt(raw, found.by_ann)
        facts.update(slot=receipt.slot, at=receipt.received_at, hash=receipt.hash)
    if receipt is None:
        return
    announcement = found.announcements[receipt.ann]
    if receipt.hash in found.documents:
        with report.check("receipt.entry", otherwise="receipt.entry"):
            check_receipt_entry(receipt, _body(receipt, announcement, found))
    else:
        report.noted("receipt.no_document", hash=receipt.hash)
    witnessed = _check_kept(receipt, announcement, found, report)
    check_pinned(trust_of(announcement), witnessed, pins, report)


def _check_kept(receipt: Receipt, announcement: Announcement, found: _Beside, report: Report) -> Witnessed | None:
    """The promise kept, as a proof shows; without one it is still a promise."""
    for path, text in found.proofs.items():
        try:
            shown = read_proof(text)
        except Mismatch:
            report.failed("receipt.malformed", path=path)
            continue
        if shown.blind.leaf.hex() != receipt.entry:
            continue
        with report.check("receipt.proved", otherwise="receipt.malformed", path=path, slot=receipt.slot) as facts:
            witnessed = verify_receipt_proof(text, receipt, announcement)
            facts["at"] = witnessed.at
            if not witnessed.times:
                raise Mismatch("witness.none")
            if shown.sealed.at > parse_instant(receipt.merge_by):
                report.noted("slot.late", slot=receipt.slot)
            return witnessed
        return None
    report.noted("receipt.no_proof", merge_by=receipt.merge_by)
    return None


def _check_proof(text: str, found: _Beside, pins: Collection[str], report: Report) -> None:
    with report.check("receipt.proved", otherwise="receipt.malformed") as facts:
        announcement = found.of_subject(read_proof(text).sealed.subject)
        trust = trust_of(announcement)
        if not trust.quorum:
            raise Mismatch("witness.none")
        item = open_proof(text, lambda note: cosigned(note, trust, (trust.log, *trust.witnesses)))
        facts.update(slot=item.shown.slot.slot, at=item.witnessed.at)
        check_pinned(trust, item.witnessed, pins, report)


def _body(receipt: Receipt, announcement: Announcement, found: _Beside) -> bytes:
    """The act as its holder makes it from what he handed in himself."""
    raw, at = found.documents[receipt.hash], parse_instant(receipt.received_at)
    if receipt.kind == "commit":
        return commit_body(verify_envelope(raw, announcement), at)
    envelope = found.documents.get(peek_withdrawal(raw))
    if envelope is None:
        raise Mismatch("receipt.no_envelope")
    return withdrawal_body(raw, verify_envelope(envelope, announcement), at)


def _near(path: Path, beside: Collection[Path]) -> Iterator[Path]:
    """What the caller names, then the file's own folder, then the evidence it lies in."""
    yield from beside
    yield from sorted(item for item in path.parent.iterdir() if item.is_file() and item != path)[:_MOST]
    evidence = path.parent.parent
    yield evidence / ANNOUNCEMENT
    yield from sorted(evidence.glob(f"{ENVELOPES}/*/envelope.json"))[:_MOST]


def _look(paths: Iterable[Path]) -> _Beside:
    found = _Beside()
    for path in paths:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        raw = path.read_bytes()
        if kind_of(raw) == "proof":
            found.proofs[path.name] = raw.decode("utf-8", "replace")
            continue
        found.documents[digest_of(raw)] = raw
        try:
            announcement = verify_announcement(raw)
        except SealingError:
            continue
        found.announcements.setdefault(announcement.ann, announcement)
    return found
