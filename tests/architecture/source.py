"""What the architecture tests read: the project's own files and modules."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from trading.kernel.journal.actions import Action

T = TypeVar("T")
ROOT = Path(__file__).parent.parent.parent
TOP_PACKAGES = tuple(
    name
    for name in ("trading", "notices", "bidding", "experts", "auction", "hall", "archive", "supervision", "portal")
    if (ROOT / name / "__init__.py").exists()
)


PROGRAMS = {"__main__", "asgi"}  # importing one runs it


@dataclass(frozen=True)
class Module:
    name: str
    path: Path

    @property
    def package(self) -> str:
        """``trading.parties`` for anything below it, ``bidding`` for anything below that."""
        parts = self.name.split(".")
        return ".".join(parts[:2]) if parts[0] == "trading" else parts[0]

    def tree(self) -> ast.Module:
        return _parsed(self.path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


@cache
def modules() -> tuple[Module, ...]:
    found = []
    for top in TOP_PACKAGES:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return tuple(found)


def import_models() -> None:
    for module in modules():
        if "models" in module.name.split("."):
            importlib.import_module(module.name)


def import_everything() -> None:
    """So that every subclass, task and action that exists is known."""
    for module in modules():
        if module.name.split(".")[-1] not in PROGRAMS:
            importlib.import_module(module.name)


def subclasses(of: type[T]) -> Iterator[type[T]]:
    for child in of.__subclasses__():
        if child.__module__.split(".")[0] in TOP_PACKAGES:
            yield child
        yield from subclasses(child)


def own_actions() -> list[Action]:
    """The product's journal actions, without those that tests running in the same process declare."""
    return [action for action in Action.registry.values() if action.package != "tests"]


def templates() -> list[Path]:
    return [path for top in TOP_PACKAGES for path in sorted((ROOT / top).rglob("templates/**/*.html"))]
