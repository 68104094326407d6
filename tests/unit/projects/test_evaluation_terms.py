"""Terms of evaluation: proposals are lawful, each rule refuses by name, the file for programs is canonical."""

import datetime as dt

import msgspec
import pytest

from experts.proof.documents import Terms
from trading.kernel import canonical
from trading.projects import rules
from trading.projects.profile import load_profile, profile_names
from trading.projects.types import EvaluationTerms, PriceTerms, ScoredItem

PROFILE = load_profile("works_open_tender")
DAY = dt.date(2026, 12, 1)


def terms(*fulls: int, **price: int) -> EvaluationTerms:
    given = {"full": 6000, "above": 100, "below": 50, "k": 200} | price
    items = tuple(ScoredItem(f"评分项{n}", full) for n, full in enumerate(fulls or (2500, 1500)))
    return EvaluationTerms(PriceTerms(**given), items)


def found(given: EvaluationTerms) -> dict[str, tuple[str, object]]:
    return {v.field: (v.code, v.lawful) for v in rules.check_evaluation(PROFILE, DAY, given)}


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_proposes_lawful_terms_and_knows_grounds(name: str) -> None:
    profile = load_profile(name)
    assert profile.evaluation is not None
    assert rules.check_evaluation(profile, DAY, profile.evaluation) == ()
    assert {ground.fact for ground in profile.grounds} >= {"above_ceiling", "deposit", "unopened"}
    assert len({ground.id for ground in profile.grounds}) == len(profile.grounds)
    assert all(ground.article.zh and ground.article.en for ground in profile.grounds)


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        (terms(), {}),
        (terms(2500, 1400), {"evaluation.price.full": ("projects.evaluation_total", 6100)}),
        (terms(9000, 9000), {"evaluation.price.full": ("projects.evaluation_total", 0)}),
        (terms(4000), {"evaluation.items": ("projects.evaluation_items", 2)}),
        (terms(above=50), {"evaluation.price.above": ("projects.evaluation_slopes", 50)}),
        (terms(above=49), {"evaluation.price.above": ("projects.evaluation_slopes", 50)}),
        (terms(k=1000), {}),
        (terms(k=1001), {"evaluation.price.k": ("projects.evaluation_k", 1000)}),
    ],
)
def test_each_rule_refuses_by_name_with_the_nearest_lawful_value(
    given: EvaluationTerms, problems: dict[str, tuple[str, object]]
) -> None:
    assert found(given) == problems


def test_an_item_stands_once() -> None:
    twice = EvaluationTerms(terms().price, (ScoredItem("同一项", 2000), ScoredItem("同一项", 2000)))
    assert found(twice) == {"evaluation.items.1.title": ("projects.evaluation_twice", 1)}


def test_the_rules_name_their_articles() -> None:
    for violation in rules.check_evaluation(PROFILE, DAY, terms(4000, full=1, above=1, k=1001)):
        assert violation.rule is not None
        assert violation.params()["article"] == violation.rule.article


def test_the_file_for_programs_is_what_verification_reads() -> None:
    text = terms().numbered().text()
    read = msgspec.convert(canonical.parse_canonical(text), Terms)
    assert [(item.id, item.full) for item in read.items] == [("item-1", 2500), ("item-2", 1500)]
    assert (read.price.full, read.price.k, read.price.drop_from) == (6000, 200, 0)
