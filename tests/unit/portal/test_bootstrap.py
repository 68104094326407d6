"""The environment is made once for the same lock files, and what is missing is said with its cure."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal import bootstrap


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    (tmp_path / "a.lock").write_text("one")
    return tmp_path / "a.lock"


def needed(lock: Path, *words: str) -> bool:
    with bootstrap.Step("a", [lock], *words) as is_needed:
        return is_needed


def test_a_step_is_done_once_for_the_same_inputs(lock: Path) -> None:
    assert [needed(lock), needed(lock)] == [True, False]
    lock.write_text("two")
    assert [needed(lock), needed(lock)] == [True, False]
    assert [needed(lock, "3.12"), needed(lock, "3.12")] == [True, False]


def test_a_step_that_failed_is_done_again(lock: Path) -> None:
    needed(lock)
    lock.write_text("two")
    with pytest.raises(RuntimeError), bootstrap.Step("a", [lock]):
        raise RuntimeError
    lock.write_text("one")
    assert needed(lock)


def test_what_is_missing_is_named_with_the_one_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "PANGO", ("libno-such-thing.so.0",))
    monkeypatch.setattr(bootstrap, "BROWSERS", ("no-such-browser",))
    with pytest.raises(bootstrap.Missing) as missing:
        bootstrap.check_system(tests=True)
    text = str(missing.value)
    assert "Pango" in text
    assert "Chromium" in text
    assert bootstrap.apt_line() in text


def test_a_browser_is_wanted_for_tests_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "BROWSERS", ("no-such-browser",))
    bootstrap.check_system(tests=False)
    with pytest.raises(bootstrap.Missing, match="Chromium"):
        bootstrap.check_system(tests=True)


def test_it_needs_the_standard_library_only() -> None:
    script = Path(bootstrap.__file__)
    program = f"import runpy; runpy.run_path({str(script)!r})"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
