"""What `trading verify` says of a lot's evidence as a story writes it."""

from collections.abc import Mapping
from pathlib import Path

from portal.verify.lot import verify_lot
from portal.verify.report import Report
from tests.factories.evidence import Lot


def verdict(lot: Lot, folder: Path, *pins: str) -> Report:
    """Everything that was checked; `pins` are fingerprints of witness keys."""
    return judged(lot.write(folder), *pins)


def named(lot: Lot, folder: Path, files: Mapping[str, bytes] | None = None, *, receipts: bool = True) -> set[str]:
    """The codes of what failed."""
    return set(judged(lot.write(folder, files, receipts=receipts)).failures)


def judged(path: Path, *pins: str) -> Report:
    """A folder that is already written."""
    report = Report()
    verify_lot(path, pins, report)
    return report
