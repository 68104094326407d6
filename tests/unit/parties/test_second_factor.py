"""One-time codes, against the values RFC 6238 prints."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from trading.parties.second_factor import (
    STEP_SECONDS,
    matching_step,
    new_secret,
    provisioning_uri,
    valid_secret,
)

RFC_SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (2000000000, "69279037")],
)
def test_the_codes_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(RFC_SECRET, code[-6:], at) == seconds // STEP_SECONDS


def test_a_phone_may_be_one_step_off_and_no_more() -> None:
    now = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
    step = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(RFC_SECRET)
    found = [matching_step(RFC_SECRET, totp.at(now + timedelta(seconds=30 * off)), now) for off in (-2, -1, 0, 1, 2)]
    assert found == [None, step - 1, step, step + 1, None]


def test_a_code_that_was_used_has_no_later_step() -> None:
    """Replay: whoever keeps the greatest step used and takes only greater ones refuses the same code for ever."""
    now = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
    code = pyotp.TOTP(RFC_SECRET).at(now)
    used = matching_step(RFC_SECRET, code, now)
    assert used is not None
    for seconds in range(0, 120, 5):
        again = matching_step(RFC_SECRET, code, now + timedelta(seconds=seconds))
        assert again is None or again <= used


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"])
def test_what_is_no_code(typed: str) -> None:
    assert matching_step(RFC_SECRET, typed, datetime.now(UTC)) is None


def test_a_code_typed_with_a_gap_is_read() -> None:
    now = datetime.now(UTC)
    code = pyotp.TOTP(RFC_SECRET).at(now)
    assert matching_step(RFC_SECRET, f" {code[:3]} {code[3:]}", now) is not None


def test_secrets_are_long_and_new() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(valid_secret(secret) for secret in secrets)
    assert not valid_secret("JBSWY3DP")


def test_the_picture_says_who_and_where() -> None:
    uri = provisioning_uri(RFC_SECRET, login="zhang", issuer="公共资源交易平台")
    assert pyotp.parse_uri(uri).name == "zhang"
    assert pyotp.parse_uri(uri).issuer == "公共资源交易平台"
