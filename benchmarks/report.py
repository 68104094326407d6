"""What a benchmark tells: one line a goal, the same in Markdown and JSON, and the machine it was measured on."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Goal:
    """A limit for a measured ratio, or for a measured number in the unit its name ends with."""

    letter: str
    name: str
    limit: float
    at_least: bool = False

    def met(self, ratio: float) -> bool:
        """Whether this ratio reaches it."""
        return ratio >= self.limit if self.at_least else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'}{self.limit:g}"


@dataclass(frozen=True)
class Line:
    """One goal measured; `detail` is what the ratio was made of."""

    goal: Goal
    ratio: float
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """`ok`, or `short` of the goal."""
        return "ok" if self.goal.met(self.ratio) else "short"

    def __str__(self) -> str:
        return f"bench {self.goal.letter} {self.goal.name} ratio={shown(self.ratio)} goal={self.goal} {self.verdict}"


def shown(value: float) -> str:
    """Three figures, and no exponent."""
    return f"{value:.3g}" if 0.001 <= abs(value) < 1000 else f"{value:.0f}"


def machine() -> dict[str, Any]:
    """What the numbers depend on besides the code."""
    cpu = "unknown"
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    total = next((int(line.split()[1]) for line in _read("/proc/meminfo").splitlines() if "MemTotal" in line), 0)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu,
        "cores": cores(),
        "memory_gb": round(total / 1024**2, 1),
        "load_before": [round(value, 1) for value in os.getloadavg()],
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def cores() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0))


def save(name: str, facts: dict[str, Any], lines: list[Line]) -> Path:
    """The run as `results/NAME.json` and `.md`."""
    RESULTS.mkdir(exist_ok=True)
    rows = [{**asdict(line), "verdict": line.verdict} for line in lines]
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": facts, "lines": rows}, ensure_ascii=False, indent=1) + "\n")
    path.with_suffix(".md").write_text(markdown(facts, lines))
    return path


def markdown(facts: dict[str, Any], lines: list[Line]) -> str:
    """A table a person reads."""
    head = [*(f"- {name}: {value}" for name, value in facts.items()), ""]
    table = ["| goal | measured | wanted | | made of |", "|---|---|---|---|---|"]
    for line in lines:
        made_of = "; ".join(f"{name} {value}" for name, value in line.detail.items())
        goal = line.goal
        table.append(f"| {goal.letter} {goal.name} | {shown(line.ratio)} | {goal} | {line.verdict} | {made_of} |")
    return "\n".join([*head, *table]) + "\n"


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
