"""Result notices (结果公告) and letters (中标通知书): the sealed PDFs, and that they say what the journal says.

The platform hands out the notices; letters are their addressees', who may lay theirs beside their receipts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bidding.proof import Mismatch
from bidding.proof.settled import digest_of
from portal.evidence.layout import AWARD_NOTICES, PlatformKeys, award_notice_path
from portal.verify.folder import Folder
from portal.verify.journal import Found, Journal
from portal.verify.outcome import Outcome
from portal.verify.record import FILED, NOTICE_PRINTED, NOTICE_PUBLISHED, NOTICE_SOURCE, check_print
from portal.verify.report import Report
from portal.verify.seal import Document, check_seal
from trading.kernel.canonical import parse_canonical
from trading.kernel.pdf_proof import SealBroken, open_sealed

LETTER_ISSUED = "lot:letter:issued"
LETTER_SOURCE = "letter.json"
_RANKED = {"organisation": "organisation", "uscc": "uscc", "rank": "rank", "price_fen": "price_fen"}


def check_results(
    folder: Folder, subject: str, journal: Journal, *, outcome: Outcome, keys: PlatformKeys, report: Report
) -> None:
    """Every result notice that the journal knows is here, in its order, and none besides."""
    published = journal.find(NOTICE_PUBLISHED, subject)
    for number, found in enumerate(published, 1):
        path = award_notice_path(number)
        if path not in folder:
            report.failed("award.missing", path=path, kind=found.entry.payload["kind"])
            continue
        printed: Found | None = None
        with report.check("pdf", otherwise="pdf.changed", path=path):
            printed = journal.one(NOTICE_PRINTED, subject, notice=found.entry.payload["notice"])
            check_print(folder, path, printed, "digest", journal)
        document = Document(path, folder.read(path), NOTICE_SOURCE, found.entry.payload["digest"])
        check_seal(document, printed, journal, keys.authority, report)
        with report.check("award.notice", otherwise="award.notice", path=path, kind=found.entry.payload["kind"]):
            _check_words(_source(folder.read(path), NOTICE_SOURCE), found, outcome)
    known = {award_notice_path(number) for number in range(1, len(published) + 1)}
    for path in sorted({*folder.below(AWARD_NOTICES)} - known):
        report.failed("notice.unjournalled", path=path)


def check_letters(
    letters: Mapping[str, bytes],
    subject: str,
    journal: Journal,
    *,
    outcome: Outcome,
    keys: PlatformKeys,
    report: Report,
) -> None:
    """A letter that its addressee has laid beside the evidence."""
    for path, data in letters.items():
        filed: Found | None = None
        digest = ""
        with report.check("award.letter", otherwise="award.letter", path=path) as told:
            issued = journal.one(LETTER_ISSUED, subject, digest=digest_of(data))
            filed = journal.one(FILED, subject, digest=digest_of(data))
            if issued is None or filed is None:
                raise Mismatch("award.letter", path=path, detail="journal")
            source = _source(data, LETTER_SOURCE)
            digest = digest_of(source)
            told["kind"] = issued.entry.payload["kind"]
            _check_letter(parse_canonical(source), issued, outcome)
            if issued.index >= journal.witnessed:
                raise Mismatch("award.unwitnessed", env=issued.entry.payload["env"])
        if filed is not None and digest:
            check_seal(Document(path, data, LETTER_SOURCE, digest), filed, journal, keys.authority, report)


def _source(data: bytes, name: str) -> bytes:
    try:
        source = open_sealed(data).attached.get(name)
    except SealBroken as error:
        raise Mismatch("pdf.seal", detail=error.code) from error
    if source is None:
        raise Mismatch("pdf.source", file=name)
    return source


def _check_words(source: bytes, found: Found, outcome: Outcome) -> None:
    told = msgspec.json.decode(source)
    facts, kind = told["facts"], found.entry.payload["kind"]
    if told["kind"] != kind:
        raise Mismatch("award.notice", detail="kind")
    _same_candidates(facts["candidates"], outcome.candidates)
    if kind == "candidates":
        return
    award = outcome.award_before(found.index)
    if award is None:
        raise Mismatch("award.winner", detail="journal")
    _same_winner(facts["winner"], award.entry.payload)
    if facts["reasons_digest"] != award.entry.payload["reasons"]:
        raise Mismatch("award.reasons", shown=facts["reasons_digest"])
    if kind == "contract":
        contract = outcome.contract_before(found.index) or {}
        if (facts["amount_fen"], facts["signed_on"]) != (contract.get("amount_fen"), contract.get("signed_on")):
            raise Mismatch("award.contract", shown=facts["amount_fen"], journalled=contract.get("amount_fen"))


def _same_candidates(shown: Sequence[Mapping[str, Any]], journalled: Sequence[Mapping[str, Any]]) -> None:
    if [(item["rank"], item["organisation"], item["uscc"], item["total_hundredths"]) for item in shown] != [
        (item["rank"], item["organisation"], item["uscc"], item["total"]) for item in journalled
    ]:
        raise Mismatch("award.candidates", detail="notice")
    for item, other in zip(shown, journalled, strict=True):
        if item["price_fen"] != other["price_fen"]:
            raise Mismatch("award.price", shown=item["price_fen"], opened=other["price_fen"])


def _same_winner(shown: Mapping[str, Any], journalled: Mapping[str, Any]) -> None:
    if shown["price_fen"] != journalled["price_fen"]:
        raise Mismatch("award.price", shown=shown["price_fen"], opened=journalled["price_fen"])
    if any(shown[name] != journalled[other] for name, other in _RANKED.items()):
        raise Mismatch("award.winner", organisation=shown["organisation"])


def _check_letter(told: Mapping[str, Any], issued: Found, outcome: Outcome) -> None:
    award = outcome.award_before(issued.index)
    if award is None or told["kind"] != issued.entry.payload["kind"]:
        raise Mismatch("award.letter", detail="journal")
    row = next((row for row in outcome.rows or () if row["env"] == issued.entry.payload["env"]), None)
    if row is not None and (row["organisation"], row["uscc"]) != (told["to"]["organisation"], told["to"]["uscc"]):
        raise Mismatch("award.letter", detail="addressee")
    if (told["kind"] == "award") != (issued.entry.payload["env"] == award.entry.payload["env"]):
        raise Mismatch("award.letter", detail="kind")
    _same_winner(told["winner"], award.entry.payload)
