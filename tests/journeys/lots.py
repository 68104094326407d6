"""A tender whose trustees' and bidders' keys the test holds: it can take every wrong turn there is."""

from dataclasses import dataclass, field
from typing import Any

from bidding.sealing.announcement import Announcement
from portal.demo.client import Client
from portal.demo.line import Line, Tender
from tests.factories.sealing import Sealed
from tests.journeys.people import Bidder, Trustees, Uploader
from tests.journeys.tenders import published


@dataclass
class Lot:
    """A lot open for bids and what its people hold."""

    line: Line
    tender: Tender
    trustees: Trustees
    announcement: Announcement
    bids: dict[str, Sealed] = field(default_factory=dict)

    @property
    def api(self) -> str:
        return f"/v1/lots/{self.tender.lot_id}"

    @property
    def official(self) -> Client:
        return self.line.person("official")

    def bidder(self, letter: str) -> Bidder:
        return Bidder(self.line, f"bidder-{letter}")

    def uploader(self, letter: str = "a") -> Uploader:
        return self.bidder(letter).uploader(self.tender)

    def seal(self, letter: str = "a", **how: Any) -> Sealed:
        return self.bidder(letter).seal(self.announcement, **how)

    def submit(self, letter: str, **how: Any) -> Sealed:
        """A bid that is taken."""
        bidder = self.bidder(letter)
        sealed = bidder.seal(self.announcement, **how)
        bidder.submit(self.tender, sealed)
        return sealed

    def batch(self, part: str, x: int, *, of: int | None = None) -> bytes:
        """Seat x's batch for the box as it is closed; `of` opens the shares with the keys of another seat."""
        root, envelopes = self.trustees.box(self.tender, self.announcement)
        return self.trustees.batch(self.announcement, root, envelopes, part, x, of=of)

    def send(self, batch: bytes, x: int) -> Any:
        """Seat x hands a batch in."""
        return self.trustees.client(x).post(f"{self.api}/batches", {"batch": batch.decode()})

    def settle(self, phase: int) -> Any:
        return self.official.post(f"{self.api}/phases/{phase}/settle")

    def opening(self) -> dict[str, Any]:
        return self.line.opening(self.tender)

    def reveal(self, phase: int, parts: tuple[str, ...], seats: tuple[int, ...] = (1, 3)) -> None:
        """A phase opened as it should be."""
        for x in seats:
            for part in parts:
                self.send(self.batch(part, x), x)
        self.settle(phase)
        self.line.until(lambda: bool(self.opening()["phases"][phase - 1]["revealed_at"]), f"phase {phase} is revealed")


def open_lot(line: Line, name: str) -> Lot:
    """Published and announced."""
    tender, trustees = published(line, name), Trustees(line)
    return Lot(line, tender, trustees, trustees.announce(tender))
