"""What was announced before the first bid, under the signatures of every trustee: all the keys believed below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bidding.proof import Mismatch
from bidding.proof.receipt import trust_of
from bidding.sealing.announcement import Announcement, verify_announcement
from portal.evidence.layout import ANNOUNCEMENT, EARLIER
from portal.verify.folder import Folder
from portal.verify.report import Report
from trading.kernel.journal.proof import Trust
from trading.kernel.journal.schedule import Timeline


@dataclass(frozen=True)
class Announced:
    """Every version, oldest first; what holds is the newest."""

    versions: tuple[Announcement, ...]

    @property
    def newest(self) -> Announcement:
        """The version in force."""
        return self.versions[-1]

    @property
    def subject(self) -> str:
        """`lot:…`."""
        return self.newest.body.subject

    @property
    def deadline(self) -> datetime:
        """投标截止时间."""
        return self.newest.deadline

    @property
    def timeline(self) -> Timeline:
        """The blind slots."""
        return Timeline([self.newest.schedule])

    @property
    def trust(self) -> Trust:
        """The log and the witnesses that all trustees signed for."""
        return trust_of(self.newest)

    def by_ann(self, ann: str) -> Announcement | None:
        """A version by its digest."""
        return next((item for item in self.versions if item.ann == ann), None)


def read_announced(folder: Folder, lot: str, report: Report) -> Announced | None:
    """None where no announcement holds: then there is nothing to go by."""
    announced: Announced | None = None
    with report.check("announcement", otherwise="announcement.false") as facts:
        earlier = sorted(folder.below(EARLIER), key=lambda path: int(path.rsplit("/", 1)[1].removesuffix(".json")))
        versions = [verify_announcement(folder.read(path)) for path in (*earlier, ANNOUNCEMENT)]
        _check_versions(versions, lot)
        announced = Announced(tuple(versions))
        facts.update(ann=announced.newest.ann, t=announced.newest.body.t, n=announced.newest.body.n)
    return announced


def _check_versions(versions: Sequence[Announcement], lot: str) -> None:
    before: Announcement | None = None
    for announcement in versions:
        body = announcement.body
        if body.subject != lot:
            raise Mismatch("announcement.other_lot", subject=body.subject)
        if (
            body.prev_ann != (before.ann if before else None)
            or body.version != (before.body.version if before else 0) + 1
        ):
            raise Mismatch("announcement.versions", version=body.version)
        before = announcement
