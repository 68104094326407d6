"""What was checked and how it came out; codes are stable, the sentences are in `words`."""

from dataclasses import dataclass, field
from tarfile import TarError
from types import TracebackType
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm

from bidding.proof import Mismatch
from bidding.sealing.errors import SealingError
from trading.kernel.errors import TradingError

# Whatever malformed evidence can raise on its way through the parsers; a fault of ours is not among them.
UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    RecursionError,
    TarError,
    UnsupportedAlgorithm,
    TradingError,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One result; `facts` fill its sentence."""

    kind: Literal["passed", "failed", "noted"]
    code: str
    facts: dict[str, object] = field(default_factory=dict)


class Report:
    """Results in the order they were reached."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    @property
    def failures(self) -> list[str]:
        """The codes of what failed, each once, in order."""
        return list(dict.fromkeys(line.code for line in self.lines if line.kind == "failed"))

    @property
    def ok(self) -> bool:
        """Something was checked and nothing failed."""
        return bool(self.lines) and not self.failures

    def passed(self, code: str, **facts: object) -> None:
        """A check that held."""
        self.lines.append(Line("passed", code, facts))

    def failed(self, code: str, **facts: object) -> None:
        """What is wrong."""
        self.lines.append(Line("failed", code, facts))

    def noted(self, code: str, **facts: object) -> None:
        """Worth knowing, not wrong."""
        self.lines.append(Line("noted", code, facts))

    def check(self, code: str, *, otherwise: str, **where: object) -> "Check":
        """One check: it passed if nothing failed inside; what cannot be read or does not hold fails as `otherwise`."""
        return Check(self, code, otherwise, where)


class Check:
    """A check under way; entering it gives the facts its sentence may use."""

    def __init__(self, report: Report, code: str, otherwise: str, where: dict[str, object]) -> None:
        self._report, self._code, self._otherwise, self._where = report, code, otherwise, where
        self._facts, self._before = dict(where), len(report.lines)

    def __enter__(self) -> dict[str, object]:
        return self._facts

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        report = self._report
        if isinstance(error, Mismatch):
            report.failed(error.code, **{**self._where, **error.params})
        elif isinstance(error, SealingError):
            report.failed(self._otherwise, **self._where, detail=error.code)
        elif isinstance(error, UNREADABLE):
            report.failed(self._otherwise, **self._where, detail=str(error) or type(error).__name__)
        elif error is not None:
            return False
        if not any(line.kind == "failed" for line in report.lines[self._before :]):
            report.passed(self._code, **self._facts)
        return True
