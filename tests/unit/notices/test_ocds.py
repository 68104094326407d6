"""Open data, pure: exact decimals, nothing empty, the merge of releases, and that the judges of the tests do judge."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.ocds import building
from notices.ocds.packages import compiled, record_package, release_package
from notices.ocds.parameters import extensions, parameter, parameters
from notices.ocds.types import Award, Tender
from notices.ocds.writing import begins, ends, read, written, yuan
from tests.factories import ocds
from tests.factories.released import PUBLISHER, opened_release, stored, tender_release

BASE = "https://platform.example"


@given(st.integers(min_value=0, max_value=10**15))
def test_an_amount_keeps_every_fen(fen: int) -> None:
    text = written(yuan(fen))
    assert text == b'{"amount":%d.%02d,"currency":"CNY"}' % divmod(fen, 100)
    assert read(text)["amount"] * 100 == fen


def test_what_is_not_known_is_left_out() -> None:
    assert written(Award(id="1", status="cancelled")) == b'{"id":"1","status":"cancelled"}'
    assert written(Tender(id="1", documents=(), title=None)) == b'{"id":"1"}'


def test_days_are_beijings() -> None:
    day = dt.date(2026, 12, 20)
    assert (begins(day), ends(day)) == ("2026-12-19T16:00:00.000Z", "2026-12-20T16:00:00.000Z")


def test_names_are_dated_and_none_is_taken_for_confirmed() -> None:
    assert parameter("ocid_prefix", dt.date(2026, 11, 23)) == "ocds-000000"
    assert {row.flag for row in parameters() if row.key in {"ocid_prefix", "organisation_scheme"}} == {"C"}
    assert len(extensions(dt.date(2026, 11, 23))) == 2
    with pytest.raises(ValueError, match="empty"):
        parameter("ocid_prefix", dt.date(2025, 12, 31))


def test_a_tender_is_over_when_no_lot_is_active() -> None:
    assert building.tender_status(["published", "failed"]) == "active"
    assert building.tender_status(["contracted", "failed"]) == "complete"
    assert building.tender_status(["failed", "failed"]) == "unsuccessful"


def test_later_releases_add_to_earlier_ones() -> None:
    first: dict[str, Any] = {
        "ocid": "o",
        "id": "1",
        "date": "d1",
        "tag": ["tender"],
        "tender": {"id": "t", "title": "x", "lots": [{"id": "a", "status": "active"}], "submissionMethod": ["b"]},
    }
    second: dict[str, Any] = {
        "ocid": "o",
        "id": "2",
        "date": "d2",
        "tag": ["award"],
        "tender": {"id": "t", "lots": [{"id": "b"}, {"id": "a", "status": "complete"}], "submissionMethod": ["c"]},
        "awards": [{"id": "w", "value": {"amount": Decimal("1.10"), "currency": "CNY"}}],
    }
    now = compiled([first, second])
    assert now["tender"]["lots"] == [{"id": "a", "status": "complete"}, {"id": "b"}]
    assert (now["tender"]["title"], now["tender"]["submissionMethod"], now["tag"]) == ("x", ["c"], ["compiled"])
    assert str(now["awards"][0]["value"]["amount"]) == "1.10"
    assert first["tender"]["lots"] == [{"id": "a", "status": "active"}]  # what is out stays as it was


def packages() -> tuple[bytes, bytes]:
    out = [stored(tender_release()), stored(opened_release())]
    releases = release_package(out, PUBLISHER, base_url=BASE, path="/r", more="/n?after=x")
    return releases, record_package(out, PUBLISHER, base_url=BASE, path="/c", source="/r")


def test_releases_stand_in_a_package_letter_by_letter() -> None:
    whole, record = packages()
    for body in (tender_release(), opened_release()):
        assert body in whole
        assert body in record
    assert read(whole)["links"] == {"next": f"{BASE}/n?after=x"}
    assert read(whole)["publishedDate"] == read(opened_release())["date"]


def test_packages_are_as_the_standard_wants_them() -> None:
    whole, record = (read(package) for package in packages())
    assert ocds.problems(whole) == []
    assert ocds.problems(record) == []
    if not ocds.STANDARD.exists():
        pytest.skip("judged by structure alone: the standard's schemas are not beside this checkout")
    schema = ocds.schema("dereferenced-release-schema.json")
    [told] = record["records"]
    for release in (*whole["releases"], told["compiledRelease"]):
        assert ocds.schema_errors(release, schema) == []
    assert ocds.schema_errors(whole, ocds.package_schema("release-package-schema.json")) == []
    outer = ocds.package_schema("record-package-schema.json")
    assert ocds.schema_errors({**record, "records": [{"ocid": told["ocid"]}]}, {**outer, "properties": {}}) == []


def broken(change: str) -> dict[str, Any]:
    """A package with one thing wrong."""
    package: dict[str, Any] = read(packages()[0])
    first = package["releases"][0]
    changes: dict[str, Any] = {
        "date": lambda: first.update(date="2026-12-20"),
        "tag": lambda: first.update(tag=["tendered"]),
        "null": lambda: first["tender"].update(title=None),
        "empty": lambda: first["tender"].update(documents=[]),
        "float": lambda: first["tender"]["lots"][0]["value"].update(amount=1.5),
        "fen": lambda: first["tender"]["lots"][0]["value"].update(amount=Decimal("1.505")),
        "code": lambda: first["tender"].update(status="open"),
        "currency": lambda: first["tender"]["value"].update(currency="RMB"),
        "twice": lambda: first["tender"]["lots"].append(dict(first["tender"]["lots"][0])),
        "lacking": lambda: first["tender"]["documents"][0].pop("url"),
        "lot": lambda: first["tender"]["documents"][-1].update(relatedLots=["nobody"]),
        "release": lambda: package["releases"].append(dict(first)),
    }
    changes[change]()
    return package


BREAKS = ("date", "tag", "null", "empty", "float", "fen", "code", "currency", "twice", "lacking", "lot", "release")


@pytest.mark.parametrize("change", BREAKS)
def test_the_judge_of_structure_sees(change: str) -> None:
    assert ocds.problems(broken(change)) != []


@pytest.mark.parametrize("change", ["date", "tag", "code", "currency"])
def test_the_judge_by_schema_sees(change: str) -> None:
    if not ocds.STANDARD.exists():
        pytest.skip("the standard's schemas are not beside this checkout")
    schema = ocds.schema("dereferenced-release-schema.json")
    assert [e for release in broken(change)["releases"] for e in ocds.schema_errors(release, schema)] != []
