"""WCAG 2.2 AA as far as a machine can tell: axe-core runs in every kind of page, once on a desk and once on a phone.

Kinds are addresses without their ids.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

_SOURCE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    resultTypes: ['violations'], iframes: false, preload: false,
  });
  return found.violations.map(one => one.id + ': ' + one.nodes.slice(0, 4).map(
    node => node.html.slice(0, 140) + ' ' + node.any.map(check => check.message).join(' ').slice(0, 200)).join(' | '));
}"""
_ID = re.compile(r"/(?:[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|[0-9A-Z]{10,}|\d{6,})(?=/|$)")


@cache
def _axe() -> str:
    return _SOURCE.read_text(encoding="utf-8")


@dataclass
class Kept:
    """Which kinds of pages were checked, and what was found."""

    programs: dict[str, str] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)
    found: dict[str, list[str]] = field(default_factory=dict)
    _seen: set[tuple[str, int]] = field(default_factory=set)

    def kind(self, url: str) -> str:
        """The address of a page without ids; a local program's page goes by the program's name."""
        parts = urlsplit(url)
        return self.programs.get(f"{parts.scheme}://{parts.netloc}", "") + _ID.sub("/*", parts.path)

    def check(self, page: Page, name: str, width: int) -> None:
        """Note what axe holds against a kind of page not seen at this width; the walk goes on, its last test tells."""
        kind = self.kind(page.url)
        if (kind, width) not in self._seen:
            self._seen.add((kind, width))
            self.checked.add(kind)
            if held := violations(page):
                self.found[name] = held


KEPT = Kept()


def violations(page: Page) -> list[str]:
    """What axe holds against the page as it stands."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(_RUN)
    return found
