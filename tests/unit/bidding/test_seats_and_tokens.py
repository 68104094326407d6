"""Who may sit where, when secrecy counts as reduced, and what an upload token gives away."""

from uuid import uuid4

import pytest

from bidding.drafting import most_of_one, reduced, seat_suits
from bidding.tokens import make_token, token_hash

TENDERER, AGENCY, OTHER = uuid4(), uuid4(), uuid4()


@pytest.mark.parametrize(
    ("seat", "org", "kind", "suits"),
    [
        ("tenderer", TENDERER, "enterprise", True),
        ("tenderer", OTHER, "enterprise", False),
        ("agency", AGENCY, "agency", True),
        ("agency", TENDERER, "enterprise", False),
        ("operator", OTHER, "centre", True),
        ("operator", OTHER, "enterprise", False),
        ("supervisor", OTHER, "authority", True),
        ("supervisor", OTHER, "notary", True),
        ("supervisor", OTHER, "centre", False),
        ("notary", OTHER, "authority", False),
        ("public", OTHER, "institution", True),
        ("public", OTHER, "centre", False),
        ("public", TENDERER, "enterprise", False),
        ("throne", OTHER, "enterprise", False),
    ],
)
def test_nobody_sits_for_another(seat: str, org: object, kind: str, suits: bool) -> None:
    assert seat_suits(seat, org_id=org, kind=kind, tenderer=TENDERER, agency=AGENCY) is suits  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seats", "t", "expected"),
    [
        (["tenderer", "supervisor", "notary", "bidders", "industry"], 3, False),
        (["tenderer", "supervisor", "notary"], 2, True),
        (["tenderer", "supervisor", "notary", "bidders", "industry"], 2, True),
        (["tenderer", "agency", "operator", "supervisor", "notary"], 3, True),
        (["operator", "operator", "supervisor", "notary", "public"], 3, True),
        (["tenderer", "operator", "supervisor", "notary", "public"], 3, False),
    ],
)
def test_reduced_secrecy_is_named(seats: list[str], t: int, expected: bool) -> None:
    assert reduced(seats, t) is expected


def test_one_organisations_seats_are_counted() -> None:
    assert most_of_one([TENDERER, OTHER, TENDERER]) == 2
    assert most_of_one([]) == 0


def test_a_token_is_marked_for_one_lot_and_one_platform() -> None:
    lot, other = f"lot:{uuid4()}", f"lot:{uuid4()}"
    draw = lot.replace("lot:", "draw:")
    token = make_token(lot, "a secret")
    assert len(token) == 64
    assert token != make_token(lot, "a secret")
    assert token_hash(token, lot, "a secret") is not None
    for wrong in (token[:-2] + "00", token[:-2], "zz" * 32, ""):
        assert wrong == token or token_hash(wrong, lot, "a secret") is None
    assert token_hash(token, other, "a secret") is None
    assert token_hash(token, draw, "a secret") is None
    assert token_hash(token, lot, "another") is None
