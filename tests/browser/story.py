"""What one step of the walk leaves for the next: addresses, files people saved, the tender as programs know it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from portal.demo.line import Line, Tender
from trading.kernel.clock import parse_rfc3339

NAME = "临江市滨江大道综合改造工程"
CODE = "2611-350100-04-01-300001"
SECRET = "木桥 灯塔 七月 陶罐"  # a bidder's passphrase, made up


@dataclass
class Story:
    """The walk so far."""

    folder: Path
    project: str = ""
    notice: str = ""
    lot: str = ""
    draw: str = ""
    empty: Tender | None = None
    saved: dict[str, Path] = field(default_factory=dict)
    fingerprints: dict[str, list[str]] = field(default_factory=dict)

    def file(self, name: str, data: bytes) -> Path:
        """A file on somebody's machine."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def tender(self, line: Line) -> Tender:
        """The walk's tender, as the line's people know it."""
        lot_id, project_id = self.lot.rsplit("/", 1)[-1], self.project.rsplit("/", 1)[-1]
        return Tender(project_id=project_id, lot_id=lot_id, deadline=self.deadline(line))

    def deadline(self, line: Line) -> datetime:
        """When bids are due."""
        lot = line.anyone.get(f"/v1{self.lot}")
        return parse_rfc3339(lot["lot"]["deadline_at"])
