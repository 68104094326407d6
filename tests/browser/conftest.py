"""Chromium of the system, headless, speaking to nothing but the pages under test."""

import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from portal.bootstrap import BROWSERS
from portal.children import Child
from portal.demo.drawing import Phones
from portal.demo.enrolment import enrol_everyone
from portal.demo.line import Line
from portal.platform import EmbeddedPlatform
from tests.browser.desk import Desk
from tests.browser.story import Story
from tests.journeys.conftest import fresh_home, line, quiet

__all__ = ["line"]  # the people of the city, as the journeys have them

expect.set_options(timeout=20_000)  # a machine with other work is slow, not wrong

SLOT = 3600  # twenty days of blind slots are the same walk with a tenth of the waiting
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{folder}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""
# Without these Chromium keeps asking hosts of its maker for updates and lists.
QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
)


@pytest.fixture(scope="session")
def chinese_fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare system has no Chinese font; the one that sets our PDF documents serves the browser too."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    assert spec is not None
    assert spec.origin is not None
    folder = tmp_path_factory.mktemp("fontconfig")
    settings = folder / "fonts.conf"
    settings.write_text(FONTS.format(folder=Path(spec.origin).parent, cache=folder / "cache"))
    return settings


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: Mapping[str, Any], chinese_fonts: Path) -> dict[str, Any]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found is not None, "make test looks for Chromium first"
    own = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    return {
        **browser_type_launch_args,
        "executable_path": found,
        "args": [*QUIET, *own],
        "env": {**os.environ, "FONTCONFIG_FILE": str(chinese_fonts)},
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: Mapping[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(scope="session")
def platform() -> Iterator[EmbeddedPlatform]:
    """A whole platform of its own, started beside this thread, whose event loop the browser's driver holds.

    That thread lives as long as the platform: its processes end with the thread that started them.
    """
    home = fresh_home("b")
    running = EmbeddedPlatform(home, say=quiet, slot_seconds=SLOT)
    with ThreadPoolExecutor(1) as aside:
        try:
            settings = aside.submit(running.start).result()
            aside.submit(enrol_everyone, settings).result()
            _CHILDREN.extend(running.children)
            yield running
        finally:
            _CHILDREN.clear()
            aside.submit(running.stop).result()
            shutil.rmtree(home.root, ignore_errors=True)


@pytest.fixture(scope="session")
def desk(browser: Browser, line: Line, browser_context_args: Mapping[str, Any]) -> Iterator[Desk]:  # a fixture's name
    desk = Desk(browser, line, browser_context_args)
    yield desk
    for context in browser.contexts:  # a live page left open would keep the platform from stopping
        context.close()


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What the steps of the walk leave for the next."""
    return Story(folder=tmp_path_factory.mktemp("walk"))


@pytest.fixture(scope="session")
def phones(line: Line) -> Iterator[Phones]:
    """Everybody's telephone."""
    with closing(Phones(line.places.gateway, line.places.gateway_folder)) as held:
        yield held


@pytest.fixture
def quiet_console(desk: Desk) -> Iterator[None]:
    """Nothing may have been complained of: no error in any console, no violation of the policy."""
    desk.troubles.clear()
    yield
    assert desk.troubles == []


_BROKEN: list[str] = []
_CHILDREN: list[Child] = []


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """The walk's steps lead on from each other."""
    if call.excinfo is not None and item.path.name.startswith("test_walk"):
        if not _BROKEN:
            for child in _CHILDREN:  # what the platform has to say of it
                item.add_report_section(call.when, child.name, child.last_lines(40))
        _BROKEN.append(item.name)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What comes after a broken step would only say so again, slowly."""
    if _BROKEN and item.path.name.startswith("test_walk"):
        pytest.fail(f"the walk broke off at {_BROKEN[0]}", pytrace=False)
