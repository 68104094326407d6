"""The price formula against an oracle of its own kind, sheets that lack something, majorities."""

from decimal import ROUND_HALF_UP, Decimal, getcontext
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experts.evaluation import rules
from experts.evaluation.forms import BidScores, ChoiceForm, GivenScore, ReviewForm, ScoreForm, Verdict
from experts.evaluation.types import Bid, Decided, Evaluation
from experts.proof import scoring
from experts.proof.documents import Deviation, Drawn
from trading.kernel.clock import system_now
from trading.kernel.ids import new_id
from trading.projects.profile import load_profile
from trading.projects.types import EvaluationTerms, PriceTerms, ScoredItem

getcontext().prec = 120
PROFILE = load_profile("works_open_tender")
TERMS = EvaluationTerms(
    PriceTerms(full=6000, above=100, below=50, k=200),
    (ScoredItem("施工组织设计", 2500, "item-1"), ScoredItem("项目管理机构", 1500, "item-2")),
)
ENVS = ("aa" * 16, "bb" * 16, "cc" * 16)


def bid(number: int, *, price: int | None = 40_000_000_00, grounds: tuple[str, ...] = ()) -> Bid:
    return Bid(
        number=number,
        env=ENVS[number - 1],
        organisation=f"单位{number}",
        uscc="x",
        price_fen=price,
        duration_days=300,
        quality="合格",
        manager="王工",
        deposit="matched",
        unopened=price is None,
        proposed=tuple(ground for ground in PROFILE.grounds if ground.id in grounds),
        files=(),
    )


def evaluation(*bids: Bid) -> Evaluation:
    return Evaluation(
        lot_id=new_id(),
        stage="reviewing",
        members=5,
        terms=TERMS,
        grounds=PROFILE.grounds,
        min_valid=3,
        ceiling_fen=None,
        bids=bids or tuple(bid(n) for n in (1, 2, 3)),
        choice=None,
        open=frozenset(),
        submitted={},
        begun_at=system_now(),
    )


def oracle(terms: Deviation, prices: list[int], price: int) -> int:
    """《标准施工招标文件》 word for word, with decimals of 120 digits instead of fractions."""
    mean = sum(Decimal(each) for each in prices) / len(prices)
    base = mean * (Decimal(10_000) - terms.k) / 10_000
    deviation = (Decimal(price) - base) / base * 100
    if deviation > 0:
        points = Decimal(terms.full) - deviation * terms.above
    else:
        points = Decimal(terms.full) + deviation * terms.below
    return int(max(points, Decimal(0)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


FORMULAS = st.builds(
    Deviation,
    full=st.integers(1, 10_000),
    above=st.integers(1, 500),
    below=st.integers(0, 499),
    k=st.integers(0, 1000),
    drop_from=st.just(0),
)
PRICES = st.lists(st.integers(1, 10**13), min_size=1, max_size=12)


@given(FORMULAS, PRICES)
def test_the_formula_is_what_the_standard_text_says(terms: Deviation, prices: list[int]) -> None:
    base = scoring.benchmark(terms, prices)
    assert base is not None
    for price in prices:
        expected = oracle(terms, prices, price)
        got = scoring.price_score(terms, base, price)
        # A decimal of 120 digits and an exact fraction may part only on an exact half, which decimals cannot hold.
        assert got == expected or abs(got - expected) == 1 == _half(terms, base, price)


def _half(terms: Deviation, base: Fraction, price: int) -> int:
    percent = (price - base) / base * 100
    exact = terms.full - abs(percent) * (terms.above if percent > 0 else terms.below)
    return int((exact * 2) % 2 == 1)


@given(FORMULAS, PRICES)
def test_a_price_at_the_benchmark_is_best_and_none_is_below_nothing(terms: Deviation, prices: list[int]) -> None:
    base = scoring.benchmark(terms, prices)
    assert base is not None
    scores = [scoring.price_score(terms, base, price) for price in prices]
    assert all(0 <= score <= terms.full for score in scores)
    above = sorted(price for price in prices if price > base)
    descending = [scoring.price_score(terms, base, price) for price in above]
    assert descending == sorted(descending, reverse=True)


@given(PRICES, st.integers(2, 1000))
def test_money_is_only_a_unit(prices: list[int], unit: int) -> None:
    terms = rules.formula(TERMS)
    base, scaled = scoring.benchmark(terms, prices), scoring.benchmark(terms, [price * unit for price in prices])
    assert base is not None
    assert scaled is not None
    assert [scoring.price_score(terms, base, price) for price in prices] == [
        scoring.price_score(terms, scaled, price * unit) for price in prices
    ]


def review(*verdicts: Verdict) -> ReviewForm:
    return ReviewForm(verdicts)


def codes(problems: rules.Problems) -> dict[str, str]:
    return {name: problem.code for name, problem in problems.items()}


def test_a_review_has_every_bid_once_a_verdict_a_ground_and_a_reason() -> None:
    three = evaluation()
    _, problems = rules.whole(three, review(Verdict(ENVS[0], "pass")), ())
    assert codes(problems) == {"bids": "evaluation.every_bid_once"}
    _, problems = rules.whole(
        three,
        review(
            Verdict(ENVS[0]),
            Verdict(ENVS[1], "reject"),
            Verdict(ENVS[2], "pass", ("unqualified",)),
        ),
        (),
    )
    assert codes(problems) == {
        "bids.0.verdict": "web.choose",
        "bids.1.grounds": "evaluation.ground_needed",
        "bids.1.reason": "evaluation.reason_needed",
        "bids.2.grounds": "evaluation.ground_without_rejection",
    }
    _, problems = rules.whole(three, review(*(Verdict(env, "reject", ("because",), "理由") for env in ENVS)), ())
    assert set(codes(problems).values()) == {"web.bad_choice"}


def test_who_departs_from_what_the_platform_sees_says_why() -> None:
    seen = evaluation(bid(1, grounds=("above_ceiling",)), bid(2), bid(3))
    sheet = review(*(Verdict(env, "pass") for env in ENVS))
    _, problems = rules.whole(seen, sheet, ())
    assert codes(problems) == {"bids.0.reason": "evaluation.departure_needs_reason"}
    said = msgspec.structs.replace(sheet.bids[0], reason="限价已更正")
    assert rules.whole(seen, review(said, *sheet.bids[1:]), ())[1] == {}


def test_a_bid_that_could_not_be_opened_is_out_without_a_vote() -> None:
    lacking = evaluation(bid(1), bid(2, price=None, grounds=("unopened",)), bid(3))
    sheet = review(Verdict(ENVS[0], "pass"), Verdict(ENVS[2], "pass"))
    body, problems = rules.whole(lacking, sheet, ())
    assert problems == {}
    decided = rules.decide(lacking, [body] * 5)
    assert [(item.valid, item.grounds) for item in decided] == [(True, ()), (False, ("unopened",)), (True, ())]


@pytest.mark.parametrize(("against", "valid"), [(0, True), (2, True), (3, False), (5, False)])
def test_the_majority_decides(against: int, valid: bool) -> None:
    three = evaluation()
    passing, _ = rules.whole(three, review(*(Verdict(env, "pass") for env in ENVS)), ())
    sheets = [passing] * (5 - against)
    for number in range(against):
        ground = "collusion" if number % 2 else "unsigned"
        own = Verdict(ENVS[0], "reject", (ground,), f"理由{number}")
        sheets.append(rules.whole(three, review(own, *(Verdict(env, "pass") for env in ENVS[1:])), ())[0])
    first, second, _ = rules.decide(three, sheets)
    assert (first.valid, first.rejecting) == (valid, against)
    assert second.valid
    if not valid:
        assert first.grounds == ("unsigned", "collusion")  # in the profile's order
        assert first.reasons == tuple(sorted(f"理由{number}" for number in range(against)))
    else:
        assert (first.grounds, first.reasons) == ((), ())


def test_the_choice_is_the_majoritys_and_says_why() -> None:
    assert rules.chosen([{"choice": "reject_all"}] * 3 + [{"choice": "continue"}] * 2) == "reject_all"
    assert rules.chosen([{"choice": "reject_all"}] * 2 + [{"choice": "continue"}] * 3) == "continue"
    _, problems = rules.whole(evaluation(), ChoiceForm(), ())
    assert codes(problems) == {"choice": "web.choose", "reason": "evaluation.reason_needed"}


def test_a_score_sheet_has_every_valid_bid_and_item_once_within_full_marks() -> None:
    three = evaluation()
    decided = [Decided(env, valid=env != ENVS[2], rejecting=0, grounds=(), reasons=()) for env in ENVS]

    def problems(*bids: BidScores) -> dict[str, str]:
        return codes(rules.whole(three, ScoreForm(bids), decided)[1])

    full = (GivenScore("item-1", 2500), GivenScore("item-2", 1500))
    assert problems(BidScores(ENVS[0], full)) == {"bids": "evaluation.every_bid_once"}
    assert problems(*(BidScores(env, full) for env in ENVS)) == {"bids": "evaluation.every_bid_once"}
    assert problems(BidScores(ENVS[0], full), BidScores(ENVS[1], full[:1])) == {
        "bids.1.scores": "evaluation.every_item_once"
    }
    assert problems(
        BidScores(ENVS[0], (GivenScore("item-1", 2501), GivenScore("item-2"))), BidScores(ENVS[1], full)
    ) == {
        "bids.0.scores.0.score": "evaluation.above_full",
        "bids.0.scores.1.score": "evaluation.score_needed",
    }
    assert problems(BidScores(ENVS[1], full), BidScores(ENVS[0], full)) == {}


def test_equal_totals_are_decided_by_the_lower_price_and_a_full_tie_is_none() -> None:
    lower = evaluation(bid(1, price=100_00), bid(2, price=100_00), bid(3, price=90_00))
    decided = [Decided(env, valid=True, rejecting=0, grounds=(), reasons=()) for env in ENVS]
    same = {"bids": [{"env": env, "scores": {"item-1": 2000, "item-2": 1000}} for env in ENVS]}
    lines = rules.report_lines(lower, decided, [same] * 5)
    assert rules.tied(lines)
    apart = {
        **same,
        "bids": [*same["bids"][:1], {"env": ENVS[1], "scores": {"item-1": 2000, "item-2": 1001}}, same["bids"][2]],
    }
    assert not rules.tied(rules.report_lines(lower, decided, [apart] * 5))
    assert scoring.ranking({"a": (9000, 200), "b": (9000, 100), "c": (9001, 300)}) == {"a": 3, "b": 2, "c": 1}


def test_the_announced_order_decides_equal_bids_item_by_item_and_then_by_lot() -> None:
    """Equal in total and price: the better first item; equal in all: a lot nobody foresees, the same for anyone."""
    plain = evaluation(bid(1, price=100_00), bid(2, price=100_00), bid(3, price=90_00))
    told = msgspec.structs.replace(plain, terms=plain.terms.numbered())
    assert told.terms.ties == ("price", "items", "lot")
    decided = [Decided(env, valid=True, rejecting=0, grounds=(), reasons=()) for env in ENVS]

    def ranks(first: tuple[int, int], second: tuple[int, int], drawn: Drawn | None = None) -> list[int | None]:
        marks = dict(zip(ENVS, (first, second, (100, 100)), strict=True))
        sheet = {"bids": [{"env": env, "scores": {"item-1": a, "item-2": b}} for env, (a, b) in marks.items()]}
        return [line.rank for line in rules.report_lines(told, decided, [sheet] * 5, drawn)]

    assert ranks((2000, 1001), (2001, 1000)) == [2, 1, 3]
    assert ranks((2001, 1000), (2000, 1001)) == [1, 2, 3]
    assert ranks((2000, 1000), (2000, 1000)) == [1, 1, 3]
    orders = {tuple(ranks((9, 9), (9, 9), Drawn("ab" * 32, f"{n:064x}"))[:2]) for n in range(64)}
    assert orders <= {(1, 2), (2, 1), (2, 3), (3, 2)}
    assert len(orders) == 2
    lots = [scoring.lot(Drawn(seed, "cd" * 32), ENVS[0]) for seed in ("", "ab" * 32, "ab" * 32)]
    assert lots[0] != lots[1] == lots[2]


def test_numbers_for_the_eye_are_rounded_half_away_from_nought() -> None:
    assert [rules.decimal(Fraction(n, 8)) for n in (1, -1, 8, 80_001)] == ["0.13", "-0.13", "1.00", "10,000.13"]
    assert rules.decimal(Fraction(-281827, 100_000), places=4) == "-2.8183"


def test_a_commitment_hides_and_binds() -> None:
    body, salt = {"choice": "continue", "reason": "x"}, b"\x01" * 32
    own = rules.commitment("lot:1", "choice", salt, body)
    assert own == rules.commitment("lot:1", "choice", salt, dict(reversed(body.items())))
    others = {
        rules.commitment("lot:2", "choice", salt, body),
        rules.commitment("lot:1", "review", salt, body),
        rules.commitment("lot:1", "choice", b"\x02" * 32, body),
        rules.commitment("lot:1", "choice", salt, {**body, "reason": "y"}),
    }
    assert len(others | {own}) == 5
