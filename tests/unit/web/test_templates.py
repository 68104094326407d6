"""Every template of every package compiles, and asks macros only for what they have."""

from pathlib import Path

import pytest
from jinja2 import nodes

from tests.unit.web.gallery.site import gallery_site
from trading.web.i18n import DEFAULT

ROOT = Path(__file__).parents[3]
FOLDERS = [*ROOT.glob("*/templates"), *ROOT.glob("trading/*/templates")]
TEMPLATES = sorted(str(file.relative_to(folder)) for folder in FOLDERS for file in folder.rglob("*.html"))


@pytest.fixture(scope="module")
def environment(locale_dir):
    env = gallery_site(locale_dir).templates.environment(DEFAULT)
    env.loader.searchpath.extend(str(folder) for folder in FOLDERS)
    return env


def parsed(environment, name):
    return environment.parse(environment.loader.get_source(environment, name)[0])


def macros(environment, name):
    return {macro.name: macro for macro in parsed(environment, name).find_all(nodes.Macro)}


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles_and_calls_macros_that_exist(environment, name):
    environment.get_template(name)
    tree = parsed(environment, name)
    imported = {node.target: macros(environment, node.template.value) for node in tree.find_all(nodes.Import)}
    for call in tree.find_all(nodes.Call):
        if not (isinstance(call.node, nodes.Getattr) and isinstance(call.node.node, nodes.Name)):
            continue
        known = imported.get(call.node.node.name)
        if known is None:
            continue
        macro = known.get(call.node.attr)
        assert macro is not None, f"line {call.lineno}: no macro {call.node.attr}"
        names = [argument.name for argument in macro.args]
        given = names[: len(call.args)] + [keyword.key for keyword in call.kwargs]
        assert len(call.args) <= len(names), f"line {call.lineno}: {macro.name} takes {len(names)} arguments"
        assert set(given) <= set(names), f"line {call.lineno}: {macro.name} has no {set(given) - set(names)}"
        needed = names[: len(names) - len(macro.defaults)]
        assert set(needed) <= set(given), f"line {call.lineno}: {macro.name} also needs {set(needed) - set(given)}"
