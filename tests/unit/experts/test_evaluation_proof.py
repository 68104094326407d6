"""The report computed again: a table worked by hand (F4, F8), and every figure changed is named."""

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bidding.proof import Mismatch
from experts.proof import scoring
from experts.proof.documents import Deviation, EvaluationDocument, ItemScore, Line, Report
from experts.proof.evaluation import Opened, miscounted, other_bids, read_report, read_terms, signed
from tests.factories.evaluations import TERMS, EvaluationStory, documents_root, scored, text_of
from trading.parties.certificates import issue, make_authority

LOT, ANN = "lot:01936f0e-7b7a-7cc0-8000-000000000001", "ab" * 32
AT = datetime(2026, 12, 20, 3, 0, tzinfo=UTC)
BIDS = [
    ("0a" * 16, 98_000_00, True),
    ("0b" * 16, 98_500_00, True),
    ("0c" * 16, 97_000_00, False),
    ("0d" * 16, 95_000_00, True),
]


def test_a_table_worked_by_hand():
    """Five bids, extremes dropped, k = 2 %: mean of 980, 1000, 1020 is 1000, benchmark 980.

    F = 60, E1 = 0.9, E2 = 0.45 a percent. 900: −8.1633 % → 60 − 3.6735 = 56.33. 980: 60. 1000: 2.0408 % → 58.16.
    1020: 4.0816 % → 56.33. 1200: 22.449 % → 39.80.
    """
    prices = [900_00, 980_00, 1000_00, 1020_00, 1200_00]
    base = scoring.benchmark(TERMS.price, prices)
    assert base == 980_00
    assert [scoring.price_score(TERMS.price, base, price) for price in prices] == [5633, 6000, 5816, 5633, 3980]


def test_few_bids_keep_their_extremes():
    assert scoring.benchmark(TERMS.price, [900, 1000, 1100, 1200]) == Fraction(1050 * 98, 100)
    never = Deviation(full=6000, above=90, below=45, k=0, drop_from=0)
    assert scoring.benchmark(never, [1, 2, 3, 4, 90]) == 20
    assert scoring.benchmark(TERMS.price, []) is None


def test_a_score_never_falls_below_nought_and_halves_go_up():
    assert scoring.price_score(TERMS.price, Fraction(100), 10_000) == 0
    assert [scoring.half_up(Fraction(n, 2)) for n in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]
    assert scoring.mean([1, 2, 2, 2, 2]) == 2
    assert scoring.mean([1, 2]) == 2


def test_equal_totals_go_by_the_lower_price():
    """F8; equal in both shares the rank."""
    assert scoring.ranking({"a": (90, 5), "b": (95, 9), "c": (90, 4), "d": (90, 4)}) == {"b": 1, "c": 2, "d": 2, "a": 4}


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=9), st.integers(0, 9999))
def test_nobody_gets_more_than_the_full_mark(prices: list[int], k: int):
    terms = Deviation(full=6000, above=90, below=45, k=k, drop_from=5)
    base = scoring.benchmark(terms, prices)
    assert base is not None
    marks = {price: scoring.price_score(terms, base, price) for price in prices}
    assert all(0 <= mark <= terms.full for mark in marks.values())
    above = sorted(price for price in prices if price > base)
    assert [marks[price] for price in above] == sorted((marks[price] for price in above), reverse=True)


def story() -> EvaluationStory:
    authority = Ed25519PrivateKey.generate()
    pem = make_authority(authority, at=AT.replace(month=1))

    def certify(name: str, public: bytes) -> str:
        return issue(authority, pem, public_key=public, name=name, organisation="交易中心", uscc="1" * 18, at=AT)

    return EvaluationStory(LOT, ANN, BIDS, certify, AT)


PLAYED = story()
DOCUMENT = PLAYED.play()
REPORT = read_report(DOCUMENT, subject=LOT, ann=ANN)
OPENED = [Opened(env, price, True) for env, price, _ in BIDS]


def test_the_truth_holds():
    assert read_terms(DOCUMENT, documents_root()) == TERMS
    assert list(other_bids(REPORT, OPENED)) == []
    assert list(miscounted(TERMS, REPORT)) == []
    keys = [key.public_key().public_bytes_raw() for key in PLAYED.keys]
    assert all(signed(DOCUMENT, item, key) for item, key in zip(DOCUMENT.signatures, keys, strict=True))
    assert sorted(line.rank for line in REPORT.lines if line.rank) == [1, 2, 3]


def change_line(number: int, **change: object) -> Callable[[Report], Report]:
    def apply(report: Report) -> Report:
        lines = list(report.lines)
        lines[number] = msgspec.structs.replace(lines[number], **change)
        return msgspec.structs.replace(report, lines=tuple(lines))

    return apply


MEANS = (ItemScore("design", 2501), ItemScore("team", 1000))
FIGURES: dict[str, tuple[Callable[[Report], Report], set[str]]] = {
    "a price score": (change_line(0, price_score=1), {"evaluation.price_score", "evaluation.total"}),
    "a total": (change_line(0, total=9999), {"evaluation.total", "evaluation.ranking"}),
    "a rank": (change_line(0, rank=7), {"evaluation.ranking"}),
    "a mean": (change_line(0, items=(ItemScore("design", 1), ItemScore("team", 1))), {"evaluation.total"}),
    "a mean above full": (change_line(0, items=MEANS), {"evaluation.items", "evaluation.total"}),
    "an item left out": (change_line(0, items=MEANS[1:]), {"evaluation.items", "evaluation.total"}),
    "scores of a rejected bid": (change_line(2, total=1), {"evaluation.rejected"}),
    "the benchmark": (lambda told: msgspec.structs.replace(told, benchmark=(1, 1)), {"evaluation.benchmark"}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_changed_is_named(name: str):
    change, codes = FIGURES[name]
    assert {finding.code for finding in miscounted(TERMS, change(REPORT))} >= codes


def test_another_k_gives_other_figures():
    """The formula changed and nothing else: the old figures do not follow from it."""
    other = msgspec.structs.replace(TERMS, price=msgspec.structs.replace(TERMS.price, k=500))
    assert {"evaluation.benchmark", "evaluation.price_score"} <= {item.code for item in miscounted(other, REPORT)}


def test_another_k_made_consistent_is_not_the_announced_one():
    """All figures computed anew from other terms: they are not among the documents whose root the trustees signed."""
    forged = story()
    forged.terms = msgspec.structs.replace(TERMS, price=msgspec.structs.replace(TERMS.price, k=500))
    document = forged.play()
    report = read_report(document, subject=LOT, ann=ANN)
    assert list(miscounted(forged.terms, report)) == []
    with pytest.raises(Mismatch, match=r"evaluation\.terms"):
        read_terms(document, documents_root())
    listed = msgspec.structs.replace(document, documents=DOCUMENT.documents)
    with pytest.raises(Mismatch, match=r"evaluation\.terms"):
        read_terms(listed, documents_root())


def test_a_score_changed_and_made_consistent_is_not_what_was_signed():
    lines = [
        msgspec.structs.replace(line, items=(ItemScore("design", 2500), ItemScore("team", 1500)))
        if line.env == BIDS[1][0]
        else line
        for line in REPORT.lines
    ]
    final, base = scored(TERMS, lines)
    forged = msgspec.structs.replace(REPORT, lines=final, benchmark=base)
    assert list(miscounted(TERMS, forged)) == []
    assert final[1].rank == 1
    document = msgspec.structs.replace(DOCUMENT, report=text_of(forged))
    keys = [key.public_key().public_bytes_raw() for key in PLAYED.keys]
    assert not any(signed(document, item, key) for item, key in zip(document.signatures, keys, strict=True))


def test_a_dissent_cannot_be_taken_away():
    keys = [key.public_key().public_bytes_raw() for key in PLAYED.keys]
    silenced = msgspec.structs.replace(DOCUMENT.signatures[2], dissent=None)
    assert DOCUMENT.signatures[2].dissent
    assert not signed(DOCUMENT, silenced, keys[2])


def test_only_opened_bids_at_their_opened_prices():
    def codes(opened: list[Opened]) -> set[str]:
        return {finding.code for finding in other_bids(REPORT, opened)}

    assert codes([*OPENED[:3], OPENED[3]._replace(price_fen=1)]) == {"evaluation.price"}
    assert codes([OPENED[0]._replace(sound=False), *OPENED[1:]]) == {"evaluation.bids"}
    assert codes(OPENED[:3]) == {"evaluation.bids"}


def test_after_rejecting_all_nobody_is_scored():
    plain = [
        Line(env=line.env, deposit="matched", passed=line.passed, codes=(), price_fen=line.price_fen)
        for line in REPORT.lines
    ]
    told = msgspec.structs.replace(REPORT, lines=tuple(plain), benchmark=None, choice="reject_all")
    assert list(miscounted(TERMS, told)) == []
    assert {finding.code for finding in miscounted(TERMS, msgspec.structs.replace(REPORT, choice="reject_all"))} == {
        "evaluation.benchmark",
        "evaluation.rejected",
    }


def test_another_lots_report_is_none():
    with pytest.raises(Mismatch, match=r"evaluation\.report"):
        read_report(DOCUMENT, subject="lot:other", ann=ANN)
    with pytest.raises(Mismatch, match=r"evaluation\.report"):
        read_report(DOCUMENT, subject=LOT, ann="cd" * 32)


def test_no_field_holds_a_member_s_own_score():
    fields = {*EvaluationDocument.__struct_fields__, *Report.__struct_fields__, *Line.__struct_fields__}
    assert not {name for name in fields if any(word in name for word in ("member_score", "person", "name", "phone"))}
