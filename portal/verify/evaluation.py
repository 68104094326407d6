"""The evaluation (评标): its report computed again, and signed by the members as the witnessed journal says.

The formula is not the report's to say: it is among the tender documents whose root every trustee signed.
"""

from collections.abc import Mapping, Sequence

from bidding.proof import Mismatch
from bidding.proof.revealed import Result
from bidding.sealing.documents import decode
from experts.proof import facts
from experts.proof.documents import Drawn, EvaluationDocument, Report, Terms
from experts.proof.evaluation import Opened, miscounted, other_bids, read_report, read_terms, report_digest, signed
from portal.evidence.layout import EVALUATION, PlatformKeys
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.record import REVOKED
from portal.verify.report import Report as Verdict
from trading.kernel.journal.instant import format_instant, parse_instant
from trading.parties.proof import verify_chain

ADVANCED = "lot:state:advanced"
ANNOUNCED = facts.ANNOUNCED
SETTLED_PHASE = "lot:phase:settled"
_RESULTS = {("evaluated", "publicised"), ("evaluating", "failed")}


def check_evaluation(
    folder: Folder,
    announced: Announced,
    journal: Journal,
    *,
    rows: Sequence[Result] | None,
    keys: PlatformKeys,
    report: Verdict,
) -> None:
    """`rows` are the opening's lines as computed again; None where it could not be computed to the end."""
    if EVALUATION not in folder:
        if _public(announced, journal):
            report.failed("evaluation.missing")
        return
    with report.check("evaluation.read", otherwise="evaluation.report"):
        document = decode(folder.read(EVALUATION), EvaluationDocument, "evaluation.form")
        _check(document, announced, journal, rows=rows, keys=keys, report=report)


def _public(announced: Announced, journal: Journal) -> bool:
    """Whether the report has to be there: the candidates are out, or the lot has failed by it."""
    told = [found.entry.payload for found in journal.find(ADVANCED, announced.subject)]
    return any((step["from"], step["to"]) in _RESULTS for step in told)


def _check(
    document: EvaluationDocument,
    announced: Announced,
    journal: Journal,
    *,
    rows: Sequence[Result] | None,
    keys: PlatformKeys,
    report: Verdict,
) -> None:
    terms: Terms | None = None
    with report.check("evaluation.terms", otherwise="evaluation.terms"):
        terms = read_terms(document, announced.newest.body.documents)
    told = read_report(document, subject=announced.subject, ann=announced.newest.ann)
    if rows is not None:
        with report.check("evaluation.bids", otherwise="evaluation.bids", count=len(told.lines)):
            opened = [Opened(row["env"], row["price_fen"], not row["codes"]) for row in rows]
            for finding in other_bids(told, opened):
                report.failed(finding.code, **finding.facts)
    if terms is not None:
        ranked = sum(line.rank is not None for line in told.lines)
        with report.check("evaluation.figures", otherwise="evaluation.report", count=ranked):
            for finding in miscounted(terms, told):
                report.failed(finding.code, **finding.facts)
    with report.check("evaluation.journalled", otherwise="evaluation.unjournalled", count=len(told.sheets)):
        _check_journal(document, told, announced, journal)
    with report.check("evaluation.signed", otherwise="evaluation.signature", count=len(document.signatures)):
        _check_members(document, told, announced, journal, keys)


def _check_journal(document: EvaluationDocument, told: Report, announced: Announced, journal: Journal) -> None:
    """The report is the journalled one, made after the sheets that the journal knows."""
    made = journal.one(facts.REPORT_MADE, announced.subject)
    if made is None or str(made.entry.id) != document.made.entry:
        raise Mismatch("evaluation.unjournalled")
    same = made.entry.payload == facts.report_made(document.report)
    if not same or not format_instant(made.entry.at) == document.made.at == told.made_at:
        raise Mismatch("evaluation.unjournalled")
    sheets = {
        found.entry.payload["sheet"]: found.index
        for found in journal.find(facts.SHEET_SUBMITTED, announced.subject)
        if found.index < made.index
    }
    if told.drawn is not None and told.drawn != _drawn_by(announced, journal):
        raise Mismatch("evaluation.drawn")
    for sheet in _voided(sheets, announced, journal):
        del sheets[sheet]
    if tuple(sorted(sheets)) != told.sheets or len(sheets) % told.members:
        raise Mismatch("evaluation.sheets", count=len(told.sheets), journalled=len(sheets))


def _drawn_by(announced: Announced, journal: Journal) -> Drawn | None:
    """What lots must have been drawn by: the seed of the lot's last order, the last phase that was settled."""
    draws = {
        found.entry.subject for found in journal.find(ANNOUNCED) if found.entry.payload["lot"] == announced.subject
    }
    seeds = [found.entry.payload["seed"] for found in journal.find(facts.COMPUTED) if found.entry.subject in draws]
    settled = [found.entry.payload["digest"] for found in journal.find(SETTLED_PHASE, announced.subject)]
    return Drawn(seeds[-1] if seeds else "", settled[-1]) if settled else None


def _voided(sheets: Mapping[str, int], announced: Announced, journal: Journal) -> set[str]:
    """Sheets that count no more: each void because of a member whom a draw of the lot replaced after the unlocking."""
    gone = {
        str(found.entry.id): found.index
        for draw in journal.find(ANNOUNCED)
        if draw.entry.payload["lot"] == announced.subject
        for found in journal.find(facts.REPLACED, draw.entry.subject)
        if found.entry.payload["outcome"] == "absent"
    }
    void: set[str] = set()
    for found in journal.find(facts.SHEETS_VOIDED, announced.subject):
        named = set(found.entry.payload["sheets"])
        after = gone.get(found.entry.payload["replaced"], found.index)
        if after >= found.index or not all(sheets.get(sheet, found.index) < found.index for sheet in named - void):
            raise Mismatch("evaluation.voided", count=len(named))
        void |= named
    return void


def _check_members(
    document: EvaluationDocument, told: Report, announced: Announced, journal: Journal, keys: PlatformKeys
) -> None:
    """Every member signed this very report, or was deemed to agree; nobody twice, nobody in another's name."""
    journalled = journal.find(facts.REPORT_SIGNED, announced.subject)
    by_key: Mapping[str, Found] = {found.entry.payload["fingerprint"]: found for found in journalled}
    deemed = journal.find(facts.REPORT_DEEMED, announced.subject)
    names = [*(item.pseudonym for item in document.signatures), *(item.pseudonym for item in document.deemed)]
    if len(set(names)) != len(names) or len(names) != told.members:
        raise Mismatch("evaluation.signature", detail="members")
    if len(by_key) != len(journalled) or by_key.keys() != {item.fingerprint for item in document.signatures}:
        raise Mismatch("evaluation.signature", detail="journal")
    if {str(found.entry.id) for found in deemed} != {item.noted.entry for item in document.deemed}:
        raise Mismatch("evaluation.signature", detail="deemed")
    if any(found.entry.payload["digest"] != report_digest(document) for found in deemed):
        raise Mismatch("evaluation.signature", detail="deemed")
    used: set[bytes] = set()
    revoked = {found.entry.payload.get("fingerprint"): found.index for found in journal.find(REVOKED)}
    for item in document.signatures:
        certified = verify_chain(item.certificate, keys.authority, parse_instant(item.signed_at))
        entry = by_key[item.fingerprint]
        payload = facts.report_signed(document.report, certified.fingerprint, item.signature)
        true = signed(document, item, certified.public_key) and entry.entry.payload == payload
        if not true or certified.public_key in used or format_instant(entry.entry.at) != item.signed_at:
            raise Mismatch("evaluation.signature", name=item.pseudonym)
        used.add(certified.public_key)
        if revoked.get(item.fingerprint, entry.index) < entry.index:
            raise Mismatch("evaluation.signature", name=item.pseudonym, detail="revoked")
    # Who holds the platform's CA can certify a key of his own; he cannot have had it witnessed.
    if any(found.index >= journal.witnessed for found in (*journalled, *deemed)):
        raise Mismatch("evaluation.unwitnessed")
