"""People at their screens: a browser context each, listened to for whatever the console or the policy complains of.

`look` is how a page is looked at: no overflow, no field without a label, no key instead of words, at both widths. Where
`TRADING_SCREENSHOTS` names a folder, the pictures of docs/walkthrough.md are left there.
"""

import os
import re
import time
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pyotp
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from portal.demo.line import Line
from portal.demo.people import PASSWORD, PEOPLE
from portal.demo.secrets import totp_secret
from tests.browser.axe import KEPT

WIDTHS = (1280, 390)
_SECRETS = {person.login: totp_secret(person) for person in PEOPLE}
# A refusal is an answer too: 4xx is what a test asks for, or a proof not there yet; ERR_FAILED a line the test has cut.
_ANSWERED = re.compile(r"Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_FAILED)")
# The platform's few colours (tokens.css), and the dark ones paler as the edges of letters need them.
_PLAIN = ("cfd6dc", "e6eaed", "f4f6f7", "edf5f6", "fcf1f0", "fbf6e6", "b98a10", "084552", "ffffff")
_DARK = {"16202a": 5, "4d5965": 3, "0b5d70": 5, "a61b1b": 3}
_TALLEST = 1400  # of a long page the upper part is enough
_WATCH_POLICY = """addEventListener('securitypolicyviolation',
  event => console.error('policy violated: ' + event.violatedDirective + ' ' + event.blockedURI))"""
_PACKAGES = (
    "web portal schedule projects notices bidding opening parties trustee funds draws roster draw_check gateway "
    "evaluation awards funds supervision archive records error"
)
_KEYS = rf"/\b({_PACKAGES.replace(' ', '|')})\.[a-z_]+[a-z_.]*\b/g"
_FAULTS = """() => {
  const root = document.documentElement, faults = [];
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
    faults.push('wider than the window: ' + wide.slice(0, 3).map(e => e.outerHTML.slice(0, 80)).join(' | '));
  }
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!field.labels?.length && !field.ariaLabel) faults.push('no label: ' + field.outerHTML.slice(0, 120));
  for (const field of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
    for (const name of ['aria-describedby', 'aria-labelledby'])
      for (const id of (field.getAttribute(name) ?? '').split(/\\s+/))
        if (id && !document.getElementById(id)) faults.push('points to nothing: ' + id);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('twice: ' + id);
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  let told = document.body.innerText;
  for (const code of document.querySelectorAll('code')) told = told.replace(code.innerText, '');  // names of files
  const words = told.match(PACKAGES);
  if (words) faults.push('keys instead of words: ' + words);
  return faults;
}""".replace("PACKAGES", _KEYS)


class Desk:
    """Everybody's browser."""

    def __init__(self, browser: Browser, line: Line, arguments: Mapping[str, Any]) -> None:
        self.browser, self.line, self.arguments = browser, line, arguments
        self.base_url = line.places.base_url
        self.troubles: list[str] = []
        self._pages: dict[str, Page] = {}
        places = line.places
        KEPT.programs.update(dict.fromkeys(places.trustees.values(), "trustee:"))
        KEPT.programs.update({places.gateway: "gateway:", places.bank: "bank:"})

    def new_page(self, **arguments: Any) -> Page:
        """A context of its own: another person, or another machine."""
        context = self.browser.new_context(**{**self.arguments, "base_url": self.base_url, **arguments})
        context.add_init_script(_WATCH_POLICY)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _ANSWERED.match(message.text):
            self.troubles.append(f"{message.location.get('url')}: {message.text}")

    def anyone(self) -> Page:
        """Somebody who has not signed in."""
        if "" not in self._pages:
            self._pages[""] = self.new_page()
        return self._pages[""]

    def person(self, login: str) -> Page:
        """A person's page; signed in by the API at first use, with the cookies a browser would have got."""
        if login not in self._pages:
            client = self.line.person(login)
            page = self.new_page()
            cookies = [
                {"name": cookie.name, "value": cookie.value or "", "url": self.base_url}
                for cookie in client.http.cookies.jar
            ]
            page.context.add_cookies(cookies)  # type: ignore[arg-type]
            self._pages[login] = page
        return self._pages[login]

    def sign_in(self, login: str, *, password: str = PASSWORD, secret: str | None = None) -> Page:
        """A person signs in by the page, afresh; what asks for fresh proof (R53) then goes ahead."""
        if login in self._pages:
            self._pages[login].context.close()
        page = self._pages[login] = self.new_page()
        page.goto("/sign-in")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(password)
        if secret := secret or _SECRETS[login]:
            page.get_by_label("动态口令").fill(_code(secret))
        page.get_by_role("button", name="登录").click()
        expect(page.locator(".person-name")).to_be_visible()
        return page

    def move(self, page: Page, label: str) -> None:
        """The banner's clock, as a person moves it."""
        page.get_by_label("时间前移").select_option(label=label)
        page.get_by_role("button", name="前移").click()
        expect(page.get_by_text("演示时间已前移")).to_be_visible(timeout=60_000)


def _code(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(time.time()))


@cache
def _shown() -> str:
    return (Path(__file__).parents[2] / "docs" / "walkthrough.md").read_text(encoding="utf-8")


@cache
def _palette() -> Image.Image:
    colours = [bytes.fromhex(plain) for plain in _PLAIN]
    for dark, shades in _DARK.items():
        colours += [
            bytes(part + (255 - part) * step // shades for part in bytes.fromhex(dark)) for step in range(shades)
        ]
    palette = Image.new("P", (1, 1))
    palette.putpalette(b"".join(colours))
    return palette


def look(page: Page, name: str, *, phone: bool = False) -> None:
    """Look at a page at both widths for faults; take its picture where wanted, the phone's where it differs enough."""
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(_FAULTS) == [], f"{name} at {width} px"
        KEPT.check(page, f"{name} at {width} px", width)
        folder = os.environ.get("TRADING_SCREENSHOTS")
        if folder and (phone or width == WIDTHS[0]) and f"{name}-{width}.png" in _shown():
            picture = Image.open(BytesIO(page.screenshot(full_page=True, animations="disabled"))).convert("RGB")
            upper = picture.crop((0, 0, picture.width, min(picture.height, _TALLEST)))
            Path(folder).mkdir(parents=True, exist_ok=True)
            small = upper.quantize(palette=_palette(), dither=Image.Dither.NONE)
            small.save(Path(folder) / f"{name}-{width}.png", optimize=True)
    if before:
        page.set_viewport_size(before)


def confirm(page: Page, words: str) -> None:
    """Say yes to the question asked before the irreversible."""
    page.get_by_role("dialog").get_by_role("button", name=words).click()
