"""A whole lot's evidence, in the order in which each step rests on the one before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bidding.proof import Mismatch
from bidding.proof.revealed import Result, rows_of
from bidding.sealing.box import Box
from portal.evidence.layout import EVALUATION, OPENING, OPENING_RECORD, Manifest, PlatformKeys
from portal.verify import receipts
from portal.verify.announced import Announced, read_announced
from portal.verify.bag import check_bags
from portal.verify.box import check_announced, check_closing, read_box
from portal.verify.draws import check_draws
from portal.verify.evaluation import check_evaluation
from portal.verify.folder import Folder, opened
from portal.verify.journal import Journal, check_clock, check_pins, read_journal
from portal.verify.manifest import read_keys, read_manifest
from portal.verify.objections import check_receipts as check_objection_receipts
from portal.verify.ocds import check_ocds
from portal.verify.opening import CANCELLED, read_opening
from portal.verify.outcome import read_outcome
from portal.verify.record import check_notice, check_record, check_record_print
from portal.verify.refunds import check_refunds
from portal.verify.report import UNREADABLE, Report
from portal.verify.results import check_letters, check_results
from portal.verify.slots import Slots, read_slots
from trading.kernel.journal.checkpoint import DEMONSTRATION


@dataclass(frozen=True)
class _Ground:
    """What everything else is judged by."""

    folder: Folder
    manifest: Manifest
    keys: PlatformKeys
    announced: Announced
    journal: Journal


def verify_lot(path: Path, pins: Collection[str], report: Report) -> None:
    """A folder, or a tar of one."""
    try:
        with opened(path) as folder:
            verify_folder(folder, pins, report)
    except Mismatch as error:
        report.failed(error.code, **error.params)
    except UNREADABLE as error:
        report.failed("evidence.unreadable", detail=str(error) or type(error).__name__)


def verify_folder(folder: Folder, pins: Collection[str], report: Report) -> None:
    """A folder that is open already: a lot's own, or one inside a package."""
    ground = _ground(folder, report)
    if ground is None:
        return
    announced, journal = ground.announced, ground.journal
    promises = receipts.read_receipts(folder)
    proved = receipts.believe_proofs(promises, journal, report)
    check_clock(journal, report)
    if announced.trust.log.name.startswith(DEMONSTRATION):
        report.noted("demonstration", origin=announced.trust.log.name)
    check_pins(announced.trust, journal, pins, report)
    check_announced(announced, journal, report)
    check_draws(folder, announced.subject, journal, report)
    rows: Sequence[Result] | None = None
    slots = read_slots(folder, announced, journal, report)
    if slots is not None:
        box = read_box(folder, announced, slots, report)
        receipts.check_receipts(promises, proved, announced, journal=journal, slots=slots, box=box, report=report)
        if box is not None:
            rows = _check_opening(ground, slots, box, report)
    check_objection_receipts(promises.objections, announced, journal, report)
    if OPENING_RECORD in folder:
        check_record_print(folder, announced, journal, ground.keys, report)
    check_notice(folder, ground.manifest, journal, ground.keys, report)
    _check_outcome(ground, rows, promises.letters, report)
    check_bags(folder, ground.manifest, journal, pins, report)


def _ground(folder: Folder, report: Report) -> _Ground | None:
    """Manifest, announcement and journal; without them there is nothing to go by."""
    manifest = read_manifest(folder, report)
    if manifest is None:
        return None
    keys = read_keys(folder, manifest, report)
    announced = read_announced(folder, manifest.lot, report)
    if announced is None or keys is None:
        return None
    body = announced.newest.body
    with report.check("platform.keys", otherwise="keys.platform"):
        if (keys.keys["receipt"], keys.keys["journal"]) != (body.receipt_key, body.log.key):
            report.failed("keys.platform")
        if not _is_authority(x509.load_pem_x509_certificate(keys.authority.encode()), keys.keys["ca"]):
            report.failed("keys.platform", detail="ca")
    journal = read_journal(folder, announced.trust, report)
    return _Ground(folder, manifest, keys, announced, journal) if journal else None


def _is_authority(certificate: x509.Certificate, key: str) -> bool:
    """The demonstration CA's certificate is signed by its own key."""
    public = certificate.public_key()
    try:
        certificate.verify_directly_issued_by(certificate)
    except InvalidSignature:
        return False
    return isinstance(public, Ed25519PublicKey) and public.public_bytes_raw().hex() == key


def _check_outcome(
    ground: _Ground, rows: Sequence[Result] | None, letters: Mapping[str, bytes], report: Report
) -> None:
    folder, subject, journal, keys = ground.folder, ground.announced.subject, ground.journal, ground.keys
    outcome = read_outcome(folder, subject, journal, rows=rows, report=report)
    check_results(folder, subject, journal, outcome=outcome, keys=keys, report=report)
    check_letters(letters, subject, journal, outcome=outcome, keys=keys, report=report)
    check_refunds(folder, ground.announced, journal, report)
    check_ocds(folder, ground.manifest, ground.announced, journal, outcome=outcome, report=report)


def _check_opening(ground: _Ground, slots: Slots, box: Box, report: Report) -> list[Result] | None:
    """Returns the opening table's lines as computed again; None where they could not be, or there was no opening."""
    folder, announced, journal, keys = ground.folder, ground.announced, ground.journal, ground.keys
    closed = check_closing(announced, journal, slots, box, report)
    opening = read_opening(folder, announced, journal, box=box, closed=closed, keys=keys, report=report)
    record = {OPENING, OPENING_RECORD} & set(folder.paths)
    if not journal.find(CANCELLED, announced.subject):
        for path in sorted({OPENING, OPENING_RECORD} - record):
            report.failed("file.missing", path=path)
        check_record(folder, announced, journal, box=box, closed=closed, opening=opening, keys=keys, report=report)
        rows = rows_of(box, opening.results) if opening.complete else None
        check_evaluation(folder, announced, journal, rows=rows, keys=keys, report=report)
        return rows
    report.noted("cancelled")
    for path in sorted(record | ({EVALUATION} & set(folder.paths))):
        report.failed("file.unlisted", path=path)
    return None
