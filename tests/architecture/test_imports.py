"""What one package may take from another; that calls only go down is import-linter's part (`make lint`)."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, TOP_PACKAGES, Module, modules

OPEN = {"trading.kernel", "trading.web"}
OFFERED = {"service", "services", "reads", "events", "errors", "types", "proof"}
# Pure computation on plain values: sealing, drawing, and the statutory rules that every procedure is measured by.
PURE_ENGINES = {
    ("bidding", "sealing"),
    ("experts", "draw"),
    ("experts", "answers"),
    ("bidding", "subjects"),
    ("bidding", "terms"),
    *(("trading.projects", name) for name in ("profile", "calendar", "rules", "rights")),
}
# What any package's pages may ask: whether a live page may go on, and to slow down guessing.
FOR_PAGES = {("trading.parties", "listening"), ("trading.parties", "authentication")}
FOR_PORTAL = {"pages", "api", "cli", "tasks", "nav", "authentication"}
KNOWN = {module.name for module in modules()}


def imports(module: Module) -> Iterator[str]:
    """Full names of the project's modules that it imports, wherever in the file."""
    for node in ast.walk(module.tree()):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name}: imports are written in full"
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in KNOWN else str(node.module)


def offered(name: str, package: str, allowed: set[str]) -> bool:
    """By any part of its path, so that a file may become a folder: ``opening.reads``, ``reads.lots``, ``lot_reads``."""
    parts = name.removeprefix(package).lstrip(".").split(".")
    if (package, parts[0]) in PURE_ENGINES | FOR_PAGES:
        return True
    return any(part in allowed or part.rsplit("_", 1)[-1] in allowed for part in parts)


def refused(module: Module) -> list[str]:
    allowed = OFFERED | ({"checks"} if module.package == "supervision" else set())
    if module.package == "portal":
        allowed = allowed | FOR_PORTAL
    found = []
    for name in imports(module):
        if name.split(".")[0] not in TOP_PACKAGES:
            continue
        package = Module(name, module.path).package
        if package not in {module.package, *OPEN} and not offered(name, package, allowed) and name != package:
            found.append(name)
    return found


def test_packages_take_only_what_others_offer() -> None:
    assert {module.name: found for module in modules() if (found := refused(module))} == {}


PURE = sorted(
    module.name
    for module in modules()
    if "proof" in module.name.split(".")
    or module.name in {"trading.kernel.merkle", "trading.kernel.canonical"}
    or any(f"{module.name}.".startswith(f"{package}.{engine}.") for package, engine in PURE_ENGINES)
)


def test_there_is_something_to_verify_with() -> None:
    assert any(name.endswith(".proof") or ".proof." in name for name in PURE)


@pytest.mark.parametrize("name", PURE)
def test_verification_needs_no_database_and_no_web(name: str) -> None:
    """A verdict can be had on a machine that has neither."""
    program = (
        f"import sys, {name}\n"
        "print(*sorted({m.split('.')[0] for m in sys.modules} & "
        "{'sqlalchemy', 'psycopg', 'litestar', 'minio', 'httpx', 'dramatiq', 'weasyprint'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
