"""Every verb that changes something leaves an entry in the journal: itself, or through what it calls."""

import ast
from functools import cache

from tests.architecture.source import Module, modules

WRITES = {"append", "append_blind", "insert_entries"}
JOURNAL = {"journal", "actions"}
EXEMPT = {"sign_out"}  # ends one's own session and decides nothing
Function = ast.AsyncFunctionDef | ast.FunctionDef


@cache
def functions() -> dict[str, list[Function]]:
    """By bare name: a call is followed to every function of that name, which errs towards finding an entry."""
    found: dict[str, list[Function]] = {}
    for module in modules():
        for node in ast.walk(module.tree()):
            if isinstance(node, Function):
                found.setdefault(node.name, []).append(node)
    return found


def called(function: Function) -> set[str]:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    methods = [f for f in calls if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name)]
    return {f.id for f in calls if isinstance(f, ast.Name)} | {
        f.attr
        for f in methods
        if f.attr not in WRITES or (isinstance(f.value, ast.Name) and f.value.id in JOURNAL)  # not a list's append
    }


def journals(name: str, seen: frozenset[str] = frozenset()) -> bool:
    if name in WRITES:
        return True
    return name not in seen and any(
        journals(inner, seen | {name}) for function in functions().get(name, []) for inner in called(function)
    )


def is_service(module: Module) -> bool:
    return bool({"service", "services"}.intersection(module.name.split("."))) and module.package != "trading.kernel"


def verbs() -> list[tuple[str, str]]:
    """Public functions that act for someone: ``async def verb(session, actor, ...)``."""
    return [
        (module.name, node.name)
        for module in modules()
        if is_service(module)
        for node in module.tree().body
        if isinstance(node, ast.AsyncFunctionDef)
        if not node.name.startswith("_")
        if [argument.arg for argument in node.args.args][:2] == ["session", "actor"]
    ]


def test_every_verb_leaves_an_entry() -> None:
    assert verbs()
    assert [f"{module}.{name}" for module, name in verbs() if name not in EXEMPT and not journals(name)] == []
