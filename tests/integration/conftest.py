"""Integration tests use real servers; whatever is missing is an error, never a reason to skip."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_caller() -> None:
    """A test that needs settings makes them; what the shell happens to hold must not decide a result."""
    for name in [name for name in os.environ if name.startswith("TRADING_") and not name.startswith("TRADING_TEST_")]:
        del os.environ[name]
