"""Settings come from the environment and nowhere else, and go to children unchanged."""

from pathlib import Path

import pytest

from trading.kernel.settings import (
    DatabaseSettings,
    JournalSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
    load_settings,
    to_environment,
)

WHOLE = Settings(
    database=DatabaseSettings(app="postgresql://app", sequencer="postgresql://sequencer"),
    objects=ObjectsSettings(
        endpoint="127.0.0.1:1", access_key="a", secret_key="s", bucket="b", secure=True, region="r", prefix="p/"
    ),
    keys=KeysSettings(folder=Path("/keys"), passphrase="long and secret"),
    journal=JournalSettings(
        origin="demo/x", witnesses=("w+1", "v+2"), witness_urls=("http://w", "http://v"), quorum=2, slot_seconds=60
    ),
    web=WebSettings(base_url="https://x", secret="t", host="0.0.0.0", port=81, workers=3, demo=True),
    broker_url="redis://x",
)


def test_what_is_handed_to_a_child_is_what_it_reads() -> None:
    assert load_settings(to_environment(WHOLE)) == WHOLE


@pytest.mark.parametrize(
    "missing",
    [
        "TRADING_DATABASE_URL",
        "TRADING_S3_ENDPOINT",
        "TRADING_KEYS_PASSPHRASE",
        "TRADING_WEB_SECRET",
        "TRADING_BASE_URL",
    ],
)
def test_a_missing_setting_is_named(missing: str) -> None:
    environment = {name: value for name, value in to_environment(WHOLE).items() if name != missing}
    with pytest.raises(SystemExit, match=missing):
        load_settings(environment)


def test_what_may_be_left_out_is_safe() -> None:
    needed = {name: value for name, value in to_environment(WHOLE).items() if value and "WITNESS" not in name}
    for name in ("TRADING_DEMO", "TRADING_HOST", "TRADING_PORT", "TRADING_BROKER_URL"):
        needed.pop(name, None)
    made = load_settings(needed)
    assert (made.web.demo, made.web.host) == (False, "127.0.0.1")
    assert (made.journal.witnesses, made.broker_url) == ((), "")


def test_an_address_is_kept_without_its_last_slash() -> None:
    environment = {**to_environment(WHOLE), "TRADING_BASE_URL": "https://x.example/"}
    assert load_settings(environment).web.base_url == "https://x.example"
