"""What makes a sheet whole, what the majority decided, and the lines of the report: pure, on plain values.

Two of the rules are the law's: a rejection names its ground (招标投标法实施条例 51), and who departs from what the
platform itself has seen says why. The arithmetic is `experts.proof.scoring`, which verification uses too.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from bidding.sealing.framing import framed_hash
from experts.evaluation.forms import ChoiceForm, ReviewForm, ScoreForm, Sheet
from experts.evaluation.types import Decided, Evaluation, PriceLine, PriceTable
from experts.proof import scoring
from experts.proof.documents import Deviation, Drawn, ItemScore, Line
from trading.kernel.canonical import canonical
from trading.kernel.errors import FieldProblem
from trading.projects.types import EvaluationTerms

SHEET = "LBV1/sheet"
Problems = dict[str, FieldProblem]


def commitment(subject: str, kind: str, salt: bytes, body: Mapping[str, Any]) -> str:
    """What the journal holds of a member's sheet; the salt stays with the sheet."""
    return framed_hash(SHEET, subject, kind, salt, canonical(body)).hex()


def whole(evaluation: Evaluation, sheet: Sheet, decided: Sequence[Decided]) -> tuple[dict[str, Any], Problems]:
    """The sheet as it is kept for good, and everything it lacks."""
    if isinstance(sheet, ReviewForm):
        return _whole_review(evaluation, sheet)
    if isinstance(sheet, ScoreForm):
        return _whole_scores(evaluation, sheet, {item.env for item in decided if item.valid})
    return _whole_choice(sheet)


def _whole_review(evaluation: Evaluation, sheet: ReviewForm) -> tuple[dict[str, Any], Problems]:
    problems: Problems = {}
    known = {ground.id for ground in evaluation.grounds}
    bids = {bid.env: bid for bid in evaluation.to_review}
    given = {verdict.env for verdict in sheet.bids}
    if given != set(bids) or len(sheet.bids) != len(bids):
        problems["bids"] = FieldProblem("evaluation.every_bid_once", {"count": len(bids)})
        return {}, problems
    for index, item in enumerate(sheet.bids):
        where = f"bids.{index}"
        proposed = {ground.id for ground in bids[item.env].proposed}
        if item.verdict is None:
            problems[f"{where}.verdict"] = FieldProblem("web.choose")
        if not set(item.grounds) <= known:
            problems[f"{where}.grounds"] = FieldProblem("web.bad_choice")
        elif item.verdict == "reject" and not item.grounds:
            problems[f"{where}.grounds"] = FieldProblem("evaluation.ground_needed")
        elif item.verdict == "pass" and item.grounds:
            problems[f"{where}.grounds"] = FieldProblem("evaluation.ground_without_rejection")
        if item.verdict == "reject" and not item.reason:
            problems[f"{where}.reason"] = FieldProblem("evaluation.reason_needed")
        elif item.verdict == "pass" and proposed and not item.reason:
            problems[f"{where}.reason"] = FieldProblem("evaluation.departure_needs_reason")
    order = [bid.env for bid in evaluation.to_review]
    body = [
        {
            "env": item.env,
            "verdict": item.verdict,
            "grounds": [ground.id for ground in evaluation.grounds if ground.id in item.grounds],
            "reason": item.reason or "",
        }
        for item in sorted(sheet.bids, key=lambda verdict: order.index(verdict.env))
    ]
    return {"bids": body}, problems


def _whole_scores(evaluation: Evaluation, sheet: ScoreForm, valid: set[str]) -> tuple[dict[str, Any], Problems]:
    problems: Problems = {}
    full = {item.id: item.full for item in evaluation.terms.items}
    if {item.env for item in sheet.bids} != valid or len(sheet.bids) != len(valid):
        problems["bids"] = FieldProblem("evaluation.every_bid_once", {"count": len(valid)})
        return {}, problems
    body: dict[str, dict[str, int]] = {}
    for index, bid in enumerate(sheet.bids):
        if {item.item for item in bid.scores} != set(full) or len(bid.scores) != len(full):
            problems[f"bids.{index}.scores"] = FieldProblem("evaluation.every_item_once", {"count": len(full)})
            continue
        body[bid.env] = {}
        for place, item in enumerate(bid.scores):
            where = f"bids.{index}.scores.{place}.score"
            if item.score is None:
                problems[where] = FieldProblem("evaluation.score_needed")
            elif item.score > full[item.item]:
                problems[where] = FieldProblem(
                    "evaluation.above_full", {"full": decimal(Fraction(full[item.item], 100))}
                )
            else:
                body[bid.env][item.item] = item.score
    order = [bid.env for bid in evaluation.bids if bid.env in body]
    return {"bids": [{"env": env, "scores": body[env]} for env in order]}, problems


def _whole_choice(sheet: ChoiceForm) -> tuple[dict[str, Any], Problems]:
    problems: Problems = {}
    if sheet.choice is None:
        problems["choice"] = FieldProblem("web.choose")
    if not sheet.reason:
        problems["reason"] = FieldProblem("evaluation.reason_needed")
    return {"choice": sheet.choice, "reason": sheet.reason or ""}, problems


def decide(evaluation: Evaluation, sheets: Sequence[Mapping[str, Any]]) -> tuple[Decided, ...]:
    """What the majority of the members' reviews says of each bid; what could not be opened is out without a vote."""
    found = []
    for bid in evaluation.bids:
        if bid.unopened:
            grounds = tuple(ground.id for ground in bid.proposed)
            found.append(Decided(bid.env, valid=False, rejecting=0, grounds=grounds, reasons=()))
            continue
        own = [item for sheet in sheets for item in sheet["bids"] if item["env"] == bid.env]
        against = [item for item in own if item["verdict"] == "reject"]
        valid = 2 * len(against) < len(sheets)
        named = {ground for item in against for ground in item["grounds"]}
        found.append(
            Decided(
                bid.env,
                valid=valid,
                rejecting=len(against),
                grounds=() if valid else tuple(ground.id for ground in evaluation.grounds if ground.id in named),
                reasons=() if valid else tuple(sorted(item["reason"] for item in against)),
            )
        )
    return tuple(found)


def chosen(sheets: Sequence[Mapping[str, Any]]) -> str:
    """What the majority wants where too few bids are valid; the members are an odd number."""
    against = sum(sheet["choice"] == "reject_all" for sheet in sheets)
    return "reject_all" if 2 * against > len(sheets) else "continue"


def formula(terms: EvaluationTerms) -> Deviation:
    """The price formula as the arithmetic takes it."""
    price = terms.price
    return Deviation(price.full, price.above, price.below, price.k, price.drop_from)


def price_table(evaluation: Evaluation, decided: Sequence[Decided]) -> PriceTable | None:
    """Every valid price's score with the arithmetic shown; None where no bid is valid."""
    terms = formula(evaluation.terms)
    valid = {item.env for item in decided if item.valid}
    prices = {bid.env: bid.price_fen for bid in evaluation.bids if bid.env in valid and bid.price_fen is not None}
    base = scoring.benchmark(terms, list(prices.values()))
    if base is None:
        return None
    mean = Fraction(sum(prices.values()), len(prices))
    lines = tuple(
        PriceLine(
            env=env,
            price_fen=price,
            deviation=decimal((price - base) / base * 100, places=4),
            slope=terms.above if price > base else terms.below,
            score=scoring.price_score(terms, base, price),
        )
        for env, price in prices.items()
    )
    return PriceTable(mean=decimal(mean / 100), benchmark=decimal(base / 100), lines=lines)


def report_lines(
    evaluation: Evaluation,
    decided: Sequence[Decided],
    sheets: Sequence[Mapping[str, Any]],
    drawn: Drawn | None = None,
) -> tuple[Line, ...]:
    """The report's lines in box order; nobody is scored without score sheets, full ties share one without `drawn`."""
    bids = {bid.env: bid for bid in evaluation.bids}
    plain = [
        Line(
            env=item.env,
            deposit=bids[item.env].deposit,
            passed=item.valid,
            codes=item.grounds,
            price_fen=bids[item.env].price_fen,
            reasons=item.reasons,
        )
        for item in decided
    ]
    prices = {line.env: line.price_fen or 0 for line in plain if line.passed}
    base = scoring.benchmark(formula(evaluation.terms), list(prices.values()))
    if not sheets or base is None:
        return tuple(plain)
    given = [{bid["env"]: bid["scores"] for bid in sheet["bids"]} for sheet in sheets]
    scored = {}
    for env, price in prices.items():
        items = tuple(
            ItemScore(item.id, scoring.mean([sheet[env][item.id] for sheet in given]))
            for item in evaluation.terms.items
        )
        own = scoring.price_score(formula(evaluation.terms), base, price)
        scored[env] = (items, own, own + sum(item.mean for item in items))
    terms = evaluation.terms
    ranks = scoring.ranking(
        {env: (total, prices[env]) for env, (_, _, total) in scored.items()},
        means={env: [item.mean for item in items] for env, (items, _, _) in scored.items()}
        if "items" in terms.ties
        else None,
        drawn=drawn if "lot" in terms.ties else None,
    )
    return tuple(_with_scores(line, scored, ranks) if line.passed else line for line in plain)


def _with_scores(
    line: Line, scored: Mapping[str, tuple[tuple[ItemScore, ...], int, int]], ranks: Mapping[str, int]
) -> Line:
    items, own, total = scored[line.env]
    return Line(
        env=line.env,
        deposit=line.deposit,
        passed=True,
        codes=(),
        price_fen=line.price_fen,
        items=items,
        price_score=own,
        total=total,
        rank=ranks[line.env],
    )


def tied(lines: Sequence[Line]) -> bool:
    """Whether two bids share a rank: equal in everything that decides so far."""
    ranks = [line.rank for line in lines if line.rank is not None]
    return len(set(ranks)) < len(ranks)


def decimal(value: Fraction, places: int = 2) -> str:
    """A fraction for the eye, rounded half up (away from nought)."""
    sign = "-" if value < 0 else ""
    whole_part, rest = divmod(scoring.half_up(abs(value) * 10**places), 10**places)
    return f"{sign}{whole_part:,}.{rest:0{places}d}"
