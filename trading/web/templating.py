"""Templates: one strict Jinja environment a language, so that macros know the language without being told.

In every template: `_("key", n=1)`, `lang`, `asset("main.js")`, `csrf_token()`, `with_query(after=…)`,
`query_value("after")`; filters `datetime`, `date`, `time` (a `<time>` element), `yuan`, `capital` (大写), `duration`,
`size`, `iso`, `problem` (a FieldProblem or an error in words), `state("projects.state")` (the name of a state:
`projects.state.<value>`). In pages also `actor`, `nav`, `now`, `path`, `flash`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from trading.kernel.errors import FieldProblem, TradingError
from trading.kernel.journal.instant import format_instant
from trading.web import formats
from trading.web.assets import Assets
from trading.web.i18n import LANGUAGES, Lang, Translator, Words


class Rendering(msgspec.Struct, frozen=True):
    """What macros may ask of the request being answered; set around the (synchronous) rendering and no longer."""

    csrf_token: Callable[[], str]
    path: str
    query: tuple[tuple[str, str], ...]


_current: ContextVar[Rendering] = ContextVar("web_rendering")


@contextmanager
def rendering(current: Rendering) -> Iterator[None]:
    """Rendering for this request."""
    token = _current.set(current)
    try:
        yield
    finally:
        _current.reset(token)


def _csrf_token() -> str:
    return _current.get().csrf_token()


def with_query(**changes: str | int | None) -> str:
    """The page's own address with query parameters set or (None) taken away: `?after=…` beside the reader's filters."""
    current = _current.get()
    kept = [(name, value) for name, value in current.query if name not in changes]
    pairs = kept + [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{current.path}?{urlencode(pairs)}" if pairs else current.path


def query_value(name: str) -> str:
    """A query parameter of the present page, empty if it has none."""
    return next((value for key, value in _current.get().query if key == name), "")


def template_folders(packages: tuple[str, ...]) -> list[Path]:
    """The `templates` folder of each package; one that is named but not there is a defect found at start-up."""
    folders = []
    for package in packages:
        spec = find_spec(package)
        origin = spec.origin if spec else None
        folder = Path(origin).parent / "templates" if origin else None
        if folder is None or not folder.is_dir():
            raise FileNotFoundError(f"{package} has no templates folder")
        folders.append(folder)
    return folders


def _filters(translate: Translator) -> dict[str, Callable[..., Any]]:
    lang = translate.lang

    def problem(value: FieldProblem | TradingError) -> str:
        return translate(f"error.{value.code}", **value.params)

    def state(value: Any, prefix: str) -> str:
        return translate(f"{prefix}.{getattr(value, 'value', value)}")

    return {
        "datetime": lambda value, seconds=False: formats.moment(value, lang, seconds=seconds),
        "date": lambda value: formats.day(value, lang),
        "time": lambda value, seconds=False: formats.time_element(value, lang, seconds=seconds),
        "due": lambda value: formats.due_element(value, lang),
        "duration": lambda value: formats.duration(value, lang),
        "yuan": formats.yuan,
        "capital": formats.capital,
        "hundredths": formats.hundredths,
        "points": formats.points,
        "size": formats.size,
        "iso": format_instant,
        "problem": problem,
        "state": state,
    }


class Templates:
    """Every template of the named packages, in every language."""

    def __init__(self, packages: tuple[str, ...], words: Words, assets: Assets) -> None:
        loader = FileSystemLoader(template_folders(packages))
        self._by_lang = {lang: self._environment(loader, words[lang], assets) for lang in LANGUAGES}

    @staticmethod
    def _environment(loader: FileSystemLoader, translate: Translator, assets: Assets) -> Environment:
        env = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        env.globals.update(
            _=translate,
            lang=translate.lang,
            asset=assets.url,
            csrf_token=_csrf_token,
            with_query=with_query,
            query_value=query_value,
        )
        env.filters.update(_filters(translate))
        return env

    def environment(self, lang: Lang) -> Environment:
        """The environment of a language."""
        return self._by_lang[lang]

    def render(self, lang: Lang, name: str, context: Mapping[str, object]) -> str:
        """A template in a language."""
        return self._by_lang[lang].get_template(name).render(context)
