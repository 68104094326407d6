"""The profile is data, complete, dated, and hashes to the same digest everywhere."""

import datetime as dt

import msgspec
import pytest

from trading.kernel import canonical
from trading.projects import profile as profiles

PROFILE = profiles.load_profile("works_open_tender")
ROWS = {row.key: row for row in PROFILE.parameters}


def test_every_row_the_registration_needs_is_there_with_its_source() -> None:
    assert {row.id for row in PROFILE.parameters} >= {f"A1.{n:02d}" for n in (1, 2, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)}
    for row in PROFILE.parameters:
        assert row.article.zh
        assert row.article.en
        assert row.source
        assert row.effective_from <= dt.date(2026, 1, 1)


def test_values_as_the_rulebook_has_them() -> None:
    got = {row.id: (row.value, row.unit, row.flag) for row in PROFILE.parameters}
    assert got["A1.01"] == (5, "d", "V")
    assert got["A1.06"] == (20, "d", "V")
    assert got["A1.07"] == (15, "d", "V")
    assert got["A1.08"] == (10, "d", "V")
    assert got["A1.10"] == (2, "percent", "V")
    assert got["A1.11"] == (800_000, "yuan", "S")
    assert got["A1.15"] == (3, "count", "V")


def test_the_digest_is_that_of_the_stored_body_and_survives_storage() -> None:
    again = profiles.profile_from(canonical.parse_canonical(canonical.canonical(PROFILE.body())))
    assert again == PROFILE
    assert again.digest() == PROFILE.digest() == canonical.digest(PROFILE.body()).hex()


def test_a_change_of_law_is_a_row_and_takes_effect_on_its_day() -> None:
    old = ROWS["bid_period"]
    new = msgspec.structs.replace(old, value=25, effective_from=dt.date(2027, 7, 1))
    changed = msgspec.structs.replace(PROFILE, parameters=(new, *PROFILE.parameters))
    assert changed.parameter("bid_period", dt.date(2027, 6, 30)).value == 20
    assert changed.parameter("bid_period", dt.date(2027, 7, 1)).value == 25
    assert changed.digest() != PROFILE.digest()


def test_an_unknown_profile_or_row_key_is_refused() -> None:
    with pytest.raises(KeyError):
        profiles.load_profile("../secrets")
    body = PROFILE.body()
    body["surprise"] = 1
    with pytest.raises(msgspec.ValidationError):
        profiles.profile_from(body)


def test_phases_begin_with_identity_and_trustees_can_meet_their_threshold() -> None:
    assert [(part.id, part.phase) for part in PROFILE.parts] == [("identity", 1), ("technical", 2), ("price", 2)]
    assert 1 < PROFILE.trustees.threshold < len(PROFILE.trustees.seats)
