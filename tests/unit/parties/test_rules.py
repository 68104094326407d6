"""Codes, logins, passwords and roles: the pure checks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn.uscc import calc_check_digit

from trading.parties.roles import (
    CERTIFICATE_SCOPE,
    MARKET_ROLES,
    ROLES,
    SCOPES,
    needs_second_factor,
    rights,
    roles_problem,
)
from trading.parties.rules import login_problem, normal_login, parse_uscc, password_problem

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE = "91110000600037341L"


@pytest.mark.parametrize(
    "typed", [CODE, CODE.lower(), f" {CODE} ", "9111 0000 6000 3734 1L", "９１１１００００６０００３７３４１Ｌ"]
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert parse_uscc(typed) == CODE


@pytest.mark.parametrize(
    "typed", ["", "91110000600037341", CODE + "0", "A" + CODE[1:], CODE[:8] + "I" + CODE[9:], "税号"]
)
def test_what_has_not_the_form_is_refused(typed: str) -> None:
    assert parse_uscc(typed) is None


@given(st.text(ALPHABET, min_size=9, max_size=9), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(body: str, at: int, other: str) -> None:
    first = "91110000" + body
    code = first + calc_check_digit(first + "0")
    assert parse_uscc(code) == code
    changed = code[:at] + other + code[at + 1 :]
    if changed != code:
        assert parse_uscc(changed) is None


def test_logins_are_compared_without_case_and_width() -> None:
    assert normal_login(" Ｚhang.SAN ") == "zhang.san"


@pytest.mark.parametrize(
    ("login", "good"),
    [
        ("zhang.san", True),
        ("a1@b.cn", True),
        ("ab", False),
        ("-ab", False),
        ("张三", False),
        ("a b c", False),
        ("a" * 65, False),
    ],
)
def test_what_a_login_may_be(login: str, good: bool) -> None:
    assert (login_problem(login) is None) is good


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "parties.password_short"),
        ("x" * 201, "parties.password_long"),
        ("aaaaaaaaaaaa", "parties.password_weak"),
        ("Zhang.san.1", "parties.password_weak"),
        ("三个不相关的词语连起来", None),
        ("correct horse", None),
    ],
)
def test_what_a_password_may_be(password: str, code: str | None) -> None:
    problem = password_problem(password, "zhang.san.1")
    assert (problem.code if problem else None) == code


def test_everyone_but_the_market_needs_a_second_factor() -> None:
    assert (
        {role for role in ROLES if not needs_second_factor([role])} == MARKET_ROLES == {"tenderer", "agency", "bidder"}
    )


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_the_administrator_is_nothing_else(role: str) -> None:
    for roles, held in ((["admin", role], []), (["admin"], [role]), ([role], ["admin"])):
        problem = roles_problem(roles, held=held)
        assert problem
        assert problem.code == "parties.admin_alone"
    assert roles_problem([role], held=["official"]) is None


@pytest.mark.parametrize("roles", [[], ["king"], ["bidder", "system"], ["certificates"]])
def test_only_known_roles_are_granted(roles: list[str]) -> None:
    problem = roles_problem(roles)
    assert problem
    assert problem.code == "parties.unknown_role"


def test_a_token_gives_the_meeting_of_membership_and_scope() -> None:
    assert rights(["trustee", "official"], ["trustee", "notary"]) == {"trustee"}
    assert rights(["bidder"], [CERTIFICATE_SCOPE]) == {CERTIFICATE_SCOPE}
    assert "admin" not in SCOPES
    assert CERTIFICATE_SCOPE not in ROLES
