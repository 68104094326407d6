"""One entry for whatever is to be verified: what a file says of itself decides."""

import tarfile
from collections.abc import Collection
from pathlib import Path

from portal.evidence.layout import FORMAT, MANIFEST
from portal.verify.bag import is_bag, verify_bag
from portal.verify.lot import verify_lot
from portal.verify.report import UNREADABLE, Report
from portal.verify.single import verify_single
from trading.kernel.canonical import parse_canonical


def examine(path: Path, *, pins: Collection[str] = (), beside: Collection[Path] = ()) -> Report:
    """`pins` are fingerprints of witness keys in hex; `beside` are files to look at besides the neighbours."""
    report = Report()
    if is_bag(path):
        verify_bag(path, pins, report)
    elif path.is_dir() or _is_tar(path):
        verify_lot(path, pins, report)
    elif _format(path) == FORMAT and path.name == MANIFEST:
        verify_lot(path.parent, pins, report)
    else:
        verify_single(path, beside, pins, report)
    return report


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except OSError:
        return False


def _format(path: Path) -> object:
    try:
        told = parse_canonical(path.read_bytes())
        return told.get("format")
    except UNREADABLE:
        return None
