"""The draws of a lot (抽取): each computed again, every step of it in the journal, in its order, witnessed in time.

Whoever holds the platform's keys can make up a draw that agrees with itself, but not that the witness had put its name
to commitments and reveals before the beacon showed, nor that the gateway signed an answer.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from bidding.proof import Mismatch
from bidding.sealing.documents import decode
from bidding.sealing.framing import parse_instant
from experts.proof import facts
from experts.proof.documents import DrawDocument
from experts.proof.draw import Reading, Stated, check, stated
from portal.evidence.layout import DRAWS
from portal.verify.folder import LARGEST_DOCUMENT, Folder
from portal.verify.journal import Found, Journal
from portal.verify.opening import REVEALED
from portal.verify.report import Report
from trading.kernel.journal.instant import format_instant

LARGEST = 4 * LARGEST_DOCUMENT
"""A roster of a million people has some 100 MB of leaves and reason codes."""
_ONCE = (facts.COMMITTED, facts.REVEALED, facts.SETTLED, facts.COMPUTED, facts.CALLED, facts.ANSWERED, facts.REPLACED)
"""What a draw's journal says beyond its document would be a step kept back."""


def check_draws(folder: Folder, lot: str, journal: Journal, report: Report) -> None:
    """Every draw of the lot, in their order; none of them left out."""
    before: Reading | None = None
    told: list[str] = []
    for path in sorted(folder.below(DRAWS), key=lambda path: int(path.rsplit("/", 1)[1].removesuffix(".json"))):
        with report.check("draw.read", otherwise="draw.announcement", path=path) as found:
            document = decode(folder.read(path, LARGEST), DrawDocument, "draw.form")
            reading = Reading(document, before)
            if reading.announcement.lot != lot:
                raise Mismatch("draw.other_lot", path=path)
            told.append(reading.subject)
            found["draw"] = reading.subject
            _check(reading, journal, report)
            if document.seed is not None:
                before = reading
    announced = [item.entry.subject for item in journal.find(facts.ANNOUNCED) if item.entry.payload.get("lot") == lot]
    for subject in sorted(set(announced) - set(told)):
        report.failed("draw.missing", draw=subject)
    if len(set(told)) != len(told) or [item for item in announced if item in told] != told:
        report.failed("draw.unjournalled", action=facts.ANNOUNCED)


def _check(reading: Reading, journal: Journal, report: Report) -> None:
    for step in check(reading.document, reading.before):
        if step.state == "held":
            report.passed(f"draw.{step.name}", **step.facts)
        elif step.state == "failed":
            report.failed(step.code or f"draw.{step.name}", **step.facts)
    with report.check("draw.journalled", otherwise="draw.unjournalled") as told:
        entries = _entries(reading, journal)
        told["count"] = len(entries)
        _check_order(entries)
        _check_whole(reading, journal, {item.noted.entry for item, _ in entries}, report)
    _check_witnessed(reading, journal, report)
    _check_recusals(reading, journal, report)
    _check_absences(reading, journal, report)


def _entries(reading: Reading, journal: Journal) -> list[tuple[Stated, Found]]:
    """What the document says of the journal, with the entry that says so."""
    found = []
    known: dict[tuple[str, str | None], Mapping[UUID, Found]] = {}
    for item in stated(reading):
        # The roster is not the draw's; its root stands under its own subject.
        subject = None if item.action == facts.ROSTER_ROOTED else reading.subject
        if (item.action, subject) not in known:
            known[item.action, subject] = {entry.entry.id: entry for entry in journal.find(item.action, subject)}
        entry = known[item.action, subject].get(UUID(item.noted.entry))
        if entry is None or entry.entry.payload != item.payload or format_instant(entry.entry.at) != item.noted.at:
            raise Mismatch("draw.unjournalled", action=item.action, entry=item.noted.entry)
        found.append((item, entry))
    return found


def _check_order(entries: Iterable[tuple[Stated, Found]]) -> None:
    """The log has what came later after what came before."""
    last, newest, instant = -1, -1, ""
    for item, entry in sorted(entries, key=lambda pair: pair[0].noted.at):
        if item.noted.at != instant:
            last, instant = newest, item.noted.at
        if entry.index <= last:
            raise Mismatch("draw.unjournalled", action=item.action, detail="order")
        newest = max(newest, entry.index)


def _check_whole(reading: Reading, journal: Journal, told: set[str], report: Report) -> None:
    for action in _ONCE:
        for found in journal.find(action, reading.subject):
            if str(found.entry.id) not in told:
                report.failed("draw.unlisted", action=action, entry=str(found.entry.id))


def _check_witnessed(reading: Reading, journal: Journal, report: Report) -> None:
    """Commitments and reveals could not be chosen any more when the beacon showed."""
    settled = reading.document.settled
    if settled is None or reading.document.seed is None:
        return
    with report.check("draw.witnessed", otherwise="draw.unwitnessed") as told:
        found = next(iter(_by_id(journal, facts.SETTLED, reading.subject, settled.entry)), None)
        at = journal.witnessed_at(found.index) if found else None
        told["at"] = at
        if at is None or at > parse_instant(reading.announcement.beacon_at):
            raise Mismatch("draw.unwitnessed", at=at)


def _check_recusals(reading: Reading, journal: Journal, report: Report) -> None:
    """Nobody is recused for a bidder before the bidders are known (招标投标法 22)."""
    recused = [item for item in reading.document.replaced if item.outcome == "recused"]
    if not recused:
        return
    with report.check("draw.recused", otherwise="draw.recusal", count=len(recused)):
        revealed = journal.find(REVEALED, reading.announcement.lot)
        for item in recused:
            found = next(iter(_by_id(journal, facts.REPLACED, reading.subject, item.noted.entry)), None)
            if found is None or not revealed or found.index < revealed[-1].index:
                raise Mismatch("draw.recusal", specialty=item.specialty, position=item.position)


def _check_absences(reading: Reading, journal: Journal, report: Report) -> None:
    """A member leaves only an unlocked committee, and each time somebody has declared it before."""
    absent = sorted(
        (item for item in reading.document.replaced if item.outcome == "absent"), key=lambda item: item.noted.at
    )
    if not absent:
        return
    with report.check("draw.absent", otherwise="draw.absence", count=len(absent)):
        unlocked = journal.find(facts.UNLOCKED, reading.subject)
        declared = journal.find(facts.ABSENCE_DECLARED, reading.subject)
        for count, item in enumerate(absent, 1):
            found = next(iter(_by_id(journal, facts.REPLACED, reading.subject, item.noted.entry)), None)
            before = [entry for entry in declared if found is not None and entry.index < found.index]
            if found is None or not unlocked or found.index < unlocked[0].index or len(before) < count:
                raise Mismatch("draw.absence", specialty=item.specialty, position=item.position)


def _by_id(journal: Journal, action: str, subject: str, entry: str) -> list[Found]:
    return [found for found in journal.find(action, subject) if str(found.entry.id) == entry]
