"""A person's browser without script: pages, links and forms over HTTP, as the site serves them.

A form is sent as a browser would send it: every field with what the page put into it, changed by what the person types,
and the button that was pressed. Redirects are followed; a page is kept with its status.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import httpx
import pyotp
import tinyhtml5  # type: ignore[import-untyped]  # what WeasyPrint reads pages with

from portal.demo.people import PASSWORD

_UNSEEN = frozenset({"script", "style", "title", "template", "noscript"})


def words_of(element: Element) -> str:
    """What a person reads of it."""
    return " ".join("".join(_texts(element)).split())


def _texts(element: Element) -> Iterator[str]:
    if element.tag in _UNSEEN or not isinstance(element.tag, str):
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""


class Form:
    """What a form would send as the page has it."""

    def __init__(self, element: Element) -> None:
        self.element, self.action = element, element.get("action", "")

    @property
    def fields(self) -> list[tuple[str, str]]:
        found = []
        for control in self.element.iter():
            name, kind = control.get("name", ""), control.get("type", "text")
            if control.tag == "textarea":
                found.append((name, (control.text or "").removeprefix("\n")))
            elif control.tag == "select":
                options = list(control.iter("option"))
                chosen = [option for option in options if option.get("selected") is not None] or options[:1]
                found += [(name, option.get("value", "")) for option in chosen]
            elif control.tag == "input" and name and kind in {"checkbox", "radio"}:
                found += [(name, control.get("value", ""))] * (control.get("checked") is not None)
            elif control.tag == "input" and name and kind != "file":
                found.append((name, control.get("value", "")))
        return found

    def choice(self, name: str, words: str) -> str:
        """The value of the option that reads so."""
        options = self.element.findall(f".//select[@name='{name}']/option")
        return next(option.get("value", "") for option in options if words in words_of(option))

    def buttons(self, words: str) -> list[Element]:
        """The buttons that read so."""
        return [button for button in self.element.iter("button") if words in words_of(button)]


class Page:
    """What came back."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status, self.url = answer.status_code, str(answer.url)
        self.path = urlsplit(self.url).path
        self.root = tinyhtml5.parse(answer.text, namespace_html_elements=False)
        self.text = words_of(self.root)

    def codes(self) -> list[str]:
        """Digests and secrets on the page, without the gaps that help the eye."""
        return ["".join(words_of(element).split()) for element in self.root.iter("code")]

    def has(self, name: str) -> bool:
        """Whether there is a control of this name."""
        return any(element.get("name") == name for element in self.root.iter())

    def form(self, action: str, button: str = "") -> Form:
        """The one form whose address ends so and that has such a button."""
        forms = [Form(form) for form in self.root.iter("form") if form.get("action", "").endswith(action)]
        [found] = [form for form in forms if form.buttons(button)]
        return found

    def link(self, words: str) -> str:
        """Where the first link that reads so leads."""
        found: str = next(link.get("href", "") for link in self.root.iter("a") if words in words_of(link))
        return urljoin(self.url, found)

    def problem(self, name: str) -> str:
        """What stands beside a field as wrong with it, which the field itself points to."""
        plain = name.replace(".", "-")
        marks = {f"f-{plain}-problem", f"{plain}-problem"}
        [told] = [element for element in self.root.iter() if element.get("id") in marks]
        pointing = [item for item in self.root.iter() if marks & set(item.get("aria-describedby", "").split())]
        assert pointing, f"nothing points to what is wrong with {name}"
        return words_of(told)


class Browser:
    """One person's: cookies of its own; reads English."""

    def __init__(self, base_url: str) -> None:
        headers = {"accept": "text/html", "accept-language": "en", "origin": base_url.rstrip("/")}
        self.http = httpx.Client(base_url=base_url, headers=headers, follow_redirects=True, timeout=60)
        self.page = self.open("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def open(self, address: str) -> Page:
        """Go there."""
        self.page = Page(self.http.get(address))
        return self.page

    def follow(self, words: str) -> Page:
        """Click the link that reads so."""
        return self.open(self.page.link(words))

    def send(
        self,
        action: str,
        button: str,
        typed: Mapping[str, object] | None = None,
        *,
        files: Mapping[str, Any] | None = None,
        **more: object,
    ) -> Page:
        """Fill in a form of the page and press a button by its words."""
        form, changed = self.page.form(action, button), {**(typed or {}), **more}
        pairs = [pair for pair in form.fields if pair[0] not in changed]
        for name, value in changed.items():
            pairs += [(name, one) for one in value] if isinstance(value, list) else [(name, str(value))]
        pressed = form.buttons(button)[0]
        pairs += [(pressed.get("name", ""), pressed.get("value", ""))] * ("name" in pressed.attrib)
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        self.page = Page(self.http.post(urljoin(self.page.url, form.action), data=data, files=files))
        return self.page

    def sign_in(self, login: str, totp_secret: str | None) -> Page:
        """Through the form; staff with the code of the moment."""
        self.open("/sign-in")
        totp = pyotp.TOTP(totp_secret) if totp_secret else None
        for ahead in (0, totp.interval if totp else 0):  # a code is good once; the next one is taken already
            code = totp.at(int(time.time()) + ahead) if totp else ""
            self.send("/sign-in", "Sign in", login=login, password=PASSWORD, totp=code)
            if self.page.path != "/sign-in":
                break
        return self.page
