"""Words in two languages, Chinese first.

A message is named by a stable key (`projects.title`); its words live in `locale/<lang>/LC_MESSAGES/<pkg>.po`, are read
once at start-up and kept in memory. A key without words is a defect: `strict` raises (tests), otherwise the key itself
is shown between brackets no sentence uses, and logged, so that one forgotten word never takes a page down.
"""

import datetime as dt
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import structlog
from babel import Locale
from babel.messages.pofile import read_po
from litestar.connection import ASGIConnection

from trading.web import formats

Lang = Literal["zh-CN", "en"]
DEFAULT: Lang = "zh-CN"
LANGUAGES: dict[Lang, str] = {"zh-CN": "中文", "en": "English"}  # each in its own name, as readers look for it
FOLDERS: dict[Lang, str] = {"zh-CN": "zh_CN", "en": "en"}
COOKIE = "lang"
LOCALE_DIR = Path(__file__).parent / "locale"

log = structlog.get_logger(__name__)


class CatalogueError(Exception):
    """A catalogue is unusable: unreadable, or two files give words to one key."""


@runtime_checkable
class Bilingual(Protocol):
    """A value with words of its own in each language: the article of a law."""

    def of(self, lang: str) -> str:
        """Its words in one language."""


class Translator:
    """`translator("projects.title", count=3)` → the words in one language; dates in params take the local form."""

    def __init__(self, lang: Lang, messages: dict[str, tuple[str, ...]], *, strict: bool) -> None:
        self.lang = lang
        self._messages = messages
        self._strict = strict
        self._plural = Locale.parse(FOLDERS[lang]).plural_form

    def __contains__(self, key: object) -> bool:
        return key in self._messages

    def keys(self) -> frozenset[str]:
        """Every key that has words."""
        return frozenset(self._messages)

    def __call__(self, key: str, /, **params: object) -> str:
        forms = self._messages.get(key)
        if forms is None:
            return self._missing(key)
        text = forms[0]
        count = params.get("count")
        if len(forms) > 1 and isinstance(count, int) and self._plural(count) != "one":
            text = forms[-1]
        try:
            return text.format(**{name: self._show(value) for name, value in params.items()})
        except (KeyError, IndexError, ValueError) as error:
            if self._strict:
                raise CatalogueError(f"{key}: parameter {error} not given") from error
            log.exception("i18n.bad_params", key=key, lang=self.lang)
            return text

    def _show(self, value: object) -> object:
        if isinstance(value, dt.datetime):
            return formats.moment(value, self.lang)
        if isinstance(value, dt.date):
            return formats.day(value, self.lang)
        if isinstance(value, dt.timedelta):
            return formats.duration(value, self.lang)
        if isinstance(value, Bilingual):
            return value.of(self.lang)
        return value

    def _missing(self, key: str) -> str:
        if self._strict:
            raise CatalogueError(f"no words for {key} in {self.lang}")
        log.error("i18n.missing_key", key=key, lang=self.lang)
        return f"⟦{key}⟧"


def read_catalogues(folder: Path) -> dict[str, tuple[str, ...]]:
    """All messages of one language: key → its plural forms (one form where the language or message has no plural)."""
    messages: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        for message in catalogue:
            key = message.id if isinstance(message.id, str) else message.id[0]
            words = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            if not key or not words or not all(words):
                continue
            if key in messages:
                raise CatalogueError(f"{path.name} gives words to {key} a second time")
            messages[key] = words
    return messages


class Words:
    """The translators of every language; one object per process."""

    def __init__(self, *, strict: bool, folder: Path = LOCALE_DIR) -> None:
        self._by_lang: dict[Lang, Translator] = {
            lang: Translator(lang, read_catalogues(folder / FOLDERS[lang]), strict=strict) for lang in LANGUAGES
        }

    def __getitem__(self, lang: Lang) -> Translator:
        return self._by_lang[lang]


def as_lang(code: str | None) -> Lang | None:
    """The language a code means, or None for one we do not speak."""
    code = (code or "").strip().lower().replace("_", "-")
    if code == "zh" or code.startswith("zh-"):
        return "zh-CN"
    if code == "en" or code.startswith("en-"):
        return "en"
    return None


def negotiate(cookie: str | None, accept_language: str | None) -> Lang:
    """The person's choice, else the browser's first language we speak, else Chinese."""
    chosen = as_lang(cookie)
    if chosen:
        return chosen
    ranked: list[tuple[float, int, Lang]] = []
    for index, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, rest = part.partition(";")
        lang = as_lang(tag)
        try:
            weight = float(rest.strip().removeprefix("q=") or 1) if rest else 1.0
        except ValueError:
            continue
        if lang and weight > 0:
            ranked.append((-weight, index, lang))
    return min(ranked)[2] if ranked else DEFAULT


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Lang:
    """The language this request is answered in."""
    return negotiate(connection.cookies.get(COOKIE), connection.headers.get("accept-language"))
