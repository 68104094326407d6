"""Every fact has someone who acts on it, every task exists, every journal action is used."""

import ast
from importlib import import_module

import pytest

from portal.wiring import WIRING
from tests.architecture.source import import_everything, modules, own_actions, subclasses
from trading.kernel.outbox import Event
from trading.kernel.tasks import TASKS


@pytest.fixture(scope="module", autouse=True)
def _everything() -> None:
    import_everything()


def test_every_event_is_wired_to_a_task() -> None:
    declared = {event for event in subclasses(Event) if event.name}
    assert {event.name for event in declared} == {event.name for event in WIRING}
    assert [event.name for event, tasks in WIRING.items() if not tasks] == []


def test_every_event_is_named_for_its_package_and_has_a_version() -> None:
    for event in subclasses(Event):
        package = event.__module__.removeprefix("trading.").split(".")[0]
        assert event.name.startswith(f"{package}."), event
        assert event.version >= 1


def test_every_wired_task_exists_and_every_task_is_wired() -> None:
    wired = {task for tasks in WIRING.values() for task in tasks}
    assert wired == {name for name in TASKS if not name.startswith("tests.")}


def test_every_journal_action_is_written_somewhere() -> None:
    """An action that nothing appends is a promise of the specification that is not kept."""
    names = {
        node.id
        for module in modules()
        for node in ast.walk(module.tree())
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    } | {node.attr for module in modules() for node in ast.walk(module.tree()) if isinstance(node, ast.Attribute)}
    constants = [
        (target.id, getattr(import_module(module.name), target.id))
        for module in modules()
        for node in ast.walk(module.tree())
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Name) and node.value.func.id == "Action"
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert {action.name for _, action in constants} == {action.name for action in own_actions()}
    # A blind act is written by the engine that makes its body, under the action's name.
    literals = {
        node.value for module in modules() for node in ast.walk(module.tree()) if isinstance(node, ast.Constant)
    }
    unwritten = [name for name, action in constants if name not in names and action.name not in literals]
    assert unwritten == []
