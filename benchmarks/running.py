"""One run: how big, and the servers, started when the first benchmark asks for them."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.place import Place, place


@dataclass
class Run:
    """`quick` only shows that everything works: its ratios mean nothing."""

    quick: bool = False
    rounds: int = 3
    scale: float = 1.0
    """Of every size; what was measured is in each line's detail."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _place: Place | None = None

    def size(self, full: int, quick: int) -> int:
        """How much of something."""
        return quick if self.quick else max(quick, int(full * self.scale))

    @property
    def place(self) -> Place:
        """The servers."""
        if self._place is None:
            self._place = self._stack.enter_context(place())
        return self._place

    @property
    def begun(self) -> Place | None:
        """The servers, if a benchmark needed them."""
        return self._place

    def folder(self) -> Path:
        """A folder that goes with the run."""
        return Path(self._stack.enter_context(TemporaryDirectory(prefix="bench-")))

    def close(self) -> None:
        """Everything down."""
        self._stack.close()
