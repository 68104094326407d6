"""Every sentence exists in both languages, nothing is translated that nobody says, and both use the same values."""

import ast
import re
import string
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from tests.architecture.source import ROOT, import_everything, modules, own_actions, subclasses, templates
from trading.kernel.errors import TradingError
from trading.web.nav import NavItem

LOCALE = ROOT / "trading" / "web" / "locale"
LANGUAGES = ("zh_CN", "en")
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_:]+)+")


@cache
def catalogue(language: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Key → (package, its forms)."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for path in sorted((LOCALE / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, abort_invalid=True):
                key = message.id if isinstance(message.id, str) else message.id[0]
                if not key:
                    continue
                assert not message.fuzzy, f"{path}: {key} is marked as not sure"
                assert key not in found, f"{path}: {key} has words already"
                forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                found[key] = (path.stem, forms)
    return found


@cache
def said() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Keys that must have words; string literals that may be keys; beginnings of keys that are composed."""
    import_everything()
    must: set[str] = set()
    literals: set[str] = set()
    beginnings: set[str] = set()
    for module in modules():
        _read_python(module.tree(), must, literals, beginnings)
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=True)
    for path in templates():
        _read_template(environment.parse(path.read_text()), must, literals, beginnings)
    errors: set[type[TradingError]] = {TradingError, *subclasses(TradingError)}
    for error in errors:
        must |= {f"error.{error.code}", f"error.{error.code}.next"}
    must |= {action.message for action in own_actions()}
    return frozenset(must), frozenset(literals), frozenset(beginnings)


def _read_python(tree: ast.Module, must: set[str], literals: set[str], beginnings: set[str]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literals.add(node.value)
        elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
            beginnings.add(str(node.values[0].value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                if node.func.id == "FieldProblem":
                    must.add(f"error.{first.value}")
                elif node.func.id in {"_", NavItem.__name__}:
                    must.add(first.value)


def _read_template(tree: nodes.Template, must: set[str], literals: set[str], beginnings: set[str]) -> None:
    literals.update(node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str))
    for concat in tree.find_all(nodes.Concat):
        if isinstance(concat.nodes[0], nodes.Const):
            beginnings.add(str(concat.nodes[0].value))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_" and isinstance(call.args[0], nodes.Const):
            must.add(str(call.args[0].value))


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (set(catalogue(language)) for language in LANGUAGES)
    assert (sorted(chinese - english), sorted(english - chinese)) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_said_has_words(language: str) -> None:
    must, _, _ = said()
    assert sorted(must - set(catalogue(language))) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_words(language: str) -> None:
    empty = [key for key, (_, forms) in catalogue(language).items() if not all(forms) or forms == (key,)]
    assert empty == []


def test_no_words_are_kept_that_nobody_says() -> None:
    must, literals, beginnings = said()
    composed = tuple(beginning for beginning in beginnings if KEY.fullmatch(beginning.rstrip(".:") + ".x"))
    unused = [
        key
        for key in catalogue("zh_CN")
        if key not in must
        and key not in literals
        and not key.startswith(composed)
        and key.removeprefix("error.") not in literals
    ]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_is_named_for_the_package_that_keeps_it(language: str) -> None:
    def owner(key: str) -> str:
        return key.removeprefix("error.").split(".")[0]

    actions = {action.message: action.package.removeprefix("trading.") for action in own_actions()}
    wrong = [
        (key, package)
        for key, (package, _) in catalogue(language).items()
        if not KEY.fullmatch(key) or actions.get(key, owner(key)) != package
    ]
    assert wrong == []


def test_both_languages_use_the_same_values() -> None:
    def values(forms: tuple[str, ...]) -> set[str]:
        return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name is not None}

    different = [
        key
        for key, (_, forms) in catalogue("zh_CN").items()
        if key in catalogue("en") and values(forms) != values(catalogue("en")[key][1])
    ]
    assert different == []


def test_no_sentence_stands_in_a_template() -> None:
    """Text in a template would be seen by readers of the other language."""
    words = re.compile(r"[\u4e00-\u9fff]")
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=True)
    found: dict[Path, str] = {}
    for path in templates():
        for data in environment.parse(path.read_text()).find_all(nodes.TemplateData):
            if words.search(data.data):
                found[path.relative_to(ROOT)] = data.data.strip()
    assert found == {}
