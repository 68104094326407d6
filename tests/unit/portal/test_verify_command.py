"""`trading verify` as a person runs it: what it prints in both languages, its exit status, what it loads."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from experts.proof.draw import STEPS
from portal.cli.verify import verify
from portal.evidence.layout import MANIFEST
from portal.verify.box import _NAMES
from portal.verify.record import _ABOUT
from portal.verify.words import FAILED, NOTED, PASSED, VERDICTS, language, sentence
from tests.factories.evidence import Lot
from tests.factories.evidence_story import open_tender

ROOT = Path(__file__).parents[3]
FOLDERS = ("portal/verify", "bidding/proof", "experts/proof", "trading/funds/proof")
PURE = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.py"))


@pytest.fixture(scope="module")
def lot() -> Lot:
    return open_tender()


@pytest.fixture
def folder(lot: Lot, tmp_path: Path) -> Path:
    return lot.write(tmp_path / "evidence")


def run(*arguments: object, lang: str = "en") -> Result:
    return CliRunner().invoke(verify, [*map(str, arguments), "--lang", lang])


def fingerprint(lot: Lot) -> str:
    return sha256(lot.log.witness_public).hexdigest()


def test_without_a_pinned_key_it_only_agrees_with_itself(folder: Path):
    result = run(folder)
    assert result.exit_code == 0
    assert result.output.rstrip().endswith("consistent with itself, keys not pinned")
    assert "与自身一致，密钥未固定" in run(folder, lang="zh").output


def test_with_the_witnesses_key_it_is_verified(lot: Lot, folder: Path):
    key = fingerprint(lot)
    grouped = ":".join(key[at : at + 2] for at in range(0, 64, 2)).upper()
    for given in (key, grouped):
        result = run(folder, "--key", given)
        assert (result.exit_code, "verified, the witness's key pinned" in result.output) == (0, True)


def test_every_check_is_shown(folder: Path):
    lines = run(folder).output.splitlines()
    assert sum(line.startswith("✓") for line in lines) > 30
    assert not any(line.startswith("✗") for line in lines)


def test_what_failed_is_named_and_the_status_is_1(folder: Path):
    (folder / "opening-record.pdf").write_bytes(b"%PDF forged")
    result = run(folder)
    assert result.exit_code == 1
    assert "✗ file.changed  a file was changed  path=opening-record.pdf" in result.output
    assert result.output.rstrip().endswith("not verified: file.changed, pdf.changed, pdf.seal")
    assert "核验未通过" in run(folder, lang="zh").output


def test_a_manifest_stands_for_its_folder(folder: Path):
    assert run(folder / MANIFEST).exit_code == 0


def test_what_is_nothing_of_the_kind_is_refused(tmp_path: Path):
    (tmp_path / "note.txt").write_text("hello")
    assert "receipt.form" in run(tmp_path / "note.txt").output
    assert "file.missing" in run(tmp_path).output
    assert run(tmp_path).exit_code == run(tmp_path / "note.txt").exit_code == 1
    assert run(tmp_path, "--key", "abc").exit_code == 2


@pytest.mark.parametrize(
    ("locale", "lang"),
    [("", "zh"), ("C.UTF-8", "zh"), ("zh_CN.UTF-8", "zh"), ("en_GB.UTF-8", "en"), ("de_DE", "en")],
)
def test_the_machines_language(locale: str, lang: str):
    assert language(locale) == lang


def test_it_loads_neither_database_nor_web(folder: Path):
    program = (
        "import sys\n"
        "from portal.cli import trading\n"
        "try:\n    trading(['verify', sys.argv[1], '--lang', 'en'])\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, *sorted({m.split('.')[0] for m in sys.modules} & {'sqlalchemy', 'psycopg', 'litestar', 'minio', "
        "'httpx', 'dramatiq', 'weasyprint', 'urllib3', 'granian'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0", "")


def codes(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(table, code) of everything a report may say, as it stands in the source."""
    tables = {
        "check": "passed",
        "passed": "passed",
        "failed": "failed",
        "noted": "noted",
        "Mismatch": "failed",
        "Finding": "failed",
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if node.args else None
        branches = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
        for branch in branches:
            if name in tables and isinstance(branch, ast.Constant):
                yield tables[name], str(branch.value)
        for keyword in node.keywords:
            if keyword.arg == "otherwise" and isinstance(keyword.value, ast.Constant):
                yield "failed", str(keyword.value.value)


def test_everything_it_may_say_has_words_and_nothing_else_has():
    said: dict[str, set[str]] = {"passed": set(), "failed": {*_NAMES.values(), *_ABOUT.values()}, "noted": set()}
    for step in STEPS:
        said["passed"].add(f"draw.{step}")
        said["failed"].add(f"draw.{step}")
    said["passed"] |= {f"refunds.{step}" for step in ("plans", "clocks", "interest", "eyes", "once")}
    for path in PURE:
        for table, code in codes(ast.parse(path.read_text())):
            said[table].add(code)
    assert said == {"passed": set(PASSED), "failed": set(FAILED), "noted": set(NOTED)}


def test_both_languages_use_the_same_facts():
    for table in (PASSED, FAILED, NOTED, VERDICTS):
        for code, (chinese, english) in table.items():
            assert all((chinese, english)), code
            names = [{part.split("}")[0] for part in words.split("{")[1:]} for words in (chinese, english)]
            assert names[0] == names[1], code
    assert sentence(PASSED, "files", "en", {}) == "… files are as the manifest says"
