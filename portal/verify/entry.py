"""The proof of one journal entry (LBJP1), as the platform hands it out at the end of every drill.

The keys stand in the file itself, so that it agrees with them shows little: pins (`--key`) say whose they are.
"""

from collections.abc import Collection

from portal.verify.journal import check_pinned
from portal.verify.report import Report
from supervision.proof import Shown, is_proof, open_proof
from trading.kernel.journal.proof import ProofError

__all__ = ["check_entry", "is_proof"]


def check_entry(raw: bytes, pins: Collection[str], report: Report) -> None:
    """The entry is a leaf of a log that signed and witnesses cosigned."""
    shown: Shown | None = None
    try:
        shown = open_proof(raw)
    except ProofError as error:
        report.failed("entry.proof", why=error.code)
    if shown is None:
        return
    witnessed = shown.witnessed
    if not witnessed.times:
        report.failed("witness.none")
        return
    report.passed("entry.proof", action=shown.entry.action, subject=shown.entry.subject, at=witnessed.at)
    check_pinned(shown.trust, witnessed, pins, report)
