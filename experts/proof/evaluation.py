"""An evaluation computed again from its signed report: benchmark, price scores, totals, ranking, and who signed it.

What each member gave is not published (评标委员会成员的评分不公开): the means are the members' own word, by their
signatures over the report; everything that follows from prices, means and the announced terms is computed here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bidding.proof import Mismatch
from bidding.sealing.documents import decode
from bidding.sealing.framing import sha256
from bidding.sealing.signatures import verify_ed25519
from experts.proof import scoring
from experts.proof.documents import Drawn, EvaluationDocument, Line, MemberSignature, Report, Terms, member_message
from trading.kernel import merkle


class Opened(NamedTuple):
    """A bid as the opening showed it; `sound` if nothing of it was void."""

    env: str
    price_fen: int | None
    sound: bool


class Finding(NamedTuple):
    """What is not as computed: a stable code and the facts for its sentence."""

    code: str
    facts: Mapping[str, object]


def read_terms(document: EvaluationDocument, documents_root: str) -> Terms:
    """The terms (评标办法), if they are among the tender documents whose root all trustees signed."""
    text = document.terms.encode()
    leaves = [merkle.leaf_hash(bytes.fromhex(digest)) for digest in sorted(document.documents)]
    if sha256(text).hex() not in document.documents or merkle.root(leaves).hex() != documents_root:
        raise Mismatch("evaluation.terms")
    return decode(text, Terms, "evaluation.terms")


def read_report(document: EvaluationDocument, *, subject: str, ann: str) -> Report:
    """The report (评标报告), of this lot under these terms."""
    report = decode(document.report.encode(), Report, "evaluation.report")
    told = (report.subject, report.ann, report.terms)
    if told != (subject, ann, sha256(document.terms.encode()).hex()):
        raise Mismatch("evaluation.report", subject=report.subject)
    return report


def report_digest(document: EvaluationDocument) -> str:
    """What the members sign and the journal knows the report by."""
    return sha256(document.report.encode()).hex()


def other_bids(report: Report, opened: list[Opened]) -> Iterator[Finding]:
    """Lines that are not the opened bids at their opened prices; what was void cannot have passed."""
    if [line.env for line in report.lines] != [bid.env for bid in opened]:
        yield Finding("evaluation.bids", {"count": len(report.lines), "opened": len(opened)})
        return
    for line, bid in zip(report.lines, opened, strict=True):
        if line.passed and not bid.sound:
            yield Finding("evaluation.bids", {"env": line.env})
        elif line.price_fen != bid.price_fen:
            yield Finding("evaluation.price", {"env": line.env, "shown": line.price_fen, "opened": bid.price_fen})


def miscounted(terms: Terms, report: Report) -> Iterator[Finding]:
    """Every figure of the report that does not follow from prices, means and terms."""
    scored = {} if report.choice == "reject_all" else {line.env: line for line in report.lines if line.passed}
    prices = {env: line.price_fen for env, line in scored.items() if line.price_fen is not None}
    if len(prices) != len(scored):
        yield Finding("evaluation.price", {"count": len(scored) - len(prices)})
        return
    base = scoring.benchmark(terms.price, list(prices.values()))
    shown = report.benchmark
    if shown != ((base.numerator, base.denominator) if base is not None else None):
        yield Finding("evaluation.benchmark", {"shown": shown, "computed": base})
    for line in report.lines:
        if line.env not in scored and (line.items, line.price_score, line.total, line.rank) != ((), None, None, None):
            yield Finding("evaluation.rejected", {"env": line.env})
    if base is None:
        return
    for env, line in scored.items():
        yield from _marks(terms, line, scoring.price_score(terms.price, base, prices[env]))
    yield from _ranks(terms, report, scored)


def _ranks(terms: Terms, report: Report, scored: Mapping[str, Line]) -> Iterator[Finding]:
    """Ranks that do not follow; lots are drawn where everything else is equal, and only there."""
    totals = {env: (line.total or 0, line.price_fen or 0) for env, line in scored.items()}
    means = {env: [item.mean for item in line.items] for env, line in scored.items()}
    ranks = ranked(terms, totals, means, None)
    full_tie = len(set(ranks.values())) < len(ranks)
    if full_tie != (report.drawn is not None) or (full_tie and "lot" not in terms.ties):
        yield Finding("evaluation.tie", {"count": len(ranks)})
    for env, rank in ranked(terms, totals, means, report.drawn).items():
        if scored[env].rank != rank:
            yield Finding("evaluation.ranking", {"env": env, "shown": scored[env].rank, "computed": rank})


def ranked(
    terms: Terms, totals: Mapping[str, tuple[int, int]], means: Mapping[str, Sequence[int]], drawn: Drawn | None
) -> dict[str, int]:
    """Ranks as far as these terms decide; with `drawn` also by lot, if the terms have it."""
    by_items = means if "items" in terms.ties else None
    return scoring.ranking(totals, means=by_items, drawn=drawn if "lot" in terms.ties else None)


def _marks(terms: Terms, line: Line, computed: int) -> Iterator[Finding]:
    if line.price_score != computed:
        yield Finding("evaluation.price_score", {"env": line.env, "shown": line.price_score, "computed": computed})
    yield from _items(terms, line)
    total = (line.price_score or 0) + sum(item.mean for item in line.items)
    if line.total != total:
        yield Finding("evaluation.total", {"env": line.env, "shown": line.total, "computed": total})


def _items(terms: Terms, line: Line) -> Iterator[Finding]:
    full = {item.id: item.full for item in terms.items}
    if [item.item for item in line.items] != list(full):
        yield Finding("evaluation.items", {"env": line.env})
        return
    for item in line.items:
        if item.mean > full[item.item]:
            yield Finding("evaluation.items", {"env": line.env, "item": item.item, "shown": item.mean})


def signed(document: EvaluationDocument, signature: MemberSignature, public: bytes) -> bool:
    """Whether this key signed this report, and what is said to be held against it."""
    message = member_message(report_digest(document), signature.dissent)
    return verify_ed25519(public, bytes.fromhex(signature.signature), message)
