"""What the services journal is what a draw's evidence says: every payload and instant, in order, nothing besides."""

from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from experts.reads import draw_chain, draw_document
from experts.services.cancelling import cancel_draw
from portal.verify.draws import check_draws
from portal.verify.folder import Folder
from portal.verify.journal import Journal
from portal.verify.report import Report
from tests.factories.draw_stage import DrawStage
from tests.factories.memory_log import MemoryLog
from trading.kernel.canonical import canonical

_ENTRIES = text("SELECT body FROM journal_entries ORDER BY at, id")


async def examined(stage: DrawStage, folder: Path, *draws: UUID) -> Report:
    """The draws' documents held against the journal, which no witness has cosigned here."""
    async with stage.session() as session:
        entries = [bytes(body) for body in (await session.execute(_ENTRIES)).scalars()]
        (folder / "draw").mkdir(parents=True)
        for number, draw_id in enumerate(draws, 1):
            document = canonical(msgspec.to_builtins(await draw_document(session, draw_id)))
            (folder / f"draw/{number}.json").write_bytes(document)
    log = MemoryLog(key=Ed25519PrivateKey.generate())
    report = Report()
    check_draws(Folder(folder), f"lot:{stage.lot.id}", Journal(entries, log.trust), report)
    return report


async def test_every_step_stands_in_the_journal_as_the_document_says(stage: DrawStage, tmp_path: Path):
    draw = await stage.until_computed()
    await stage.decline((await stage.calls(draw.id))[0])
    await stage.send_calls(draw.id)
    await stage.all_accept(draw.id)
    report = await examined(stage, tmp_path, draw.id)
    assert report.failures == ["draw.unwitnessed"]
    done = {line.code: line.facts for line in report.lines if line.kind == "passed"}
    assert done["draw.journalled"]["count"] > 20
    assert done["draw.panel"] == {"count": 5}


async def test_a_draw_kept_back_is_missed(stage: DrawStage, tmp_path: Path):
    await stage.until_computed()
    assert (await examined(stage, tmp_path)).failures == ["draw.missing"]


async def test_r30_a_draw_cancelled_after_its_beacon_goes_on(stage: DrawStage, tmp_path: Path):
    first = await stage.until_computed()
    await stage.all_accept(first.id)
    async with stage.session() as session:
        await cancel_draw(session, stage.lot.official, draw_id=first.id, reason="评标延期")
    second = await stage.confirm(await stage.propose(), stage.second)
    await stage.send_calls(second.id)
    await stage.all_accept(second.id)
    report = await examined(stage, tmp_path, first.id, second.id)
    assert report.failures == ["draw.unwitnessed"]
    async with stage.session() as session:
        assert await draw_chain(session, second.id) == (stage.lot.id, (first.id, second.id))
        panels = [(await draw_document(session, draw_id)).panel for draw_id in (first.id, second.id)]
    assert panels[1]
