"""What never gets into a log: values under telling names, and what an exception's frames held."""

import json

import pytest
import structlog

from trading.kernel.log import configure_log, mask_secrets


@pytest.fixture(autouse=True)
def _as_before() -> object:
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return dict(json.loads(capsys.readouterr().err.splitlines()[-1]))


@pytest.mark.parametrize(
    "name", ["password", "new_password", "passphrase", "api_token", "Authorization", "cookie", "totp", "private_key"]
)
def test_values_under_telling_names_are_masked(name: str) -> None:
    event = mask_secrets(None, "info", {"event": "signed in", name: "s3cret", "login": "bidder-a"})
    assert event == {"event": "signed in", name: "***", "login": "bidder-a"}


def test_lines_are_json_on_standard_error_and_name_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log(process="relay")
    structlog.get_logger().info("slots_sealed", count=3, secret="hunter2")
    line = said(capsys)
    assert (line["event"], line["process"], line["level"], line["count"]) == ("slots_sealed", "relay", "info", 3)
    assert line["secret"] == "***"


def test_an_exception_is_told_without_what_its_frames_held(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log(process="web")

    def sign_in(typed: str) -> None:
        raise RuntimeError("no such account" if typed else "")

    try:
        sign_in("correct horse 42")
    except RuntimeError:
        structlog.get_logger().exception("incident")
    line = said(capsys)
    assert "no such account" in json.dumps(line)
    assert "sign_in" in json.dumps(line)
    assert "correct horse" not in json.dumps(line)
