"""How many live pages one address may keep open: without a cap one visitor could take every socket."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from trading.kernel.errors import RateLimited

RETRY_SECONDS = 30


class TooManyStreams(RateLimited):
    """One address keeps more live pages open than an office would."""

    code = "web.too_many_streams"


class Streams:
    """How many live pages each address has open in this process."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: Counter[str] = Counter()

    def demand_room(self, address: str) -> None:
        """Before the answer begins, while one can still refuse."""
        if self._open[address] >= self.most:
            raise TooManyStreams(seconds=RETRY_SECONDS, most=self.most)

    @contextmanager
    def held(self, address: str) -> Iterator[bool]:
        """A place for as long as one listens; False if others took the last one meanwhile."""
        if self._open[address] >= self.most:
            yield False
            return
        self._open[address] += 1
        try:
            yield True
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    def __len__(self) -> int:
        """How many are open in all."""
        return self._open.total()
