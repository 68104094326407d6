"""The opening record (开标记录): its lines as computed again, its signatures as journalled, its print as filed."""

from bidding.proof import Mismatch
from bidding.proof.record import Record, RecordSignature, differences, open_record, signed_by
from bidding.proof.revealed import Result, rows_of
from bidding.proof.settled import digest_of
from bidding.sealing.box import Box
from bidding.sealing.documents import decode
from portal.evidence.layout import NOTICE, OPENING, OPENING_FORMAT, OPENING_RECORD, Manifest, PlatformKeys
from portal.evidence.layout import Opening as OpeningFile
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.objections import check_objections
from portal.verify.opening import Opening
from portal.verify.report import Report
from portal.verify.seal import Document, check_seal
from trading.kernel.journal.instant import format_instant, parse_instant
from trading.parties.proof import verify_chain

MADE = "lot:record:made"
SIGNED = "lot:record:signed"
PRINTED = "lot:record:printed"
REVOKED = "parties:certificate:revoked"
NOTICE_PUBLISHED = "notices:notice:published"
NOTICE_PRINTED = "notices:pdf:made"
FILED = "records:document:kept"
RECORD_SOURCE, NOTICE_SOURCE = "opening-record.json", "notice.json"
"""What the PDF carries: the signed record, the notice as it was hashed."""

# The fields of a line by what they are about; a difference is named for it.
_ABOUT = {
    "price_fen": "record.price",
    "duration_days": "record.price",
    "quality": "record.price",
    "manager": "record.price",
    "organisation": "record.identity",
    "uscc": "record.identity",
    "deposit_reference": "record.identity",
}
_NAME_LIMIT = 64
"""Of a certificate's CN and O (RFC 5280)."""


def check_record(
    folder: Folder,
    announced: Announced,
    journal: Journal,
    *,
    box: Box,
    closed: Found | None,
    opening: Opening,
    keys: PlatformKeys,
    report: Report,
) -> None:
    """The machine-readable record and everyone's signatures."""
    record: Record | None = None
    digest, signatures = "", tuple[RecordSignature, ...]()
    with report.check("record.signed", otherwise="record.signature"):
        file = decode(folder.read(OPENING), OpeningFile, "record.form")
        raw, signatures = file.record.encode(), file.signatures
        digest = digest_of(raw)
        record = open_record(raw, keys.keys["record"])
        if file.format != OPENING_FORMAT:
            report.failed("record.signature", detail=file.format)
    with report.check("record.journalled", otherwise="record.unjournalled"):
        made = journal.one(MADE, announced.subject)
        if made is None or made.entry.payload != {"digest": digest, "key": keys.keys["record"]}:
            raise Mismatch("record.unjournalled")
        if made.index < opening.last_leaf or (record and record.made_at != format_instant(made.entry.at)):
            raise Mismatch("record.unjournalled")
    if record is not None:
        with report.check("record.facts", otherwise="record.facts"):
            _check_facts(record, announced, box, closed, opening)
        if opening.complete:
            with report.check("record.rows", otherwise="record.rows", count=len(record.rows)):
                _check_rows(record, rows_of(box, opening.results), report)
        with report.check("record.objections", otherwise="record.objections", count=len(record.objections)):
            check_objections(record, announced, journal, opening)
    with report.check("record.present", otherwise="record.present", count=len(signatures)):
        _check_present(digest, signatures, announced, journal, keys)


def check_record_print(
    folder: Folder, announced: Announced, journal: Journal, keys: PlatformKeys, report: Report
) -> None:
    """The PDF/A is the one that was filed, under the centre's seal, and carries the record it was made from."""
    printed: Found | None = None
    digest = ""
    with report.check("pdf", otherwise="pdf.changed", path=OPENING_RECORD):
        digest = digest_of(decode(folder.read(OPENING), OpeningFile, "record.form").record.encode())
        printed = journal.one(PRINTED, announced.subject, record=digest)
        check_print(folder, OPENING_RECORD, printed, "pdf", journal)
    document = Document(OPENING_RECORD, _read(folder, OPENING_RECORD), RECORD_SOURCE, digest)
    check_seal(document, printed, journal, keys.authority, report)


def check_notice(folder: Folder, manifest: Manifest, journal: Journal, keys: PlatformKeys, report: Report) -> None:
    """The notice's PDF/A is the one made of the notice that published this lot, under the centre's seal."""
    printed: Found | None = None
    digest: object = None
    with report.check("pdf", otherwise="pdf.changed", path=NOTICE):
        lot = manifest.lot.removeprefix("lot:")
        published = [
            found
            for found in journal.find(NOTICE_PUBLISHED, manifest.project)
            if lot in found.entry.payload.get("lots", ())
        ]
        if len(published) != 1:
            raise Mismatch("notice.unjournalled")
        digest = published[0].entry.payload["digest"]
        printed = journal.one(NOTICE_PRINTED, manifest.project, notice=published[0].entry.payload["notice"])
        check_print(folder, NOTICE, printed, "digest", journal)
    document = Document(NOTICE, _read(folder, NOTICE), NOTICE_SOURCE, str(digest))
    check_seal(document, printed, journal, keys.authority, report)


def _read(folder: Folder, path: str) -> bytes:
    """Nothing where there is no such file; that it is missing is said elsewhere."""
    return folder.read(path) if path in folder else b""


def check_print(folder: Folder, path: str, printed: Found | None, name: str, journal: Journal) -> None:
    """What a print says cannot be computed again, so the entry that names it must itself be witnessed."""
    if printed is None or printed.entry.payload.get(name) != folder.sha256(path):
        raise Mismatch("pdf.changed", path=path)
    if printed.index >= journal.witnessed:
        raise Mismatch("pdf.changed", path=path, detail="not witnessed")


def _check_facts(record: Record, announced: Announced, box: Box, closed: Found | None, opening: Opening) -> None:
    minimum = announced.newest.body.min_envelopes
    told: dict[str, object] = {
        "subject": announced.subject,
        "ann": announced.newest.ann,
        "deadline": announced.newest.body.deadline,
        "closed_at": format_instant(closed.entry.at) if closed else None,
        "box": {"root": box.root, "live": box.count, "minimum": minimum},
    }
    if opening.complete:
        told["phases"] = tuple({"phase": n, "settled": digest} for n, digest in sorted(opening.settled.items()))
    for name, value in told.items():
        if getattr(record, name) != value:
            raise Mismatch("record.facts", field=name)


def _check_rows(record: Record, computed: list[Result], report: Report) -> None:
    if len(record.rows) != len(computed):
        raise Mismatch("record.rows", count=len(record.rows))
    for shown, line in zip(record.rows, computed, strict=True):
        named = {_ABOUT.get(name, "record.rows") for name in differences(shown, line)}
        for code in sorted(named):
            report.failed(code, env=line["env"], shown=shown.get("price_fen"), computed=line["price_fen"])


def _check_present(
    digest: str,
    signatures: tuple[RecordSignature, ...],
    announced: Announced,
    journal: Journal,
    keys: PlatformKeys,
) -> None:
    """Everyone who is said to have signed did, with a certificate good at that instant; nobody is left out."""
    journalled = journal.find(SIGNED, announced.subject)
    revoked = {found.entry.payload.get("fingerprint"): found.index for found in journal.find(REVOKED)}
    told = {found.entry.payload["fingerprint"]: found for found in journalled}
    if len(told) != len(journalled) or told.keys() != {item.fingerprint for item in signatures}:
        raise Mismatch("record.present", detail="journal")
    for item in signatures:
        facts = verify_chain(item.certificate, keys.authority, parse_instant(item.signed_at))
        entry = told[item.fingerprint]
        payload = {
            "digest": digest,
            "fingerprint": facts.fingerprint,
            "role": item.role,
            "signature": item.signature,
        }
        named = (facts.name, facts.organisation) == (item.name[:_NAME_LIMIT], item.organisation[:_NAME_LIMIT])
        true = signed_by(digest, facts.public_key, item.signature) and entry.entry.payload == payload
        if not (named and true and format_instant(entry.entry.at) == item.signed_at):
            raise Mismatch("record.present", name=item.name)
        if revoked.get(item.fingerprint, entry.index) < entry.index:
            raise Mismatch("record.present", name=item.name, detail="revoked")
