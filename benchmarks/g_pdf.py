"""g: PDF/A documents a second, several asked for at once, beside one rendered alone times the cores.

The document is a real tender notice with its source attached, set by the same function that the worker calls.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from time import perf_counter

from benchmarks.measuring import Measured, in_turn, medians
from benchmarks.report import Goal, Line, cores
from benchmarks.running import Run
from notices.print import notice_html
from notices.tasks import CSS
from notices.types import NoticeView, source_of
from tests.factories.notices import publish_project
from trading.kernel.db import Database
from trading.kernel.objects import ObjectStore
from trading.kernel.pdf import Attached, render_pdf

RATE = Goal("g", "pdf-a-second", 0.9, at_least=True)


def measure(run: Run) -> Iterator[Line]:
    """The one goal."""
    each = run.size(6, 1) * cores()
    with run.place.database() as urls, asyncio.Runner() as runner:
        notice = runner.run(_notice(Database(urls.app_dsn), ObjectStore(run.place.objects())))
        document = _Document(notice)
        runner.run(document.render(0))  # loads fonts and library once
        found = runner.run(document.measure(each, run.rounds))
        alone, together = found["one alone"], found["together"]
        ratios = sorted(each / b / (cores() / a) for a, b in zip(alone, together, strict=True))
        told = {**medians(found), "at once": each, "cores": cores(), "bytes": document.size}
        yield Line(RATE, ratios[len(ratios) // 2], told)


async def _notice(database: Database, objects: ObjectStore) -> NoticeView:
    try:
        await objects.ensure_bucket()
        async with database.transaction() as session:
            found, _, _ = await publish_project(session, objects)
            return found
    finally:
        await database.close()


class _Document:
    def __init__(self, notice: NoticeView) -> None:
        assert notice.published_at is not None
        self._html = notice_html(notice, base_url="http://127.0.0.1")
        self._source = Attached("notice.json", notice.title, source_of(notice))
        self._at: datetime = notice.published_at
        self.size = 0

    async def render(self, number: int) -> None:
        """One document."""
        data = await render_pdf(
            self._html, css=CSS, at=self._at, identifier=number.to_bytes(16, "big"), attached=(self._source,)
        )
        self.size = len(data)

    async def measure(self, each: int, rounds: int) -> Measured:
        """Seconds for one with nothing beside it, and for so many asked for at once."""
        found: Measured = {"one alone": [], "together": []}
        for number in range(rounds):
            for name in in_turn(list(found), number):
                count = each if name == "together" else 1
                begin = perf_counter()
                await asyncio.gather(*(self.render(item) for item in range(count)))
                found[name].append(perf_counter() - begin)
        return found
