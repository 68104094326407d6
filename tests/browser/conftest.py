"""Chromium of the system, headless, speaking to nothing but the pages under test."""

import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from portal.bootstrap import BROWSERS

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
